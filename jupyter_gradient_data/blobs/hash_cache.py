"""Hashes of local files, remembered on this machine, so that an unchanged file is not read again.

One row per folder holds everything about its files in one packed, checksummed value: what costs is the row, not the
file.  It is only a cache: a damaged one is made anew, one that cannot be written is done without, and nobody is told.

**When a hash may be remembered.**  A file that is written twice within one tick of the file system's clock keeps its
modification time, and often its size.  Whoever hashed it between the two writes would take it for unchanged for ever.
So a hash is remembered only when the modification time lies more than two seconds (the coarsest tick, that of FAT)
before the moment at which reading began; a time in the future fails the same test.  A file that fails it is
simply read again next time.
"""

from __future__ import annotations

import os
import sqlite3
import struct
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from .hashing import HASH_SIZE, hash_bytes

_RACY_NS = 2_000_000_000
_KEEP_DAYS = 90  # a folder nobody asked for in this time is forgotten
_DAY = 86_400  # seconds
_UINT64 = (1 << 64) - 1  # where inodes are wider, the files are hashed every time
_CHECK_SIZE = 8  # bytes of a hash over the packed value: SQLite does not notice a flipped bit in it
_FLUSH_BYTES = 4 << 20  # written when this much waits, so that memory stays bounded
_FORMAT = b"1"  # of the packed value; goes into its check, so that another format reads as damaged

_SCHEMA = """
CREATE TABLE IF NOT EXISTS folders (
    folder BLOB PRIMARY KEY,  -- absolute path, as the operating system has it
    used INTEGER NOT NULL,    -- days since 1970
    files BLOB NOT NULL
);
CREATE INDEX IF NOT EXISTS folders_used ON folders (used);
"""


class CachedHash(NamedTuple):
    """What a file looked like when it was hashed, and its hash.

    Parameters
    ----------
    size, mtime_ns, inode : int
        Bytes, nanoseconds since 1970, number.
    hash : bytes
        BLAKE3.
    """

    size: int
    mtime_ns: int
    inode: int
    hash: bytes


class HashCache:
    """Remembered hashes per local folder.

    May be used by several threads and several processes at once.  A context manager: leaving it writes what was
    remembered and closes it.

    Parameters
    ----------
    database : Path
        An SQLite file of its own; made with its folder when missing.
    """

    def __init__(self, database: Path) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._today = int(time.time() // _DAY)
        self._waiting: dict[bytes, bytes] = {}  # folder to packed files
        self._touched: set[bytes] = set()
        self._waiting_bytes = 0
        self._connection = _open(database, self._today)

    def __enter__(self) -> HashCache:
        """The cache itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Flush and close, also after an error: what was hashed stays true."""
        self.close()

    def load(self, folder: str) -> dict[str, CachedHash]:
        """What is remembered of the files directly in a folder.

        Parameters
        ----------
        folder : str
            A local folder.

        Returns
        -------
        dict
            Local file name to `CachedHash`; empty when nothing is known.
        """
        key = _key(folder)
        with self._lock:
            packed = self._waiting.get(key)
            if packed is None:
                packed = self._select(key)
        return {} if packed is None else _unpack(key, packed)

    def remember(
        self, folder: str, hashes: Mapping[str, CachedHash], read_since_ns: int, *, complete: bool = True
    ) -> None:
        """Remember the hashes of the files of a folder; they are written with the next `flush`.

        Call it when something new was hashed; a folder that was only looked up is kept as it is.

        Parameters
        ----------
        folder : str
            A local folder.
        hashes : mapping
            Local file name to `CachedHash`, both the new ones and those that `load` gave.
        read_since_ns : int
            ``time.time_ns()`` at a moment before the first of these files was read; see the top of this file.
        complete : bool
            Whether these are all files of the folder, so that others are forgotten.
        """
        newest = read_since_ns - _RACY_NS
        settled = {name: cached for name, cached in hashes.items() if cached.mtime_ns < newest}
        if not complete:
            settled = {name: cached for name, cached in self.load(folder).items() if name not in hashes} | settled
        key = _key(folder)
        packed = _pack(key, settled)
        with self._lock:
            self._waiting_bytes += len(packed)
            self._waiting[key] = packed
            if self._waiting_bytes > _FLUSH_BYTES:
                self._write()

    def flush(self) -> None:
        """Write what was remembered, in one transaction."""
        with self._lock:
            self._write()

    def close(self) -> None:
        """Write what was remembered and close the file; nothing is remembered afterwards."""
        with self._lock:
            self._write()
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _select(self, key: bytes) -> bytes | None:
        if self._connection is None:
            return None
        try:
            row = self._connection.execute("SELECT files, used FROM folders WHERE folder = ?", (key,)).fetchone()
        except sqlite3.Error as error:
            self._recover(error)
            return None
        if row is None:
            return None
        if row[1] != self._today:  # once a day is enough to know what is in use
            self._touched.add(key)
        return row[0] if isinstance(row[0], bytes) else None

    def _write(self) -> None:
        waiting, self._waiting, self._waiting_bytes = self._waiting, {}, 0
        touched, self._touched = self._touched.difference(waiting), set()
        if self._connection is None or not (waiting or touched):
            return
        try:
            with self._connection:
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(
                    "INSERT OR REPLACE INTO folders (folder, used, files) VALUES (?, ?, ?)",
                    [(key, self._today, packed) for key, packed in waiting.items()],
                )
                self._connection.executemany(
                    "UPDATE folders SET used = ? WHERE folder = ?", [(self._today, key) for key in touched]
                )
        except sqlite3.Error as error:
            self._recover(error)  # what waited is lost: these files are hashed again next time

    def _recover(self, error: sqlite3.Error) -> None:
        """Begin anew when the file is damaged; when it is locked, read-only or full it is left as it is."""
        if _is_damage(error) and self._connection is not None:
            self._connection.close()
            self._connection = _open_anew(self._database, self._today)


def _open(database: Path, today: int) -> sqlite3.Connection | None:
    """Open the cache, anew when it is damaged; None when that cannot be done."""
    try:
        database.parent.mkdir(parents=True, exist_ok=True)
        return _connect(database, today)
    except sqlite3.Error as error:
        return _open_anew(database, today) if _is_damage(error) else None
    except OSError:
        return None


def _open_anew(database: Path, today: int) -> sqlite3.Connection | None:
    try:
        for suffix in ("", "-wal", "-shm"):
            database.with_name(database.name + suffix).unlink(missing_ok=True)
        return _connect(database, today)
    except (sqlite3.Error, OSError):
        return None


def _is_damage(error: sqlite3.Error) -> bool:
    return isinstance(error, sqlite3.DatabaseError) and not isinstance(error, sqlite3.OperationalError)


def _connect(database: Path, today: int) -> sqlite3.Connection:
    connection = sqlite3.connect(database, timeout=5, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = OFF")
        connection.executescript(_SCHEMA)
        if connection.execute("SELECT 1 FROM folders WHERE used < ? LIMIT 1", (today - _KEEP_DAYS,)).fetchone():
            connection.execute("DELETE FROM folders WHERE used < ?", (today - _KEEP_DAYS,))
    except BaseException:
        connection.close()
        raise
    return connection


def _key(folder: str) -> bytes:
    return os.fsencode(os.path.abspath(folder))


def _pack(key: bytes, hashes: Mapping[str, CachedHash]) -> bytes:
    """Check, number of files, columns of sizes, times, inodes and hashes, names separated by NUL."""
    count = len(hashes)
    rows = hashes.values()
    content = b"".join(
        (
            struct.pack("<I", count),
            struct.pack(f"<{count}q", *[row.size for row in rows]),
            struct.pack(f"<{count}q", *[row.mtime_ns for row in rows]),
            struct.pack(f"<{count}Q", *[row.inode & _UINT64 for row in rows]),
            b"".join([row.hash for row in rows]),
            "\0".join(hashes).encode(),
        )
    )
    return _check(key, content) + content


def _unpack(key: bytes, packed: bytes) -> dict[str, CachedHash]:
    """The opposite of `_pack`; empty when the value is damaged."""
    content = packed[_CHECK_SIZE:]
    if _check(key, content) != packed[:_CHECK_SIZE]:
        return {}
    (count,) = struct.unpack_from("<I", content)
    columns = [struct.unpack_from(f"<{count}{kind}", content, 4 + 8 * count * at) for at, kind in enumerate("qqQ")]
    start = 4 + 24 * count
    names = start + HASH_SIZE * count
    hashes = [content[at : at + HASH_SIZE] for at in range(start, names, HASH_SIZE)]
    return dict(zip(content[names:].decode().split("\0"), map(CachedHash, *columns, hashes), strict=False))


def _check(key: bytes, content: bytes) -> bytes:
    return hash_bytes(b"\0".join((_FORMAT, key, content)))[:_CHECK_SIZE]
