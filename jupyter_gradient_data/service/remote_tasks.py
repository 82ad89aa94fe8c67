"""Following long work on a server from a task of this process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import TaskInfo, TaskState
from jupyter_gradient_data.progress import Progress

from .remote_http import Connection, Repeat, join

T = TypeVar("T")

_WAIT = 1.0  # seconds that the server waits for news; also how soon it hears of a cancellation


def follow(connection: Connection, begin: Callable[[], TaskInfo], result: Any, progress: Progress) -> Any:
    """Begin a task on the server, report what it reports, and return what it returns.

    Parameters
    ----------
    connection : Connection
        To the server.
    begin : callable
        Sends the request that begins it.
    result : type
        What its result must be.
    progress : Progress
        Told what the server says; when it is cancelled, so is the task there.

    Raises
    ------
    Cancelled
        It was stopped, from here or from elsewhere.
    GradientDataError
        Why it failed.
    """
    progress.check()
    info = begin()
    path = "/api/tasks" + join(info.id)
    has_asked = False
    while True:
        if info.progress is not None:
            progress.relay(info.progress)
        if info.state is not TaskState.RUNNING:
            return _outcome(connection, info, result)
        if progress.is_cancelled and not has_asked:
            info, has_asked = connection.ask("DELETE", path, TaskInfo, repeat=Repeat.YES), True
        else:
            info = connection.ask("GET", path, TaskInfo, query={"wait": _WAIT})


def _outcome(connection: Connection, info: TaskInfo, result: Any) -> Any:
    if info.state is TaskState.CANCELLED:
        raise ErrorKind.CANCELLED()
    if info.error is not None:
        raise connection.error_of(info.error)
    try:
        return msgspec.convert(info.result, result)
    except msgspec.ValidationError:
        raise connection.failed("what a task returned cannot be understood; is it of another version?") from None
