"""The folder in which what was read stays, so that it is never fetched again; for all processes of a user.

::

    pages/{aa}/{hash}-{n}   parts of contents (`pages`)
    facts/{aa}/{key}        versions, listings, facts of files: what never changes (`KeptFolder.facts`)
    grown                   as many bytes as 64 KiB were written since it was last looked at how much there is
    lock                    held by who throws out

Nothing is fetched into a name before it can be read, and everything carries a checksum: what was torn or damaged is
as if it were not there.  So nobody waits for anybody, and anything in it may be deleted at any time.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from blake3 import blake3

SUM = 16  # bytes of a checksum
_BLOCK = 4096  # bytes that a file takes at least
_UNIT = 64 * 1024  # see ``grown``
_SHARE = 10  # part of the disk that it may take by default
_RESERVE = 50  # part of the disk that is left free for others
_LOOK = 20, 256 * 1024 * 1024  # part of the limit, and bytes, after the less of which it is looked how much there is
_USED = 3600.0  # seconds in which a use needs no new note


class KeptFolder:
    """Files that can be made again, up to a number of bytes; what was not used for longest goes.

    Parameters
    ----------
    root : Path
        The folder; made when something is put into it.
    limit : int
        Bytes it may take; 0 for a tenth of its disk.
    """

    def __init__(self, root: Path, limit: int = 0) -> None:
        self.root = root
        self._limit = limit
        self._pending = 0
        self._lock = threading.Lock()
        self.is_usable = True  # until the disk is full or cannot be written

    def path(self, kind: str, name: str) -> str:
        """Where a file is when it is here."""
        return f"{self.root}/{kind}/{name[:2]}/{name}"

    @contextlib.contextmanager
    def trying(self) -> Iterator[None]:
        """Keep something; when the disk cannot take it, this process keeps nothing any more."""
        try:
            yield
        except OSError:
            self.is_usable = False

    # --- facts --------------------------------------------------------------------------------------------------------

    def fact(self, *key: str) -> bytes | None:
        """What was kept under a key; None when it is not here, or damaged."""
        path = self._fact_path(key)
        try:
            with open(path, "rb") as file:
                found = file.read()
                note_use(file.fileno())
        except OSError:
            return None
        data = found[SUM:]
        return data if checksum(data) == found[:SUM] else None

    def keep_fact(self, data: bytes, *key: str) -> None:
        """Keep something under a key."""
        if not self.is_usable:
            return
        path = self._fact_path(key)
        new = f"{path}.{os.getpid()}-{threading.get_ident()}"
        with self.trying():
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            try:
                with open(new, "wb") as file:
                    file.write(checksum(data) + data)
                os.replace(new, path)
            finally:
                with contextlib.suppress(OSError):
                    os.unlink(new)
            self.grown(len(data))

    def _fact_path(self, key: tuple[str, ...]) -> str:
        return self.path("facts", blake3("\0".join(key).encode()).hexdigest())

    # --- room ---------------------------------------------------------------------------------------------------------

    @property
    def limit(self) -> int:
        """Bytes that it may take: less than the setting when others need the disk."""
        disk = os.statvfs(self.root)
        size = disk.f_frsize * disk.f_blocks
        room = disk.f_frsize * disk.f_bavail - size // _RESERVE
        return min(self._limit or size // _SHARE, max(0, self.used() + room))

    def used(self) -> int:
        """Bytes that it takes."""
        return sum(size for _, size, _ in self._files())

    def grown(self, count: int) -> None:
        """Note that bytes were written; now and then that makes room."""
        with self._lock:
            self._pending += -(-count // _BLOCK) * _BLOCK
            units, self._pending = divmod(self._pending, _UNIT)
        if not units:
            return
        with self.trying():
            os.makedirs(self.root, mode=0o700, exist_ok=True)  # somebody may have deleted it all
            note = os.open(self.root / "grown", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(note, bytes(units))
                written = os.fstat(note).st_size * _UNIT
            finally:
                os.close(note)
            part, most = _LOOK
            if written > min(most, self._limit // part or most):
                self.trim()

    def trim(self) -> None:
        """Throw out what was not used for longest, until a tenth of the limit is free; nothing when somebody does."""
        with open(self.root / "lock", "wb") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                return
            os.truncate(self.root / "grown", 0)
            files = sorted(self._files())
            used, limit = sum(size for _, size, _ in files), self.limit
            if used <= limit:
                return
            for _, size, path in files:
                if used <= limit * 9 // 10:
                    break
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
                used -= size

    def _files(self) -> Iterator[tuple[float, int, str]]:
        """When each file was last used, the bytes that it takes, and where it is."""
        for kind in ("pages", "facts"):
            for above, _, names in os.walk(self.root / kind):
                for name in names:
                    path = f"{above}/{name}"
                    with contextlib.suppress(FileNotFoundError):
                        found = os.stat(path)
                        yield found.st_mtime, found.st_blocks * 512, path


def checksum(data: bytes | memoryview) -> bytes:
    """What tells whether bytes are the ones that were written; never all zeros, which is what a hole has."""
    return blake3(data).digest(SUM)


def note_use(file: int) -> None:
    """Note that a file was used: its time says so, to the hour."""
    with contextlib.suppress(OSError):
        if time.time() - os.fstat(file).st_mtime > _USED:
            os.utime(file)
