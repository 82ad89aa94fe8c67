"""Both ends of a transfer for a version on a server; see `datasets.ends`."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

from jupyter_gradient_data.blobs.ahead import each
from jupyter_gradient_data.blobs.hashing import Hasher
from jupyter_gradient_data.blobs.packs import SMALL_BLOB, Pack, open_pack
from jupyter_gradient_data.blobs.room import Room
from jupyter_gradient_data.datasets.ends import LargeContent, Parcel
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import FileInfo, Version

from . import native
from .native import NewPut, Offer, Put
from .remote_content import damaged, read_range
from .remote_http import Connection, Repeat, join
from .remote_paths import version_url
from .remote_uploads import LargeFiles

_READ_BYTES = 4 * 1024 * 1024  # bytes of small files asked for at once
_READ_FILES = 4000
_RANGE = 8 * 1024 * 1024  # bytes of a large file asked for at once
_FIRST_PAGE = 1000  # files; the next page is as large as a page can be
_KEPT = 50_000  # files of a listing that is kept: a get goes over it two or three times
_TRIES = 3  # of a large file that others put as well


class RemoteInbox:
    """`Inbox` of a version on a server.

    Parameters
    ----------
    connection : Connection
        To the server.
    reference : str
        The version.
    """

    files_at_once = native.MOST_FILES

    def __init__(self, connection: Connection, reference: str) -> None:
        self._connection = connection
        self._url = version_url(reference, named=True)
        self._large = LargeFiles(connection, reference)
        self._put = ""
        self._is_new = False

    def begin(self, source: str, target: str) -> Room:
        """See `Inbox.begin`."""
        put = self._connection.ask("POST", f"{self._url}/puts", Put, body=NewPut(source, target), repeat=Repeat.YES)
        self._put, self._is_new = put.id, put.is_new
        return Room(put.provider, put.used_bytes, put.quota_bytes)

    def expect(self, files: int) -> None:
        """Nothing to do: the server reads ahead by itself."""

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """See `Inbox.known`."""
        return set(hashes) - {hashes[place] for place in self._ask("known", hashes)}

    def offer(self, entries: Sequence[Entry]) -> list[Entry]:
        """See `Inbox.offer`."""
        return [
            portion[place]
            for portion in native.portions(entries)
            for place in self._ask("stage", Offer(portion, self._is_new))
        ]

    def send_pack(self, pack: Pack, entries: Sequence[Entry]) -> None:
        """See `Inbox.send_pack`."""
        for number, portion in enumerate(native.portions(entries)):
            # What does not fit into the first request has its content there already, unless that vanished.
            if wanted := self.offer(portion) if number else portion:
                self._send(native.frame_pack(wanted, pack.data))

    def send_large(self, entry: Entry, content: LargeContent) -> None:
        """See `Inbox.send_large`."""
        for _ in range(_TRIES):
            if self._large.send(entry, content) or not self.offer([entry]):
                return
        raise self._connection.failed("it forgets uploads that are on their way")

    def end(self) -> None:
        """See `Inbox.end`."""
        self._connection.tell("DELETE", f"{self._url}/puts" + join(self._put), repeat=Repeat.YES)

    def _ask(self, question: str, value: object) -> list[int]:
        data = native.encode(value)
        return self._connection.ask(
            "POST",
            f"{self._url}/{question}",
            list[int],
            data=lambda: data,
            headers={"Content-Type": native.MSGPACK},
            repeat=Repeat.YES,
        )

    def _send(self, parts: list[bytes | bytearray]) -> None:
        headers = {"Content-Type": native.PACK, "Content-Length": str(sum(map(len, parts)))}
        self._connection.tell("POST", f"{self._url}/packs", data=lambda: parts, headers=headers, repeat=Repeat.YES)


class RemoteOutbox:
    """`Outbox` of a version on a server.

    Parameters
    ----------
    connection : Connection
        To the server.
    reference : str
        The version; what it means now is what is got, whatever becomes of its tag.
    pool : ThreadPoolExecutor
        For requests at the same time.
    at_once : int
        How many.
    """

    def __init__(self, connection: Connection, reference: str, pool: ThreadPoolExecutor, at_once: int) -> None:
        self._connection = connection
        self._pool = pool
        self._at_once = at_once
        self._version = connection.ask("GET", version_url(reference), Version)
        self.reference = str(Reference(self._version.dataset, self._version.version))
        self._url = version_url(self.reference)
        self._kept: dict[tuple[bytes, bytes | None], list[Entry]] = {}

    def totals(self) -> tuple[int, int] | None:
        """See `Outbox.totals`."""
        files, size = self._version.files, self._version.bytes
        return None if files is None or size is None else (files, size)

    def entries(self, start: bytes = b"", end: bytes | None = None) -> Iterator[Entry]:
        """See `Outbox.entries`."""
        if (start, end) in self._kept:
            yield from self._kept[start, end]
            return
        seen: list[Entry] = []
        after, limit = None, _FIRST_PAGE
        while True:
            page = self._page(start, end, after, limit)
            if len(seen) <= _KEPT:
                seen += page
            yield from page
            if len(page) < limit:
                break
            after, limit = page[-1].path, native.MOST_FILES
        if len(seen) <= _KEPT:
            self._kept[start, end] = seen

    def find(self, path: bytes) -> Entry | None:
        """See `Outbox.find`."""
        page = self._page(path, None, None, 1)
        return page[0] if page and page[0].path == path else None

    def expect(self, files: int) -> None:
        """Nothing to do: the server reads ahead by itself."""

    def contents(self, entries: Sequence[Entry]) -> tuple[Iterable[Parcel], list[Entry]]:
        """See `Outbox.contents`."""
        small = [entry for entry in entries if entry.size < SMALL_BLOB]
        groups = list(_groups(small))
        fetched = zip(groups, each(self._pool, self._at_once, self._read, groups), strict=True)
        parcels = (functools.partial(self._open, group, data) for group, data in fetched)
        return parcels, [entry for entry in entries if entry.size >= SMALL_BLOB]

    def stream(self, entry: Entry, also: Callable[[int, bytes], None]) -> Iterator[bytes]:
        """See `Outbox.stream`."""
        info = FileInfo(entry.path.decode(), entry.size, entry.hash.hex(), entry.executable)

        def fetch(start: int) -> bytes:
            piece = read_range(self._connection, self.reference, info, start, min(start + _RANGE, entry.size))
            also(start, piece)
            return piece

        hasher = Hasher()
        for piece in each(self._pool, self._at_once, fetch, range(0, entry.size, _RANGE)):
            hasher.update(piece)
            yield piece
        if hasher.digest() != entry.hash:
            raise damaged(self._connection, info.hash)

    def _page(self, start: bytes, end: bytes | None, after: bytes | None, limit: int) -> list[Entry]:
        query = {"start": start.decode(), "end": _text(end), "after": _text(after), "limit": limit}
        return native.decode_entries(self._connection.ask("GET", f"{self._url}/entries", bytes, query=query))

    def _read(self, group: list[Entry]) -> bytearray:
        wanted = native.encode([(entry.path, entry.hash) for entry in group])
        headers = {"Content-Type": native.MSGPACK}
        return bytearray(
            self._connection.ask(
                "POST", f"{self._url}/read", bytes, data=lambda: wanted, headers=headers, repeat=Repeat.YES
            )
        )

    def _open(self, group: list[Entry], data: bytearray) -> Iterator[tuple[bytes, bytes]]:
        pack, contents = open_pack(data, self._connection.url)
        hashes = [blob.hash for blob in pack.blobs]
        if set(hashes) != {entry.hash for entry in group}:
            raise self._connection.failed("it sent other files than those that were asked for")
        return zip(hashes, contents, strict=True)


def _groups(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    """Small files to ask for at once."""
    group: list[Entry] = []
    size = 0
    for entry in entries:
        weight = entry.size + len(entry.path)
        if group and (len(group) >= _READ_FILES or size + weight > _READ_BYTES):
            yield group
            group, size = [], 0
        group.append(entry)
        size += weight
    if group:
        yield group


def _text(path: bytes | None) -> str | None:
    return None if path is None else path.decode()
