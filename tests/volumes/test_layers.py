"""Layers: how they come and go, and what is found in them, with real overlays as root and as an ordinary user."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.volumes.layers import layers
from jupyter_gradient_data.volumes.layers.changes import Put, Removed, Scan
from jupyter_gradient_data.volumes.layers.layers import Layer
from tests.support.overlays import Files, mounted
from tests.support.privileges import folder_for_all, without_privileges

NOBODY = 65534
VERSION = "ds0123456789abc:version"
KINDS = ["overlay-root", "overlay-user", "copy-root", "copy-user"]
TREE = {
    "a": b"alpha",
    "empty": b"",
    "run.sh*": b"#!/bin/sh\n",
    "dir/b": b"beta",
    "dir/sub/c": b"gamma",
    "dir/sub/d": b"delta",
    "other/Ümläut": b"snow",
}


class Scene(NamedTuple):
    """A layer over `TREE` that is in use."""

    layer: Layer
    tree: Path
    files: Files

    def changes(self) -> dict[str, object]:
        """What differs: content and flag of a file, None for one that was removed."""
        found: dict[str, object] = {}
        for change in Scan(self.layer):
            if not change.is_real():
                continue
            if isinstance(change, Removed):
                assert change.path.decode() not in found
                found[change.path.decode()] = None
            else:
                assert isinstance(change, Put)
                content = Path(change.file.local).read_bytes()
                assert len(content) == change.file.size
                found[change.file.path.decode()] = (content, change.file.executable)
        return found


def make_tree(folder: Path) -> Path:
    for path, content in TREE.items():
        local = folder / path.rstrip("*")
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
        local.chmod(0o755 if path.endswith("*") else 0o644)
    return folder


def picture(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All of a folder that must not change."""
    return {
        str(path.relative_to(folder)): (path.read_bytes() if path.is_file() else b"", path.stat().st_mode)
        for path in folder.rglob("*")
    }


@pytest.fixture(params=KINDS)
def scene(request: pytest.FixtureRequest) -> Iterator[Scene]:
    kind, who = request.param.split("-")
    if who == "root" and os.geteuid() != 0:
        pytest.skip("not root")
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(folder_for_all())
        if who == "user":
            stack.enter_context(without_privileges())
        tree = make_tree(folder / "tree")
        before = picture(tree)
        (folder / "writable").mkdir()
        layer = Layer(folder / "writable" / "data")
        layer.create(tree, VERSION, overlay=kind == "overlay")
        assert layer.is_overlay == (kind == "overlay")
        with without_rights_to_start(), mounted(layer, folder / "place", NOBODY if who == "user" else 0) as files:
            yield Scene(layer, tree, files)
        assert picture(tree) == before


@contextlib.contextmanager
def without_rights_to_start() -> Iterator[None]:
    """A process that is started inherits who we are; `overlay_mount` becomes another user by itself."""
    uid = os.geteuid()
    privileged = os.getresuid()[2] == 0 and uid != 0
    if privileged:
        os.setresuid(0, 0, 0)
    yield
    if privileged:
        os.setresuid(NOBODY, NOBODY, 0)


def test_a_new_layer_shows_the_version_and_has_no_changes(scene: Scene) -> None:
    assert scene.files.read_all() == {path.rstrip("*"): (data, path.endswith("*")) for path, data in TREE.items()}
    assert scene.changes() == {}
    assert not scene.layer.has_changes()


CASES: dict[str, tuple[Callable[[Files], None], dict[str, object]]] = {
    "write": (lambda f: f.write("a", b"new"), {"a": (b"new", False)}),
    "append": (lambda f: f.append("dir/b", b"+"), {"dir/b": (b"beta+", False)}),
    "truncate": (lambda f: f.do("truncate", "dir/sub/c", 2), {"dir/sub/c": (b"ga", False)}),
    "same size": (lambda f: f.write("a", b"ALPHA"), {"a": (b"ALPHA", False)}),
    "same content": (lambda f: f.write("a", b"alpha"), {}),
    "executable": (lambda f: f.do("chmod", "a", 0o755), {"a": (b"alpha", True)}),
    "not executable": (lambda f: f.do("chmod", "run.sh", 0o644), {"run.sh": (b"#!/bin/sh\n", False)}),
    "rights only": (lambda f: f.do("chmod", "a", 0o600), {}),
    "new file": (lambda f: f.write("dir/new", b"1"), {"dir/new": (b"1", False)}),
    "delete": (lambda f: f.do("remove", "dir/sub/c"), {"dir/sub/c": None}),
    "delete folder": (lambda f: f.do("remove", "dir"), {"dir/b": None, "dir/sub/c": None, "dir/sub/d": None}),
    "rename": (lambda f: f.do("move", "a", "z"), {"a": None, "z": (b"alpha", False)}),
    "rename folder": (
        lambda f: f.do("move", "dir/sub", "sub"),
        {"dir/sub/c": None, "dir/sub/d": None, "sub/c": (b"gamma", False), "sub/d": (b"delta", False)},
    ),
    "empty folder": (lambda f: f.do("mkdir", "nothing"), {}),
}


@pytest.mark.parametrize("name", CASES)
def test_one_change(scene: Scene, name: str) -> None:
    change, expected = CASES[name]
    change(scene.files)
    assert scene.changes() == expected
    assert scene.layer.has_changes() == bool(expected)


def test_a_folder_that_was_made_anew_hides_what_was_in_it(scene: Scene) -> None:
    scene.files.do("remove", "dir")
    scene.files.do("mkdir", "dir")
    scene.files.write("dir/b", b"beta")
    scene.files.write("dir/e", b"epsilon")
    assert scene.changes() == {"dir/e": (b"epsilon", False), "dir/sub/c": None, "dir/sub/d": None}


def test_a_file_in_the_place_of_a_folder_and_back(scene: Scene) -> None:
    scene.files.do("remove", "dir")
    scene.files.write("dir", b"file")
    scene.files.do("remove", "a")
    scene.files.do("mkdir", "a")
    scene.files.write("a/x", b"1")
    gone = {"dir/b": None, "dir/sub/c": None, "dir/sub/d": None}
    assert scene.changes() == {**gone, "dir": (b"file", False), "a": None, "a/x": (b"1", False)}
    scene.files.do("remove", "dir")
    scene.files.do("mkdir", "dir")
    scene.files.do("mkdir", "dir/sub")
    for path in ("dir/b", "dir/sub/c", "dir/sub/d"):
        scene.files.write(path, TREE[path])
    scene.files.do("remove", "a")
    scene.files.write("a", b"alpha")
    assert scene.changes() == {}
    assert not scene.layer.has_changes()


def test_a_file_copied_over_another_with_its_time(scene: Scene) -> None:
    scene.files.do("copy", "a", "dir/sub/c")  # both have five bytes
    assert scene.changes() == {"dir/sub/c": (b"alpha", False)}


def test_links_are_followed_inside(scene: Scene) -> None:
    scene.files.do("symlink", "a", "relative")
    scene.files.do("symlink", "../a", "dir/up")
    scene.files.do("symlink", "/inputs/data/dir/b", "absolute")
    scene.files.do("symlink", "dir/sub", "folder")
    scene.files.do("symlink", "folder/c", "through")
    scene.files.write("dir/sub/d", b"DELTA")
    assert scene.changes() == {
        "relative": (b"alpha", False),
        "dir/up": (b"alpha", False),
        "absolute": (b"beta", False),
        "folder/c": (b"gamma", False),
        "folder/d": (b"DELTA", False),
        "through": (b"gamma", False),
        "dir/sub/d": (b"DELTA", False),
    }


def test_a_link_in_the_place_of_a_folder(scene: Scene) -> None:
    scene.files.do("remove", "other")
    scene.files.do("symlink", "dir", "other")
    assert scene.changes() == {
        "other/b": (b"beta", False),
        "other/sub/c": (b"gamma", False),
        "other/sub/d": (b"delta", False),
        "other/Ümläut": None,
    }


REFUSED: dict[str, tuple[Callable[[Files], None], ErrorKind]] = {
    "out": (lambda f: f.do("symlink", "/etc/passwd", "link"), ErrorKind.SOURCE_LINK_OUTSIDE),
    "up and out": (lambda f: f.do("symlink", "../secret", "dir/sub/link"), ErrorKind.SOURCE_LINK_BROKEN),
    "far up": (lambda f: f.do("symlink", "../../../x", "dir/sub/link"), ErrorKind.SOURCE_LINK_OUTSIDE),
    "broken": (lambda f: f.do("symlink", "nowhere", "link"), ErrorKind.SOURCE_LINK_BROKEN),
    "circle": (lambda f: f.do("symlink", "link", "link"), ErrorKind.SOURCE_LINK_LOOP),
    "circle of folders": (lambda f: f.do("symlink", "..", "dir/link"), ErrorKind.SOURCE_LINK_LOOP),
    "pipe": (lambda f: f.do("mkfifo", "pipe"), ErrorKind.SOURCE_SPECIAL),
    "socket": (lambda f: f.do("bind", "socket"), ErrorKind.SOURCE_SPECIAL),
    "not Unicode": (lambda f: f.write("\udcff", b""), ErrorKind.INVALID_PATH),
    "two forms": (lambda f: f.write("other/U\u0308mla\u0308ut", b"2"), ErrorKind.PATHS_CLASH),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_version_can_hold_is_refused(scene: Scene, name: str) -> None:
    change, kind = REFUSED[name]
    change(scene.files)
    with pytest.raises(GradientDataError) as caught:
        scene.changes()
    assert caught.value.kind is kind
    assert caught.value.message


def test_a_link_that_was_deleted_is_no_harm(scene: Scene) -> None:
    scene.files.do("symlink", "/etc/passwd", "a-link")
    scene.files.do("remove", "a-link")
    assert scene.changes() == {}


# --- folders of layers ------------------------------------------------------------------------------------------------


@pytest.fixture(params=[True, False], ids=["overlay", "copy"])
def layer(request: pytest.FixtureRequest, tmp_path: Path) -> Layer:
    (tmp_path / "writable").mkdir()
    layer = Layer(tmp_path / "writable" / "data")
    layer.create(make_tree(tmp_path / "tree"), VERSION, overlay=request.param)
    return layer


def test_a_layer_is_replaced_in_one_step(layer: Layer, tmp_path: Path) -> None:
    other = make_tree(tmp_path / "other tree")
    before, is_overlay = os.stat(layer.folder), layer.is_overlay
    (layer.files / "new").write_bytes(b"1")
    descriptor = os.open(layer.files / "new", os.O_RDONLY)
    layer.create(other, VERSION, overlay=is_overlay)
    assert not os.path.samestat(before, os.stat(layer.folder))
    assert layer.lower == other
    assert layer.is_overlay == is_overlay
    assert not layer.has_changes()
    assert os.read(descriptor, 10) == b"1"
    os.close(descriptor)
    assert {path.name for path in layer.folder.parent.iterdir()} == {"data"}


def test_where_folders_cannot_change_places(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(layers, "_exchange", lambda *_: False)
    test_a_layer_is_replaced_in_one_step(layer, layer.lower.parent)


def test_a_layer_is_removed_with_what_nobody_may_read(layer: Layer) -> None:
    (layer.files / "deep" / "er").mkdir(parents=True)
    (layer.files / "deep" / "er" / "file").write_bytes(b"1")
    for folder in ("deep/er", "deep"):
        (layer.files / folder).chmod(0)
    layer.remove()
    assert not layer.exists
    assert not layer.has_changes()
    assert list(layer.folder.parent.iterdir()) == []
    layer.remove()


def test_nobody_else_changes_it_meanwhile(layer: Layer) -> None:
    with layer.locked():
        for change in (layer.remove, lambda: layer.create(layer.lower, VERSION, overlay=False)):
            with pytest.raises(GradientDataError) as caught:
                change()
            assert caught.value.kind is ErrorKind.MOUNT_BUSY
    layer.create(layer.lower, VERSION, overlay=False)


def test_what_a_killed_process_left_is_swept(layer: Layer) -> None:
    left = layer.folder.with_name(".data.0123456789ab")
    shutil.copytree(layer.lower, left)
    other = layer.folder.with_name(".data.more.0123456789ab")  # of a mount named data.more
    other.mkdir()
    layer.create(layer.lower, VERSION, overlay=layer.is_overlay)
    assert not left.exists()
    assert other.exists()


def test_a_disk_that_is_full_leaves_what_was_there(layer: Layer, monkeypatch: pytest.MonkeyPatch) -> None:
    (layer.files / "new").write_bytes(b"1")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "mkdir", full)
    with pytest.raises(GradientDataError) as caught:
        layer.create(layer.lower, VERSION, overlay=layer.is_overlay)
    monkeypatch.undo()
    assert caught.value.kind is ErrorKind.DISK_FULL
    assert layer.has_changes()
    assert {path.name for path in layer.folder.parent.iterdir()} == {"data"}


def closed(tree: Path) -> Path:
    for path in [tree, *tree.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222)
    return tree


def test_a_tree_is_opened_to_its_owner(tmp_path: Path) -> None:
    """An overlay would show its files as read-only as they are."""
    with folder_for_all() as folder, without_privileges():
        tree = closed(make_tree(folder / "tree"))
        layer = Layer(folder / "data")
        layer.create(tree, VERSION, overlay=True)
        assert layer.is_overlay
        assert {path.stat().st_mode & 0o777 for path in [tree, *tree.rglob("*")]} == {0o644, 0o755}
        for path in [tree, *tree.rglob("*")]:
            path.chmod(0o755)


@pytest.mark.skipif(os.geteuid() != 0, reason="needs files of somebody else")
def test_files_of_somebody_else_have_a_private_copy_unless_root(tmp_path: Path) -> None:
    with folder_for_all() as folder:
        tree = closed(make_tree(folder / "tree"))
        before = picture(tree)
        with without_privileges():
            layer = Layer(folder / "data")
            layer.create(tree, VERSION, overlay=True)
            assert not layer.is_overlay
            (layer.files / "dir" / "b").write_bytes(b"changed")
            (layer.files / "dir" / "new").write_bytes(b"changed")
        assert picture(tree) == before


def test_copies_share_no_inode_and_no_time(tmp_path: Path) -> None:
    tree = make_tree(tmp_path / "tree")
    os.link(tree / "a", tree / "same")
    layer = Layer(tmp_path / "data")
    layer.create(tree, VERSION, overlay=False)
    originals = {path.stat().st_ino for path in tree.rglob("*")}
    copies = [path.stat() for path in layer.files.rglob("*") if path.is_file()]
    assert originals.isdisjoint(status.st_ino for status in copies)
    assert len({status.st_mtime_ns for status in copies}) == len({status.st_ino for status in copies}) == len(TREE) + 1


def test_an_overlay_with_other_options_is_refused(tmp_path: Path) -> None:
    layer = Layer(tmp_path / "data")
    layer.create(make_tree(tmp_path / "tree"), VERSION, overlay=True)
    (layer.files / "moved").mkdir()
    try:
        os.setxattr(layer.files / "moved", "user.overlay.redirect", b"/dir")
    except OSError as error:
        pytest.skip(f"no attributes here: {error}")
    with pytest.raises(GradientDataError) as caught:
        list(Scan(layer))
    assert caught.value.kind is ErrorKind.LAYER_UNREADABLE


def test_whiteouts_by_attribute(tmp_path: Path) -> None:
    layer = Layer(tmp_path / "data")
    layer.create(make_tree(tmp_path / "tree"), VERSION, overlay=True)
    (layer.files / "a").touch()
    try:
        os.setxattr(layer.files / "a", "user.overlay.whiteout", b"y")
        os.setxattr(layer.files, "user.overlay.opaque", b"x")
    except OSError as error:
        pytest.skip(f"no attributes here: {error}")
    assert list(Scan(layer)) == [Removed(b"a")]
