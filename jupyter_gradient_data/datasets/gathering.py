"""Many small files written at the same time by many clients: they share packs and transactions.

Each writer hashes and compresses its own content in its own thread, then waits in a queue.  The first in the queue is
the leader: it takes all that wait, makes one pack of them, sends it, and puts the files into their versions in one
transaction.  Meanwhile others gather; the first of them leads next.  Nobody waits for a clock, and a writer who is
alone goes straight through.
"""

from __future__ import annotations

import copy
import threading
from collections.abc import Callable, Iterable

from sqlalchemy import Connection

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.blobs.packs import Encoding, PackBuilder, encode
from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.database import Database

from . import staging
from .files import VersionFiles
from .nodes import Entry

Guard = Callable[[Connection], None]


class Gathering:
    """The queues of one repository, one for each storage provider.

    Parameters
    ----------
    database : Database
        Where files are staged.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._queues: dict[int, _Queue] = {}

    def put(self, files: VersionFiles, entry: Entry, content: bytes, guard: Guard | None = None) -> None:
        """Put a file below 1 MiB into an uncommitted version; returns when it is there.

        Parameters
        ----------
        files : VersionFiles
            Of the version.
        entry : Entry
            The file.
        content : bytes
            Its bytes.
        guard : callable, optional
            Called in the transaction that puts it there; raises a `GradientDataError` when it must not.
        """
        item = _Item(files.blobs, files.version.key, entry, *encode(content), guard)
        with self._lock:
            queue = self._queues.setdefault(files.dataset.provider_key, _Queue(self._database))
        queue.put(item)


class _Item:
    """One file, and what becomes of it."""

    def __init__(
        self, blobs: BlobStore, key: int, entry: Entry, encoding: Encoding, stored: bytes, guard: Guard | None
    ) -> None:
        self.blobs = blobs
        self.key = key
        self.entry = entry
        self.encoding = encoding
        self.stored = stored
        self.guard = guard
        self.woken = threading.Event()
        self.is_done = False
        self.error: BaseException | None = None

    def end(self, error: BaseException | None = None) -> None:
        """It is in its version, or will never be."""
        self.is_done, self.error = True, error
        self.woken.set()


_Refused = dict[_Item, GradientDataError]


class _Queue:
    """Files for one storage provider."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._waiting: list[_Item] = []  # the first of them leads next
        self._has_leader = False

    def put(self, item: _Item) -> None:
        with self._lock:
            self._waiting.append(item)
            leads, self._has_leader = not self._has_leader, True
        if not leads:
            self._wait(item)
        if not item.is_done:
            self._lead(item)
        if item.error is not None:
            raise item.error

    def _wait(self, item: _Item) -> None:
        """Wait until somebody has written the file, or this thread is to lead."""
        try:
            item.woken.wait()
        except BaseException:  # this thread is being stopped: nobody may wait for it
            with self._lock:
                self._waiting = [other for other in self._waiting if other is not item]
            if item.woken.is_set() and not item.is_done:
                self._hand_over([])
            raise

    def _lead(self, leader: _Item) -> None:
        """Write what waits, the leader's own file among it, then leave the lead to whoever came meanwhile."""
        batch = self._take()
        try:
            _Batch(self._database, batch).write()
        except Exception as error:  # the store or the database failed: all share it, each with a traceback of its own
            for item in batch:
                if not item.is_done:
                    item.end(copy.copy(error))
        finally:  # what is unfinished now was left by a leader that is being stopped: the others do it again
            self._hand_over([item for item in batch if not item.is_done and item is not leader])

    def _take(self) -> list[_Item]:
        """The first of those who wait, as many as fill a pack."""
        with self._lock:
            count = size = 0
            while count < len(self._waiting) and size < packs.PACK_SIZE:
                size += len(self._waiting[count].stored)
                count += 1
            batch, self._waiting = self._waiting[:count], self._waiting[count:]
        return batch

    def _hand_over(self, unfinished: list[_Item]) -> None:
        with self._lock:
            self._waiting = unfinished + self._waiting
            self._has_leader = bool(self._waiting)
            if self._waiting:
                self._waiting[0].woken.set()


class _Batch:
    """Files for one storage provider, written together."""

    def __init__(self, database: Database, items: list[_Item]) -> None:
        self._database = database
        self._items = items
        self._blobs = items[-1].blobs
        self._index = self._blobs.index

    def write(self) -> None:
        """Put all files into their versions; each item is told what became of it."""
        known = self._index.known(list({item.entry.hash for item in self._items}))
        # A transaction of its own: one that has touched blobs must not wait for the provider's row, which who records
        # a pack with the same blobs may hold.
        self._reuse([item for item in self._items if item.entry.hash in known])
        self._send([item for item in self._items if not item.is_done])

    def _reuse(self, items: list[_Item]) -> None:
        """Put files whose content the provider has; what garbage collection has condemned meanwhile is left."""
        if not items:
            return
        with self._database.write() as connection:
            refused = self._refused(connection, items)
            usable = self._index.touch(connection, list({item.entry.hash for item in items}))
            there = [item for item in items if item.entry.hash in usable]
            self._stage(connection, there, refused)
        _tell([item for item in items if item in there or item in refused], refused)

    def _send(self, items: list[_Item]) -> None:
        """Put files whose content is new; when all together do not fit the quota, each is tried alone."""
        if not items:
            return
        try:
            self._send_pack(items)
        except GradientDataError as error:
            if error.kind is not ErrorKind.QUOTA_EXCEEDED:
                raise
            if len(items) == 1:
                items[0].end(error)
                return
            for item in items:
                self._send([item])

    def _send_pack(self, items: list[_Item]) -> None:
        new = {item.entry.hash: item for item in items}
        self._index.check_room(sum(item.entry.size for item in new.values()))
        builder = PackBuilder()
        for item in new.values():
            builder.add(item.entry.hash, item.entry.size, item.encoding, item.stored)
        pack = builder.finish()
        self._blobs.put_pack(pack)
        with self._database.write() as connection:
            refused = self._refused(connection, items)
            if len(refused) < len(items):
                self._index.record_pack(connection, pack)
                self._stage(connection, items, refused)
        _tell(items, refused)

    def _refused(self, connection: Connection, items: list[_Item]) -> _Refused:
        """Lock the versions; which files may not be put any more, and why. The others are not concerned."""
        refused: _Refused = {}
        for key, mine in _by_version(items).items():
            try:
                staging.fence(connection, key)
            except GradientDataError as error:
                refused.update((item, copy.copy(error)) for item in mine)
        for item in items:
            if item.guard is not None and item not in refused:
                try:
                    item.guard(connection)
                except GradientDataError as error:
                    refused[item] = error
        return refused

    def _stage(self, connection: Connection, items: list[_Item], refused: _Refused) -> None:
        for key, mine in _by_version([item for item in items if item not in refused]).items():
            # Of two that write the same path at once, the one that came last wins, as if it had come later.
            entries = {item.entry.path: item.entry for item in mine}
            staging.stage(self._database, connection, key, list(entries.values()))


def _by_version(items: Iterable[_Item]) -> dict[int, list[_Item]]:
    """Items by version, ascending: two batches that lock in the same order never wait for each other in a circle."""
    found: dict[int, list[_Item]] = {}
    for item in sorted(items, key=lambda item: item.key):
        found.setdefault(item.key, []).append(item)
    return found


def _tell(items: Iterable[_Item], refused: _Refused) -> None:
    for item in items:
        item.end(refused.get(item))
