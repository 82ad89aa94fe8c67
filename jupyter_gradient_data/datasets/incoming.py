"""Uploads of single files that take more than one request: resumable ones, and ones in numbered parts.

What has arrived lies below ``incoming/{upload id}`` of the state directory, and nowhere else is it said how much that
is: a server that was killed goes on where the file ends.  The promise (see `promises`) is in the database.

::

    data                 of a resumable upload, growing
    parts/{number}.{md5} of an upload in parts
    part-{random}        a part that is arriving
    whole                ``data`` or ``parts`` once all is there: nobody writes to it any more, a store may adopt it

Several servers may share a state directory: what must not happen twice at once is behind file locks.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Row, delete, select

from jupyter_gradient_data.blobs.packs import SMALL_BLOB
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import FileInfo, Part, Upload, VersionState
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.stores.schema import datasets, uploads, versions

from . import incoming_files, promises, staging, writing
from .files import VersionFiles, file_path, to_info
from .incoming_files import PartWriter
from .nodes import Entry
from .paths import show_path
from .promises import Kind
from .repository import Repository
from .spool import Spool, incoming_folder

_DAY = 24 * 3600 * 1000  # milliseconds
_KINDS = (Kind.RESUMABLE.value, Kind.PARTS.value)
_REMEMBERED = 1000  # finished uploads whose outcome can be asked for again
_SWEEP_SECONDS = 3600.0


class Incoming:
    """The uploads of one state directory.

    Parameters
    ----------
    repository : Repository
        The team's data.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._finished: OrderedDict[str, tuple[Upload, FileInfo]] = OrderedDict()
        self._next_sweep = 0.0

    # --- beginning ----------------------------------------------------------------------------------------------------

    def promise_files(self, reference: str, paths: Sequence[str]) -> None:
        """Note that pre-signed URLs for these files are handed out."""
        Reference.parse_version(reference)
        stored = [file_path(path) for path in paths]
        key = writing.open_uncommitted(self._repository, reference).version.key
        expires = now() + self._repository.config.signed_seconds * 1000
        with self._repository.database.write() as connection:
            staging.fence(connection, key, alone=True)
            promises.promise_files(self._repository.database, connection, key, stored, expires)

    def begin(self, reference: str, path: str, size: int | None, executable: bool, details: dict[str, Any]) -> Upload:
        """Begin an upload; see `service.intake.Intake.begin`."""
        Reference.parse_version(reference)
        stored = file_path(path)
        digest = _check_announced(size, details)
        self._sweep_sometimes()
        files = writing.open_uncommitted(self._repository, reference)
        if size and not (digest and files.blobs.index.known([digest])):
            files.blobs.index.check_room(size)
        kind = Kind.PARTS if size is None else Kind.RESUMABLE
        columns = {
            "size": size,
            "expires": now() + self._repository.config.upload_days * _DAY,
            "details": {"executable": executable, "given": details},
        }
        with self._repository.database.write() as connection:
            staging.fence(connection, files.version.key, alone=True)
            upload = promises.promise_upload(connection, files.version.key, kind, stored, **columns)
            incoming_files.make(self._folder(upload), parts=size is None)  # on disk before anybody knows of it
        return self.get(upload)

    def give_up_file(self, reference: str, path: str) -> None:
        """Give up what was promised at a path; see `service.intake.Intake.give_up_file`."""
        Reference.parse_version(reference)
        stored = file_path(path)
        key = writing.open_uncommitted(self._repository, reference).version.key
        with self._repository.database.write() as connection:
            staging.fence(connection, key, alone=True)
            promises.settle(connection, key, [stored])

    # --- looking ------------------------------------------------------------------------------------------------------

    def get(self, upload: str) -> Upload:
        """One upload as it stands."""
        if (ended := self._ended(upload)) is not None:
            return ended[0]
        return self._to_upload(self._find(upload))

    def details(self, upload: str) -> dict[str, Any]:
        """What was said about the file when its upload began."""
        return dict(self._find(upload).details["given"])

    def list(self, reference: str) -> tuple[Upload, ...]:
        """Uploads into a version that can go on here."""
        version = VersionFiles.open(self._repository, reference).version
        query = _upload_rows().where(uploads.c.version_key == version.key, uploads.c.kind.in_(_KINDS))
        with self._repository.database.read() as connection:
            rows = connection.execute(query.where(uploads.c.expires > now()).order_by(uploads.c.started)).all()
        return tuple(self._to_upload(row) for row in rows if self._folder(row.id).is_dir())

    def parts(self, upload: str) -> tuple[Part, ...]:
        """Parts that have arrived."""
        row = self._find(upload, Kind.PARTS)
        return tuple(Part(*found[:3]) for found in incoming_files.parts(self._folder(row.id)).values())

    # --- bytes --------------------------------------------------------------------------------------------------------

    def append(self, upload: str, offset: int, chunk: bytes) -> Upload:
        """Add a piece to a resumable upload."""
        row = self._find(upload, Kind.RESUMABLE)
        with self._data(row, offset) as data:
            if data.size != offset:
                raise _wrong_offset(row, data.size, offset)
            if offset + len(chunk) > row.size:
                raise ErrorKind.UPLOAD_TOO_LONG(path=show_path(row.path), size=f"{row.size:,} bytes")
            data.append(chunk)
        return _to_upload(row, offset + len(chunk))

    def truncate(self, upload: str, offset: int) -> Upload:
        """Take bytes back from the end of a resumable upload."""
        row = self._find(upload, Kind.RESUMABLE)
        with self._data(row, offset) as data:
            if not 0 <= offset <= data.size:
                raise _wrong_offset(row, data.size, offset)
            data.truncate(offset)
        return _to_upload(row, offset)

    def begin_part(self, upload: str, number: int) -> PartWriter:
        """Take one part."""
        row = self._find(upload, Kind.PARTS)
        return PartWriter(self._folder(upload), upload, number, show_path(row.path))

    # --- ending -------------------------------------------------------------------------------------------------------

    def finish(self, upload: str, parts: Sequence[tuple[int, str]] | None) -> FileInfo:
        """Put the file into its version."""
        if (ended := self._ended(upload)) is not None:
            return ended[1]
        row = self._find(upload)
        with incoming_files.only_one(self._folder(upload), upload):
            if (ended := self._ended(upload)) is not None:  # by another request, while we waited
                return ended[1]
            row = self._find(upload)
            info = self._store(row, self._complete(row, parts))
            self._remember(row, info)
            self._remove(upload)
        return info

    def cancel(self, upload: str) -> None:
        """Give an upload up."""
        row = self._row(upload)
        if row is None or row.kind not in _KINDS:
            raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload)
        if not self._folder(upload).is_dir():  # expired, or begun on another machine
            self._forget(upload)
            return
        with incoming_files.only_one(self._folder(upload), upload):
            self._forget(upload)
            self._remove(upload)

    def expire(self) -> int:
        """Remove from disk what nobody can continue; returns how many uploads that were."""
        self._next_sweep = time.monotonic() + _SWEEP_SECONDS
        removed = 0
        for folder in incoming_files.entries(incoming_folder(self._repository)):
            with self._repository.database.read() as connection:
                row = connection.execute(_upload_rows().where(uploads.c.id == folder.name)).first()
            if row is None:
                removed += incoming_files.remove_if_old(folder)
            elif row.kind not in _KINDS or row.expires <= now():
                removed += self._remove_if_idle(folder)
        with self._repository.database.write() as connection:
            over = (uploads.c.kind == Kind.ABANDONED.value, uploads.c.expires <= now())
            connection.execute(delete(uploads).where(*over))
        return removed

    # --- inside -------------------------------------------------------------------------------------------------------

    def _folder(self, upload: str) -> Path:
        return incoming_folder(self._repository) / upload

    def _row(self, upload: str) -> Row[Any] | None:
        mine = _upload_rows().where(uploads.c.id == upload, datasets.c.team_id == self._repository.team)
        if not incoming_files.is_upload_id(upload):  # it becomes the name of a folder, and comes from outside
            return None
        with self._repository.database.read() as connection:
            return connection.execute(mine).first()

    def _find(self, upload: str, kind: Kind | None = None) -> Row[Any]:
        """The upload's row with its version's state, if it can be continued."""
        row = self._row(upload)
        if row is None or row.path is None or row.kind == Kind.PRESIGNED.value:
            raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload)
        if row.trashed is not None or row.dataset_trashed is not None:
            raise ErrorKind.VERSION_NOT_FOUND(dataset=row.dataset_id, version=row.version)
        if row.state == VersionState.COMMITTED.value:
            raise staging.committed(row)
        if row.state == VersionState.COMMITTING.value and not staging.lease_is_free(row):
            raise staging.being_committed(row)
        if row.kind not in _KINDS or row.expires <= now():
            raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload)
        if kind is not None and row.kind != kind.value:
            raise _wrong_kind(row)
        return row

    def _to_upload(self, row: Row[Any]) -> Upload:
        folder = self._folder(row.id)
        return _to_upload(row, incoming_files.offset(folder, row.id, row.size) if row.kind == _KINDS[0] else 0)

    @contextmanager
    def _data(self, row: Row[Any], offset: int) -> Iterator[incoming_files.Data]:
        with incoming_files.open_data(self._folder(row.id)) as data:
            if data is None:
                raise _wrong_offset(row, incoming_files.offset(self._folder(row.id), row.id, row.size), offset)
            yield data

    def _complete(self, row: Row[Any], parts: Sequence[tuple[int, str]] | None) -> Spool:
        """Make sure that all is there; nothing more is accepted from then on."""
        folder, shown = self._folder(row.id), show_path(row.path)
        if row.kind == Kind.PARTS.value:
            return incoming_files.complete_parts(folder, parts, shown)
        if parts is not None:
            raise _wrong_kind(row)
        return incoming_files.complete_data(folder, row.size, shown)

    def _store(self, row: Row[Any], content: Spool) -> FileInfo:
        digest, size = content.digest()
        if (announced := row.details["given"].get("hash")) is not None and announced.lower() != digest.hex():
            self._remove(row.id)  # of no use to anybody; the file stays promised
            raise ErrorKind.CONTENT_UNEXPECTED(thing=show_path(row.path), hash=announced)
        entry = Entry(row.path, size, digest, row.details["executable"])
        files = VersionFiles.open(self._repository, f"{row.dataset_id}:{row.version}")

        def still_promised(connection: Connection) -> None:
            if connection.execute(select(uploads.c.id).where(uploads.c.id == row.id, _open())).first() is None:
                raise ErrorKind.UPLOAD_NOT_FOUND(upload=row.id)

        if size < SMALL_BLOB:
            self._repository.gathering.put(files, entry, b"".join(content), still_promised)
        else:
            writing.put_large(files, entry, content, still_promised)
        return to_info(entry)

    def _forget(self, upload: str) -> None:
        with self._repository.database.write() as connection:
            mine = delete(uploads).where(uploads.c.id == upload, _open())
            if connection.execute(mine).rowcount == 0:
                raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload)

    def _ended(self, upload: str) -> tuple[Upload, FileInfo] | None:
        """What became of an upload that was finished a moment ago: its client may not have got the answer."""
        with self._lock:
            return self._finished.get(upload)

    def _remember(self, row: Row[Any], info: FileInfo) -> None:
        with self._lock:
            self._finished[row.id] = _to_upload(row, info.size if row.kind == Kind.RESUMABLE.value else 0), info
            while len(self._finished) > _REMEMBERED:
                self._finished.popitem(last=False)

    def _remove(self, upload: str) -> None:
        shutil.rmtree(self._folder(upload), ignore_errors=True)  # what stays is swept later

    def _remove_if_idle(self, folder: Path) -> bool:
        with incoming_files.only_one(folder, folder.name, wait=False) as is_free:
            if is_free:
                self._remove(folder.name)
            return is_free

    def _sweep_sometimes(self) -> None:
        with self._lock:
            if time.monotonic() < self._next_sweep:
                return
            self._next_sweep = time.monotonic() + _SWEEP_SECONDS
        self.expire()


def _upload_rows() -> Any:
    columns = [versions.c[name] for name in ("dataset_id", "version", "state", "trashed", "lease", "lease_expires")]
    joined = uploads.join(versions, versions.c.key == uploads.c.version_key).join(datasets)
    return select(uploads, *columns, datasets.c.trashed.label("dataset_trashed")).select_from(joined)


def _open() -> Any:
    return uploads.c.kind.in_(_KINDS)


def _check_announced(size: int | None, details: dict[str, Any]) -> bytes | None:
    """The hash that was announced, if any."""
    if size is not None and size < 0:
        raise ErrorKind.INVALID_OPTION(
            option="size", value=size, reason="it is negative", hint="Give the bytes of the file."
        )
    announced = details.get("hash")
    if announced is None:
        return None
    try:
        digest = bytes.fromhex(announced)
    except (TypeError, ValueError):
        digest = b""
    if len(digest) != 32:
        raise ErrorKind.INVALID_OPTION(
            option="hash",
            value=announced,
            reason="it is not a BLAKE3 hash in hexadecimal",
            hint="Give 64 hexadecimal digits, or leave it out.",
        )
    return digest


def _to_upload(row: Row[Any], offset: int) -> Upload:
    return Upload(
        id=row.id,
        reference=f"{row.dataset_id}:{row.version}",
        path=row.path.decode(),
        size=row.size,
        offset=offset,
        executable=row.details["executable"],
        created=as_time(row.started),
        expires=as_time(row.expires),
    )


def _wrong_offset(row: Row[Any], offset: int, wanted: int) -> GradientDataError:
    return ErrorKind.UPLOAD_OFFSET(path=show_path(row.path), offset=f"{offset:,}", wanted=f"{wanted:,}")


def _wrong_kind(row: Row[Any]) -> GradientDataError:
    how = "in parts" if row.kind == Kind.PARTS.value else "in order, without parts"
    return ErrorKind.INVALID_REQUEST(
        reason=f"{show_path(row.path)} is being uploaded {how}", hint="Go on as the upload began."
    )
