"""What of a lock is known here: datasets, versions, and what its references mean now, in a few queries for all."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import LockEntry, VersionState
from jupyter_gradient_data.stores.schema import datasets, tags, versions
from jupyter_gradient_data.volumes.mounts.rows import moves, tag_of


@dataclass(frozen=True)
class Known:
    """What an entry names, as far as it is known here.

    Parameters
    ----------
    dataset, version : Row or None
        Also in the trash; None when there is none.
    newer : str or None
        The version that its reference would mean now; None when that is the locked one.
    """

    entry: LockEntry
    dataset: Row[Any] | None
    version: Row[Any] | None
    newer: str | None

    @property
    def exact(self) -> str:
        """``<dataset>:<version>`` as it is called here."""
        owner = self.dataset.id if self.dataset is not None else self.entry.dataset
        return f"{owner}:{self.entry.version}"

    @property
    def is_absent(self) -> bool:
        """Whether dataset or version are not known at all."""
        return self.dataset is None or self.version is None

    def fault(self) -> GradientDataError | None:
        """Why this is not the data of the lock; None when it is."""
        entry = self.entry
        if self.dataset is None or self.version is None:
            return ErrorKind.LOCK_UNKNOWN(reference=entry.reference, version=self.exact)
        found = self.version.root.hex() if self.version.state == VersionState.COMMITTED.value else "none yet"
        if found != entry.root:
            return ErrorKind.LOCK_DIFFERENT(version=self.exact, reference=entry.reference, found=found, root=entry.root)
        if self.dataset.trashed is not None:
            return ErrorKind.LOCK_TRASHED(reference=entry.reference, thing=self.dataset.id)
        if self.version.trashed is not None:
            return ErrorKind.LOCK_TRASHED(reference=entry.reference, thing=self.exact)
        return None


def look_up(repository: Repository, entries: Sequence[LockEntry]) -> list[Known]:
    """What each entry names here.

    Where its dataset is not known, another one counts that has a version of this id with this content.
    """
    with repository.database.read() as connection:
        owners = _datasets(connection, repository.team, {entry.dataset for entry in entries})
        rows = _versions(connection, owners, {entry.version for entry in entries})
        strangers = [entry for entry in entries if entry.dataset not in owners]
        copies = _copies(connection, repository.team, strangers) if strangers else {}
        owners |= _datasets(connection, repository.team, {row.dataset_id for row in copies.values()})
        newest = _newest(connection, owners)
        tagged = _tagged(connection, owners, {tag for entry in entries if (tag := tag_of(entry.reference))})
    found = []
    for entry in entries:
        row = rows.get((entry.dataset, entry.version)) or copies.get((entry.version, entry.root))
        dataset = owners.get(row.dataset_id if row is not None else entry.dataset)
        newer = None if row is None else _newer(entry, row, newest.get(row.dataset_id), tagged)
        found.append(Known(entry, dataset, row, newer))
    return found


def _newer(
    entry: LockEntry, row: Row[Any], newest: tuple[str, int] | None, tagged: dict[tuple[str, str], str]
) -> str | None:
    if tag := tag_of(entry.reference):
        now = tagged.get((row.dataset_id, tag))
        return now if now != row.version else None
    if not moves(entry.reference) or newest is None or row.number is None:
        return None
    version, number = newest
    return version if number > row.number else None


def _datasets(connection: Connection, team: str, ids: Iterable[str]) -> dict[str, Row[Any]]:
    mine = select(datasets).where(datasets.c.team_id == team, datasets.c.id.in_(ids))
    return {row.id: row for row in connection.execute(mine)}


def _versions(connection: Connection, owners: Iterable[str], names: Iterable[str]) -> dict[tuple[str, str], Row[Any]]:
    query = select(versions).where(versions.c.dataset_id.in_(owners), versions.c.version.in_(names))
    return {(row.dataset_id, row.version): row for row in connection.execute(query)}


def _copies(connection: Connection, team: str, entries: Sequence[LockEntry]) -> dict[tuple[str, str], Row[Any]]:
    """Committed versions of any dataset that have the id and the content of an entry."""
    query = select(versions).join(datasets, versions.c.dataset_id == datasets.c.id)
    query = query.where(datasets.c.team_id == team, datasets.c.trashed.is_(None), versions.c.trashed.is_(None))
    query = query.where(versions.c.version.in_({entry.version for entry in entries}))
    query = query.where(versions.c.root.in_({bytes.fromhex(entry.root) for entry in entries}))
    committed = query.where(versions.c.state == VersionState.COMMITTED.value)
    return {(row.version, row.root.hex()): row for row in connection.execute(committed)}


def _newest(connection: Connection, owners: Iterable[str]) -> dict[str, tuple[str, int]]:
    """The newest committed version of each dataset: its id and number."""
    there = (
        versions.c.dataset_id.in_(owners),
        versions.c.state == VersionState.COMMITTED.value,
        versions.c.trashed.is_(None),
    )
    last = select(versions.c.dataset_id, func.max(versions.c.number).label("number")).where(*there)
    top = last.group_by(versions.c.dataset_id).subquery()
    query = select(versions.c.dataset_id, versions.c.version, versions.c.number)
    query = query.join(top, (versions.c.dataset_id == top.c.dataset_id) & (versions.c.number == top.c.number))
    return {row.dataset_id: (row.version, row.number) for row in connection.execute(query.where(*there))}


def _tagged(connection: Connection, owners: Iterable[str], names: Iterable[str]) -> dict[tuple[str, str], str]:
    """What tags point to, by dataset and name."""
    query = select(tags.c.dataset_id, tags.c.name, versions.c.version).join(
        versions, tags.c.version_key == versions.c.key
    )
    query = query.where(tags.c.dataset_id.in_(owners), tags.c.name.in_(names), versions.c.trashed.is_(None))
    return {(row.dataset_id, row.name): row.version for row in connection.execute(query)}
