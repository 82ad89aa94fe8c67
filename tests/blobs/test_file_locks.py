"""Locks that are files: one has them, whoever ended loses them, and who waits is told."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs import file_locks, owners
from jupyter_gradient_data.blobs.file_locks import FileLocks
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.progress import Progress

HOLD = """
import sys, pathlib
from jupyter_gradient_data.blobs.file_locks import FileLocks
from jupyter_gradient_data.progress import Progress
with FileLocks(pathlib.Path(sys.argv[1])).hold("a", Progress()):
    print("mine", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def locks(tmp_path: Path) -> FileLocks:
    return FileLocks(tmp_path)


def holder(folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "mine\n"
    return process


def test_only_one_has_it_at_a_time(locks: FileLocks, tmp_path: Path) -> None:
    inside, most, count = 0, 0, 0
    guard = threading.Lock()

    def work() -> None:
        nonlocal inside, most, count
        for _ in range(20):
            with locks.hold("a", Progress()):
                with guard:
                    inside += 1
                    most, count = max(most, inside), count + 1
                with guard:
                    inside -= 1

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert (most, count) == (1, 80)
    assert list(tmp_path.iterdir()) == []


def test_others_are_refused_or_wait(locks: FileLocks, tmp_path: Path) -> None:
    process = holder(tmp_path)
    try:
        with locks.try_hold("a") as is_mine:
            assert not is_mine
        with locks.try_hold("b") as is_mine:
            assert is_mine
        waiting = Progress()
        threading.Timer(0.05, waiting.cancel).start()
        with pytest.raises(GradientDataError) as caught, locks.hold("a", waiting):
            pass
        assert caught.value.kind is ErrorKind.CANCELLED
    finally:
        process.communicate("")
    with locks.try_hold("a") as is_mine:
        assert is_mine


@pytest.mark.parametrize("waits", [True, False])
def test_that_of_a_process_that_was_killed_is_taken_over_at_once(locks: FileLocks, tmp_path: Path, waits: bool) -> None:
    process = holder(tmp_path)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert (tmp_path / "a").exists()
    if waits:
        with locks.hold("a", Progress()):
            pass
    else:
        with locks.try_hold("a") as is_mine:
            assert is_mine
    assert list(tmp_path.iterdir()) == []


def test_that_of_another_machine_is_taken_over_when_nobody_touches_it(
    locks: FileLocks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a").write_text("0123456789abcdef-1-1 word\n")
    with locks.try_hold("a") as is_mine:
        assert not is_mine
    monkeypatch.setattr(file_locks, "PATIENCE", 0.2)
    with locks.hold("a", Progress()):
        assert owners.own_name() in (tmp_path / "a").read_text()


def test_that_of_another_machine_stays_while_it_is_touched(
    locks: FileLocks, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(file_locks, "PATIENCE", 0.3)
    path = tmp_path / "a"
    path.write_text("0123456789abcdef-1-1 word\n")
    over, touched = threading.Event(), 0

    def touch() -> None:
        nonlocal touched
        while not over.wait(0.02) and touched < 50:  # more than three times the patience
            touched += 1
            os.utime(path)
        path.unlink()

    thread = threading.Thread(target=touch)
    thread.start()
    with locks.hold("a", Progress()):
        assert touched == 50
    over.set()
    thread.join()


def test_a_lock_that_came_into_the_place_of_a_dead_one_is_put_back(locks: FileLocks, tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text("0123456789abcdef-1-1 dead\n")
    seen = file_locks._read(path)
    assert seen is not None
    path.unlink()
    path.write_text("0123456789abcdef-2-2 alive\n")
    file_locks._remove(path, seen)
    assert path.read_text() == "0123456789abcdef-2-2 alive\n"
    assert [entry.name for entry in tmp_path.iterdir()] == ["a"]


def test_whoever_lost_a_lock_does_not_remove_that_of_the_next(locks: FileLocks, tmp_path: Path) -> None:
    with locks.hold("a", Progress()):
        (tmp_path / "a").unlink()
        (tmp_path / "a").write_text("0123456789abcdef-2-2 alive\n")
    assert (tmp_path / "a").exists()


@pytest.mark.parametrize("name", ["", "x", "x-y-z", "0123456789abcdef-1-1"])
def test_nothing_is_known_of_strangers(name: str) -> None:
    assert not owners.has_ended(name)


def test_this_process_lives_and_one_that_has_ended_does_not() -> None:
    assert not owners.has_ended(owners.own_name())
    place, _, _ = owners.own_name().partition("-")
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    assert owners.has_ended(f"{place}-{process.pid}-1")
