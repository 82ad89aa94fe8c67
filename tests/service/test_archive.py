"""A version as a ZIP file: what is in it, what it costs, and what becomes of it when content is lost on the way."""

from __future__ import annotations

import io
import random
import stat
import struct
import subprocess
import tracemalloc
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path

import pytest

from jupyter_gradient_data.datasets import zipping
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Version
from tests.service.place import Place, fails, write_tree

MIB = 1024 * 1024
FILES = {
    "top.txt": b"top",
    "empty": b"",
    "a/text.csv": b"one,two\n" * 1000,
    "a/noise": random.Random(1).randbytes(5000),
    "a/b/run.sh*": b"#!/bin/sh\n",
    "a/b/Grüße 🌷.txt": "ü".encode(),
    "a/large*": random.Random(2).randbytes(3 * MIB + 7),
    "ab/same as top": b"top",
}
CONTENTS = {path.rstrip("*"): content for path, content in FILES.items()}


def archive(place: Place, reference: str, *paths: str) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(b"".join(place.service.read_archive(reference, paths))))


def contents(found: zipfile.ZipFile) -> dict[str, bytes]:
    assert found.testzip() is None
    return {info.filename: found.read(info) for info in found.infolist()}


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "uncommitted"])
def test_all_of_a_version(place: Place, committed: bool) -> None:
    version = place.committed(FILES) if committed else place.version(FILES)
    found = archive(place, version.reference)
    assert contents(found) == CONTENTS
    assert found.namelist() == sorted(CONTENTS, key=str.encode)
    for info in found.infolist():
        mode = info.external_attr >> 16
        assert stat.S_ISREG(mode)
        assert bool(mode & 0o100) == (f"{info.filename}*" in FILES), info.filename
    assert found.getinfo("a/text.csv").compress_size < 1000
    assert found.getinfo("a/noise").compress_type == zipfile.ZIP_STORED


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("a", {path: content for path, content in CONTENTS.items() if path.startswith("a/")}),
        ("/a/", {path: content for path, content in CONTENTS.items() if path.startswith("a/")}),
        ("a/b/", {path[2:]: content for path, content in CONTENTS.items() if path.startswith("a/b/")}),
        ("a/b/run.sh", {"run.sh": b"#!/bin/sh\n"}),
        ("empty", {"empty": b""}),
        ("/", CONTENTS),
        ("", CONTENTS),
    ],
)
def test_a_folder_or_a_file(local: Place, path: str, expected: dict[str, bytes]) -> None:
    assert contents(archive(local, local.committed(FILES).reference, path)) == expected


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        (["top.txt", "a/b"], ["a/b/Grüße 🌷.txt", "a/b/run.sh", "top.txt"]),
        (["a/b/run.sh", "empty"], ["a/b/run.sh", "empty"]),
        (["a/b/run.sh", "a/b/", "/a/b", "a/b/run.sh"], ["a/b/Grüße 🌷.txt", "a/b/run.sh"]),
        (["ab", "a/", "a/b", "a/noise"], [path for path in CONTENTS if path.startswith("a")]),
        (["a/b", ""], CONTENTS),
        ([], CONTENTS),
    ],
)
def test_a_selection(local: Place, paths: list[str], expected: Iterable[str]) -> None:
    for version in (local.committed(FILES), local.version(FILES)):
        found = archive(local, version.reference, *paths)
        assert contents(found) == {path: CONTENTS[path] for path in expected}
        assert found.namelist() == sorted(expected, key=str.encode)


def test_a_file_and_a_folder_of_one_name(local: Place) -> None:
    version = local.version({"a": b"1", "a/b": b"2"}).reference
    assert contents(archive(local, version, "a")) == {"a": b"1"}
    assert contents(archive(local, version, "a/")) == {"a/b": b"2"}
    assert contents(archive(local, version, "a", "a/")) == {"a": b"1", "a/b": b"2"}


def test_what_is_not_there(local: Place) -> None:
    version = local.committed(FILES)
    for path in ("b", "a/b/c", "top.txt/"):
        with fails(ErrorKind.FILE_NOT_FOUND, path):
            local.service.read_archive(version.reference, [path])
        with fails(ErrorKind.FILE_NOT_FOUND, path):
            local.service.read_archive(version.reference, ["a", path, "top.txt"])
    with fails(ErrorKind.INVALID_PATH):
        local.service.read_archive(version.reference, ["a", "../a"])
    with fails(ErrorKind.DATASET_NOT_FOUND):
        local.service.read_archive("nothing")


def test_an_empty_version(local: Place) -> None:
    assert contents(archive(local, local.version().reference)) == {}


def test_the_same_version_is_the_same_file(local: Place) -> None:
    version = local.committed(FILES)
    assert version.committed is not None
    first = b"".join(local.service.read_archive(version.reference))
    local.reopen()
    assert b"".join(local.service.read_archive(version.reference)) == first
    moment = version.committed.replace(second=version.committed.second // 2 * 2)
    assert {info.date_time for info in archive(local, "data").infolist()} == {moment.timetuple()[:6]}


def test_unzip_takes_it(local: Place, tmp_path: Path) -> None:
    """A program that nobody here wrote; it restores the executable bit, too."""
    (tmp_path / "it.zip").write_bytes(b"".join(local.service.read_archive(local.committed(FILES).reference)))
    subprocess.run(["unzip", "-q", tmp_path / "it.zip", "-d", tmp_path / "out"], check=True)
    found = {str(path.relative_to(tmp_path / "out")): path for path in (tmp_path / "out").rglob("*") if path.is_file()}
    assert {name: path.read_bytes() for name, path in found.items()} == CONTENTS
    assert {name for name, path in found.items() if path.stat().st_mode & 0o100} == {"a/b/run.sh", "a/large"}


def test_a_reader_that_streams_finds_every_end(local: Place) -> None:
    """As one reads that does not wait for the directory: each file says its size before it, or marks its end itself."""
    data = b"".join(local.service.read_archive(local.committed(FILES).reference))
    at, found = 0, {}
    while data[at : at + 4] == b"PK\3\4":
        flags, method, _, _, _, stored, _, name_size, extra_size = struct.unpack_from("<HHHHLLLHH", data, at + 6)
        name = data[at + 30 : at + 30 + name_size].decode()
        at += 30 + name_size + extra_size
        if flags & 8:
            assert method == zipfile.ZIP_DEFLATED, name
            reader = zlib.decompressobj(-15)
            found[name] = reader.decompress(data[at:])
            at = len(data) - len(reader.unused_data) + 16
        else:
            whole = data[at : at + stored]
            found[name] = zlib.decompress(whole, -15) if method else whole
            at += stored
    assert found == CONTENTS


def test_many_small_files_in_few_requests(place: Place, tmp_path: Path) -> None:
    files = {f"d{number % 20:02}/{number:05}.txt": b"%d\n" % number for number in range(3000)}
    version = place.version()
    place.service.put_files(version.reference, [f"{write_tree(tmp_path / 'src', files)}/"]).result()
    place.service.commit_version(version.reference).result()
    place.reopen()
    before = place.service.stats()["requests"]
    assert contents(archive(place, version.reference)) == files
    assert place.service.stats()["requests"] - before < 40


def test_memory_stays_small(local: Place) -> None:
    """Whatever a file's size; a piece read ahead is 8 MiB, and two of them are."""
    part = random.Random(3).randbytes(MIB)
    version = local.version()
    local.service.write_file(version.reference, "large", (part for _ in range(150)))
    tracemalloc.start()
    try:
        size = sum(len(piece) for piece in local.service.read_archive(version.reference))
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert size > 150 * MIB
    assert peak < 60 * MIB


def damaged(place: Place, version: Version, path: str) -> None:
    """Change a byte of a file where it lies in the store."""
    content = CONTENTS[path]
    (held,) = [
        stored
        for stored in (place.config.state_path / "managed").rglob("*")
        if stored.is_file() and content[:2000] in stored.read_bytes()
    ]
    data = held.read_bytes()
    at = data.index(content[:2000])
    held.chmod(0o600)
    held.write_bytes(data[: at + 5] + bytes([data[at + 5] ^ 1]) + data[at + 6 :])


@pytest.mark.parametrize("path", ["a/noise", "a/large"])
def test_damaged_content_breaks_it_off(local: Place, path: str) -> None:
    version = local.committed(FILES)
    damaged(local, version, path)
    local.reopen()
    received = bytearray()
    with fails(ErrorKind.SERVER_FAILED if local.is_remote else ErrorKind.STORE_CORRUPT):  # an answer can only break off
        for piece in local.service.read_archive(version.reference):
            received += piece
    with pytest.raises(zipfile.BadZipFile):
        zipfile.ZipFile(io.BytesIO(received))


def test_stopping_early_leaves_nothing_open(local: Place) -> None:
    pieces = local.service.read_archive(local.committed(FILES).reference)
    assert isinstance(pieces, Iterator)
    assert next(pieces)
    pieces.close()  # type: ignore[attr-defined]
    assert list(pieces) == []


# --- the format, where it gets large --------------------------------------------------------------------------------


def test_more_files_than_the_old_format_counts() -> None:
    stream = zipping.ZipStream(datetime(2020, 2, 3, 4, 5, 6))
    count = 70_000
    data = b"".join(stream.add(b"%d" % number, b"", executable=False, compress=False) for number in range(count))
    found = zipfile.ZipFile(io.BytesIO(data + b"".join(stream.end())))
    stream.close()
    assert len(found.infolist()) == count
    assert found.infolist()[-1].date_time == (2020, 2, 3, 4, 5, 6)


class Sparse(io.RawIOBase):
    """A file of which long runs of zeros are not kept."""

    def __init__(self) -> None:
        self.parts: list[tuple[int, bytes]] = []
        self.size = self.at = 0

    def add(self, data: bytes) -> None:
        if len(data) < MIB // 2 or data.strip(b"\0"):
            self.parts.append((self.size, data))
        self.size += len(data)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        self.at = offset + (0, self.at, self.size)[whence]
        return self.at

    def read(self, size: int = -1) -> bytes:
        end = self.size if size < 0 else min(self.at + size, self.size)
        data = bytearray(end - self.at)
        for start, part in self.parts:
            low, high = max(start, self.at), min(start + len(part), end)
            if low < high:
                data[low - self.at : high - self.at] = part[low - start : high - start]
        self.at = end
        return bytes(data)


def test_files_beyond_four_gib(monkeypatch: pytest.MonkeyPatch) -> None:
    """One larger than that, and one that begins behind it; zeros in a frame of deflate's are long runs of zeros."""

    class Frame:  # real deflating of five gigabytes would take its time
        def compress(self, data: bytes) -> bytes:
            return bytes(data)

        def flush(self) -> bytes:
            return b""

    monkeypatch.setattr(zipping.zlib, "compressobj", lambda *_: Frame())
    monkeypatch.setattr(zipping.zlib, "crc32", lambda data, start=0: 7)
    stream, sparse, size = zipping.ZipStream(datetime(1970, 1, 1)), Sparse(), 5 * 1024 * MIB
    zeros = bytes(8 * MIB)
    for piece in stream.stream(b"large", (zeros for _ in range(size // len(zeros))), size, executable=False):
        sparse.add(piece)
    sparse.add(stream.add(b"after", b"x", executable=True, compress=False))
    for piece in stream.end():
        sparse.add(piece)
    stream.close()
    large, after = zipfile.ZipFile(sparse).infolist()
    assert (large.file_size, large.compress_size, large.CRC, large.date_time[0]) == (size, size, 7, 1980)
    assert after.header_offset > size
    sparse.seek(after.header_offset)
    assert sparse.read(4) == b"PK\3\4"
    sparse.seek(after.header_offset - 24)  # checksum and sizes of the large one
    assert struct.unpack("<4sLQQ", sparse.read(24)) == (b"PK\7\10", 7, size, size)


def test_a_file_of_another_size_than_announced() -> None:
    stream = zipping.ZipStream(datetime(2020, 1, 1))
    with pytest.raises(ValueError, match="3 bytes were announced and 2 came"):
        list(stream.stream(b"a", [b"12"], 3, executable=False))
    stream.close()
