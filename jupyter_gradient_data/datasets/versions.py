"""Versions and tags: create, list, change, move to the trash.  Committing is in `commit`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference, check_tag, check_text, new_version_id
from jupyter_gradient_data.models import Action, Page, Tag, Thing, Version, VersionState
from jupyter_gradient_data.stores.database import Database, now
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.stores.schema import tags, versions
from jupyter_gradient_data.stores.times import later, unless_changed

from .cards import make_record, mark_changed, to_json, try_write_card
from .copying import copy_tree
from .notices import note
from .references import find_dataset, find_version
from .repository import Repository


def create(
    repository: Repository,
    dataset: str,
    message: str,
    start_from: str | None,
    metadata: Mapping[str, Any] | None,
    version_id: str | None = None,
) -> Version:
    """Make an uncommitted version, empty or over the tree of a committed one; ``version_id`` is a new one, if given.

    Raises
    ------
    Conflict
        ``start_from`` is not committed.
    """
    reference = Reference.parse_dataset(dataset)
    check_text(message, "message")
    row: dict[str, Any] = {
        "version": version_id or new_version_id(),
        "state": VersionState.UNCOMMITTED.value,
        "message": message,
        "author": repository.config.author_name,
        "metadata": dict(metadata or {}),
        "created": now(),
        "modified": now(),
    }
    source = None
    with repository.database.read() as connection:
        owner = find_dataset(connection, repository.team, reference)
        if start_from is not None:
            source = find_version(connection, repository.team, Reference.parse(start_from))
    if source is not None:
        row.update(_start_from(repository, owner, *source))
    with repository.database.write() as connection:
        connection.execute(insert(versions), {"dataset_id": owner.id, **row})
        note(connection, repository.team, Thing.VERSION, f"{owner.id}:{row['version']}", Action.CREATED)
    return get(repository, f"{owner.id}:{row['version']}")


def _start_from(
    repository: Repository, dataset: Row[Any], source: Row[Any], version: Row[Any]
) -> dict[str, bytes | str]:
    reference = f"{source.id}:{version.version}"
    if version.state != VersionState.COMMITTED.value:
        raise ErrorKind.VERSION_UNCOMMITTED(reference=reference)
    if source.provider_key != dataset.provider_key:
        copy_tree(repository, source.provider_key, dataset.provider_key, version.root)
    return {"base_root": version.root, "parent": reference}


def page(repository: Repository, dataset: str, committed: bool | None, limit: int, after: str | None) -> Page[Version]:
    """Versions of a dataset, newest first."""
    reference = Reference.parse_dataset(dataset)
    with repository.database.read() as connection:
        owner = find_dataset(connection, repository.team, reference)
        query = select(versions).where(versions.c.dataset_id == owner.id, versions.c.trashed.is_(None))
        if committed is not None:
            is_committed = versions.c.state == VersionState.COMMITTED.value
            query = query.where(is_committed if committed else ~is_committed)
        if after is not None:
            query = query.where(versions.c.key < _position(after))
        # Keys count up, so the order is that of creation.
        rows = connection.execute(query.order_by(versions.c.key.desc()).limit(limit + 1)).all()
        items = to_versions(connection, rows[:limit])
    return Page(items, str(rows[limit - 1].key) if len(rows) > limit else None)


def get(repository: Repository, reference: str) -> Version:
    """The version a reference means now."""
    parsed = Reference.parse(reference)
    with repository.database.read() as connection:
        _, row = find_version(connection, repository.team, parsed)
        return to_versions(connection, [row])[0]


def change(
    repository: Repository,
    reference: str,
    message: str | None,
    metadata: Mapping[str, Any] | None,
    unchanged_since: datetime | None = None,
) -> Version:
    """Change what is said of a version; its files stay as they are.

    Raises
    ------
    Conflict
        Somebody changed it after ``unchanged_since``.
    """
    parsed = Reference.parse_version(reference)
    values: dict[str, Any] = {"modified": later(versions.c.modified)}
    if message is not None:
        values["message"] = check_text(message, "message")
    if metadata is not None:
        values["metadata"] = dict(metadata)
    with repository.database.write() as connection:
        dataset, row = find_version(connection, repository.team, parsed)
        mine = update(versions).where(versions.c.key == row.key)
        changed = connection.execute(unless_changed(mine, versions.c.modified, unchanged_since).values(values))
        if changed.rowcount == 0:
            raise ErrorKind.CHANGED_MEANWHILE(thing=f"Version {dataset.id}:{row.version}")
        row = connection.execute(select(versions).where(versions.c.key == row.key)).one()
        note(connection, repository.team, Thing.VERSION, f"{dataset.id}:{row.version}", Action.CHANGED)
    if row.state == VersionState.COMMITTED.value:
        key = repository.layout.record(dataset.id, row.version)
        record = make_record(row, row.root, row.files, row.bytes)
        repository.blobs(dataset.provider_key).objects.put(key, to_json(record))
    return get(repository, f"{dataset.id}:{row.version}")


def trash(repository: Repository, reference: str) -> None:
    """Move a version to the trash; tags that point to it wait there with it, and their names are free."""
    parsed = Reference.parse_version(reference)
    with repository.database.write() as connection:
        dataset, row = find_version(connection, repository.team, parsed)
        values = {"trashed": now(), "lease": None}  # whoever was committing it finds its lease gone
        connection.execute(update(versions).where(versions.c.key == row.key).values(values))
        names = tag_names(connection, [row.key])[row.key]
        mark_changed(connection, dataset.id, shown=True)
        team = repository.team
        note(connection, team, Thing.VERSION, f"{dataset.id}:{row.version}", Action.DELETED)
        for name in names:
            note(connection, team, Thing.TAG, f"{dataset.id}:{name}", Action.DELETED)
        note(connection, team, Thing.DATASET, dataset.id, Action.CHANGED)  # `latest` may be another
    try_write_card(repository, dataset.id)


def tag_page(repository: Repository, dataset: str, limit: int, after: str | None) -> Page[Tag]:
    """Tags of a dataset by name."""
    reference = Reference.parse_dataset(dataset)
    with repository.database.read() as connection:
        owner = find_dataset(connection, repository.team, reference)
        rows = connection.execute(
            _tag_query(owner.id).where(tags.c.name > (after or "")).order_by(tags.c.name).limit(limit + 1)
        ).all()
    more = len(rows) > limit
    return Page(tuple(map(_to_tag, rows[:limit])), rows[limit - 1].name if more else None)


def set_tag(repository: Repository, reference: str, name: str) -> Tag:
    """Point a tag to a committed version, moving it when it exists.

    Raises
    ------
    Invalid
        The name is ``latest`` or looks like a version id.
    Conflict
        The version is not committed.
    """
    parsed, name = Reference.parse_version(reference), check_tag(name)
    with repository.database.write() as connection:
        dataset, row = find_version(connection, repository.team, parsed)
        if row.state != VersionState.COMMITTED.value:
            raise ErrorKind.VERSION_UNCOMMITTED(reference=f"{dataset.id}:{row.version}")
        when = now()
        new = {"dataset_id": dataset.id, "name": name, "version_key": row.key, "created": when, "modified": when}
        is_new, before = _claim_tag(repository.database, connection, new)
        in_trash = _touch_versions(connection, {row.key, before})
        if row.key in in_trash:  # since we looked
            raise ErrorKind.VERSION_NOT_FOUND(dataset=dataset.id, version=row.version)
        is_new = is_new or before in in_trash  # where nobody saw it
        moved = new if is_new else {"version_key": row.key, "modified": later(tags.c.modified)}
        connection.execute(update(tags).where(*_one_tag(dataset.id, name)).values(moved))
        mark_changed(connection, dataset.id)
        action = Action.CREATED if is_new else Action.CHANGED
        note(connection, repository.team, Thing.TAG, f"{dataset.id}:{name}", action)
        tag = _to_tag(connection.execute(_tag_query(dataset.id).where(tags.c.name == name)).one())
    try_write_card(repository, dataset.id)
    return tag


def delete_tag(repository: Repository, dataset: str, name: str) -> None:
    """Remove a tag; its version stays."""
    reference = Reference.parse_dataset(dataset)
    with repository.database.write() as connection:
        owner = find_dataset(connection, repository.team, reference)
        shown = select(versions.c.key).where(versions.c.dataset_id == owner.id, versions.c.trashed.is_(None))
        removed = delete(tags).where(*_one_tag(owner.id, name), tags.c.version_key.in_(shown))
        version_key = connection.scalar(removed.returning(tags.c.version_key))
        if version_key is None:
            raise ErrorKind.TAG_NOT_FOUND(dataset=dataset, tag=name)
        _touch_versions(connection, {version_key})
        mark_changed(connection, owner.id)
        note(connection, repository.team, Thing.TAG, f"{owner.id}:{name}", Action.DELETED)
    try_write_card(repository, owner.id)


def _claim_tag(database: Database, connection: Connection, new: dict[str, Any]) -> tuple[bool, int]:
    """Lock a tag for the rest of the transaction, making it if there is none.

    Returns
    -------
    bool, int
        Whether it was made, and the key of the version that it points to.
    """
    mine = select(tags.c.version_key).where(*_one_tag(new["dataset_id"], new["name"])).with_for_update()
    while True:
        added = database.insert_missing(tags).values(new).returning(tags.c.name)
        made = connection.execute(added).first() is not None
        if (version_key := connection.scalar(mine)) is not None:  # otherwise somebody has just deleted it
            return made, version_key


def _touch_versions(connection: Connection, keys: set[int]) -> set[int]:
    """Lock versions whose tags change and note that they did; returns those that are in the trash.

    Everybody locks a tag before versions, versions in ascending order, and then the dataset, so that no two wait for
    each other; without the key, which a row that refers to the version holds.
    """
    chosen = versions.c.key.in_(keys)
    locked = select(versions.c.key, versions.c.trashed).where(chosen).order_by(versions.c.key)
    rows = connection.execute(locked.with_for_update(key_share=True)).all()
    connection.execute(update(versions).where(chosen).values(modified=later(versions.c.modified)))
    return {row.key for row in rows if row.trashed is not None}


def tag_names(connection: Connection, keys: Collection[int]) -> dict[int, list[str]]:
    """For each of these versions, also in the trash, the names of the tags that point to it."""
    names: dict[int, list[str]] = {key: [] for key in keys}
    pointing = select(tags.c.version_key, tags.c.name).where(tags.c.version_key.in_(keys))
    for key, name in connection.execute(pointing.order_by(tags.c.name)):
        names[key].append(name)
    return names


def to_versions(connection: Connection, rows: Iterable[Row[Any]]) -> tuple[Version, ...]:
    """Version rows as the service returns them, with the tags that point to them now."""
    rows = list(rows)
    names = tag_names(connection, [row.key for row in rows])
    return tuple(
        Version(
            dataset=row.dataset_id,
            version=row.version,
            state=VersionState(row.state),
            message=row.message,
            author=row.author,
            tags=tuple(names[row.key]),
            root=row.root.hex() if row.root else None,
            parent=row.parent,
            files=row.files,
            bytes=row.bytes,
            metadata=row.metadata,
            created=as_time(row.created),
            modified=as_time(row.modified),
            committed=as_time(row.committed) if row.state == VersionState.COMMITTED.value else None,
        )
        for row in rows
    )


def _position(token: str) -> int:
    if not re.fullmatch(r"[0-9]{1,18}", token):
        raise ErrorKind.INVALID_OPTION(
            option="after", value=token, reason="it is not a token of this list", hint="Begin with the first page."
        )
    return int(token)


def _tag_query(dataset_id: str) -> Any:
    query = select(tags, versions.c.version, versions.c.message).join(versions, tags.c.version_key == versions.c.key)
    return query.where(tags.c.dataset_id == dataset_id, versions.c.trashed.is_(None))


def _one_tag(dataset_id: str, name: str) -> tuple[ColumnElement[bool], ...]:
    return tags.c.dataset_id == dataset_id, tags.c.name == name


def _to_tag(row: Row[Any]) -> Tag:
    return Tag(row.dataset_id, row.name, row.version, row.message, as_time(row.created), as_time(row.modified))
