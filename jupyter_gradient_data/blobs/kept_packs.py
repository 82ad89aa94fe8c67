"""Packs that were sent from here, kept on the disk: what was just uploaded is mounted without asking the store."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError

from .disk_cache import DiskCache
from .hashing import hash_bytes
from .packs import Pack

_SHARE = 4  # a pack that would take more than this part of the cache is not kept


class KeptPacks:
    """The folder ``packs`` of a cache.  Everything is as well as it can be: who asks the store instead loses nothing.

    Parameters
    ----------
    cache : DiskCache
        Where.
    """

    def __init__(self, cache: DiskCache) -> None:
        self._cache = cache
        self._lock = threading.Lock()
        self._sound: dict[str, tuple[int, int]] = {}  # those that were read as a whole: inode and time

    def path(self, pack: str) -> Path:
        """Where a pack is when it is here."""
        return self._cache.root / "packs" / pack

    def keep(self, pack: Pack) -> None:
        """Keep a pack that the store has, when there is room."""
        size = len(pack.data)
        try:
            if size * _SHARE > self._cache.limit or self._cache.room() < size * _SHARE:
                return
            new, place = self._cache.temporary("pack"), self._cache.folder("packs") / pack.id
            if place.exists():
                return
            try:
                new.write_bytes(pack.data)
                new.replace(place)
            finally:
                new.unlink(missing_ok=True)
        except (OSError, GradientDataError):
            return
        self._cache.count(size)

    def read(self, pack: str, start: int, end: int) -> bytes | None:
        """A part of a pack; None when it is not here."""
        try:
            file = os.open(self.path(pack), os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            return None
        try:
            if not self._is_sound(pack, file):
                with contextlib.suppress(OSError):
                    self.path(pack).unlink()
                return None
            data = os.pread(file, end - start, start)
            return data if len(data) == end - start else None
        except OSError:
            return None
        finally:
            os.close(file)

    def _is_sound(self, pack: str, file: int) -> bool:
        """Whether a pack is what was sent: read once, then known by its inode and time."""
        found = os.fstat(file)
        with self._lock:
            if self._sound.get(pack) == (found.st_ino, found.st_mtime_ns):
                return True
        if hash_bytes(os.pread(file, found.st_size, 0)).hex() != pack:
            return False
        with contextlib.suppress(OSError):
            os.utime(file)  # it is being used
        found = os.fstat(file)
        with self._lock:
            self._sound[pack] = found.st_ino, found.st_mtime_ns
        return True
