"""Both ends of a transfer for a version of this process's own database; see `ends`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence

from jupyter_gradient_data.blobs.packs import Pack
from jupyter_gradient_data.blobs.room import Room
from jupyter_gradient_data.blobs.store import FILES_GAP, plan_spans
from jupyter_gradient_data.ids import Reference

from . import promises, staging
from .ends import LargeContent, Parcel
from .files import VersionFiles
from .nodes import Entry
from .repository import Repository
from .tree import EMPTY


class VersionInbox:
    """`Inbox` of a version.

    Parameters
    ----------
    files : VersionFiles
        Its files.
    is_new : bool, optional
        Whether it was empty when the put began, so that nothing has to be compared; found out when None.
    reuse : bool
        Whether content that the provider has from elsewhere need not be sent.
    """

    files_at_once = 1000

    def __init__(self, files: VersionFiles, *, is_new: bool | None = None, reuse: bool = True) -> None:
        self.files = files
        self._reuse = reuse
        self._blobs = files.blobs
        self._database = files.repository.database
        self.promise = ""
        self.is_new = self._is_empty() if is_new is None else is_new
        self._lost = self._blobs.index.condemned()  # sent again even when the version has them

    @classmethod
    def open(cls, repository: Repository, reference: str) -> VersionInbox:
        """The version that a reference names.

        Raises
        ------
        Invalid
            It names no version.
        NotFound
            There is none.
        """
        Reference.parse_version(reference)
        return cls(VersionFiles.open(repository, reference))

    def begin(self, source: str, target: str) -> Room:
        """See `Inbox.begin`."""
        with self._database.write() as connection:
            staging.fence(connection, self.files.version.key, alone=True)
            self.promise = promises.promise_put(connection, self.files.version.key, source, target)
        return self._blobs.index.room()

    def expect(self, files: int) -> None:
        """See `Inbox.expect`."""
        self.files.read_ahead(files)

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """See `Inbox.known`."""
        return self._blobs.index.known(hashes) if self._reuse else set()

    def offer(self, entries: Sequence[Entry]) -> list[Entry]:
        """See `Inbox.offer`."""
        changed = entries if self.is_new else self._changed(entries)
        known = self.known([entry.hash for entry in changed])
        here = [entry for entry in changed if entry.hash in known]
        usable = self.stage_known(here) if here else set()
        return [entry for entry in changed if entry.hash not in usable]

    def send_pack(self, pack: Pack, entries: Sequence[Entry]) -> None:
        """See `Inbox.send_pack`."""
        self._blobs.put_pack(pack)
        with self._database.write() as connection:
            staging.fence(connection, self.files.version.key)
            self._blobs.index.record_pack(connection, pack)
            staging.stage(self._database, connection, self.files.version.key, entries)

    def send_large(self, entry: Entry, content: LargeContent) -> None:
        """See `Inbox.send_large`."""
        self._blobs.put_large(entry.hash, content, entry.size, content.changed)
        with self._database.write() as connection:
            staging.fence(connection, self.files.version.key)
            self._blobs.index.record_object(connection, entry.hash, entry.size)
            staging.stage(self._database, connection, self.files.version.key, [entry])

    def end(self) -> None:
        """See `Inbox.end`."""
        promises.keep_put(self._database, self.promise)

    def stage_known(self, here: Sequence[Entry]) -> set[bytes]:
        """Stage files whose content the provider has; returns the hashes that could be used."""
        with self._database.write() as connection:
            staging.fence(connection, self.files.version.key)
            usable = self._blobs.index.touch(connection, list({entry.hash for entry in here}))
            staged = [entry for entry in here if entry.hash in usable]
            staging.stage(self._database, connection, self.files.version.key, staged)
        return usable

    def _is_empty(self) -> bool:
        return self.files.base == EMPTY.hash and next(self.files.entries(), None) is None

    def _changed(self, entries: Sequence[Entry]) -> list[Entry]:
        """Leave out what the version has already."""
        current = self.files.find_many(sorted(entry.path for entry in entries))
        same = {entry.path for entry in entries if current.get(entry.path) == entry and entry.hash not in self._lost}
        self._keep(sorted(same))
        return [entry for entry in entries if entry.path not in same]

    def _keep(self, paths: Sequence[bytes]) -> None:
        """Files that need not be staged may have been promised all the same."""
        key = self.files.version.key
        with self._database.read() as connection:
            if not paths or not promises.has_single(connection, key):
                return
        with self._database.write() as connection:
            staging.fence(connection, key)
            promises.settle(connection, key, paths)


class VersionOutbox:
    """`Outbox` of a version.

    Parameters
    ----------
    files : VersionFiles
        Its files.
    look_on_disk : bool
        Whether contents may be in the cache on the disk.
    """

    def __init__(self, files: VersionFiles, *, look_on_disk: bool = True) -> None:
        self._files = files
        self._look_on_disk = look_on_disk
        self._blobs = files.blobs
        self.reference = files.reference
        self.entries = files.entries
        self.find = files.find
        self.expect = files.read_ahead

    @classmethod
    def open(cls, repository: Repository, reference: str) -> VersionOutbox:
        """The version that a reference means now."""
        return cls(VersionFiles.open(repository, reference))

    def totals(self) -> tuple[int, int] | None:
        """See `Outbox.totals`."""
        version = self._files.version
        return (version.files, version.bytes) if self._files.is_committed else None

    def contents(self, entries: Sequence[Entry]) -> tuple[Iterable[Parcel], list[Entry]]:
        """See `Outbox.contents`."""
        places = self._blobs.locate([entry.hash for entry in entries])
        spans = self._blobs.plan(places) if self._look_on_disk else plan_spans(places, FILES_GAP)
        fetched = self._blobs.fetch(spans)
        parcels = (functools.partial(self._blobs.open_span, span, data) for span, data in fetched)
        return parcels, [entry for entry in entries if places[entry.hash].pack is None]

    def stream(self, entry: Entry, also: Callable[[int, bytes], None]) -> Iterator[bytes]:
        """See `Outbox.stream`."""
        return self._blobs.stream(entry.hash, also=also)
