"""Mounts and outputs wherever the service is: in this process or served, on each database and store."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Mount, MountState, Phase
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.volumes.folders import TeamFolders
from tests.service.place import Place, fails, read_tree, write_tree

FILES = {"a.csv": b"x,y\n1,2\n", "deep/er/b.txt": b"b" * 5000, "run.sh": b"#!/bin/sh\n"}
CHANGED = {**FILES, "a.csv": b"x,y\n3,4\n", "new.txt": b"new"}
BAD_NAMES = ["", "/", "..", "a/b", "a b", "ü", "\0", "\ud800", "x" * 200]


def files_of(mount: Mount) -> dict[str, bytes]:
    return read_tree(Path(mount.local_path))


def settings_file(place: Place, text: str) -> Path:
    """`.gradient/settings.yaml` in the home of the notebook run."""
    path = TeamFolders(place.repository).notebook() / ".gradient" / "settings.yaml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- mounts -----------------------------------------------------------------------------------------------------------


def test_a_version_is_mounted_complete(place: Place) -> None:
    version = place.committed({**FILES, "run.sh*": FILES["run.sh"]}, "flowers")
    task = place.service.mount("flowers")
    assert {event.phase for event in task} <= set(Phase)
    mount = task.result()
    assert (mount.name, mount.reference, mount.state) == ("flowers", "flowers", MountState.MOUNTED)
    assert (mount.dataset, mount.dataset_name, mount.version) == (version.dataset, "flowers", version.version)
    assert (mount.path, mount.newer, mount.error, mount.is_writable) == ("/inputs/flowers", None, None, False)
    assert (mount.files, mount.bytes) == (3, sum(map(len, FILES.values())))
    assert files_of(mount) == FILES
    assert os.access(Path(mount.local_path) / "run.sh", os.X_OK)
    folders = TeamFolders(place.repository)
    for part in ("inputs", "datasets"):
        assert read_tree((folders.mounts(part) / "flowers").resolve()) == FILES
    assert place.service.get_mount("flowers") == mount
    assert place.service.list_mounts() == (mount,)


def test_the_same_once_more_is_no_error_and_another_is(local: Place) -> None:
    first = local.committed({"a": b"1"}, "flowers")
    mount = local.service.mount("flowers").result()
    assert local.service.mount(f"flowers:{first.version}").result().version == mount.version
    second = local.committed({"a": b"2"}, "flowers")
    with fails(ErrorKind.MOUNT_EXISTS, "flowers"):
        local.service.mount(f"flowers:{second.version}").result()
    assert files_of(local.service.get_mount("flowers")) == {"a": b"1"}


def test_versions_side_by_side(place: Place) -> None:
    first = place.committed({"a": b"1"}, "flowers")
    place.service.set_tag(first.reference, "v1")
    place.committed({"a": b"2"}, "flowers")
    place.service.mount("flowers").result()
    place.service.mount("flowers:v1", name="flowers-v1").result()
    mounts = place.service.list_mounts()
    assert [(mount.name, files_of(mount)) for mount in mounts] == [
        ("flowers", {"a": b"2"}),
        ("flowers-v1", {"a": b"1"}),
    ]


def test_a_newer_version_is_told_of_and_mounted_in_one_step(place: Place) -> None:
    first = place.committed({"a": b"1"}, "flowers")
    place.service.mount("flowers").result()
    second = place.committed({"a": b"2"}, "flowers")
    mount = place.service.get_mount("flowers")
    assert (mount.version, mount.newer) == (first.version, second.version)
    assert place.service.list_mounts() == (mount,)
    updated = place.service.update_mount("flowers").result()
    assert (updated.version, updated.newer, files_of(updated)) == (second.version, None, {"a": b"2"})
    back = place.service.update_mount("flowers", f"flowers:{first.version}").result()
    assert (back.version, files_of(back)) == (first.version, {"a": b"1"})
    assert place.service.get_mount("flowers") == back


def test_unmount(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    mount = place.service.mount("flowers").result()
    with (Path(mount.local_path) / "a").open("rb") as opened:
        place.service.unmount("flowers")
        assert opened.read() == b"1"
    assert place.service.list_mounts() == ()
    folders = TeamFolders(place.repository)
    assert [*folders.mounts("inputs").iterdir(), *folders.mounts("datasets").iterdir()] == []
    with fails(ErrorKind.MOUNT_NOT_FOUND, "flowers"):
        place.service.unmount("flowers")


def test_what_cannot_be_mounted(local: Place) -> None:
    service = local.service
    draft = local.version({"a": b"1"}, "draft")
    with fails(ErrorKind.DATASET_NOT_FOUND, "nothing"):
        service.mount("nothing").result()
    with fails(ErrorKind.VERSION_UNCOMMITTED, draft.reference):
        service.mount(draft.reference).result()
    with fails(ErrorKind.INVALID_REFERENCE):
        service.mount("a:b:c").result()
    assert [mount for mount in service.list_mounts() if mount.state is not MountState.FAILED] == []


@pytest.mark.parametrize("name", BAD_NAMES)
def test_names_that_cannot_be(local: Place, name: str) -> None:
    local.committed({"a": b"1"}, "flowers")
    service = local.service
    with fails(ErrorKind.INVALID_NAME):
        service.mount("flowers", name=name).result()
    with fails(ErrorKind.INVALID_NAME):
        service.create_output("flowers", name=name)
    for missing in (
        lambda: service.get_mount(name),
        lambda: service.unmount(name),
        lambda: service.update_mount(name).result(),
        lambda: service.commit_mount(name).result(),
        lambda: service.discard_changes(name),
    ):
        with fails(ErrorKind.MOUNT_NOT_FOUND):
            missing()
    for missing in (lambda: service.delete_output(name), lambda: service.commit_output(name).result()):
        with fails(ErrorKind.OUTPUT_NOT_FOUND):
            missing()


def test_two_clients_see_the_same_mounts(local: Place) -> None:
    local.committed({"a": b"1"}, "flowers")
    other: DataService = local.client("2")
    try:
        mount = local.service.mount("flowers").result()
        assert other.list_mounts() == (mount,)
        other.unmount("flowers")
        assert local.service.list_mounts() == ()
    finally:
        other.close()


# --- writable mounts --------------------------------------------------------------------------------------------------


def change(mount: Mount) -> None:
    """Change a file of a writable mount, add one."""
    folder = Path(mount.local_path)
    for path, content in CHANGED.items():
        if FILES.get(path) != content:
            (folder / path).write_bytes(content)


def test_changes_become_a_version(place: Place) -> None:
    version = place.committed(FILES, "flowers")
    mount = place.service.mount("flowers", writable=True).result()
    assert mount.is_writable
    assert files_of(mount) == FILES
    change(mount)
    with fails(ErrorKind.MOUNT_CHANGED, "flowers"):
        place.service.unmount("flowers")
    made = place.service.commit_mount("flowers", message="more", tag="new", metadata={"a": [1]}).result()
    assert (made.parent, made.message, made.tags, made.metadata) == (version.reference, "more", ("new",), {"a": [1]})
    assert place.contents(made.reference) == CHANGED
    assert place.contents(version.reference) == FILES
    after = place.service.get_mount("flowers")
    assert (after.version, after.newer) == (made.version, None)
    assert files_of(after) == CHANGED
    place.service.unmount("flowers")


def test_changes_can_be_discarded(place: Place) -> None:
    place.committed(FILES, "flowers")
    mount = place.service.mount("flowers", writable=True).result()
    change(mount)
    assert files_of(place.service.discard_changes("flowers")) == FILES
    change(place.service.get_mount("flowers"))
    place.service.unmount("flowers", discard=True)
    assert place.service.list_mounts() == ()


def test_what_is_read_only_has_nothing_to_commit(local: Place) -> None:
    local.committed(FILES, "flowers")
    local.service.mount("flowers").result()
    with fails(ErrorKind.MOUNT_NOT_WRITABLE, "flowers"):
        local.service.commit_mount("flowers").result()
    with fails(ErrorKind.MOUNT_NOT_WRITABLE, "flowers"):
        local.service.discard_changes("flowers")


# --- what the workspace wants -----------------------------------------------------------------------------------------


def test_the_list_of_the_workspace(place: Place) -> None:
    version = place.committed({"a": b"1"}, "flowers")
    settings_file(
        place,
        f"""\
# of our project
integrations:
  good:
    type: dataset
    ref: {version.dataset}:{version.version}
  missing:
    type: dataset
    ref: nothing:latest
""",
    )
    good, missing = place.service.restore_mounts().result()
    assert (good.name, good.state, files_of(good)) == ("good", MountState.MOUNTED, {"a": b"1"})
    assert (missing.name, missing.state, missing.version) == ("missing", MountState.FAILED, None)
    assert missing.error is not None
    assert (missing.error.code, "nothing" in missing.error.message) == ("dataset_not_found", True)
    later = place.committed({"b": b"2"}, "nothing")
    mended = place.service.update_mount("missing").result()
    assert (mended.version, mended.error, files_of(mended)) == (later.version, None, {"b": b"2"})


def test_the_list_is_written_back(local: Place) -> None:
    local.committed({"a": b"1"}, "flowers")
    path = settings_file(local, "# of our project\nother: [1, 2]  # theirs\n")
    local.service.mount("flowers").result()
    text = path.read_text()
    assert text.startswith("# of our project\nother: [1, 2]  # theirs\n")
    assert "flowers" in text
    local.service.unmount("flowers")
    assert "flowers" not in path.read_text()


# --- outputs ----------------------------------------------------------------------------------------------------------


def test_an_output_becomes_versions(place: Place) -> None:
    output = place.service.create_output("results")
    dataset = place.service.get_dataset("results")
    assert (output.name, output.dataset, output.dataset_name) == ("results", dataset.id, "results")
    assert (output.path, output.version) == ("/outputs/results", None)
    assert place.service.list_outputs() == (output,)
    write_tree(Path(output.local_path), FILES)
    first = place.service.commit_output("results", message="one", tag="best", metadata={"b": 2}).result()
    assert (first.dataset, first.message, first.tags, first.metadata) == (dataset.id, "one", ("best",), {"b": 2})
    assert place.contents(first.reference) == FILES
    write_tree(Path(output.local_path), CHANGED)
    (Path(output.local_path) / "run.sh").unlink()
    second = place.service.commit_output("results").result()
    assert place.contents(second.reference) == {path: CHANGED[path] for path in CHANGED if path != "run.sh"}
    (listed,) = place.service.list_outputs()
    assert listed.version == second.version
    place.service.delete_output("results")
    assert not Path(output.local_path).exists()
    assert place.service.list_outputs() == ()
    assert place.contents(first.reference) == FILES


def test_outputs_that_cannot_be(local: Place) -> None:
    local.service.create_output("results", name="mine")
    with fails(ErrorKind.OUTPUT_EXISTS, "mine"):
        local.service.create_output("other", name="mine")
    with fails(ErrorKind.OUTPUT_NOT_FOUND, "results"):
        local.service.commit_output("results").result()
    with fails(ErrorKind.OUTPUT_NOT_FOUND, "results"):
        local.service.delete_output("results")
    with fails(ErrorKind.VERSION_UNWANTED):
        local.service.create_output("results:latest")
