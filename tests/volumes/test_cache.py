"""What a cache of versions promises, over each kind of storage provider."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.blobs.disk_cache import STAMP
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase, ProgressEvent
from jupyter_gradient_data.progress import Progress
from tests.service.place import Place, fails, read_tree
from tests.support.privileges import folder_for_all, without_privileges

from .cached import USER, cache_of, cache_root, contents, materialise, plain, requests, some_files


def modes(tree: Path) -> dict[str, int]:
    return {str(path.relative_to(tree)): stat.S_IMODE(path.stat().st_mode) for path in [tree, *tree.rglob("*")]}


def test_a_version_is_there_with_all_its_files_and_nobody_can_write(place: Place) -> None:
    files = some_files()
    tree = materialise(place, place.committed(files).reference)
    assert read_tree(tree) == plain(files)
    for path in files:
        assert modes(tree)[path.rstrip("*")] == (0o555 if path.endswith("*") else 0o444), path
    assert {mode for path, mode in modes(tree).items() if (tree / path).is_dir()} == {0o555}


def test_the_second_time_it_costs_nothing(place: Place) -> None:
    reference = place.committed(some_files()).reference
    tree = materialise(place, reference)
    before = {path: path.stat().st_ctime_ns for path in tree.rglob("*")}
    place.reopen()
    files = VersionFiles.open(place.repository, reference)
    asked = requests(place)
    assert cache_of(place).materialise(files, Progress(), "other/name") == tree
    assert requests(place) == asked
    assert {path: path.stat().st_ctime_ns for path in tree.rglob("*")} == before


def test_an_empty_version_is_an_empty_folder(place: Place) -> None:
    tree = materialise(place, place.committed({}).reference)
    assert tree.is_dir()
    assert list(tree.iterdir()) == []


def test_an_uncommitted_version_is_refused(place: Place) -> None:
    with fails(ErrorKind.VERSION_UNCOMMITTED):
        materialise(place, place.version({"a": b"1"}).reference)


def test_equal_contents_are_on_the_disk_once(place: Place) -> None:
    first = place.committed(some_files())
    second = place.committed({**some_files(), "new": b"new"}, dataset="other")
    one, two = materialise(place, first.reference), materialise(place, second.reference, "notebook/two")
    for path in plain(some_files()):
        assert os.path.samefile(one / path, two / path), path
    assert os.path.samefile(one / "large.bin", one / "deep" / "large copy.bin")
    assert not os.path.samefile(one / "run.sh", one / "also" / "run.sh"), "one of them is executable"


def test_only_what_is_new_is_fetched(place: Place) -> None:
    old = some_files(count=100)
    first = place.committed(old)
    second = place.committed({**old, "few/007.bin": b"changed"}, start_from=first.reference)
    materialise(place, first.reference)
    events: list[ProgressEvent] = []
    materialise(place, second.reference, "notebook/two", Progress(events.append))
    fetched = [event for event in events if event.phase is Phase.FETCHING][-1]
    total = sum(map(len, {**old, "few/007.bin": b"changed"}.values()))
    assert (fetched.files_done, fetched.bytes_done) == (second.files, total)
    assert fetched.bytes_done - fetched.bytes_skipped == len(b"changed")
    assert events[-1].phase is Phase.LINKING


def test_large_files_of_the_embedded_provider_are_not_stored_twice(make_place: Any) -> None:
    place: Place = make_place("embedded")
    files = some_files()
    tree = materialise(place, place.committed(files).reference)
    blobs = {path.stat().st_ino for path in (place.config.state_path / "managed").rglob("*") if path.is_file()}
    assert (tree / "large.bin").stat().st_ino in blobs
    assert (tree / "large program").stat().st_ino not in blobs, "the store's own file must not become executable"
    assert not any(path.stat().st_mode & 0o111 for path in (place.config.state_path / "managed").rglob("*blobs/*/*"))
    large = {path.stat().st_ino for path in contents(place) if path.stat().st_size > 1_000_000}
    assert large == {(tree / "large program").stat().st_ino}


def test_what_was_just_uploaded_needs_no_request(bucket: Place, tmp_path: Path) -> None:
    from tests.service.place import write_tree

    source = write_tree(tmp_path / "source", plain(some_files()))
    version = bucket.version()
    bucket.service.put_files(version.reference, [f"{source}/"]).result()
    reference = bucket.service.commit_version(version.reference).result().reference
    bucket.reopen()
    tree = materialise(bucket, reference)
    assert read_tree(tree) == plain(some_files())
    assert requests(bucket) == 0


def test_reads_need_no_request_when_all_is_there(bucket: Place, tmp_path: Path) -> None:
    files = some_files()
    reference = bucket.committed(files).reference
    materialise(bucket, reference)
    for pack in (cache_root(bucket) / "packs").iterdir():
        pack.unlink()
    bucket.reopen()
    bucket.service.get_file(reference, "empty")  # now the tree of the version is in memory
    VersionFiles.open(bucket.repository, reference).read_ahead(1000)
    asked = requests(bucket)
    assert bucket.contents(reference) == plain(files)
    bucket.service.get_files(reference, [], tmp_path / "out").result()
    assert read_tree(tmp_path / "out") == plain(files)
    assert len(b"".join(bucket.service.read_archive(reference))) > 1000
    assert bucket.read(reference, "large.bin", 5, 20) == files["large.bin"][5:20]
    assert requests(bucket) == asked


def test_nothing_is_kept_of_what_is_sent_when_the_limit_is_small(make_place: Any) -> None:
    place: Place = make_place("sqlite-seaweedfs", cache_bytes=1000)
    place.committed(some_files())
    assert not [path for path in cache_root(place).rglob("*") if path.is_file() and path.stat().st_size > 1000]


# --- where links are not possible -------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", [errno.EPERM, errno.EXDEV, errno.EOPNOTSUPP])
def test_without_hard_links_files_are_copied(place: Place, monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    def refuse(*arguments: Any, **options: Any) -> None:
        raise OSError(number, os.strerror(number))

    reference = place.committed(some_files()).reference
    monkeypatch.setattr(os, "link", refuse)
    tree = materialise(place, reference)
    assert read_tree(tree) == plain(some_files())
    assert {path.stat().st_mtime for path in tree.rglob("*") if path.is_file()} == {STAMP}
    assert materialise(place, reference) == tree


def test_a_content_with_as_many_names_as_a_file_can_have(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    link, most = os.link, 4

    def limited(source: Any, *arguments: Any, **options: Any) -> None:
        if options.get("src_dir_fd") is None and os.stat(source).st_nlink >= most:
            raise OSError(errno.EMLINK, os.strerror(errno.EMLINK))
        link(source, *arguments, **options)

    files = {f"{number:02}": b"" for number in range(20)} | {f"x{number:02}": b"same" for number in range(20)}
    reference = place.committed(files).reference
    monkeypatch.setattr(os, "link", limited)
    tree = materialise(place, reference)
    assert read_tree(tree) == files
    assert {path.stat().st_nlink for path in tree.iterdir()} <= set(range(1, most + 1))
    assert len({path.stat().st_ino for path in tree.iterdir()}) < len(files)


def test_an_ordinary_user_has_a_cache_that_refuses_writes() -> None:
    with folder_for_all() as folder, without_privileges():
        place = Place(Config(state_dir=folder / "state", author="tester"))
        try:
            tree = materialise(place, place.committed(some_files()).reference)
            assert read_tree(tree) == plain(some_files())
            for attempt in (
                lambda: (tree / "new").write_bytes(b""),
                lambda: (tree / "empty").write_bytes(b"not empty"),
                lambda: (tree / "large.bin").open("r+b"),
                lambda: (tree / "deep" / "copy.txt").unlink(),
                lambda: (tree / "deep").rename(tree / "deeper"),
                lambda: (tree / "few").rmdir(),
            ):
                with pytest.raises(PermissionError):
                    attempt()
            cache = cache_of(place)
            cache.release(tree.name, USER)
            assert cache.trim(Progress(), everything=True).versions == 1
            assert not tree.exists()
        finally:
            place.close()


def test_a_cache_that_cannot_be_written_says_so() -> None:
    with folder_for_all() as folder, without_privileges():
        place = Place(Config(state_dir=folder / "state", author="tester"))
        try:
            materialise(place, place.committed(some_files()).reference)
            (cache_of(place)._disk.root / "locks").chmod(0o500)
            with fails(ErrorKind.TARGET_UNWRITABLE, "permission denied"):
                materialise(place, place.committed({"other": b"1"}, "other").reference)
            with fails(ErrorKind.TARGET_UNWRITABLE, "permission denied"):
                cache_of(place).trim(Progress())
        finally:
            place.close()


# --- paths ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [b"../out", b"/out", b"a/../../out", b"a//b", b"", b"a/./b"])
def test_paths_are_checked_again_before_anything_is_written(
    place: Place, monkeypatch: pytest.MonkeyPatch, path: bytes
) -> None:
    files = VersionFiles.open(place.repository, place.committed({"a": b"1"}).reference)
    (entry,) = files.entries()
    monkeypatch.setattr(files, "entries", lambda: iter([entry._replace(path=path)]))
    with fails(ErrorKind.INVALID_PATH):
        cache_of(place).materialise(files, Progress(), USER)
    assert not (cache_root(place).parent / "out").exists()
    assert not [*(cache_root(place) / "trees").glob("*"), *(cache_root(place) / "tmp").iterdir()]
    assert not cache_of(place).info().mounted


def test_a_tree_of_somebody_else_is_adopted_once(place: Place) -> None:
    calls = []

    def fill(folder: Path) -> None:
        calls.append(folder)
        (folder / "sub").mkdir()
        (folder / "sub" / "file").write_bytes(b"1")

    cache = cache_of(place)
    tree = cache.adopt("bucket0123", fill, USER, Progress())
    assert cache.adopt("bucket0123", fill, "notebook/two", Progress()) == tree
    assert len(calls) == 1
    assert read_tree(tree) == {"sub/file": b"1"}
    assert modes(tree)["sub"] == 0o555


def test_a_fill_that_fails_leaves_nothing(place: Place) -> None:
    def fill(folder: Path) -> None:
        (folder / "half").write_bytes(b"1")
        raise ErrorKind.CANCELLED()

    cache = cache_of(place)
    with fails(ErrorKind.CANCELLED):
        cache.adopt("bucket0123", fill, USER, Progress())
    assert not cache.tree("bucket0123").exists()
    assert list((cache_root(place) / "tmp").iterdir()) == []
    assert not cache.info().mounted
