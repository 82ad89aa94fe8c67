"""Running the command: in this process, in another, and in another with a terminal."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_gradient_data.cli import session
from jupyter_gradient_data.cli.main import run
from tests.cli.double import Double

ROOT = Path(__file__).parents[2]


@dataclass
class Result:
    """What one run of the command did."""

    code: int
    out: str
    err: str


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Double:
    """The service that `gradient` then speaks to."""
    service = Double()
    monkeypatch.setattr(session, "open_service", lambda config: service)
    monkeypatch.setattr(session, "open_run_service", lambda config: service)
    return service


@pytest.fixture
def gradient(capsys: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Run the command in this process, without a terminal."""

    def run_it(*arguments: str) -> Result:
        code = run([*arguments])
        captured = capsys.readouterr()
        return Result(code, captured.out, captured.err)

    return run_it


def scene_command(scene: str, *arguments: str) -> list[str]:
    """The command line for `scene.py`."""
    return [sys.executable, "-m", "tests.cli.scene", scene, *arguments]


class Terminal:
    """A process on a pseudo-terminal of its own."""

    def __init__(self, command: list[str], **environment: str) -> None:
        ours, theirs = os.openpty()
        self._ours = ours
        self.seen = ""
        self.process = subprocess.Popen(
            command,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            cwd=ROOT,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment},
        )
        os.close(theirs)

    def expect(self, pattern: str, seconds: float = 60) -> None:
        """Read until the screen has shown something."""
        deadline = time.monotonic() + seconds
        while not re.search(pattern, self.seen):
            ready, _, _ = select.select([self._ours], [], [], max(0, deadline - time.monotonic()))
            if not ready:
                pytest.fail(f"{pattern!r} did not appear in {self.seen!r}")
            if not self._read():
                pytest.fail(f"it ended without {pattern!r}: {self.seen!r}")

    def type(self, text: str) -> None:
        """Press keys."""
        os.write(self._ours, text.encode())

    def interrupt(self) -> int:
        """Press Ctrl-C until it ends, as people do: Python's `input` can miss one that comes just before it reads."""
        self.type("\x03")
        while True:
            ready, _, _ = select.select([self._ours], [], [], 1)
            if not ready:
                self.type("\x03")
            elif not self._read():
                return self.process.wait(60)

    def end(self) -> int:
        """Read to the end; the exit code."""
        while self._read():
            pass
        return self.process.wait(60)

    def close(self) -> None:
        """Leave nothing behind."""
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        os.close(self._ours)

    def _read(self) -> bool:
        try:
            data = os.read(self._ours, 65536)
        except OSError:  # the other side has closed
            return False
        self.seen += data.decode(errors="replace").replace("\r\n", "\n")
        return bool(data)


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """Start a scene on a pseudo-terminal."""
    started: list[Terminal] = []

    def start(scene: str, *arguments: str) -> Terminal:
        started.append(Terminal(scene_command(scene, *arguments)))
        return started[-1]

    yield start
    for one in started:
        one.close()
