"""Long work as a task: it runs in a thread of its own, yields progress, and can be stopped."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from jupyter_gradient_data.models import ProgressEvent
from jupyter_gradient_data.progress import Progress

T = TypeVar("T")


class Task(Generic[T]):
    """Work that has begun.

    Iterate over it for `ProgressEvent`s until it has ended, then ask for the `result`::

        for event in task:
            show(event)
        print(task.result())

    Parameters
    ----------
    work : callable
        Does the work; it is given the `Progress` to report to.

    Notes
    -----
    Events that nobody reads are dropped, all but the newest: a slow reader never slows the work down.
    """

    def __init__(self, work: Callable[[Progress], T]) -> None:
        self._events: queue.Queue[ProgressEvent | None] = queue.Queue(maxsize=64)
        self._progress = Progress(self._offer)
        self._value: list[T] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, args=(work,), name="gradient-task", daemon=True)
        try:
            self._thread.start()
        except BaseException:  # interrupted while it begins: nobody gets this task who could stop it
            self.cancel()
            raise

    def __iter__(self) -> Iterator[ProgressEvent]:
        while (event := self._events.get()) is not None:
            yield event
        self._offer(None)  # whoever iterates once more finds the end, too

    def cancel(self) -> None:
        """Ask the work to stop at the next safe point; `result` then raises `Cancelled`."""
        self._progress.cancel()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait for the end, whatever it is, but no longer than some seconds; whether it has ended."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def result(self) -> T:
        """Wait for the end and return what the work returned, or raise what it raised."""
        self.wait()
        if self._error is not None:
            raise self._error
        return self._value[0]

    def _run(self, work: Callable[[Progress], T]) -> None:
        try:
            self._value.append(work(self._progress))
        except BaseException as error:  # handed to whoever asks for the result
            self._error = error
        finally:
            self._offer(None)

    def _offer(self, event: ProgressEvent | None) -> None:
        while True:
            try:
                return self._events.put_nowait(event)
            except queue.Full:
                self._discard_oldest()

    def _discard_oldest(self) -> None:
        try:
            self._events.get_nowait()
        except queue.Empty:  # the reader was faster
            return


class Followed(Task[T]):
    """Work that has begun, and something short that must be done before it counts as ended.

    Parameters
    ----------
    task : Task
        The work; its progress and its result are this one's.
    last : callable
        What to do when it has succeeded.
    """

    def __init__(self, task: Task[T], last: Callable[[], None]) -> None:
        self._first = task
        self._last = last
        super().__init__(self._follow)

    def cancel(self) -> None:
        """Ask the work to stop at the next safe point."""
        self._first.cancel()

    def _follow(self, progress: Progress) -> T:
        for event in self._first:
            progress.relay(event)
        result = self._first.result()
        self._last()
        return result
