"""The blob store of one team at one provider: puts packs and large blobs, reads any blob back, verified."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.stores.layout import Layout
from jupyter_gradient_data.stores.objects import ObjectStore

from .ahead import each
from .cache import BlobCache
from .hashing import Hasher
from .index import BlobIndex, Location
from .packs import Encoding, Pack, PackBuilder, decode

_CACHE = 32 * 1024 * 1024  # bytes of small blobs kept: all nodes of a tree of half a million files
_SPAN = 4 * 1024 * 1024  # bytes of a pack that one request fetches, at most
RANGE = 8 * 1024 * 1024  # bytes of a large blob that one request fetches
FILES_GAP = 256 * 1024  # unused bytes worth reading to save a request when fetching many files
NODES_GAP = 4 * 1024  # the same for tree nodes, which are small and far apart; a leaf's neighbour is within reach

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


class Span(NamedTuple):
    """A part of a pack that one request reads, and the blobs wanted from it."""

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
    """

    def __init__(self, objects: ObjectStore, index: BlobIndex, layout: Layout, transfers: int) -> None:
        self.objects = objects
        self.index = index
        self.layout = layout
        self.transfers = transfers
        self.cache = BlobCache(_CACHE)
        self.pool = ThreadPoolExecutor(transfers, thread_name_prefix="gradient-transfer")

    def close(self) -> None:
        """End the threads."""
        self.pool.shutdown(wait=False, cancel_futures=True)

    # --- writing --------------------------------------------------------------------------------------------------

    def put_pack(self, pack: Pack) -> None:
        """Send a pack; record it in the index afterwards, in the transaction that uses its blobs."""
        self.objects.put(self.layout.pack(pack.id), pack.data)

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
        self.objects.upload(self.layout.blob(blob_hash), _Verified(chunks, blob_hash, changed), size)

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
        view = memoryview(data)
        for blob_hash, place in span.blobs:
            at = place.offset - span.start
            stored = bytes(view[at : at + place.length])
            yield blob_hash, decode(stored, blob_hash, place.size, place.encoding, self.objects.name)

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
            content = self.read_many([blob_hash])[blob_hash][start:end]
            if also is not None:
                also(0, content)
            yield content
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

    def _fetch(self, span: Span) -> bytes:
        if span.start == span.end:  # only empty files: nothing to ask the store for
            return b""
        return self.objects.get(self.layout.pack(span.pack), span.start, span.end)

    def each(
        self, work: Callable[[_Item], _Result], items: Sequence[_Item], ahead: int | None = None
    ) -> Iterator[_Result]:
        """Results in order, at most ``ahead`` (or `transfers`) items before the reader; one alone needs no thread."""
        return each(self.pool, ahead or self.transfers, work, items)


def plan_spans(places: dict[bytes, Location], gap: int) -> list[Span]:
    """Which parts of which packs to read: neighbours at most ``gap`` bytes apart are read together."""
    spans: list[Span] = []
    packed = [(place.pack, place.offset, blob_hash, place) for blob_hash, place in places.items() if place.pack]
    for pack, offset, blob_hash, place in sorted(packed):
        end = offset + place.length
        last = spans[-1] if spans else None
        if last and last.pack == pack and offset - last.end <= gap and end - last.start <= _SPAN:
            last.blobs.append((blob_hash, place))
            spans[-1] = last._replace(end=max(last.end, end))
        else:
            spans.append(Span(str(pack), offset, end, [(blob_hash, place)]))
    return spans


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
