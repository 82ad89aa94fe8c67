"""Mounts and outputs on the command line, on the double."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_gradient_data.cli.tables import draw_table
from jupyter_gradient_data.models import ErrorInfo, MountState
from tests.cli.double import FOLDER, MOUNT, OUTPUT, Double

WHY = ErrorInfo("dataset_not_found", "There is no dataset 'roses'.", "`gradient datasets list` shows all.")
FAILED = replace(
    MOUNT,
    name="roses",
    reference="roses:v2",
    dataset=None,
    dataset_name=None,
    version=None,
    state=MountState.FAILED,
    path="/inputs/roses",
    files=None,
    bytes=None,
    error=WHY,
)
OLD = replace(MOUNT, name="test", newer="9zz9zz9", path="/inputs/test")
WRITABLE = replace(MOUNT, is_writable=True)


@pytest.fixture
def inputs(tmp_path: Path, double: Double) -> str:
    """A folder that stands for `/inputs`, which is not there where tests run."""
    folder = tmp_path / "inputs"
    folder.mkdir()
    double.volumes = [str(folder)]
    double.mounted = replace(MOUNT, path=f"{folder}/test1")
    return str(folder)


def test_mount(double: Double, gradient, inputs: str) -> None:
    result = gradient("mount", "test1:hello", "--name=other", "--writable")
    assert (result.code, result.out, result.err) == (0, f"Mounted test1:1rn19s2 at {inputs}/test1\n", "")
    assert double.calls[0] == ("mount", ("test1:hello",), {"name": "other", "writable": True})


def test_mount_says_where_files_are_when_kernels_do_not_see_the_path(double: Double, gradient, inputs: str) -> None:
    double.volumes = ["/state/inputs"]
    assert gradient("mount", "test1").out == (
        f"Mounted test1:1rn19s2 at {inputs}/test1\nKernels do not see that path here: use {FOLDER}\n"
    )
    assert double.calls[0] == ("mount", ("test1",), {"name": None, "writable": False})


def test_mount_says_where_files_are_when_this_shell_does_not_see_the_path(
    double: Double, gradient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.path.isdir", lambda path: False)
    assert gradient("mount", "test1").out == (
        "Mounted test1:1rn19s2 at /inputs/test1\n"
        f"JupyterLab's kernels and terminals see that path; elsewhere use {FOLDER}\n"
    )
    remote = gradient("--url=http://localhost:8888", "mount", "test1")
    assert remote.out == "Mounted test1:1rn19s2 at /inputs/test1\n"


def test_mount_tells_a_person_how_to_commit(double: Double, terminal) -> None:
    screen = terminal("writable", "mount", "test1", "--writable")
    assert screen.end() == 0
    assert "To make a version of what you change: gradient mounts commit test1\n" in screen.seen


def test_a_mount_can_be_stopped(terminal) -> None:
    screen = terminal("cancellable", "mount", "test1")
    screen.expect("Sending")
    assert screen.interrupt() == 130
    assert "Mounted" not in screen.seen


def test_list(double: Double, gradient) -> None:
    double.mounts = [FAILED, OLD, WRITABLE, replace(MOUNT, state=MountState.MOUNTING, files=None)]
    assert gradient("mounts", "list").out == (
        """\
+-------+----------+--------------------------+---------------+-------------------+
| Name  | Dataset  | Version                  | Path          | State             |
+-------+----------+--------------------------+---------------+-------------------+
| roses | roses:v2 |                          | /inputs/roses | failed            |
| test  | test1    | 1rn19s2 (newer: 9zz9zz9) | /inputs/test  | mounted           |
| test1 | test1    | 1rn19s2                  | /inputs/test1 | mounted, writable |
| test1 | test1    | 1rn19s2                  | /inputs/test1 | mounting          |
+-------+----------+--------------------------+---------------+-------------------+
roses could not be mounted: There is no dataset 'roses'. `gradient datasets list` shows all.
To try again: gradient mounts update roses
test has a newer version. To mount it: gradient mounts update test
"""
    )


def test_what_is_mounted_but_not_as_it_is_listed_is_not_called_unmounted(double: Double, gradient) -> None:
    double.mounts = [replace(MOUNT, error=WHY)]
    assert f"test1 is mounted, but: {WHY.message}" in gradient("mounts", "list").out
    double.mounts = [replace(FAILED, error=replace(WHY, message="There is no dataset '\x1b[31m'."))]
    assert r"There is no dataset '\x1b[31m'." in gradient("mounts", "list").out


def test_an_empty_list_says_what_to_do(double: Double, gradient) -> None:
    double.mounts, double.outputs = [], []
    assert "`gradient mount REFERENCE`" in gradient("mounts", "list").out
    assert "`gradient outputs create DATASET`" in gradient("outputs", "list").out
    for group in ("mounts", "outputs"):
        assert json.loads(gradient(group, "list", "--json").out) == []


def test_lists_for_programs(double: Double, gradient) -> None:
    double.mounts = [FAILED, OLD]
    (failed, old) = json.loads(gradient("mounts", "list", "--json").out)
    assert (failed["state"], failed["error"]["code"], failed["version"]) == ("failed", "dataset_not_found", None)
    assert (old["newer"], old["is_writable"], old["local_path"]) == ("9zz9zz9", False, FOLDER)
    (output,) = json.loads(gradient("outputs", "list", "--json").out)
    assert (output["name"], output["version"]) == ("fresh", None)


def test_details(double: Double, gradient) -> None:
    double.mounts = [OLD]
    rows = [
        ("Name", "test"),
        ("Reference", "test1"),
        ("Dataset", "test1 (dsttn2y7j1ux882)"),
        ("Version", "1rn19s2"),
        ("Newer Version", "9zz9zz9"),
        ("State", "mounted"),
        ("Files", "1,200"),
        ("Files' Size", "4.0 KiB"),
        ("Path", "/inputs/test"),
        ("Local Path", FOLDER),
        ("Mounted", "2020-10-09 18:17 UTC"),
    ]
    hint = "test has a newer version. To mount it: gradient mounts update test\n"
    assert gradient("mounts", "details", "test").out == f"{draw_table(rows)}\n{hint}"
    double.mounts = [FAILED]
    assert "roses could not be mounted: There is no dataset" in gradient("mounts", "details", "roses").out
    assert json.loads(gradient("mounts", "details", "roses", "--json").out)["error"]["message"] == WHY.message


def test_update(double: Double, gradient) -> None:
    double.mounts, double.mounted = [OLD], replace(OLD, version="9zz9zz9", newer=None)
    assert gradient("mounts", "update", "test").out.startswith("Mounted test1:9zz9zz9 at /inputs/test\n")
    assert double.calls[1] == ("update_mount", ("test", None), {})
    double.mounted = OLD
    assert gradient("mounts", "update", "test", "test1:1rn19s2").out == (
        "Nothing to do: test is at version 1rn19s2 already.\n"
    )
    assert ("update_mount", ("test", "test1:1rn19s2"), {}) in double.calls
    double.mounts, double.mounted = [FAILED], replace(FAILED, dataset_name="roses", version="9zz9zz9", error=None)
    assert gradient("mounts", "update", "roses").out.startswith("Mounted roses:9zz9zz9 at /inputs/roses\n")


def test_commit_and_discard(double: Double, gradient) -> None:
    assert gradient("mounts", "commit", "test1", "--message", "better", "--tag=good").out == (
        "Committed dataset version: dsttn2y7j1ux882:1rn19s2\n"
    )
    assert double.calls[0] == ("commit_mount", ("test1",), {"message": "better", "tag": "good"})
    assert gradient("mounts", "discard", "test1").out == "Discarded changes: test1\n"
    assert gradient("unmount", "test1", "--discard").out == "Unmounted: test1\n"
    assert double.calls[-2] == ("unmount", ("test1",), {"discard": True})


def test_restore_fails_when_something_could_not_be_mounted(double: Double, gradient) -> None:
    result = gradient("mounts", "restore")
    assert (result.code, "/inputs/test1" in result.out) == (0, True)
    double.mounts = [MOUNT, FAILED]
    result = gradient("mounts", "restore")
    assert result.code == 1
    assert "roses could not be mounted: There is no dataset 'roses'." in result.out
    assert len(json.loads(gradient("mounts", "restore", "--json").out)) == 2


def test_outputs(double: Double, gradient) -> None:
    assert gradient("outputs", "create", "test1", "--name=fresh").out.startswith("Created output: /outputs/fresh\n")
    assert double.calls[0] == ("create_output", ("test1",), {"name": "fresh"})
    double.outputs = [OUTPUT, replace(OUTPUT, name="old", version="1rn19s2", path="/outputs/old")]
    assert gradient("outputs", "list").out == (
        """\
+-------+---------+--------------+----------------+
| Name  | Dataset | Last Version | Path           |
+-------+---------+--------------+----------------+
| fresh | test1   | none         | /outputs/fresh |
| old   | test1   | 1rn19s2      | /outputs/old   |
+-------+---------+--------------+----------------+
"""
    )
    assert gradient("outputs", "commit", "fresh", "--message=first").out == (
        "Committed dataset version: dsttn2y7j1ux882:1rn19s2\n"
    )
    assert ("commit_output", ("fresh",), {"message": "first", "tag": None}) in double.calls
    assert gradient("outputs", "delete", "fresh").out == "Deleted output: fresh\n"
