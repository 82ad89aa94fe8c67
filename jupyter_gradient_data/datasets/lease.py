"""Who holds a commit, and whether that somebody is still alive.

An owner names machine, process and process start.  On the same machine a dead owner is seen at once, so that a commit
which was killed can be repeated without waiting for its lease to run out.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Callable
from pathlib import Path


def new_owner() -> str:
    """An owner for one commit of this process."""
    pid = os.getpid()
    return f"{_machine()}/{pid}/{_started(pid)}/{secrets.token_hex(8)}"


def is_gone(owner: str) -> bool:
    """Whether the process behind an owner has certainly ended; False when it is on another machine."""
    machine, pid, started, _ = owner.split("/")
    return machine == _machine() and started != "?" and _started(int(pid)) != started


def _machine() -> str:
    # Two containers may share a host name and a boot, but not a process namespace.
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        namespace = os.stat("/proc/self/ns/pid").st_ino
    except OSError:  # not Linux
        return socket.gethostname()
    return f"{boot}-{namespace}"


def _started(pid: int) -> str:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return "gone" if Path("/proc/self/stat").exists() else "?"
    except OSError:
        return "?"
    fields = stat.rpartition(")")[2].split()
    return "gone" if fields[0] in "ZX" else fields[19]  # field 22 of proc(5): start time in clock ticks


class Heartbeat:
    """Calls ``renew`` every ``seconds`` in a thread of its own, for as long as the block lasts."""

    def __init__(self, renew: Callable[[], object], seconds: float) -> None:
        self._renew = renew
        self._seconds = seconds
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._run, name="gradient-lease", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._done.wait(self._seconds):
            try:
                self._renew()
            except Exception:  # noqa: S112 - a renewal that failed is tried again; the lease says the rest
                continue
