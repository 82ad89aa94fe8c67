"""Real processes that really end in the middle: at an exact step, or by ``kill -9`` at a random moment."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import Conflict, ErrorKind
from jupyter_gradient_data.models import Version
from jupyter_gradient_data.service.api import DataService
from tests.faults.scene import check_whole, opened, read_folder, write_files
from tests.support.faulty_store import EXIT_CODE

ROOT = Path(__file__).parents[2]


def start(*arguments: object, state: Path) -> subprocess.Popen[str]:
    """A process of this Python on a state directory, its standard output in a pipe."""
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "GRADIENT_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def run(*arguments: object, state: Path) -> int:
    process = start(*arguments, state=state)
    out, err = process.communicate(timeout=60)
    assert process.returncode in (0, EXIT_CODE), out + err
    return process.returncode


def gradient(*arguments: object, state: Path) -> None:
    assert run("-m", "jupyter_gradient_data.cli", *arguments, state=state) == 0


@pytest.fixture
def state(tmp_path: Path) -> Path:
    with opened(tmp_path / "state") as service:
        service.create_dataset("photos")
    return tmp_path / "state"


# --- at an exact step -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("at", "moment"), [(1, "after"), (2, "after"), (3, "before"), (4, "after"), (6, "before")])
def test_a_put_that_ends_at_a_step_is_finished_by_the_same_command(
    state: Path, tmp_path: Path, at: int, moment: str
) -> None:
    source = write_files(tmp_path / "source", 1)
    with opened(state) as service:
        version = service.create_version("photos").reference
    put = ["datasets", "files", "put", "--id", version, "--source-path", f"{source}/"]
    assert run("-m", "tests.support.doomed", at, moment, *put, state=state) == EXIT_CODE
    with opened(state) as service:
        check_whole(service)
        with pytest.raises(Conflict) as caught:
            service.commit_version(version).result()
        assert caught.value.kind is ErrorKind.UPLOADS_UNFINISHED
    gradient(*put, state=state)
    gradient("datasets", "versions", "commit", "--id", version, state=state)
    check_content(state, version, read_folder(source), tmp_path / "got")


@pytest.mark.parametrize(
    ("at", "moment"), [(1, "before"), (1, "after"), (2, "before"), (2, "after"), (3, "after"), (4, "before")]
)
def test_a_commit_that_ends_at_a_step_can_be_repeated_at_once(
    state: Path, tmp_path: Path, at: int, moment: str
) -> None:
    """The process that held the lease is gone, and that is seen without waiting for the lease to run out."""
    source = write_files(tmp_path / "source", 1)
    with opened(state) as service:
        version = service.create_version("photos").reference
        service.put_files(version, [f"{source}/"]).result()
    commit = ["datasets", "versions", "commit", "--id", version]
    assert run("-m", "tests.support.doomed", at, moment, *commit, state=state) == EXIT_CODE
    with opened(state) as service:
        check_whole(service)
        assert not service.get_version(version).is_committed
    gradient(*commit, state=state)
    check_content(state, version, read_folder(source), tmp_path / "got")


def check_content(state: Path, version: str, expected: dict[str, bytes], target: Path) -> None:
    with opened(state) as service:
        assert service.get_version(version).is_committed
        check_whole(service)
        service.get_files(version, [], target).result()
    assert read_folder(target) == expected


# --- at random moments ------------------------------------------------------------------------------------------------
# pytest-randomly seeds `random` and prints the seed: the same moments come again with it, as far as the machine allows.


def kill_after(process: subprocess.Popen[str], seconds: float) -> str:
    """Kill a process some time from now; returns what it had printed."""
    try:
        out, err = process.communicate(timeout=seconds)
        assert process.returncode == 0, err
    except subprocess.TimeoutExpired:
        process.kill()
        out, _ = process.communicate()
    return out


@pytest.mark.parametrize("kills", [20, pytest.param(300, marks=pytest.mark.soak)])
def test_a_client_killed_again_and_again_loses_nothing(state: Path, tmp_path: Path, kills: int) -> None:
    sources = tmp_path / "sources"
    for number in range(10):
        write_files(sources / str(number), number, large=number % 3 == 0)
    acknowledged: list[str] = []
    for kill in range(kills):
        process = start("-m", "tests.support.filling", state, sources, kill * 1000, state=state)
        assert process.stdout is not None
        first = process.stdout.readline()  # it is at work; from here on it dies at any moment
        acknowledged += [first.strip(), *kill_after(process, random.uniform(0, 0.3)).split()]
        if kill % 5 == 4 or kill == kills - 1:
            with opened(state) as service:
                finish_all(service, sources)
                check_whole(service)
    with opened(state) as service:
        check_chain(service, sources, acknowledged)


def finish_all(service: DataService, sources: Path) -> None:
    """Finish the versions that were left, as their users would: the same put again, then commit."""
    for version in service.list_versions("photos", committed=False, limit=1000).items:
        service.put_files(version.reference, [sources / str(int(version.message) % 10)]).result()
        service.commit_version(version.reference).result()


def check_chain(service: DataService, sources: Path, acknowledged: list[str]) -> None:
    """Every version is committed and holds exactly the files of its parent and its own."""
    versions = {version.reference: version for version in service.list_versions("photos", limit=10_000).items}
    assert len(acknowledged) == len(set(acknowledged))
    assert set(acknowledged) <= set(versions)
    assert service.list_versions("photos", committed=False).items == ()
    for reference, version in versions.items():
        numbers = {int(ancestor.message) % 10 for ancestor in lineage(versions, version)}
        expected = {f"{number}/{path}" for number in numbers for path in read_folder(sources / str(number))}
        assert {info.path for info in service.list_files(reference, recursive=True, limit=10_000).items} == expected


def lineage(versions: dict[str, Version], version: Version) -> list[Version]:
    found = [version]
    while (parent := found[-1].parent) is not None:
        found.append(versions[parent])
    return found


COMMANDS: dict[str, Callable[[str, Path], list[str]]] = {
    "put": lambda version, folder: ["files", "put", "--id", version, "--source-path", f"{folder / 'more'}/"],
    "commit": lambda version, folder: ["versions", "commit", "--id", version],
    "delete files": lambda version, folder: ["files", "delete", "--id", version, "--path", "few"],
    "get": lambda version, folder: ["files", "get", "--id", version, "--target-path", str(folder / "got")],
}


@pytest.mark.parametrize("name", COMMANDS)
def test_a_command_killed_at_a_random_moment_is_finished_by_itself(state: Path, tmp_path: Path, name: str) -> None:
    source = write_files(tmp_path / "source", 1)
    write_files(tmp_path / "more", 2)
    with opened(state) as service:
        version = service.create_version("photos").reference
        service.put_files(version, [f"{source}/"]).result()
    command = ["-m", "jupyter_gradient_data.cli", "datasets", *COMMANDS[name](version, tmp_path)]
    shutil.copytree(state, tmp_path / "untouched")
    began = time.monotonic()
    assert run(*command, state=tmp_path / "untouched") == 0
    longest = time.monotonic() - began
    is_done = False
    for _ in range(3):
        process = start(*command, state=state)
        kill_after(process, random.uniform(longest / 3, longest))
        with opened(state) as service:
            check_whole(service)
            left = remaining(service, version)
        with opened(tmp_path / "untouched") as expected:
            # Killed or not, it may have been fast enough; deleting what is deleted is an error.
            is_done = process.returncode == 0 or (name == "delete files" and left == remaining(expected, version))
        if is_done:
            break
    assert is_done or run(*command, state=state) == 0
    with opened(tmp_path / "untouched") as expected, opened(state) as service:
        roots = {each.commit_version(version).result().root for each in (expected, service)}
        assert len(roots) == 1
        check_whole(service)
    if name == "get":
        assert read_folder(tmp_path / "got") == read_folder(source)


def remaining(service: DataService, version: str) -> set[str]:
    return {info.path for info in service.list_files(version, recursive=True).items}
