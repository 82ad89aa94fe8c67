"""A file of a version for libraries that seek: only the parts that they read are fetched."""

from __future__ import annotations

import io

from jupyter_gradient_data.service.api import OpenFile


class RangeFile(io.RawIOBase):
    """Bytes of an open file of a version, with a position."""

    def __init__(self, opened: OpenFile) -> None:
        self._opened = opened
        self._at = 0

    def readable(self) -> bool:
        """Yes."""
        return True

    def seekable(self) -> bool:
        """Yes."""
        return True

    def tell(self) -> int:
        """The position."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a position; returns it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._opened.info.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """So many bytes from the position on, or all."""
        end = self._opened.info.size if size < 0 else min(self._at + size, self._opened.info.size)
        if end <= self._at:
            return b""
        data = self._opened.read_range(self._at, end)
        self._at += len(data)
        return data

    def readall(self) -> bytes:
        """All that follows."""
        return self.read()
