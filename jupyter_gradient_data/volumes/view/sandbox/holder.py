"""Make the namespaces in which kernels see the volumes, and keep what is in them as the links are.

Reads one line of JSON, a `Plan`, and answers with one: ``{"ready": …}`` or ``{"failed": …}``.  Then ``sync N`` is
answered by ``{"synced": N}`` once everything is shown as the links say now; ``{"warning": …}`` tells what cannot be.
Ends when standard input does, as when the server is gone; what runs in the namespaces keeps them.
"""

from __future__ import annotations

import contextlib
import ctypes
import json
import os
import select
import signal
import sys
import tempfile
from typing import Any

from . import system
from .mirror import OVERLAY, Mirror
from .namespace import MIRRORED, create, join, reachable
from .plan import Plan

_LOOK_SECONDS = 3  # network file systems do not tell what other machines change


def main() -> None:
    """Run until standard input ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.umask(0o022)
    try:
        plan = Plan.from_json(sys.stdin.readline())
        namespaces = join(plan) if plan.join else create(plan)
        mirror = Mirror(namespaces, plan, lambda text: _say(warning=text))
        watch = Watch(mirror.folders)
        mirror.update()
    except OSError as error:
        _say(failed=str(error) if error.errno == 0 else f"{error.filename}: {error.strerror}")
        sys.exit(1)
    folders = [namespaces.folders[name] for name in MIRRORED]
    descriptors = [namespaces.user, namespaces.shown, namespaces.hidden, *folders]
    _say(ready=descriptors, overlay_fails=_overlay_fails(reachable(plan.writable)))
    _serve(mirror, watch)


def _serve(mirror: Mirror, watch: Watch) -> None:
    """Update when a link has changed, when asked, and now and then."""
    rest = b""
    while True:
        ready, _, _ = select.select([0, *watch.descriptors], [], [], _LOOK_SECONDS)
        watch.clear()
        asked = []
        if 0 in ready:
            data = os.read(0, 65536)
            if not data:
                return
            *lines, rest = (rest + data).split(b"\n")
            asked = [int(line.split()[1]) for line in lines]
        try:
            mirror.update()
        except OSError as error:
            _say(warning=f"the volumes cannot be brought up to date: {error}")
        for number in asked:
            _say(synced=number)


class Watch:
    """Tells when a name comes, goes or is replaced in some folders."""

    _EVENTS = 0x40 | 0x80 | 0x100 | 0x200  # moved away or there, made, deleted

    def __init__(self, folders: list[str]) -> None:
        libc = ctypes.CDLL(None, use_errno=True)
        descriptor = libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        self.descriptors = [descriptor] if descriptor >= 0 else []  # none: looking now and then must do
        for folder in folders if self.descriptors else ():
            libc.inotify_add_watch(descriptor, os.fsencode(folder), self._EVENTS)

    def clear(self) -> None:
        """Forget what was told."""
        for descriptor in self.descriptors:
            with contextlib.suppress(BlockingIOError):
                os.read(descriptor, 65536)


def _overlay_fails(writable: str) -> str:
    """Why no layer there can be shown by an overlay; empty when it can.  Tried out, with a write."""
    try:
        with tempfile.TemporaryDirectory(prefix=".try-", dir=writable) as layer:
            for name in ("lower", "upper", "work", "shown"):
                os.mkdir(f"{layer}/{name}")
            with open(f"{layer}/lower/file", "wb") as file:
                file.write(b"old")
            os.chdir(layer)
            system.mount("gradient", "shown", "overlay", system.NO_SUID | system.NO_DEVICES, OVERLAY)
            try:
                os.rename("shown/file", "shown/moved")
                with open("shown/moved", "ab") as file:
                    file.write(b"new")
            finally:
                system.detach("shown")
                os.chdir("/")
                with contextlib.suppress(OSError):  # made by the overlay, without rights for anybody
                    os.chmod(os.path.join(layer, "work", "work"), 0o700)
        return ""
    except OSError as error:
        return str(error)


def _say(**message: Any) -> None:
    print(json.dumps(message), flush=True)
