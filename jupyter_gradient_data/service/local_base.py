"""What all parts of `local.LocalService` work on."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from weakref import WeakSet

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.progress import Progress

from .tasks import Task

T = TypeVar("T")


class LocalBase:
    """A `Repository`, and the tasks that work on it.

    Parameters
    ----------
    repository : Repository
        The team's data; closed with the service.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._tasks: WeakSet[Task[Any]] = WeakSet()

    def close(self) -> None:
        """Stop what runs, then end threads and connections."""
        running = list(self._tasks)
        for task in running:
            task.cancel()
        for task in running:
            task.wait()  # what is on its way needs threads and connections until it has arrived
        self._repository.close()

    def _task(self, work: Callable[[Progress], T]) -> Task[T]:
        task = Task(work)
        self._tasks.add(task)
        return task
