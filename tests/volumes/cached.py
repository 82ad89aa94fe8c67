"""Versions that tests put into a cache, and what is there afterwards."""

from __future__ import annotations

import random
from pathlib import Path

from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.folders import TeamFolders
from tests.service.place import Place

USER = "notebook/name"
LARGE = 3 * 1024 * 1024 + 17


def cache_of(place: Place | Repository) -> VersionCache:
    """The cache of a place, as a process has it that was just started."""
    repository = place.repository if isinstance(place, Place) else place
    return VersionCache(repository, TeamFolders(repository))


def materialise(place: Place, reference: str, user: str = USER, progress: Progress | None = None) -> Path:
    """The folder of a version."""
    files = VersionFiles.open(place.repository, reference)
    return cache_of(place).materialise(files, progress or Progress(), user)


def some_files(seed: int = 0, *, count: int = 20, large: bool = True) -> dict[str, bytes]:
    """Files of all kinds: empty, small, equal, executable (``*``), in folders, large."""
    source = random.Random(seed)
    files = {f"few/{number:03}.bin": source.randbytes(700) for number in range(count)}
    files |= {"empty": b"", "deep/er/a.txt": b"text " * 300, "deep/copy.txt": b"text " * 300, "run.sh*": b"#!/bin/sh\n"}
    files |= {"Ümläut ☃.txt": b"snow", "also/run.sh": b"#!/bin/sh\n"}
    if large:
        content = source.randbytes(LARGE)
        files |= {"large.bin": content, "deep/large copy.bin": content, "large program*": source.randbytes(LARGE)}
    return files


def plain(files: dict[str, bytes]) -> dict[str, bytes]:
    """The same without the marks of executables."""
    return {path.rstrip("*"): content for path, content in files.items()}


def contents(place: Place) -> list[Path]:
    """The files of contents in the cache."""
    return [path for path in (cache_root(place) / "contents").rglob("*") if path.is_file()]


def cache_root(place: Place) -> Path:
    """The cache's folder."""
    return place.repository.disk_cache.root


def requests(place: Place) -> int:
    """How often stores were asked since the place was opened."""
    return place.repository.providers.stats()["requests"]
