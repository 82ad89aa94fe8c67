"""The notebook lock: whether the data that a notebook used is here, bringing it back, proving it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from jupyter_gradient_data.models import LockCheck, LockEntry, TaskInfo
from jupyter_gradient_data.service.lock_entries import MOST_ENTRIES

from .base import Handler
from .mounts import shown
from .operations import operation
from .tasks import LOCATION, answer_started


class Lock(msgspec.Struct, forbid_unknown_fields=True):
    """What a notebook or script remembers of the data that it used."""

    entries: Annotated[list[LockEntry], msgspec.Meta(max_length=MOST_ENTRIES)]


class CheckLockHandler(Handler):
    """The lock compared with what is here."""

    @operation(resource="mounts", action="read", body=Lock, answer=tuple[LockCheck, ...])
    async def post(self, body: Lock) -> tuple[LockCheck, ...]:
        """Say of each entry whether its data is here and mounted where it was, and what is newer; changes nothing."""
        return await self.call(self.service.check_lock, body.entries)


class RestoreLockHandler(Handler):
    """Bringing back the data of a lock."""

    @operation(resource="mounts", body=Lock, answer=TaskInfo, status=202, response_headers=LOCATION, is_idempotent=True)
    async def post(self, body: Lock) -> TaskInfo:
        """Begin to bring back exactly this data; the task's result says what became of each entry.

        What is not known here is looked for at the storage providers; what was mounted is mounted again, also in
        kernels that run already. An entry that cannot be restored says why, as its `error`.
        """
        service, host = self.service, self.host

        def start() -> TaskInfo:
            return host.tasks.start(
                "restore-lock", host.notebook, lambda: shown(host, service.restore_lock(body.entries))
            )

        return answer_started(self, await self.call(start))


class VerifyLockHandler(Handler):
    """Proving the data of a lock."""

    @operation(
        resource="datasets",
        action="read",
        body=Lock,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, body: Lock) -> TaskInfo:
        """Begin to prove that the data is that of the lock; the task's result is a report.

        Roots are compared, and every byte is read and hashed: at the storage provider and, where it is mounted, on
        the disk of this machine.
        """
        service, tasks = self.service, self.host.tasks
        subject = ",".join(dict.fromkeys(f"{entry.dataset}:{entry.version}" for entry in body.entries))

        def start() -> TaskInfo:
            return tasks.start("verify-lock", subject, lambda: service.verify_lock(body.entries))

        return answer_started(self, await self.call(start))


ROUTES = [
    ("/api/check-lock", CheckLockHandler),
    ("/api/restore-lock", RestoreLockHandler),
    ("/api/verify-lock", VerifyLockHandler),
]
