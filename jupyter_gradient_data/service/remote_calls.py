"""What every part of the service of a server uses: asking, lists by pages, and following long work."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar
from weakref import WeakSet

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import Page, TaskInfo
from jupyter_gradient_data.progress import Progress

from .paging import checked_limit
from .remote_http import Connection, Repeat
from .remote_tasks import follow
from .tasks import Task

T = TypeVar("T")

_PAGE = 1000  # rows of a page that the server gives, at most; of some lists more


class RemoteCalls:
    """A server, and the tasks that were begun on it.

    Parameters
    ----------
    config : Config
        With the ``url`` of the server, and the ``token`` it asks for.

    Raises
    ------
    Invalid
        The URL cannot be one; the server is asked for nothing yet.
    """

    def __init__(self, config: Config) -> None:
        self._config = config
        self._connection = Connection(config.url or "", config.token, 2 * config.transfers, config.certificate)
        self._tasks: WeakSet[Task[Any]] = WeakSet()

    def _ask(self, method: str, path: str, answer: type[T], **options: Any) -> T:
        return self._connection.ask(method, path, answer, **options)

    def _page(
        self, url: str, kind: type[Page[T]], limit: int, after: str | None, *, most: int = _PAGE, **query: Any
    ) -> Page[T]:
        query = {**query, "limit": min(checked_limit(limit), most), "after": after}
        return self._ask("GET", url, kind, query=query)

    def _change(self, path: str, kind: type[T], unchanged_since: datetime | None, **changes: Any) -> T:
        """Change what is not None; what sets the same twice may be sent twice."""
        headers, repeat = {}, Repeat.YES
        if unchanged_since is not None:
            headers, repeat = {"If-Match": f'"{round(unchanged_since.timestamp() * 1000):x}"'}, Repeat.NO
        given = {name: value for name, value in changes.items() if value is not None}
        return self._ask("PATCH", path, kind, body=given, headers=headers, repeat=repeat)

    def _follow(self, begin: Callable[[], TaskInfo], result: Any) -> Task[Any]:
        return self._task(lambda progress: follow(self._connection, begin, result, progress))

    def _task(self, work: Callable[[Progress], T]) -> Task[T]:
        task = Task(work)
        self._tasks.add(task)
        return task
