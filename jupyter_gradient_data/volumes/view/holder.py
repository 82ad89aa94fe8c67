"""The process that keeps a view's namespaces, as its server sees it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

from .sandbox.plan import Plan

_log = logging.getLogger(__name__)
_PROGRAM = Path(__file__).with_name("sandbox") / "run_holder.py"
_START_SECONDS = 20
_TRIES = 3  # times that a holder that ends by itself is started anew


class HolderFailed(Exception):
    """It cannot make the namespaces; the text says why."""


class Holder:
    """A running holder; one that somebody kills is followed by another, in the same namespaces.

    Parameters
    ----------
    plan : Plan
        What it shows.

    Attributes
    ----------
    user, shown : int
        Descriptors of the namespaces; ``user`` is -1 where there is no user namespace.
    overlay_fails : str
        Why writable mounts cannot be overlays; empty when they can.

    Raises
    ------
    HolderFailed
        It cannot do that here.
    """

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._changed = threading.Condition()
        self._synced = self._asked = 0
        self._is_closed = False
        self._process, answer = _start(plan)
        self.overlay_fails: str = answer["overlay_fails"]
        try:
            # Held here as well: they outlive the holder, and whoever runs in them is found again.
            folder = f"/proc/{self._process.pid}/fd"
            self._descriptors = [os.open(f"{folder}/{n}", os.O_RDONLY) if n >= 0 else -1 for n in answer["ready"]]
        except OSError as error:
            _end(self._process)
            _forget(self._process)
            raise HolderFailed(f"namespaces cannot be opened: {error.strerror}") from None
        self.user, self.shown = self._descriptors[:2]
        self._thread = threading.Thread(target=self._listen, name="gradient-view", daemon=True)
        self._thread.start()

    @property
    def mark(self) -> int:
        """Which namespace it is: no other of this machine has the number while it lives."""
        return os.fstat(self.shown).st_ino

    def sync(self, timeout: float) -> None:
        """Return when what runs in the namespaces sees the links as they are now, or after ``timeout`` seconds."""
        with self._changed:
            self._asked += 1
            number = self._asked
            self._ask(number)
            self._changed.wait_for(lambda: self._synced >= number or self._is_closed, timeout)

    def close(self) -> None:
        """End it; kernels that still run keep what they see."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
        _end(self._process)
        self._thread.join()  # which reads what it says, up to the end
        _forget(self._process)
        for descriptor in self._descriptors:
            if descriptor >= 0:
                os.close(descriptor)

    def _listen(self) -> None:
        """Take what the holder says, and start another when it ends."""
        for _ in range(1 + _TRIES):
            self._take_messages()
            if self._is_closed:
                return
            _log.warning("The process that shows the volumes to kernels has ended; another one takes over.")
            try:
                self._start_again()
            except HolderFailed as error:
                _log.error("No other one can take over: %s", error)
                return
        _log.error("It has ended too often: what is mounted now is not shown until the server is started anew.")

    def _take_messages(self) -> None:
        assert self._process.stdout is not None  # noqa: S101  - it is a pipe
        for line in self._process.stdout:
            message: dict[str, Any] = json.loads(line)
            if "warning" in message:
                _log.warning("%s", message["warning"])
            with self._changed:
                self._synced = max(self._synced, message.get("synced", 0))
                self._changed.notify_all()

    def _start_again(self) -> None:
        _end(self._process)
        _forget(self._process)
        process, _ = _start(replace(self._plan, join=tuple(self._descriptors)))
        with self._changed:
            self._process = process
            if self._is_closed:
                _end(process)
            else:
                self._ask(self._asked)  # whoever waits has asked the one that is gone

    def _ask(self, number: int) -> None:
        assert self._process.stdin is not None  # noqa: S101  - it is a pipe
        with contextlib.suppress(OSError, ValueError):  # it has just ended: the next one is asked again
            self._process.stdin.write(f"sync {number}\n")
            self._process.stdin.flush()


def _start(plan: Plan) -> tuple[subprocess.Popen[str], dict[str, Any]]:
    """A holder that has said it is ready, and what else it said."""
    try:
        process = subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", "-S", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,  # what interrupts the server must not interrupt it
            pass_fds=[descriptor for descriptor in plan.join if descriptor >= 0],
        )
    except OSError as error:
        raise HolderFailed(f"no process can be started: {error.strerror}") from None
    timer = threading.Timer(_START_SECONDS, process.kill)
    timer.start()
    try:
        answer = _first_answer(process, plan)
    except BaseException:
        _end(process)
        _forget(process)
        raise
    finally:
        timer.cancel()
    return process, answer


def _first_answer(process: subprocess.Popen[str], plan: Plan) -> dict[str, Any]:
    assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018  - they are pipes
    with contextlib.suppress(OSError):  # then it has ended, and says nothing
        process.stdin.write(plan.to_json() + "\n")
        process.stdin.flush()
    for line in process.stdout:
        answer: dict[str, Any] = json.loads(line)
        if "failed" in answer:
            raise HolderFailed(answer["failed"])
        if "ready" in answer:
            return answer
        _log.warning("%s", answer.get("warning"))
    raise HolderFailed("the process that makes mount namespaces ended without a word")


def _end(process: subprocess.Popen[str]) -> None:
    """End a holder, which closing its input does; what it has mounted stays with those who use it."""
    with contextlib.suppress(OSError):
        if process.stdin is not None:
            process.stdin.close()
    try:
        process.wait(2)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _forget(process: subprocess.Popen[str]) -> None:
    if process.stdout is not None:
        process.stdout.close()
