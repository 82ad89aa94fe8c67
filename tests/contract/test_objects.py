"""What every object store promises, over each of them and over each wrapper."""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound, StoreFailed
from jupyter_gradient_data.stores.local import LocalStore
from jupyter_gradient_data.stores.objects import ObjectStore
from jupyter_gradient_data.stores.wrappers import LimitedStore, MeasuredStore, RetryingStore
from tests.support.s3_servers import POOR, S3Server

MIB = 1024 * 1024
KINDS = ["local", "seaweedfs", "rclone", "retrying", "limited", "measured"]


@dataclass
class Case:
    """A store to try, a folder of its own in it, and what unfinished writes have left there."""

    store: ObjectStore
    folder: str
    leftovers: Callable[[], list[str]]

    def key(self, name: str) -> str:
        return self.folder + name


@pytest.fixture(params=KINDS)
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    folder = f"test-{secrets.token_hex(6)}/"
    if request.param in ("seaweedfs", "rclone"):
        rich = request.param == "seaweedfs"
        server: S3Server = request.getfixturevalue("seaweedfs" if rich else "rclone_s3")
        store = server.store() if rich else server.store(POOR)
        return Case(store, folder, lambda: server.unfinished_uploads(folder))
    local = LocalStore(tmp_path / "store", "the test store")
    wrapped: dict[str, ObjectStore] = {
        "local": local,
        "retrying": RetryingStore(local),
        "limited": LimitedStore(local, 2),
        "measured": MeasuredStore(local),
    }
    return Case(wrapped[request.param], folder, lambda: os.listdir(tmp_path / "store" / ".tmp"))


def fails(kind: ErrorKind) -> pytest.RaisesExc[GradientDataError]:
    return pytest.RaisesExc(GradientDataError, check=lambda error: error.kind is kind)


def test_what_is_put_can_be_got(case: Case) -> None:
    data = secrets.token_bytes(100_000)
    case.store.put(case.key("a"), data)
    assert case.store.get(case.key("a")) == data
    assert b"".join(case.store.stream(case.key("a"))) == data


@pytest.mark.parametrize("kind", [bytes, bytearray, memoryview])
def test_put_takes_any_bytes(case: Case, kind: Callable[[bytes], bytes | bytearray | memoryview]) -> None:
    case.store.put(case.key("a"), kind(b"0123456789"))
    assert case.store.put_if_absent(case.key("b"), kind(b"0123456789"))
    case.store.upload(case.key("c"), [kind(b"01234"), kind(b"56789")], 10)
    assert {case.store.get(case.key(name)) for name in "abc"} == {b"0123456789"}


def test_put_replaces(case: Case) -> None:
    case.store.put(case.key("a"), b"long first content")
    case.store.put(case.key("a"), b"second")
    assert case.store.get(case.key("a")) == b"second"


def test_empty_object(case: Case) -> None:
    case.store.put(case.key("a"), b"")
    case.store.upload(case.key("b"), [], 0)
    for key in (case.key("a"), case.key("b")):
        assert case.store.get(key) == b""
        assert list(case.store.stream(key)) == []
        assert case.store.get(key, 0, 0) == b""
        info = case.store.head(key)
        assert info is not None
        assert info.size == 0


@pytest.mark.parametrize(("start", "end"), [(0, 10), (0, 1), (3, 7), (9, 10), (4, None), (10, None), (5, 5), (10, 10)])
def test_ranges(case: Case, start: int, end: int | None) -> None:
    case.store.put(case.key("a"), b"0123456789")
    assert case.store.get(case.key("a"), start, end) == b"0123456789"[start:end]
    assert b"".join(case.store.stream(case.key("a"), start, end)) == b"0123456789"[start:end]


@pytest.mark.parametrize(("start", "end"), [(0, 11), (5, 100), (10, 11), (20, 30), (11, None), (30, 30)])
def test_a_range_beyond_the_end_is_an_error(case: Case, start: int, end: int | None) -> None:
    case.store.put(case.key("a"), b"0123456789")
    with fails(ErrorKind.STORE_CORRUPT):
        case.store.get(case.key("a"), start, end)
    with fails(ErrorKind.STORE_CORRUPT):
        list(case.store.stream(case.key("a"), start, end))


def test_large_objects_stream_in_small_pieces(case: Case) -> None:
    data = secrets.token_bytes(20 * MIB + 17)
    case.store.put(case.key("a"), data)
    pieces = list(case.store.stream(case.key("a"), 5, None))
    assert max(map(len, pieces)) <= 8 * MIB
    assert b"".join(pieces) == data[5:]
    assert b"".join(case.store.stream(case.key("a"), 9 * MIB, 19 * MIB)) == data[9 * MIB : 19 * MIB]


def test_a_missing_object_is_not_found(case: Case) -> None:
    absent = case.key("folder/absent")
    assert case.store.head(absent) is None
    for read in (
        lambda: case.store.get(absent),
        lambda: case.store.get(absent, 2, 5),
        lambda: case.store.get(absent, 3, 3),
        lambda: list(case.store.stream(absent)),
    ):
        with pytest.raises(NotFound, match="folder/absent") as caught:
            read()
        assert caught.value.kind is ErrorKind.OBJECT_NOT_FOUND


def test_a_folder_is_no_object(case: Case) -> None:
    case.store.put(case.key("folder/a"), b"1")
    assert case.store.head(case.key("folder")) is None
    with pytest.raises(NotFound):
        case.store.get(case.key("folder"))


def test_deleting_what_is_a_folder_deletes_nothing(case: Case) -> None:
    case.store.put(case.key("folder/a"), b"1")
    with contextlib.suppress(StoreFailed):  # rclone answers 500
        case.store.delete(case.key("folder"))
    assert case.store.get(case.key("folder/a")) == b"1"


def test_head(case: Case) -> None:
    before = time.time()
    case.store.put(case.key("a"), b"12345")
    info = case.store.head(case.key("a"))
    assert info is not None
    assert (info.key, info.size) == (case.key("a"), 5)
    assert before - 5 < info.modified < time.time() + 5


def test_delete_twice_is_no_error(case: Case) -> None:
    case.store.put(case.key("a"), b"1")
    case.store.delete(case.key("a"))
    case.store.delete(case.key("a"))
    case.store.delete(case.key("never/there"))
    assert case.store.head(case.key("a")) is None


def test_put_if_absent(case: Case) -> None:
    assert case.store.put_if_absent(case.key("a"), b"first") is True
    assert case.store.put_if_absent(case.key("a"), b"second") is False
    assert case.store.get(case.key("a")) == b"first"
    case.store.delete(case.key("a"))
    assert case.store.put_if_absent(case.key("a"), b"third") is True


def test_of_many_writers_one_wins(case: Case) -> None:
    writers = 16
    start = threading.Barrier(writers)
    # A server without conditional put may answer writers of one key with HTTP 500 (rclone does): the bytes they race
    # for are written by one of them, and the others try again, as they do everywhere in the product.
    store = case.store if case.store.capabilities.conditional_put else RetryingStore(case.store)

    def write(content: bytes) -> bool:
        start.wait()
        return store.put_if_absent(case.key("race/a"), content)

    contents = [b"%d" % number * 1000 for number in range(writers)]
    with ThreadPoolExecutor(writers) as pool:
        won = list(pool.map(write, contents))
    winners = [content for content, first in zip(contents, won, strict=True) if first]
    assert len(winners) == 1 or not case.store.capabilities.conditional_put
    assert case.store.get(case.key("race/a")) in winners


@pytest.mark.parametrize("size", [1, 16 * MIB, 40 * MIB + 13])
def test_upload(case: Case, size: int) -> None:
    data = secrets.token_bytes(min(size, MIB)) * (size // MIB + 1)
    case.store.upload(case.key("a"), (data[i : min(i + 3_000_001, size)] for i in range(0, size, 3_000_001)), size)
    assert case.store.get(case.key("a")) == data[:size]
    assert case.leftovers() == []


@pytest.mark.parametrize("before", [1, 30 * MIB])
def test_an_upload_whose_source_fails_leaves_nothing(case: Case, before: int) -> None:
    def broken() -> Iterator[bytes]:
        for _ in range(0, before, MIB):
            yield bytes(min(MIB, before))
        raise FileNotFoundError("the source is gone")

    with pytest.raises(FileNotFoundError, match="the source is gone"):
        case.store.upload(case.key("a"), broken(), 50 * MIB)
    assert case.store.head(case.key("a")) is None
    assert list(case.store.list(case.folder)) == []
    assert case.leftovers() == []


def test_a_failed_upload_leaves_what_was_there(case: Case) -> None:
    case.store.put(case.key("a"), b"before")
    with fails(ErrorKind.UPLOAD_SIZE):
        case.store.upload(case.key("a"), [b"123"], 4)
    assert case.store.get(case.key("a")) == b"before"


@pytest.mark.parametrize("announced", [20, 20 * MIB - 1, 20 * MIB + 1, 60 * MIB])
def test_an_upload_of_another_size_is_refused(case: Case, announced: int) -> None:
    with pytest.raises(StoreFailed) as caught:
        case.store.upload(case.key("a"), [bytes(MIB)] * 20, announced)
    assert caught.value.kind is ErrorKind.UPLOAD_SIZE
    assert case.store.head(case.key("a")) is None
    assert case.leftovers() == []


def test_folders(case: Case) -> None:
    for name in ("b/1", "a/1", "a/x/y", "c", "a.d/e"):
        case.store.put(case.key(name), b"1")
    case.store.put(case.key("gone/1"), b"1")
    case.store.delete(case.key("gone/1"))
    found = list(case.store.folders(case.folder))
    assert found == sorted(found)
    assert {"a", "a.d", "b"} <= set(found) <= {"a", "a.d", "b", "gone"}
    assert list(case.store.folders(case.key("a/"))) == ["x"]
    assert list(case.store.folders(case.key("nothing/"))) == []
    assert case.folder[:-1] in list(case.store.folders())


def test_list_is_in_bytewise_order_of_whole_keys(case: Case) -> None:
    names = ["a!", "a-b", "a.b/1", "a/1", "a/10", "a/2", "a/b/c", "a0", "A", "b", "a+b/x/y", "a,b"]
    for name in names:
        case.store.put(case.key(name), name.encode())
    found = list(case.store.list(case.folder))
    assert [info.key for info in found] == sorted(case.key(name) for name in names)
    assert [info.size for info in found] == [len(info.key) - len(case.folder) for info in found]


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("a", ["a", "a-1", "a1/x", "a2"]),
        ("a1", ["a1/x"]),
        ("a1/", ["a1/x"]),
        ("a1/x", ["a1/x"]),
        ("a1/x/", []),
        ("b/", ["b/c/1", "b/c/2", "b/cd"]),
        ("b/c", ["b/c/1", "b/c/2", "b/cd"]),
        ("b/c/", ["b/c/1", "b/c/2"]),
        ("none/at/all/", []),
        ("c", []),
    ],
)
def test_a_prefix_is_a_plain_string(case: Case, prefix: str, expected: list[str]) -> None:
    for name in ["a", "a-1", "a1/x", "a2", "b/c/1", "b/c/2", "b/cd", "d"]:
        case.store.put(case.key(name), b"1")
    assert [info.key.removeprefix(case.folder) for info in case.store.list(case.key(prefix))] == expected


def test_more_keys_than_one_page(case: Case) -> None:
    names = [f"many/{number:05}" for number in range(1_050)] + ["many-1", "many/00000x"]
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda name: case.store.put(case.key(name), b""), names))
    assert [info.key for info in case.store.list(case.folder)] == sorted(case.key(name) for name in names)


ODD = [
    "~",
    "a b",
    "%20",
    "a%2Fb",
    "a=b&c",
    "[x]{y}",
    "#h?q",
    "a+b",
    "'q'\"q\"",
    "@:;,$!*()",
    "<x>|^`",
    "...",
    "x" * 200,
]


def test_odd_but_legal_keys(case: Case) -> None:
    for name in ODD:
        case.store.put(case.key(name), name.encode())
    for name in ODD:
        assert case.store.get(case.key(name)) == name.encode()
        assert case.store.head(case.key(name)) is not None
    assert [info.key for info in case.store.list(case.folder)] == sorted(map(case.key, ODD))
    for name in ODD:
        case.store.delete(case.key(name))
    assert list(case.store.list(case.folder)) == []


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        ".",
        "..",
        "a/../b",
        "../a",
        "a/./b",
        "a\0b",
        "a\nb",
        "ä",
        "a\\b",
        ".tmp/a",
        "x" * 256,
        "y/" * 600,
    ],
)
def test_what_is_no_key_is_refused_before_anything_is_done(case: Case, key: str) -> None:
    store = case.store
    for use in (
        lambda: store.get(key),
        lambda: list(store.stream(key)),
        lambda: store.put(key, b""),
        lambda: store.put_if_absent(key, b""),
        lambda: store.upload(key, [], 0),
        lambda: store.head(key),
        lambda: store.delete(key),
    ):
        with fails(ErrorKind.INVALID_PATH):
            use()


def test_a_prefix_cannot_lead_out(case: Case) -> None:
    with fails(ErrorKind.INVALID_PATH):
        list(case.store.list("../"))


def test_the_name_is_for_sentences(case: Case) -> None:
    assert case.store.name
    with pytest.raises(NotFound) as caught:
        case.store.get(case.key("absent"))
    assert case.store.name in caught.value.message
