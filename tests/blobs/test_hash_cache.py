"""The hash cache: what it knows is right, and it never stands in the way."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.blobs import hash_cache
from jupyter_gradient_data.blobs.hash_cache import CachedHash, HashCache
from tests.support.privileges import folder_for_all, without_privileges

SECOND = 1_000_000_000
LONG_AGO = 1_600_000_000 * SECOND
FILES = {"a.txt": CachedHash(3, LONG_AGO, 7, b"\1" * 32), "ä b": CachedHash(0, -5, 2**64 - 1, b"\2" * 32)}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "not yet" / "hashes.sqlite"


def remember(database: Path, folder: str = "/data", files: dict[str, CachedHash] = FILES) -> None:
    with HashCache(database) as cache:
        cache.remember(folder, files, time.time_ns())


def load(database: Path, folder: str = "/data") -> dict[str, CachedHash]:
    with HashCache(database) as cache:
        return cache.load(folder)


def test_what_was_remembered_is_there_the_next_time(database: Path) -> None:
    assert load(database) == {}
    remember(database)
    assert load(database) == FILES
    assert load(database, "/other") == {}


def test_what_waits_for_the_flush_is_known_already(database: Path) -> None:
    with HashCache(database) as cache:
        cache.remember("/data", FILES, time.time_ns())
        assert cache.load("/data") == FILES
        assert load(database) == {}
        cache.flush()
        assert load(database) == FILES


def test_much_that_waits_is_written(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hash_cache, "_FLUSH_BYTES", 1)
    with HashCache(database) as cache:
        cache.remember("/data", FILES, time.time_ns())
        assert load(database) == FILES


def test_all_that_waits_is_one_transaction(database: Path) -> None:
    statements: list[str] = []
    with HashCache(database) as cache:
        for number in range(5):
            cache.remember(f"/data/{number}", FILES, time.time_ns())
        cache._connection.set_trace_callback(statements.append)  # type: ignore[union-attr]
        cache.flush()
    assert (statements[0], statements[-1], len(statements)) == ("BEGIN IMMEDIATE", "COMMIT", 7)


def test_a_folder_is_one_folder_however_it_is_written(
    database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    remember(database, str(tmp_path / "data"))
    monkeypatch.chdir(tmp_path)
    assert load(database, "data") == load(database, "data/") == load(database, "./x/../data") == FILES


def test_a_folder_whose_name_is_not_utf8(database: Path) -> None:
    remember(database, "/data/\udcff")
    assert load(database, "/data/\udcff") == FILES


cached_hashes = st.builds(
    CachedHash,
    st.integers(0, 2**63 - 1),
    st.integers(-(2**63), LONG_AGO),
    st.integers(0, 2**64 - 1),
    st.binary(min_size=32, max_size=32),
)
file_names = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1)


@given(files=st.dictionaries(file_names, cached_hashes))
def test_every_folder_comes_back_as_it_was(files: dict[str, CachedHash]) -> None:
    packed = hash_cache._pack(b"/data", files)
    assert hash_cache._unpack(b"/data", packed) == files
    assert list(hash_cache._unpack(b"/data", packed)) == list(files)


@given(files=st.dictionaries(file_names, cached_hashes, max_size=3), data=st.data())
def test_a_flipped_bit_is_noticed(files: dict[str, CachedHash], data: st.DataObject) -> None:
    packed = bytearray(hash_cache._pack(b"/data", files))
    packed[data.draw(st.integers(0, len(packed) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    assert hash_cache._unpack(b"/data", bytes(packed)) == {}


# --- which hashes may be remembered -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before_reading", "kept"),
    [(2 * SECOND + 1, True), (2 * SECOND, False), (0, False), (-1, False), (-3600 * SECOND, False)],
)
def test_a_file_is_remembered_when_it_lay_still_before_it_was_read(
    database: Path, before_reading: int, kept: bool
) -> None:
    now = time.time_ns()
    files = {"file": CachedHash(1, now - before_reading, 1, b"\0" * 32), **FILES}
    with HashCache(database) as cache:
        cache.remember("/data", files, now)
        assert cache.load("/data") == (files if kept else FILES)


def test_a_second_write_within_one_tick_of_the_clock_is_not_missed(database: Path, tmp_path: Path) -> None:
    """The case the rule is there for: same size, same time, same inode, other bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"one")
    now = time.time_ns()
    os.utime(path, ns=(now, now))
    status = path.stat()
    with HashCache(database) as cache:
        cache.remember(str(tmp_path), {"file": CachedHash(3, now, status.st_ino, b"\1" * 32)}, now)
    path.write_bytes(b"two")
    os.utime(path, ns=(now, now))
    assert load(database, str(tmp_path)) == {}


def test_a_whole_folder_forgets_what_is_gone_and_a_part_does_not(database: Path) -> None:
    remember(database)
    new = {"new": CachedHash(1, LONG_AGO, 1, b"\3" * 32)}
    with HashCache(database) as cache:
        cache.remember("/data", new, time.time_ns(), complete=False)
    assert load(database) == FILES | new
    remember(database, files=new)
    assert load(database) == new


def test_an_unsettled_file_is_forgotten_also_in_a_part(database: Path) -> None:
    remember(database)
    now = time.time_ns()
    with HashCache(database) as cache:
        cache.remember("/data", {"a.txt": CachedHash(3, now, 7, b"\4" * 32)}, now, complete=False)
    assert load(database) == {"ä b": FILES["ä b"]}


def test_what_nobody_asked_for_in_ninety_days_is_dropped(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    remember(database, "/used")
    remember(database, "/unused")
    start = time.time()
    for days in (60, 120):
        monkeypatch.setattr(time, "time", lambda days=days: start + days * 86_400)
        assert load(database, "/used") == FILES
    assert load(database, "/unused") == {}
    with sqlite3.connect(database) as connection:
        assert connection.execute("SELECT folder FROM folders").fetchall() == [(b"/used",)]
    connection.close()


# --- it is only a cache -----------------------------------------------------------------------------------------------


def test_a_file_that_is_no_database_is_replaced(database: Path) -> None:
    database.parent.mkdir()
    database.write_bytes(b"this is not a database, and long enough to be taken for a damaged one" * 100)
    remember(database)
    assert load(database) == FILES


def test_a_database_with_damaged_pages_is_replaced(database: Path) -> None:
    for number in range(200):
        remember(database, f"/data/{number}")
    content = bytearray(database.read_bytes())
    content[4096:] = b"\xa5" * (len(content) - 4096)
    database.write_bytes(content)
    assert load(database, "/data/7") == {}
    remember(database, "/data/7")
    assert load(database, "/data/7") == FILES


def test_damage_that_shows_only_when_it_is_read(database: Path) -> None:
    for number in range(200):
        remember(database, f"/data/{number}")
    content = bytearray(database.read_bytes())
    table_pages = [
        at for at in range(4096, len(content), 4096) if content[at] == 0x0D
    ]  # leaves of a table, not an index
    assert table_pages
    for at in table_pages:
        content[at] = 0xFF
    database.write_bytes(content)
    with HashCache(database) as cache:
        assert cache.load("/data/7") == {}
        cache.remember("/data/7", FILES, time.time_ns())
    assert load(database, "/data/7") == FILES


def test_a_row_of_another_kind_says_nothing(database: Path) -> None:
    remember(database)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE folders SET files = 'text'")
    connection.close()
    assert load(database) == {}


def test_a_row_of_another_folder_says_nothing(database: Path) -> None:
    remember(database)
    with sqlite3.connect(database) as connection:
        connection.execute("UPDATE folders SET folder = ?", (b"/other",))
    connection.close()
    assert load(database, "/other") == {}


def test_where_nothing_can_be_written_nothing_is_remembered() -> None:
    with folder_for_all() as folder:
        folder.chmod(0o555)
        with without_privileges():
            remember(folder / "hashes.sqlite")
            assert load(folder / "hashes.sqlite") == {}


def test_a_cache_that_can_only_be_read_is_read() -> None:
    with folder_for_all() as folder:
        database = folder / "hashes.sqlite"
        remember(database)
        database.chmod(0o444)
        folder.chmod(0o555)
        with without_privileges():
            remember(database, files={})
            load(database)  # FILES or nothing, by SQLite's version; no error
        assert load(database) == FILES


def test_a_folder_in_its_place(tmp_path: Path) -> None:
    remember(tmp_path)
    assert load(tmp_path) == {}


def test_a_lock_that_is_not_given_back_costs_only_the_memory(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    remember(database, "/before")
    with HashCache(database) as cache:
        cache._connection.execute("PRAGMA busy_timeout = 1")  # type: ignore[union-attr]
        blocker = connect(database, isolation_level=None)
        blocker.execute("BEGIN IMMEDIATE")
        cache.remember("/data", FILES, time.time_ns())
        cache.flush()
        assert cache.load("/before") == FILES
        blocker.execute("ROLLBACK")
        blocker.close()
        assert cache.load("/data") == {}
        cache.remember("/data", FILES, time.time_ns())
    assert load(database) == FILES


def test_after_closing_nothing_is_known(database: Path) -> None:
    cache = HashCache(database)
    cache.remember("/data", FILES, time.time_ns())
    cache.close()
    assert cache.load("/data") == {}
    cache.close()


def test_threads_share_one_cache(database: Path) -> None:
    def work(number: int) -> None:
        for folder in range(20):
            cache.remember(f"/data/{number}/{folder}", FILES, time.time_ns())
            cache.load(f"/data/{number}/{folder}")
            cache.flush()

    with HashCache(database) as cache:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert all(cache.load(f"/data/{number}/{folder}") == FILES for number in range(4) for folder in range(20))


PROCESS = """
import sys, time
from pathlib import Path
from jupyter_gradient_data.blobs.hash_cache import CachedHash, HashCache
for folder in range(20):
    with HashCache(Path(sys.argv[1])) as cache:
        cache.remember(f"/{sys.argv[2]}/{folder}", {"file": CachedHash(1, 2, 3, b"x" * 32)}, time.time_ns())
"""


def test_processes_share_one_file(database: Path) -> None:
    HashCache(database).close()
    workers = [subprocess.Popen([sys.executable, "-c", PROCESS, database, str(number)]) for number in range(2)]
    assert [worker.wait() for worker in workers] == [0, 0]
    for number in range(2):
        for folder in range(20):
            assert load(database, f"/{number}/{folder}") == {"file": CachedHash(1, 2, 3, b"x" * 32)}
