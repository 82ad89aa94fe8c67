"""Behaviour around a store, each wrapper an `ObjectStore` itself: fewer requests at once, and figures.

`RetryingStore` has a file of its own.  Put them around a store as in
``MeasuredStore(RetryingStore(LimitedStore(store)))``, so that nobody holds a slot while it waits to try again.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeVar

from .objects import Bytes, Capabilities, ObjectInfo, ObjectStore
from .retry import TEMPORARY, RetryingStore

__all__ = ["TEMPORARY", "LimitedStore", "MeasuredStore", "OperationStats", "RetryingStore"]

T = TypeVar("T")


class LimitedStore:
    """At most ``limit`` requests at once, however many threads there are.

    Parameters
    ----------
    store : ObjectStore
        What is limited.
    limit : int
        Requests; an upload counts as one, a stream only while a piece is fetched, a listing not at all.

    Notes
    -----
    The pieces of an upload must not be read from the same `LimitedStore`: enough of those at once wait for each other.
    """

    def __init__(self, store: ObjectStore, limit: int) -> None:
        self._store = store
        self._slots = threading.BoundedSemaphore(limit)

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
        with self._slots:
            return self._store.get(key, start, end)

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See `ObjectStore.stream`; no slot is held while the caller works on a piece."""
        with contextlib.closing(_generated(self._store.stream(key, start, end))) as pieces:
            while True:
                with self._slots:
                    piece = next(pieces, None)
                if piece is None:
                    return
                yield piece

    def put(self, key: str, data: Bytes) -> None:
        """See `ObjectStore.put`."""
        with self._slots:
            self._store.put(key, data)

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """See `ObjectStore.put_if_absent`."""
        with self._slots:
            return self._store.put_if_absent(key, data)

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """See `ObjectStore.upload`."""
        with self._slots:
            self._store.upload(key, chunks, size)

    def adopt(self, key: str, file: Path) -> bool:
        """See `ObjectStore.adopt`."""
        with self._slots:
            return self._store.adopt(key, file)

    def local_file(self, key: str) -> Path | None:
        """See `ObjectStore.local_file`."""
        return self._store.local_file(key)

    def head(self, key: str) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        with self._slots:
            return self._store.head(key)

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        return self._store.list(prefix)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore.folders`."""
        return self._store.folders(prefix)

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        with self._slots:
            self._store.delete(key)


@dataclass(frozen=True, slots=True)
class OperationStats:
    """What was done through one method of a store.

    Parameters
    ----------
    calls, failures : int
        How often, and how often it raised.
    bytes_in, bytes_out : int
        Read from the store, and written to it, by calls that succeeded or pieces that arrived.
    seconds : float
        Time spent in the store, summed over all threads.
    """

    calls: int = 0
    failures: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    seconds: float = 0.0


class MeasuredStore:
    """Counts what goes through it.

    Parameters
    ----------
    store : ObjectStore
        What is measured.
    """

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._lock = threading.Lock()
        self._stats: dict[str, OperationStats] = {}

    @property
    def name(self) -> str:
        """How to call this store in a sentence."""
        return self._store.name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the store inside."""
        return self._store.capabilities

    def stats(self) -> dict[str, OperationStats]:
        """The figures so far, by method name; a copy that does not change any more."""
        with self._lock:
            return dict(self._stats)

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """See `ObjectStore.get`."""
        data = self._timed("get", lambda: self._store.get(key, start, end))
        self._add("get", bytes_in=len(data))
        return data

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See `ObjectStore.stream`; only the time until each piece arrives is counted."""
        with contextlib.closing(_generated(self._store.stream(key, start, end))) as pieces:
            self._add("stream", calls=1)
            while (piece := self._timed("stream", lambda: next(pieces, None), calls=0)) is not None:
                self._add("stream", bytes_in=len(piece))
                yield piece

    def put(self, key: str, data: Bytes) -> None:
        """See `ObjectStore.put`."""
        self._timed("put", lambda: self._store.put(key, data))
        self._add("put", bytes_out=len(data))

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """See `ObjectStore.put_if_absent`."""
        written = self._timed("put_if_absent", lambda: self._store.put_if_absent(key, data))
        self._add("put_if_absent", bytes_out=len(data) if written else 0)
        return written

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """See `ObjectStore.upload`; the time its pieces take to come is counted as well."""
        self._timed("upload", lambda: self._store.upload(key, chunks, size))
        self._add("upload", bytes_out=size)

    def adopt(self, key: str, file: Path) -> bool:
        """See `ObjectStore.adopt`; its bytes are not written, so they are not counted."""
        return self._timed("adopt", lambda: self._store.adopt(key, file))

    def local_file(self, key: str) -> Path | None:
        """See `ObjectStore.local_file`."""
        return self._store.local_file(key)

    def head(self, key: str) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        return self._timed("head", lambda: self._store.head(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        with contextlib.closing(_generated(self._store.list(prefix))) as objects:
            self._add("list", calls=1)
            while (info := self._timed("list", lambda: next(objects, None), calls=0)) is not None:
                yield info

    def folders(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore.folders`."""
        yield from self._timed("folders", lambda: list(self._store.folders(prefix)))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        self._timed("delete", lambda: self._store.delete(key))

    def _timed(self, operation: str, work: Callable[[], T], calls: int = 1) -> T:
        started = time.perf_counter()
        failures = 1
        try:
            result = work()
            failures = 0
            return result
        finally:
            self._add(operation, calls=calls, failures=failures, seconds=time.perf_counter() - started)

    def _add(self, operation: str, **more: float) -> None:
        with self._lock:
            before = self._stats.get(operation, OperationStats())
            self._stats[operation] = replace(before, **{name: getattr(before, name) + n for name, n in more.items()})


def _generated(items: Iterator[T]) -> Generator[T, None, None]:
    """The same items as a generator, so that giving up early closes what is inside."""
    yield from items
