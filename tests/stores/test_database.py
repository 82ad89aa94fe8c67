"""The metadata database on both dialects: its tables, its transactions, and what it refuses."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import insert, select, text
from sqlalchemy.exc import IntegrityError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError, Invalid, StoreFailed
from jupyter_gradient_data.stores import database as database_module
from jupyter_gradient_data.stores.database import HEAD, Database, now
from jupyter_gradient_data.stores.migrations.run import is_known, newest
from jupyter_gradient_data.stores.schema import CONDITIONAL_INDEXES, metadata, teams

DIALECTS = ["sqlite", "postgresql"]


@pytest.fixture(params=DIALECTS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a database may be made."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'state' / 'metadata.sqlite'}"
    made: str = request.getfixturevalue("postgres_database")()
    return made


@pytest.fixture
def open_database(url: str) -> Iterator[Callable[[], Database]]:
    """Opens the database, any number of times."""
    with contextlib.ExitStack() as opened:

        def open_it() -> Database:
            database = Database(url)
            opened.callback(database.close)
            return database

        yield open_it


@pytest.fixture
def database(open_database: Callable[[], Database]) -> Database:
    return open_database()


def _open_many(start: Barrier, urls: list[str], failed: Queue[str]) -> None:
    for url in urls:
        start.wait(60)
        try:
            Database(url).close()
        except GradientDataError as error:
            failed.put(str(error))
    failed.put("")


def test_processes_open_a_new_sqlite_file_at_once(tmp_path: Path) -> None:
    """One of them makes it a WAL file; SQLite tells the others "locked" without waiting."""
    context, processes = multiprocessing.get_context("spawn"), 6
    start, failed = context.Barrier(processes), context.Queue()
    urls = [f"sqlite:///{tmp_path / str(number)}.sqlite" for number in range(40)]
    started = [context.Process(target=_open_many, args=(start, urls, failed)) for _ in range(processes)]
    for process in started:
        process.start()
    assert [failed.get(timeout=120) for _ in started] == [""] * processes
    for process in started:
        process.join(60)


def test_opening_again_leaves_sqlites_locks_alone(tmp_path: Path) -> None:
    """Closing any descriptor of a file drops all locks that the process has on it, and with them SQLite's."""
    path = tmp_path / "metadata.sqlite"
    first = Database(f"sqlite:///{path}")
    with first.read():
        Database(f"sqlite:///{path}").close()
        # Nobody may end the WAL while somebody reads from it.
        code = f"import sqlite3; sqlite3.connect({str(path)!r}, timeout=0).execute('PRAGMA journal_mode = DELETE')"
        other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
        assert "database is locked" in other.stderr
    first.close()


def row(name: str, created: int = 1) -> dict[str, object]:
    return {"id": name, "created": created}


def content(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {found.id: found.created for found in connection.execute(select(teams))}


# --- tables -----------------------------------------------------------------------------------------------------------


def test_the_code_names_the_newest_revision() -> None:
    assert newest() == HEAD
    assert is_known(HEAD)
    assert not is_known("9999")


def test_migrations_make_the_tables_of_the_schema(database: Database) -> None:
    with database.read() as connection:
        options = {
            "compare_type": True,
            "compare_server_default": True,
            "include_name": lambda name, kind, _: kind != "index" or name not in CONDITIONAL_INDEXES,
        }
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []
        assert connection.execute(text("SELECT version_num FROM alembic_version")).scalar() == HEAD


def test_indexes_with_a_condition_have_it(database: Database) -> None:
    """Alembic does not compare conditions; without its own, a name would never be free again."""
    if database.is_sqlite:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
    else:
        query = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    with database.read() as connection:
        found = {name: definition.upper() for name, definition in connection.execute(text(query))}
    for name, condition in CONDITIONAL_INDEXES.items():
        definition = found[name].replace('"', "").replace("(", "").replace(")", "")
        assert definition.endswith(f"WHERE {condition.upper()}"), name


def test_opening_again_changes_nothing(open_database: Callable[[], Database]) -> None:
    first = open_database()
    with first.write() as connection:
        connection.execute(insert(teams), row("a"))
    assert content(open_database()) == {"a": 1}


@pytest.mark.parametrize("revision", ["9999", "made-by-another-branch"])
def test_a_newer_database_is_refused(open_database: Callable[[], Database], revision: str) -> None:
    with open_database().write() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = :new"), {"new": revision})
    with pytest.raises(StoreFailed, match="newer version") as caught:
        open_database()
    assert caught.value.kind is ErrorKind.DATABASE_NEWER
    assert "Upgrade" in caught.value.hint


# --- transactions -----------------------------------------------------------------------------------------------------


def test_an_exception_takes_everything_back(database: Database) -> None:
    def fail() -> None:
        with database.write() as connection:
            connection.execute(insert(teams), row("a"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert content(database) == {}


def test_a_broken_rule_is_for_the_caller(database: Database) -> None:
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert(teams), [row("a"), row("a")])
    assert content(database) == {}


def test_other_failures_are_ours(database: Database) -> None:
    with pytest.raises(StoreFailed) as caught, database.read() as connection:
        connection.execute(text("SELECT * FROM nothing"))
    assert caught.value.kind is ErrorKind.DATABASE_FAILED
    assert database.name in caught.value.message


def test_a_full_disk_is_called_one(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'metadata.sqlite'}")
    with database.engine.connect() as connection:
        connection.execute(text("PRAGMA max_page_count = 1"))
    with pytest.raises(StoreFailed) as caught, database.write() as connection:
        connection.execute(text("CREATE TABLE large AS SELECT randomblob(10000000) AS data"))
    database.close()
    assert caught.value.kind is ErrorKind.DISK_FULL


def test_readers_see_what_is_committed(open_database: Callable[[], Database]) -> None:
    one, other = open_database(), open_database()
    with one.write() as connection:
        connection.execute(insert(teams), row("a"))
        assert content(other) == {}  # and does not wait
    assert content(other) == {"a": 1}


def test_a_read_on_sqlite_sees_one_moment(open_database: Callable[[], Database]) -> None:
    one, other = open_database(), open_database()
    if not one.is_sqlite:
        with one.read() as connection:
            assert connection.get_isolation_level() == "READ COMMITTED"
        return
    with one.read() as connection:
        assert connection.execute(select(teams)).all() == []
        with other.write() as writing:
            writing.execute(insert(teams), row("a"))
        assert connection.execute(select(teams)).all() == []


def test_writers_wait_for_each_other(open_database: Callable[[], Database]) -> None:
    """Reading and then writing in one transaction loses nothing, however many do so at once."""
    databases = [open_database() for _ in range(4)]
    with databases[0].write() as connection:
        connection.execute(insert(teams), row("a", 0))

    def count_up(database: Database) -> None:
        for _ in range(10):
            with database.write() as connection:
                found = connection.execute(select(teams.c.created).with_for_update()).scalar_one()
                connection.execute(teams.update().values(created=found + 1))

    threads = [threading.Thread(target=count_up, args=(database,)) for database in databases]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert content(databases[0]) == {"a": 40}


def test_a_locked_table_is_read_and_not_written(open_database: Callable[[], Database]) -> None:
    one, other = open_database(), open_database()
    order: list[str] = []

    def write() -> None:
        with other.write() as connection:
            other.lock(connection, teams)
            connection.execute(insert(teams), row("b"))
            order.append("second")

    with one.write() as connection:
        one.lock(connection, teams)
        thread = threading.Thread(target=write)
        thread.start()
        assert content(other) == {}
        connection.execute(insert(teams), row("a"))
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


# --- statements that differ -------------------------------------------------------------------------------------------


def test_insert_missing(database: Database) -> None:
    with database.write() as connection:
        connection.execute(database.insert_missing(teams), row("a", 1))
        connection.execute(database.insert_missing(teams), [row("a", 2), row("b", 3), row("b", 4)])
        new = database.insert_missing(teams).returning(teams.c.id)
        assert connection.execute(new, row("a", 5)).first() is None
        assert connection.execute(new, row("c", 6)).first() == ("c",)
    assert content(database) == {"a": 1, "b": 3, "c": 6}


def test_insert_or_replace(database: Database) -> None:
    with database.write() as connection:
        connection.execute(database.insert_or_replace(teams), [row("a", 1), row("b", 2)])
        connection.execute(database.insert_or_replace(teams), [row("a", 3), row("c", 4)])
    assert content(database) == {"a": 3, "b": 2, "c": 4}


def test_bytes_are_ordered_bytewise(database: Database) -> None:
    from jupyter_gradient_data.stores.schema import datasets, providers, staged, versions

    some = {
        providers: {"key": 1, "id": "sp", "team_id": "t", "name": "p", "kind": "managed", "config": {}},
        datasets: {"id": "ds", "team_id": "t", "provider_key": 1, "name": "d", "description": "", "is_public": False},
        versions: {"key": 1, "dataset_id": "ds", "version": "v", "state": "uncommitted", "message": "", "author": ""},
    }
    some[providers] |= {"capabilities": {}, "is_default": True, "used_bytes": 0, "created": 1, "modified": 1}
    some[datasets] |= {"commits": 0, "card_revision": 0, "card_written": 0, "created": 1, "modified": 1}
    some[versions] |= {"metadata": {}, "created": 1, "modified": 1}
    paths = [b"B", b"a", b"a/b", b"a-b", b"a0", "é".encode(), b"\xf0\x9f\x98\x80", b"Z"]
    with database.write() as connection:
        connection.execute(insert(teams), row("t"))
        for table, values in some.items():
            connection.execute(insert(table), values)
        rows = [{"version_key": 1, "path": path, "size": 2**40, "executable": False} for path in paths]
        connection.execute(insert(staged), rows)
    with database.read() as connection:
        found = connection.execute(select(staged.c.path, staged.c.size).order_by(staged.c.path)).all()
    assert [bytes(path) for path, _ in found] == sorted(paths)
    assert {size for _, size in found} == {2**40}


def test_now_is_in_milliseconds() -> None:
    assert 1_600_000_000_000 < now() < 4_000_000_000_000


# --- what is refused --------------------------------------------------------------------------------------------------


def test_only_the_owner_may_read_sqlite(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        database = Database(f"sqlite:///{tmp_path / 'state' / 'metadata.sqlite'}")
        with database.write() as connection:
            connection.execute(insert(teams), row("a"))
        with database.read():  # the files beside it exist while it is open
            modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "state").iterdir()}
        database.close()
    finally:
        os.umask(before)
    assert modes == dict.fromkeys(modes, 0o600)
    assert "metadata.sqlite" in modes
    assert (tmp_path / "state").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("filesystem", ["nfs4", "cifs", "lustre", "fuse.sshfs", "ceph", "9p"])
def test_sqlite_on_a_network_file_system_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filesystem: str
) -> None:
    monkeypatch.setattr(database_module, "filesystem_of", lambda folder: filesystem)
    with pytest.raises(Invalid, match=filesystem) as caught:
        Database(f"sqlite:///{tmp_path / 'state' / 'metadata.sqlite'}")
    assert caught.value.kind is ErrorKind.DATABASE_ON_NETWORK
    assert "PostgreSQL" in caught.value.hint
    assert not (tmp_path / "state" / "metadata.sqlite").exists()


@pytest.mark.parametrize("filesystem", ["ext4", "tmpfs", "overlay", "btrfs", None])
def test_sqlite_on_a_local_file_system_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, filesystem: str | None
) -> None:
    monkeypatch.setattr(database_module, "filesystem_of", lambda folder: filesystem)
    Database(f"sqlite:///{tmp_path / 'metadata.sqlite'}").close()


def test_the_file_system_of_a_folder() -> None:
    if not Path("/proc/self/mountinfo").exists():
        pytest.skip("only Linux says which file system a folder is on")
    assert database_module.filesystem_of(Path("/proc/self")) == "proc"
    assert database_module.filesystem_of(Path("/proc/1/../self")) == "proc"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("nonsense", "not an SQLAlchemy URL"),
        ("mysql://user:hunter2@host/db", "mysql is not supported"),
        ("sqlite://", "needs a file"),
        ("sqlite:///:memory:", "needs a file"),
    ],
)
def test_a_url_that_cannot_be(url: str, reason: str) -> None:
    with pytest.raises(Invalid, match=reason) as caught:
        Database(url)
    assert "hunter2" not in str(caught.value.details)


def test_a_server_that_is_not_there_and_its_password_stays_secret() -> None:
    with pytest.raises(GradientDataError) as caught:
        Database("postgresql://user:hunter2@127.0.0.1:1/nothing")
    assert caught.value.kind is ErrorKind.DATABASE_FAILED
    assert "127.0.0.1" in caught.value.message
    for said in (caught.value.message, caught.value.hint, str(caught.value.details)):
        assert "hunter2" not in said


def test_what_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "metadata.sqlite").write_bytes(b"something else entirely" * 500)
    with pytest.raises(StoreFailed, match="not a database") as caught:
        Database(f"sqlite:///{tmp_path / 'metadata.sqlite'}")
    assert caught.value.kind is ErrorKind.DATABASE_FAILED
    assert (tmp_path / "metadata.sqlite").read_bytes() == b"something else entirely" * 500
