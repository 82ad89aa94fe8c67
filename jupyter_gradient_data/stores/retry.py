"""Trying again: what can be tried again, how often, and how long to wait."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .objects import Bytes, Capabilities, ObjectInfo, ObjectStore

T = TypeVar("T")

# The kinds that the same request may not meet a second time.  All others stay the same however often one asks.
TEMPORARY = frozenset({ErrorKind.STORE_UNREACHABLE, ErrorKind.STORE_ERROR, ErrorKind.CHECKSUM_REFUSED})


class RetryingStore:
    """Tries again when a store fails for the moment, with jittered exponential backoff.

    Parameters
    ----------
    store : ObjectStore
        What may fail.
    attempts : int
        Tries of one operation, the first one included.
    first_pause, longest_pause : float
        Seconds: upper limits of the first and of any pause; a pause is a random part of its limit.
    budget : float
        Seconds since the operation began after which no new try starts.
    sleep : callable
        Waits for so many seconds; may raise to stop.

    Notes
    -----
    An upload is tried again only when its pieces can be had again, that is when ``chunks`` is not an iterator.  A
    stream goes on after the bytes that arrived, a listing after the last key.
    """

    def __init__(
        self,
        store: ObjectStore,
        *,
        attempts: int = 6,
        first_pause: float = 0.2,
        longest_pause: float = 10.0,
        budget: float = 120.0,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._store = store
        self._attempts = attempts
        self._first_pause = first_pause
        self._longest_pause = longest_pause
        self._budget = budget
        self._sleep = sleep

    @property
    def name(self) -> str:
        """How to call this store in a sentence."""
        return self._store.name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the store inside."""
        return self._store.capabilities

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """See `ObjectStore.get`."""
        return self._again(lambda: self._store.get(key, start, end))

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See `ObjectStore.stream`."""
        tries = self._tries()
        position = start
        while True:
            try:
                for piece in self._store.stream(key, position, end):
                    position += len(piece)
                    yield piece
                    tries = self._tries()  # it moves: the next failure is a new one
                return
            except GradientDataError as error:
                tries.failed(error)

    def put(self, key: str, data: Bytes) -> None:
        """See `ObjectStore.put`."""
        self._again(lambda: self._store.put(key, data))

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """See `ObjectStore.put_if_absent`."""
        tries = self._tries()
        while True:
            try:
                written = self._store.put_if_absent(key, data)
                # A try whose reply was lost may have written it: then what is there now is ours.
                return written or (tries.failures > 0 and self.get(key) == bytes(data))
            except GradientDataError as error:
                tries.failed(error)

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """See `ObjectStore.upload`."""
        if iter(chunks) is chunks:
            self._store.upload(key, chunks, size)
        else:
            self._again(lambda: self._store.upload(key, chunks, size))

    def adopt(self, key: str, file: Path) -> bool:
        """See `ObjectStore.adopt`."""
        return self._again(lambda: self._store.adopt(key, file))

    def local_file(self, key: str) -> Path | None:
        """See `ObjectStore.local_file`."""
        return self._store.local_file(key)

    def head(self, key: str) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        return self._again(lambda: self._store.head(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        tries = self._tries()
        last = ""
        while True:
            try:
                for info in self._store.list(prefix):
                    if info.key > last:
                        last = info.key
                        yield info
                        tries = self._tries()
                return
            except GradientDataError as error:
                tries.failed(error)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore.folders`."""
        yield from self._again(lambda: list(self._store.folders(prefix)))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        self._again(lambda: self._store.delete(key))

    def _again(self, work: Callable[[], T]) -> T:
        tries = self._tries()
        while True:
            try:
                return work()
            except GradientDataError as error:
                tries.failed(error)

    def _tries(self) -> _Tries:
        return _Tries(self._attempts, self._first_pause, self._longest_pause, self._budget, self._sleep)


def again(work: Callable[[], T]) -> T:
    """Do something that may be done twice, and again when it fails for the moment."""
    tries = _Tries(6, 0.2, 10.0, 120.0, time.sleep)
    while True:
        try:
            return work()
        except GradientDataError as error:
            tries.failed(error)


class _Tries:
    """The tries of one operation: `failed` waits before the next one, or raises when there is none."""

    def __init__(
        self, attempts: int, first_pause: float, longest_pause: float, budget: float, sleep: Callable[[float], None]
    ) -> None:
        self._attempts = attempts
        self._pause = first_pause
        self._longest_pause = longest_pause
        self._deadline = time.monotonic() + budget
        self._sleep = sleep
        self.failures = 0

    def failed(self, error: GradientDataError) -> None:
        self.failures += 1
        pause = random.uniform(0, self._pause)  # noqa: S311 - spreads clients over time, guards no secret
        late = time.monotonic() + pause > self._deadline
        if error.kind not in TEMPORARY or self.failures >= self._attempts or late:
            raise error
        self._pause = min(2 * self._pause, self._longest_pause)
        self._sleep(pause)
