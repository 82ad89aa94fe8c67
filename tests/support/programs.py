"""Programs that tests run as real processes: where they are, and what happens when they are missing."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

_PORTS = range(11_000, 21_000)


def require_program(name: str) -> str:
    """The path of a program, looked for beside the interpreter and then on the PATH.

    A missing one skips the test, or fails it where ``CI=true``: there a skip would hide that nothing was tested.
    """
    beside = Path(sys.executable).parent
    found = shutil.which(name, path=str(beside)) or shutil.which(name)
    if found is None:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"the program {name} is missing; CI needs it")
        pytest.skip(f"the program {name} is missing; install the 'test' extra")
    return found


def free_ports(count: int, *, spread: int = 0) -> list[int]:
    """Ports of 127.0.0.1 that nothing listens on; with ``spread`` the port so much above each is free as well.

    They lie below the range from which the system takes ports for outgoing connections, so that no client of a test
    that runs at the same time takes one before the server does.
    """
    found: list[int] = []
    for port in random.sample(_PORTS, len(_PORTS)):
        if len(found) == count:
            break
        if _is_free(port) and (not spread or _is_free(port + spread)):
            found.append(port)
    return found


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


class Process:
    """A server process in a process group of its own, its output in a file.

    Parameters
    ----------
    arguments : list of str
        Program and arguments.
    log : Path
        Where its output goes.
    environment : dict, optional
        Added to the environment.
    """

    def __init__(self, arguments: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self._log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                arguments,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **(environment or {})},
                cwd=log.parent,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """The id of the process."""
        return self._process.pid

    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for a condition; fail with the end of the output when it does not come or the process ends."""
        deadline = time.monotonic() + seconds
        while not ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self._process.args!r} did not start:\n{self._log.read_text()[-2000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """End the process group by force: a graceful stop can take SeaweedFS a minute."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
