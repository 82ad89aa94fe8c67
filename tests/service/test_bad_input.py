"""Sources that cannot be put: one clear error each, and the version stays as it was."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs import hashing
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.local import open_service
from tests.service.place import Place, fails, write_tree
from tests.support.privileges import folder_for_all, without_privileges

BEFORE = {"before": b"1"}


def outside(folder: Path) -> None:
    (folder.parent / "elsewhere").write_bytes(b"secret")
    (folder / "link").symlink_to(folder.parent / "elsewhere")


def outside_folder(folder: Path) -> None:
    (folder / "sub" / "link").symlink_to("../../..")


def circle(folder: Path) -> None:
    (folder / "link").symlink_to("link")


def circle_of_folders(folder: Path) -> None:
    (folder / "sub" / "link").symlink_to("../sub")


def broken(folder: Path) -> None:
    (folder / "link").symlink_to("nothing")


def pipe(folder: Path) -> None:
    os.mkfifo(folder / "link")


def bad_name(folder: Path) -> None:
    (Path(os.fsdecode(os.fsencode(folder) + b"/caf\xe9"))).write_bytes(b"")


def two_forms(folder: Path) -> None:
    (folder / "Caf\u00e9").write_bytes(b"1")
    (folder / "Cafe\u0301").write_bytes(b"2")


def deep(folder: Path) -> None:
    here = os.getcwd()
    try:  # longer than one call of the system allows
        os.chdir(folder)
        for _ in range(21):
            os.mkdir("d" * 200)
            os.chdir("d" * 200)
        Path("file").write_bytes(b"x")
    finally:
        os.chdir(here)


@pytest.mark.parametrize(
    ("spoil", "kind", "words"),
    [
        (outside, ErrorKind.SOURCE_LINK_OUTSIDE, "link"),
        (outside_folder, ErrorKind.SOURCE_LINK_OUTSIDE, "sub/link"),
        (circle, ErrorKind.SOURCE_LINK_LOOP, "link"),
        (circle_of_folders, ErrorKind.SOURCE_LINK_LOOP, "sub/link"),
        (broken, ErrorKind.SOURCE_LINK_BROKEN, "link"),
        (pipe, ErrorKind.SOURCE_SPECIAL, "link"),
        (bad_name, ErrorKind.INVALID_PATH, "UTF-8"),
        (two_forms, ErrorKind.PATHS_CLASH, "Caf"),
    ],
)
def test_a_folder_with_something_in_it_that_cannot_be(
    local: Place, tmp_path: Path, spoil: Callable[[Path], None], kind: ErrorKind, words: str
) -> None:
    source = write_tree(tmp_path / "source", {"a": b"1", "sub/b": b"2"})
    spoil(source)
    version = local.version(BEFORE)
    sent = local.stored
    for target in ("/", "x"):
        with fails(kind, words):
            local.service.put_files(version.reference, [f"{source}/"], target).result()
    assert local.contents(version.reference) == BEFORE
    assert local.stored == sent


def test_paths_that_grow_too_long(local: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", {"a": b"1"})
    deep(source)
    version = local.version(BEFORE)
    with fails_with_any(ErrorKind.INVALID_PATH, ErrorKind.SOURCE_UNREADABLE):
        local.service.put_files(version.reference, [f"{source}/"]).result()
    assert local.contents(version.reference) == BEFORE
    shutil.rmtree(source)


def fails_with_any(*kinds: ErrorKind) -> pytest.RaisesExc[Exception]:
    return pytest.RaisesExc(Exception, check=lambda error: getattr(error, "kind", None) in kinds)


def test_links_inside_are_followed(local: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", {"a": b"1", "sub/b": b"2"})
    (source / "to a").symlink_to("a")
    (source / "to sub").symlink_to("sub")
    (tmp_path / "to source").symlink_to(source)
    version = local.version()
    local.service.put_files(version.reference, [tmp_path / "to source"]).result()
    assert local.contents(version.reference) == {
        "to source/a": b"1",
        "to source/sub/b": b"2",
        "to source/to a": b"1",
        "to source/to sub/b": b"2",
    }


@pytest.mark.parametrize("source", ["nothing", "nothing/", "a/", "a/b", "a\0b", "", "x" * 5000])
def test_a_source_that_is_not_there(local: Place, tmp_path: Path, source: str) -> None:
    write_tree(tmp_path, {"a": b"1"})
    version = local.version(BEFORE)
    with fails_with_any(ErrorKind.SOURCE_NOT_FOUND, ErrorKind.SOURCE_UNREADABLE):
        local.service.put_files(version.reference, [tmp_path / "a", f"{tmp_path}/{source}" if source else ""]).result()
    assert local.contents(version.reference) == BEFORE
    assert local.service.commit_version(version.reference).result().files == 1  # nothing was promised


@pytest.mark.parametrize("target", ["..", "a/../b", "\udce9", "a\0b", "x" * 4090])
def test_a_target_that_cannot_be_a_path(local: Place, tmp_path: Path, target: str) -> None:
    source = write_tree(tmp_path / "source", {"file": b"1"})
    version = local.version(BEFORE)
    with fails(ErrorKind.INVALID_PATH):
        local.service.put_files(version.reference, [source], target).result()
    assert local.contents(version.reference) == BEFORE


def test_a_folder_whose_own_name_is_not_stored_may_have_any(local: Place, tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9"))
    write_tree(odd, {"a": b"1"})
    version = local.version()
    local.service.put_files(version.reference, [f"{odd}/"]).result()
    local.service.commit_version(version.reference).result()
    assert local.contents(version.reference) == {"a": b"1"}


def test_another_kind_of_file(local: Place, tmp_path: Path) -> None:
    version = local.version(BEFORE)
    (tmp_path / "s").symlink_to("/dev/null")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        for source in ("/dev/null", tmp_path / "socket", tmp_path / "s"):
            with fails(ErrorKind.SOURCE_SPECIAL, str(source)):
                local.service.put_files(version.reference, [source]).result()
    assert local.contents(version.reference) == BEFORE


@pytest.fixture
def unprivileged(local: Place, tmp_path: Path) -> Iterator[Path]:
    """A folder in which we are an ordinary user, to whom everything in it belongs, the state as well."""
    # What is imported late may lie where an ordinary user cannot read: use all of it once before.
    version = local.version()
    local.service.put_files(version.reference, [write_tree(tmp_path / "warm-up", {"a": b"1"})]).result()
    local.service.commit_version(version.reference).result()
    local.service.get_files(version.reference, [], tmp_path / "warm-up").result()
    with folder_for_all() as folder, without_privileges():
        yield folder


def test_what_may_not_be_read(unprivileged: Path) -> None:
    place = Place(Config(state_dir=unprivileged / "state"))
    source = write_tree(unprivileged / "source", {"a": b"1", "sub/b": b"2", "sub/c": b"3"})
    version = place.version(BEFORE)
    for hidden in (source / "sub" / "b", source / "sub", source):
        hidden.chmod(0o000)
        with fails(ErrorKind.SOURCE_UNREADABLE, str(hidden), "ermission denied"):
            place.service.put_files(version.reference, [source]).result()
        hidden.chmod(0o700)
    with fails(ErrorKind.UPLOADS_UNFINISHED, str(source)):
        place.service.commit_version(version.reference).result()
    place.service.put_files(version.reference, [source]).result()
    assert place.service.commit_version(version.reference).result().files == 4
    place.service.close()


def test_a_target_that_may_not_be_written(unprivileged: Path) -> None:
    place = Place(Config(state_dir=unprivileged / "state"))
    done = place.committed({"a": b"1", "sub/b": b"2"})
    out = unprivileged / "out"
    out.mkdir(mode=0o500)
    with fails(ErrorKind.TARGET_UNWRITABLE, str(out), "permission denied"):
        place.service.get_files(done.reference, [], out).result()
    out.chmod(0o700)
    assert place.service.get_files(done.reference, [], out).result().files_sent == 2
    place.service.close()


def test_a_state_directory_that_cannot_be(unprivileged: Path) -> None:
    (unprivileged / "file").write_bytes(b"")
    (unprivileged / "closed").mkdir(mode=0o500)
    (unprivileged / "state").mkdir()
    (unprivileged / "state" / "metadata.sqlite").write_bytes(b"this is no database" * 1000)
    for folder in ("file", "file/below", "closed", "closed/below", "state"):
        with fails(ErrorKind.DATABASE_FAILED, str(unprivileged)):
            open_service(Config(state_dir=unprivileged / folder))


# --- files in motion --------------------------------------------------------------------------------------------------


class Meddler:
    """Does something to a file in the moment it is opened to be read."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, action: Callable[[str], object], name: str) -> None:
        real = os.open
        done = False

        def meddling(path: str, flags: int, *rest: int, **options: int) -> int:
            nonlocal done
            if flags == hashing._OPEN_FLAGS and not done and os.path.basename(path) == name:
                done = True
                action(path)
            return real(path, flags, *rest, **options)

        monkeypatch.setattr(os, "open", meddling)


def grow(path: str) -> None:
    with open(path, "ab") as file:
        file.write(b"more")


def shrink(path: str) -> None:
    os.truncate(path, 2)


def touch(path: str) -> None:
    os.utime(path)


def swap(path: str) -> None:
    Path(path + ".new").write_bytes(Path(path).read_bytes())
    os.replace(path + ".new", path)


def turn_into_a_folder(path: str) -> None:
    os.unlink(path)
    os.mkdir(path)


@pytest.mark.parametrize(
    ("action", "kind"),
    [
        (grow, ErrorKind.SOURCE_CHANGED),
        (shrink, ErrorKind.SOURCE_CHANGED),
        (touch, ErrorKind.SOURCE_CHANGED),
        (swap, ErrorKind.SOURCE_CHANGED),
        (turn_into_a_folder, ErrorKind.SOURCE_CHANGED),
        (os.unlink, ErrorKind.SOURCE_NOT_FOUND),
    ],
)
@pytest.mark.parametrize("size", [100, 3_000_000])
def test_a_file_that_changes_while_it_is_read(
    local: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    action: Callable[[str], object],
    kind: ErrorKind,
    size: int,
) -> None:
    source = write_tree(tmp_path / "source", {"a": b"1", "moving": b"x" * size}, old=True)
    version = local.version(BEFORE)
    with monkeypatch.context() as patched:
        Meddler(patched, action, "moving")
        with fails(kind, "moving"):
            local.service.put_files(version.reference, [f"{source}/"]).result()
    assert "moving" not in local.contents(version.reference)
    with fails(ErrorKind.UPLOADS_UNFINISHED, str(source)):
        local.service.commit_version(version.reference).result()
    local.service.put_files(version.reference, [f"{source}/"]).result()
    local.service.commit_version(version.reference).result()
    expected = {str(path.relative_to(source)): path.read_bytes() for path in source.rglob("*") if path.is_file()}
    assert local.contents(version.reference) == BEFORE | expected
    assert local.service.verify(read_data=True).result().ok


def test_a_file_that_changes_between_hashing_and_sending(
    local: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its time and size are the same again: only the bytes tell."""
    source = write_tree(tmp_path / "source", {"large": b"x" * 3_000_000}, old=True)
    version = local.version()
    real = hashing.hash_file

    def hash_then_change(path: str, *rest: object) -> bytes:
        digest = real(path, *rest)  # type: ignore[arg-type]
        before = os.stat(path)
        with open(path, "r+b") as file:
            file.write(b"y")
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
        return digest

    from jupyter_gradient_data.datasets import source_hashes

    with monkeypatch.context() as patched:
        patched.setattr(source_hashes, "hash_file", hash_then_change)
        with fails(ErrorKind.SOURCE_CHANGED, "large"):
            local.service.put_files(version.reference, [f"{source}/"]).result()
    assert local.files(version.reference) == []
    assert list(local.config.state_path.glob("managed/*/blobs/*/*")) == []
