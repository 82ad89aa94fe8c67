"""Files are read as the scan saw them, or not at all."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.blobs import hashing
from jupyter_gradient_data.blobs.hashing import (
    HASH_SIZE,
    Hasher,
    hash_bytes,
    hash_file,
    read_file_checked,
    stream_file_checked,
)
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from tests.support.privileges import folder_for_all, without_privileges

EMPTY = "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262"  # a published test vector

Reader = Callable[[str, int, int, int], object]


def stream_all(local: str, size: int, mtime_ns: int, inode: int) -> bytes:
    return b"".join(stream_file_checked(local, size, mtime_ns, inode, 7))


READERS = pytest.mark.parametrize("reader", [read_file_checked, stream_all, hash_file])


def seen(path: Path) -> tuple[str, int, int, int]:
    status = path.stat()
    return str(path), status.st_size, status.st_mtime_ns, status.st_ino


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "file.bin"
    path.write_bytes(b"a few bytes of data")
    return path


def test_hash_of_nothing_is_that_of_the_specification() -> None:
    assert hash_bytes(b"").hex() == EMPTY
    assert len(hash_bytes(b"")) == HASH_SIZE


@given(st.lists(st.binary(max_size=50)))
def test_hashing_in_pieces_is_hashing_at_once(pieces: list[bytes]) -> None:
    hasher = Hasher()
    for piece in pieces:
        hasher.update(piece)
    assert hasher.digest() == hash_bytes(b"".join(pieces))


@pytest.mark.parametrize("size", [0, 1, 6, 7, 8, 2 << 20, (4 << 20) + 1])
def test_all_ways_to_read_agree(tmp_path: Path, size: int) -> None:
    path = tmp_path / "file"
    data = os.urandom(size)
    path.write_bytes(data)
    pieces: list[int] = []
    assert read_file_checked(*seen(path)) == data
    assert b"".join(stream_file_checked(*seen(path), chunk_size=1 << 20)) == data
    assert hash_file(*seen(path), advance=pieces.append) == blake3(data).digest()
    assert sum(pieces) == size


def test_a_file_may_come_in_short_reads(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read = os.read
    monkeypatch.setattr(os, "read", lambda descriptor, count: read(descriptor, min(count, 3)))
    assert read_file_checked(*seen(file)) == file.read_bytes()
    assert hash_file(*seen(file)) == hash_bytes(file.read_bytes())


@READERS
def test_a_file_that_ends_too_early(file: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file system that has lost bytes without saying so."""
    pieces = [b"a few"]
    monkeypatch.setattr(os, "read", lambda descriptor, count: pieces.pop() if pieces else b"")
    with pytest.raises(GradientDataError) as caught:
        reader(*seen(file))
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED


@pytest.mark.skipif(not os.path.exists("/proc/version"), reason="needs a file that says it is empty, and is not")
def test_a_file_with_more_bytes_than_it_says() -> None:
    with pytest.raises(GradientDataError) as caught:
        read_file_checked(*seen(Path("/proc/version")))
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED


def test_an_inode_of_zero_is_not_compared(file: Path) -> None:
    local, size, mtime_ns, _ = seen(file)
    assert read_file_checked(local, size, mtime_ns, 0) == file.read_bytes()


def grow(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"!")


def shrink(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def touch(path: Path) -> None:
    os.utime(path, ns=(1, path.stat().st_mtime_ns + 1))


def replace(path: Path) -> None:
    """Another file of the same size and time in its place."""
    before = path.stat()
    other = path.with_name("other")
    other.write_bytes(b"x" * before.st_size)
    os.utime(other, ns=(before.st_atime_ns, before.st_mtime_ns))
    other.rename(path)


def replace_by_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


CHANGES = pytest.mark.parametrize("change", [grow, shrink, touch, replace, replace_by_folder])


@READERS
@CHANGES
def test_a_file_that_changed_since_the_scan(file: Path, reader: Reader, change: Callable[[Path], None]) -> None:
    before = seen(file)
    change(file)
    with pytest.raises(GradientDataError) as caught:
        reader(*before)
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED
    assert str(file) in caught.value.message


@READERS
@pytest.mark.parametrize("change", [grow, shrink, touch])
def test_a_file_that_changes_while_it_is_read(
    file: Path, reader: Reader, change: Callable[[Path], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    read = os.read

    def read_then_change(descriptor: int, count: int) -> bytes:
        data = read(descriptor, count)
        if pending:
            pending.pop()(file)
        return data

    before, pending = seen(file), [change]
    monkeypatch.setattr(os, "read", read_then_change)
    with pytest.raises(GradientDataError) as caught:
        reader(*before)
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED
    assert not pending


def test_a_stream_tells_only_at_its_end(file: Path) -> None:
    pieces = stream_file_checked(*seen(file), chunk_size=file.stat().st_size)
    assert next(pieces) == file.read_bytes()
    touch(file)
    with pytest.raises(GradientDataError) as caught:
        next(pieces)
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED


@READERS
def test_a_file_that_vanished(file: Path, reader: Reader) -> None:
    before = seen(file)
    file.unlink()
    with pytest.raises(GradientDataError) as caught:
        reader(*before)
    assert caught.value.kind is ErrorKind.SOURCE_NOT_FOUND


@READERS
def test_a_pipe_in_the_place_of_a_file_does_not_block(file: Path, reader: Reader) -> None:
    before = seen(file)
    file.unlink()
    os.mkfifo(file)
    with pytest.raises(GradientDataError) as caught:
        reader(*before)
    assert caught.value.kind is ErrorKind.SOURCE_CHANGED


@READERS
def test_an_unreadable_file(reader: Reader) -> None:
    with folder_for_all() as folder:
        path = folder / "secret"
        path.write_bytes(b"data")
        path.chmod(0)
        with without_privileges(), pytest.raises(GradientDataError) as caught:
            reader(*seen(path))
    assert caught.value.kind is ErrorKind.SOURCE_UNREADABLE
    assert caught.value.message == f"{path} cannot be read: permission denied."


@READERS
def test_a_disk_that_fails(file: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(descriptor: int, count: int) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "read", fail)
    with pytest.raises(GradientDataError) as caught:
        reader(*seen(file))
    assert caught.value.kind is ErrorKind.SOURCE_UNREADABLE


@READERS
def test_no_descriptor_stays_open(file: Path, reader: Reader) -> None:
    def descriptors() -> int:
        return len(os.listdir("/dev/fd"))

    gc.collect()  # other tests leave some in their tracebacks
    before = descriptors()
    reader(*seen(file))
    local, size, mtime_ns, inode = seen(file)
    with pytest.raises(GradientDataError):
        reader(local, size + 1, mtime_ns, inode)
    assert descriptors() == before


def test_who_stops_a_hash_stops_it(file: Path) -> None:
    def advance(count: int) -> None:
        raise ErrorKind.CANCELLED()

    with pytest.raises(GradientDataError) as caught:
        hash_file(*seen(file), advance=advance)
    assert caught.value.kind is ErrorKind.CANCELLED


@pytest.mark.parametrize(
    ("path", "shown"),
    [("a b/ä", "a b/ä"), ("a\nb", r"'a\nb'"), ("\udcff", r"'\udcff'"), ("", "''"), ("\x1b[31m", r"'\x1b[31m'")],
)
def test_paths_are_shown_so_that_a_terminal_survives(path: str, shown: str) -> None:
    assert hashing.show_local(path) == shown
