"""The bytes of one file: from the pages that were kept, else from where they are."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator

from blake3 import blake3

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.service.api import OpenFile

from .pages import PAGE, Pages

_SMALL = 2 * PAGE  # a file that is not larger comes in one piece
_PIECE = 8 * 1024 * 1024  # bytes read at once of a file that is read from its beginning to its end


class Content:
    """The content of one file; may be read from any thread.

    Parameters
    ----------
    info : FileInfo
        The file's facts.
    find : callable
        Opens the file at the service; called once, when something is not here.
    pages : Pages, optional
        Where what was read stays; None for a file that may still change.
    """

    def __init__(self, info: FileInfo, find: Callable[[], OpenFile], pages: Pages | None = None) -> None:
        self.info = info
        self._find = find
        self._pages = pages
        self._opened: OpenFile | None = None
        self._lock = threading.Lock()

    def read(self, start: int, end: int) -> bytes:
        """The bytes ``start <= i < end``, as far as there are."""
        end = min(end, self.info.size)
        if start >= end:
            return b""
        pages = self._pages  # another thread may find out that they are not needed
        if pages is None:
            return self._fetch(start, end)
        size = self.info.size
        low, high = (0, size) if size <= _SMALL else Pages.bounds(start, end, size)
        buffer = bytearray(high - low)
        missing = pages.read_into(low, buffer)
        if missing:
            source = self._source()
            if source.is_here:
                self._pages = None  # nothing is won by keeping it twice
                return self._fetch(start, end)
            if source.is_whole:
                data = self._fetch(0, size)
                pages.keep(0, data)
                return data[start:end]
        for at, stop in missing:
            data = self._fetch(at, stop)
            pages.keep(at, data)
            if (at, stop) == (low, high):
                return data[start - low : end - low]
            buffer[at - low : stop - low] = data
        return bytes(memoryview(buffer)[start - low : end - low])

    def pieces(self) -> Iterator[bytes]:
        """All of it, piece by piece, verified at the end.

        Raises
        ------
        StoreFailed
            It does not have its hash.
        """
        hasher = blake3()
        for at in range(0, self.info.size, _PIECE):
            piece = self.read(at, at + _PIECE)
            hasher.update(piece)
            yield piece
        self._check(hasher.hexdigest())

    def _fetch(self, start: int, end: int) -> bytes:
        data = self._source().read_range(start, end)
        if (start, end) == (0, self.info.size):
            self._check(blake3(data).hexdigest())
        return data

    def _check(self, found: str) -> None:
        if self.info.size and found != self.info.hash:
            reason = "its content does not have the hash that its version says"
            raise ErrorKind.STORE_CORRUPT(thing=self.info.path, store="its storage provider", reason=reason)

    def _source(self) -> OpenFile:
        with self._lock:
            if self._opened is None:
                self._opened = self._find()
            return self._opened
