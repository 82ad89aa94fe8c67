"""Waiting for long work: a progress bar for a person, and what Ctrl-C does."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import TYPE_CHECKING, TypeVar

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.plain import figures

from .session import Session

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ProgressEvent
    from jupyter_gradient_data.service.tasks import Task

T = TypeVar("T")

_PATIENCE = 0.3  # seconds before a bar appears: short work needs none, and none of its 40 ms of imports
_FIGURES_WIDTH = 80  # columns for everything but the bar
_SHOW_CURSOR = b"\x1b[?25h"


def wait(session: Session, task: Task[T]) -> T:
    """Follow a task to its end.

    The first Ctrl-C (or SIGTERM) asks the work to stop at its next safe point and waits for that; the second ends the
    program at once.

    Returns
    -------
    object
        What the task returns; work that had ended before it could be stopped is not lost.

    Raises
    ------
    Cancelled
        It was stopped.
    """
    with _interruptible(session, task):
        _follow(session, task)
        return task.result()


def _follow(session: Session, task: Task[T]) -> None:
    bar, started = None, time.monotonic()
    try:
        for event in task:
            if bar is None and session.out.watched and time.monotonic() - started > _PATIENCE:
                bar = Bar()
            if bar is not None:
                bar.show(event)
    finally:
        if bar is not None:
            bar.close()


@contextmanager
def _interruptible(session: Session, task: Task[T]) -> Iterator[None]:
    """Stop the task, not the program, on the signals that mean "stop"."""

    def stop(number: int, frame: FrameType | None) -> None:
        # Only os.write here: the signal may have come in the middle of another write to the same stream.
        watched = session.out.watched
        if session.signal is not None:
            if watched:
                os.write(sys.stderr.fileno(), _SHOW_CURSOR)
            os._exit(128 + number)
        session.signal = number
        task.cancel()
        if watched:
            os.write(sys.stderr.fileno(), b"\r\x1b[2KStopping; once more to quit at once.\n")

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heeded = [one for one in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(one) is not signal.SIG_IGN]
    before = {one: signal.signal(one, stop) for one in heeded}  # a script's background job ignores SIGINT
    try:
        yield
    finally:
        for one, handler in before.items():
            signal.signal(one, handler)


def check_not_stopped(session: Session) -> None:
    """Raise `Cancelled` between two steps when a signal came that the first was too fast for.

    Raises
    ------
    Cancelled
        Somebody pressed Ctrl-C.
    """
    if session.signal is not None:
        raise ErrorKind.CANCELLED()


class Bar:
    """One line on stderr: phase, bar, files, bytes, rate and time left; it vanishes at the end."""

    def __init__(self) -> None:
        from rich.console import Console  # here: costs start-up time
        from rich.progress import BarColumn, Progress, TextColumn

        console = Console(stderr=True)
        # No refresh thread: events come ten times a second, and the work needs the processor.
        self._progress = Progress(
            TextColumn("{task.description:<10}"),
            BarColumn(bar_width=max(5, min(24, console.width - _FIGURES_WIDTH))),
            TextColumn("{task.fields[figures]}"),
            console=console,
            transient=True,
            auto_refresh=False,
            redirect_stdout=False,  # nothing else is printed meanwhile, and a signal handler needs the real stderr
            redirect_stderr=False,
        )
        self._line = self._progress.add_task("", total=None, figures="")
        self._progress.start()

    def show(self, event: ProgressEvent) -> None:
        """Draw how far the work is."""
        in_bytes = bool(event.bytes_total)
        self._progress.update(
            self._line,
            description=event.phase.value.capitalize(),
            completed=event.bytes_done if in_bytes else event.files_done,
            total=event.bytes_total if in_bytes else event.files_total,
            figures=figures(event),
            refresh=True,
        )

    def close(self) -> None:
        """Remove the bar."""
        self._progress.stop()
