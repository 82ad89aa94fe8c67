"""What is known of a layer's files and of the version that its next commit starts from, in one SQLite file.

For each file that the version has from the layer it keeps what the local file looked like, so that an unchanged one is
not read again.  Everything that is not in here the version has as the folder below the layer has it.

A commit notes its version's id before it makes that version, and before it commits it what will be true then.  Whoever
comes after a crash looks what became of the version, and goes on with it, accepts or forgets.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import show_local
from jupyter_gradient_data.errors import ErrorKind

_SCHEMA = """
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE files (
    folder BLOB NOT NULL, name BLOB NOT NULL, size INTEGER NOT NULL, mtime_ns INTEGER NOT NULL, inode INTEGER NOT NULL,
    executable INTEGER NOT NULL, hash BLOB, PRIMARY KEY (folder, name)
) WITHOUT ROWID;
CREATE TABLE gone (path BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE next_files AS SELECT * FROM files;
CREATE TABLE next_gone AS SELECT * FROM gone;
"""
_ACCEPT = (
    "INSERT OR REPLACE INTO files SELECT * FROM next_files",
    "DELETE FROM gone WHERE path IN (SELECT CAST(folder || name AS BLOB) FROM next_files)",
    "DELETE FROM files WHERE CAST(folder || name AS BLOB) IN (SELECT path FROM next_gone)",
    "INSERT OR REPLACE INTO gone SELECT * FROM next_gone",
    "INSERT OR REPLACE INTO facts SELECT 'base', value FROM facts WHERE name = 'pending'",
)
_FORGET = (
    "DELETE FROM next_files",
    "DELETE FROM next_gone",
    "DELETE FROM facts WHERE name IN ('pending', 'prepared')",
)
_INSERT = "INSERT OR REPLACE INTO {} VALUES (?, ?, ?, ?, ?, ?, ?)"
_SIGN = 1 << 63  # SQLite has signed integers, some file systems inodes above


class Known(NamedTuple):
    """A file of the layer when it was last the same as in the version.

    Parameters
    ----------
    size, mtime_ns, inode : int
        Of the local file; a time of -1 means that it could be written again without a change of its time.
    executable : bool
        Whether it was a program.
    hash : bytes or None
        Of its content; None where that is the content of the file below the layer.
    """

    size: int
    mtime_ns: int
    inode: int
    executable: bool
    hash: bytes | None


class Ledger:
    """The ledger of one layer.

    Parameters
    ----------
    database : Path
        Its file.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    def create(self, version: str, files: Iterable[tuple[bytes, Known]]) -> None:
        """Make the file, for a layer over the folder of a version; ``files`` are those of a private copy."""
        self._database.touch(mode=0o600)
        with self._open() as connection:
            for statement in _SCHEMA.split(";"):
                connection.execute(statement)
            connection.executemany("INSERT INTO facts VALUES (?, ?)", [("origin", version), ("base", version)])
            connection.executemany(_INSERT.format("files"), map(_row, files))

    @property
    def origin(self) -> str:
        """Reference of the version whose folder is below the layer."""
        return self._fact("origin") or ""

    @property
    def base(self) -> str:
        """Reference of the version that the last commit made; before the first the same as `origin`."""
        return self._fact("base") or ""

    @property
    def pending(self) -> str | None:
        """Reference of the version of a commit that has begun and was neither accepted nor forgotten."""
        return self._fact("pending")

    @property
    def is_prepared(self) -> bool:
        """Whether all that will be true when that version is committed has been noted."""
        return self._fact("prepared") is not None

    def folders(self) -> set[bytes]:
        """All folders that have files here, each with a slash at its end, the top as an empty string."""
        with self._open() as connection:
            return {folder for (folder,) in connection.execute("SELECT DISTINCT folder FROM files")}

    def files(self, folder: bytes) -> dict[bytes, Known]:
        """The files directly in a folder, by name."""
        query = "SELECT name, size, mtime_ns, inode, executable, hash FROM files WHERE folder = ?"
        with self._open() as connection:
            rows = connection.execute(query, (folder,))
            return {
                name: Known(size, mtime_ns, inode + _SIGN, bool(executable), digest)
                for name, size, mtime_ns, inode, executable, digest in rows
            }

    def gone(self) -> set[bytes]:
        """Files of the folder below the layer that the version does not have."""
        with self._open() as connection:
            return {path for (path,) in connection.execute("SELECT path FROM gone")}

    def begin(self, version: str) -> None:
        """Note which version a commit is going to make."""
        with self._open() as connection:
            for statement in _FORGET:
                connection.execute(statement)
            connection.execute("INSERT INTO facts VALUES ('pending', ?)", (version,))

    def prepare(self, files: Iterable[tuple[bytes, Known]], gone: Iterable[bytes]) -> None:
        """Note what will be true when that version is committed: files that it has from the layer, files it lacks."""
        with self._open() as connection:
            connection.executemany(_INSERT.format("next_files"), map(_row, files))
            connection.executemany("INSERT INTO next_gone VALUES (?)", ((path,) for path in gone))
            connection.execute("INSERT INTO facts VALUES ('prepared', '')")

    def accept(self) -> None:
        """What was prepared is true now."""
        with self._open() as connection:
            for statement in (*_ACCEPT, *_FORGET):
                connection.execute(statement)

    def forget(self) -> None:
        """What was prepared will never be true."""
        with self._open() as connection:
            for statement in _FORGET:
                connection.execute(statement)

    def _fact(self, name: str) -> str | None:
        with self._open() as connection:
            row = connection.execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """One transaction."""
        uri = f"{self._database.absolute().as_uri()}?mode=rw"
        with (
            self._translated(),
            contextlib.closing(sqlite3.connect(uri, uri=True, isolation_level=None, timeout=60)) as connection,
        ):
            connection.execute("BEGIN IMMEDIATE")
            yield connection
            connection.execute("COMMIT")

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            path = show_local(str(self._database))
            if "full" in str(error):  # Python 3.10 does not say the code
                raise ErrorKind.DISK_FULL(path=path) from error
            raise ErrorKind.LAYER_UNREADABLE(path=path, reason=str(error)) from error


def _row(item: tuple[bytes, Known]) -> tuple[bytes, bytes, int, int, int, bool, bytes | None]:
    path, known = item
    folder, slash, name = path.rpartition(b"/")
    return folder + slash, name, known.size, known.mtime_ns, known.inode - _SIGN, known.executable, known.hash
