"""Throwing out of the cache what was not used for longest, and never what somebody uses."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.owners import has_ended
from jupyter_gradient_data.models import CacheReport, Phase
from jupyter_gradient_data.progress import Progress

from .trees import DAY, Trees, remove_tree

_LEFT_OVER = DAY  # seconds after which what no version has is thrown out, and what another machine was making
_FILLED = 90  # percent of the limit that stay when there was too much


class _Content(NamedTuple):
    path: str
    size: int
    links: int
    changed: float


class _Candidate(NamedTuple):
    """Something that may go, when it was last used, and what removes it."""

    used: float
    remove: Callable[[], None]


class Eviction:
    """One run; use it once, while holding the lock ``trim``.

    Parameters
    ----------
    disk : DiskCache
        What is cleared.
    days : int
        After so many days without use a version goes in any case; 0 for never.
    progress : Progress
        Told of files that were removed.
    """

    def __init__(self, disk: DiskCache, days: int, progress: Progress) -> None:
        self._disk = disk
        self._days = days
        self._progress = progress
        self._trees = Trees(disk)
        self._now = self._trees.now()
        self._contents: dict[int, _Content] = {}
        self._total = 0
        self._versions = self._blobs = self._bytes = 0

    def run(self, *, everything: bool = False, needed: int = 0) -> CacheReport:
        """Throw out what is too old, then what was not used for longest until the rest is within the limit.

        Parameters
        ----------
        everything : bool
            All that nobody uses.
        needed : int
            Bytes that are to come, and must fit on the disk.
        """
        self._progress.start(Phase.DELETING)
        self._sweep(everything=everything)
        candidates = [*self._loose_contents(), *self._packs(), *self._unused_trees()]
        most = 0 if everything else self._most(needed)
        for candidate in sorted(candidates, key=lambda candidate: candidate.used):
            if self._total > most or everything or self._is_old(candidate):
                candidate.remove()
        self._disk.recount(self._total)
        self._progress.finish()
        return CacheReport(self._versions, self._blobs, self._bytes, 0)

    def _most(self, needed: int) -> int:
        """Bytes that may stay: less than the limit, so that there is room for a while."""
        limit = self._disk.limit
        if self._total + needed <= limit and needed <= self._disk.room():
            return limit
        return min(limit * _FILLED // 100 - needed, self._total - (needed - self._disk.room()))

    def _is_old(self, candidate: _Candidate) -> bool:
        return bool(self._days) and candidate.used < self._now - self._days * DAY

    # --- what there is ------------------------------------------------------------------------------------------------

    def _loose_contents(self) -> Iterator[_Candidate]:
        """Read the folders of contents; those that no version has may go."""
        for entry in below(self._disk.root / "contents", depth=2):
            with contextlib.suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                content = _Content(entry.path, found.st_size, found.st_nlink, found.st_ctime)
                self._contents[found.st_ino] = content
                self._total += content.size
        for content in self._contents.values():
            if content.links == 1:
                is_left_over = content.changed < self._now - _LEFT_OVER
                yield _Candidate(0.0 if is_left_over and self._days else content.changed, self._removing(content))

    def _removing(self, content: _Content) -> Callable[[], None]:
        return lambda: self._remove_content(content)

    def _packs(self) -> Iterator[_Candidate]:
        for entry in below(self._disk.root / "packs"):
            with contextlib.suppress(FileNotFoundError):
                found = entry.stat(follow_symlinks=False)
                self._total += found.st_size
                yield _Candidate(found.st_mtime, self._removing_pack(Path(entry.path), found.st_size))

    def _removing_pack(self, path: Path, size: int) -> Callable[[], None]:
        def remove() -> None:
            path.unlink(missing_ok=True)
            self._freed(size)

        return remove

    def _unused_trees(self) -> Iterator[_Candidate]:
        for root in self._trees.roots():
            if not self._trees.is_used(root):
                yield _Candidate(self._trees.last_used(root), self._removing_tree(root))

    def _removing_tree(self, root: str) -> Callable[[], None]:
        return lambda: self._remove_version(root)

    # --- removing -----------------------------------------------------------------------------------------------------

    def _remove_version(self, root: str) -> None:
        with self._disk.locks.try_hold(root) as is_mine, contextlib.suppress(FileNotFoundError):
            aside = self._trees.take_away(root) if is_mine else None
            if aside is None:
                return
            self._versions += 1
            for folder, _, names in os.walk(aside, topdown=False):
                os.chmod(folder, 0o700)
                for name in names:
                    self._remove_file(os.path.join(folder, name))
                self._progress.advance(files=len(names))
            remove_tree(aside)

    def _remove_file(self, path: str) -> None:
        """Remove a file of a version; with its last link its content goes, too."""
        found = os.lstat(path)
        os.unlink(path)
        content = self._contents.get(found.st_ino)
        if found.st_nlink == 1:  # a copy: links were not possible
            self._bytes += found.st_size
        elif found.st_nlink == 2 and content is not None:
            self._remove_content(content)

    def _remove_content(self, content: _Content) -> None:
        with contextlib.suppress(FileNotFoundError):
            if os.lstat(content.path).st_nlink == 1:  # nobody has linked it meanwhile
                os.unlink(content.path)
                self._blobs += 1
                self._freed(content.size)

    def _freed(self, size: int) -> None:
        self._total -= size
        self._bytes += size

    def _sweep(self, *, everything: bool) -> None:
        """Remove what runs have left that were killed."""
        old = self._now - _LEFT_OVER
        for entry in below(self._disk.root / "tmp"):
            name, owner = entry.name.partition(".")[0], entry.name.rpartition(".")[2]
            with contextlib.suppress(FileNotFoundError):
                if has_ended(owner) or entry.stat(follow_symlinks=False).st_mtime < old:
                    self._remove_unlocked(name, Path(entry.path))
        for entry in below(self._disk.root / "partial"):
            with contextlib.suppress(FileNotFoundError):
                if everything or entry.stat(follow_symlinks=False).st_mtime < old:
                    self._remove_unlocked(entry.name, Path(entry.path))
        for entry in below(self._disk.root / "locks"):
            with contextlib.suppress(FileNotFoundError):
                if not entry.name.startswith("."):
                    with self._disk.locks.try_hold(entry.name):
                        pass  # that of a process that has ended is gone now
                elif entry.stat(follow_symlinks=False).st_mtime < old:
                    os.unlink(entry.path)

    def _remove_unlocked(self, name: str, path: Path) -> None:
        with self._disk.locks.try_hold(name) as is_mine:
            if is_mine and path.is_dir():
                remove_tree(path)
            elif is_mine:
                path.unlink(missing_ok=True)


def below(folder: Path | str, depth: int = 1) -> Iterator[os.DirEntry[str]]:
    """What is in a folder, or in the folders in it."""
    with contextlib.suppress(FileNotFoundError, NotADirectoryError), os.scandir(folder) as entries:
        for entry in list(entries):
            if depth > 1:
                yield from below(entry.path, depth - 1)
            else:
                yield entry
