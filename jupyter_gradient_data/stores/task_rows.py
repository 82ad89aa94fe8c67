"""Rows of tasks: what the server that runs a task says of it, for all servers on the database and for later."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, or_, select, update

from jupyter_gradient_data.models import Action, TaskState, Thing

from .database import Database, now
from .notices import note
from .schema import notices, tasks


class TaskRows:
    """The table of tasks.

    Parameters
    ----------
    database : Database
        The metadata database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, team: str, task_id: str, kind: str, subject: str, owner: str) -> Row[Any]:
        """Note that a task is about to begin."""
        when = now()
        row = {
            "id": task_id,
            "team_id": team,
            "kind": kind,
            "subject": subject,
            "state": TaskState.RUNNING.value,
            "owner": owner,
            "beat": when,
            "cancelled": False,
            "created": when,
        }
        with self._database.write() as connection:
            added = connection.execute(insert(tasks).returning(*tasks.c), row).one()
            note(connection, team, Thing.TASK, task_id, Action.CREATED)
        return added

    def remove(self, task_id: str) -> None:
        """Forget a task that did not begin after all."""
        with self._database.write() as connection:
            _delete(connection, tasks.c.id == task_id)

    def find(self, team: str, task_id: str) -> Row[Any] | None:
        """One task, or None."""
        query = select(tasks).where(tasks.c.team_id == team, tasks.c.id == task_id)
        with self._database.read() as connection:
            return connection.execute(query).first()

    def page(self, team: str, limit: int, after: tuple[int, str] | None) -> Sequence[Row[Any]]:
        """Tasks, newest first, after that with this time and id."""
        query = select(tasks).where(tasks.c.team_id == team)
        if after is not None:
            created, task_id = after
            older = or_(tasks.c.created < created, and_(tasks.c.created == created, tasks.c.id < task_id))
            query = query.where(tasks.c.created <= created, older)
        with self._database.read() as connection:
            return connection.execute(query.order_by(tasks.c.created.desc(), tasks.c.id.desc()).limit(limit)).all()

    def running(self, team: str) -> Sequence[Row[Any]]:
        """Tasks that are said to be running, whichever process runs them."""
        query = select(tasks).where(tasks.c.team_id == team, tasks.c.state == TaskState.RUNNING.value)
        with self._database.read() as connection:
            return connection.execute(query).all()

    def beat(self, task_id: str, progress: Any) -> bool:
        """Say that a task is running and how far it is; returns whether somebody asked it to stop."""
        # Whoever runs it knows best: a verdict of others, who heard nothing for too long, is taken back.
        values = {
            "state": TaskState.RUNNING.value,
            "progress": progress,
            "error": None,
            "finished": None,
            "beat": now(),
        }
        beaten = update(tasks).where(tasks.c.id == task_id).values(values).returning(tasks.c.cancelled)
        with self._database.write() as connection:
            return bool(connection.scalar(beaten))

    def finish(self, task_id: str, state: TaskState, progress: Any, result: Any, error: Any) -> None:
        """Say what became of a task; for whoever runs it."""
        self._end(tasks.c.id == task_id, state, progress=progress, result=result, error=error)

    def settle(self, row: Row[Any], state: TaskState, result: Any, error: Any) -> None:
        """Say what became of a task that nobody runs any more, unless it was heard of since ``row`` was read."""
        unheard = and_(tasks.c.id == row.id, tasks.c.state == TaskState.RUNNING.value, tasks.c.beat == row.beat)
        self._end(unheard, state, result=result, error=error)

    def ask_to_stop(self, team: str, task_id: str) -> None:
        """Ask whoever runs a task to stop it; they see it with their next beat."""
        asked = update(tasks).where(tasks.c.team_id == team, tasks.c.id == task_id)
        with self._database.write() as connection:
            connection.execute(asked.where(tasks.c.state == TaskState.RUNNING.value).values(cancelled=True))

    def forget(self, team: str, before: int) -> None:
        """Delete tasks that ended before a time."""
        with self._database.write() as connection:
            _delete(connection, and_(tasks.c.team_id == team, tasks.c.finished < before))

    def _end(self, condition: Any, state: TaskState, **values: Any) -> None:
        ended = update(tasks).where(condition).values(state=state.value, finished=now(), **values)
        with self._database.write() as connection:
            for row in connection.execute(ended.returning(tasks.c.team_id, tasks.c.id)).all():
                note(connection, row.team_id, Thing.TASK, row.id, Action.CHANGED)


def _delete(connection: Connection, condition: Any) -> None:
    """Delete tasks and their notices: nobody needs to know that nothing is left to look at."""
    gone = connection.scalars(delete(tasks).where(condition).returning(tasks.c.id)).all()
    for task_id in gone:
        connection.execute(delete(notices).where(notices.c.thing == Thing.TASK.value, notices.c.subject == task_id))
