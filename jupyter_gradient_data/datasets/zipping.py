"""A ZIP file as a stream of bytes, made while it is read; as APPNOTE 6.3.10 of PKWARE has it.

The standard library's ``zipfile`` keeps an object per file for the directory at the end, half a gigabyte for a million
files, and gives every file of a stream its size only after its bytes, so that a reader that streams as well cannot
find the end of a stored one.  Here the directory waits in a temporary file once it is large, and what is in memory is
written with its size before it.
"""

from __future__ import annotations

import tempfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from struct import pack
from typing import NamedTuple

_STORED, _DEFLATED = 0, 8
_UTF8, _SIZES_FOLLOW = 0x800, 0x8  # flags: the name is UTF-8; checksum and sizes come after the data
_VERSION = 45  # of the specification that is needed: the one with ZIP64
_UNIX = 3 << 8  # who made it, which says what the attributes mean
_FILE, _PROGRAM = 0o100644, 0o100755
_16, _32 = 0xFFFF, 0xFFFFFFFF  # mean that the true number is in the ZIP64 part
_LEVEL = 1  # of compression: five times as fast as the usual one, and nearly as small
_DIRECTORY = 4 * 1024 * 1024  # bytes of the directory kept in memory
_PIECE = 1024 * 1024


class _Member(NamedTuple):
    """What is said of one file, before its bytes and in the directory."""

    name: bytes
    method: int
    flags: int
    mode: int
    checksum: int = 0
    stored: int = 0  # bytes it takes
    size: int = 0


class ZipStream:
    """Writes one ZIP file: `add` and `stream` files, then `end`; each gives the bytes to send.

    Parameters
    ----------
    time : datetime
        The time that all files get.
    """

    def __init__(self, time: datetime) -> None:
        date = (max(time.year, 1980) - 1980) << 9 | time.month << 5 | time.day
        self._time = pack("<HH", time.hour << 11 | time.minute << 5 | time.second // 2, date)
        self._directory = tempfile.SpooledTemporaryFile(_DIRECTORY)  # noqa: SIM115 - open as long as the stream is
        self._files = 0
        self._offset = 0

    def add(self, name: bytes, content: bytes, *, executable: bool, compress: bool) -> bytes:
        """A whole file; compressed only when that makes it smaller."""
        method, stored = _STORED, content
        if compress and len(deflated := _deflate(content)) < len(content):
            method, stored = _DEFLATED, deflated
        mode = _PROGRAM if executable else _FILE
        member = _Member(name, method, _UTF8, mode, zlib.crc32(content), len(stored), len(content))
        data = self._head(member) + stored
        self._note(member, len(data))
        return data

    def stream(self, name: bytes, chunks: Iterable[bytes], size: int, *, executable: bool) -> Iterator[bytes]:
        """A file of ``size`` bytes that need not fit in memory.

        Its bytes are in deflate's frame, which marks its end, but not compressed: what is large rarely gets smaller,
        and compressing would be slower than most networks.
        """
        is_long = size + size // 500 >= _32  # the frame takes a five-hundredth at most
        member = _Member(name, _DEFLATED, _UTF8 | _SIZES_FOLLOW, _PROGRAM if executable else _FILE)
        head = self._head(member._replace(stored=_32, size=_32) if is_long else member)
        yield head
        frame, checksum, stored, read = zlib.compressobj(0, zlib.DEFLATED, -zlib.MAX_WBITS), 0, 0, 0
        for piece in _pieces(chunks):
            checksum, read = zlib.crc32(piece, checksum), read + len(piece)
            if data := frame.compress(piece):
                stored += len(data)
                yield data
        if read != size:
            raise ValueError(f"{size} bytes were announced and {read} came")
        rest = frame.flush()
        member = member._replace(checksum=checksum, stored=stored + len(rest), size=size)
        rest += pack("<4sLQQ" if is_long else "<4sLLL", b"PK\7\10", checksum, member.stored, size)
        self._note(member, len(head) + stored + len(rest))
        yield rest

    def end(self) -> Iterator[bytes]:
        """The directory; without it a reader refuses the file."""
        size = self._directory.tell()
        self._directory.seek(0)
        while piece := self._directory.read(_PIECE):
            yield piece
        yield self._end_of_directory(size)

    def close(self) -> None:
        """Forget the directory."""
        self._directory.close()

    def _head(self, member: _Member) -> bytes:
        """What comes before a file's bytes."""
        name, method, flags, _, checksum, stored, size = member
        extra = pack("<HHQQ", 1, 16, 0, 0) if size == _32 else b""
        head = pack("<4sHHH", b"PK\3\4", _VERSION, flags, method) + self._time
        return head + pack("<LLLHH", checksum, stored, size, len(name), len(extra)) + name + extra

    def _note(self, member: _Member, length: int) -> None:
        """Write a file's line of the directory; all of it takes ``length`` bytes from the present offset on."""
        name, method, flags, mode, checksum, stored, size = member
        large = [number for number in (size, stored, self._offset) if number >= _32]
        extra = pack(f"<HH{len(large)}Q", 1, 8 * len(large), *large) if large else b""
        line = pack("<4sHHHH", b"PK\1\2", _UNIX | _VERSION, _VERSION, flags, method) + self._time
        line += pack("<LLL", checksum, min(stored, _32), min(size, _32))
        line += pack("<HHHHHLL", len(name), len(extra), 0, 0, 0, mode << 16, min(self._offset, _32))
        self._directory.write(line + name + extra)
        self._files += 1
        self._offset += length

    def _end_of_directory(self, size: int) -> bytes:
        files, offset = self._files, self._offset
        end = b""
        if files >= _16 or size >= _32 or offset >= _32:
            numbers = pack("<HHLLQQQQ", _UNIX | _VERSION, _VERSION, 0, 0, files, files, size, offset)
            end += pack("<4sQ", b"PK\6\6", len(numbers)) + numbers
            end += pack("<4sLQL", b"PK\6\7", 0, offset + size, 1)
        files = min(files, _16)
        return end + pack("<4sHHHHLLH", b"PK\5\6", 0, 0, files, files, min(size, _32), min(offset, _32), 0)


def _deflate(content: bytes) -> bytes:
    frame = zlib.compressobj(_LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    return frame.compress(content) + frame.flush()


def _pieces(chunks: Iterable[bytes]) -> Iterator[memoryview]:
    for chunk in chunks:
        view = memoryview(chunk)
        yield from (view[at : at + _PIECE] for at in range(0, len(view), _PIECE))
