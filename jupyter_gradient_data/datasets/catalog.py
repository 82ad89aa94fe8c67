"""Datasets: create, list, change, move to the trash."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Connection, Row, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference, check_name, check_text, new_dataset_id
from jupyter_gradient_data.models import Action, Dataset, Page, Thing, VersionState
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.providers import as_time, to_provider
from jupyter_gradient_data.stores.schema import datasets, providers, versions
from jupyter_gradient_data.stores.times import later, unless_changed

from .cards import mark_changed, try_write_card, write_card
from .notices import note
from .references import find_dataset
from .repository import Repository, ensure_format
from .versions import tag_names


def create(repository: Repository, name: str, description: str, provider: str | None) -> Dataset:
    """Make an empty dataset at a provider and write its card there.

    Raises
    ------
    Conflict
        The name is taken.
    NotFound
        There is no such provider.
    """
    name = check_name(name, "dataset")
    check_text(description, "description")
    provider_row = repository.providers.row(provider)
    # First: what is put into a dataset whose provider has no marker could not be recovered.
    ensure_format(repository.blobs(provider_row.key).objects, repository.layout)
    row = {
        "id": new_dataset_id(),
        "team_id": repository.team,
        "provider_key": provider_row.key,
        "name": name,
        "description": description,
        "is_public": False,
        "commits": 0,
        "card_revision": 1,
        "card_written": 0,
        "created": now(),
        "modified": now(),
        "trashed": None,
    }
    try:
        with repository.database.write() as connection:
            connection.execute(insert(datasets), row)
            note(connection, repository.team, Thing.DATASET, str(row["id"]), Action.CREATED)
    except IntegrityError:
        raise ErrorKind.NAME_TAKEN(thing="dataset", name=name) from None
    try:
        write_card(repository, str(row["id"]))
    except BaseException:  # the provider cannot be used: better no dataset than one that takes no files
        _forget(repository, str(row["id"]), provider_row.key)
        raise
    return get(repository, str(row["id"]))


def _forget(repository: Repository, dataset_id: str, provider_key: int) -> None:
    """Undo `create`; a card that was written without an answer would bring the dataset back in `recover`."""
    with suppress(GradientDataError):
        repository.blobs(provider_key).objects.delete(repository.layout.card(dataset_id))
    with repository.database.write() as connection:
        connection.execute(delete(datasets).where(datasets.c.id == dataset_id))
        note(connection, repository.team, Thing.DATASET, dataset_id, Action.DELETED)


def page(repository: Repository, limit: int, after: str | None) -> Page[Dataset]:
    """Datasets by name."""
    query = select(datasets).where(datasets.c.team_id == repository.team, datasets.c.trashed.is_(None))
    if after is not None:
        query = query.where(datasets.c.name > after)
    with repository.database.read() as connection:
        rows = connection.execute(query.order_by(datasets.c.name).limit(limit + 1)).all()
        items = _to_datasets(connection, rows[:limit])
    return Page(items, rows[limit - 1].name if len(rows) > limit else None)


def get(repository: Repository, dataset: str) -> Dataset:
    """One dataset by id or name."""
    reference = Reference.parse_dataset(dataset)
    with repository.database.read() as connection:
        row = find_dataset(connection, repository.team, reference)
        return _to_datasets(connection, [row])[0]


def change(
    repository: Repository,
    dataset: str,
    name: str | None,
    description: str | None,
    unchanged_since: datetime | None = None,
) -> Dataset:
    """Change what is not None.

    Raises
    ------
    Conflict
        The name is taken, or somebody changed the dataset after ``unchanged_since``.
    """
    reference = Reference.parse_dataset(dataset)
    values: dict[str, Any] = {"modified": later(datasets.c.modified)}
    if name is not None:
        values["name"] = check_name(name, "dataset")
    if description is not None:
        values["description"] = check_text(description, "description")
    try:
        with repository.database.write() as connection:
            row = find_dataset(connection, repository.team, reference)
            mine = update(datasets).where(datasets.c.id == row.id)
            changed = connection.execute(unless_changed(mine, datasets.c.modified, unchanged_since).values(values))
            if changed.rowcount == 0:
                raise ErrorKind.CHANGED_MEANWHILE(thing=f"Dataset {row.id}")
            mark_changed(connection, row.id)
            note(connection, repository.team, Thing.DATASET, row.id, Action.CHANGED)
    except IntegrityError:
        raise ErrorKind.NAME_TAKEN(thing="dataset", name=name) from None
    try_write_card(repository, row.id)
    return get(repository, row.id)


def trash(repository: Repository, dataset: str) -> None:
    """Move a dataset to the trash; its name is free again."""
    reference = Reference.parse_dataset(dataset)
    with repository.database.write() as connection:
        row = find_dataset(connection, repository.team, reference)
        connection.execute(update(datasets).where(datasets.c.id == row.id).values(trashed=now()))
        mark_changed(connection, row.id)
        note(connection, repository.team, Thing.DATASET, row.id, Action.DELETED)
    try_write_card(repository, row.id)


def _to_datasets(connection: Connection, rows: Sequence[Row[Any]]) -> tuple[Dataset, ...]:
    """Dataset rows as the service returns them; four queries, however many datasets and versions there are."""
    ids, keys = [row.id for row in rows], {row.provider_key for row in rows}
    owners = {
        row.key: to_provider(row) for row in connection.execute(select(providers).where(providers.c.key.in_(keys)))
    }
    newest = _newest_versions(connection, ids)
    names = tag_names(connection, [version.key for version in newest.values()])
    uncommitted = _count_uncommitted(connection, ids)
    return tuple(
        Dataset(
            id=row.id,
            name=row.name,
            description=row.description,
            provider=owners[row.provider_key],
            is_public=row.is_public,
            latest=latest.version if latest else None,
            files=latest.files if latest else None,
            bytes=latest.bytes if latest else None,
            tags=tuple(names[latest.key]) if latest else (),
            uncommitted=uncommitted.get(row.id, 0),
            created=as_time(row.created),
            modified=as_time(row.modified),
        )
        for row in rows
        for latest in (newest.get(row.id),)
    )


def _newest_versions(connection: Connection, ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The newest committed version of each dataset that has one; found by an index, however many there are."""
    committed = select(versions.c.key).where(
        versions.c.dataset_id == datasets.c.id,
        versions.c.state == VersionState.COMMITTED.value,
        versions.c.trashed.is_(None),
    )
    newest = committed.order_by(versions.c.number.desc()).limit(1).correlate(datasets).scalar_subquery()
    columns: tuple[Column[Any], ...] = (
        versions.c.key,
        versions.c.dataset_id,
        versions.c.version,
        versions.c.files,
        versions.c.bytes,
    )
    query = select(*columns).join(datasets, versions.c.key == newest).where(datasets.c.id.in_(ids))
    return {row.dataset_id: row for row in connection.execute(query)}


def _count_uncommitted(connection: Connection, ids: Sequence[str]) -> dict[str, int]:
    states = [VersionState.UNCOMMITTED.value, VersionState.COMMITTING.value]
    mine = (versions.c.dataset_id.in_(ids), versions.c.state.in_(states), versions.c.trashed.is_(None))
    counted = select(versions.c.dataset_id, func.count().label("versions")).where(*mine).group_by(versions.c.dataset_id)
    return {row.dataset_id: row.versions for row in connection.execute(counted)}
