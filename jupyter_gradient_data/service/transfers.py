"""The server's end of puts and gets of many files: `DataService.put_files` and `get_files` of a remote client.

A client does the planning, hashing and packing; what it sends is believed only after it was verified.
"""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from jupyter_gradient_data.blobs.packs import SMALL_BLOB, Pack, open_pack
from jupyter_gradient_data.datasets import promises
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.local_ends import VersionInbox
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.paths import show_path
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.spool import incoming_folder, written
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference, check_text

from .native import PACK_LIMIT, READ_LIMIT, Put, Wanted, split_pack


class Transfers:
    """Takes and gives many files at once; every method blocks, and may be called from any thread.

    Whoever serves one checks that the client may read or write the version.

    Parameters
    ----------
    repository : Repository
        The team's data.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    # --- puts ---------------------------------------------------------------------------------------------------------

    def begin(self, reference: str, source: str, target: str) -> Put:
        """Announce a put: until `end` the version refuses to commit.

        Raises
        ------
        Conflict
            The version is committed, or being committed.
        """
        inbox = VersionInbox.open(self._repository, reference)
        room = inbox.begin(check_text(source, "source"), check_text(target, "target"))
        return Put(inbox.promise, inbox.is_new, room.provider, room.used, room.quota)

    def end(self, reference: str, put: str) -> None:
        """All has arrived; also that of earlier puts from the same source to the same target."""
        VersionFiles.open(self._repository, reference)
        promises.keep_put(self._repository.database, put)

    def unknown(self, reference: str, hashes: Sequence[bytes], *, reuse: bool) -> list[int]:
        """Which contents must be sent, by their place in the list; nothing changes."""
        inbox = VersionInbox(VersionFiles.open(self._repository, reference), is_new=True, reuse=reuse)
        known = inbox.known(hashes)
        return [place for place, blob_hash in enumerate(hashes) if blob_hash not in known]

    def offer(self, reference: str, entries: Sequence[Entry], *, is_new: bool, reuse: bool) -> list[int]:
        """Put files whose content is there; which contents must be sent, by the place of their files in the list.

        Parameters
        ----------
        reference : str
            The version.
        entries : sequence of Entry
            The files.
        is_new : bool
            What `begin` said: without it, files are compared with those of the version first.
        reuse : bool
            Whether content from elsewhere may be used: not for who may see this dataset alone.

        Raises
        ------
        Invalid
            A size is not that of the content.
        """
        inbox = self._inbox(reference, is_new=is_new, reuse=reuse)
        wanted = {entry.path for entry in inbox.offer(entries)}
        return [place for place, entry in enumerate(entries) if entry.path in wanted]

    def open_spool(self) -> PackSpool:
        """Where a pack waits until all of it has come; the caller closes it."""
        return PackSpool(incoming_folder(self._repository))

    def take_pack(self, reference: str, spool: PackSpool) -> None:
        """Store a pack, and put files whose contents are all in it.

        Raises
        ------
        Invalid
            The pack is damaged, or a file is not in it as it says.
        QuotaExceeded
            It does not fit.
        """
        entries, data = split_pack(spool.read())
        inbox = self._inbox(reference, is_new=True, reuse=False)
        pack = _verified(data)
        sizes = {blob.hash: blob.size for blob in pack.blobs}
        for entry in entries:
            if sizes.get(entry.hash) != entry.size:
                raise _unexpected(entry)
        index = inbox.files.blobs.index
        if not index.pack_sizes([pack.id]):
            index.check_room(len(pack.data))
        inbox.send_pack(pack, entries)

    # --- gets ---------------------------------------------------------------------------------------------------------

    def entries(self, reference: str, start: bytes, end: bytes | None, limit: int) -> list[Entry]:
        """The first files with ``start <= path < end``, in ascending order."""
        files = VersionFiles.open(self._repository, reference)
        return list(islice(files.entries(start, end), limit))

    def read(self, reference: str, wanted: Sequence[Wanted]) -> bytes:
        """The contents of small files as one pack, not verified: the client does that.

        Raises
        ------
        NotFound
            One is not there.
        ChangedMeanwhile
            One has another content by now.
        QuotaExceeded
            It is too much for one answer.
        """
        files = VersionFiles.open(self._repository, reference)
        found = files.find_many(sorted({item.path for item in wanted}))
        sizes: dict[bytes, int] = {}
        for item in wanted:
            entry = found.get(item.path)
            if entry is None:
                raise ErrorKind.FILE_NOT_FOUND(path=show_path(item.path), reference=files.reference)
            if entry.hash != item.hash:
                raise ErrorKind.CHANGED_MEANWHILE(thing=show_path(item.path))
            sizes[entry.hash] = entry.size
        if sum(sizes.values()) > READ_LIMIT or any(size >= SMALL_BLOB for size in sizes.values()):
            raise ErrorKind.TOO_LARGE(
                thing="What is to be read",
                size=f"{sum(sizes.values()):,} bytes",
                limit=f"{READ_LIMIT:,} bytes of files below {SMALL_BLOB:,} bytes",
                hint="Ask for fewer files at once, and for large ones by their path.",
            )
        return bytes(files.blobs.repack(list(sizes)).data)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _inbox(self, reference: str, *, is_new: bool, reuse: bool) -> _CheckedInbox:
        Reference.parse_version(reference)
        return _CheckedInbox(VersionFiles.open(self._repository, reference), is_new=is_new, reuse=reuse)


class PackSpool:
    """A pack on its way, on the disk: many clients may be sending, slowly, and only a few packs fit into memory.

    Parameters
    ----------
    folder : Path
        Where; nobody sees the file there.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._size = 0
        with written(folder):
            self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - see `close`

    def append(self, piece: bytes) -> None:
        """Add a piece.

        Raises
        ------
        QuotaExceeded
            It is more than a pack can be.
        StoreFailed
            The disk is full.
        """
        self._size += len(piece)
        if self._size > PACK_LIMIT:
            raise ErrorKind.TOO_LARGE(
                thing="The pack", size=f"{self._size:,} bytes", limit=f"{PACK_LIMIT:,} bytes", hint="Split it."
            )
        with written(self._folder):
            rest = memoryview(piece)
            while rest:
                rest = rest[self._file.write(rest) :]

    def read(self) -> bytearray:
        """All of it."""
        self._file.seek(0)
        data, at = bytearray(self._size), 0
        with memoryview(data) as view:
            while at < self._size:
                at += self._file.readinto(view[at:])
        return data

    def close(self) -> None:
        """Throw it away."""
        self._file.close()


class _CheckedInbox(VersionInbox):
    """Files whose content is there already have its size, whatever a client says."""

    def stage_known(self, here: Sequence[Entry]) -> set[bytes]:
        places = self.files.blobs.index.find(list({entry.hash for entry in here}))
        for entry in here:
            if entry.hash in places and places[entry.hash].size != entry.size:
                raise _unexpected(entry)
        return super().stage_known(here)


def _verified(data: bytearray) -> Pack:
    try:
        pack, contents = open_pack(data, "the request")
        for _ in contents:
            pass
    except GradientDataError as error:
        if error.kind is not ErrorKind.STORE_CORRUPT:
            raise
        raise ErrorKind.UPLOAD_CHECKSUM(path="the pack") from None
    return pack


def _unexpected(entry: Entry) -> GradientDataError:
    return ErrorKind.CONTENT_UNEXPECTED(thing=show_path(entry.path), hash=entry.hash.hex())
