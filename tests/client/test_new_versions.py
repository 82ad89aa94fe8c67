"""New versions: what goes into them, when they are committed, and what happens when they are not."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.client.progress import Interrupted
from jupyter_gradient_data.errors import ErrorKind
from tests.service.place import Place, fails, write_tree


def test_all_ways_to_put_files(jgd: ModuleType, place: Place, tmp_path: Path) -> None:
    folder = write_tree(tmp_path / "photos", {"rose.txt": b"rose", "deep/tulip.txt": b"tulip"})
    ds = jgd.dataset("flowers", create=True)
    with ds.new_version(message="First", tag="v1", metadata={"by": "me"}) as v:
        assert (v.is_committed, v.message) == (False, "First")
        assert v.put(f"{folder}/").files == 2
        v.put([folder / "rose.txt", folder], "more")
        assert v.write("text", "ü").size == 2
        v.write("bytes", b"b")
        v.write("array", bytearray(b"c"))
        v.write("pieces", (piece for piece in (b"d", b"e")), executable=True)
        v.write("file", io.BytesIO(b"f\ng\n"))
        assert v.files["text"].read_text() == "ü"
        assert v.remove("more/photos", "bytes") == 3
        assert v.move("file", "moved/file") == 1
    assert v.is_committed
    assert v.tags == ("v1",)
    assert v.metadata["by"] == "me"
    assert v.metadata["provenance"]["kernel"]["python"]
    assert place.contents(v.reference) == {
        "array": b"c",
        "deep/tulip.txt": b"tulip",
        "more/rose.txt": b"rose",
        "moved/file": b"f\ng\n",
        "pieces": b"de",
        "rose.txt": b"rose",
        "text": "ü".encode(),
    }
    assert v.files["pieces"].info.executable
    assert ds.latest == v == ds["v1"] == ds.version(v.id)


def test_what_cannot_be_a_tag_is_said_before_anything_is_committed(local_jgd: ModuleType) -> None:
    ds = local_jgd.dataset("flowers", create=True)
    with fails(ErrorKind.INVALID_TAG, "latest"):
        ds.new_version(tag="latest")
    assert not ds.list_versions(committed=None)
    v = ds.new_version()
    with fails(ErrorKind.INVALID_TAG, "a:b"):
        v.commit(tag="a:b")
    assert not v.refresh().is_committed


@pytest.mark.parametrize("value", [float("nan"), Path("a"), {1, 2}, b"a", "half of \ud83d"])
def test_what_is_noted_must_be_json(jgd: ModuleType, place: Place, value: object) -> None:
    ds = jgd.dataset("flowers", create=True)
    with fails(ErrorKind.INVALID_OPTION, "metadata", "loss"):
        ds.new_version(metadata={"by": "me", "loss": value})
    v = ds.new_version()
    with fails(ErrorKind.INVALID_OPTION, "metadata", "loss"):
        v.commit(metadata={"loss": value})
    assert [v] == list(ds.list_versions(committed=None))


def test_writing_by_a_file_object(jgd: ModuleType, place: Place) -> None:
    v = jgd.dataset("flowers", create=True).new_version()
    with v.open("text", "w", newline="\n") as text:
        text.write("eins\nü\n")
    with v.open("bytes", "wb") as file:
        file.write(b"0123456789")
        file.seek(3)
        file.write(b"XY")
        assert (file.tell(), file.seekable()) == (5, True)
        with pytest.raises(KeyError):  # nothing is there before it is closed
            v.files["bytes"]
    with v.open("bytes") as read:
        assert read.read() == b"012XY56789"
    with jgd.open(f"{v.reference}/empty", "wb"):
        pass
    assert place.contents(v.info.reference) == {"bytes": b"012XY56789", "empty": b"", "text": "eins\nü\n".encode()}


@pytest.mark.parametrize("mode", ["w", "wb"])
def test_half_a_file_is_never_stored(local_jgd: ModuleType, embedded: Place, mode: str) -> None:
    v = local_jgd.dataset("flowers", create=True).new_version()
    half = "half" if mode == "w" else b"half"

    def write_half() -> None:
        with v.open("a", mode) as file:
            file.write(half)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_half()
    forgotten = v.open("b", mode)
    forgotten.write(half)
    del forgotten
    assert len(v.files) == 0
    with v.open("a", mode) as file:
        file.write(half)
    assert v.read_bytes("a") == b"half"


def test_a_file_that_cannot_be_stored_says_so(local_jgd: ModuleType) -> None:
    v = local_jgd.dataset("flowers", create=True).new_version()
    file = v.open("../a", "wb")
    file.write(b"1")
    with fails(ErrorKind.INVALID_PATH, "../a"):
        file.close()
    assert file.closed


@pytest.mark.parametrize("kind", [ZeroDivisionError, Interrupted])
def test_an_exception_leaves_it_uncommitted(
    jgd: ModuleType, place: Place, capsys: pytest.CaptureFixture[str], kind: type[BaseException]
) -> None:
    ds = jgd.dataset("flowers", create=True)
    v = ds.new_version(tag="v1")

    def write_and_fail() -> None:
        with v:
            v.write("a", "1")
            raise kind("mine")

    with pytest.raises(kind) as caught:
        write_and_fail()
    assert str(caught.value) == "mine"
    said = caught.value.__notes__ if sys.version_info >= (3, 11) else capsys.readouterr().err.splitlines()
    (line,) = said
    if isinstance(caught.value, Interrupted) and sys.version_info >= (3, 11):
        assert caught.value._render_traceback_() == ["mine", line]
    assert f"{v.reference} is not committed" in line
    assert f"dataset('flowers').version('{v.id}')" in line
    assert not ds.versions
    assert [one.id for one in ds.list_versions(committed=False)] == [v.id]
    # As the line says:
    again = jgd.dataset("flowers").version(v.id)
    again.write("b", "2")
    assert again.commit(message="Now it is", tag="v2") is again
    assert (again.is_committed, again.message, again.tags) == (True, "Now it is", ("v2",))
    assert list(ds.latest.files) == ["a", "b"]


def test_a_commit_that_fails_says_how_to_go_on(local_jgd: ModuleType, embedded: Place) -> None:
    ds = local_jgd.dataset("flowers", create=True)
    w = ds.new_version()
    w.write("a", "1")
    w.delete()
    with fails(ErrorKind.VERSION_NOT_FOUND) as caught, w:
        pass
    if sys.version_info >= (3, 11):
        assert w.reference in caught.value.__notes__[0]


def test_committing_in_the_body_and_twice(jgd: ModuleType, place: Place) -> None:
    ds = jgd.dataset("flowers", create=True)
    with ds.new_version() as v:
        v.write("a", "1")
        v.commit(message="In between")
        with fails(ErrorKind.VERSION_COMMITTED):
            v.write("b", "2")
    assert v.commit().message == "In between"
    assert len(ds.versions) == 1


def test_what_it_begins_with(jgd: ModuleType, place: Place) -> None:
    ds = jgd.dataset("flowers", create=True)
    with ds.new_version(from_="latest", tag="v1") as first:  # while nothing is committed: empty
        first.write("a", "1")
    with ds.new_version(from_="latest") as second:
        second.write("b", "2")
    with ds.new_version() as empty:
        empty.write("c", "3")
    assert second.info.parent == first.info.reference
    assert list(second.files) == ["a", "b"]
    assert list(empty.files) == ["c"]
    other = jgd.create_dataset("trees", "Some trees")
    for from_ in (first, "flowers:v1", f"flowers:{first.id}"):
        assert list(other.new_version(from_=from_).files) == ["a"]
    assert list(ds.new_version(from_="v1").files) == ["a"]
    with fails(ErrorKind.VERSION_NOT_FOUND, "nothing"):
        ds.new_version(from_="nothing")


def test_latest_to_begin_with_is_what_others_committed_since(jgd: ModuleType, place: Place) -> None:
    first = place.committed({"a": b"1"})
    ds = jgd.dataset("data")
    assert ds.latest.id == first.version
    second = place.committed({"a": b"1", "b": b"2"})
    assert ds.latest.id == first.version  # as this notebook knows it
    with ds.new_version(from_="latest") as v:
        v.write("c", "3")
    assert v.info.parent == second.reference
    assert ds.latest == v  # what it commits itself, it is told of
