"""``gradient volumes``, ``notebooks`` and ``doctor`` on a real state, and from a terminal of a real server."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import ROOT, Result
from tests.support import machine
from tests.support.jupyter_server import JupyterServer
from tests.support.kernels import Terminal
from tests.support.privileges import folder_for_all

Run = Callable[..., Result]


@pytest.fixture
def here(gradient: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command on a state of its own."""
    monkeypatch.setenv("GRADIENT_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("GRADIENT_VIEW", "environment")
    for name in ("GRADIENT_URL", "GRADIENT_SERVER", "GRADIENT_NOTEBOOK"):
        monkeypatch.delenv(name, raising=False)
    return gradient


def test_volumes(here: Run) -> None:
    result = here("volumes")
    assert (result.code, result.err) == (0, "")
    for name in ("storage", "notebooks/default", "mounts/default/inputs"):
        assert name in result.out
    assert "Notebook run default. Kernels and terminals find these paths in variables" in result.out
    assert "Why this way: GRADIENT_VIEW asks for it." in result.out
    assert "Used" not in result.out
    assert "Used" in here("volumes", "--measure").out
    document = json.loads(here("volumes", "--json").out)
    assert document["mode"] == "environment"
    assert [volume["name"] for volume in document["volumes"]][:2] == ["storage", "notebook"]


def test_notebooks(here: Run, tmp_path: Path) -> None:
    assert "this one" in here("notebooks", "list").out
    (home,) = (tmp_path / "state" / "share-storage").glob("*/notebooks/default")
    (home.parent / "old").mkdir()
    names = [each["name"] for each in json.loads(here("notebooks", "list", "--json").out)]
    assert names == ["default", "old"]
    assert here("notebooks", "delete", "old").out == "Deleted notebook run: old\n"
    again = here("notebooks", "delete", "old")
    assert again.code != 0
    assert "There is no notebook run 'old'" in again.err


# --- doctor -----------------------------------------------------------------------------------------------------------


def checks(result: Result) -> dict[str, Any]:
    return {check["what"]: check for check in json.loads(result.out)}


def test_a_healthy_machine(here: Run) -> None:
    result = here("doctor")
    assert (result.code, result.err) == (0, ""), result.out
    for line in ("✓ State directory: ", "✓ Database: SQLite answers", "✓ Kernels: They see the volumes by environment"):
        assert line in result.out
    assert "! Overlays: Writable mounts are whole copies: overlays need a mount namespace." in result.out
    found = checks(here("doctor", "--json"))
    expected = ["State directory", "Free space", "Database", "Kernels", "Overlays", "Hard links", "Provisioner", "git"]
    assert list(found) == expected
    assert found["Kernels"]["mark"] == "good"


def test_it_looks_whether_the_cache_can_share_files(here: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "state" / "managed").mkdir(parents=True)
    assert checks(here("doctor", "--json"))["Hard links"]["found"] == "The cache shares files with Gradient Managed."

    def refuse(source: object, target: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", refuse)
    found = checks(here("doctor", "--json"))["Hard links"]
    assert found["mark"] == "less"
    assert "stored twice" in found["found"]
    assert list((tmp_path / "state" / "managed").glob(".doctor*")) == []


def test_a_state_that_cannot_be_used(here: Run, tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file")
    result = here("doctor", "--json")
    assert result.code == 1
    found = checks(result)
    assert [found[what]["mark"] for what in ("State directory", "Database")] == ["bad", "bad"]
    assert found["State directory"]["advice"]


def test_git_and_the_provisioner(here: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("JUPYTER_DEFAULT_PROVISIONER_NAME", "local-provisioner")
    found = checks(here("doctor", "--json"))
    assert (found["git"]["mark"], found["Provisioner"]["mark"]) == ("less", "less")
    monkeypatch.setenv("GRADIENT_WORKSPACE_URL", "https://example.org/x.git")
    result = here("doctor", "--json")
    assert (checks(result)["git"]["mark"], result.code) == ("bad", 1)


def test_a_server_that_is_not_there(here: Run) -> None:
    result = here("--url", "http://127.0.0.1:1", "doctor", "--json")
    assert result.code == 1
    assert checks(result)["Server"]["mark"] == "bad"


@pytest.mark.parametrize(
    ("kinds", "view", "code", "line"),
    [
        (("no-namespaces",), "namespace", 1, "✗ Kernels: They see the volumes by environment: GRADIENT_VIEW asks for"),
        (("own-root", "read-only", "no-namespaces"), "auto", 0, "! Kernels: They see the volumes by environment"),
        ((), "auto", 0, "✓ Kernels: They see the volumes by namespace"),
        (("ordinary",), "auto", 0, "✓ Overlays: "),
    ],
)
def test_what_the_machine_lacks(kinds: tuple[str, ...], view: str, code: int, line: str) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can make itself another machine")
    program = [sys.executable, "-m", "jupyter_gradient_data.cli", "doctor"]
    with folder_for_all() as folder:
        own = {"GRADIENT_STATE_DIR": str(folder / "state"), "GRADIENT_VIEW": view}
        environment = {**os.environ, **own, "HOME": str(folder), "JUPYTER_CONFIG_DIR": str(folder)}
        command = [*machine.command(*kinds), *program]
        done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert line in done.stdout
    assert done.returncode == code, done.stdout


# --- in a terminal of a server ----------------------------------------------------------------------------------------


@pytest.fixture
def server(tmp_path: Path) -> Iterator[JupyterServer]:
    server = JupyterServer(tmp_path / "server", with_terminals=True)
    yield server
    server.close()


def test_a_terminal_asks_its_server(server: JupyterServer) -> None:
    """Which is what can write the cache; where there is none any more, the command does it itself."""
    terminal = Terminal(server)
    code = (
        "from jupyter_gradient_data.config import Config; from jupyter_gradient_data.service import opening; "
        "service = opening.open_run_service(Config.load()); "
        "print(type(service).__name__, service.list_volumes().mode.value)"
    )
    (server.folder / "ask.py").write_text(code)
    terminal.run(f"cd {ROOT}; export PYTHONPATH={ROOT}")
    mode = server.get("/api/info").json["view"]["mode"]
    ask = f"{sys.executable} {server.folder}/ask.py"
    assert terminal.run(ask).splitlines()[-1] == f"RemoteService {mode}"
    assert terminal.run(f"GRADIENT_SERVER=/nowhere {ask}").splitlines()[-1] == f"LocalService {mode}"
    assert terminal.run(f"GRADIENT_NOTEBOOK=other {ask}").startswith("LocalService")
    assert terminal.run(f"{sys.executable} -m jupyter_gradient_data.cli volumes > /storage/answer; echo $?") == "0"
