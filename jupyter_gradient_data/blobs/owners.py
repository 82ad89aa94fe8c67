"""Names for processes, and whether one that bore a name has ended: for locks and leftovers in shared folders."""

from __future__ import annotations

import functools
import os
import socket
from pathlib import Path

from .hashing import hash_bytes

_PROC = Path("/proc")
_DEAD = frozenset("ZXx")  # states of a process that has ended and only waits for its parent


def own_name() -> str:
    """The process we are: where it can be seen from, its number, and when it began."""
    pid = os.getpid()
    return f"{_place()}-{pid}-{_started(pid)}"


def has_ended(name: str) -> bool:
    """Whether the process of this name has ended for certain; False also for one on another machine."""
    place, _, rest = name.partition("-")
    pid, _, started = rest.partition("-")
    if place != _place() or not pid.isdigit():
        return False
    return _started(int(pid)) != started


@functools.cache
def _place() -> str:
    """The machine since it was started, and which of its processes are seen by the same numbers."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        seen = os.stat(_PROC / "self/ns/pid").st_ino
    except OSError:  # not Linux
        boot, seen = socket.gethostname(), 0
    return hash_bytes(f"{boot} {seen}".encode()).hex()[:16]


def _started(pid: int) -> str:
    """When a process began, as the system counts; empty when there is none."""
    try:
        fields = (_PROC / str(pid) / "stat").read_bytes().rpartition(b")")[2].split()
        return "" if fields[0].decode() in _DEAD else fields[19].decode()
    except OSError:
        if _PROC.joinpath("self").exists():
            return ""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return ""
    except OSError:
        return "0"
    return "0"
