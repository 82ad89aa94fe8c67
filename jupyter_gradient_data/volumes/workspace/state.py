"""What is known of a workspace between two updates, and the lock that makes them one after the other."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_gradient_data.models import ErrorInfo, WorkspaceState
from jupyter_gradient_data.progress import Progress

_LOOK_EVERY = 0.1  # seconds between two tries to get the lock


@dataclass
class Record:
    """What the last update left; it holds no secret.

    Parameters
    ----------
    url, ref, commit : str or None
        As of `models.Workspace`.
    error : ErrorInfo or None
        Why it failed.
    notes : list of str
        What it left as it was.
    modified : float
        When, in seconds since 1970; 0 for never.
    """

    url: str | None = None
    ref: str | None = None
    commit: str | None = None
    state: WorkspaceState = WorkspaceState.NONE
    error: ErrorInfo | None = None
    notes: list[str] = field(default_factory=list)
    modified: float = 0.0

    @classmethod
    def read(cls, path: Path) -> Record:
        """Of a file; an empty one when there is none, or nobody can read it."""
        import msgspec  # imported here: commands that do without are faster

        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (FileNotFoundError, msgspec.DecodeError, UnicodeDecodeError):
            return cls()

    def write(self, path: Path) -> None:
        """Into a file, for its owner only; whoever reads it sees all or nothing."""
        import msgspec

        self.modified = time.time()
        new = path.with_name(f"{path.name}.{os.getpid()}")
        values: Any = msgspec.to_builtins(self)
        with open(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(values, file, indent=2)
        os.replace(new, path)


@contextlib.contextmanager
def locked(path: Path, progress: Progress) -> Iterator[int]:
    """Hold the lock, waiting for whoever has it; yields its descriptor, which keeps it held while it is open anywhere.

    Raises
    ------
    Cancelled
        The work was stopped while it waited.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        while not _take(descriptor):
            progress.check()
            time.sleep(_LOOK_EVERY)
        yield descriptor
    finally:
        os.close(descriptor)


def is_locked(path: Path) -> bool:
    """Whether somebody holds the lock."""
    try:
        descriptor = os.open(path, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        return not _take(descriptor, fcntl.LOCK_SH)  # two who ask at once do not see each other
    finally:
        os.close(descriptor)


def _take(descriptor: int, how: int = fcntl.LOCK_EX) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
