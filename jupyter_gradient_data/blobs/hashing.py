"""BLAKE3, and reading local files so that a hash is never that of a file in motion.

A file counts as unchanged while its size, modification time and inode are those that the scan saw; they are compared
on the open file before the first byte is read and after the last.  Memory maps are not used: a file that is cut short
while it is mapped kills the process (SIGBUS), and the whole file counts as our memory.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Iterator
from pathlib import Path

from blake3 import blake3

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

HASH_SIZE = 32
"""Bytes of a hash."""

Hasher = blake3
"""Incremental hashing: ``update(data)``, then ``digest()``; ``Hasher(max_threads=Hasher.AUTO)`` uses all cores."""

_HASH_CHUNK = 2 << 20  # measured best of 256 KiB to 8 MiB: enough for all cores, and little enough for their caches
_OPEN_FLAGS = os.O_RDONLY | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


def hash_bytes(data: bytes | bytearray | memoryview) -> bytes:
    """The hash of a byte string.

    Returns
    -------
    bytes
        `HASH_SIZE` bytes.
    """
    return blake3(data).digest()


def read_file_checked(local: str, size: int, mtime_ns: int, inode: int) -> bytes:
    """Read a small file whole.

    Parameters
    ----------
    local : str
        Where it is.
    size, mtime_ns, inode : int
        What the scan saw: bytes, nanoseconds, number (0 where the file system has none).

    Returns
    -------
    bytes
        Exactly ``size`` bytes.

    Raises
    ------
    Conflict
        ``SOURCE_CHANGED``: it is not, or no longer, what the scan saw.
    Invalid
        ``SOURCE_NOT_FOUND``: it vanished; ``SOURCE_UNREADABLE``: permissions or the disk do not let it be read.
    """
    # Four system calls for almost every file.  To look after the last byte is enough: a write moves the time.
    try:
        descriptor = os.open(local, _OPEN_FLAGS)
        try:
            data = os.read(descriptor, size + 1)  # one byte more than it should have: growth shows
            if len(data) < size:  # cut short, a network file system, or more than the 2 GiB one call can read
                while len(data) <= size and (more := os.read(descriptor, size + 1 - len(data))):
                    data += more
            status = os.fstat(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unreadable(local, error) from error
    if len(data) != size or _has_changed(status, size, mtime_ns, inode):
        raise ErrorKind.SOURCE_CHANGED(path=show_local(local))
    return data


def stream_file_checked(
    local: str, size: int, mtime_ns: int, inode: int, chunk_size: int = 8 << 20, start: int = 0
) -> Iterator[bytes]:
    """The bytes of a large file in pieces of ``chunk_size``; parameters and errors are those of `read_file_checked`.

    The last comparison comes after the last piece: only who has taken all pieces without an error has the file, or with
    ``start`` what follows so many bytes.
    """
    try:
        descriptor = os.open(local, _OPEN_FLAGS)
        try:
            changed = _has_changed(os.fstat(descriptor), size, mtime_ns, inode)
            left = 0 if changed else size - start
            if start and left:
                os.lseek(descriptor, start, os.SEEK_SET)
            while left and (data := os.read(descriptor, min(left, chunk_size))):
                left -= len(data)
                yield data
            changed = changed or left > 0 or _has_changed(os.fstat(descriptor), size, mtime_ns, inode)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise unreadable(local, error) from error
    if changed:
        raise ErrorKind.SOURCE_CHANGED(path=show_local(local))


def hash_file(
    local: str, size: int, mtime_ns: int, inode: int, advance: Callable[[int], object] | None = None
) -> bytes:
    """Hash a large file, on all cores and in a few MiB of memory; errors are those of `read_file_checked`.

    Parameters
    ----------
    local : str
        Where it is.
    size, mtime_ns, inode : int
        What the scan saw: bytes, nanoseconds, number.
    advance : callable, optional
        Called with the number of bytes of each piece that was hashed; may raise to stop.

    Returns
    -------
    bytes
        `HASH_SIZE` bytes.
    """
    hasher = blake3(max_threads=blake3.AUTO)
    for piece in stream_file_checked(local, size, mtime_ns, inode, _HASH_CHUNK):
        hasher.update(piece)
        if advance is not None:
            advance(len(piece))
    return hasher.digest()


def show_local(path: str) -> str:
    """A local path for a sentence: as it is when it can be printed, else with escapes."""
    return path if path and path.isprintable() else repr(path)


def unreadable(local: str, error: OSError) -> GradientDataError:
    """The error to raise when the operating system does not let a source be read."""
    path = show_local(local)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return ErrorKind.SOURCE_NOT_FOUND(path=path)
    if isinstance(error, IsADirectoryError):  # the scan saw a file
        return ErrorKind.SOURCE_CHANGED(path=path)
    reason = error.strerror or str(error)
    return ErrorKind.SOURCE_UNREADABLE(path=path, reason=reason[:1].lower() + reason[1:])


def unwritable(path: Path, error: OSError) -> GradientDataError:
    """The error to raise when the operating system does not let something be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=path)
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ErrorKind.TARGET_UNWRITABLE(path=path, reason=reason.lower())


def _has_changed(status: os.stat_result, size: int, mtime_ns: int, inode: int) -> bool:
    return status.st_size != size or status.st_mtime_ns != mtime_ns or (inode != 0 and status.st_ino != inode)
