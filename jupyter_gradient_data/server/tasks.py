"""Long work of the server: what runs, how far it is, what became of it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Page, TaskInfo, TaskState

from .base import Handler
from .operations import operation
from .queries import PageQuery

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ApiToken

LOCATION = {"Location": "Where to ask how far the task is."}
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 0.5  # seconds between two looks at a task that a client waits for


class TaskQuery(msgspec.Struct, forbid_unknown_fields=True):
    """How long to wait for news."""

    wait: Annotated[
        float, msgspec.Meta(ge=0, le=30, description="Seconds to wait for the task to change or to end.")
    ] = 0.0


def answer_started(handler: Handler, task: TaskInfo) -> TaskInfo:
    """The answer to a request that began a task: it says where to ask for it."""
    handler.set_header("Location", f"{handler.base_url}gradient/api/tasks/{task.id}")
    return task


def is_visible(token: ApiToken | None, subject: str) -> bool:
    """Whether an API token may know of work on ``<dataset id>[:<version>]``, or some, or on all (any other subject)."""
    if token is None or not token.datasets:
        return True
    return all(one.partition(":")[0] in token.datasets for one in subject.split(","))


class TasksHandler(Handler):
    """All tasks."""

    @operation(resource="tasks", query=PageQuery, answer=Page[TaskInfo])
    async def get(self, query: PageQuery) -> Page[TaskInfo]:
        """List tasks, newest first; a page may be short where a token does not allow to see all."""
        page = await self.call(self.host.tasks.page, query.limit, query.after)
        return Page(tuple(task for task in page.items if is_visible(self.api_token, task.subject)), page.next_token)


class TaskHandler(Handler):
    """One task."""

    @operation(resource="tasks", query=TaskQuery, answer=TaskInfo)
    async def get(self, task: str, query: TaskQuery) -> TaskInfo:
        """Show a task; with ``wait`` not before it has changed or ended, or that time is over.

        Waiting holds no thread: it looks now and then.
        """
        clock = asyncio.get_running_loop().time
        end = clock() + query.wait
        first = now = await self._look(task)
        pause = _FIRST_PAUSE
        while now == first and now.state is TaskState.RUNNING and (left := end - clock()) > 0:
            await asyncio.sleep(min(pause, left))
            pause = min(pause * 1.5, _LONGEST_PAUSE)
            now = await self._look(task)
        return now

    @operation(resource="tasks", answer=TaskInfo)
    async def delete(self, task: str) -> TaskInfo:
        """Ask a task to stop; what it had finished stays."""
        await self._look(task)
        return await self.call(self.host.tasks.cancel, task)

    async def _look(self, task: str) -> TaskInfo:
        info = await self.call(self.host.tasks.get, task)
        if not is_visible(self.api_token, info.subject):
            raise ErrorKind.NOT_ALLOWED(action="see", resource="this task")
        return info


ROUTES = [
    ("/api/tasks", TasksHandler),
    ("/api/tasks/{task}", TaskHandler),
]
