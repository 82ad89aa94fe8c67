"""The blob store of one team at one provider: puts packs and large blobs, reads any blob back, verified."""

from __future__ import annotations

import copy
import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import NamedTuple, TypeVar

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.stores.layout import Layout
from jupyter_gradient_data.stores.objects import ObjectStore

from .ahead import each
from .cache import BlobCache
from .disk_cache import DiskCache
from .hashing import Hasher
from .index import BlobIndex, Location
from .kept_packs import KeptPacks
from .packs import Encoding, Pack, PackBuilder, decode
from .tee import Tee

_CACHE = 32 * 1024 * 1024  # bytes of small blobs kept: all nodes of a tree of half a million files
_CACHED_AT_ONCE = 200
_SPAN = 4 * 1024 * 1024  # bytes of a pack that one request fetches, at most
RANGE = 8 * 1024 * 1024  # bytes of a large blob that one request fetches
FILES_GAP = 256 * 1024  # unused bytes worth reading to save a request when fetching many files
NODES_GAP = 4 * 1024  # the same for tree nodes, which are small and far apart; a leaf's neighbour is within reach

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Span(NamedTuple):
    """A part of a pack that one request reads, and the blobs wanted from it; without a pack, blobs that are cached."""

    pack: str
    start: int
    end: int
    blobs: list[tuple[bytes, Location]]


class BlobStore:
    """Content-addressed bytes of one team at one provider.

    Parameters
    ----------
    objects : ObjectStore
        Where the bytes are.
    index : BlobIndex
        What is where.
    layout : Layout
        Key names.
    transfers : int
        Requests at the same time.
    disk : DiskCache, optional
        Keeps what is sent, and is asked before the store is; not for a store that is on this machine itself.
    """

    def __init__(
        self, objects: ObjectStore, index: BlobIndex, layout: Layout, transfers: int, disk: DiskCache | None = None
    ) -> None:
        self.objects = objects
        self.index = index
        self.layout = layout
        self.transfers = transfers
        self.cache = BlobCache(_CACHE)
        self.keep_in(disk)
        self.pool = ThreadPoolExecutor(transfers, thread_name_prefix="gradient-transfer")

    def keep_in(self, disk: DiskCache | None) -> None:
        """Use another folder on the disk from now on."""
        self._disk = disk
        self._kept = None if disk is None else KeptPacks(disk)

    def uncached(self) -> BlobStore:
        """The same without the disk: it says what the store has."""
        other = copy.copy(self)
        other.keep_in(None)
        return other

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    # --- writing --------------------------------------------------------------------------------------------------

    def put_pack(self, pack: Pack) -> None:
        """Send a pack; record it in the index afterwards, in the transaction that uses its blobs."""
        self.objects.put(self.layout.pack(pack.id), pack.data)
        if self._kept is not None:
            self._kept.keep(pack)

    def put_large(self, blob_hash: bytes, chunks: Iterable[bytes], size: int, changed: Callable[[], Exception]) -> None:
        """Send a large blob whose hash is known, hashing it again on the way.

        Parameters
        ----------
        blob_hash : bytes
            What the content was hashed to before.
        chunks : iterable of bytes
            The content; iterated again when the store asks for another try.
        size : int
            Its bytes.
        changed : callable
            Makes the error to raise when the bytes are not those that were hashed; nothing is stored then.
        """
        key, verified = self.layout.blob(blob_hash), _Verified(chunks, blob_hash, changed)
        if self._disk is None:
            self.objects.upload(key, verified, size)
            return
        with Tee(self._disk, verified, blob_hash, size) as chunks:
            self.objects.upload(key, chunks, size)

    def adopt_large(self, blob_hash: bytes, file: Path) -> bool:
        """Take a local file, hashed before and never written to again, as a large blob; False: it has to be sent."""
        return self.objects.adopt(self.layout.blob(blob_hash), file)

    # --- reading --------------------------------------------------------------------------------------------------

    def locate(self, hashes: Sequence[bytes]) -> dict[bytes, Location]:
        """Where blobs are; raises `StoreFailed` when the index does not have one of them."""
        places = self.index.find(hashes)
        for blob_hash in hashes:
            if blob_hash not in places:
                raise ErrorKind.STORE_CORRUPT(
                    thing=f"blob {blob_hash.hex()}", store=self.objects.name, reason="it is not in the index"
                )
        return places

    def is_here(self, blob_hash: bytes, place: Location) -> bool:
        """Whether a blob can be read without asking a store that is elsewhere."""
        if self._disk is not None and self._disk.has(blob_hash, place.size):
            return True
        if place.pack is not None and self._kept is not None and self._kept.path(place.pack).exists():
            return True
        return self.objects.local_file(self._holder(blob_hash, place)) is not None

    def absent(self, entries: Sequence[tuple[bytes, int]], seen: set[str]) -> set[bytes]:
        """Which blobs cannot be relied upon: not in the index or of another size, or their object is not in the store.

        Parameters
        ----------
        entries : sequence of (bytes, int)
            Hashes and the sizes their content should have.
        seen : set of str
            Keys that were found in the store already; new ones are added, so that each is asked for once.
        """
        places = self.index.find([blob_hash for blob_hash, _ in entries])
        absent = {h for h, size in entries if h not in places or places[h].size != size}
        holders: dict[str, list[bytes]] = {}
        for blob_hash, place in places.items():
            holders.setdefault(self._holder(blob_hash, place), []).append(blob_hash)
        sizes = self.index.pack_sizes({place.pack for place in places.values() if place.pack is not None})
        expected = {self.layout.pack(pack): size for pack, size in sizes.items()}
        expected.update((self.layout.blob(h), place.size) for h, place in places.items() if place.pack is None)
        new = {key: size for key, size in expected.items() if key not in seen}
        lost = self.lost_objects(new)
        seen.update(key for key in new if key not in lost)
        return absent.union(*(holders[key] for key in lost))

    def lost_objects(self, sizes: Mapping[str, int]) -> list[str]:
        """Which of these objects (key to bytes) are not in the store with the right size."""
        keys = list(sizes)
        found = zip(keys, self.each(self.objects.head, keys), strict=True)
        return [key for key, info in found if info is None or info.size != sizes[key]]

    def _holder(self, blob_hash: bytes, place: Location) -> str:
        return self.layout.blob(blob_hash) if place.pack is None else self.layout.pack(place.pack)

    def fetch(self, spans: Sequence[Span]) -> Iterator[tuple[Span, bytes]]:
        """The bytes of spans, in order, fetched some spans ahead; for `open_span`."""
        return zip(spans, self.each(self._fetch, spans), strict=True)

    def open_span(self, span: Span, data: bytes) -> Iterator[tuple[bytes, bytes]]:
        """The blobs in the bytes of a span, each verified."""
        if not span.pack:
            yield from self._cached(span)
            return
        view = memoryview(data)
        for blob_hash, place in span.blobs:
            at = place.offset - span.start
            stored = bytes(view[at : at + place.length])
            yield blob_hash, decode(stored, blob_hash, place.size, place.encoding, self.objects.name)

    def plan(self, places: dict[bytes, Location]) -> list[Span]:
        """How to read the packed ones of these blobs for `fetch`: from the disk where they are, the rest from packs."""
        here = [] if self._disk is None else self._on_disk(self._disk, places)
        cached = [Span("", 0, 0, here[i : i + _CACHED_AT_ONCE]) for i in range(0, len(here), _CACHED_AT_ONCE)]
        found = {blob_hash for blob_hash, _ in here}
        rest = {blob_hash: place for blob_hash, place in places.items() if blob_hash not in found}
        return cached + plan_spans(rest, FILES_GAP)

    def _on_disk(self, disk: DiskCache, places: dict[bytes, Location]) -> list[tuple[bytes, Location]]:
        if not disk.has_contents():
            return []
        return [(h, place) for h, place in places.items() if place.pack and disk.has(h, place.size)]

    def _cached(self, span: Span) -> Iterator[tuple[bytes, bytes]]:
        lost = []
        for blob_hash, place in span.blobs:
            content = None if self._disk is None else self._disk.read(blob_hash, place.size)
            if content is None:  # damaged, or thrown out meanwhile
                lost.append(blob_hash)
            else:
                yield blob_hash, content
        yield from self.read_many(lost, FILES_GAP).items()

    def read_many(self, hashes: Sequence[bytes], gap: int = NODES_GAP) -> dict[bytes, bytes]:
        """Many small blobs at once, in as few requests as sensible, several at a time."""
        found: dict[bytes, bytes] = {}
        for span, data in self.fetch(plan_spans(self.locate(hashes), gap)):
            found.update(self.open_span(span, data))
        return found

    def repack(self, hashes: Sequence[bytes]) -> Pack:
        """Small blobs as a pack of their own, just as they are stored: whoever opens it verifies them."""
        places = self.locate(hashes)
        builder = PackBuilder()
        for span, data in self.fetch(plan_spans(places, FILES_GAP)):
            view = memoryview(data)
            for blob_hash, place in span.blobs:
                at = place.offset - span.start
                builder.add(blob_hash, place.size, Encoding(place.encoding), bytes(view[at : at + place.length]))
        for blob_hash, place in places.items():
            if place.pack is None:
                builder.add(blob_hash, place.size, Encoding.RAW, self.objects.get(self.layout.blob(blob_hash)))
        return builder.finish()

    def read_part(self, blob_hash: bytes, place: Location, start: int, end: int) -> bytes:
        """The bytes ``start <= i < end`` of a blob that was located before; a small one is verified when all are."""
        end = min(end, place.size)
        if place.pack is not None:
            content = None if self._disk is None else self._disk.read(blob_hash, place.size)
            if content is not None:
                return content[start:end]
            if place.encoding == Encoding.RAW and end - start < place.size:
                return self._fetch(Span(place.pack, place.offset + start, place.offset + end, []))
            span = Span(place.pack, place.offset, place.offset + place.length, [(blob_hash, place)])
            ((_, content),) = self.open_span(span, self._fetch(span))
            return content[start:end]
        file = None if self._disk is None else self._disk.open(blob_hash, place.size)
        if file is not None:
            return b"".join(self._stream_cached(file, blob_hash, start, end, place.size, None))
        key = self.layout.blob(blob_hash)
        ranges = [(at, min(at + RANGE, end)) for at in range(start, end, RANGE)]
        return b"".join(self.each(lambda part: self.objects.get(key, *part), ranges))

    def stream(
        self,
        blob_hash: bytes,
        start: int = 0,
        end: int | None = None,
        also: Callable[[int, bytes], None] | None = None,
        ahead: int | None = None,
    ) -> Iterator[bytes]:
        """The bytes ``start <= i < end`` of one blob; verified when it is read from its first to its last byte.

        ``also`` is given each piece with its place (0 is ``start``) as it arrives: in any order, by several threads.
        At most ``ahead`` pieces of `RANGE` bytes are held in memory before they are asked for, by default `transfers`.
        """
        place = self.locate([blob_hash])[blob_hash]
        end = place.size if end is None else min(end, place.size)
        if place.pack is not None:
            found = None if self._disk is None else self._disk.read(blob_hash, place.size)
            content = (self.read_many([blob_hash])[blob_hash] if found is None else found)[start:end]
            if also is not None:
                also(0, content)
            yield content
            return
        if self._disk is not None and (file := self._disk.open(blob_hash, place.size)) is not None:
            yield from self._stream_cached(file, blob_hash, start, end, place.size, also)
            return
        key = self.layout.blob(blob_hash)
        ranges = [(at, min(at + RANGE, end)) for at in range(start, end, RANGE)]
        hasher = Hasher()

        def fetch(part: tuple[int, int]) -> bytes:
            chunk = self.objects.get(key, *part)
            if also is not None:
                also(part[0] - start, chunk)
            return chunk

        for chunk in self.each(fetch, ranges, ahead):
            hasher.update(chunk)
            yield chunk
        if (start, end) == (0, place.size) and hasher.digest() != blob_hash:
            raise ErrorKind.STORE_CORRUPT(
                thing=f"blob {blob_hash.hex()}", store=self.objects.name, reason="its content does not have this hash"
            )

    def _stream_cached(
        self, file: int, blob_hash: bytes, start: int, end: int, size: int, also: Callable[[int, bytes], None] | None
    ) -> Iterator[bytes]:
        """The same from a file of the cache, which is closed."""
        hasher, at = Hasher(), start
        try:
            while at < end and (chunk := os.pread(file, min(RANGE, end - at), at)):
                if also is not None:
                    also(at - start, chunk)
                hasher.update(chunk)
                yield chunk
                at += len(chunk)
        finally:
            os.close(file)
        if at < end or ((start, end) == (0, size) and hasher.digest() != blob_hash):
            if self._disk is not None:
                self._disk.discard(blob_hash)  # the next one fetches it
            raise ErrorKind.CACHE_DAMAGED(thing=f"blob {blob_hash.hex()}")

    def _fetch(self, span: Span) -> bytes:
        if span.start == span.end:  # only empty files, or what is cached: nothing to ask the store for
            return b""
        if self._kept is not None and (data := self._kept.read(span.pack, span.start, span.end)) is not None:
            return data
        return self.objects.get(self.layout.pack(span.pack), span.start, span.end)

    def each(
        self, work: Callable[[_Item], _Result], items: Sequence[_Item], ahead: int | None = None
    ) -> Iterator[_Result]:
        """Results in order, at most ``ahead`` (or `transfers`) items before the reader; one alone needs no thread."""
        return each(self.pool, ahead or self.transfers, work, items)


def plan_spans(places: dict[bytes, Location], gap: int) -> list[Span]:
    """Which parts of which packs to read: neighbours at most ``gap`` bytes apart are read together.

    A pack of which most is wanted is read as a whole, in parts that are read at the same time.
    """
    spans: list[Span] = []
    packed = [(place.pack, place.offset, blob_hash, place) for blob_hash, place in places.items() if place.pack]
    for _, found in groupby(sorted(packed), key=itemgetter(0)):
        blobs = list(found)
        wanted = sum(place.length for *_, place in blobs)
        is_most = wanted * 2 > blobs[-1][3].offset + blobs[-1][3].length - blobs[0][1]
        spans += _plan_pack(blobs, _SPAN if is_most and gap > NODES_GAP else gap)
    return spans


def _plan_pack(blobs: list[tuple[str, int, bytes, Location]], gap: int) -> Iterator[Span]:
    last: Span | None = None
    for pack, offset, blob_hash, place in blobs:
        end = offset + place.length
        if last and offset - last.end <= gap and end - last.start <= _SPAN:
            last.blobs.append((blob_hash, place))
            last = last._replace(end=max(last.end, end))
            continue
        if last:
            yield last
        last = Span(pack, offset, end, [(blob_hash, place)])
    if last:
        yield last


class _Verified:
    """Chunks that are hashed again while they are sent; iterating starts from the beginning each time."""

    def __init__(self, chunks: Iterable[bytes], blob_hash: bytes, changed: Callable[[], Exception]) -> None:
        self._chunks = chunks
        self._hash = blob_hash
        self._changed = changed

    def __iter__(self) -> Iterator[bytes]:
        hasher = Hasher()
        for chunk in self._chunks:
            hasher.update(chunk)
            yield chunk
        if hasher.digest() != self._hash:
            raise self._changed()
