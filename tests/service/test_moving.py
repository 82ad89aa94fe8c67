"""Moving files and folders inside an uncommitted version, held to what a dictionary says."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.intake import Intake
from tests.service.place import Place, fails, names, stage_all

SAMPLE = {"a": b"1", "a-b": b"2", "dir/b": b"3", "dir/c/d": b"44", "dir/run*": b"5", "dir0": b"6", "gone": b"7"}


def plain(files: dict[str, bytes]) -> dict[str, bytes]:
    return {path.rstrip("*"): content for path, content in files.items()}


def move(place: Place, reference: str, source: str, target: str) -> int:
    return place.service.move_files(reference, source, target).result()


def test_moving(place: Place) -> None:
    base = place.committed(SAMPLE)
    version = place.version({"dir/new": b"8", "dir/b": b"33"}, start_from=base.reference).reference
    sent = place.stored
    assert move(place, version, "dir/", "x/y") == 4
    assert move(place, version, "a", "new folder/a") == 1
    assert move(place, version, "x/y/c", "c/") == 1
    assert place.stored == sent
    expected = {
        "new folder/a": b"1",
        "a-b": b"2",
        "x/y/b": b"33",
        "c/d": b"44",
        "x/y/run": b"5",
        "x/y/new": b"8",
        "dir0": b"6",
        "gone": b"7",
    }
    assert place.contents(version) == expected
    assert place.service.get_file(version, "x/y/run").executable
    done = place.service.commit_version(version).result()
    assert place.contents(done.reference) == expected
    assert place.contents(base.reference) == plain(SAMPLE)
    with fails(ErrorKind.VERSION_COMMITTED, done.version):
        move(place, done.reference, "dir0", "dir1")


def test_over_what_was_deleted(place: Place) -> None:
    base = place.committed(SAMPLE)
    version = place.version(start_from=base.reference).reference
    place.service.delete_files(version, ["gone", "dir"]).result()
    assert move(place, version, "a", "gone") == 1
    assert move(place, version, "gone", "dir/c") == 1  # where a folder was
    assert move(place, version, "dir0", "a") == 1
    assert place.contents(version) == {"a": b"6", "a-b": b"2", "dir/c": b"1"}
    assert move(place, version, "a", "dir0") == 1  # and back: over its own place in the base
    done = place.service.commit_version(version).result()
    assert place.contents(done.reference) == {"a-b": b"2", "dir/c": b"1", "dir0": b"6"}


@pytest.mark.parametrize(
    ("source", "target", "kind", "words"),
    [
        ("nothing", "x", ErrorKind.FILE_NOT_FOUND, "'nothing'"),
        ("a/", "x", ErrorKind.FILE_NOT_FOUND, "'a/'"),
        ("a", "a-b", ErrorKind.NAME_TAKEN, "A file named 'a-b'"),
        ("a", "dir", ErrorKind.NAME_TAKEN, "A folder named 'dir'"),
        ("dir", "a", ErrorKind.NAME_TAKEN, "A file named 'a'"),
        ("dir/c", "dir", ErrorKind.NAME_TAKEN, "A folder named 'dir'"),
        ("a", "a", ErrorKind.NAME_TAKEN, "A file named 'a'"),
        ("dir", "dir/", ErrorKind.NAME_TAKEN, "A folder named 'dir'"),
        ("a", "dir0/x/y", ErrorKind.PATHS_CLASH, "'dir0'"),
        ("dir", "dir/c/e", ErrorKind.INVALID_OPTION, "inside 'dir'"),
        ("a", "a/b", ErrorKind.INVALID_OPTION, "inside 'a'"),
        ("a", "folder/", ErrorKind.INVALID_OPTION, "'a' is a file"),
        ("/", "x", ErrorKind.INVALID_OPTION, "the whole version"),
        ("", "x", ErrorKind.INVALID_OPTION, "the whole version"),
        ("a", "/", ErrorKind.INVALID_OPTION, "the whole version"),
        ("a", "x/../y", ErrorKind.INVALID_PATH, "'..'"),
        ("../a", "x", ErrorKind.INVALID_PATH, "'..'"),
        ("a", "x\0", ErrorKind.INVALID_PATH, "NUL"),
        ("dir", "x" * 4095, ErrorKind.INVALID_PATH, "longer"),
    ],
)
def test_what_cannot_be_moved_stays(local: Place, source: str, target: str, kind: ErrorKind, words: str) -> None:
    base = local.committed(SAMPLE)
    for version in (local.version(SAMPLE), local.version(start_from=base.reference)):
        with fails(kind, words):
            move(local, version.reference, source, target)
        assert local.contents(version.reference) == plain(SAMPLE)


def test_a_file_and_a_folder_of_one_name_can_be_parted(local: Place) -> None:
    files = {"a": b"1", "a/b": b"2"}
    version = local.version(files).reference
    assert move(local, version, "a", "c") == 1
    assert local.contents(version) == {"c": b"1", "a/b": b"2"}
    other = local.version(files).reference
    assert move(local, other, "a/", "c") == 1
    assert local.contents(other) == {"a": b"1", "c/b": b"2"}
    assert local.service.commit_version(other).result().files == 2


def test_many_files_in_one_go(local: Place) -> None:
    """More than are read or written at once, from the base and beside it."""
    version = local.version().reference
    stage_all(local, version, (b"set/%05d" % number for number in range(12_000)))
    done = local.service.commit_version(version).result()
    child = local.service.create_version("data", start_from=done.reference).reference
    stage_all(local, child, (b"set/x%05d" % number for number in range(6_000)))
    assert move(local, child, "set", "there/it is") == 18_000
    assert names(local.service.list_files(child).items) == ["there/"]
    assert local.service.summarize_changes(child).added == 18_000
    assert local.service.commit_version(child).result().files == 18_000


def test_an_upload_that_has_not_finished_keeps_its_place(local: Place) -> None:
    version = local.version({"dir/a": b"1", "b": b"2"}).reference
    Intake(local.repository).promise_files(version, ["dir/late", "b", "taken"])
    for source, promised in (("dir", "'dir/late'"), ("b", "'b'")):
        with fails(ErrorKind.UPLOADS_UNDER_WAY, promised):
            move(local, version, source, "elsewhere")
    assert move(local, version, "dir/a", "taken") == 1  # a promise is kept whichever way the file comes
    local.service.delete_files(version, ["dir/late"]).result()
    local.fill(version, {"b": b"3"})
    assert move(local, version, "b", "c") == 1
    assert local.service.commit_version(version).result().files == 2


@pytest.mark.parametrize("seed", range(4))
def test_any_moves(make_place: Callable[[str], Place], seed: int) -> None:
    place, chance = make_place("embedded"), random.Random(seed)
    folders = ["", "d/", "d/e/", "f/"]
    files = {f"{chance.choice(folders)}{number}": b"%d" % number for number in range(12)}
    version = place.version(start_from=place.committed(files).reference).reference
    for step in range(20):
        if chance.random() < 0.3:
            path, content = chance.choice(sorted(files)), b"new %d" % step
            place.fill(version, {path: content})
            files[path] = content
        source = chance.choice([*files, "d", "d/e", "f"])
        target = f"{chance.choice(folders)}{chance.choice([f'n{step}', 'd', 'e', 'f'])}"
        inside = [path for path in files if path.startswith(source + "/")]
        moved = [source] if source in files else inside
        taken = target in files or any(path.startswith(target + "/") for path in files)
        above = {target[:at] for at, letter in enumerate(target) if letter == "/"}
        if moved and not taken and not above & files.keys() and not target.startswith(source + "/"):
            assert move(place, version, source, target) == len(moved)
            files |= {target + path[len(source) :]: files.pop(path) for path in moved}
        assert place.contents(version) == files
    done = place.service.commit_version(version).result()
    assert place.contents(done.reference) == files
