"""Paths on this machine: of a mount, or fetched once into the user's cache."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.client import local_files
from jupyter_gradient_data.errors import ErrorKind
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


def test_what_was_changed_here_is_fetched_again(jgd: ModuleType, place: Place, fetches: Fetches) -> None:
    place.committed(FILES)
    folder = jgd.path("data")
    spoiled = folder / "a.csv"
    assert not os.stat(spoiled).st_mode & 0o222  # not by accident
    os.chmod(spoiled, 0o644)
    spoiled.write_bytes(b"X,Y\n")
    assert read_tree(jgd.path("data")) == CONTENT
    (folder / "deep" / "b.bin").unlink()
    assert jgd.path("data/deep/b.bin").read_bytes() == CONTENT["deep/b.bin"]
    assert read_tree(jgd.path("data")) == CONTENT


def test_what_was_interrupted_is_not_taken_for_whole(
    local_jgd: ModuleType, embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.committed(FILES)

    def interrupted(task: object, label: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(local_files, "follow", interrupted)
        with pytest.raises(KeyboardInterrupt):
            local_jgd.path("data")
    assert read_tree(local_jgd.path("data")) == CONTENT


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
