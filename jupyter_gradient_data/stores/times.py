"""When things were changed: times that only grow, and changes that nobody else's may have come before."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Column, ColumnElement, Update, case

from .database import now


def later(modified: Column[Any]) -> ColumnElement[int]:
    """The time of a change for a ``modified`` column: now, but always after that of the change before."""
    time = now()
    return case((modified >= time, modified + 1), else_=time)


def unless_changed(statement: Update, modified: Column[Any], unchanged_since: datetime | None) -> Update:
    """Let an update find no row that was changed after a time somebody saw; None: whoever changed it."""
    if unchanged_since is None:
        return statement
    return statement.where(modified <= round(unchanged_since.timestamp() * 1000))
