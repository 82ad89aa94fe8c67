"""The local store: what a crash leaves, what the disk says, and what nobody else may see."""

from __future__ import annotations

import errno
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.local import LocalStore

# Runs one write and dies by SIGKILL before the n-th call of the operating system that changes anything.
_DYING_WRITER = """
import os, signal, sys
from pathlib import Path
from jupyter_gradient_data.stores.local import LocalStore

root, operation, die_at = sys.argv[1], sys.argv[2], int(sys.argv[3])
calls = 0

def counted(function):
    def call(*args, **kwargs):
        global calls
        calls += 1
        if calls == die_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return function(*args, **kwargs)
    return call

for name in ("write", "fsync", "link", "replace", "rename", "mkdir", "unlink"):
    setattr(os, name, counted(getattr(os, name)))
store = LocalStore(Path(root), "the test store")
if operation == "put":
    store.put("folder/deep/key", b"new" * 1000)
elif operation == "put_if_absent":
    store.put_if_absent("folder/deep/key", b"new" * 1000)
else:
    store.upload("folder/deep/key", [b"new" * 250] * 4, 3000)
"""


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "store", "the test store")


@pytest.mark.parametrize(
    ("operation", "before"),
    [("put", None), ("put", b"old"), ("put_if_absent", None), ("upload", None), ("upload", b"old")],
)
def test_a_crash_at_any_point_leaves_the_old_or_the_new_object(
    tmp_path: Path, operation: str, before: bytes | None
) -> None:
    seen = set()
    for die_at in range(1, 100):
        root = tmp_path / str(die_at)
        store = LocalStore(root, "the test store")
        if before is not None:
            store.put("folder/deep/key", before)
        child = subprocess.run([sys.executable, "-c", _DYING_WRITER, root, operation, str(die_at)], timeout=60)
        found = [store.get(info.key) for info in store.list()]
        seen.add(found[0] if found else None)
        assert len(found) <= 1
        if child.returncode == 0:
            assert found == [b"new" * 1000]
            break
        assert child.returncode == -signal.SIGKILL
        store.put("folder/deep/key", b"again")  # whatever was left is in nobody's way
        assert store.get("folder/deep/key") == b"again"
    else:
        pytest.fail("the writer never came to its end")
    assert seen == {before, b"new" * 1000}


def test_a_writer_killed_in_the_middle_of_an_upload(store: LocalStore) -> None:
    root = store.path("x").parent
    script = (
        "import sys\nfrom pathlib import Path\nfrom jupyter_gradient_data.stores.local import LocalStore\n"
        "def pieces():\n    yield b'x' * 3_000_000\n    print('half', flush=True)\n    sys.stdin.read()\n"
        "LocalStore(Path(sys.argv[1]), 's').upload('a/b', pieces(), 6_000_000)\n"
    )
    child = subprocess.Popen([sys.executable, "-c", script, root], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert child.stdin
    assert child.stdout
    with child.stdin, child.stdout:
        assert child.stdout.readline() == b"half\n"
        child.kill()
        child.wait()
    (left,) = (root / ".tmp").iterdir()
    assert list(store.list()) == []
    assert store.head("a/b") is None

    LocalStore(root, "s")
    assert left.exists(), "it might belong to a writer that is still at work"
    yesterday = time.time() - 25 * 3600
    os.utime(left, (yesterday, yesterday))
    LocalStore(root, "s")
    assert not left.exists()


def test_bytes_are_synced_before_they_get_their_name_and_the_name_after(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[str] = []
    _record(monkeypatch, "fsync", lambda file: calls.append("sync " + _kind_of(file)))
    _record(monkeypatch, "replace", lambda *_: calls.append("move"))
    _record(monkeypatch, "rename", lambda *_: calls.append("move"))
    _record(monkeypatch, "link", lambda *_: calls.append("move"))
    _record(monkeypatch, "mkdir", lambda path, *_: calls.append(f"make {Path(path).name}"))
    for write in (lambda: store.put("a/b/c", b"1"), lambda: store.put_if_absent("a/b/d", b"1")):
        write()
        moved = calls.index("move")
        assert calls[moved - 1] == "sync file" or calls[moved - 1] == "sync folder"
        assert "sync file" in calls[:moved]
        assert calls[moved + 1] == "sync folder"
        made = [position for position, call in enumerate(calls) if call.startswith("make ")]
        assert all(calls[position + 1] == "sync folder" for position in made)
        calls.clear()


def test_only_the_owner_can_read_and_nobody_can_write(store: LocalStore) -> None:
    before = os.umask(0)
    try:
        store.put("a/b", b"1")
    finally:
        os.umask(before)
    assert stat.S_IMODE(store.path("a/b").stat().st_mode) == 0o400
    for folder in (store.path("a"), store.path("a").parent, store.path("a").parent / ".tmp"):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_an_object_can_be_linked_in_place(store: LocalStore, tmp_path: Path) -> None:
    store.put("a", b"old")
    (tmp_path / "link").hardlink_to(store.path("a"))
    store.put("a", b"new")
    assert (tmp_path / "link").read_bytes() == b"old", "replacing an object never writes into the file it had"


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, ErrorKind.DISK_FULL),
        (errno.EDQUOT, ErrorKind.DISK_FULL),
        (errno.EACCES, ErrorKind.STORE_DENIED),
        (errno.EROFS, ErrorKind.STORE_DENIED),
        (errno.EIO, ErrorKind.STORE_ERROR),
    ],
)
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_what_the_disk_says(
    store: LocalStore, monkeypatch: pytest.MonkeyPatch, number: int, kind: ErrorKind, call: str
) -> None:
    store.put("other", b"1")

    def failing(*_: object) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, call, failing)
    with pytest.raises(GradientDataError) as caught:
        store.put("a", b"1")
    monkeypatch.undo()
    assert caught.value.kind is kind
    assert str(store.path("a").parent) in caught.value.message or "the test store" in caught.value.message
    assert [info.key for info in store.list()] == ["other"]
    assert list((store.path("a").parent / ".tmp").iterdir()) == []


def test_a_file_system_without_links_is_named(store: LocalStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(*_: object, **__: object) -> None:
        raise PermissionError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    with pytest.raises(GradientDataError, match="has no hard links") as caught:
        store.put_if_absent("a", b"1")
    assert caught.value.kind is ErrorKind.STORE_UNSUITABLE
    assert store.head("a") is None


def test_an_error_of_the_source_is_not_one_of_the_disk(store: LocalStore) -> None:
    def source() -> Iterator[bytes]:
        yield b"1"
        raise OSError(errno.ENOSPC, "the source's own disk")

    with pytest.raises(OSError, match="the source's own disk"):
        store.upload("a", source(), 2)


def test_files_that_are_no_objects_are_not_seen(store: LocalStore, tmp_path: Path) -> None:
    store.put("a/b", b"1")
    root = store.path("a").parent
    (root / "ä").write_bytes(b"not a key")
    (root / "link").symlink_to(tmp_path)
    (root / "outside").symlink_to("/etc/hostname")
    os.mkfifo(root / "pipe")
    assert [info.key for info in store.list()] == ["a/b"]
    for key in ("link", "outside", "pipe"):
        assert store.head(key) is None
    with pytest.raises(GradientDataError) as caught:
        store.get("outside")
    assert caught.value.kind is ErrorKind.OBJECT_NOT_FOUND


def test_reading_a_store_that_was_never_written(tmp_path: Path) -> None:
    store = LocalStore(tmp_path / "absent", "s")
    assert list(store.list()) == []
    assert store.head("a") is None
    store.delete("a/b")
    assert not (tmp_path / "absent").exists()


def test_a_folder_that_vanishes_is_made_again(store: LocalStore) -> None:
    store.put("a/b/c", b"1")
    store.delete("a/b/c")
    store.path("a/b").rmdir()
    store.path("a").rmdir()
    store.put("a/b/c", b"2")
    assert store.get("a/b/c") == b"2"


def _record(monkeypatch: pytest.MonkeyPatch, name: str, note: Callable[..., object]) -> None:
    real = getattr(os, name)

    def call(*args: Any, **kwargs: Any) -> Any:
        note(*args)
        return real(*args, **kwargs)

    monkeypatch.setattr(os, name, call)


def _kind_of(file: int) -> str:
    return "folder" if stat.S_ISDIR(os.fstat(file).st_mode) else "file"
