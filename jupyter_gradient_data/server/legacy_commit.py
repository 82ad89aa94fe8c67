"""A commit that is answered when it is done, as the retired service did it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from jupyter_gradient_data.models import TaskInfo, TaskState, Version

if TYPE_CHECKING:
    from jupyter_gradient_data.service.tasks import Task

    from .base import Handler

_FIRST_PAUSE, _LONGEST_PAUSE = 0.01, 0.5  # seconds between two looks


async def commit(handler: Handler, reference: str) -> Version:
    """Commit a version as a task that everybody sees; waiting for it holds no thread.

    Raises
    ------
    GradientDataError
        Why it could not be committed.
    """
    service, tasks = handler.service, handler.host.tasks
    begun: list[Task[Version]] = []

    def begin() -> Task[Version]:
        begun.append(service.commit_version(reference))
        return begun[0]

    info: TaskInfo = await handler.call(tasks.start, "commit", reference, begin)
    pause = _FIRST_PAUSE
    while info.state is TaskState.RUNNING:
        await asyncio.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
        info = await handler.call(tasks.get, info.id)
    return await handler.call(begun[0].result)
