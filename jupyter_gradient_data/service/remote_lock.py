"""The notebook lock on a server, over HTTP; what methods do is said in `api_lock.LockApi`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from jupyter_gradient_data.models import LockCheck, LockEntry, LockReport, TaskInfo

from .lock_entries import checked_entries
from .remote_calls import RemoteCalls
from .remote_http import Repeat
from .tasks import Task


class RemoteLock(RemoteCalls):
    """The part of `RemoteService` that is `LockApi`."""

    def check_lock(self, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
        return self._ask("POST", "/api/check-lock", tuple[LockCheck, ...], body=_body(entries), repeat=Repeat.YES)

    def restore_lock(self, entries: Sequence[LockEntry]) -> Task[tuple[LockCheck, ...]]:
        body = _body(entries)

        def begin() -> TaskInfo:
            return self._ask("POST", "/api/restore-lock", TaskInfo, body=body, repeat=Repeat.WITH_KEY)

        return self._follow(begin, tuple[LockCheck, ...])

    def verify_lock(self, entries: Sequence[LockEntry]) -> Task[LockReport]:
        body = _body(entries)

        def begin() -> TaskInfo:
            return self._ask("POST", "/api/verify-lock", TaskInfo, body=body, repeat=Repeat.WITH_KEY)

        return self._follow(begin, LockReport)


def _body(entries: Sequence[LockEntry]) -> dict[str, object]:
    return {"entries": msgspec.to_builtins(checked_entries(entries))}
