"""Who uses a notebook run: whoever shows one to kernels holds a lock on it; one that nobody holds can be deleted."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind

_LOCK = "in-use"


class RunLock:
    """Says that a notebook run is in use, until it is released or the process ends.

    Parameters
    ----------
    folder : Path
        The run's folder of mounts.
    """

    def __init__(self, folder: Path) -> None:
        self._descriptor = _lock(folder, fcntl.LOCK_SH)

    def release(self) -> None:
        """Not in use any more, as far as the holder is concerned."""
        os.close(self._descriptor)


@contextlib.contextmanager
def unused(folder: Path) -> Iterator[None]:
    """Keep others from beginning to use a notebook run.

    Raises
    ------
    Conflict
        Somebody uses it.
    """
    try:
        descriptor = _lock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise ErrorKind.NOTEBOOK_IN_USE(notebook=folder.name) from None
    try:
        yield
    finally:
        os.close(descriptor)


def is_in_use(folder: Path) -> bool:
    """Whether somebody uses a notebook run."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def _lock(folder: Path, kind: int) -> int:
    """A lock on the file that is there once it is locked: another run may have got the name meanwhile."""
    while True:
        with contextlib.suppress(FileExistsError):  # not exist_ok, which looks again: it may be gone by then
            folder.mkdir(mode=0o700)
        with contextlib.suppress(FileNotFoundError):  # the folder has just been deleted
            descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            is_ours = False
            try:
                fcntl.flock(descriptor, kind)
                is_ours = os.path.samestat(os.fstat(descriptor), os.stat(folder / _LOCK))
            finally:
                if not is_ours:
                    os.close(descriptor)
            if is_ours:
                return descriptor
