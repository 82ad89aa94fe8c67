"""Progress and cancellation of long work, without a user interface.

Whatever takes long takes a `Progress`, tells it what was done and lets it stop the work.  The service turns it into
events; libraries that want neither pass nothing.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from .errors import ErrorKind
from .models import Phase, ProgressEvent

_INTERVAL = 0.1  # seconds between two events: fast enough to look alive, slow enough to cost nothing
_WINDOW = 5.0  # seconds over which the rate is taken


class Progress:
    """Counts what is done, reports it at most ten times a second, and raises `Cancelled` when told to stop.

    Parameters
    ----------
    report : callable, optional
        Called with a `ProgressEvent`, from whichever thread did the work.

    Notes
    -----
    All methods may be called from any thread.
    """

    def __init__(self, report: Callable[[ProgressEvent], None] | None = None) -> None:
        self._report = report
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._phase = Phase.SCANNING
        self._files = self._bytes = self._skipped = 0
        self._files_total: int | None = None
        self._bytes_total: int | None = None
        self._last = 0.0
        self._history: deque[tuple[float, int]] = deque()

    def start(self, phase: Phase, files: int | None = None, bytes: int | None = None) -> None:  # noqa: A002
        """Begin a phase; totals are None while not known."""
        self.check()
        with self._lock:
            self._phase, self._files_total, self._bytes_total = phase, files, bytes
            self._files = self._bytes = self._skipped = 0
            self._history.clear()
            self._emit(force=True)

    def advance(self, files: int = 0, bytes: int = 0, *, skipped: bool = False) -> None:  # noqa: A002
        """Count what was finished; ``skipped`` when it did not have to be moved."""
        self.check()
        with self._lock:
            self._files += files
            self._bytes += bytes
            if skipped:
                self._skipped += bytes
            self._emit(force=False)

    def finish(self) -> None:
        """Report the final figures of the phase."""
        with self._lock:
            self._emit(force=True)

    @property
    def event(self) -> ProgressEvent:
        """How far the work is now."""
        with self._lock:
            return self._event()

    def relay(self, event: ProgressEvent) -> None:
        """Report what somebody else has counted, as a server does."""
        if self._report is not None:
            self._report(event)

    @property
    def is_cancelled(self) -> bool:
        """Whether the work was asked to stop."""
        return self._stop.is_set()

    def cancel(self) -> None:
        """Ask the work to stop at the next safe point."""
        self._stop.set()

    def check(self) -> None:
        """Raise `Cancelled` when the work was asked to stop."""
        if self._stop.is_set():
            raise ErrorKind.CANCELLED()

    def _emit(self, *, force: bool) -> None:
        now = time.monotonic()
        if self._report is None or (not force and now - self._last < _INTERVAL):
            return
        self._last = now
        moved = self._bytes - self._skipped
        self._history.append((now, moved))
        while len(self._history) > 2 and now - self._history[0][0] > _WINDOW:
            self._history.popleft()
        self._report(self._event())

    def _event(self) -> ProgressEvent:
        (started, before), (now, moved) = (self._history[0], self._history[-1]) if self._history else ((0.0, 0),) * 2
        rate = (moved - before) / (now - started) if now > started else 0.0
        left = None
        if self._bytes_total is not None and rate > 0:
            left = max(0, self._bytes_total - self._bytes) / rate
        return ProgressEvent(
            self._phase,
            self._files,
            self._files_total,
            self._bytes,
            self._bytes_total,
            rate,
            left,
            self._skipped,
        )
