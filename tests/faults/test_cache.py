"""Caches of versions when processes are killed, disks are full and several work at once."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.blobs import file_locks
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase, ProgressEvent, ProviderKind
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from tests.service.conftest import make_place, one_check_per_bucket
from tests.service.place import Place, fails, read_tree
from tests.support.faulty_http import FaultyServer, Request, faulty_server
from tests.support.s3_servers import S3Server
from tests.volumes.cached import cache_of, cache_root, contents, materialise, plain, some_files

__all__ = ["make_place", "one_check_per_bucket"]

ROOT = Path(__file__).parents[2]
MIB = 1024 * 1024


def run(*arguments: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# --- killed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "step"), [("embedded", 3), ("sqlite-seaweedfs", 4), pytest.param("embedded", 1, marks=pytest.mark.soak)]
)
def test_a_process_that_is_killed_at_any_step_leaves_nothing_visible_and_the_next_one_finishes(
    make_place: Callable[[str], Place], kind: str, step: int
) -> None:
    place = make_place(kind)
    files = {"a": b"1", "dir/b*": b"2", "dir/same": b"1", "big*": os.urandom(MIB + 5), "big too": os.urandom(MIB)}
    reference = place.committed(files).reference
    root = cache_root(place)
    place.close()
    process = run("-m", "tests.support.doomed_cache", place.config.state_path, root, reference, step)
    out, err = process.communicate(timeout=250)
    assert process.returncode == 0, err
    assert int(out) > 30, "every write of a file is several steps"


@pytest.fixture
def counted(make_place: Any, seaweedfs: S3Server) -> Iterator[tuple[Place, FaultyServer]]:
    """A place whose bucket is behind a server that notes what it was asked."""
    with faulty_server(lambda request: None, seaweedfs.endpoint) as server:
        place: Place = make_place("embedded")
        added = place.service.create_provider(
            "counted", ProviderKind.S3_COMPATIBLE, seaweedfs.config(endpoint=server.endpoint), seaweedfs.secret_key
        )
        place.provider = added.id
        yield place, server


def fetched(server: FaultyServer) -> list[str]:
    """What of contents was asked for since the list of requests was cleared."""
    asked = [request for request in server.requests if request.method == "GET"]
    wanted = [f"{request.path} {request.headers.get('range')}" for request in asked]
    return [what for what in wanted if "/packs/" in what or "/blobs/" in what]


def test_what_had_come_before_it_was_killed_is_not_fetched_again(counted: tuple[Place, FaultyServer]) -> None:
    place, server = counted
    files = {f"{number}": os.urandom(MIB + number) for number in range(6)} | {"huge": os.urandom(40 * MIB)}
    reference = place.committed(files).reference
    place.forget_cache()
    server.requests.clear()
    reached = threading.Event()

    def stop_at_some(request: Request) -> Any:
        if len(fetched(server)) == 8:
            reached.set()
        return None

    server.rule = stop_at_some
    process = run("-m", "tests.support.materialise", place.config.state_path, reference)
    assert reached.wait(60)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    server.rule = lambda request: None
    assert not list((cache_root(place) / "trees").glob("*"))
    before = set(fetched(server))
    have = {path.name for path in contents(place)}
    server.requests.clear()
    tree = materialise(place, reference)
    assert read_tree(tree) == files
    again = set(fetched(server)) & before
    assert not [what for what in again if any(name in what for name in have)]
    assert list((cache_root(place) / "tmp").iterdir()) == []
    assert list((cache_root(place) / "partial").iterdir()) == []


# --- several at once --------------------------------------------------------------------------------------------------


def test_two_processes_that_want_the_same_version_fetch_it_once(counted: tuple[Place, FaultyServer]) -> None:
    place, server = counted
    files = some_files(count=40) | {"big": os.urandom(20 * MIB)}
    reference = place.committed(files).reference
    place.forget_cache()
    server.requests.clear()
    both = [run("-m", "tests.support.materialise", place.config.state_path, reference, f"n/{n}") for n in range(2)]
    for process in both:
        out, err = process.communicate(timeout=120)
        assert process.returncode == 0, err
        assert read_tree(Path(out.strip())) == plain(files)
    large = [what for what in fetched(server) if "/blobs/" in what]
    assert len(large) == len(set(large)), "each part of a large file once"
    assert cache_of(place).info().mounted == 1


def test_whoever_waits_goes_on_when_the_first_is_killed(counted: tuple[Place, FaultyServer]) -> None:
    place, server = counted
    files = some_files(count=50)
    reference = place.committed(files).reference
    place.forget_cache()
    begun, go_on = threading.Event(), threading.Event()

    def hold(request: Request) -> Any:
        if request.method == "GET" and "/blobs/" in request.path:
            begun.set()
            go_on.wait(60)
        return None

    server.rule = hold
    first = run("-m", "tests.support.materialise", place.config.state_path, reference)
    assert begun.wait(60)
    result: list[Path] = []
    second = threading.Thread(target=lambda: result.append(materialise(place, reference, "notebook/two")))
    second.start()
    first.send_signal(signal.SIGKILL)
    first.communicate()
    go_on.set()
    second.join(60)
    assert read_tree(result[0]) == plain(files)


def test_whoever_waits_shows_the_progress_of_the_other_and_can_be_stopped(
    make_place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "BEAT", 0.02)
    place: Place = make_place("embedded")
    begun, go_on = threading.Event(), threading.Event()
    progress = Progress()

    def fill(folder: Path) -> None:
        progress.start(Phase.FETCHING, 10, 1000)
        progress.advance(3, 300)
        begun.set()
        go_on.wait(60)

    first = threading.Thread(target=lambda: cache_of(place).adopt("ab12", fill, "notebook/one", progress))
    first.start()
    try:
        assert begun.wait(60)
        events: list[ProgressEvent] = []
        shown = threading.Event()

        def report(event: ProgressEvent) -> None:
            events.append(event)
            if event.files_done == 3:
                shown.set()

        waiting = Progress(report)
        errors: list[BaseException] = []

        def wait() -> None:
            try:
                cache_of(place).adopt("ab12", fill, "notebook/two", waiting)
            except BaseException as error:
                errors.append(error)

        second = threading.Thread(target=wait)
        second.start()
        assert shown.wait(60)
        assert events[-1].files_total == 10
        waiting.cancel()
        second.join(60)
        assert [getattr(error, "kind", error) for error in errors] == [ErrorKind.CANCELLED]
    finally:
        go_on.set()
        first.join(60)
    assert cache_of(place).tree("ab12").is_dir()


# --- a full disk ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def small_disk(folder: Path, mebibytes: int) -> Iterator[None]:
    """A file system of its own, below a folder."""
    folder.mkdir(parents=True)
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if made.returncode:
        pytest.skip("this user may not mount")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("kind", ["embedded", "sqlite-seaweedfs"])
@pytest.mark.parametrize("large", [True, False])
def test_on_a_full_disk_nothing_is_visible_and_the_next_try_finishes(make_place: Any, kind: str, large: bool) -> None:
    place: Place = make_place(kind)
    size = 2 * MIB if large else 100_000
    files = {f"{number}": os.urandom(size) for number in range(24 * MIB // size)}
    reference = place.committed(files).reference
    place.forget_cache()
    remove_tree(place.config.state_path / "share-storage")
    with small_disk(place.config.state_path / "share-storage", 16):
        with fails(ErrorKind.DISK_FULL):
            materialise(place, reference)
        assert not list((cache_root(place) / "trees").glob("*"))
        assert list((cache_root(place) / "tmp").iterdir()) == []
        assert not cache_of(place).info().mounted
        kept = len(contents(place))
        assert kept > 0, "what has come stays"
        subprocess.run(["mount", "-o", "remount,size=64m", str(place.config.state_path / "share-storage")], check=True)
        events: list[ProgressEvent] = []
        tree = materialise(place, reference, progress=Progress(events.append))
        assert read_tree(tree) == files
        assert max(event.bytes_skipped for event in events) >= kept * size


def test_a_full_disk_is_emptied_of_what_nobody_uses(make_place: Any) -> None:
    place: Place = make_place("sqlite-seaweedfs", cache_bytes=1 << 40)
    old = place.committed({f"{number}": os.urandom(2 * MIB) for number in range(5)}, dataset="old").reference
    files = {f"{number}": os.urandom(2 * MIB) for number in range(5)}
    new = place.committed(files).reference
    place.forget_cache()
    remove_tree(place.config.state_path / "share-storage")
    with small_disk(place.config.state_path / "share-storage", 16):
        tree = materialise(place, old)
        cache_of(place).release(tree.name, "notebook/name")
        assert read_tree(materialise(place, new)) == files
        assert not tree.exists()
