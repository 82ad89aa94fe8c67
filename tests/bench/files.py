"""The data every tool moves: made once from a seed, copied for each run, compared afterwards."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from places import BENCH

SEED = 20221122
_BLOCK = 2**20


@dataclass(frozen=True)
class Load:
    """``folders`` x ``per_folder`` files of ``size`` bytes: incompressible, and the same on every machine."""

    name: str
    folders: int
    per_folder: int
    size: int

    @property
    def count(self) -> int:
        """How many files."""
        return self.folders * self.per_folder

    @property
    def bytes(self) -> int:
        """How many bytes in all."""
        return self.count * self.size

    def make(self) -> Path:
        """The folder that holds the files; made on first use, complete or absent."""
        folder = BENCH / "data" / f"{self.name}-{self.count}x{self.size}"
        if not folder.exists():
            unfinished = folder.with_suffix(".unfinished")
            shutil.rmtree(unfinished, ignore_errors=True)
            source = random.Random(SEED)
            for path in self.paths():
                target = unfinished / path
                target.parent.mkdir(parents=True, exist_ok=True)
                _write_random(target, self.size, source)
            unfinished.rename(folder)
        return folder

    def paths(self) -> Iterator[str]:
        """Every file's path, in order."""
        for folder in range(self.folders):
            for number in range(self.per_folder):
                yield f"d{folder:04}/f{number:04}.bin"

    def copy_to(self, target: Path) -> None:
        """Put the files into ``target``, as a run's own copy.

        Small files are copied: restic, for one, treats files with several links in another way.  A large file is
        linked where both are on one disk, since copying it would fill the disk's queue just before the measurement.
        """
        source = self.make()
        target.parent.mkdir(parents=True, exist_ok=True)
        same_disk = source.stat().st_dev == target.parent.stat().st_dev
        duplicate = os.link if self.size > 64 * _BLOCK and same_disk else shutil.copy2
        shutil.copytree(source, target, copy_function=duplicate)

    def change(self, folder: Path, every: int = 100) -> None:
        """Give one in ``every`` files of ``folder`` new content of the same size."""
        source = random.Random(SEED + 1)
        for number, path in enumerate(self.paths()):
            if number % every == every // 2:
                (folder / path).unlink()
                _write_random(folder / path, self.size, source)


def _write_random(target: Path, size: int, source: random.Random) -> None:
    with target.open("wb") as file:
        while size > 0:
            file.write(source.randbytes(min(size, _BLOCK)))
            size -= _BLOCK


def difference(expected: Path, found: Path) -> str | None:
    """What distinguishes two folders, names and bytes; None when they are equal."""
    names, others = _names(expected), _names(found)
    if names != others:
        return f"{len(names - others)} files are missing and {len(others - names)} are too many"
    damaged = sum(not _equal(expected / name, found / name) for name in names)
    return f"{damaged} files have other content" if damaged else None


def _names(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def _equal(one: Path, other: Path) -> bool:
    with one.open("rb") as left, other.open("rb") as right:
        while True:
            mine, theirs = left.read(_BLOCK), right.read(_BLOCK)
            if mine != theirs:
                return False
            if not mine:
                return True
