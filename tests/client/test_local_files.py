"""Paths on this machine: of a mount, or fetched once into the user's cache."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.client import local_files
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.tasks import Task
from tests.service.place import Place, fails, read_tree

FILES = {"a.csv": b"a,b\n", "deep/b.bin": bytes(range(256)) * 5000, "deep/er/run.sh*": b"#!/bin/sh\n"}
CONTENT = {path.rstrip("*"): content for path, content in FILES.items()}


class Fetches:
    """What is fetched from a service."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self.paths: list[list[str]] = []
        self._before = place.service.get_files
        monkeypatch.setattr(place.service, "get_files", self._get)

    def _get(self, reference: str, paths: list[str], target: str) -> object:
        self.paths.append(paths)
        return self._before(reference, paths, target)


@pytest.fixture
def fetches(place: Place, monkeypatch: pytest.MonkeyPatch) -> Fetches:
    return Fetches(place, monkeypatch)


def test_a_file_a_folder_and_all(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    version = jgd.dataset("data").latest
    assert version.path("deep/b.bin").read_bytes() == CONTENT["deep/b.bin"]
    assert version.path("a.csv").read_bytes() == b"a,b\n"
    assert read_tree(version.path("deep/")) == {"b.bin": CONTENT["deep/b.bin"], "er/run.sh": CONTENT["deep/er/run.sh"]}
    assert jgd.path("data:latest/deep/er") == version.path("deep") / "er"
    assert os.access(version.path("deep/er/run.sh"), os.X_OK)
    assert fetches.paths == [["deep/b.bin"], ["a.csv"], ["deep"]]
    assert read_tree(jgd.path("data")) == CONTENT
    assert version.path("a.csv").parent == version.path()
    assert fetches.paths[3:] == [[]]
    for missing in ("nothing", "deep/nothing"):
        with fails(ErrorKind.FILE_NOT_FOUND, missing):
            version.path(missing)


def test_equal_content_is_here_once(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    place.committed(FILES, "copy")
    assert jgd.path("data/a.csv") == jgd.path("copy/a.csv")
    assert len(fetches.paths) == 1


def test_what_was_changed_here_is_fetched_again(
    jgd: ModuleType, place: Place, fetches: Fetches, capsys: pytest.CaptureFixture[str]
) -> None:
    place.committed(FILES)
    folder = jgd.path("data")
    spoiled = folder / "a.csv"
    assert not os.stat(spoiled).st_mode & 0o222  # not by accident
    os.chmod(spoiled, 0o644)
    spoiled.write_bytes(b"X,Y\n")
    assert read_tree(jgd.path("data")) == CONTENT
    for path in ("extra.csv", "deep/extra.csv"):
        (folder / path).write_bytes(b"nothing of this version")
        assert read_tree(jgd.path("data")) == CONTENT
        (aside,) = folder.parent.glob(f"not-in-the-version-*/{path}")  # nobody's file is deleted
        assert aside.read_bytes() == b"nothing of this version"
        assert str(aside.parents[path.count("/")]) in capsys.readouterr().err
    (folder / "deep" / "b.bin").unlink()
    assert jgd.path("data/deep/b.bin").read_bytes() == CONTENT["deep/b.bin"]
    assert read_tree(jgd.path("data")) == CONTENT


def test_what_was_interrupted_is_not_taken_for_whole(
    local_jgd: ModuleType, embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.committed(FILES)

    def interrupted(task: Task[object], label: str) -> None:
        task.cancel()
        task.wait()
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(local_files, "follow", interrupted)
        with pytest.raises(KeyboardInterrupt):
            local_jgd.path("data")
    assert read_tree(local_jgd.path("data")) == CONTENT


def test_several_who_want_the_same_fetch_it_once(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    version = jgd.dataset("data").latest
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(version.path, ["", "", "", ""]))
    assert len(fetches.paths) == 1
    assert read_tree(found[0]) == CONTENT


def test_the_mount_is_taken_when_there_is_one(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    mount = jgd.mount("data")
    assert jgd.path("data/deep/b.bin") == mount / "deep/b.bin"
    assert jgd.path("data") == mount.path
    with fails(ErrorKind.FILE_NOT_FOUND, "nothing"):
        jgd.path("data/nothing")
    place.committed({"new": b"1"})
    assert jgd.dataset("data").versions[0].path("new").read_bytes() == b"1"  # another version than the one mounted
    assert fetches.paths[-1] == ["new"]


def test_a_writable_mount_may_have_been_changed(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    jgd.mount("data", writable=True)
    assert jgd.path("data/a.csv").read_bytes() == b"a,b\n"
    assert fetches.paths == [["a.csv"]]


def test_an_uncommitted_version_has_no_path(jgd: ModuleType, place: Place) -> None:
    draft = place.version(FILES)
    with fails(ErrorKind.VERSION_UNCOMMITTED, draft.version):
        jgd.path(f"{draft.reference}/a.csv")


def test_the_cache_may_be_deleted(jgd: ModuleType, place: Place, isolated_environment: Path) -> None:
    place.committed(FILES)
    assert jgd.path("data/a.csv").is_relative_to(isolated_environment / "xdg" / "cache" / "gradient-data")
    (isolated_environment / "xdg" / "cache").rename(isolated_environment / "gone")
    assert jgd.path("data/a.csv").read_bytes() == b"a,b\n"


def test_what_nobody_asked_for_in_a_month_goes(
    local_jgd: ModuleType, embedded: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GRADIENT_READ_CACHE_DIR", str(tmp_path / "kept"))
    for name in ("old", "used", "new"):
        embedded.committed({"a": name.encode()}, name)
    old, used = (local_jgd.path(f"{name}/a") for name in ("old", "used"))
    assert old.is_relative_to(tmp_path / "kept")
    for path in (old, used):
        os.utime(path.parents[1] / "notes", (1_600_000_000, 1_600_000_000))
    assert local_jgd.path("used/a") == used
    monkeypatch.setenv("GRADIENT_CACHE_DAYS", "0")
    local_jgd.path("new")
    assert old.exists()
    monkeypatch.delenv("GRADIENT_CACHE_DAYS")
    local_jgd.path("new").joinpath("a").unlink()
    assert local_jgd.path("new/a").read_bytes() == b"new"
    assert (old.exists(), used.exists()) == (False, True)
    assert local_jgd.path("old/a").read_bytes() == b"old"
