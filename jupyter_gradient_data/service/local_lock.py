"""The notebook lock, as `local.LocalService` has it; what methods do is said in `api_lock.LockApi`."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_gradient_data.models import LockCheck, LockEntry, LockReport
from jupyter_gradient_data.progress import Progress

from .local_mounts import LocalMounts
from .lock_entries import checked_entries
from .tasks import Task


class LocalLock(LocalMounts):
    """Check, restore and verify, over a `Repository`."""

    def check_lock(self, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
        from jupyter_gradient_data.volumes.locks.checking import check

        return check(self._repository, self._mounts, checked_entries(entries))

    def restore_lock(self, entries: Sequence[LockEntry]) -> Task[tuple[LockCheck, ...]]:
        from jupyter_gradient_data.volumes.locks.restoring import LockRestoring

        checked = checked_entries(entries)

        def restore(progress: Progress) -> tuple[LockCheck, ...]:
            return LockRestoring(self._repository, lambda: self._mounts, progress).run(checked)

        return self._task(restore)

    def verify_lock(self, entries: Sequence[LockEntry]) -> Task[LockReport]:
        from jupyter_gradient_data.volumes.locks.verifying import LockVerification

        checked = checked_entries(entries)
        return self._task(lambda progress: LockVerification(self._repository, self._mounts, progress).run(checked))
