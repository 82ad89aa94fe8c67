"""Putting one file from a stream of bytes, as a server receives it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from sqlalchemy import Connection

from jupyter_gradient_data.blobs.hashing import Hasher
from jupyter_gradient_data.blobs.packs import SMALL_BLOB
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import FileInfo, VersionState

from . import spool, staging
from .files import VersionFiles, file_path, to_info
from .nodes import Entry
from .repository import Repository
from .spool import Spool

Guard = Callable[[Connection], None]
"""Called in the transaction that puts a file into its version; raises when it must not."""


def write(repository: Repository, reference: str, path: str, chunks: Iterable[bytes], executable: bool) -> FileInfo:
    """Put one file; nothing is visible before all its bytes are in the store."""
    writer = FileWriter(repository, reference, path, executable)
    try:
        for chunk in chunks:
            writer.append(chunk)
        return writer.finish()
    finally:
        writer.close()


class FileWriter:
    """Puts one file whose bytes come piece by piece.

    Its hash names it in the store, so the bytes are kept until all have come: in memory below 1 MiB, else on disk.

    Parameters
    ----------
    repository : Repository
        The team's data.
    reference, path : str
        Where the file goes; refused here when the version is committed.
    executable : bool
        Whether it is a program.
    """

    def __init__(self, repository: Repository, reference: str, path: str, executable: bool) -> None:
        Reference.parse_version(reference)
        self._path = file_path(path)
        self._files = open_uncommitted(repository, reference)
        self._executable = executable
        self._hasher, self._size = Hasher(), 0
        self._content = bytearray()  # while it is small
        self._spool: Path | None = None
        self._file = -1

    def append(self, chunk: bytes) -> None:
        """Take the next piece."""
        self._hasher.update(chunk)
        self._size += len(chunk)
        if self._spool is None:
            self._content += chunk
            if self._size < SMALL_BLOB:
                return
            chunk, self._content = bytes(self._content), bytearray()
            self._spool = spool.temporary(spool.incoming_folder(self._files.repository), "file")
            self._file = spool.create(self._spool)
        spool.append(self._file, self._spool, chunk)

    def finish(self) -> FileInfo:
        """All has come: put the file into its version."""
        entry = Entry(self._path, self._size, self._hasher.digest(), self._executable)
        if self._spool is None:
            self._files.repository.gathering.put(self._files, entry, bytes(self._content))
        else:
            put_large(self._files, entry, Spool([self._spool]))
        return to_info(entry)

    def close(self) -> None:
        """Forget what has come."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
        if self._spool is not None:
            with contextlib.suppress(OSError):  # it is swept later
                self._spool.unlink(missing_ok=True)


def open_uncommitted(repository: Repository, reference: str) -> VersionFiles:
    """The files of a version that takes files now.

    Raises
    ------
    Conflict
        It is committed, or somebody is committing it.
    """
    files = VersionFiles.open(repository, reference)
    if files.version.state != VersionState.UNCOMMITTED.value:
        with repository.database.write() as connection:
            staging.fence(connection, files.version.key, alone=True)  # passes when that commit has died
    return files


def put_large(files: VersionFiles, entry: Entry, content: Spool, guard: Guard | None = None) -> None:
    """Put a file of 1 MiB or more whose bytes are on the local disk; content that is known is not sent."""
    blobs, database, key = files.blobs, files.repository.database, files.version.key

    def check(connection: Connection) -> None:
        staging.fence(connection, key)
        if guard is not None:
            guard(connection)

    with database.write() as connection:
        check(connection)
        if blobs.index.touch(connection, [entry.hash]):
            staging.stage(database, connection, key, [entry])
            return
    blobs.index.check_room(entry.size)
    if len(content.files) > 1 or not blobs.adopt_large(entry.hash, content.files[0]):
        blobs.put_large(entry.hash, content, entry.size, lambda: ErrorKind.SOURCE_CHANGED(path="the temporary copy"))
    with database.write() as connection:
        check(connection)
        blobs.index.record_object(connection, entry.hash, entry.size)
        staging.stage(database, connection, key, [entry])
