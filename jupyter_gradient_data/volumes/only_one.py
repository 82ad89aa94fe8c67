"""A lock between processes and threads of one machine that ends with its process and leaves no file behind."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError


@contextlib.contextmanager
def only_one(path: Path, busy: GradientDataError) -> Iterator[None]:
    """Be the only one who has the lock file at ``path``; raises ``busy`` when somebody else has it."""
    descriptor = _take(path, busy)
    try:
        yield
    finally:
        with contextlib.suppress(OSError):
            path.unlink()  # with the lock: who waits for this file sees that it is not at its path any more
        os.close(descriptor)


def _take(path: Path, busy: GradientDataError) -> int:
    while True:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise busy from None
        except OSError:  # a file system without locks
            return descriptor
        with contextlib.suppress(FileNotFoundError):
            if os.path.samestat(os.fstat(descriptor), os.stat(path)):
                return descriptor
        os.close(descriptor)
