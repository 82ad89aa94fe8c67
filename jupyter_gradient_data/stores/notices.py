"""Notices: the newest change of each thing, so that every server on a database can tell its clients what others did.

A notice is written in the transaction that makes the change, so there is one if and only if the change was made.  Its
time is above that of all notices seen so far, whatever the clocks of the machines say: readers ask for what is newer
than what they have seen, and look back a little for transactions that ended late.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Connection, Row, Select, bindparam, case, delete, func, literal, select

from jupyter_gradient_data.models import Action, Thing

from .database import dialect_module, now
from .schema import datasets, notices, versions

_COLUMNS = ["team_id", "thing", "subject", "action", "time"]


def note(connection: Connection, team: str, thing: Thing, subject: str, action: Action) -> None:
    """Note a change in the transaction that makes it, as its last statement: the row stays locked until its end."""
    change = {"of_team": team, "of_thing": thing.value, "of_subject": subject, "what": action.value, "moment": now()}
    connection.execute(_noting(connection.dialect.name), change)


def note_files(connection: Connection, version_key: int) -> None:
    """Note that files of an uncommitted version came or went, in the transaction that moved them."""
    connection.execute(_noting_files(connection.dialect.name), {"version_key": version_key, "moment": now()})


def newest(connection: Connection, team: str) -> int:
    """The time of the newest notice; 0 when there is none."""
    return connection.scalar(select(func.max(notices.c.time)).where(notices.c.team_id == team)) or 0


def later_than(connection: Connection, team: str, time: int) -> Sequence[Row[Any]]:
    """Notices after a time, oldest first."""
    query = select(notices).where(notices.c.team_id == team, notices.c.time > time)
    return connection.execute(query.order_by(notices.c.time)).all()


def forget(connection: Connection, team: str, before: int) -> None:
    """Delete notices that every reader has long seen."""
    connection.execute(delete(notices).where(notices.c.team_id == team, notices.c.time < before))


# Each small file that is put is noted: statements are made once, which takes longer than running them.


@functools.cache
def _noting(dialect: str) -> Any:
    team: Any = bindparam("of_team")
    values = {"team_id": team, "thing": bindparam("of_thing"), "subject": bindparam("of_subject")}
    return _replacing(
        dialect_module(dialect).insert(notices).values(**values, action=bindparam("what"), time=_time(team))
    )


@functools.cache
def _noting_files(dialect: str) -> Any:
    changed = select(
        datasets.c.team_id,
        literal(Thing.VERSION.value),
        datasets.c.id + ":" + versions.c.version,
        literal(Action.FILES_CHANGED.value),
        _time(datasets.c.team_id),
    ).select_from(versions.join(datasets))
    changed = changed.where(versions.c.key == bindparam("version_key"))
    return _replacing(dialect_module(dialect).insert(notices).from_select(_COLUMNS, changed))


def _replacing(statement: Any) -> Any:
    new = statement.excluded
    # Two changes in one millisecond, or of two machines whose clocks differ, are still two.
    time = case((new.time > notices.c.time, new.time), else_=notices.c.time + 1)
    keys = [column.name for column in notices.primary_key]
    return statement.on_conflict_do_update(index_elements=keys, set_={"action": new.action, "time": time})


def _time(team: Any) -> Any:
    """The moment given, or just after the newest notice when that is from a clock ahead of ours."""
    seen, moment = notices.alias("seen"), bindparam("moment", type_=BigInteger)
    ahead: Select[Any] = select(seen.c.time + 1).where(seen.c.team_id == team, seen.c.time >= moment)
    ahead = ahead.order_by(seen.c.time.desc()).limit(1)  # one look by index, where max() would read all of them
    return func.coalesce(ahead.scalar_subquery(), moment)
