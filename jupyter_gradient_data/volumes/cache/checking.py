"""Finding what is damaged in the cache, and putting it right."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable, Sequence
from pathlib import Path

from jupyter_gradient_data.blobs.disk_cache import PROGRAM, looks_sound
from jupyter_gradient_data.blobs.hashing import hash_file, unwritable
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.references import find_root
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import CacheReport, Phase
from jupyter_gradient_data.progress import Progress

from .eviction import below
from .filling import Filling
from .trees import Trees, remove_tree


class Check:
    """One run.

    Parameters
    ----------
    repository : Repository
        Whose cache.
    progress : Progress
        Told what was read.
    """

    def __init__(self, repository: Repository, progress: Progress) -> None:
        self._repository = repository
        self._disk = repository.disk_cache
        self._trees = Trees(self._disk)
        self._progress = progress
        self._sound: set[int] = set()  # inodes of files that were read
        self._broken: set[int] = set()
        self._damaged = self._versions = self._blobs = self._bytes = 0

    def run(self) -> CacheReport:
        """Read everything; throw out what is damaged, and replace it in the versions that have it.

        Raises
        ------
        StoreFailed
            What is damaged cannot be fetched again now.
        """
        found = [*below(self._disk.root / "contents", depth=2), *below(self._disk.root / "packs")]
        self._progress.start(Phase.VERIFYING, len(found))
        for entry in found:
            with contextlib.suppress(FileNotFoundError):  # thrown out meanwhile
                self._read(entry)
            self._progress.advance(files=1)
        for root in self._trees.roots():
            self._check_tree(root, self._is_whole)
        self._disk.count(-self._bytes)
        self._progress.finish()
        return CacheReport(self._versions, self._blobs, self._bytes, self._damaged)

    def glance(self) -> None:
        """Look at the files of versions that are in use without reading them; replace those that are not as made."""
        for root in self._trees.roots():
            if self._trees.is_used(root):
                self._check_tree(root, _looks_whole)

    # --- contents -----------------------------------------------------------------------------------------------------

    def _read(self, entry: os.DirEntry[str]) -> None:
        found = entry.stat(follow_symlinks=False)
        if self._hash(entry.path, found) == entry.name.removesuffix(PROGRAM):
            self._sound.add(found.st_ino)
            return
        os.unlink(entry.path)
        self._broken.add(found.st_ino)
        self._damaged += 1
        self._blobs += 1
        self._bytes += found.st_size

    def _hash(self, path: str, found: os.stat_result) -> str:
        def advance(count: int) -> None:
            self._progress.advance(bytes=count)

        try:
            return hash_file(path, found.st_size, found.st_mtime_ns, found.st_ino, advance).hex()
        except GradientDataError as error:
            if error.kind is ErrorKind.CANCELLED:
                raise
            return ""  # it cannot be read

    # --- versions -----------------------------------------------------------------------------------------------------

    def _check_tree(self, root: str, is_sound: Callable[[str, os.stat_result, Entry], bool]) -> None:
        files = self._files_of(root)
        if files is None:  # its dataset is gone, or it was none of ours: nobody knows what should be there
            self._check_unknown(root)
            return
        objects = files.blobs.objects
        layout = files.blobs.layout
        damaged = []
        for entry in files.entries():
            self._progress.check()
            path = os.path.join(self._trees.path(root), entry.path.decode())
            try:
                found = os.lstat(path)
            except OSError:
                damaged.append(entry)
                continue
            store_file = objects.local_file(layout.blob(entry.hash))
            if is_as_made(found, entry) and (is_same_file(found, store_file) or is_sound(path, found, entry)):
                continue
            damaged.append(entry)
            self._damaged += found.st_ino not in self._broken
            self._broken.add(found.st_ino)
        if damaged:
            self._repair(root, files, damaged)

    def _is_whole(self, path: str, found: os.stat_result, entry: Entry) -> bool:
        if found.st_ino in self._sound:
            return True
        if found.st_ino in self._broken or self._hash(path, found) != entry.hash.hex():
            return False
        self._sound.add(found.st_ino)
        return True

    def _files_of(self, root: str) -> VersionFiles | None:
        try:
            wanted = bytes.fromhex(root)
        except ValueError:
            return None
        with self._repository.database.read() as connection:
            found = find_root(connection, self._repository.team, wanted)
        return None if found is None else VersionFiles(self._repository, *found)

    def _check_unknown(self, root: str) -> None:
        """Throw out a version that has damaged files and cannot be put right, unless somebody uses it."""
        top = self._trees.path(root)
        files = (os.path.join(folder, name) for folder, _, names in os.walk(top) for name in names)
        if not self._broken or not any(os.lstat(file).st_ino in self._broken for file in files):
            return
        with self._disk.locks.try_hold(root) as is_mine:
            aside = self._trees.take_away(root) if is_mine else None
            if aside is not None:
                remove_tree(aside)
                self._versions += 1

    def _repair(self, root: str, files: VersionFiles, entries: Sequence[Entry]) -> None:
        """Replace files of a version by sound ones, each in one step: who reads one has the old or the new."""
        with self._disk.locks.hold(root, self._progress):
            new = self._disk.temporary(root)
            try:
                new.mkdir()
                Filling(files, self._disk, new, self._progress).repair(entries)
                for entry in entries:
                    self._replace(new / entry.path.decode(), self._trees.path(root) / entry.path.decode())
            except OSError as error:
                raise unwritable(new, error) from error
            finally:
                remove_tree(new)

    def _replace(self, new: Path, old: Path) -> None:
        with contextlib.ExitStack() as opened:
            missing = [folder for folder in old.parents if not folder.exists()]
            above = missing[-1].parent if missing else old.parent
            mode = stat.S_IMODE(above.stat().st_mode)
            opened.callback(above.chmod, mode)
            above.chmod(mode | stat.S_IWUSR)
            for folder in reversed(missing):
                folder.mkdir(mode=0o700)
                opened.callback(folder.chmod, mode)
            if old.is_dir() and not old.is_symlink():
                remove_tree(old)
            new.replace(old)


def _looks_whole(path: str, found: os.stat_result, entry: Entry) -> bool:
    return looks_sound(found, entry.size)


def is_as_made(found: os.stat_result, entry: Entry) -> bool:
    """Whether a file has the size and the permissions that it was made with."""
    is_program = bool(found.st_mode & 0o111)
    return stat.S_ISREG(found.st_mode) and found.st_size == entry.size and is_program == entry.executable


def is_same_file(found: os.stat_result, store_file: Path | None) -> bool:
    """Whether a file is the store's own: `gradient datasets verify` looks after those."""
    try:
        return store_file is not None and os.path.samestat(found, os.lstat(store_file))
    except OSError:
        return False
