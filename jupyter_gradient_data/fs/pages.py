"""Contents in pages, by their hash, on the disk: each page comes when it is first read, and stays.

A content is cut into segments, each a file that has holes where nothing was read yet: first a checksum for each page
(zeros: it is not here), then the pages in their places.  A page is written before its checksum, and all who write it
write the same, so processes need not know of each other; a page that does not have its checksum is not here.
"""

from __future__ import annotations

import contextlib
import os
import threading
import weakref
from collections.abc import Iterator

from .keeping import SUM, KeptFolder, checksum, note_use

PAGE = 64 * 1024  # measured: docs/benchmarks-reading.md
SEGMENT = 64 * 1024 * 1024  # what is thrown out together
_PAGES = SEGMENT // PAGE
_ABSENT = bytes(SUM)
_FLAGS = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC


class Pages:
    """The pages of one content; may be used by several threads.

    Parameters
    ----------
    folder : KeptFolder
        Where they are.
    blob_hash : str
        Of the content, in hexadecimal.
    size : int
        Of the content, in bytes.
    """

    def __init__(self, folder: KeptFolder, blob_hash: str, size: int) -> None:
        self._folder = folder
        self._hash = blob_hash
        self._size = size
        self._files: dict[int, int] = {}
        self._lock = threading.Lock()
        self._closing = weakref.finalize(self, _close_all, self._files)

    @staticmethod
    def bounds(start: int, end: int, size: int) -> tuple[int, int]:
        """The whole pages that hold ``start <= i < end``, in bytes."""
        return start // PAGE * PAGE, min(-(-end // PAGE) * PAGE, size)

    def read_into(self, start: int, target: bytearray) -> list[tuple[int, int]]:
        """Fill a buffer that begins at the page boundary ``start``; what is not here, as ascending ranges."""
        missing: list[tuple[int, int]] = []
        view = memoryview(target)
        for number, at, end in _segments(start, start + len(target)):
            base = number * SEGMENT
            for low, high in self._read_segment(number, at, end, view[base + at - start : base + end - start]):
                if missing and missing[-1][1] == base + low:
                    missing[-1] = missing[-1][0], base + high
                else:
                    missing.append((base + low, base + high))
        return missing

    def keep(self, start: int, data: bytes | memoryview) -> None:
        """Keep whole pages, the first of which begins at ``start``."""
        if not self._folder.is_usable:
            return
        view = memoryview(data)
        with self._folder.trying():
            for number, at, end in _segments(start, start + len(data)):
                offset = number * SEGMENT + at - start
                part = view[offset : offset + end - at]
                file = self._open(number, os.O_CREAT)
                if file is None:
                    return
                sums = b"".join(checksum(part[i : i + PAGE]) for i in range(0, len(part), PAGE))
                _write(file, part, self._head(number) + at)
                _write(file, memoryview(sums), at // PAGE * SUM)
            self._folder.grown(len(data))

    def _read_segment(self, number: int, start: int, end: int, view: memoryview) -> Iterator[tuple[int, int]]:
        """Fill a view from one segment; ranges in it that are not here, page by page."""
        file = self._open(number)
        if file is None:
            yield start, end
            return
        try:
            sums = os.pread(file, -(-(end - start) // PAGE) * SUM, start // PAGE * SUM)
            count = os.preadv(file, [view], self._head(number) + start) if sums.strip(b"\0") else 0
        except OSError:  # a bad disk, or a file that was deleted on another machine
            count = 0
        if not count:
            yield start, end
            return
        for index, at in enumerate(range(start, end, PAGE)):
            low, high = at - start, min(at + PAGE, end) - start
            expected = sums[index * SUM : (index + 1) * SUM]
            if expected == _ABSENT or high > count or checksum(view[low:high]) != expected:
                yield at, min(at + PAGE, end)

    def _head(self, number: int) -> int:
        """Bytes of the checksums of a segment, which come before its pages."""
        return -(-min(SEGMENT, self._size - number * SEGMENT) // PAGE) * SUM

    def _open(self, number: int, flags: int = 0) -> int | None:
        """The file of a segment, which stays open; None when there is none."""
        file = self._files.get(number)
        if file is not None and flags and not os.fstat(file).st_nlink:  # deleted; what is put into it is lost
            self._files[-1 - file] = self._files.pop(number, file)  # closed at the end: another thread may read it
            file = None
        if file is not None:
            return file
        path = self._folder.path("pages", f"{self._hash}-{number}")
        try:
            file = os.open(path, _FLAGS | flags, 0o600)
        except FileNotFoundError:
            if not flags:
                return None
            os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
            file = os.open(path, _FLAGS | flags, 0o600)
        except OSError:
            if flags:
                raise
            return None
        note_use(file)
        with self._lock:
            kept = self._files.setdefault(number, file)
        if kept != file:
            os.close(file)
        return kept


def _segments(start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Number of each segment that a range touches, and the part of it, within the segment."""
    while start < end:
        number, at = divmod(start, SEGMENT)
        stop = min(end - number * SEGMENT, SEGMENT)
        yield number, at, stop
        start = number * SEGMENT + stop


def _write(file: int, data: memoryview, at: int) -> None:
    while data:
        count = os.pwrite(file, data, at)
        data, at = data[count:], at + count


def _close_all(files: dict[int, int]) -> None:
    for file in files.values():
        with contextlib.suppress(OSError):
            os.close(file)
