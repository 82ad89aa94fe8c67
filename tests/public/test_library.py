"""A folder of public datasets over time: parts, additions, removal, damage, operators, crashes, several at once."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import Cancelled, ErrorKind, GradientDataError
from jupyter_gradient_data.models import PublicState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.public import folder as folders
from jupyter_gradient_data.public.folder import PublicFolder
from tests.public.scene import MIB, Site, noise, tar_of, zip_of
from tests.service.place import fails
from tests.support.file_server import FileServer, Plan
from tests.support.privileges import folder_for_all, without_privileges

ROOT = Path(__file__).parents[2]
IMAGES = {f"train/{number:03}.jpg": noise(200, number) for number in range(100)}
LABELS = {"labels/train.csv": b"1,2,3\n", "labels/val.csv": b"4\n"}


@pytest.fixture
def birds(site: Site) -> Site:
    """A dataset of two archives and a file."""
    site.add(
        "birds",
        site.file("images.zip", zip_of(IMAGES)),
        site.file("labels.tar.gz", tar_of(LABELS)),
        site.file("docs/readme.txt", b"read me"),
    )
    return site


# --- parts ------------------------------------------------------------------------------------------------------------


def test_only_some_files(birds: Site, web: FileServer) -> None:
    found = birds.fetch("birds", "labels*")
    assert birds.tree("birds") == LABELS
    assert found.state is PublicState.PARTIAL
    assert {file.path: file.is_present for file in found.files} == {
        "images.zip": False,
        "labels.tar.gz": True,
        "docs/readme.txt": False,
    }
    assert not web.gets("images.zip")


@pytest.mark.parametrize(
    "pattern", ["docs/readme.txt", "docs", "docs/", "docs/*", "*/readme.txt", "d?cs/*", "[d]ocs/*"]
)
def test_patterns(birds: Site, pattern: str) -> None:
    birds.fetch("birds", pattern)
    assert birds.tree("birds") == {"docs/readme.txt": b"read me"}


@pytest.mark.parametrize("pattern", ["", "nothing", "doc", "docs/readme", "../birds", "train/000.jpg"])
def test_a_pattern_that_matches_nothing(birds: Site, pattern: str) -> None:
    with fails(ErrorKind.PUBLIC_NO_MATCH, "birds", repr(pattern)):
        birds.fetch("birds", "labels*", pattern)
    assert birds.visible() == set()


def test_files_are_added_in_one_step(birds: Site, web: FileServer) -> None:
    birds.fetch("birds", "labels*")
    before = os.open(birds.root / "birds" / "labels" / "train.csv", os.O_RDONLY)
    place = birds.root / "birds"
    first = place.stat().st_ino
    found = birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}
    assert found.state is PublicState.PRESENT
    assert place.stat().st_ino != first
    assert os.read(before, 100) == b"1,2,3\n"  # whoever had it open still has it
    os.close(before)
    assert len(web.gets("labels.tar.gz")) == 1


def test_somebody_who_looks_all_the_time_sees_all_or_nothing(birds: Site) -> None:
    birds.fetch("birds", "labels*")
    seen: set[frozenset[str]] = set()
    done, looked = threading.Event(), threading.Event()

    def look() -> None:
        while not done.is_set():
            descriptor = os.open(birds.root / "birds", os.O_RDONLY)
            seen.add(frozenset(os.listdir(descriptor)))
            os.close(descriptor)
            looked.set()

    watcher = threading.Thread(target=look)
    watcher.start()
    looked.wait(10)
    birds.fetch("birds")
    done.set()
    watcher.join()
    assert seen <= {frozenset({"labels"}), frozenset({"labels", "train", "docs"})}


def test_who_is_in_a_folder_that_was_replaced_stays_there_for_a_while(
    birds: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    birds.fetch("birds", "labels*")
    inside = os.open(birds.root / "birds", os.O_RDONLY)  # as a kernel is, until its view follows
    birds.fetch("birds", "docs")
    assert os.listdir(inside) == ["labels"]
    monkeypatch.setattr(folders, "_KEEP_SECONDS", 0.0)
    birds.fetch("birds", "docs")
    assert not os.listdir(inside)
    os.close(inside)
    assert list((birds.root / ".removed").glob("*")) == []


def test_what_is_there_is_not_fetched_again(birds: Site, web: FileServer) -> None:
    birds.fetch("birds")
    inode = (birds.root / "birds").stat().st_ino
    web.asked.clear()
    assert birds.library().fetch("birds", (), Progress()) is False
    assert birds.library().fetch("birds", ("labels*",), Progress()) is False
    assert web.asked == []
    assert (birds.root / "birds").stat().st_ino == inode


def test_a_file_system_without_exchange(birds: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    class NoCalls:
        def __getattr__(self, name: str) -> object:
            raise AttributeError(name)

    monkeypatch.setattr(folders.ctypes, "CDLL", lambda *_, **__: NoCalls())
    birds.fetch("birds", "docs")
    birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}


def test_a_file_system_without_hard_links(birds: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    birds.fetch("birds", "docs")
    monkeypatch.setattr(os, "link", refuse)
    birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}


def test_a_new_hash_in_the_catalogue_replaces_the_file(birds: Site) -> None:
    birds.fetch("birds")
    new = {"labels/train.csv": b"9\n", "labels/new.csv": b"8\n"}
    birds.add(
        "birds",
        birds.file("images.zip", zip_of(IMAGES)),
        birds.file("labels.tar.gz", tar_of(new)),
        birds.file("docs/readme.txt", b"read me"),
    )
    assert birds.library().get("birds").state is PublicState.PARTIAL
    birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **new, "docs/readme.txt": b"read me"}


def test_what_the_catalogue_forgets_stays(birds: Site) -> None:
    birds.fetch("birds")
    birds.datasets.clear()
    birds.write()
    found = birds.library().get("birds")
    assert (found.source, found.state) == ("folder", PublicState.PRESENT)
    assert [file.path for file in found.files] == ["docs/readme.txt", "images.zip", "labels.tar.gz"]
    birds.library().remove("birds")
    assert birds.visible() == set()


# --- room -------------------------------------------------------------------------------------------------------------


def test_too_little_room_is_seen_before_anything_is_fetched(site: Site, web: FileServer) -> None:
    free = shutil.disk_usage(site.root).free
    site.add("huge", site.file("a", b"a"), site.file("b", b"b", size=free * 2, sha256=None))
    with fails(ErrorKind.PUBLIC_NO_ROOM, "huge", f"{free * 2 + 1:,} bytes", str(site.root)):
        site.fetch("huge")
    assert web.asked == []
    assert not (site.root / ".fetching" / "huge").exists()


def test_room_for_what_comes_out_of_archives_counts(site: Site, web: FileServer) -> None:
    free = shutil.disk_usage(site.root).free
    site.add("huge", site.file("a.zip", b"a", size=free // 5 * 3, sha256=None))  # it fits, but not twice
    with fails(ErrorKind.PUBLIC_NO_ROOM):
        site.fetch("huge")
    assert web.asked == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_and_then_room(tmp_path: Path, web: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_gradient_data.public import fetching

    monkeypatch.setattr(fetching, "_RESERVE", 0)
    with small_disk(tmp_path, 8 * MIB) as disk:
        site = Site(disk, web)
        data = noise(6 * MIB)
        (disk / "ballast").write_bytes(bytes(MIB))
        # Nobody tells the size, so that the disk fills on the way.
        site.add("one", site.file("a", data, size=None), site.file("b", noise(2 * MIB, 2), size=None))
        web.always |= {"a": Plan(length=False), "b": Plan(length=False)}
        with fails(ErrorKind.DISK_FULL):
            site.fetch("one")
        assert site.visible() == set()
        (disk / "ballast").unlink()
        assert subprocess.run(["mount", "-o", "remount,size=20m", str(disk)], check=False).returncode == 0
        assert site.fetch("one").state is PublicState.PRESENT
        assert site.tree("one")["a"] == data


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can mount a small disk")
def test_a_full_disk_while_unpacking(tmp_path: Path, web: FileServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_gradient_data.public import fetching

    monkeypatch.setattr(fetching, "_RESERVE", 0)
    monkeypatch.setattr(fetching.Fetching, "_free", lambda self: 10**12)  # nobody saw it coming
    with small_disk(tmp_path, 4 * MIB) as disk:
        site = Site(disk, web)
        files = {"a": noise(MIB) * 8}
        site.add("one", site.file("a.tar.xz", tar_of(files, "w:xz")))
        with fails(ErrorKind.DISK_FULL):
            site.fetch("one")
        assert site.visible() == set()
        assert subprocess.run(["mount", "-o", "remount,size=30m", str(disk)], check=False).returncode == 0
        site.fetch("one")
        assert site.tree("one") == files
        assert len(web.gets("a.tar.xz")) == 1  # what had arrived was still there


@contextlib.contextmanager
def small_disk(tmp_path: Path, size: int) -> Iterator[Path]:
    disk = tmp_path / "disk"
    disk.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none", disk], check=False).returncode != 0:
        pytest.skip("mounting is not allowed here")
    try:
        yield disk
    finally:
        subprocess.run(["umount", "-l", disk], check=True)


# --- removing and verifying -------------------------------------------------------------------------------------------


def test_remove(birds: Site) -> None:
    birds.fetch("birds")
    library = birds.library()
    library.remove("gradient/birds")
    assert birds.visible() == set()
    assert len(list((birds.root / ".removed").glob("birds:*/labels"))) == 1  # kernels may be in it
    library.free("gradient/birds")
    assert birds.library().get("birds").state is PublicState.ABSENT
    left = [path for path in birds.root.rglob("*") if path.is_file() and ".locks" not in path.parts]
    assert left == []
    with fails(ErrorKind.PUBLIC_NOT_PRESENT, "birds"):
        birds.library().remove("birds")
    assert birds.fetch("birds").state is PublicState.PRESENT


def test_remove_what_was_not_finished(birds: Site, web: FileServer) -> None:
    web.always["images.zip"] = Plan(status=404)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED):
        birds.fetch("birds")
    assert (birds.root / ".fetching" / "birds").is_dir()
    birds.library().remove("birds")
    assert not (birds.root / ".fetching" / "birds").exists()


def test_verify_what_is_whole(birds: Site) -> None:
    birds.fetch("birds")
    assert birds.library().verify("birds", Progress()) == ()
    assert birds.library().get("birds").state is PublicState.PRESENT


def damage(path: Path, content: bytes | None) -> None:
    """What a bad disk, or somebody with enough rights, does to a file."""
    os.chmod(path.parent, 0o755)
    os.chmod(path, 0o644)
    path.unlink() if content is None else path.write_bytes(content)
    os.chmod(path.parent, 0o555)


@pytest.mark.parametrize("content", [None, b"", b"1,2,4\n", b"1,2,3\n\n"])
def test_what_is_damaged_goes_and_comes_back(birds: Site, content: bytes | None, web: FileServer) -> None:
    birds.fetch("birds")
    damage(birds.root / "birds" / "labels" / "train.csv", content)
    assert birds.library().verify("birds", Progress()) == ("labels/train.csv",)
    assert birds.tree("birds") == {**IMAGES, "docs/readme.txt": b"read me"}
    found = birds.library().get("birds")
    assert found.state is PublicState.PARTIAL
    assert [file.path for file in found.files if not file.is_present] == ["labels.tar.gz"]
    web.asked.clear()
    birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}
    assert [asked.path for asked in web.asked] == ["labels.tar.gz"]


def test_all_is_damaged(birds: Site) -> None:
    birds.fetch("birds", "docs")
    damage(birds.root / "birds" / "docs" / "readme.txt", b"read it")
    assert birds.library().verify("birds", Progress()) == ("docs/readme.txt",)
    assert birds.visible() == set()


def test_a_record_that_is_damaged_counts_as_damage(birds: Site) -> None:
    birds.fetch("birds")
    for record in (birds.root / ".manifests" / "birds").glob("*.files"):
        record.write_bytes(b"[[")
    assert birds.library().verify("birds", Progress()) == ("images.zip", "labels.tar.gz")
    birds.fetch("birds")
    assert birds.library().verify("birds", Progress()) == ()


def test_a_fetch_repairs_what_is_missing(birds: Site) -> None:
    birds.fetch("birds")
    damage(birds.root / "birds" / "labels" / "val.csv", None)
    birds.fetch("birds")
    assert birds.tree("birds") == {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}


def test_verifying_keeps_what_is_being_fetched(birds: Site, web: FileServer) -> None:
    birds.fetch("birds", "docs")
    web.always["images.zip"] = Plan(status=404)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED):
        birds.fetch("birds")  # the labels are fetched by now
    damage(birds.root / "birds" / "docs" / "readme.txt", b"x")
    birds.library().verify("birds", Progress())
    del web.always["images.zip"]
    assert birds.fetch("birds").state is PublicState.PRESENT


@pytest.mark.parametrize("call", ["verify", "fetch", "remove", "get"])
def test_what_nobody_knows(site: Site, call: str) -> None:
    arguments = {"verify": (Progress(),), "fetch": ((), Progress())}.get(call, ())
    for name in ("none", "", "..", "../etc", "gradient/none", "a/b", ".fetching", "\0"):
        with fails(ErrorKind.PUBLIC_NOT_FOUND, repr(name.removeprefix("gradient/"))):
            getattr(site.library(), call)(name, *arguments)


def test_what_cannot_be_fetched(site: Site) -> None:
    site.add("paper", homepage="https://example.org/paper")
    with pytest.raises(GradientDataError) as caught:
        site.fetch("paper")
    assert caught.value.kind is ErrorKind.PUBLIC_NO_FILES
    assert "https://example.org/paper" in caught.value.hint
    with fails(ErrorKind.PUBLIC_NOT_PRESENT):
        site.library().verify("paper", Progress())


# --- operators --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["birds", "own"])
def test_what_an_operator_has_put_there(birds: Site, name: str) -> None:
    (birds.root / name).mkdir()
    (birds.root / name / "file").write_bytes(b"by hand")
    found = birds.library().get(name)
    assert found.state is PublicState.PRESENT
    assert found.source == (str(birds.catalogue) if name == "birds" else "folder")
    assert name in [dataset.name for dataset in birds.library().list()]
    for change in (lambda: birds.fetch(name), lambda: birds.library().remove(name)):
        with fails(ErrorKind.PUBLIC_NOT_OURS, name, str(birds.root / name)):
            change()
    with fails(ErrorKind.PUBLIC_NOT_OURS):
        birds.library().verify(name, Progress())
    assert birds.tree(name) == {"file": b"by hand"}


def test_a_folder_that_may_only_be_read(web: FileServer) -> None:
    with folder_for_all() as name:
        site = Site(name, web)
        site.add("birds", site.file("a", b"a"))
        (site.root / "filled").mkdir()
        os.chmod(site.root, 0o555)
        with without_privileges():
            states = {found.name: found.state for found in site.library().list()}
            assert states["filled"] is PublicState.PRESENT
            assert states["birds"] is PublicState.ABSENT
            for change in (lambda: site.fetch("birds"), lambda: site.library().remove("filled")):
                with fails(ErrorKind.READ_ONLY, str(site.root), "its operator fills it"):
                    change()
        assert web.asked == []


def test_all_of_it_as_an_ordinary_user(web: FileServer) -> None:
    """Read-only folders are an obstacle only to those who are not root."""
    with folder_for_all() as name, without_privileges():
        site = Site(name, web)
        site.add("birds", site.file("images.zip", zip_of(IMAGES)), site.file("docs/readme.txt", b"read me"))
        site.fetch("birds", "docs")
        site.fetch("birds")
        assert site.tree("birds") == {**IMAGES, "docs/readme.txt": b"read me"}
        with pytest.raises(PermissionError):
            (site.root / "birds" / "new").write_bytes(b"")
        with pytest.raises(PermissionError):
            (site.root / "birds" / "docs" / "readme.txt").write_bytes(b"")
        damage(site.root / "birds" / "docs" / "readme.txt", b"x")
        assert site.library().verify("birds", Progress()) == ("docs/readme.txt",)
        site.fetch("birds")
        site.library().remove("birds")
        assert site.visible() == set()


def test_a_folder_that_was_moved_to_another_disk(birds: Site) -> None:
    """Its inodes are others then; what is known of it is still true."""
    birds.fetch("birds")
    copy = birds.root.with_name("copy")
    shutil.copytree(birds.root, copy)
    folders.delete(birds.root)
    shutil.copytree(copy, birds.root)
    folders.delete(copy)
    assert birds.library().get("birds").state is PublicState.PRESENT
    assert birds.library().verify("birds", Progress()) == ()


# --- several at once --------------------------------------------------------------------------------------------------


def test_two_at_once_fetch_once(birds: Site, web: FileServer) -> None:
    outcomes: list[bool] = []
    begun = threading.Event()
    web.before = lambda asked: begun.set()

    def fetch() -> None:
        outcomes.append(birds.library().fetch("birds", (), Progress()))

    threads = [threading.Thread(target=fetch) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == [False, False, True]
    assert len(web.asked) == 3
    assert birds.library().get("birds").state is PublicState.PRESENT


def test_while_it_is_fetched(birds: Site, web: FileServer) -> None:
    """Others see that, cannot remove it, and can stop waiting."""
    inside, go_on = threading.Event(), threading.Event()

    def before(asked: object) -> None:
        inside.set()
        go_on.wait(30)

    web.before = before
    worker = threading.Thread(target=lambda: birds.fetch("birds"))
    worker.start()
    try:
        assert inside.wait(30)
        assert birds.library().get("birds").state is PublicState.FETCHING
        with fails(ErrorKind.PUBLIC_BUSY, "birds"):
            birds.library().remove("birds")
        progress = Progress()
        threading.Timer(0.2, progress.cancel).start()
        with pytest.raises(Cancelled):
            birds.library().fetch("birds", (), progress)
    finally:
        go_on.set()
        worker.join()
    assert birds.library().get("birds").state is PublicState.PRESENT


# --- sudden ends ------------------------------------------------------------------------------------------------------


def killed_fetch(site: Site, setup: str = "", *patterns: str) -> None:
    """A fetch in a process of its own, which ends by `kill -9`, by its own hand or by ours."""
    program = f"""
import os, signal, sys
from pathlib import Path
from urllib3.util.retry import Retry
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.public import fetching, folder, library
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
{setup}
found = library.PublicLibrary(Path({str(site.root)!r}), Path({str(site.catalogue)!r}), retries=Retry(0))
found.fetch("birds", {patterns!r}, Progress())
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr


def test_killed_while_a_file_comes(birds: Site, web: FileServer) -> None:
    big = noise(4 * MIB)
    birds.add("birds", birds.file("big.bin", big), birds.file("labels.tar.gz", tar_of(LABELS)))
    web.plans["big.bin"] = [Plan(stall_after=3 * MIB)]
    program = [
        *(sys.executable, "-m", "tests.public.fetch_one", str(birds.root), str(birds.catalogue), "birds"),
    ]
    process = subprocess.Popen(program, cwd=ROOT)
    try:
        assert web.on_stall.wait(60)
        part = birds.root / ".fetching" / "birds" / "parts"
        while max((path.stat().st_size for path in part.glob("*.part")), default=0) < 2 * MIB:
            assert process.poll() is None
    finally:
        process.kill()
        process.wait()
    assert birds.visible() == set()
    assert birds.library().get("birds").state is PublicState.ABSENT  # nobody is at work any more
    birds.fetch("birds")
    assert birds.tree("birds") == {"big.bin": big, **LABELS}
    assert web.gets("big.bin")[-1].start >= 2 * MIB


# Where the program ends, and how many of the three files are fetched once more after it.
POINTS = {
    "before anything is unpacked": "fetching.unpack = die",
    "after an archive is unpacked": "fetching.Fetching._place = die",
    "while what came out is moved": """
count = 0
rename = os.rename
def few(*arguments, **options):
    global count
    count += 1
    if count == 20:
        die()
    rename(*arguments, **options)
os.rename = few
""",
    "before an archive is done": "fetching.write_record = die",
    "when an archive is done": "fetching.Downloads.forget = die",
    "before a file is moved": "fetching.Fetching._move_part = die",
    "before it is sealed": "folder._seal = die",
    "before its manifest": "folder.write_struct = die",
    "before it appears": "folder.os.rename = die",
    "when it has appeared": """
sweeps, sweep = 0, folder.PublicFolder._sweep
def twice(*arguments):
    global sweeps
    sweeps += 1
    if sweeps == 2:
        die()
    sweep(*arguments)
folder.PublicFolder._sweep = twice
""",
    "before it is tidy": "fetching.PublicFolder.forget_records = die",
}


@pytest.mark.parametrize("point", POINTS)
@pytest.mark.parametrize("before", [(), ("docs",)], ids=["at first", "adding"])
def test_killed_at_any_point(birds: Site, web: FileServer, point: str, before: tuple[str, ...]) -> None:
    everything = {**IMAGES, **LABELS, "docs/readme.txt": b"read me"}
    if before:
        birds.fetch("birds", *before)
    if before and point == "before a file is moved":
        pytest.skip("the only one is there")
    killed_fetch(birds, POINTS[point])
    visible = birds.tree("birds")
    assert visible in ({}, everything, {"docs/readme.txt": b"read me"} if before else {})
    asked = {path: len(web.gets(path)) for path in ("images.zip", "labels.tar.gz", "docs/readme.txt")}
    assert birds.fetch("birds").state is PublicState.PRESENT
    assert birds.tree("birds") == everything
    assert birds.library().verify("birds", Progress()) == ()
    if point != "before a file is moved":  # others are on their way then
        assert {path: len(web.gets(path)) for path in asked} == asked, "something was fetched twice"
    assert not (birds.root / ".fetching" / "birds").exists()
    assert len(list((birds.root / ".manifests" / "birds").glob("*.files"))) == 2


def test_killed_while_two_folders_change_places_one_after_the_other(birds: Site) -> None:
    """Where they cannot do so in one step, the new one is complete, and the next who comes moves it."""
    birds.fetch("birds", "docs")
    setup = """
class NoCalls:
    def __getattr__(self, name):
        raise AttributeError(name)
folder.ctypes.CDLL = lambda *_, **__: NoCalls()
rename = os.rename
def second(source, target):
    if str(source).endswith("tree"):
        die()
    rename(source, target)
folder.os.rename = second
"""
    killed_fetch(birds, setup, "labels*")
    assert birds.visible() == set()
    with PublicFolder(birds.root).lock("birds", None):
        pass
    assert birds.tree("birds") == {**LABELS, "docs/readme.txt": b"read me"}
    assert birds.library().verify("birds", Progress()) == ()


def test_killed_while_it_is_removed(birds: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    birds.fetch("birds")
    program = f"""
import os, signal
from pathlib import Path
from jupyter_gradient_data.public import folder, library
folder.delete = lambda path: os.kill(os.getpid(), signal.SIGKILL)
found = library.PublicLibrary(Path({str(birds.root)!r}), Path({str(birds.catalogue)!r}))
found.remove("birds")
found.free("birds")
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False)
    assert done.returncode == -signal.SIGKILL
    assert birds.visible() == set()
    monkeypatch.setattr(folders, "_KEEP_SECONDS", 0.0)
    assert birds.fetch("birds").state is PublicState.PRESENT
    assert list((birds.root / ".removed").glob("*")) == []
