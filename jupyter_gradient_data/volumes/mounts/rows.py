"""The table of mounts: what each notebook run has mounted, is mounting, or could not mount.

Whoever works on a mount holds its row by a lease, so that of two processes, on one machine or several, one works and
the other waits.  A row whose holder is gone is anyone's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, select, update

from jupyter_gradient_data.datasets import lease
from jupyter_gradient_data.datasets.notices import note
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.ids import LATEST, Reference, is_text, is_version_id
from jupyter_gradient_data.models import Action, Thing, VersionState
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.schema import datasets, mounts, tags, versions
from jupyter_gradient_data.stores.times import later

Values = dict[str, Any]


class MountRows:
    """The mounts of one notebook run.

    Parameters
    ----------
    repository : Repository
        Where the table is; its settings name the notebook run.
    """

    def __init__(self, repository: Repository) -> None:
        self._database = repository.database
        self._team = repository.team
        self._notebook = repository.config.notebook_name
        self._lease = repository.config.lease_seconds * 1000

    def all(self) -> Sequence[Row[Any]]:
        """All of them by name."""
        query = select(mounts).where(*self._mine()).order_by(mounts.c.name)
        with self._database.read() as connection:
            return connection.execute(query).all()

    def find(self, name: str) -> Row[Any] | None:
        """One of them, or None."""
        if not is_text(name):
            return None
        with self._database.read() as connection:
            return connection.execute(select(mounts).where(*self._one(name))).first()

    def claim(self, name: str, owner: str, decide: Callable[[Row[Any] | None], Values]) -> Row[Any] | None:
        """Hold the row of a name, which is made when there is none.

        Parameters
        ----------
        name : str
            Of the mount.
        owner : str
            Who is to hold it; see `lease.new_owner`.
        decide : callable
            Given the row as it is, or None, says what to change in it; raises when there is nothing to be done.

        Returns
        -------
        Row or None
            The row as it is now; None while somebody else holds it.
        """
        with self._database.write() as connection:
            row = connection.execute(select(mounts).where(*self._one(name)).with_for_update()).first()
            if row is not None and is_held(row) and row.lease != owner:
                return None
            values = decide(row) | {"lease": owner, "lease_expires": now() + self._lease}
            if row is None:
                return self._add(connection, name, values)
            return self._changed(connection, name, values)

    def renew(self, name: str, owner: str) -> bool:
        """Go on holding it; False when somebody else has it now, or it was removed."""
        held = update(mounts).where(*self._one(name), mounts.c.lease == owner)
        with self._database.write() as connection:
            return bool(connection.execute(held.values(lease_expires=now() + self._lease)).rowcount)

    def is_mine(self, name: str, owner: str) -> bool:
        """Whether a row is still held by this owner."""
        row = self.find(name)
        return row is not None and row.lease == owner

    def release(self, name: str, owner: str, values: Values, *, is_news: bool = True) -> bool:
        """Say what became of it and hold it no longer; False when somebody else has it now, or it was removed."""
        done = update(mounts).where(*self._one(name), mounts.c.lease == owner)
        values = {**values, "lease": None, "lease_expires": None}
        if is_news:
            values["modified"] = later(mounts.c.modified)
        with self._database.write() as connection:
            found = bool(connection.execute(done.values(values)).rowcount)
            if found and is_news:
                self._note(connection, name, Action.CHANGED)
        return found

    def give_up(self, row: Row[Any], values: Values) -> None:
        """Say what became of a row that is held by nobody alive, unless somebody took it up since it was read."""
        if row.lease is not None:
            self.release(row.name, row.lease, values)

    def remove(self, name: str, owner: str | None = None) -> None:
        """Forget it, whoever holds it; with an owner only when that one does."""
        mine = (mounts.c.lease == owner,) if owner is not None else ()
        with self._database.write() as connection:
            if connection.execute(delete(mounts).where(*self._one(name), *mine)).rowcount:
                self._note(connection, name, Action.DELETED)

    # --- what is newer ------------------------------------------------------------------------------------------------

    def dataset_names(self, rows: Sequence[Row[Any]]) -> dict[str, str]:
        """The names of their datasets by id, also of those in the trash."""
        ids = {row.dataset_id for row in rows if row.dataset_id}
        query = select(datasets.c.id, datasets.c.name).where(datasets.c.id.in_(ids), datasets.c.team_id == self._team)
        with self._database.read() as connection:
            return {row.id: row.name for row in connection.execute(query)} if ids else {}

    def newer(self, rows: Sequence[Row[Any]]) -> dict[str, str]:
        """For mounts of datasets, by name: the version that an update would mount instead of theirs."""
        mounted = [row for row in rows if row.dataset_id and row.version]
        if not mounted:
            return {}
        found = {}
        with self._database.read() as connection:
            for row in mounted:
                version = self._target(connection, row)
                if version is not None and version != row.version:
                    found[row.name] = version
        return found

    def _target(self, connection: Connection, row: Row[Any]) -> str | None:
        there = (
            versions.c.dataset_id == row.dataset_id,
            versions.c.state == VersionState.COMMITTED.value,
            versions.c.trashed.is_(None),
        )
        query = select(versions.c.version).join(datasets, versions.c.dataset_id == datasets.c.id)
        query = query.where(*there, datasets.c.trashed.is_(None))
        if tag := tag_of(row.reference):
            tagged = query.join(tags, tags.c.version_key == versions.c.key)
            return connection.scalar(tagged.where(tags.c.dataset_id == row.dataset_id, tags.c.name == tag))
        mine = select(versions.c.number).where(
            versions.c.dataset_id == row.dataset_id, versions.c.version == row.version
        )
        number = connection.scalar(mine) or 0  # it may be gone for good
        newest = query.where(versions.c.number > number).order_by(versions.c.number.desc()).limit(1)
        return connection.scalar(newest)

    # --- one row ------------------------------------------------------------------------------------------------------

    def _add(self, connection: Connection, name: str, values: Values) -> Row[Any] | None:
        when = now()
        keys = {"team_id": self._team, "notebook": self._notebook, "name": name}
        row = {"writable": False, **values, **keys, "created": when, "modified": when}
        added = connection.execute(self._database.insert_missing(mounts).values(row).returning(*mounts.c)).first()
        if added is not None:
            self._note(connection, name, Action.CREATED)
        return added

    def _changed(self, connection: Connection, name: str, values: Values) -> Row[Any]:
        is_news = "state" in values
        if is_news:
            values = {**values, "modified": later(mounts.c.modified)}
        row = connection.execute(update(mounts).where(*self._one(name)).values(values).returning(*mounts.c)).one()
        if is_news:
            self._note(connection, name, Action.CHANGED)
        return row

    def _note(self, connection: Connection, name: str, action: Action) -> None:
        note(connection, self._team, Thing.MOUNT, f"{self._notebook}/{name}", action)

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return mounts.c.team_id == self._team, mounts.c.notebook == self._notebook

    def _one(self, name: str) -> tuple[ColumnElement[bool], ...]:
        return (*self._mine(), mounts.c.name == name)


def is_held(row: Row[Any]) -> bool:
    """Whether somebody who may be alive works on a mount."""
    return row.lease is not None and not lease.is_gone(row.lease) and row.lease_expires > now()


def tag_of(reference: str) -> str | None:
    """The tag that a reference names, if it names one."""
    selector = Reference.parse(reference).selector
    return None if selector in (None, LATEST) or is_version_id(selector) else selector


def moves(reference: str) -> bool:
    """Whether a reference may mean another version tomorrow."""
    selector = Reference.parse(reference).selector
    return selector is None or selector == LATEST or not is_version_id(selector)
