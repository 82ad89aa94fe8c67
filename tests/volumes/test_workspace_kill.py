"""Killed at any step, or when the disk is full: nothing of the user's is lost, and the next update finishes it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.volumes.workspace import files as workspace_files
from jupyter_gradient_data.volumes.workspace.git import Git
from jupyter_gradient_data.volumes.workspace.update import Update
from tests.support.repositories import Home, Upstream

TEXT = b"".join(b"line %d\n" % number for number in range(9))
MINE = TEXT.replace(b"line 7", b"mine")
THEIRS = TEXT.replace(b"line 1", b"theirs")
BOTH = MINE.replace(b"line 1", b"theirs")
CLASH = TEXT.replace(b"line 1", b"mine")

STEPS = ["rename", "replace", "link", "unlink", "rmdir", "symlink", "mkdir"]


class Killed:
    """Runs an update in a process of its own that ends, as by ``kill -9``, before its n-th step on the disk."""

    def __init__(self, home: Home, upstream: Upstream) -> None:
        self.home = home
        self.upstream = upstream

    def at(self, step: int) -> bool:
        """Whether it was killed; if not, it has done everything."""
        child = os.fork()
        if child == 0:
            try:
                self._count_down(step)
                self.home.bring(self.upstream)
                os._exit(0)
            except BaseException:
                os._exit(1)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        assert code in (0, 9)
        return code == 9

    def _count_down(self, left: int) -> None:
        is_moving = False

        def take(*args: object) -> object:
            nonlocal is_moving
            is_moving = True  # before, files of the user are only read
            return real(*args)  # type: ignore[arg-type]

        def watched(function: Callable[..., object]) -> Callable[..., object]:
            def call(*args: object, **options: object) -> object:
                nonlocal left
                left -= is_moving
                if left < 0:
                    os._exit(9)
                return function(*args, **options)

            return call

        real, Update.take = Update.take, take  # type: ignore[method-assign]
        for name in STEPS:
            setattr(os, name, watched(getattr(os, name)))
        Git.run = watched(Git.run)  # type: ignore[method-assign]


@pytest.fixture
def upstream(tmp_path: Path) -> Upstream:
    upstream = Upstream(tmp_path / "upstream")
    (upstream.folder / "link").symlink_to("a.txt")
    upstream.commit({"a.txt": TEXT, "b.txt": TEXT, "c.txt": TEXT, "gone": TEXT, "d/x": TEXT, "file": TEXT})
    return upstream


STRIDES = [3, pytest.param(1, marks=pytest.mark.soak)]


def everywhere(run: Callable[[int], bool], stride: int) -> int:
    """Be killed at each step, or at each of so many; returns how many steps there are, about."""
    step = 0
    while run(step):
        step += stride
    return step


@pytest.mark.parametrize("stride", STRIDES)
def test_a_clone_that_is_killed(tmp_path: Path, upstream: Upstream, stride: int) -> None:
    def run(step: int) -> bool:
        home = Home(tmp_path / f"home-{step}")
        home.write({"a.txt": CLASH, "own": b"own"})
        killed = Killed(home, upstream).at(step)
        if killed:
            assert home.files["a.txt"] == CLASH
            assert home.files["own"] == b"own"
            home.bring(upstream)
        expected = {**upstream.files, "a.txt": CLASH, f"a.upstream-{upstream.head[:7]}.txt": TEXT, "own": b"own"}
        assert home.files == expected
        assert home.head == upstream.head
        assert home.status == [" M a.txt", f"?? a.upstream-{upstream.head[:7]}.txt", "?? own"]
        assert sorted(path.name for path in home.folder.iterdir() if path.name.startswith(".")) == [".git"]
        shutil.rmtree(home.folder)
        return killed

    assert everywhere(run, stride) > 30


@pytest.mark.parametrize("stride", STRIDES)
@pytest.mark.parametrize(("has_commit", "is_later"), [(False, False), (True, True)])
def test_a_merge_that_is_killed(
    tmp_path: Path, upstream: Upstream, has_commit: bool, is_later: bool, stride: int
) -> None:
    first = Home(tmp_path / "home")
    first.bring(upstream)
    if has_commit:
        first.commit({"committed": b"mine"})
    first.write({"a.txt": MINE, "b.txt": CLASH, "own": b"own", "d/own": b"own too"})
    first.git("add", "b.txt")
    upstream.commit(
        {"a.txt": THEIRS, "b.txt": THEIRS, "c.txt": THEIRS, "gone": None, "d": b"file", "file/x": b"x", "new": b"new"}
    )
    mark = f"upstream-{upstream.head[:7]}"
    own = {"a.txt": BOTH, "b.txt": CLASH, "own": b"own", "d/own": b"own too"}
    own |= {f"b.{mark}.txt": THEIRS, f"d.{mark}": b"file"} | ({"committed": b"mine"} if has_commit else {})
    merged = {**{name: content for name, content in upstream.files.items() if name != "d"}, **own}
    shutil.copytree(upstream.folder, tmp_path / "before", symlinks=True)

    def run(step: int) -> bool:
        home = Home(tmp_path / f"home-{step}")
        shutil.rmtree(home.folder)
        shutil.copytree(first.folder, home.folder, symlinks=True)
        if is_later:
            shutil.rmtree(upstream.folder)
            shutil.copytree(tmp_path / "before", upstream.folder, symlinks=True)
        killed = Killed(home, upstream).at(step)
        if killed:
            for content in (MINE, CLASH, b"own", b"own too"):
                assert home.has(content) or any(
                    path.read_bytes() == content for path in (home.folder / ".git/gradient/old").iterdir()
                )
            later = {"a.txt": THEIRS.replace(b"line 3", b"later"), "newer": b"newer"} if is_later else {}
            if later:
                upstream.commit(later)
            home.bring(upstream)
            expected = merged | later | ({"a.txt": BOTH.replace(b"line 3", b"later")} if later else {})
        else:
            expected = merged
        files = home.files
        if is_later:  # what could not be merged may lie beside the user's from either update
            files, expected = ({k: v for k, v in each.items() if "upstream" not in k} for each in (files, expected))
        assert files == expected
        home.git("merge-base", "--is-ancestor", upstream.head, "HEAD")
        home.git("fsck", "--no-dangling")
        assert home.git("diff", "--name-only", "--cached") == "b.txt"
        assert home.has(MINE)
        shutil.rmtree(home.folder)
        return killed

    assert everywhere(run, stride) > 40


def test_a_full_disk_changes_nothing(tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch) -> None:
    home = Home(tmp_path / "home")
    home.bring(upstream)
    home.write({"a.txt": MINE})
    before = home.files, home.head, home.status
    upstream.commit({"a.txt": THEIRS, "new": b"new", "c.txt": THEIRS})
    real, left = os.open, 3

    def full(path: object, flags: int, *args: object, **options: object) -> int:
        nonlocal left
        if "gradient/new" in str(path):
            left -= 1
            if left <= 0:
                raise OSError(28, "No space left on device", path)
        return real(path, flags, *args, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(os, "open", full)
    with pytest.raises(OSError, match="No space left"):
        home.bring(upstream)
    monkeypatch.undo()
    assert (home.files, home.head, home.status) == before
    assert not (home.folder / ".git/gradient").exists()
    home.bring(upstream)
    assert home.files == {**upstream.files, "a.txt": BOTH}


@pytest.mark.parametrize("is_there", [False, True])
def test_what_is_saved_while_files_are_moved_stays(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch, is_there: bool
) -> None:
    home = Home(tmp_path / "home")
    home.bring(upstream)
    name = "a.txt" if is_there else "new"
    upstream.commit({name: THEIRS})
    real = workspace_files.Home.set_aside if is_there else workspace_files.Home.put

    def late(self: workspace_files.Home, *args: object) -> object:
        if not is_there or args[0] == name.encode():
            monkeypatch.undo()
            home.write({name: b"saved just now"})  # by an editor, after it was looked at
        return real(self, *args)  # type: ignore[arg-type, call-arg]

    monkeypatch.setattr(workspace_files.Home, "set_aside" if is_there else "put", late)
    (note,) = home.bring(upstream).notes
    assert "just now" in note
    assert home.files[name] == b"saved just now"
    assert THEIRS in home.files.values()


def test_an_index_that_another_git_works_on(
    tmp_path: Path, upstream: Upstream, monkeypatch: pytest.MonkeyPatch
) -> None:
    from jupyter_gradient_data.volumes.workspace import index as workspace_index

    home = Home(tmp_path / "home")
    home.bring(upstream)
    upstream.commit({"a.txt": THEIRS})
    lock = home.folder / ".git/index.lock"
    tries = 0

    def pause(seconds: float) -> None:
        nonlocal tries
        tries += 1
        if tries == 3:
            lock.unlink()

    real = workspace_index.replace_index

    def locked(*args: object) -> None:
        lock.touch()
        real(*args)  # type: ignore[arg-type]

    monkeypatch.setattr("jupyter_gradient_data.volumes.workspace.update.replace_index", locked)
    monkeypatch.setattr(workspace_index.time, "sleep", pause)
    home.bring(upstream)
    assert tries == 3
    assert home.status == []
