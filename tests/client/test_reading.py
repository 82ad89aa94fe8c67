"""File objects of versions behave as those of Python."""

from __future__ import annotations

import io
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyter_gradient_data.client import reading
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo
from tests.service.place import Place, fails

CONTENT = b"".join(b"line %d, %s\n" % (number, b"x" * (number * 7 % 40)) for number in range(40))
SIZES = st.integers(0, 200)
STEPS = st.one_of(
    st.tuples(st.just("read"), st.one_of(SIZES, st.just(-1))),
    st.tuples(st.just("readinto"), SIZES),
    st.tuples(st.just("readline"), st.one_of(SIZES, st.just(-1))),
    st.tuples(st.just("seek"), st.integers(0, len(CONTENT) + 100), st.just(io.SEEK_SET)),
    st.tuples(st.just("seek"), st.integers(-len(CONTENT), 50), st.just(io.SEEK_END)),
    st.tuples(st.just("tell")),
)


def do(file: Any, step: tuple[Any, ...]) -> object:
    name, *arguments = step
    if name != "readinto":
        return getattr(file, name)(*arguments)
    buffer = bytearray(arguments[0])
    # Fewer bytes are allowed where there is no buffer; a BytesIO never does that.
    count = 0
    while got := file.readinto(memoryview(buffer)[count:]):
        count += got
    return bytes(buffer[:count])


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEPS, max_size=25), buffering=st.sampled_from([-1, 2, 16, 100]))
def test_as_a_file_in_memory(
    local_jgd: ModuleType, embedded: Place, steps: list[tuple[Any, ...]], buffering: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:  # so that a small file has many borders
        patch.setattr(reading, "_BUFFER", 16)
        patch.setattr(reading, "_MOST_AHEAD", 64)
        dataset = local_jgd.dataset("data", create=True)
        if not dataset.versions:
            embedded.committed({"a.txt": CONTENT})
        expected = io.BytesIO(CONTENT)
        with dataset.latest.open("a.txt", "rb", buffering=buffering) as file:
            for step in steps:
                assert do(file, step) == do(expected, step), step


@pytest.mark.parametrize("size", [0, 1, 70_000, 9 * 1024 * 1024])
def test_a_whole_file_and_parts_of_it(jgd: ModuleType, place: Place, size: int) -> None:
    content = (b"0123456789abcdef" * (size // 16 + 1))[:size]
    place.committed({"a": content})
    version = jgd.dataset("data").latest
    assert version.read_bytes("a") == content
    with version.open("a") as file:
        assert (file.readable(), file.seekable(), file.writable()) == (True, True, False)
        assert file.read() == content
        assert file.read() == b""
    with version.open("a", buffering=0) as raw:
        assert raw.seek(-min(5, size), io.SEEK_END) == size - min(5, size)
        assert raw.read() == content[-5:]
        assert raw.seek(size + 10) == size + 10
        assert raw.read(1) == b""


def test_text(jgd: ModuleType, place: Place) -> None:
    place.committed({"a": "erste\r\nzweite ü\n".encode(), "b": "ü".encode("latin-1")})
    version = jgd.dataset("data").latest
    assert version.open("a", "r").read() == "erste\nzweite ü\n"
    assert version.open("a", "rt", newline="").readlines() == ["erste\r\n", "zweite ü\n"]
    assert version.open("b", "r", encoding="latin-1").read() == version.read_text("b", "latin-1") == "ü"
    assert version.open("b", "r", errors="replace").read() == "\ufffd"
    with jgd.open("data:latest/a", "r") as file:
        assert list(file) == ["erste\n", "zweite ü\n"]


def test_who_reads_on_asks_seldom_and_who_jumps_asks_for_little(local_jgd: ModuleType, embedded: Place) -> None:
    size = 20 * 1024 * 1024
    embedded.committed({"a": bytes(size)})
    asked: list[tuple[int, int]] = []

    with local_jgd.dataset("data").latest.open("a") as file:
        raw = file.raw
        before = raw._opened.read_range
        raw._opened.read_range = lambda start, end: asked.append((start, end)) or before(start, end)
        while file.read(10_000):
            pass
        assert len(asked) < 12
        assert max(end - start for start, end in asked) == 8 * 1024 * 1024
        asked.clear()
        for at in range(30):
            file.seek(at * 7919 * 83 % size)
            file.read(100)
        assert max(end - start for start, end in asked[5:]) <= 64 * 1024


@pytest.mark.parametrize("mode", ["w", "a", "rb+", "", "x"])
def test_a_committed_version_is_only_read(local_jgd: ModuleType, embedded: Place, mode: str) -> None:
    embedded.committed({"a": b"1"})
    with fails(ErrorKind.INVALID_OPTION, mode):
        local_jgd.dataset("data").latest.open("a", mode)


def test_bytes_have_no_encoding(local_jgd: ModuleType, embedded: Place) -> None:
    embedded.committed({"a": b"1"})
    with fails(ErrorKind.INVALID_OPTION, "rb"):
        local_jgd.open("data/a", "rb", encoding="utf-8")


def test_a_closed_file_and_bad_places(local_jgd: ModuleType, embedded: Place) -> None:
    embedded.committed({"a": b"1"})
    file = local_jgd.dataset("data").latest.open("a")
    with pytest.raises(ValueError, match="negative"):
        file.raw.seek(-1)
    with pytest.raises(ValueError, match="whence"):
        file.raw.seek(0, 9)
    file.close()
    for what in (file.read, file.raw.read, file.raw.tell, file.raw.readall):
        with pytest.raises(ValueError, match="closed"):
            what()


class Damaged:
    """A file whose store has other bytes than those that were put."""

    is_fixed = True

    def __init__(self, content: bytes, size: int) -> None:
        self.info = FileInfo("a", size, "00" * 32)
        self._content = content

    def read_range(self, start: int, end: int) -> bytes:
        return self._content[start:end]


@pytest.mark.parametrize(("content", "word"), [(b"other", "hash"), (b"cut", "3 bytes instead of 5")])
def test_damage_is_noticed_at_the_end(content: bytes, word: str) -> None:
    file = reading.open_reading(Damaged(content, 5), "data:v/a", "rb")
    with fails(ErrorKind.STORE_CORRUPT, "data:v/a", word):
        file.read()


def test_what_is_missing(jgd: ModuleType, place: Place) -> None:
    place.committed({"a": b"1"})
    with fails(ErrorKind.FILE_NOT_FOUND, "nothing"):
        jgd.open("data/nothing")
    with fails(ErrorKind.DATASET_NOT_FOUND, "other"):
        jgd.open("other/a")
    with fails(ErrorKind.VERSION_NOT_FOUND, "gone"):
        jgd.open("data:gone/a")
