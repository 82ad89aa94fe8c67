"""A private copy of a version's folder: by sharing blocks where the file system can, never by hard links."""

from __future__ import annotations

import os
import stat
import time
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.blobs.local_copy import copy_bytes
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .ledger import Known

_AGE_NS = 10_000_000_000  # how long ago copies are said to be written


def copy_tree(tree: Path, target: Path, progress: Progress) -> Iterator[tuple[bytes, Known]]:
    """Copy all files and folders so that their owner can write them; yields each file's path and how it looks.

    Times of copies lie in the past, so that the first write changes them; and no two are equal, so that what is copied
    over another file with its time (``cp -p``) is seen.
    """
    progress.start(Phase.LINKING)
    moment = time.time_ns() - _AGE_NS
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
            status = _copy(entry.path, local, moment)
            progress.advance(files=1, bytes=status.st_size)
            executable = status.st_mode & stat.S_IXUSR != 0
            yield path, Known(status.st_size, status.st_mtime_ns, status.st_ino, executable, None)
    progress.finish()


def _copy(source: str, target: str, mtime_ns: int) -> os.stat_result:
    flags = os.O_CLOEXEC | os.O_NOFOLLOW
    reader = os.open(source, os.O_RDONLY | flags)
    try:
        executable = os.fstat(reader).st_mode & stat.S_IXUSR
        writer = os.open(target, os.O_RDWR | os.O_CREAT | os.O_EXCL | flags, 0o755 if executable else 0o644)
        try:
            copy_bytes(reader, writer)
            os.utime(writer, ns=(mtime_ns, mtime_ns))
            return os.fstat(writer)
        finally:
            os.close(writer)
    finally:
        os.close(reader)
