"""Files arrive complete or not at all, and never outside the folder they were meant for."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.datasets import targets
from jupyter_gradient_data.datasets.targets import TargetFolder, case_insensitive
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from tests.support.privileges import folder_for_all, without_privileges


def put_whole(target: TargetFolder, path: str, data: bytes, executable: bool = False) -> None:
    target.write(path, data, executable)


def put_in_pieces(target: TargetFolder, path: str, data: bytes, executable: bool = False) -> None:
    with target.open_temporary(path, executable) as part:
        part.write(data[:3])
        part.write(data[3:])


Put = Callable[[TargetFolder, str, bytes], None]
BOTH_WAYS = pytest.mark.parametrize("put", [put_whole, put_in_pieces])


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "target"


def everything(folder: Path) -> dict[str, bytes]:
    """All files below a folder, hidden and temporary ones too."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def refusal(action: Callable[[], object]) -> GradientDataError:
    with pytest.raises(GradientDataError) as caught:
        action()
    return caught.value


@contextmanager
def umask(mask: int) -> Iterator[None]:
    before = os.umask(mask)
    try:
        yield
    finally:
        os.umask(before)


# --- writing ----------------------------------------------------------------------------------------------------------


@BOTH_WAYS
def test_files_and_their_folders_are_made(root: Path, put: Put) -> None:
    target = TargetFolder(root / "made/too")
    assert not root.exists()
    files = {"a": b"", "b/c/d.txt": b"some data", "b/c/e": b"x" * 100_000, "b/f": b"2"}
    for path, data in files.items():
        put(target, path, data)
    assert everything(root / "made/too") == files


@BOTH_WAYS
def test_a_file_replaces_what_was_there(root: Path, put: Put) -> None:
    for data in (b"old and long", b"new"):
        put(TargetFolder(root), "a/b", data)
    assert everything(root) == {"a/b": b"new"}


@BOTH_WAYS
def test_who_reads_the_old_file_keeps_it(root: Path, put: Put) -> None:
    put(TargetFolder(root), "a", b"old")
    with open(root / "a", "rb") as reader:
        put(TargetFolder(root), "a", b"new")
        assert reader.read() == b"old"


@pytest.mark.parametrize("put", [put_whole, put_in_pieces])
@pytest.mark.parametrize(("mask", "plain", "executable"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700)])
def test_permissions_are_up_to_the_umask(
    root: Path, put: Callable[[TargetFolder, str, bytes, bool], None], mask: int, plain: int, executable: int
) -> None:
    with umask(mask):
        put(TargetFolder(root), "plain", b"1", False)
        put(TargetFolder(root), "executable", b"2", True)
    assert [(root / name).stat().st_mode & 0o777 for name in ("plain", "executable")] == [plain, executable]


def test_pieces_may_come_in_any_order_from_several_threads(root: Path) -> None:
    data = os.urandom(100_000)
    with TargetFolder(root).open_temporary("a/large") as part, ThreadPoolExecutor(4) as threads:
        assert everything(root).keys() != {"a/large"}
        list(threads.map(lambda at: part.write_at(at, data[at : at + 10_000]), range(90_000, -1, -10_000)))
    assert everything(root) == {"a/large": data}


def test_a_part_of_a_memoryview_can_be_written(root: Path) -> None:
    data = memoryview(b"0123456789")
    target = TargetFolder(root)
    target.write("a", data[2:5])
    with target.open_temporary("b") as part:
        part.write(data[:4])
        part.write(bytearray(b"x"))
    assert everything(root) == {"a": b"234", "b": b"0123x"}


@BOTH_WAYS
def test_short_writes_are_continued(root: Path, put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    write, pwrite = os.write, os.pwrite
    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[:2]))
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: pwrite(descriptor, data[:2], at))
    put(TargetFolder(root), "a", b"more than two bytes")
    assert everything(root) == {"a": b"more than two bytes"}


def test_prepare_makes_the_folders_and_says_where(root: Path) -> None:
    assert TargetFolder(root).prepare("a/b/c") == str(root / "a/b/c")
    assert (root / "a/b").is_dir()
    assert everything(root) == {}


def test_a_relative_target_stays_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.chdir(tmp_path)
    target = TargetFolder(Path("target"))
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    target.write("a", b"1")
    assert everything(tmp_path) == {"target/a": b"1"}


def test_many_threads_write_many_folders(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(targets, "_MAX_FOLDERS", 3)
    files = {f"{number % 10}/{number % 7}/{number}": b"%d" % number for number in range(400)}
    target = TargetFolder(root)
    with ThreadPoolExecutor(4) as threads:
        list(threads.map(lambda item: target.write(*item), files.items()))
    assert everything(root) == files


def test_few_folders_are_held_open_and_none_in_the_end(root: Path) -> None:
    def descriptors() -> int:
        """Those that lead below the target; others of this process come and go with other tests' leftovers."""
        found = 0
        for descriptor in os.listdir("/proc/self/fd"):
            with contextlib.suppress(FileNotFoundError):  # that of the listing itself
                found += os.readlink(f"/proc/self/fd/{descriptor}").startswith(os.path.realpath(root))
        return found

    target = TargetFolder(root)
    for number in range(3 * targets._MAX_FOLDERS):
        target.write(f"{number}/file", b"")
    assert 0 < descriptors() <= targets._MAX_FOLDERS + 1
    del target
    assert descriptors() == 0


def test_a_path_deeper_than_python_recurses(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    depth = sys.getrecursionlimit() + 200
    TargetFolder(tmp_path).write("d/" * depth + "file", b"1")
    monkeypatch.chdir(tmp_path)
    for _ in range(depth):
        os.chdir("d")
    assert Path("file").read_bytes() == b"1"
    os.remove("file")
    for _ in range(depth):
        os.chdir("..")
        os.rmdir("d")


# --- what goes wrong --------------------------------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../a", "a/../../b", "a/..", "a//b", "./a", "a\0b", "\udcff", "x" * 4097]
)
def test_paths_that_are_none(root: Path, put: Put, path: str) -> None:
    assert refusal(lambda: put(TargetFolder(root), path, b"1")).kind is ErrorKind.INVALID_PATH
    assert not root.exists()


@BOTH_WAYS
@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EDQUOT])
def test_a_full_disk(root: Path, put: Put, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    write, pwrite = os.write, os.pwrite

    def full(wanted: int) -> int:
        if wanted < 8:
            raise OSError(code, os.strerror(code))
        return wanted // 2

    monkeypatch.setattr(os, "write", lambda descriptor, data: write(descriptor, data[: full(len(data))]))
    monkeypatch.setattr(os, "pwrite", lambda descriptor, data, at: pwrite(descriptor, data[: full(len(data))], at))
    root.mkdir()
    (root / "a").write_bytes(b"old")
    error = refusal(lambda: put(TargetFolder(root), "a", b"0123456789abcdef"))
    assert error.kind is ErrorKind.DISK_FULL
    assert str(root / "a") in error.message
    assert everything(root) == {"a": b"old"}


@pytest.fixture
def size_limit() -> Iterator[None]:
    """The kernel itself refuses files of more than 64 KiB."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (65536, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


@BOTH_WAYS
@pytest.mark.usefixtures("size_limit")
def test_a_file_that_is_too_large(root: Path, put: Put) -> None:
    error = refusal(lambda: put(TargetFolder(root), "a", b"x" * 100_000))
    assert error.kind is ErrorKind.TARGET_UNWRITABLE
    assert error.message == f"{root / 'a'} cannot be written: it is too large for this file system."
    assert everything(root) == {}


@BOTH_WAYS
def test_a_folder_without_permission(put: Put) -> None:
    with folder_for_all() as folder:
        (folder / "sub").mkdir(mode=0o555)
        with without_privileges():
            error = refusal(lambda: put(TargetFolder(folder), "sub/a", b"1"))
            assert error.message == f"{folder}/sub/a cannot be written: permission denied."
            error = refusal(lambda: put(TargetFolder(folder), "sub/new/a", b"1"))
            assert error.message == f"{folder}/sub/new cannot be written: permission denied."
            error = refusal(lambda: put(TargetFolder(folder / "sub/new"), "a", b"1"))
            assert error.kind is ErrorKind.TARGET_UNWRITABLE


def test_a_folder_that_can_be_entered_but_not_listed_is_written() -> None:
    with folder_for_all() as folder:
        (folder / "sub").mkdir()
        (folder / "sub").chmod(0o333)
        with without_privileges():
            TargetFolder(folder).write("sub/a", b"1")
        (folder / "sub").chmod(0o777)
        assert everything(folder) == {"sub/a": b"1"}


@BOTH_WAYS
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("folder", "there is a folder in its place"),
        ("file/a", "there is a file in the place of its folder"),
        ("x" * 256, "its name is too long for this file system"),
        ("ä" * 128, "its name is too long for this file system"),
        ("x" * 256 + "/a", "its name is too long for this file system"),
    ],
)
def test_places_that_cannot_be_written(root: Path, put: Put, path: str, reason: str) -> None:
    (root / "folder").mkdir(parents=True)
    (root / "file").write_bytes(b"here")
    error = refusal(lambda: put(TargetFolder(root), path, b"1"))
    assert error.kind is ErrorKind.TARGET_UNWRITABLE
    assert error.details["reason"] == reason
    assert everything(root) == {"file": b"here"}


def test_a_file_in_the_place_of_the_target(root: Path) -> None:
    root.write_bytes(b"here")
    error = refusal(lambda: TargetFolder(root).write("a", b"1"))
    assert error.kind is ErrorKind.TARGET_UNWRITABLE
    assert root.read_bytes() == b"here"


@BOTH_WAYS
def test_a_folder_that_vanishes(root: Path, put: Put) -> None:
    target = TargetFolder(root)
    target.prepare("a/b")
    (root / "a").rmdir()
    error = refusal(lambda: put(target, "a/b", b"1"))
    assert error.details["reason"] == "its folder vanished"


def fail_halfway(target: TargetFolder) -> None:
    with target.open_temporary("a") as part:
        part.write(b"half")
        raise RuntimeError("halfway")


def test_a_block_that_raises_leaves_nothing(root: Path) -> None:
    root.mkdir()
    (root / "a").write_bytes(b"old")
    with pytest.raises(RuntimeError, match="halfway"):
        fail_halfway(TargetFolder(root))
    assert everything(root) == {"a": b"old"}


# --- symbolic links ---------------------------------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize("link", ["link", "a/link"])
@pytest.mark.parametrize("leads", ["outside", "inside", "nowhere"])
def test_no_folder_is_written_through_a_link(tmp_path: Path, root: Path, put: Put, link: str, leads: str) -> None:
    for folder in (tmp_path / "outside", root / "inside", root / "a"):
        folder.mkdir(parents=True)
    (root / link).symlink_to({"outside": tmp_path / "outside", "inside": root / "inside"}.get(leads, "nowhere"))
    for path in (f"{link}/x", f"{link}/sub/x"):
        error = refusal(lambda path=path: put(TargetFolder(root), path, b"1"))
        assert error.kind is ErrorKind.TARGET_UNSAFE
        assert str(root / link) in error.message
    assert everything(tmp_path) == {}


@BOTH_WAYS
def test_a_link_in_the_place_of_a_file_is_replaced(tmp_path: Path, root: Path, put: Put) -> None:
    root.mkdir()
    (tmp_path / "outside").write_bytes(b"precious")
    (root / "a").symlink_to(tmp_path / "outside")
    put(TargetFolder(root), "a", b"1")
    assert not (root / "a").is_symlink()
    assert everything(tmp_path) == {"outside": b"precious", "target/a": b"1"}


def test_a_target_that_is_a_link_is_followed(tmp_path: Path, root: Path) -> None:
    (tmp_path / "real").mkdir()
    root.symlink_to(tmp_path / "real")
    TargetFolder(root).write("a/b", b"1")
    assert everything(tmp_path / "real") == {"a/b": b"1"}


@BOTH_WAYS
def test_a_folder_that_becomes_a_link_leads_nowhere(tmp_path: Path, root: Path, put: Put) -> None:
    """Somebody swaps a folder for a link after it was checked."""
    (tmp_path / "outside").mkdir()
    target = TargetFolder(root)
    put(target, "a/b/1", b"1")
    (root / "a/b").rename(root / "moved")
    (root / "a/b").symlink_to(tmp_path / "outside")
    put(target, "a/b/2", b"2")
    assert everything(tmp_path / "outside") == {}
    assert everything(root / "moved") == {"1": b"1", "2": b"2"}


def test_a_folder_that_becomes_a_link_while_it_is_opened(
    tmp_path: Path, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "outside").mkdir()
    make = os.mkdir

    def make_and_swap(name: str, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
        make(name, mode, dir_fd=dir_fd)
        if name == "b":
            (root / "a/b").rmdir()
            (root / "a/b").symlink_to(tmp_path / "outside")

    monkeypatch.setattr(os, "mkdir", make_and_swap)
    assert refusal(lambda: TargetFolder(root).write("a/b/c", b"1")).kind is ErrorKind.TARGET_UNSAFE
    assert everything(tmp_path) == {}


# --- leftovers --------------------------------------------------------------------------------------------------------

KILLED = """
import os, signal, sys
from pathlib import Path
from jupyter_gradient_data.datasets.targets import TargetFolder
with TargetFolder(Path(sys.argv[1])).open_temporary("a/large") as part:
    part.write(b"half of it")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_what_a_killed_run_left_is_removed_by_the_next(root: Path) -> None:
    assert subprocess.run([sys.executable, "-c", KILLED, root]).returncode == -signal.SIGKILL
    (leftover,) = everything(root)
    assert leftover.startswith("a/.large.")
    TargetFolder(root).write("a/small", b"1")
    assert everything(root) == {"a/small": b"1"}


def test_leftovers_at_the_top_are_removed(root: Path) -> None:
    root.mkdir()
    (root / ".x.01234567-f.gradient-part").write_bytes(b"left")
    TargetFolder(root).write("a", b"1")
    assert everything(root) == {"a": b"1"}


@pytest.mark.parametrize(
    "name", ["x.gradient-part", ".x.gradient-part", ".x.01234567-.gradient-part", ".x.0123456-1.tmp"]
)
def test_files_of_others_are_left_alone(root: Path, name: str) -> None:
    root.mkdir()
    (root / name).write_bytes(b"theirs")
    TargetFolder(root).write("a", b"1")
    assert everything(root) == {"a": b"1", name: b"theirs"}


def test_a_leftover_that_is_a_link_is_not_followed(tmp_path: Path, root: Path) -> None:
    root.mkdir()
    (tmp_path / "precious").write_bytes(b"1")
    (root / ".x.01234567-f.gradient-part").symlink_to(tmp_path / "precious")
    TargetFolder(root).write("a", b"1")
    assert (tmp_path / "precious").read_bytes() == b"1"


def test_what_another_run_is_writing_is_left_to_it(root: Path) -> None:
    with TargetFolder(root).open_temporary("a/large") as part:
        part.write(b"first, ")
        TargetFolder(root).write("a/small", b"1")
        part.write(b"second")
    assert everything(root) == {"a/large": b"first, second", "a/small": b"1"}


def test_without_locks_only_old_leftovers_are_removed(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    root.mkdir()
    old, new = (root / f".x.01234567-{number}.gradient-part" for number in (1, 2))
    for leftover in (old, new):
        leftover.write_bytes(b"left")
    long_ago = time.time() - 2 * 86_400
    os.utime(old, (long_ago, long_ago))
    put_in_pieces(TargetFolder(root), "a", b"1234")
    assert everything(root) == {"a": b"1234", new.name: b"left"}


def test_a_small_file_that_was_taken_for_a_leftover_is_written_again(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    close = os.close

    def close_and_clean(descriptor: int) -> None:
        close(descriptor)
        if everything(root) and not cleaned:
            cleaned.append(True)
            TargetFolder(root).prepare("x")

    cleaned: list[bool] = []
    target = TargetFolder(root)
    target.prepare("a")
    monkeypatch.setattr(os, "close", close_and_clean)
    target.write("a", b"1")
    monkeypatch.undo()
    assert cleaned
    assert everything(root) == {"a": b"1"}


def test_a_large_file_that_was_taken_for_a_leftover_begins_again(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock = fcntl.flock

    def clean_then_lock(descriptor: int, operation: int) -> None:
        if not cleaned:
            cleaned.append(True)
            TargetFolder(root).prepare("x")
        lock(descriptor, operation)

    cleaned: list[bool] = []
    target = TargetFolder(root)
    target.prepare("a")
    monkeypatch.setattr(fcntl, "flock", clean_then_lock)
    put_in_pieces(target, "a", b"1234")
    assert cleaned
    assert everything(root) == {"a": b"1234"}


file_names = st.text(st.characters(exclude_characters="/\0", codec="utf-8"), min_size=1, max_size=300).filter(
    lambda name: name not in (".", "..") and len(name.encode()) <= 255
)


@given(
    name=file_names | st.sampled_from(["x" * 255, "\u00e4" * 127, "\U0001f600" * 63, "." * 255]),
    executable=st.booleans(),
)
def test_all_names_can_be_written(name: str, executable: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        target = TargetFolder(Path(folder), ignores_case=False)
        target.write(name, b"1", executable)
        with target.open_temporary(name, executable) as part:
            (temporary,) = set(os.listdir(folder)) - {name}
            assert targets._PART.fullmatch(temporary)
            part.write(b"2")
        assert os.listdir(folder) == [name]
        assert Path(folder, name).read_bytes() == b"2"


# --- file systems that ignore case ------------------------------------------------------------------------------------


@BOTH_WAYS
@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("README", "readme"),
        ("a/b/x", "A/B/X"),
        ("\u00c4", "\u00e4"),
        ("a/b", "A/b/c"),
        ("A/b/c", "a/b"),
        ("stra\u00dfe", "STRASSE"),
    ],
)
def test_two_paths_that_fall_on_one_file(root: Path, put: Put, first: str, second: str) -> None:
    target = TargetFolder(root, ignores_case=True)
    put(target, first, b"first")
    error = refusal(lambda: put(target, second, b"second"))
    assert error.kind is ErrorKind.TARGET_CLASH
    assert everything(root) == {first: b"first"}


def test_folders_may_differ_in_case_when_their_files_do_not_meet(root: Path) -> None:
    target = TargetFolder(root, ignores_case=True)
    for path in ("a/x", "A/y", "a/z", "A/y"):
        target.write(path, path.encode())
    assert len(everything(root)) == 3


def test_where_case_matters_both_are_written(root: Path) -> None:
    target = TargetFolder(root, ignores_case=False)
    for path in ("README", "readme"):
        target.write(path, path.encode())
    assert everything(root) == {"README": b"README", "readme": b"readme"}


def test_the_probe_finds_a_file_under_another_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    by_hand = tmp_path / "by-hand"
    by_hand.touch()
    assert case_insensitive(tmp_path) is (tmp_path / "BY-HAND").exists()
    monkeypatch.setattr(Path, "exists", lambda path: path.name.lower() in os.listdir(path.parent))
    assert case_insensitive(tmp_path) is True
    assert os.listdir(tmp_path) == ["by-hand"]


def test_the_target_is_probed_once(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    probed: list[Path] = []
    monkeypatch.setattr(targets, "case_insensitive", lambda folder: bool(probed.append(folder)) or True)
    target = TargetFolder(root)
    threads = [threading.Thread(target=target.write, args=(f"{number}/x", b"")) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert probed == [root]
    assert refusal(lambda: target.write("1/X", b"")).kind is ErrorKind.TARGET_CLASH


def test_a_folder_that_cannot_be_written_is_not_said_to_ignore_case() -> None:
    with folder_for_all() as folder:
        folder.chmod(0o555)
        with without_privileges():
            assert case_insensitive(folder) is False
