"""Faults on purpose, at an exact step: object stores and databases that fail, or end the process.

A *step* is whatever can leave something behind: a write to an object store or a database commit.  `Faults` counts them
and strikes one; `Faults.install` puts it around all stores and the database of a service that is opened afterwards.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

import pytest
from sqlalchemy.exc import OperationalError

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.stores.database import Database
from jupyter_gradient_data.stores.objects import Bytes, Capabilities, ObjectInfo, ObjectStore
from jupyter_gradient_data.stores.providers import ProviderRegistry

T = TypeVar("T")

COMMIT = "commit"
WRITES = frozenset({"put", "put_if_absent", "upload", "adopt", "delete", COMMIT})
READS = frozenset({"get", "stream", "head", "list", "folders"})
EXIT_CODE = 77


class Crashed(BaseException):
    """The process is thought to have ended; no `Exception`, so that nobody handles it."""


class How(Enum):
    """What happens at the step that is struck."""

    CRASH = "crash"  # nothing is written any more from here on, whatever the program does to clean up
    ERROR = "error"  # this step reports a failure, later ones work
    EXIT = "exit"  # the process really ends, at once


class Faults:
    """Counts steps and strikes the ``at``-th; deterministic where the steps are.

    Parameters
    ----------
    at : int
        Which step, from 1; 0 for none.
    how : How
        What happens there.
    landed : bool
        Whether the step has been done when it strikes (the write landed, the reply is lost).
    steps : iterable of str
        Names of the methods that count, and ``commit`` for a database commit.
    """

    def __init__(
        self, at: int = 0, how: How = How.CRASH, *, landed: bool = False, steps: Iterable[str] = WRITES
    ) -> None:
        self.count = 0
        self.log: list[str] = []
        self._at = at
        self._how = how
        self._landed = landed
        self._steps = frozenset(steps)
        self._lock = threading.Lock()
        self._is_over = False

    @property
    def has_struck(self) -> bool:
        """Whether the step was reached."""
        return 0 < self._at <= self.count

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Stand around every store and database that is opened from now on."""
        open_store, make_repository = ProviderRegistry.open, Repository.__init__

        def open_faulty(registry: ProviderRegistry, row: Any) -> ObjectStore:
            return FaultyStore(open_store(registry, row), self)

        def make_faulty(repository: Repository, config: Any) -> None:
            make_repository(repository, config)  # opening is no part of an operation
            self.guard(repository.database)

        monkeypatch.setattr(ProviderRegistry, "open", open_faulty)
        monkeypatch.setattr(Repository, "__init__", make_faulty)

    def guard(self, database: Database) -> None:
        """Make every commit of a database a step."""
        dialect: Any = database.engine.dialect
        do_commit = dialect.do_commit

        def commit(connection: Any) -> None:
            self.step(COMMIT, COMMIT, lambda: do_commit(connection))

        dialect.do_commit = commit

    def step(self, name: str, thing: str, work: Callable[[], T]) -> T:
        """Do ``work``, which is one step if its name counts."""
        if name not in self._steps:
            return work()
        with self._lock:
            if self._is_over:
                raise Crashed
            self.count += 1
            self.log.append(f"{name} {thing}")
            strikes = self.count == self._at
            self._is_over = strikes and self._how is How.CRASH
        if not strikes:
            return work()
        if self._landed:
            work()
        raise self._strike(name, thing)

    def _strike(self, name: str, thing: str) -> BaseException:
        if self._how is How.EXIT:
            os._exit(EXIT_CODE)
        if self._how is How.CRASH:
            return Crashed()
        if name == COMMIT:
            return OperationalError("COMMIT", None, Exception("the connection was lost"))
        return ErrorKind.STORE_ERROR(store="the faulty store", action=f"{name} {thing}", reason="it was told to fail")


class FaultyStore:
    """An object store whose calls are steps of `Faults`.

    Parameters
    ----------
    store : ObjectStore
        Does the work.
    faults : Faults
        Says which call fails.
    """

    def __init__(self, store: ObjectStore, faults: Faults) -> None:
        self._store = store
        self._faults = faults

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
        return self._faults.step("get", key, lambda: self._store.get(key, start, end))

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """See `ObjectStore.stream`."""
        return self._faults.step("stream", key, lambda: self._store.stream(key, start, end))

    def put(self, key: str, data: Bytes) -> None:
        """See `ObjectStore.put`."""
        self._faults.step("put", key, lambda: self._store.put(key, data))

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """See `ObjectStore.put_if_absent`."""
        return self._faults.step("put_if_absent", key, lambda: self._store.put_if_absent(key, data))

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """See `ObjectStore.upload`."""
        self._faults.step("upload", key, lambda: self._store.upload(key, chunks, size))

    def adopt(self, key: str, file: Path) -> bool:
        """See `ObjectStore.adopt`."""
        return self._faults.step("adopt", key, lambda: self._store.adopt(key, file))

    def local_file(self, key: str) -> Path | None:
        """See `ObjectStore.local_file`."""
        return self._store.local_file(key)

    def head(self, key: str) -> ObjectInfo | None:
        """See `ObjectStore.head`."""
        return self._faults.step("head", key, lambda: self._store.head(key))

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ObjectStore.list`."""
        return self._faults.step("list", prefix, lambda: self._store.list(prefix))

    def folders(self, prefix: str = "") -> Iterator[str]:
        """See `ObjectStore.folders`."""
        return self._faults.step("folders", prefix, lambda: self._store.folders(prefix))

    def delete(self, key: str) -> None:
        """See `ObjectStore.delete`."""
        self._faults.step("delete", key, lambda: self._store.delete(key))
