"""The end of an upload is stopped at each step: the file is in its version, or the upload can be finished again."""

from __future__ import annotations

import contextlib
import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.intake import Intake
from tests.faults.scene import LARGE, check_whole, opened
from tests.support.faulty_store import Crashed, Faults, How


def intake_of(service: DataService) -> Intake:
    return Intake(service._repository)  # type: ignore[attr-defined]


def begin_small(intake: Intake, reference: str, content: bytes) -> tuple[str, bytes]:
    upload = intake.begin(reference, "a", size=500).id
    intake.append(upload, 0, content[:500])
    return upload, content[:500]


def begin_large(intake: Intake, reference: str, content: bytes) -> tuple[str, bytes]:
    upload = intake.begin(reference, "a", size=len(content)).id
    intake.append(upload, 0, content)
    return upload, content


def begin_parts(intake: Intake, reference: str, content: bytes) -> tuple[str, bytes]:
    upload = intake.begin(reference, "a", size=None).id
    intake.put_part(upload, 2, [content[500:]])
    intake.put_part(upload, 1, [content[:500]])
    return upload, content


BEGINS = [begin_small, begin_large, begin_parts]


@pytest.mark.parametrize("how", [How.CRASH, How.ERROR])
@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("begin", BEGINS, ids=lambda begin: begin.__name__)
def test_an_upload_is_finished_or_can_be(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    begin: Callable[[Intake, str, bytes], tuple[str, bytes]],
    how: How,
    landed: bool,
) -> None:
    state = tmp_path / "state"
    with opened(state) as service:
        service.create_dataset("data")
    at, has_struck = 0, True
    while has_struck:
        at += 1
        with opened(state) as service:
            reference = service.create_version("data").reference
            upload, content = begin(intake_of(service), reference, os.urandom(LARGE))
        faults = Faults(at, how, landed=landed)
        with monkeypatch.context() as patched:
            faults.install(patched)
            with opened(state) as service, contextlib.suppress(Crashed, GradientDataError):
                intake_of(service).finish(upload)
        has_struck = faults.has_struck
        check(state, reference, upload, content)
    assert at > 2


def check(state: Path, reference: str, upload: str, content: bytes) -> None:
    with opened(state) as service:
        try:
            intake_of(service).finish(upload)
        except GradientDataError as error:
            if error.kind is not ErrorKind.UPLOAD_NOT_FOUND:
                raise
        assert b"".join(service.read_file(reference, "a")) == content
        assert service.commit_version(reference).result().state is VersionState.COMMITTED
        check_whole(service)


@pytest.mark.parametrize("landed", [False, True])
def test_a_beginning_leaves_a_promise_or_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, landed: bool) -> None:
    state = tmp_path / "state"
    with opened(state) as service:
        service.create_dataset("data")
        reference = service.create_version("data").reference
    with monkeypatch.context() as patched:
        faults = Faults(2, How.CRASH, landed=landed)  # the first is the sweep before it
        faults.install(patched)
        with opened(state) as service, contextlib.suppress(Crashed):
            intake_of(service).begin(reference, "a", size=1)
        assert faults.has_struck
    with opened(state) as service:
        intake = intake_of(service)
        assert len(intake.list(reference)) == landed
        for folder in (state / "incoming").iterdir():
            os.utime(folder, (1_600_000_000, 1_600_000_000))
        assert intake.expire() == (not landed)
        assert len(list((state / "incoming").iterdir())) == landed


APPENDING = """
import random, sys
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.service.intake import Intake

intake, upload, source = Intake(Repository(Config.load())), sys.argv[1], random.Random(5)
for at in range(0, 100_000_000, 50_000):
    print(intake.append(upload, at, source.randbytes(50_000)).offset, flush=True)
"""


def test_an_upload_goes_on_where_a_killed_server_left_it(tmp_path: Path) -> None:
    state, size = tmp_path / "state", 4_000_000
    expected = random.Random(5)
    content = b"".join(expected.randbytes(50_000) for _ in range(size // 50_000))
    with opened(state) as service:
        service.create_dataset("data")
        reference = service.create_version("data").reference
        upload = intake_of(service).begin(reference, "a", size=size).id
    arrived = kill_when_arrived(state, upload, 500_000)
    with opened(state) as service:
        intake = intake_of(service)
        offset = intake.get(upload).offset
        assert arrived <= offset <= size
        intake.append(upload, offset, content[offset:])
        intake.finish(upload)
        assert b"".join(service.read_file(reference, "a")) == content
        service.commit_version(reference).result()
        check_whole(service)


def kill_when_arrived(state: Path, upload: str, count: int) -> int:
    """``kill -9`` a process that appends, once so many bytes have arrived; returns how many it had told of."""
    process = subprocess.Popen(
        [sys.executable, "-c", APPENDING, upload],
        cwd=Path(__file__).parents[2],
        env={**os.environ, "GRADIENT_STATE_DIR": str(state)},
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        arrived = next(offset for offset in map(int, process.stdout) if offset >= count)
        process.kill()
    return arrived
