"""Work of widgets in threads: a kernel goes on with its cells, and what is old news is never shown."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.plain import printable

T = TypeVar("T")


def one_line(error: BaseException) -> str:
    """What happened and what to do next, for a place that has one line."""
    if isinstance(error, GradientDataError):
        text = f"{error.message} {error.hint}".strip()
    else:
        text = f"Something unexpected went wrong: {type(error).__name__}: {error}"
    return printable(" ".join(text.split()))


class Latest:
    """One piece of work at a time, in a thread; what is asked for meanwhile replaces what waits.

    Parameters
    ----------
    failed : callable
        Told one line when work has raised and nothing newer waits.
    """

    def __init__(self, failed: Callable[[str], None]) -> None:
        self._failed = failed
        self._changed = threading.Condition()
        self._waiting: Callable[[], None] | None = None
        self._is_running = False

    def begin(self, load: Callable[[], T], show: Callable[[T], None]) -> None:
        """Load in the thread, then show what was loaded, unless something newer was asked for."""

        def work() -> None:
            loaded = load()
            if not self.is_stale:
                show(loaded)

        with self._changed:
            self._waiting = work
            if not self._is_running:
                self._is_running = True
                threading.Thread(target=self._run, name="gradient-widget", daemon=True).start()

    @property
    def is_stale(self) -> bool:
        """Whether something newer waits."""
        return self._waiting is not None

    def wait(self, seconds: float) -> bool:
        """Wait until nothing is left to do; whether that came in time."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_running, seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                work, self._waiting = self._waiting, None
                if work is None:
                    self._is_running = False
                    self._changed.notify_all()
                    return
            try:
                work()
            except Exception as error:  # whatever it is ends in the widget, not in the log of the kernel
                if not self.is_stale:
                    self._failed(one_line(error))


def wait_for_all(workers: list[Latest], seconds: float) -> bool:
    """Wait until all of them rest, also when one gives work to another; whether that came in time."""
    end = time.monotonic() + seconds
    for _ in range(2):
        for worker in workers:
            if not worker.wait(max(0.0, end - time.monotonic())):
                return False
    return True


class Pages(Generic[T]):
    """A list that is fetched as far as somebody turns its pages.

    Parameters
    ----------
    items : iterator
        All of it, in order.
    size : int
        Items of a page.
    """

    def __init__(self, items: Iterator[T], size: int) -> None:
        self._items = items
        self._seen: list[T] = []
        self._size = size

    def page(self, number: int) -> tuple[list[T], bool]:
        """The items of a page, counted from 0, and whether more follow."""
        end = (number + 1) * self._size
        for item in self._items:
            self._seen.append(item)
            if len(self._seen) > end:  # one more, to know that there is more
                break
        return self._seen[end - self._size : end], len(self._seen) > end
