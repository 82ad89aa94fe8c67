"""What was promised to an uncommitted version and has not arrived: until it has, the version refuses to commit.

A promise is a row.  A put of many files promises all of them in one row, and keeps it when it has ended.  Everything
else promises one path: it is kept when that path is written, whichever way, and given up when the path is deleted.
Callers fence the version first (`staging.fence`), so that no promise slips into a version that is being committed.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from enum import Enum
from itertools import islice
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Row, delete, func, insert, select, update

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.stores.database import Database, now
from jupyter_gradient_data.stores.schema import uploads

_BATCH = 500  # paths in one statement


class Kind(str, Enum):
    """How what was promised is to arrive."""

    PUT = "put"  # many files, from a client that is running
    PRESIGNED = "presigned"  # one file, by a URL that was handed out
    RESUMABLE = "resumable"  # one file of a known size, in order
    PARTS = "parts"  # one file, in numbered parts
    ABANDONED = "abandoned"  # one of the last two that a commit has left out: no promise any more, but still known


class Unfinished(NamedTuple):
    """What a version still waits for: puts that did not end, the first paths, and how many there are of each."""

    puts: list[Row[Any]]
    paths: list[bytes]
    more_puts: int
    more_paths: int


# --- puts of many files -----------------------------------------------------------------------------------------------


def promise_put(connection: Connection, key: int, source: str, target: str) -> str:
    """Note that a put has begun; returns its id for `keep_put`."""
    return _promise(connection, key, Kind.PUT, source, target)


def keep_put(database: Database, promise: str) -> None:
    """Note that a put is complete, and with it all earlier ones of the same source to the same target."""
    with database.write() as connection:
        row = connection.execute(select(uploads).where(uploads.c.id == promise)).first()
        if row is None:  # abandoned meanwhile
            return
        same = (uploads.c.version_key, uploads.c.source, uploads.c.target)
        fulfilled = delete(uploads).where(*(column == getattr(row, column.name) for column in same))
        connection.execute(fulfilled.where(uploads.c.kind == Kind.PUT.value, uploads.c.started <= row.started))


# --- single files -----------------------------------------------------------------------------------------------------


def promise_files(
    database: Database, connection: Connection, key: int, paths: Iterable[bytes], expires: int | None
) -> None:
    """Note that URLs to put these files were handed out; promising a file again changes only until when."""
    rows = [
        {
            # The same file has the same id, so that nobody has to look whether it was promised before.
            "id": hash_bytes(b"%d/%b" % (key, path)).hex(),
            "version_key": key,
            "source": "",
            "target": path.decode(),
            "started": now(),
            "kind": Kind.PRESIGNED.value,
            "path": path,
            "size": None,
            "expires": expires,
            "details": None,
        }
        for path in sorted(set(paths))
    ]
    if rows:
        connection.execute(database.insert_or_replace(uploads), rows)


def promise_upload(connection: Connection, key: int, kind: Kind, path: bytes, **columns: Any) -> str:
    """Note that the upload of one file has begun; returns its id, which only who began it should know."""
    return _promise(connection, key, kind, "", path.decode(), path=path, **columns)


def has_single(connection: Connection, key: int) -> bool:
    """One look by index, which is all that a version without promises pays."""
    single = select(uploads.c.id).where(uploads.c.version_key == key, uploads.c.path.is_not(None))
    return connection.execute(single.limit(1)).first() is not None


def settle(connection: Connection, key: int, paths: Sequence[bytes]) -> None:
    """Note that these paths were written, or given up.

    Who still sends one of them another way learns that its upload is no more.
    """
    if not paths or not has_single(connection, key):
        return
    for batch in _batches(paths):
        connection.execute(delete(uploads).where(uploads.c.version_key == key, uploads.c.path.in_(batch)))


def give_up(connection: Connection, key: int, folder: bytes) -> int:
    """Give up the file and all below the folder that a path, ending with ``/``, may mean; returns how many."""
    if not has_single(connection, key):
        return 0
    given_up = delete(uploads).where(uploads.c.version_key == key, _meant(folder)).returning(uploads.c.id)
    return len(connection.execute(given_up).all())


def first_meant(connection: Connection, key: int, folder: bytes) -> bytes | None:
    """The first path that is still promised of those that `give_up` would give up."""
    mine = (uploads.c.version_key == key, uploads.c.kind != Kind.ABANDONED.value, _meant(folder))
    return connection.scalar(select(uploads.c.path).where(*mine).order_by(uploads.c.path).limit(1))


def _meant(folder: bytes) -> ColumnElement[bool]:
    if not folder:
        return uploads.c.path.is_not(None)
    below = (uploads.c.path >= folder) & (uploads.c.path < folder[:-1] + b"0")
    return below | (uploads.c.path == folder[:-1])


# --- commit -----------------------------------------------------------------------------------------------------------


def unfinished(connection: Connection, key: int, limit: int) -> Unfinished | None:
    """What keeps a version from being committed, at most ``limit`` of each; None when nothing does."""
    mine = (uploads.c.version_key == key, uploads.c.kind != Kind.ABANDONED.value)
    puts = select(uploads).where(*mine, uploads.c.path.is_(None)).order_by(uploads.c.started)
    paths = select(uploads.c.path).where(*mine, uploads.c.path.is_not(None)).distinct()
    put_rows = list(connection.execute(puts).all())
    found = list(connection.scalars(paths.order_by(uploads.c.path).limit(limit)))
    if not put_rows and not found:
        return None
    count = connection.execute(select(func.count()).select_from(paths.subquery())).scalar_one()
    return Unfinished(put_rows[:limit], found, max(0, len(put_rows) - limit), count - len(found))


def abandon(connection: Connection, key: int) -> None:
    """Give up all that has not arrived; who still sends an upload can be told what became of it."""
    mine = uploads.c.version_key == key
    kinds = [Kind.RESUMABLE.value, Kind.PARTS.value]
    connection.execute(delete(uploads).where(mine, uploads.c.kind.in_([Kind.PUT.value, Kind.PRESIGNED.value])))
    connection.execute(update(uploads).where(mine, uploads.c.kind.in_(kinds)).values(kind=Kind.ABANDONED.value))


def _promise(connection: Connection, key: int, kind: Kind, source: str, target: str, **columns: Any) -> str:
    row = {"id": secrets.token_hex(16), "version_key": key, "source": source, "target": target, "started": now()}
    connection.execute(insert(uploads), {**row, "kind": kind.value, **columns})
    return str(row["id"])


def _batches(paths: Sequence[bytes]) -> Iterable[list[bytes]]:
    rest = iter(paths)
    while batch := list(islice(rest, _BATCH)):
        yield batch
