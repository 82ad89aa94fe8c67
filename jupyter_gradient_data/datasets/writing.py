"""Putting one file from a stream of bytes, as a server receives it."""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator
from typing import IO

from jupyter_gradient_data.blobs.hashing import Hasher
from jupyter_gradient_data.blobs.packs import SMALL_BLOB, PackBuilder, encode
from jupyter_gradient_data.blobs.store import RANGE
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import FileInfo

from . import staging
from .files import VersionFiles, file_path, to_info
from .nodes import Entry
from .repository import Repository


def write(repository: Repository, reference: str, path: str, chunks: Iterable[bytes], executable: bool) -> FileInfo:
    """Put one file; nothing is visible before all its bytes are in the store.

    Its hash names it in the store, so the bytes are kept until all have come: in memory below 1 MiB, else in a
    temporary file.
    """
    Reference.parse_version(reference)
    stored_path = file_path(path)
    files = VersionFiles.open(repository, reference)
    key, blobs, database = files.version.key, files.blobs, repository.database
    with database.write() as connection:
        staging.fence(connection, key, alone=True)
    with tempfile.SpooledTemporaryFile(max_size=SMALL_BLOB) as spool:
        hasher, size = Hasher(), 0
        for chunk in chunks:
            hasher.update(chunk)
            try:
                spool.write(chunk)
            except OSError as error:
                raise _no_room(error) from error
            size += len(chunk)
        entry = Entry(stored_path, size, hasher.digest(), executable)
        with database.write() as connection:
            staging.fence(connection, key)
            if blobs.index.touch(connection, [entry.hash]):
                staging.stage(database, connection, key, [entry])
                return to_info(entry)
        blobs.index.check_room(size)
        if size < SMALL_BLOB:
            _put_small(files, entry, spool)
        else:
            _put_large(files, entry, spool)
    return to_info(entry)


def _no_room(error: OSError) -> GradientDataError:
    folder = tempfile.gettempdir()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=folder)
    return ErrorKind.TARGET_UNWRITABLE(path=folder, reason=error.strerror or str(error))


def _put_small(files: VersionFiles, entry: Entry, spool: IO[bytes]) -> None:
    builder = PackBuilder()
    spool.seek(0)
    builder.add(entry.hash, entry.size, *encode(spool.read()))
    pack = builder.finish()
    files.blobs.put_pack(pack)
    database = files.repository.database
    with database.write() as connection:
        staging.fence(connection, files.version.key)
        files.blobs.index.record_pack(connection, pack)
        staging.stage(database, connection, files.version.key, [entry])


def _put_large(files: VersionFiles, entry: Entry, spool: IO[bytes]) -> None:
    def changed() -> Exception:
        return ErrorKind.SOURCE_CHANGED(path="the temporary copy")

    files.blobs.put_large(entry.hash, _Spooled(spool), entry.size, changed)
    database = files.repository.database
    with database.write() as connection:
        staging.fence(connection, files.version.key)
        files.blobs.index.record_object(connection, entry.hash, entry.size)
        staging.stage(database, connection, files.version.key, [entry])


class _Spooled:
    """The bytes of a temporary file, from the beginning each time."""

    def __init__(self, spool: IO[bytes]) -> None:
        self._spool = spool

    def __iter__(self) -> Iterator[bytes]:
        self._spool.seek(0)
        while chunk := self._spool.read(RANGE):
            yield chunk
