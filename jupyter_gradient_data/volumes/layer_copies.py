"""A private copy of a version's folder: by sharing blocks where the file system can, never by hard links."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .layer_ledger import Known

_CLONE = 0x40049409  # FICLONE: the copy has the same blocks until one of the two is written
_PIECE = 64 << 20  # bytes copied by one call
_UNABLE = frozenset({errno.ENOTTY, errno.ENOTSUP, errno.EXDEV, errno.EINVAL, errno.ENOSYS, errno.EPERM})
_AGE_NS = 10_000_000_000  # how long ago copies are said to be written


def copy_tree(tree: Path, target: Path, progress: Progress) -> Iterator[tuple[bytes, Known]]:
    """Copy all files and folders so that their owner can write them; yields each file's path and how it looks.

    Times of copies lie in the past, so that the first write changes them; and no two are equal, so that what is copied
    over another file with its time (``cp -p``) is seen.
    """
    progress.start(Phase.LINKING)
    moment = time.time_ns() - _AGE_NS
    way = _Way()
    target.mkdir(mode=0o755)
    waiting = [(str(tree), str(target), b"")]
    while waiting:
        source, copy, prefix = waiting.pop()
        for entry in os.scandir(source):
            local = os.path.join(copy, entry.name)
            path = prefix + os.fsencode(entry.name)
            if entry.is_dir(follow_symlinks=False):
                os.mkdir(local, 0o755)
                waiting.append((entry.path, local, path + b"/"))
                continue
            moment += 1
            status = way.copy(entry.path, local, moment)
            progress.advance(files=1, bytes=status.st_size)
            executable = status.st_mode & stat.S_IXUSR != 0
            yield path, Known(status.st_size, status.st_mtime_ns, status.st_ino, executable, None)
    progress.finish()


class _Way:
    """The best way to copy that has not failed yet."""

    def __init__(self) -> None:
        self._ways = [_clone, _copy_in_kernel]

    def copy(self, source: str, target: str, mtime_ns: int) -> os.stat_result:
        flags = os.O_CLOEXEC | os.O_NOFOLLOW
        reader = os.open(source, os.O_RDONLY | flags)
        try:
            executable = os.fstat(reader).st_mode & stat.S_IXUSR
            writer = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o755 if executable else 0o644)
            try:
                self._fill(reader, writer)
                os.utime(writer, ns=(mtime_ns, mtime_ns))
                return os.fstat(writer)
            finally:
                os.close(writer)
        finally:
            os.close(reader)

    def _fill(self, reader: int, writer: int) -> None:
        while self._ways:
            try:
                return self._ways[0](reader, writer)
            except OSError as error:
                if error.errno not in _UNABLE:
                    raise
                del self._ways[0]
        with open(reader, "rb", closefd=False) as source, open(writer, "wb", closefd=False) as target:
            shutil.copyfileobj(source, target, _PIECE >> 6)
        return None


def _clone(reader: int, writer: int) -> None:
    fcntl.ioctl(writer, _CLONE, reader)


def _copy_in_kernel(reader: int, writer: int) -> None:
    offset = 0
    while copied := os.copy_file_range(reader, writer, _PIECE, offset, offset):
        offset += copied
