"""Tasks that outlive the request that started them: begun on one server, watched and stopped through any.

Each task has a row in the database from before its work begins.  The server that runs it says there about once a second
how far it is, and at the end what came out.  A row that says "running" while nobody does was left by a server that
died: whoever looks at it next settles what became of it.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

import msgspec

from jupyter_gradient_data.datasets import lease, versions
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import new_task_id
from jupyter_gradient_data.models import ErrorInfo, Page, ProgressEvent, TaskInfo, TaskState
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.stores.task_rows import TaskRows

from .tasks import Task

T = TypeVar("T")

_log = logging.getLogger(__name__)

COMMIT = "commit"  # the kind of task whose outcome can be seen even when its server died

_MOST = 64  # tasks of one server at once; each takes a few threads
_BEAT = 1.0  # seconds between two signs of life
_SILENCE = 30.0  # seconds without one after which a task of another machine counts as lost
_LOOK_EVERY = 0.5  # seconds between two looks at a task that another server runs
_DAY = 24 * 3600 * 1000  # milliseconds
_PRUNE_EVERY = 3600.0  # seconds
_LAST_TRIES = 3  # to write an outcome while the server is stopping


class _Running:
    """A task of this server."""

    def __init__(self, task: Task[Any], info: TaskInfo) -> None:
        self.task = task
        self.info = info
        self.was_asked_to_stop = False

    def stop(self) -> None:
        """Stop it because somebody asked for it, not because the server stops."""
        self.was_asked_to_stop = True
        self.task.cancel()


class TaskBoard:
    """All tasks of a team: those of this server, and those of others on the same database.

    Parameters
    ----------
    repository : Repository
        Where the rows are.
    silence : float
        Seconds without a sign of life after which a task of another machine counts as lost.

    Notes
    -----
    All methods may be called from any thread.  `get` with a ``wait`` blocks its thread for so long.
    """

    def __init__(self, repository: Repository, *, silence: float = _SILENCE) -> None:
        self._repository = repository
        self._rows = TaskRows(repository.database)
        self._silence = int(silence * 1000)
        self._owner = lease.new_owner()
        self._running: dict[str, _Running] = {}
        self._count = 0  # tasks begun and not ended, also those that are just being started
        self._changed = threading.Condition()  # guards the two above; notified with each change of a task
        self._closing = threading.Event()
        self._pruned = -_PRUNE_EVERY
        self._prune()
        for row in self._rows.running(repository.team):
            self._settled(row)

    def start(self, kind: str, subject: str, begin: Callable[[], Task[T]]) -> TaskInfo:
        """Begin a task.

        Parameters
        ----------
        kind, subject : str
            What it does and to what; see `TaskInfo`.
        begin : callable
            Begins the work; called when the task is on record.

        Raises
        ------
        TooMany
            This server runs as many as it can.
        GradientDataError
            Whatever ``begin`` raises; then there is no task.
        """
        self._prune()
        self._take_place()
        try:
            task_id = new_task_id()
            info = _to_info(self._rows.add(self._repository.team, task_id, kind, subject, self._owner))
            try:
                running = _Running(begin(), info)
            except BaseException:
                with suppress(GradientDataError):
                    self._rows.remove(task_id)
                raise
        except BaseException:
            self._give_place()
            raise
        with self._changed:
            self._running[task_id] = running
            if self._closing.is_set():
                running.task.cancel()
        threading.Thread(target=self._watch, args=(running,), name="gradient-task-watch", daemon=True).start()
        return info

    def get(self, task_id: str, wait: float = 0.0, seen: TaskInfo | None = None) -> TaskInfo:
        """A task as it is; with ``wait``, as soon as it differs from ``seen``, or when so many seconds are over.

        Raises
        ------
        NotFound
            There is no such task, or it ended long ago.
        """
        deadline = time.monotonic() + wait
        while True:
            info = self._look(task_id)
            left = deadline - time.monotonic()
            if info != seen or info.state is not TaskState.RUNNING or left <= 0:
                return info
            if not self._await_change(info, left):
                return info

    def page(self, limit: int = 100, after: str | None = None) -> Page[TaskInfo]:
        """Tasks, newest first."""
        rows = self._rows.page(self._repository.team, limit + 1, _position(after))
        with self._changed:
            running = {task_id: entry.info for task_id, entry in self._running.items()}
        items = tuple(running.get(row.id) or self._settled(row) for row in rows[:limit])
        more = len(rows) > limit
        return Page(items, f"{rows[limit - 1].created}-{rows[limit - 1].id}" if more else None)

    def running(self) -> tuple[TaskInfo, ...]:
        """The tasks that this server runs now, as they are; asks no database."""
        with self._changed:
            return tuple(entry.info for entry in self._running.values())

    def cancel(self, task_id: str) -> TaskInfo:
        """Ask a task to stop at the next safe point; that of another server hears of it about a second later."""
        with self._changed:
            own = self._running.get(task_id)
        if own is not None:
            own.stop()
        else:
            self._rows.ask_to_stop(self._repository.team, task_id)
        return self.get(task_id)

    def close(self) -> None:
        """Stop what this server runs, and put on record what became of it."""
        self._closing.set()
        with self._changed:
            for running in self._running.values():
                running.task.cancel()
            self._changed.wait_for(lambda: self._count == 0)

    # --- tasks of this server ---------------------------------------------------------------------------------------

    def _take_place(self) -> None:
        with self._changed:
            if self._closing.is_set():
                raise ErrorKind.CANCELLED()
            if self._count >= _MOST:
                raise ErrorKind.TOO_MANY_REQUESTS(seconds=10)
            self._count += 1

    def _give_place(self) -> None:
        with self._changed:
            self._count -= 1
            self._changed.notify_all()

    def _watch(self, running: _Running) -> None:
        try:
            with lease.Heartbeat(lambda: self._beat(running), _BEAT):
                for event in running.task:
                    self._show(running, event)
            self._record(running)
        finally:
            with self._changed:
                del self._running[running.info.id]
            self._give_place()

    def _show(self, running: _Running, event: ProgressEvent) -> None:
        with self._changed:
            running.info = replace(running.info, progress=event)
            self._changed.notify_all()

    def _beat(self, running: _Running) -> None:
        if self._rows.beat(running.info.id, msgspec.to_builtins(running.info.progress)):
            running.stop()

    def _record(self, running: _Running) -> None:
        """Write what became of a task; a success shows as running until that is on record, however long it takes.

        A failure is told at once: a full disk may be why the work failed and why that cannot be written, and whoever
        waits for the task has to know.
        """
        state, result, error = self._outcome(running)
        progress = msgspec.to_builtins(running.info.progress)
        tries = 0
        while True:
            try:
                self._rows.finish(running.info.id, state, progress, result, msgspec.to_builtins(error))
            except GradientDataError as failure:
                tries += 1
                if state is not TaskState.SUCCEEDED:
                    self._tell_end(running, state, error)
                if self._closing.is_set() and tries >= _LAST_TRIES:
                    _log.warning("What became of task %s (%s) is not on record: %s", running.info.id, state, failure)
                    return
                self._closing.wait(_BEAT)
            else:
                return

    def _tell_end(self, running: _Running, state: TaskState, error: ErrorInfo | None) -> None:
        with self._changed:
            if running.info.state is TaskState.RUNNING:
                running.info = replace(running.info, state=state, error=error, finished=as_time(now()))
                self._changed.notify_all()

    def _outcome(self, running: _Running) -> tuple[TaskState, Any, ErrorInfo | None]:
        try:
            return TaskState.SUCCEEDED, msgspec.to_builtins(running.task.result()), None
        except GradientDataError as error:
            if error.kind is not ErrorKind.CANCELLED:
                return TaskState.FAILED, None, _to_error(error)
            if running.was_asked_to_stop:
                return TaskState.CANCELLED, None, None
            return TaskState.FAILED, None, _lost(running.info.subject)
        except BaseException as error:
            incident = secrets.token_hex(4)
            _log.error("incident %s: task %s (%s)", incident, running.info.id, running.info.kind, exc_info=error)
            return TaskState.FAILED, None, _to_error(ErrorKind.INTERNAL(incident=incident))

    # --- all tasks ----------------------------------------------------------------------------------------------------

    def _look(self, task_id: str) -> TaskInfo:
        with self._changed:
            own = self._running.get(task_id)
        if own is not None:
            return own.info
        row = self._rows.find(self._repository.team, task_id)
        if row is None:
            raise ErrorKind.TASK_NOT_FOUND(task=task_id, days=self._repository.config.task_days)
        return self._settled(row)

    def _await_change(self, info: TaskInfo, seconds: float) -> bool:
        """Wait until it may be worth another look; returns whether it is."""
        with self._changed:
            if info.id in self._running:
                self._changed.wait_for(lambda: self._has_changed(info), seconds)
                return True
        return not self._closing.wait(min(seconds, _LOOK_EVERY))

    def _has_changed(self, info: TaskInfo) -> bool:
        own = self._running.get(info.id)
        return own is None or own.info != info

    def _settled(self, row: Any) -> TaskInfo:
        """What a row says; of a task that died with its server, what became of it, which is then on record."""
        info = _to_info(row)
        if info.state is not TaskState.RUNNING or not self._is_lost(row):
            return info
        result = self._committed_after_all(info)
        if result is not None:
            self._rows.settle(row, TaskState.SUCCEEDED, result, None)
        else:
            self._rows.settle(row, TaskState.FAILED, None, msgspec.to_builtins(_lost(info.subject)))
        current = self._rows.find(self._repository.team, row.id)
        return _to_info(current) if current is not None else info

    def _is_lost(self, row: Any) -> bool:
        is_silent = row.beat < now() - self._silence
        return row.owner != self._owner and (is_silent or lease.is_gone(row.owner))

    def _committed_after_all(self, info: TaskInfo) -> Any:
        """The version that a lost task was to commit, when it did; or None."""
        if info.kind != COMMIT:
            return None
        try:
            version = versions.get(self._repository, info.subject)
        except GradientDataError:  # it is gone
            return None
        return msgspec.to_builtins(version) if version.is_committed else None

    def _prune(self) -> None:
        with self._changed:
            if time.monotonic() - self._pruned < _PRUNE_EVERY:
                return
            self._pruned = time.monotonic()
        self._rows.forget(self._repository.team, now() - self._repository.config.task_days * _DAY)


def _to_info(row: Any) -> TaskInfo:
    return TaskInfo(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        state=TaskState(row.state),
        progress=msgspec.convert(row.progress, ProgressEvent | None),
        result=row.result,
        error=msgspec.convert(row.error, ErrorInfo | None),
        created=as_time(row.created),
        finished=None if row.finished is None else as_time(row.finished),
    )


def _to_error(error: GradientDataError) -> ErrorInfo:
    return ErrorInfo(error.kind.code, error.message, error.hint)


def _lost(subject: str) -> ErrorInfo:
    return _to_error(ErrorKind.TASK_LOST(subject=subject or "what it works on"))


def _position(token: str | None) -> tuple[int, str] | None:
    if token is None:
        return None
    created, dash, task_id = token.partition("-")
    if not (dash and created.isascii() and created.isdigit() and len(created) < 16):
        raise ErrorKind.INVALID_OPTION(
            option="after", value=token, reason="it is not a token of this list", hint="Begin with the first page."
        )
    return int(created), task_id
