"""The notebook lock, as part of `api.DataService`: which data a notebook used, checked, brought back and proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from jupyter_gradient_data.models import LockCheck, LockEntry, LockReport

from .tasks import Task


class LockApi(Protocol):
    """What a lock lists is kept by whoever has the notebook; here it is compared with the data."""

    def check_lock(self, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
        """Whether what a lock names is here, in its order, and what is newer; changes nothing."""
        ...

    def restore_lock(self, entries: Sequence[LockEntry]) -> Task[tuple[LockCheck, ...]]:
        """Bring back exactly this data: known again where a provider has it, and mounted where it was.

        A version that is mounted at a path of the lock in another version is replaced.  An entry that cannot be
        restored says why, as its `error`, and does not stop the others.
        """
        ...

    def verify_lock(self, entries: Sequence[LockEntry]) -> Task[LockReport]:
        """Prove that the data is that of the lock: roots are compared, every byte is read and hashed."""
        ...
