"""Files of a version: listing, reading, writing and deleting, held to a plain dictionary."""

from __future__ import annotations

import errno
import os
import random
from collections.abc import Iterable, Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo
from tests.service.place import Place, fails, names, stage_all

MIB = 1024 * 1024


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def rows_of(files: dict[str, bytes], folder: str = "") -> list[str]:
    """What lies directly in a folder, in bytewise order: the listing without any of the cleverness."""
    below = [path[len(folder) :] for path in files if path.startswith(folder)]
    rows = {folder + rest.partition("/")[0] + ("/" if "/" in rest else "") for rest in below}
    return sorted(rows, key=str.encode)


def folders_of(files: dict[str, bytes]) -> set[str]:
    return {path[: at + 1] for path in files for at, letter in enumerate(path) if letter == "/"}


def check_listings(place: Place, reference: str, files: dict[str, bytes], limit: int) -> None:
    """All listings of a version agree with the model, whatever the size of their pages."""
    ordered = sorted(files, key=str.encode)
    found = place.files(reference, limit)
    assert names(found) == ordered
    assert {info.path: (info.size, info.hash) for info in found} == {
        path: (len(content), hash_bytes(content).hex()) for path, content in files.items()
    }
    for folder in {"", *folders_of(files)}:
        rows = list(place.all_rows(reference, folder, limit=limit))
        assert names(rows) == rows_of(files, folder)
        assert all(row.is_folder == row.path.endswith("/") for row in rows)
        below = list(place.all_rows(reference, folder, recursive=True, limit=limit))
        assert names(below) == [path for path in ordered if path.startswith(folder)]


SAMPLE = {
    "a": b"1",
    "a-b": b"2",
    "a.d/x": b"3",
    "b/a": b"",
    "b/b/c": b"5",
    "b/b/d": b"5",
    "b/b-": b"6",
    "b0": b"7",
    "c/d/e/f": b"8",
    "ü/ß": b"9",
    "日本/語": b"10",
}


def test_listings(place: Place) -> None:
    version = place.version(SAMPLE)
    done = place.committed(SAMPLE)
    changed = place.version({"b/new": b"n", "a": b"changed"}, start_from=done.reference)
    place.service.delete_files(changed.reference, ["b/b", "c/d/e/f"]).result()
    files = {**SAMPLE, "b/new": b"n", "a": b"changed"}
    for path in ("b/b/c", "b/b/d", "c/d/e/f"):
        del files[path]
    for limit in (1, 3, 1000):
        check_listings(place, version.reference, SAMPLE, limit)
        check_listings(place, done.reference, SAMPLE, limit)
        check_listings(place, changed.reference, files, limit)


def test_a_listing_of_what_is_not_a_folder(local: Place) -> None:
    version = local.committed(SAMPLE)
    for path in ("b/a", "/b/a"):
        assert names(local.service.list_files(version.reference, path).items) == ["b/a"]
        assert names(local.service.list_files(version.reference, path, recursive=True).items) == ["b/a"]
    for path in ("b/a/", "x", "b/x", "b/", "b", "/", "", "."):
        if path.strip("/.") == "b" or not path.strip("/."):
            assert local.service.list_files(version.reference, path).items
        else:
            with fails(ErrorKind.FILE_NOT_FOUND, path):
                local.service.list_files(version.reference, path)
    with fails(ErrorKind.INVALID_PATH, "'..'"):
        local.service.list_files(version.reference, "b/../a")


def test_reading(place: Place) -> None:
    contents = {"small": noise(5000), "large": noise(17 * MIB + 5), "text": b"compresses well\n" * 10_000, "empty": b""}
    version = place.version(contents)
    for _ in range(2):
        for path, content in contents.items():
            size = len(content)
            assert place.read(version.reference, path) == content
            ranges = [(0, size), (0, 1), (1, 2), (size // 2, size // 2 + 7), (size - 1, None), (size, None), (3, 3)]
            for start, end in [*ranges, (size - 3, size + 100), (size + 10, size + 20)]:
                if start >= 0:
                    assert place.read(version.reference, path, start, end) == content[start:end]
            info = place.service.get_file(version.reference, path)
            assert info == FileInfo(path, size, hash_bytes(content).hex())
        place.service.commit_version(version.reference).result()


def test_a_range_reads_little(place: Place) -> None:
    version = place.committed({"large": noise(24 * MIB), **{f"small/{n}": noise(2000, n) for n in range(50)}})
    before = place.service.stats()["bytes_in"]
    assert len(place.read(version.reference, "large", 9 * MIB, 9 * MIB + 1000)) == 1000
    assert place.read(version.reference, "small/7", 0, 10) == noise(2000, 7)[:10]
    assert place.service.stats()["bytes_in"] - before < 100_000


@pytest.mark.parametrize(("start", "end"), [(-1, None), (5, 4), (-5, -1)])
def test_a_range_that_runs_backwards(local: Place, start: int, end: int | None) -> None:
    version = local.committed({"a": b"12345678"})
    with fails(ErrorKind.INVALID_OPTION, "range"):
        local.read(version.reference, "a", start, end)


def test_what_is_no_file(local: Place) -> None:
    version = local.committed(SAMPLE)
    for use in (local.service.get_file, local.read):
        for path in ("x", "b", "b/x", "a/b"):
            with fails(ErrorKind.FILE_NOT_FOUND, repr(path), version.reference):
                use(version.reference, path)
        for path in ("", "/", "b/../a", "b//a", "a\0", "\udce9", "./a"):
            with fails(ErrorKind.INVALID_PATH):
                use(version.reference, path)


def test_writing(place: Place) -> None:
    version = place.version()

    def chunks() -> Iterator[bytes]:
        yield from (b"one ", b"", b"two")

    info = place.service.write_file(version.reference, "/dir/a", chunks(), executable=True)
    assert info == FileInfo("dir/a", 7, hash_bytes(b"one two").hex(), executable=True)
    assert place.service.get_file(version.reference, "dir/a") == info
    place.fill(version.reference, {"dir/a": b"other"})
    assert place.service.get_file(version.reference, "dir/a").executable is False
    large = [noise(700_000, seed) for seed in range(5)]
    place.service.write_file(version.reference, "large", large)
    before = place.stored
    place.service.write_file(version.reference, "copy of large", large)
    assert place.stored == before
    expected = {"dir/a": b"other", "large": b"".join(large), "copy of large": b"".join(large)}
    assert place.contents(version.reference) == expected


def test_a_stream_that_breaks_writes_nothing(local: Place) -> None:
    version = local.version({"a": b"before"})

    def broken(pieces: int) -> Iterator[bytes]:
        for _ in range(pieces):
            yield bytes(MIB)
        raise ConnectionResetError("the client hung up")

    for pieces in (0, 1, 3):
        with pytest.raises(ConnectionResetError, match="hung up"):
            local.service.write_file(version.reference, "a", broken(pieces))
    assert local.contents(version.reference) == {"a": b"before"}
    assert local.service.commit_version(version.reference).result().files == 1


BAD_PATHS = [
    ("", "empty"),
    ("/", "empty"),
    ("..", "'..'"),
    ("a/../b", "'..'"),
    ("../a", "'..'"),
    ("a/..", "'..'"),
    ("a//b", "empty part"),
    ("a/", "empty part"),
    (".", "'.'"),
    ("a/./b", "'.'"),
    ("a\0b", "NUL"),
    ("\udce9", "UTF-8"),
    ("a" * 5000, "4,096"),
    ("é" * 2049, "4,096"),
]


@pytest.mark.parametrize(("path", "reason"), BAD_PATHS)
def test_what_cannot_be_a_path(local: Place, path: str, reason: str) -> None:
    version = local.version({"before": b"1"})
    with fails(ErrorKind.INVALID_PATH, reason):
        local.service.write_file(version.reference, path, [b"x"])
    assert local.contents(version.reference) == {"before": b"1"}


@pytest.mark.parametrize("path", ["a" * 4096, "é" * 2048, "...", "a b", "a\\b", "a:b", "\t", "%2e%2e", "-rf", "~", "*"])
def test_what_can_be_a_path(local: Place, path: str) -> None:
    done = local.committed({path.rstrip("*") or "x": b"1"} if path != "*" else {"x*y": b"1"})
    (info,) = local.files(done.reference)
    assert local.read(done.reference, info.path) == b"1"


def test_names_that_differ_in_case_are_two_and_in_unicode_form_one(place: Place) -> None:
    done = place.committed({"a": b"1", "A": b"2", "Caf\u00e9": b"3", "Cafe\u0301": b"4"})
    assert place.contents(done.reference) == {"a": b"1", "A": b"2", "Caf\u00e9": b"4"}
    assert place.read(done.reference, "Cafe\u0301") == b"4"


def test_deleting(place: Place) -> None:
    base = place.committed(SAMPLE)
    version = place.version({"b/new": b"1"}, start_from=base.reference)
    service = place.service
    assert service.delete_files(version.reference, ["a"]).result() == 1
    assert service.delete_files(version.reference, ["/b/b/"]).result() == 2
    assert service.delete_files(version.reference, ["b", "c/d"]).result() == 4
    assert names(place.files(version.reference)) == ["a-b", "a.d/x", "b0", "ü/ß", "日本/語"]
    place.fill(version.reference, {"a": b"again", "b/b/c": b"5"})  # over what was taken out of the base
    assert service.delete_files(version.reference, ["b/b/c"]).result() == 1
    place.fill(version.reference, {"b/b/c": b"5"})
    expected = {path: SAMPLE[path] for path in ("a-b", "a.d/x", "b0", "ü/ß", "日本/語", "b/b/c")} | {"a": b"again"}
    assert place.contents(version.reference) == expected
    done = service.commit_version(version.reference).result()
    assert place.contents(done.reference) == expected
    assert place.contents(base.reference) == SAMPLE
    assert place.committed(expected, "other").root == done.root


def test_deleting_everything(place: Place) -> None:
    base = place.committed(SAMPLE)
    for everything in ("/", "", "."):
        version = place.version({"new": b"1"}, start_from=base.reference)
        assert place.service.delete_files(version.reference, [everything]).result() == len(SAMPLE) + 1
        assert place.files(version.reference) == []
        assert place.service.delete_files(version.reference, [everything]).result() == 0
    place.fill(version.reference, {"b/a": b"only"})
    done = place.service.commit_version(version.reference).result()
    assert place.contents(done.reference) == {"b/a": b"only"}
    assert place.contents(base.reference) == SAMPLE


def test_deleting_what_is_not_there_deletes_nothing(local: Place) -> None:
    version = local.version(SAMPLE)
    for paths in (["x"], ["a", "x"], ["b", "b/x"], ["a/"], ["b/", "a/"]):
        with fails(ErrorKind.FILE_NOT_FOUND, repr(paths[-1])):
            local.service.delete_files(version.reference, paths).result()
    for path in ("b/../a", "a\0"):
        with fails(ErrorKind.INVALID_PATH):
            local.service.delete_files(version.reference, ["a", path]).result()
    assert local.contents(version.reference) == SAMPLE


@pytest.mark.parametrize(
    ("paths", "gone"),
    [(["b", "b/b"], 4), (["b/b", "b/b/c", "b"], 4), (["a", "a"], 1), (["a", "/"], 11), (["/", "a"], 11), ([], 0)],
)
def test_a_file_that_is_named_twice_is_deleted_once(local: Place, paths: list[str], gone: int) -> None:
    base = local.committed(SAMPLE)
    for version in (local.version(SAMPLE), local.version(start_from=base.reference)):
        assert local.service.delete_files(version.reference, paths).result() == gone
        assert len(local.files(version.reference)) == len(SAMPLE) - gone


def test_many_deletions_in_one_go(local: Place) -> None:
    """More rows than are read or written at once, over a base and beside it."""
    version = local.version()
    stage_all(local, version.reference, (b"set/%05d" % number for number in range(12_000)))
    done = local.service.commit_version(version.reference).result()
    assert done.files == 12_000
    child = local.service.create_version("data", start_from=done.reference)
    stage_all(local, child.reference, (b"set/x%05d" % number for number in range(6_000)))
    assert local.service.delete_files(child.reference, ["set/"]).result() == 18_000
    assert local.files(child.reference) == []
    assert local.service.commit_version(child.reference).result().files == 0


PATHS = st.builds(
    lambda folders, name: "/".join([*folders, name]),
    st.lists(st.sampled_from("abx"), max_size=2),
    st.text("01-ü", min_size=1, max_size=2),  # never the name of a folder
)
CHANGES = st.lists(st.tuples(PATHS, st.none() | st.binary(max_size=2)), max_size=12)


@settings(max_examples=settings.default.max_examples // 8)
@given(CHANGES, CHANGES, st.integers(1, 4))
def test_any_history_lists_like_a_dictionary(
    tmp_path_factory: pytest.TempPathFactory,
    first: Iterable[tuple[str, bytes | None]],
    second: Iterable[tuple[str, bytes | None]],
    limit: int,
) -> None:
    place = Place(Config(state_dir=tmp_path_factory.mktemp("state")))
    files: dict[str, bytes] = {}

    def apply(reference: str, changes: Iterable[tuple[str, bytes | None]]) -> None:
        for path, content in changes:
            if content is not None:
                files[path] = content
                place.fill(reference, {path: content})
            elif path in files:
                del files[path]
                assert place.service.delete_files(reference, [path]).result() == 1
        check_listings(place, reference, files, limit)

    base = place.version()
    apply(base.reference, first)
    done = place.service.commit_version(base.reference).result()
    check_listings(place, done.reference, files, limit)
    child = place.service.create_version("data", start_from=done.reference)
    apply(child.reference, second)
    place.service.close()


def test_no_room_for_a_stream(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A large stream waits in a file; when that cannot grow, the error is one of ours."""
    version = local.version({"a": b"before"})

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "pwrite", full)
        with fails(ErrorKind.DISK_FULL):
            local.service.write_file(version.reference, "a", [b"new" * 1_000_000])
    assert local.contents(version.reference) == {"a": b"before"}
