"""How much an open file reads ahead: nothing while it is read here and there, more and more while it is read on."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from fsspec.caching import BaseCache, register_cache  # type: ignore[import-untyped]

from .pages import PAGE


class AdaptiveCache(BaseCache):  # type: ignore[misc]
    """A cache of fsspec (``cache_type="adaptive"``) for Parquet, HDF5 and text alike.

    Parameters
    ----------
    blocksize : int
        Bytes to read ahead at most.
    fetcher : callable
        Gives the bytes of a range.
    size : int
        Bytes of the file.
    """

    name: ClassVar[str] = "adaptive"

    def __init__(self, blocksize: int, fetcher: Callable[[int, int], bytes], size: int) -> None:
        super().__init__(blocksize, fetcher, size)
        self._start = 0
        self._data = b""
        self._ahead = 0
        self._next = 0  # where who reads on reads next

    def _fetch(self, start: int | None, stop: int | None) -> bytes:
        start = start or 0
        stop = self.size if stop is None else min(stop, self.size)
        if start >= stop:
            return b""
        end = self._start + len(self._data)
        if not (self._start <= start and stop <= end):
            self._ahead = min(max(PAGE, 2 * self._ahead), self.blocksize) if start == self._next else 0
            # To the end of the page, which is fetched anyway: who reads a footer reads what is before it as well.
            wanted = min(max(stop + self._ahead, -(-stop // PAGE) * PAGE), self.size)
            if self._start <= start < end:
                self._data = self._data[start - self._start :] + self.fetcher(end, wanted)
            else:
                self._data = self.fetcher(start, wanted)
            self._start = start
            self.total_requested_bytes += wanted - start
        self._next = stop
        return self._data[start - self._start : stop - self._start]


register_cache(AdaptiveCache, clobber=True)
