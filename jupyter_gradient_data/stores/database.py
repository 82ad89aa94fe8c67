"""The metadata database: one engine, two kinds of transaction, migrations at the first start.

SQLite in WAL mode by default, PostgreSQL by URL.  Callers write SQLAlchemy Core statements over `schema` and never see
which of the two it is.
"""

from __future__ import annotations

import functools
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, exc, make_url, text

from jupyter_gradient_data.errors import ErrorKind

if TYPE_CHECKING:
    from sqlalchemy import Table
    from sqlalchemy.engine import URL

HEAD = "0004"  # newest revision in migrations/versions; a test compares them

_PATIENCE = 60.0  # seconds to wait for others who write into the same SQLite file
_MIGRATION_LOCK = 0x6A6764  # any number that nobody else uses in this PostgreSQL database
_NETWORK_FILESYSTEMS = frozenset(
    {"nfs", "nfs4", "cifs", "smb3", "smbfs", "9p", "afs", "lustre", "gpfs", "glusterfs", "ceph", "beegfs"}
    | {"fuse.sshfs", "fuse.glusterfs", "fuse.s3fs"}
)


def now() -> int:
    """Milliseconds since the epoch."""
    return time.time_ns() // 1_000_000


def dialect_module(name: str) -> Any:
    """What SQLAlchemy has for one database alone: ``sqlite`` or ``postgresql``."""
    # Each takes some 40 ms to import, and only one is needed.
    if name == "sqlite":
        from sqlalchemy.dialects import sqlite

        return sqlite
    from sqlalchemy.dialects import postgresql

    return postgresql


@functools.cache  # making it takes longer than executing it
def _insert_or_replace(dialect: str, table: Table) -> Any:
    statement = dialect_module(dialect).insert(table)
    keys = [column.name for column in table.primary_key]
    changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in keys}
    return statement.on_conflict_do_update(index_elements=keys, set_=changed)


class Database:
    """Open a metadata database, making or upgrading its tables when needed.

    Parameters
    ----------
    url : str
        SQLAlchemy URL, ``sqlite:///path`` or ``postgresql+psycopg://…``.

    Raises
    ------
    Invalid
        SQLite would lie on a network file system.
    StoreFailed
        It cannot be opened, or was made by a newer version of this program.
    """

    def __init__(self, url: str) -> None:
        self._url = _checked_url(url)
        self.name = self._url.render_as_string(hide_password=True)
        try:
            self.engine = _make_engine(self._url)
            try:
                self._migrate()
            except BaseException:
                self.engine.dispose()
                raise
        except ImportError as error:
            raise ErrorKind.DATABASE_FAILED(
                database=self.name, reason=f"its driver is missing ({error}); install jupyter-gradient-data[postgresql]"
            ) from None
        except exc.SQLAlchemyError as error:
            raise self._failed(error) from None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that changes nothing; sees one consistent state on SQLite."""
        with self._translated(), self.engine.connect() as connection:
            yield connection

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """A transaction that may change things; committed at the end, rolled back on an exception.

        On SQLite it takes the write lock at once, so what it reads cannot change before it writes.
        """
        with self._translated(), self.engine.connect().execution_options(write=True) as connection, connection.begin():
            yield connection

    def insert_missing(self, table: Table) -> Any:
        """``INSERT … ON CONFLICT DO NOTHING`` in this database's dialect."""
        return self._dialect.insert(table).on_conflict_do_nothing()

    def insert_or_replace(self, table: Table) -> Any:
        """``INSERT … ON CONFLICT (primary key) DO UPDATE`` of all other columns."""
        return _insert_or_replace(self.engine.dialect.name, table)

    def lock(self, connection: Connection, table: Table) -> None:
        """Keep others from writing into a table until the transaction ends; on SQLite they cannot anyway."""
        if not self.is_sqlite:
            connection.execute(text(f"LOCK TABLE {table.name} IN SHARE ROW EXCLUSIVE MODE"))

    def close(self) -> None:
        """Close all connections."""
        self.engine.dispose()

    @property
    def is_sqlite(self) -> bool:
        """Whether this is SQLite, which has one writer at a time."""
        return self.engine.dialect.name == "sqlite"

    @property
    def _dialect(self) -> Any:
        return dialect_module(self.engine.dialect.name)

    @contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except exc.IntegrityError:
            raise  # callers know which name was taken
        except UnicodeEncodeError as error:
            raise ErrorKind.INVALID_OPTION(
                option="text", value=error.object, reason="it is not valid Unicode", hint="Write it in UTF-8."
            ) from None
        except exc.SQLAlchemyError as error:
            raise self._failed(error) from None

    def _failed(self, error: exc.SQLAlchemyError) -> Exception:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()
        if self.is_sqlite and "disk is full" in "".join(cause):
            return ErrorKind.DISK_FULL(path=self.engine.url.database)
        return ErrorKind.DATABASE_FAILED(database=self.name, reason=cause[0] if cause else type(error).__name__)

    def _revision(self, connection: Connection) -> str | None:
        if not self.engine.dialect.has_table(connection, "alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()

    def _migrate(self) -> None:
        with self.read() as connection:
            if self._revision(connection) == HEAD:
                return
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})"))
            if (found := self._revision(connection)) == HEAD:  # another process was faster
                return
            # Alembic takes 150 ms to import: only here, when there is something to do.
            from .migrations.run import is_known, upgrade

            if found is not None and not is_known(found):
                raise ErrorKind.DATABASE_NEWER(database=self.name)
            upgrade(connection)


def _checked_url(text_url: str) -> URL:
    try:
        url = make_url(text_url)
    except exc.ArgumentError:
        raise _bad_url("it is not an SQLAlchemy URL") from None
    backend = url.get_backend_name()
    if backend == "postgresql":
        return url.set(drivername="postgresql+psycopg")
    if backend != "sqlite":
        raise _bad_url(f"{backend} is not supported")
    if not url.database or url.database == ":memory:":
        raise _bad_url("an SQLite database needs a file")
    return url


def _bad_url(reason: str) -> Exception:
    return ErrorKind.INVALID_OPTION(
        option="database URL",
        value="(hidden)",  # it may hold a password
        reason=reason,
        hint="Use sqlite:////path/to/file or postgresql://user:password@host/database.",
    )


def _make_engine(url: URL) -> Engine:
    if url.get_backend_name() == "postgresql":
        return create_engine(url, pool_pre_ping=True, pool_size=10, max_overflow=20)
    path = Path(str(url.database))
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ErrorKind.DATABASE_FAILED(database=path, reason=error.strerror) from None
    _refuse_network_filesystem(path.parent)
    _create_private(path)
    engine = create_engine(url, connect_args={"timeout": _PATIENCE}, pool_size=10, max_overflow=20)
    event.listen(engine, "connect", _set_up_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _create_private(path: Path) -> None:
    # Never opens a file that is there: closing it would drop the locks that SQLite has in this process.
    try:
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
    except FileExistsError:
        return
    except OSError as error:
        raise ErrorKind.DATABASE_FAILED(database=path, reason=error.strerror) from None


def _set_up_sqlite(connection: Any, _record: Any) -> None:
    connection.isolation_level = None  # we say BEGIN ourselves, see _begin_sqlite
    cursor = connection.cursor()
    _use_wal(cursor)
    cursor.execute("PRAGMA synchronous = FULL")  # a commit that was reported survives a power cut
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA cache_size = -32768")
    cursor.close()


def _use_wal(cursor: Any) -> None:
    # While another process makes this switch, SQLite may say "locked" at once: it does not wait there, as it does
    # elsewhere (the busy handler is not called where waiting could be for ever).
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
        time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    # A deferred transaction that first reads and then writes can fail with "database is locked" at once, whatever the
    # timeout (SQLite's documentation of BEGIN): writers take the lock at the start.
    writes = connection.get_execution_options().get("write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _refuse_network_filesystem(folder: Path) -> None:
    filesystem = filesystem_of(folder)
    if filesystem in _NETWORK_FILESYSTEMS:
        raise ErrorKind.DATABASE_ON_NETWORK(path=folder, filesystem=filesystem)


def filesystem_of(folder: Path) -> str | None:
    """The type of the file system that holds a folder, from the longest mount point above it; None where unknown."""
    try:
        lines = Path("/proc/self/mountinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:  # not Linux
        return None
    real, best, found = os.path.realpath(folder), "", None
    for line in lines:
        left, _, right = line.partition(" - ")
        mount = left.split()[4].replace("\\040", " ")
        inside = real == mount or real.startswith(mount.rstrip("/") + "/")
        if inside and len(mount) >= len(best):
            best, found = mount, right.split()[0]
    return found
