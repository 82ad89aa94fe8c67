"""What has been put into an uncommitted version: rows over its base tree.

Every write goes through `fence`, so that nothing slips into a version while it is being committed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, func, select, update

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.stores.database import Database, now
from jupyter_gradient_data.stores.schema import blobs, packs, staged, versions
from jupyter_gradient_data.stores.times import later

from . import lease, notices, promises
from .merge import Change
from .nodes import Entry

_PAGE = 5000  # staged rows read at a time


def fence(connection: Connection, key: int, *, alone: bool = False) -> Row[Any]:
    """Lock a version for the rest of the transaction and make sure that it takes files.

    Parameters
    ----------
    connection : Connection
        Inside a writing transaction.
    key : int
        The version's row.
    alone : bool
        Wait until no other transaction is writing into the version, and end a commit that died.  Otherwise writers
        share the lock.  (SQLite has one writer anyway.)

    Raises
    ------
    Conflict
        It is committed, or somebody is committing it.
    NotFound
        It went to the trash.
    """
    locked = select(versions).where(versions.c.key == key).with_for_update(read=not alone)
    row = connection.execute(locked).one()
    if row.trashed is not None:
        raise ErrorKind.VERSION_NOT_FOUND(dataset=row.dataset_id, version=row.version)
    if row.state == VersionState.COMMITTED.value:
        raise committed(row)
    if row.state == VersionState.COMMITTING.value:
        if not (alone and lease_is_free(row)):
            raise being_committed(row)
        freed = {"state": VersionState.UNCOMMITTED.value, "lease": None, "modified": later(versions.c.modified)}
        connection.execute(update(versions).where(versions.c.key == key).values(freed))
    return row


def lease_is_free(version: Row[Any]) -> bool:
    """Whether nobody alive is committing a version."""
    return version.lease is None or version.lease_expires < now() or lease.is_gone(version.lease)


def committed(version: Row[Any]) -> GradientDataError:
    """The error for a write into a committed version."""
    reference = f"{version.dataset_id}:{version.version}"
    return ErrorKind.VERSION_COMMITTED(reference=reference, dataset=version.dataset_id)


def being_committed(version: Row[Any]) -> GradientDataError:
    """The error for a write into a version that somebody is committing."""
    seconds = max(0.0, (version.lease_expires - now()) / 1000)
    return ErrorKind.VERSION_COMMITTING(reference=f"{version.dataset_id}:{version.version}", seconds=seconds)


def lease_lost(version: Row[Any]) -> GradientDataError:
    """The error for a commit that was thought dead and lost its lease."""
    reference = f"{version.dataset_id}:{version.version}"
    if version.trashed is not None:
        return ErrorKind.VERSION_NOT_FOUND(dataset=version.dataset_id, version=version.version)
    if version.state == VersionState.COMMITTED.value:
        return committed(version)
    return being_committed(version) if version.lease else ErrorKind.COMMIT_OVERTAKEN(reference=reference)


# --- files ------------------------------------------------------------------------------------------------------------


def stage(database: Database, connection: Connection, key: int, entries: Sequence[Entry]) -> None:
    """Put files into a version, replacing what was staged under the same paths; call `fence` first."""
    rows = [
        {"version_key": key, "path": path, "hash": digest, "size": size, "executable": executable}
        for path, size, digest, executable in sorted(entries)
    ]
    if rows:
        connection.execute(database.insert_or_replace(staged), rows)
        promises.settle(connection, key, [entry.path for entry in entries])
        notices.note_files(connection, key)


def stage_deletions(database: Database, connection: Connection, key: int, paths: Sequence[bytes]) -> None:
    """Take files of the base tree out of a version; call `fence` first, and `notices.note_files` in the end."""
    rows = [{"version_key": key, "path": path, "hash": None, "size": 0, "executable": False} for path in sorted(paths)]
    if rows:
        connection.execute(database.insert_or_replace(staged), rows)


def clear(connection: Connection, key: int) -> None:
    """Bring a version back to its base tree; call `fence` first, and `notices.note_files` in the end."""
    connection.execute(delete(staged).where(staged.c.version_key == key))


def staged_changes(
    database: Database, key: int, start: bytes = b"", end: bytes | None = None, page: int = _PAGE
) -> Iterator[Change]:
    """Staged rows with ``start <= path < end`` in ascending order, read page by page."""
    query = select(staged.c.path, staged.c.size, staged.c.hash, staged.c.executable).where(staged.c.version_key == key)
    query = query.order_by(staged.c.path).limit(page)
    if end is not None:
        query = query.where(staged.c.path < end)
    while True:
        with database.read() as connection:
            rows = connection.execute(query.where(staged.c.path >= start)).all()
        for path, size, digest, executable in rows:
            yield path, Entry(path, size, digest, executable) if digest is not None else None
        if len(rows) < page:
            return
        start = rows[-1].path + b"\0"


def counts(connection: Connection, key: int) -> tuple[int, int]:
    """Number and bytes of the files that are staged."""
    query = select(func.count(staged.c.hash), func.coalesce(func.sum(staged.c.size), 0))  # no size is that of no file
    files, size = connection.execute(query.where(staged.c.version_key == key)).one()
    return int(files), int(size)


def unbacked(connection: Connection, key: int, provider_key: int, limit: int) -> list[bytes]:
    """The first staged paths whose content the blob index does not have, or has with another size."""
    held = and_(blobs.c.provider_key == provider_key, blobs.c.hash == staged.c.hash, blobs.c.size == staged.c.size)
    query = select(staged.c.path).select_from(staged.outerjoin(blobs, held))
    query = query.where(staged.c.version_key == key, staged.c.hash.is_not(None), blobs.c.hash.is_(None))
    return list(connection.scalars(query.order_by(staged.c.path).limit(limit)))


def holders(connection: Connection, key: int, provider_key: int) -> tuple[dict[str, int], dict[bytes, int]]:
    """What holds the content of all staged files: packs (id to bytes) and large blobs (hash to bytes)."""
    content = staged.join(blobs, and_(blobs.c.provider_key == provider_key, blobs.c.hash == staged.c.hash))
    in_packs = select(packs.c.id, packs.c.size).select_from(content.join(packs)).distinct()
    alone = select(blobs.c.hash, blobs.c.size).select_from(content).where(blobs.c.pack_key.is_(None)).distinct()
    mine = staged.c.version_key == key
    return (
        {row.id: row.size for row in connection.execute(in_packs.where(mine))},
        {row.hash: row.size for row in connection.execute(alone.where(mine))},
    )


def paths_held_by(connection: Connection, key: int, provider_key: int, pack: str | None, digest: bytes) -> list[bytes]:
    """Staged paths whose content is in a pack, or is one large blob."""
    content = staged.join(blobs, and_(blobs.c.provider_key == provider_key, blobs.c.hash == staged.c.hash))
    query = select(staged.c.path).select_from(content.outerjoin(packs)).where(staged.c.version_key == key)
    query = query.where(packs.c.id == pack if pack is not None else blobs.c.hash == digest)
    return list(connection.scalars(query.order_by(staged.c.path)))
