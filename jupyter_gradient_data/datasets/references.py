"""From what a user wrote to rows of the database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import LATEST, Reference
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.stores.schema import datasets, tags, versions


def find_dataset(connection: Connection, team: str, reference: Reference) -> Row[Any]:
    """The row of a dataset that is not in the trash, by id or name.

    Raises
    ------
    NotFound
        There is none, or the namespace is another team's.
    """
    query = select(datasets).where(datasets.c.team_id == team, datasets.c.trashed.is_(None))
    wanted = reference.dataset
    query = query.where((datasets.c.id == wanted) | (datasets.c.name == wanted))
    row = connection.execute(query.order_by((datasets.c.id == wanted).desc())).first()
    if row is None or reference.namespace not in (None, team):
        raise ErrorKind.DATASET_NOT_FOUND(dataset=str(Reference(wanted, None, reference.namespace)))
    return row


def find_version(connection: Connection, team: str, reference: Reference) -> tuple[Row[Any], Row[Any]]:
    """The rows of a dataset and of the version that a reference means now; no selector means ``latest``.

    Raises
    ------
    NotFound
        There is no such dataset, version or tag, or nothing is committed yet.
    """
    dataset = find_dataset(connection, team, reference)
    mine = select(versions).where(versions.c.dataset_id == dataset.id, versions.c.trashed.is_(None))
    if reference.selector in (None, LATEST):
        committed = mine.where(versions.c.state == VersionState.COMMITTED.value)
        row = connection.execute(committed.order_by(versions.c.number.desc()).limit(1)).first()
        if row is None:
            raise ErrorKind.NO_COMMITTED_VERSION(dataset=reference.dataset)
        return dataset, row
    row = connection.execute(mine.where(versions.c.version == reference.selector)).first()
    if row is None:
        tagged = mine.join(tags, tags.c.version_key == versions.c.key)
        row = connection.execute(
            tagged.where(tags.c.dataset_id == dataset.id, tags.c.name == reference.selector)
        ).first()
    if row is None:
        raise ErrorKind.VERSION_NOT_FOUND(dataset=reference.dataset, version=reference.selector)
    return dataset, row


def find_root(connection: Connection, team: str, root: bytes) -> tuple[Row[Any], Row[Any]] | None:
    """The rows of a dataset and a committed version, also in the trash, whose tree has this root; None without one."""
    mine = select(versions).join(datasets, versions.c.dataset_id == datasets.c.id)
    mine = mine.where(versions.c.root == root, versions.c.state == VersionState.COMMITTED.value)
    row = connection.execute(mine.where(datasets.c.team_id == team).limit(1)).first()
    if row is None:
        return None
    return connection.execute(select(datasets).where(datasets.c.id == row.dataset_id)).one(), row


def find_parent(connection: Connection, team: str, version: Row[Any]) -> tuple[Row[Any], Row[Any]] | None:
    """The rows of the dataset and version that a version started from, also in the trash; None if it began empty.

    Raises
    ------
    NotFound
        It is gone for good.
    """
    if version.parent is None:
        return None
    dataset, _, name = version.parent.partition(":")
    mine = select(datasets).where(datasets.c.team_id == team, datasets.c.id == dataset)
    owner = connection.execute(mine).first()
    row = connection.execute(
        select(versions).where(versions.c.dataset_id == dataset, versions.c.version == name)
    ).first()
    if owner is None or row is None:
        raise ErrorKind.VERSION_NOT_FOUND(dataset=dataset, version=name)
    return owner, row
