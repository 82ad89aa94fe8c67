"""Putting and getting: which names things get, that nothing moves twice, and that what was interrupted goes on."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs import hashing
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import TransferResult, VersionState
from jupyter_gradient_data.stores.objects import ObjectStore
from tests.service.place import LONG_AGO, Place, fails, read_tree, write_tree

MIB = 1024 * 1024


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


FILES = {
    "readme": b"read me\n" * 500,
    "empty": b"",
    "img/1": noise(3000, 1),
    "img/2": noise(3000, 2),
    "img/copy of 1": noise(3000, 1),
    "img/deep/er/3": noise(100, 3),
    "large": noise(3 * MIB, 4),
    "again/large": noise(3 * MIB, 4),
    "Ünï/çödé": b"\xff\x00",
}
SIZE = sum(map(len, FILES.values()))


def put(place: Place, reference: str, *sources: object, target: str = "/") -> TransferResult:
    return place.service.put_files(reference, [str(source) for source in sources], target).result()


def get(place: Place, reference: str, target: Path | str, *paths: str) -> TransferResult:
    return place.service.get_files(reference, paths, target).result()


def put_committed(place: Place, source: Path, **options: str) -> str:
    version = place.version(**options)
    put(place, version.reference, f"{source}/")
    return place.service.commit_version(version.reference).result().reference


# --- putting ----------------------------------------------------------------------------------------------------------


def test_what_goes_in_comes_out(place: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", FILES)
    (source / "readme").chmod(0o755)
    version = place.version()
    put(place, version.reference, f"{source}/")
    assert place.contents(version.reference) == FILES
    done = place.service.commit_version(version.reference).result()
    assert (done.files, done.bytes) == (len(FILES), SIZE)
    for target in (tmp_path / "new" / "target", tmp_path):
        result = get(place, done.reference, target / "out")
        assert result == TransferResult(len(FILES), SIZE, len(FILES), SIZE)
        assert read_tree(target / "out") == FILES
        assert os.access(target / "out" / "readme", os.X_OK)
        assert not os.access(target / "out" / "large", os.X_OK)
    report = place.service.verify(read_data=True).result()
    assert report.ok, report.problems


@pytest.mark.parametrize(
    ("source", "target", "stored"),
    [
        ("dir", "/", ["dir/a", "dir/sub/b"]),
        ("dir/", "/", ["a", "sub/b"]),
        ("dir/.", "/", ["a", "sub/b"]),
        ("dir/sub/..", "/", ["a", "sub/b"]),
        ("dir", "x/y", ["x/y/dir/a", "x/y/dir/sub/b"]),
        ("dir/", "x/y", ["x/y/a", "x/y/sub/b"]),
        ("dir/", "/x//y/", ["x/y/a", "x/y/sub/b"]),
        ("dir//", "./", ["a", "sub/b"]),
        ("dir/a", "/", ["a"]),
        ("dir/a", "x", ["x/a"]),
        ("dir/a", "x/", ["x/a"]),
        ("dir/sub", "", ["sub/b"]),
    ],
)
def test_names_are_those_of_rsync(local: Place, tmp_path: Path, source: str, target: str, stored: list[str]) -> None:
    write_tree(tmp_path / "dir", {"a": b"1", "sub/b": b"2"})
    version = local.version()
    put(local, version.reference, f"{tmp_path}/{source}", target=target)
    assert sorted(local.contents(version.reference)) == stored


def test_relative_sources(local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_tree(tmp_path / "dir", {"a": b"1", "sub/b": b"2"}))
    version = local.version()
    for source, path in ((".", "a"), ("sub", "sub/b"), ("./sub/", "b"), ("../dir", "dir/a"), ("..", "dir/sub/b")):
        put(local, version.reference, source)
        assert path in local.contents(version.reference)


def test_several_sources(local: Place, tmp_path: Path) -> None:
    write_tree(tmp_path / "one", {"a": b"1", "sub/x": b"2"})
    write_tree(tmp_path / "two", {"b": b"3", "sub/y": b"4"})
    version = local.version()
    result = put(local, version.reference, f"{tmp_path}/one/", f"{tmp_path}/two/", tmp_path / "one")
    assert result.files == 6
    assert sorted(local.contents(version.reference)) == ["a", "b", "one/a", "one/sub/x", "sub/x", "sub/y"]
    with fails(ErrorKind.PATHS_CLASH, "one/a", "sub/a"):
        (tmp_path / "two" / "sub" / "a").write_bytes(b"5")
        put(local, version.reference, f"{tmp_path}/one/", f"{tmp_path}/two/sub/")


def test_a_put_replaces_files_and_leaves_the_rest(place: Place, tmp_path: Path) -> None:
    base = place.committed({"a": b"old", "b": b"stays", "run*": b"script"})
    version = place.version(start_from=base.reference)
    source = write_tree(tmp_path / "source", {"a": b"new", "run": b"script", "c": b"more"})
    put(place, version.reference, f"{source}/")
    assert place.contents(version.reference) == {"a": b"new", "b": b"stays", "run": b"script", "c": b"more"}
    assert not place.service.get_file(version.reference, "run").executable  # as it is on the disk now


# --- nothing moves twice ----------------------------------------------------------------------------------------------


def packs_and_blobs(place: Place) -> int:
    """Bytes of content that were sent: what `stats` counts, without cards and records."""
    return place.stored


def test_the_same_again_sends_nothing(place: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", FILES, old=True)
    version = place.version()
    first = put(place, version.reference, f"{source}/")
    distinct = set(FILES.values())
    assert first.bytes_sent == sum(map(len, distinct))
    before = packs_and_blobs(place)
    for reference in (version.reference, place.version().reference, place.version(dataset="other").reference):
        before = packs_and_blobs(place)
        again = put(place, reference, f"{source}/")
        assert again == TransferResult(len(FILES), SIZE, 0, 0)
        assert packs_and_blobs(place) == before
        assert place.contents(reference) == FILES


def test_a_second_version_sends_and_reads_what_changed(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tree(tmp_path / "source", FILES | {f"many/{n}": noise(500, 100 + n) for n in range(200)}, old=True)
    first = put_committed(place, source)
    (source / "many" / "7").write_bytes(b"changed" * 100)
    read = watch_reads(monkeypatch)
    before = packs_and_blobs(place)
    second = place.version(start_from=first)
    result = put(place, second.reference, f"{source}/")
    assert read == [str(source / "many" / "7")]
    assert (result.files, result.files_sent, result.bytes_sent) == (209, 1, 700)
    place.service.commit_version(second.reference).result()
    assert packs_and_blobs(place) - before < 20_000  # the file, one leaf and the root, a record and a card
    assert place.contents(second.reference) == read_tree(source)
    assert place.reopen().verify(read_data=True).result().ok


def test_what_is_unchanged_is_not_read_by_the_next_command(
    local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = write_tree(tmp_path / "source", FILES, old=True)
    put_committed(local, source)
    read = watch_reads(monkeypatch)
    local.reopen()
    put_committed(local, source)
    assert read == []
    os.utime(source / "large", (LONG_AGO + 5, LONG_AGO + 5))
    put_committed(local, source)
    assert read == [str(source / "large")]


def watch_reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Local files that are opened to be hashed or sent, from now on."""
    opened: list[str] = []
    real = os.open

    def watched(path: str, flags: int, *rest: int, **options: int) -> int:
        if flags == hashing._OPEN_FLAGS and str(path) not in opened:
            opened.append(str(path))
        return real(path, flags, *rest, **options)

    monkeypatch.setattr(os, "open", watched)
    return opened


def test_a_file_written_a_moment_ago_is_read_again(
    local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may change once more within the same tick of the clock, and keep its time and size."""
    source = write_tree(tmp_path / "source", {"a": b"one"})
    version = local.version()
    put(local, version.reference, f"{source}/")
    times = os.stat(source / "a")
    (source / "a").write_bytes(b"two")
    os.utime(source / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    put(local, version.reference, f"{source}/")
    assert local.contents(version.reference) == {"a": b"two"}


def test_content_that_compresses_takes_less(place: Place, tmp_path: Path) -> None:
    files = {f"{n}.csv": b"%d,some,words,that,repeat\n" % n * 2000 for n in range(20)}
    source = write_tree(tmp_path / "source", files)
    version = place.version()
    before = packs_and_blobs(place)
    result = put(place, version.reference, f"{source}/")
    assert result.bytes_sent == sum(map(len, files.values()))
    assert packs_and_blobs(place) - before < result.bytes_sent / 20
    get(place, version.reference, tmp_path / "out")
    assert read_tree(tmp_path / "out") == files


def test_a_large_file(place: Place, tmp_path: Path) -> None:
    content = noise(40 * MIB + 1)
    source = write_tree(tmp_path / "source", {"large": content, "small": b"1"})
    reference = put_committed(place, source)
    get(place, reference, tmp_path / "out")
    assert (tmp_path / "out" / "large").read_bytes() == content


# --- getting ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("paths", "target", "written"),
    [
        ([], "out", {"a": b"1", "dir/b": b"2", "dir/sub/c": b"3"}),
        (["/"], "out", {"a": b"1", "dir/b": b"2", "dir/sub/c": b"3"}),
        (["dir"], "out", {"dir/b": b"2", "dir/sub/c": b"3"}),
        (["dir/"], "out", {"b": b"2", "sub/c": b"3"}),
        (["/dir/"], "out", {"b": b"2", "sub/c": b"3"}),
        (["dir/sub"], "out", {"dir/sub/c": b"3"}),
        (["dir/sub/"], "out", {"c": b"3"}),
        (["a"], "out", {"": b"1"}),
        (["dir/b"], "out/name", {"name": b"2"}),
        (["dir/b"], "out/", {"b": b"2"}),
        (["dir/b"], "here", {"b": b"2"}),
        (["a", "dir/b"], "out", {"a": b"1", "dir/b": b"2"}),
        (["a", "dir/"], "out", {"a": b"1", "b": b"2", "sub/c": b"3"}),
        (["dir/b", "dir", "/dir/b"], "out", {"dir/b": b"2", "dir/sub/c": b"3"}),
    ],
)
def test_where_things_are_written(
    local: Place, tmp_path: Path, paths: list[str], target: str, written: dict[str, bytes]
) -> None:
    version = local.version({"a": b"1", "dir/b": b"2", "dir/sub/c": b"3"})
    (tmp_path / "here").mkdir()
    for folder in (tmp_path, tmp_path / "again"):
        (folder / "here").mkdir(parents=True, exist_ok=True)
        result = get(local, version.reference, f"{folder}/{target}", *paths)
        out = folder / target.partition("/")[0]
        assert (read_tree(out) if out.is_dir() else {"": out.read_bytes()}) == written
        assert result.files >= len(written)
        local.service.commit_version(version.reference).result()


def test_two_files_never_share_a_place(local: Place, tmp_path: Path) -> None:
    """Two folders are unpacked into one, and both have an x: one would be lost."""
    version = local.version({"a/x": b"1", "b/x": b"2", "a/y": b"3", "c/y/z": b"4"})
    with fails(ErrorKind.TARGET_CLASH, "'a/x'", "'b/x'"):
        get(local, version.reference, tmp_path / "out", "a/", "b/")
    with pytest.raises(GradientDataError):
        get(local, version.reference, tmp_path / "other", "a/", "c/")
    same = local.version({"a/x": b"1", "b/x": b"1"})
    get(local, same.reference, tmp_path / "fine", "a/", "b/")
    assert read_tree(tmp_path / "fine") == {"x": b"1"}


def test_what_is_not_there_writes_nothing(local: Place, tmp_path: Path) -> None:
    version = local.committed({"a": b"1", "dir/b": b"2"})
    for paths in (["x"], ["a", "x"], ["a/"], ["dir/x"]):
        with fails(ErrorKind.FILE_NOT_FOUND, repr(paths[-1]), version.reference):
            get(local, version.reference, tmp_path / "out", *paths)
    for path in ("../a", "dir/../a", "a\0"):
        with fails(ErrorKind.INVALID_PATH):
            get(local, version.reference, tmp_path / "out", "a", path)
    assert not (tmp_path / "out").exists()


def test_a_get_continues(place: Place, tmp_path: Path) -> None:
    """Half is missing, one file is damaged, one lost its flag: those are fetched, and nothing else."""
    source = write_tree(tmp_path / "source", FILES)
    reference = put_committed(place, source)
    out = tmp_path / "out"
    get(place, reference, out)
    for path in ("readme", "img/2", "large"):
        (out / path).unlink()
    damaged = bytearray(FILES["img/1"])
    damaged[7] ^= 1
    (out / "img" / "1").write_bytes(damaged)
    (out / "empty").chmod(0o755)
    (out / "mine").write_bytes(b"not of this version")
    result = get(place, reference, out)
    assert read_tree(out) == FILES | {"mine": b"not of this version"}
    moved = ("readme", "img/2", "large", "img/1", "empty")
    assert (result.files, result.files_sent) == (len(FILES), len(moved))
    assert result.bytes_sent == sum(len(FILES[path]) for path in moved)
    before = place.service.stats()["bytes_in"]
    assert get(place, reference, out) == TransferResult(len(FILES), SIZE, 0, 0)
    assert place.service.stats()["bytes_in"] - before < 10_000


def test_a_get_replaces_what_is_in_its_place(local: Place, tmp_path: Path) -> None:
    version = local.committed({"a": b"1", "b": b"2", "dir/c": b"3"})
    out = write_tree(tmp_path / "out", {"a": b"x" * 50})
    elsewhere = tmp_path / "elsewhere"
    elsewhere.write_bytes(b"mine")
    (out / "b").symlink_to(elsewhere)
    get(local, version.reference, out)
    assert read_tree(out) == {"a": b"1", "b": b"2", "dir/c": b"3"}
    assert elsewhere.read_bytes() == b"mine"


def test_a_get_does_not_write_through_a_link(local: Place, tmp_path: Path) -> None:
    version = local.committed({"dir/a": b"1"})
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "dir").symlink_to(tmp_path / "elsewhere")
    with fails(ErrorKind.TARGET_UNSAFE, "dir"):
        get(local, version.reference, tmp_path / "out")
    assert read_tree(tmp_path / "elsewhere") == {}


def test_a_target_that_cannot_be(local: Place, tmp_path: Path) -> None:
    version = local.committed({"a": b"1", "dir/b": b"2"})
    (tmp_path / "file").write_bytes(b"mine")
    with fails(ErrorKind.TARGET_UNWRITABLE, "file"):
        get(local, version.reference, tmp_path / "file")
    (tmp_path / "out" / "a").mkdir(parents=True)
    with fails(ErrorKind.TARGET_UNWRITABLE, "out/a", "folder"):
        get(local, version.reference, tmp_path / "out")
    assert (tmp_path / "file").read_bytes() == b"mine"
    assert [path.name for path in tmp_path.rglob("*.gradient-part")] == []


def test_damaged_content_is_not_written(local: Place, tmp_path: Path) -> None:
    reference = put_committed(local, write_tree(tmp_path / "source", FILES))
    managed = local.config.state_path / "managed"
    (large,) = managed.glob("*/blobs/*/*")
    data = bytearray(large.read_bytes())
    data[MIB] ^= 1
    large.write_bytes(data)
    with fails(ErrorKind.STORE_CORRUPT, "blob"):
        get(local, reference, tmp_path / "out")
    assert not (tmp_path / "out" / "large").exists()
    for path, content in read_tree(tmp_path / "out").items():
        assert content == FILES[path]


# --- stopping ---------------------------------------------------------------------------------------------------------


class StopAt:
    """Cancels a task when the store is asked for the n-th time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, store: ObjectStore, method: str, count: int) -> None:
        self.task: object = None
        real: Callable[..., object] = getattr(store, method)
        calls = 0

        def counted(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == count:
                self.task.cancel()  # type: ignore[attr-defined]
            return real(*arguments)

        monkeypatch.setattr(store, method, counted)


def upload_of(place: Place) -> str:
    """The method of the store that takes large files: a server's makes the file that came its own, without a copy."""
    return "adopt" if place.is_remote else "upload"


def store_of(place: Place) -> ObjectStore:
    repository = place.repository
    return repository.blobs(repository.providers.row(place.provider).key).objects  # type: ignore[no-any-return]


def many_files(folder: Path, count: int = 12) -> Path:
    """Files of 2 MiB, each an object of its own."""
    return write_tree(folder, {f"{n:02}": noise(2 * MIB, n) for n in range(count)}, old=True)


def test_a_put_that_is_stopped_goes_on(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = many_files(tmp_path / "source")
    version = place.version()
    with monkeypatch.context() as patched:
        stop = StopAt(patched, store_of(place), upload_of(place), 3)
        stop.task = task = place.service.put_files(version.reference, [f"{source}/"])
        with fails(ErrorKind.CANCELLED):
            task.result()
    arrived = place.contents(version.reference)
    assert len(arrived) < 12
    assert arrived.items() <= read_tree(source).items()
    with fails(ErrorKind.UPLOADS_UNFINISHED, version.reference, str(source)):
        place.service.commit_version(version.reference).result()
    result = put(place, version.reference, f"{source}/")
    assert result.files_sent <= 12 - len(arrived)
    place.service.commit_version(version.reference).result()
    assert place.contents(version.reference) == read_tree(source)
    assert place.service.verify(read_data=True).result().ok


def test_a_put_that_is_given_up(local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = many_files(tmp_path / "source")
    version = local.version({"before": b"1"})
    with monkeypatch.context() as patched:
        stop = StopAt(patched, store_of(local), upload_of(local), 3)
        stop.task = task = local.service.put_files(version.reference, [f"{source}/"], "new")
        with fails(ErrorKind.CANCELLED):
            task.result()
    other = write_tree(tmp_path / "other", {"c": b"3"})
    put(local, version.reference, f"{other}/")  # another upload does not fulfil the promise of the first
    put(local, version.reference, f"{source}/00", target="new")
    with fails(ErrorKind.UPLOADS_UNFINISHED, "new"):
        local.service.commit_version(version.reference).result()
    expected = local.contents(version.reference)
    assert expected.keys() >= {"before", "c", "new/00"}
    done = local.service.commit_version(version.reference, abandon_uploads=True).result()
    assert done.state is VersionState.COMMITTED
    assert local.contents(done.reference) == expected


def test_a_get_that_is_stopped_goes_on(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = many_files(tmp_path / "source")
    reference = put_committed(place, source)
    place.forget_cache()
    out = tmp_path / "out"
    with monkeypatch.context() as patched:
        stop = StopAt(patched, store_of(place), "get", 5)
        stop.task = task = place.service.get_files(reference, [], out)
        with fails(ErrorKind.CANCELLED):
            task.result()
    arrived = read_tree(out) if out.exists() else {}
    assert len(arrived) < 12
    assert arrived.items() <= read_tree(source).items()  # and no temporary files among them
    result = get(place, reference, out)
    assert result.files_sent == 12 - len(arrived)
    assert read_tree(out) == read_tree(source)


def test_closing_stops_what_runs(local: Place, tmp_path: Path) -> None:
    source = many_files(tmp_path / "source", 40)
    version = local.version()
    task = local.service.put_files(version.reference, [f"{source}/"])
    next(iter(task))  # it has begun
    local.reopen()
    with fails(ErrorKind.CANCELLED):
        task.result()
    put(local, version.reference, f"{source}/")
    local.service.commit_version(version.reference).result()
    assert len(local.files(version.reference)) == 40
