"""Filling a folder with the files of a version: links to what the cache has, the rest fetched, verified and kept."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

from jupyter_gradient_data.blobs.disk_cache import NO_LINKS, READ_ONLY, DiskCache, write_all
from jupyter_gradient_data.blobs.hashing import Hasher, unwritable
from jupyter_gradient_data.blobs.packs import SMALL_BLOB
from jupyter_gradient_data.datasets.fetching import WINDOW, Fetching
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.local_ends import VersionOutbox
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.targets import TargetFolder
from jupyter_gradient_data.datasets.tree import windows
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

_TRIES = 3
_PIECE = 8 * 1024 * 1024
_ASK_AFTER = 4 * 1024 * 1024  # bytes


class Filling:
    """One run.

    Parameters
    ----------
    files : VersionFiles
        A committed version.
    cache : DiskCache
        Has contents, and keeps those that are fetched.
    folder : Path
        Where files go; on the disk of the cache, new and empty.
    progress : Progress
        Told what was done; what was in the cache counts as skipped.
    """

    def __init__(self, files: VersionFiles, cache: DiskCache, folder: Path, progress: Progress) -> None:
        self._files = files
        self._blobs = files.blobs
        self._cache = cache
        self._folder = folder
        self._target = TargetFolder(folder)
        self._progress = progress
        self._lock = threading.Lock()
        self._unasked = 0  # bytes that were written since somebody asked for room
        self._grown = 0  # bytes that the cache has grown and that it does not know of yet

    def run(self) -> None:
        """Do it.

        Raises
        ------
        StoreFailed
            The store cannot be read, has damaged content, or ``DISK_FULL``; contents that were fetched stay.
        """
        version = self._files.version
        self._progress.start(Phase.FETCHING, version.files, version.bytes)
        self._files.read_ahead(version.files)
        with Fetching(VersionOutbox(self._files, look_on_disk=False), self._progress) as fetching:
            for window in windows(self._files.entries(), WINDOW):
                self._fill(fetching, window)
        self._progress.finish()

    def begin(self) -> int:
        """Put what is here already, so that nobody throws it out; how many bytes are still to be fetched."""
        missing: dict[bytes, int] = {}
        self._progress.start(Phase.SCANNING, self._files.version.files)
        try:
            for entry in self._files.entries():
                is_large = entry.size >= SMALL_BLOB
                if not self._link(entry) and not (is_large and self._link_object(entry)):
                    missing[entry.hash] = entry.size
                self._progress.advance(1)
        except OSError as error:
            raise unwritable(self._folder, error) from error
        return sum(missing.values())

    def repair(self, entries: Iterable[Entry]) -> None:
        """Put some files only."""
        with Fetching(VersionOutbox(self._files, look_on_disk=False), self._progress) as fetching:
            for window in windows(entries, WINDOW):
                self._fill(fetching, window)

    def _fill(self, fetching: Fetching, window: Sequence[Entry]) -> None:
        missing: dict[bytes, list[Entry]] = {}
        try:
            for entry in window:
                if self._link(entry):
                    self._progress.advance(1, entry.size, skipped=True)
                else:
                    missing.setdefault(entry.hash, []).append(entry)

            def write(blob: bytes, content: bytes) -> None:
                self._write(missing[blob], content)

            def stream(entry: Entry) -> None:
                self._place_large(missing[entry.hash])

            fetching.run([entries[0] for entries in missing.values()], write, stream)
        except OSError as error:
            raise unwritable(self._folder, error) from error
        finally:
            with self._lock:
                grown, self._grown = self._grown, 0
            self._cache.count(grown)

    def _link(self, entry: Entry) -> bool:
        folder, name = self._target.enter(entry.path.decode())
        try:
            return self._cache.link(entry.hash, entry.size, entry.executable, folder.descriptor, name)
        except FileExistsError:  # by `begin`
            return True

    def _write(self, entries: Sequence[Entry], content: bytes) -> None:
        """Write a small content for the first file that has it, link it for the others."""
        self._check_room(len(content))
        for place, entry in enumerate(entries):
            if place and self._link(entry):
                self._progress.advance(1, entry.size, skipped=True)
                continue
            folder, name = self._target.enter(entry.path.decode())
            grown = self._cache.write(entry.hash, content, entry.executable, folder.descriptor, name)
            with self._lock:
                self._grown += grown
            self._progress.advance(1, entry.size)

    def _check_room(self, size: int) -> None:
        """Leave some of the disk to others; asked for now and then only."""
        with self._lock:
            self._unasked += size
            if self._unasked < _ASK_AFTER:
                return
            self._unasked = 0
        if self._cache.room() < size:
            raise ErrorKind.DISK_FULL(path=self._cache.root)

    # --- large files --------------------------------------------------------------------------------------------------

    def _place_large(self, entries: Sequence[Entry]) -> None:
        """Give the files that have a large content theirs."""
        left = [entry for entry in entries if not self._link_object(entry)]
        linked = len(entries) - len(left)
        self._progress.advance(linked, linked * entries[0].size, skipped=True)
        if not left:
            return
        first, count, skipped = left[0], len(left), len(left)
        with self._cache.locks.hold(first.hash.hex(), self._progress):  # another version may be fetching it, too
            for _ in range(_TRIES):
                if not self._cache.has(first.hash, first.size):
                    self._fetch(first)
                    skipped = count - 1
                left = [entry for entry in left if not self._link(entry)]  # thrown out again at once: once more
                if not left:
                    break
        self._progress.advance(count, skipped * first.size, skipped=True)

    def _link_object(self, entry: Entry) -> bool:
        """Where the store is a folder on the same disk, its own file is the content: nothing is stored twice."""
        source = self._object(entry)
        if source is None or entry.executable:  # the store's file must not become executable
            return False
        folder, name = self._target.enter(entry.path.decode())
        try:
            found = os.lstat(source)
            if not stat.S_ISREG(found.st_mode) or found.st_size != entry.size:
                return False  # reading it says what is wrong
            if stat.S_IMODE(found.st_mode) & ~stat.S_IWUSR != READ_ONLY:  # it may be open to its owner, see `layers`
                os.chmod(source, READ_ONLY)  # nobody but its owner comes to its folder
            os.link(source, name, dst_dir_fd=folder.descriptor)
        except FileExistsError:  # by `begin`
            return True
        except OSError as error:
            if error.errno in NO_LINKS | {errno.ENOENT, errno.EACCES, errno.EROFS}:
                return False
            raise
        return True

    def _object(self, entry: Entry) -> Path | None:
        """The store's own file of a large content."""
        return self._blobs.objects.local_file(self._blobs.layout.blob(entry.hash))

    def _fetch(self, entry: Entry) -> None:
        """Fetch a large content; what has come of it stays when this ends early, and is not fetched again."""
        part = self._cache.folder("partial") / entry.hash.hex()
        file = os.open(part, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            digest = self._append(file, entry, os.fstat(file).st_size)
            if digest != entry.hash:  # what an earlier run has left was not sound, as after the machine's crash
                os.ftruncate(file, 0)
                digest = self._append(file, entry, 0)
        finally:
            os.close(file)
        if digest != entry.hash:
            part.unlink()
            raise ErrorKind.STORE_CORRUPT(
                thing=f"blob {entry.hash.hex()}",
                store=self._blobs.objects.name,
                reason="its content does not have this hash",
            )
        self._cache.keep_file(part, entry.hash, entry.executable)

    def _append(self, file: int, entry: Entry, start: int) -> bytes:
        """Fetch what follows the first ``start`` bytes; the hash of all."""
        hasher = Hasher()
        os.lseek(file, 0, os.SEEK_SET)
        at = 0
        while at < start and (piece := os.read(file, min(_PIECE, start - at))):
            self._progress.advance(bytes=len(piece), skipped=True)
            hasher.update(piece)
            at += len(piece)
        if at > entry.size:
            return b""
        if at < entry.size:
            for piece in self._blobs.stream(entry.hash, at):
                self._check_room(len(piece))
                hasher.update(piece)
                write_all(file, piece)
                self._progress.advance(bytes=len(piece))
        return hasher.digest()
