"""Doing the next things while the reader is busy with the last."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future
from itertools import islice
from typing import TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def each(pool: Executor, ahead: int, work: Callable[[_Item], _Result], items: Sequence[_Item]) -> Iterator[_Result]:
    """Results in order, at most ``ahead`` items ahead of the reader; one alone needs no thread."""
    if len(items) == 1:
        yield work(items[0])
        return
    waiting: deque[Future[_Result]] = deque()
    source = iter(items)
    try:
        waiting.extend(pool.submit(work, item) for item in islice(source, ahead))
        while waiting:
            result = waiting.popleft().result()
            waiting.extend(pool.submit(work, item) for item in islice(source, 1))
            yield result
    finally:
        for future in waiting:
            future.cancel()
