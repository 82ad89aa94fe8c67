"""Servers that are killed while they run tasks: the next one says what became of each, and it is true."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import TaskInfo, TaskState, Version
from jupyter_gradient_data.service.host import Host, open_host

ROOT = Path(__file__).parents[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Config:
    url = None
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_database")()
    return Config(state_dir=tmp_path / "state", database_url=url, author="tester")


@pytest.fixture
def host(config: Config) -> Iterator[Host]:
    """A server that runs all the while."""
    opened = open_host(config)
    opened.service.create_dataset("data")
    yield opened
    opened.close()


def version_of(host: Host, files: int = 3) -> str:
    reference = host.service.create_version("data").reference
    for number in range(files):
        host.service.write_file(reference, str(number), [b"%d" % number])
    return reference


@pytest.fixture
def start(config: Config) -> Iterator[Callable[[str, str], subprocess.Popen[str]]]:
    """Starts `tests.support.doomed_task`."""
    started: list[subprocess.Popen[str]] = []
    environment = {**os.environ, "GRADIENT_STATE_DIR": str(config.state_dir)}
    if config.database_url:
        environment["GRADIENT_DATABASE_URL"] = config.database_url

    def begin(when: str, reference: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.doomed_task", when, reference],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def read_id(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def check_lost(info: TaskInfo, reference: str) -> None:
    assert info.error is not None
    assert (info.state, info.error.code) == (TaskState.FAILED, ErrorKind.TASK_LOST.code)
    assert reference in info.error.hint
    assert info.finished is not None


def test_killed_before_it_was_done(host: Host, config: Config, start: Callable[..., subprocess.Popen[str]]) -> None:
    reference = version_of(host)
    process = start("before", reference)
    task = read_id(process)
    process.wait()
    again = open_host(config)  # no waiting for a silence: the process is known to be gone
    check_lost(again.tasks.get(task), reference)
    again.close()
    assert host.tasks.get(task) == host.tasks.page().items[0]
    assert host.service.commit_version(reference).result().is_committed


def test_killed_before_it_could_say_that_it_was_done(host: Host, start: Callable[..., subprocess.Popen[str]]) -> None:
    reference = version_of(host)
    process = start("after", reference)
    task = read_id(process)
    process.wait()
    info = host.tasks.get(task)
    assert (info.state, info.error) == (TaskState.SUCCEEDED, None)
    assert msgspec.convert(info.result, Version) == host.service.get_version(reference)


def test_whoever_waits_for_it_hears_of_its_death(host: Host, start: Callable[..., subprocess.Popen[str]]) -> None:
    reference = version_of(host)
    process = start("before", reference)
    task = read_id(process)
    info = host.tasks.get(task)
    if info.state is TaskState.RUNNING:
        info = host.tasks.get(task, 60, info)
    while info.state is TaskState.RUNNING:
        info = host.tasks.get(task, 60, info)
    check_lost(info, reference)


@pytest.mark.parametrize("kills", [6, pytest.param(60, marks=pytest.mark.soak)])
def test_killed_at_any_moment_the_task_says_what_is_true(
    host: Host, start: Callable[..., subprocess.Popen[str]], kills: int
) -> None:
    for _ in range(kills):
        reference = version_of(host)
        process = start("sometime", reference)
        task = read_id(process)
        threading.Event().wait(random.uniform(0, 0.05))
        process.kill()
        process.wait()
        info, version = host.tasks.get(task), host.service.get_version(reference)
        assert (info.state is TaskState.SUCCEEDED) == version.is_committed
        if not version.is_committed:
            check_lost(info, reference)
        assert host.service.commit_version(reference).result().files == 3
