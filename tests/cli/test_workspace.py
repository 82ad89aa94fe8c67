"""The workspace on the command line, on the double, and once for real."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_gradient_data.models import ErrorInfo, WorkspaceState
from tests.cli.double import WORKSPACE, Double
from tests.support.repositories import Upstream


def test_show(double: Double, gradient) -> None:
    lines = gradient("workspace", "show").out.splitlines()
    shown = {line.split("|")[1].strip(): line.split("|")[2].strip() for line in lines if line.startswith("|")}
    assert shown == {
        "Name": "Value",
        "Repository": "https://github.com/team/notebooks",
        "Ref": "default branch",
        "Commit": "c0ffee" * 6 + "c0ff",
        "State": "ready",
        "Home": "/state/notebook",
        "Changed": "2020-10-09 18:17 UTC",
    }


def test_show_nothing(double: Double, gradient) -> None:
    double.workspace = replace(WORKSPACE, url=None, commit=None, state=WorkspaceState.NONE, modified=None)
    assert gradient("workspace", "show").out == "There is no repository in the workspace.\n"
    assert json.loads(gradient("workspace", "show", "--json").out)["state"] == "none"


def test_show_what_is_wrong(double: Double, gradient) -> None:
    error = ErrorInfo("workspace_failed", "It cannot be reached.", "Try again.")
    double.workspace = replace(
        WORKSPACE, state=WorkspaceState.FAILED, error=error, commit=None, modified=None, notes=("a.txt: yours stays.",)
    )
    out = gradient("workspace", "show").out
    assert out.endswith("It cannot be reached. Try again.\na.txt: yours stays.\n")
    assert "none yet" in out
    assert "never" in out


def test_update(double: Double, gradient) -> None:
    assert gradient("workspace", "update", "https://host/x", "--ref=v2").code == 0
    assert double.calls[0] == ("update_workspace", ("https://host/x", "v2"), {})
    assert json.loads(gradient("workspace", "update", "--json").out)["url"] == WORKSPACE.url
    assert ("update_workspace", (None, None), {}) in double.calls


def test_for_real(gradient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "state"))
    upstream = Upstream(tmp_path / "upstream", {"a.txt": b"a"})
    nothing = gradient("workspace", "update")
    assert nothing.code == 3
    assert "There is no repository in the workspace" in nothing.err
    secret = gradient("workspace", "update", "https://ann:hunter2@host/x")
    assert secret.code == 2
    assert "hunter2" not in secret.err + secret.out
    assert gradient("workspace", "update", str(upstream.folder / ".git")).code == 0
    found = json.loads(gradient("workspace", "show", "--json").out)
    assert (found["url"], found["commit"], found["state"]) == (upstream.url, upstream.head, "ready")
    assert (Path(found["local_path"]) / "a.txt").read_bytes() == b"a"
    assert gradient("workspace", "update", "--ref=nothing").code == 3
