"""Run one command and take its wall time, CPU time, peak memory and bytes read."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

TIMEOUT_S = 900.0


class CommandFailed(Exception):
    """A measured command failed; the message is its last line of output."""


@dataclass(frozen=True)
class Usage:
    """What a step cost.

    Parameters
    ----------
    wall : float
        Seconds from start to exit.
    cpu : float
        Seconds, user and system, of the process and every descendant it waited for.
    rss : float
        MiB, the largest resident set of any one of these processes.  A child starts with its parent's figure, so
        nothing below the size of this script can be told apart.
    read : float
        MiB that these processes read with system calls (files, and sockets where they are read like files).
    stats : dict or None
        What our own command reports of its requests; None for peers.
    """

    wall: float
    cpu: float
    rss: float
    read: float
    stats: dict[str, Any] | None = None

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            wall=self.wall + other.wall,
            cpu=self.cpu + other.cpu,
            rss=max(self.rss, other.rss),
            read=self.read + other.read,
            stats=self.stats or other.stats,
        )

    def as_dict(self) -> dict[str, Any]:
        """The usage as JSON-ready values, rounded to what can be trusted."""
        return {name: round(value, 4) if isinstance(value, float) else value for name, value in asdict(self).items()}


def measure(argv: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path) -> Usage:
    """Run ``argv`` to its end and measure it; its output goes to ``log``.

    Raises
    ------
    CommandFailed
        It exited with another code than 0, could not be started, or took longer than ``TIMEOUT_S``.
    """
    stats_file = log.with_suffix(".stats")
    stats_file.unlink(missing_ok=True)
    with log.open("wb") as output:
        started = time.perf_counter()
        try:
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env={**env, "GRADIENT_STATS": str(stats_file)},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise CommandFailed(f"{argv[0]} cannot be started: {error.strerror}") from error
    timer = threading.Timer(TIMEOUT_S, os.killpg, (process.pid, signal.SIGKILL))
    timer.start()
    try:
        # Leave the zombie in place for a moment: its I/O counters can still be read, with those of its children.
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
        wall = time.perf_counter() - started
        read = _bytes_read(process.pid)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    finally:
        timer.cancel()
    if process.returncode != 0:
        ending = "took too long" if wall >= TIMEOUT_S else f"exit code {process.returncode}"
        raise CommandFailed(f"{ending}: {last_line(log)}")
    stats = json.loads(stats_file.read_text()) if stats_file.exists() else None
    return Usage(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024, read / 2**20, stats)


def last_line(log: Path) -> str:
    """The last line of ``log`` that says something."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "no output"


def _bytes_read(pid: int) -> int:
    """Bytes read by ``pid`` and the children it waited for; 0 where the kernel does not count them."""
    try:
        counters = Path(f"/proc/{pid}/io").read_text()
    except OSError:
        return 0
    return int(dict(line.split(": ") for line in counters.splitlines())["rchar"])
