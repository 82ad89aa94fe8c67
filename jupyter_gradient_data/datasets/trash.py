"""The trash: what was deleted, and taking it out again.

Rows of deleted datasets and versions stay and say since when they are in the trash.  A version that was deleted before
its dataset was stays in the trash when the dataset comes back.
"""

from __future__ import annotations

import heapq
import re
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, false, func, or_, select, update
from sqlalchemy.exc import IntegrityError

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference, check_name
from jupyter_gradient_data.models import Action, Page, Thing, Trashed, VersionState
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.stores.schema import datasets, versions
from jupyter_gradient_data.stores.times import later

from .cards import mark_changed, try_write_card
from .marking import DAY
from .notices import note
from .references import find_dataset
from .repository import Repository
from .versions import tag_names

_TOKEN = re.compile(r"([0-9]{1,15})-(?:dataset-(ds[a-z0-9]{13})|version-([0-9]{1,18}))")


class _Place(NamedTuple):
    """Where a row stands in the list, which descends: a version before a dataset of the same millisecond."""

    trashed: int
    is_version: bool
    key: Any


# --- listing ----------------------------------------------------------------------------------------------------------


def page(repository: Repository, limit: int, after: str | None) -> Page[Trashed]:
    """What is in the trash, the last deleted first; versions of a dataset that is there itself are part of it."""
    place = _parse_token(after) if after is not None else None
    with repository.database.read() as connection:
        found = [
            [(_Place(row.trashed, False, row.id), row) for row in _datasets(connection, repository.team, place, limit)],
            [(_Place(row.trashed, True, row.key), row) for row in _versions(connection, repository.team, place, limit)],
        ]
        rows = list(islice(heapq.merge(*found, key=lambda item: item[0], reverse=True), limit + 1))
        sizes = _sizes(connection, [row.id for at, row in rows if not at.is_version])
    kept = repository.config.trash_days * DAY
    items = tuple(
        _to_version(row, kept) if at.is_version else _to_dataset(row, sizes.get(row.id, (0, 0, 0)), kept)
        for at, row in rows[:limit]
    )
    return Page(items, _token(rows[limit - 1][0]) if len(rows) > limit else None)


def _datasets(connection: Connection, team: str, place: _Place | None, limit: int) -> list[Row[Any]]:
    query = select(datasets).where(datasets.c.team_id == team, datasets.c.trashed.is_not(None))
    if place is not None:
        same_time = datasets.c.trashed == place.trashed
        rest = same_time if place.is_version else and_(same_time, datasets.c.id < place.key)
        query = query.where(or_(datasets.c.trashed < place.trashed, rest))
    order = (datasets.c.trashed.desc(), datasets.c.id.desc())
    return list(connection.execute(query.order_by(*order).limit(limit + 1)).all())


def _versions(connection: Connection, team: str, place: _Place | None, limit: int) -> list[Row[Any]]:
    query = select(versions, datasets.c.name.label("dataset_name")).join(datasets)
    query = query.where(datasets.c.team_id == team, datasets.c.trashed.is_(None), versions.c.trashed.is_not(None))
    if place is not None:
        rest = and_(versions.c.trashed == place.trashed, versions.c.key < place.key) if place.is_version else false()
        query = query.where(or_(versions.c.trashed < place.trashed, rest))
    order = (versions.c.trashed.desc(), versions.c.key.desc())
    return list(connection.execute(query.order_by(*order).limit(limit + 1)).all())


def _sizes(connection: Connection, dataset_ids: list[str]) -> dict[str, tuple[int, int, int]]:
    """Versions, files and bytes that come back with datasets."""
    query: Select[Any] = select(
        versions.c.dataset_id,
        func.count(),
        func.coalesce(func.sum(versions.c.files), 0),
        func.coalesce(func.sum(versions.c.bytes), 0),
    )
    query = query.where(versions.c.dataset_id.in_(dataset_ids), versions.c.trashed.is_(None))
    rows = connection.execute(query.group_by(versions.c.dataset_id)).all()
    return {row[0]: (int(row[1]), int(row[2]), int(row[3])) for row in rows}


def _to_dataset(row: Row[Any], sizes: tuple[int, int, int], kept: int) -> Trashed:
    times = as_time(row.trashed), as_time(row.trashed + kept)
    return Trashed(row.id, row.name, row.description, *sizes, *times)


def _to_version(row: Row[Any], kept: int) -> Trashed:
    times = as_time(row.trashed), as_time(row.trashed + kept)
    reference = f"{row.dataset_id}:{row.version}"
    return Trashed(reference, row.dataset_name, row.message, 1, row.files or 0, row.bytes or 0, *times)


def _token(place: _Place) -> str:
    return f"{place.trashed}-{'version' if place.is_version else 'dataset'}-{place.key}"


def _parse_token(token: str) -> _Place:
    if found := _TOKEN.fullmatch(token):
        trashed, dataset_id, version_key = found.groups()
        return _Place(int(trashed), dataset_id is None, dataset_id or int(version_key))
    raise ErrorKind.INVALID_OPTION(
        option="after", value=token, reason="it is not a token of this list", hint="Begin with the first page."
    )


# --- restoring --------------------------------------------------------------------------------------------------------


def restore(repository: Repository, reference: str, name: str | None) -> None:
    """Take a dataset, or one version, out of the trash.

    A dataset may be given by the name it had; of several, the last deleted is meant.  Also possible after the time for
    which content is kept for certain: whatever frees content must forget the rows of what used it first.

    Raises
    ------
    NotFound
        It is not in the trash.
    Conflict
        The dataset's name is taken by now.
    """
    parsed = Reference.parse(reference)
    if parsed.selector is None:
        new_name = check_name(name, "dataset") if name is not None else None
        dataset_id = _restore_dataset(repository, parsed, new_name)
    elif name is not None:
        raise ErrorKind.INVALID_OPTION(
            option="name", value=name, reason="a version has no name", hint="Leave it out, or set a tag afterwards."
        )
    else:
        dataset_id = _restore_version(repository, parsed)
    try_write_card(repository, dataset_id)


def _restore_dataset(repository: Repository, reference: Reference, name: str | None) -> str:
    wanted = (datasets.c.id == reference.dataset) | (datasets.c.name == reference.dataset)
    query = select(datasets).where(datasets.c.team_id == repository.team, datasets.c.trashed.is_not(None), wanted)
    query = query.order_by((datasets.c.id == reference.dataset).desc(), datasets.c.trashed.desc(), datasets.c.id)
    row = None
    try:
        with repository.database.write() as connection:
            row = connection.execute(query.limit(1).with_for_update(key_share=True)).first()
            if row is None or reference.namespace not in (None, repository.team):
                raise ErrorKind.NOT_IN_TRASH(reference=str(reference))
            values = {"trashed": None, "name": name or row.name}
            connection.execute(update(datasets).where(datasets.c.id == row.id).values(values))
            mark_changed(connection, row.id, shown=True)
            note(connection, repository.team, Thing.DATASET, row.id, Action.RESTORED)
    except IntegrityError:
        raise ErrorKind.NAME_TAKEN(thing="dataset", name=name or (row.name if row else "")) from None
    return str(row.id)


def _restore_version(repository: Repository, reference: Reference) -> str:
    with repository.database.write() as connection:
        dataset = find_dataset(connection, repository.team, reference)
        mine = (versions.c.dataset_id == dataset.id, versions.c.version == reference.selector)
        query = select(versions).where(*mine, versions.c.trashed.is_not(None))
        row = connection.execute(query.with_for_update(key_share=True)).first()
        if row is None:
            raise ErrorKind.NOT_IN_TRASH(reference=str(reference))
        values: dict[str, Any] = {"trashed": None, "modified": later(versions.c.modified)}
        if row.state == VersionState.COMMITTING.value:  # whoever was committing it lost its lease to the trash
            values["state"] = VersionState.UNCOMMITTED.value
        connection.execute(update(versions).where(versions.c.key == row.key).values(values))
        mark_changed(connection, dataset.id, shown=True)
        team = repository.team
        note(connection, team, Thing.VERSION, f"{dataset.id}:{row.version}", Action.RESTORED)
        for name in tag_names(connection, [row.key])[row.key]:
            note(connection, team, Thing.TAG, f"{dataset.id}:{name}", Action.CREATED)
        note(connection, team, Thing.DATASET, dataset.id, Action.CHANGED)  # `latest` may be another
    return str(dataset.id)
