"""Keeping a large content on the disk while it is sent to a store, as long as that costs next to nothing."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError

from .disk_cache import DiskCache, write_all

_SHARE = 8  # a content that would take more than this part of the cache, or of the room on the disk, is not kept
_SLOW = 0.1  # part of the time that writing may take
_GRACE = 0.5  # seconds before that is looked at


class Tee:
    """The pieces of a content, each written into the cache when it is handed out; begins anew when iterated again.

    Use it as a context manager: at its end the content is in the cache, unless the block raised or writing was slow.

    Parameters
    ----------
    cache : DiskCache
        Where.
    chunks : iterable of bytes
        The content; raises at its end when it is not what it should be.
    blob_hash, size : bytes, int
        Its hash and length.
    """

    def __init__(self, cache: DiskCache, chunks: Iterable[bytes], blob_hash: bytes, size: int) -> None:
        self._cache = cache
        self._chunks = chunks
        self._hash = blob_hash
        self._size = size
        self._path: Path | None = None
        self._file = -1
        self._is_whole = False
        self._writing = 0.0
        self._began = time.monotonic()

    def __enter__(self) -> Tee:
        with contextlib.suppress(OSError, GradientDataError):
            self._cache.folder("")
            room = min(self._cache.limit // _SHARE, self._cache.room() // _SHARE)
            fits = self._size <= min(room, self._cache.limit - self._cache.used())
            if fits and not self._cache.has(self._hash, self._size):
                self._path = self._cache.temporary("sent")
                self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._is_whole and kind is None and self._path is not None and self._file >= 0:
            with contextlib.suppress(OSError):
                self._cache.keep_file(self._path, self._hash)
        self._give_up()

    def __iter__(self) -> Iterator[bytes]:
        self._is_whole = False
        with contextlib.suppress(OSError):
            if self._file >= 0:
                os.ftruncate(self._file, 0)
                os.lseek(self._file, 0, os.SEEK_SET)
        for chunk in self._chunks:
            if self._file >= 0:
                self._write(chunk)
            yield chunk
        self._is_whole = True

    def _write(self, chunk: bytes) -> None:
        started = time.monotonic()
        try:
            write_all(self._file, chunk)
        except OSError:
            self._give_up()
        now = time.monotonic()
        self._writing += now - started
        if self._writing > max(_GRACE, _SLOW * (now - self._began)):
            self._give_up()

    def _give_up(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
