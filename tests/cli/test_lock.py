"""``gradient lock``: which file is meant, what is told, and when the exit code says that something is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_gradient_data.cli.tables import draw_table
from jupyter_gradient_data.client.memory.documents import METADATA, change_file
from jupyter_gradient_data.client.memory.format import to_plain
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import ErrorInfo, LockEntry, LockState, Problem
from jupyter_gradient_data.service.local import open_service
from tests.cli.conftest import Result
from tests.cli.double import CHECKED, LOCKED, Double
from tests.service.place import read_tree, write_tree
from tests.support.locks import Vandal, locked
from tests.support.s3_servers import S3Server

Run = Callable[..., Result]
WHY = ErrorInfo("lock_nowhere", "No storage provider here holds the data of test1.", "Add the one.")
HEADER = ("Reference", "Dataset", "Version", "Files", "Files' Size", "Path", "State")
ROW = ("test1", "test1", "1rn19s2", "1,200", "4.0 KiB", "/inputs/test1", "ready")


def notebook(path: Path, *entries: LockEntry) -> Path:
    """A notebook that has used this."""
    metadata = {METADATA: {"lock": to_plain(entries, 1)}} if entries else {}
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": metadata, "cells": []}))
    return path


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("command", ["show", "restore", "verify"])
def test_which_lock_is_meant(double: Double, gradient: Run, folder: Path, command: str) -> None:
    asked = "check_lock" if command == "show" else f"{command}_lock"
    other, third = replace(LOCKED, reference="other"), replace(LOCKED, reference="third")
    nothing = gradient("lock", command)
    assert (nothing.code, double.calls) == (3, [])
    assert "gradient.lock" in nothing.err
    notebook(folder / "plain.ipynb")
    notebook(folder / "one.ipynb", LOCKED)
    assert gradient("lock", command).code == 0
    notebook(folder / "two.ipynb", other)
    several = gradient("lock", command)
    assert (several.code, "one.ipynb, two.ipynb" in several.err) == (2, True)
    assert gradient("lock", command, "two.ipynb").code == 0
    change_file(folder / "gradient.lock", lambda before: [third])
    assert [gradient("lock", command, *path).code for path in ([], ["."], [str(folder / "job.py")])] == [0, 0, 0]
    seen = [call for call in double.calls if call[0] != "close"]
    assert seen == [(asked, ((entry,),), {}) for entry in (LOCKED, other, third, third, third)]


def test_show(double: Double, gradient: Run, folder: Path) -> None:
    notebook(folder / "a.ipynb", LOCKED)
    assert gradient("lock", "show").out == draw_table([HEADER, ROW]) + "\n"
    double.checked = [
        replace(CHECKED, newer="9zz9zz9"),
        replace(CHECKED, entry=replace(LOCKED, path=None), state=LockState.ABSENT, error=WHY),
    ]
    rows = [(*ROW[:2], "1rn19s2 (newer: 9zz9zz9)", *ROW[3:]), (*ROW[:5], "", "absent")]
    result = gradient("lock", "show")
    assert result.code == 0
    assert result.out == (
        draw_table([HEADER, *rows]) + "\n"
        "test1 means version 9zz9zz9 by now; locked is 1rn19s2.\n"
        "test1: No storage provider here holds the data of test1. Add the one.\n"
    )


def test_restore(double: Double, gradient: Run, folder: Path) -> None:
    notebook(folder / "a.ipynb", LOCKED)
    done = gradient("lock", "restore")
    assert (done.code, done.out.splitlines()[-1]) == (0, "Restored: 1 of 1 reference.")
    double.checked = [CHECKED, replace(CHECKED, state=LockState.ABSENT, error=WHY)]
    left = gradient("lock", "restore")
    assert left.code == 1
    assert left.out.splitlines()[-2:] == [
        "test1: No storage provider here holds the data of test1. Add the one.",
        "Restored: 1 of 2 references.",
    ]
    assert gradient("lock", "restore", "--json").code == 1


def test_verify(double: Double, gradient: Run, folder: Path) -> None:
    notebook(folder / "a.ipynb", LOCKED)
    whole = gradient("lock", "verify")
    assert (whole.code, whole.out) == (0, "Verified 1 reference, 1,200 files, 4.0 KiB read: no problems.\n")
    double.problems = (Problem("test1 'a.csv'", "its content is damaged", True),)
    broken = gradient("lock", "verify")
    assert broken.code == 1
    assert "| test1 'a.csv' | its content is damaged | yes       |" in broken.out
    assert broken.out.endswith("1 problem.\n")


def test_a_notebook_that_has_used_nothing(double: Double, gradient: Run, folder: Path) -> None:
    double.checked = []
    result = gradient("lock", "show", str(notebook(folder / "plain.ipynb")))
    assert (result.code, result.out) == (0, "Nothing is locked: no dataset was used.\n")


def test_a_lock_that_cannot_be_read(double: Double, gradient: Run, folder: Path) -> None:
    (folder / "a.ipynb").write_text("{")
    result = gradient("lock", "restore", "a.ipynb")
    assert (result.code, double.calls) == (2, [])
    assert "a.ipynb" in result.err
    assert "Traceback" not in result.err


def test_the_short_form_of_message(double: Double, gradient: Run) -> None:
    assert gradient("mounts", "commit", "test1", "-m", "better").code == 0
    assert double.calls[0] == ("commit_mount", ("test1",), {"message": "better", "tag": None})


def test_from_one_machine_to_another(gradient: Run, folder: Path, seaweedfs: S3Server) -> None:
    """The whole way with the real service: what was used there is here, and one changed byte is named."""
    access = (
        *("storageProviders", "create", "s3", "--name", "lab", "--bucket", seaweedfs.bucket, "--addressing", "path"),
        *("--endpoint", seaweedfs.endpoint, "--accessKey", seaweedfs.access_key),
        *("--secretAccessKey", seaweedfs.secret_key),
    )

    def ok(state: str, *arguments: str) -> Result:
        result = gradient("--state-dir", state, *arguments)
        assert result.code == 0, result
        return result

    files = write_tree(folder / "files", {"a.csv": b"x,y\n1,2\n", "large.bin": bytes(range(256)) * 5000})
    ok("there", *access)
    ok("there", "datasets", "create", "--name", "flowers", "--storageProviderId", "lab")
    ok("there", "datasets", "versions", "create", "--id", "flowers", "--source-path", f"{files}/", "-m", "first")
    with closing(open_service(Config(state_dir=folder / "there"))) as service:
        entry = locked(service, "flowers", "/inputs/f")
        digest, team = service.get_file("flowers", "large.bin").hash, service._repository.team  # type: ignore[attr-defined]
    notebook(folder / "a.ipynb", entry)

    ok("here", *access)
    ok("here", "lock", "show")
    ok("here", "lock", "restore", "a.ipynb")
    (checked,) = json.loads(ok("here", "lock", "show", "--json").out)
    assert (checked["state"], checked["entry"]["root"]) == ("ready", entry.root)
    (mount,) = json.loads(ok("here", "mounts", "list", "--json").out)
    assert read_tree(Path(mount["local_path"])) == read_tree(files)
    ok("here", "lock", "verify")

    Vandal(seaweedfs, team).change_blob(digest, 1_000_000)
    ok("elsewhere", *access)
    assert gradient("--state-dir", "elsewhere", "lock", "restore").code == 1
    found = gradient("--state-dir", "elsewhere", "lock", "verify", "--json")
    assert found.code == 1
    assert [one["thing"] for one in json.loads(found.out)["problems"]] == ["flowers 'large.bin'"]
