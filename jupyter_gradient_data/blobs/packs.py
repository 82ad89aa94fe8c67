"""Packs: objects that hold many small blobs and carry their own index.

A pack is ``magic, blobs, footer, trailer`` (docs/format/v1.md, "Packs").  It is named by the BLAKE3 of all its bytes,
so that sending the same files again after an interruption makes the same pack, and a damaged one is known by its name.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Iterator, Sequence
from enum import IntEnum
from typing import NamedTuple

import zstandard

from jupyter_gradient_data.errors import ErrorKind

from .hashing import HASH_SIZE, hash_bytes

MAGIC = b"jgdpack1"
SMALL_BLOB = 1024 * 1024  # bytes; content below this goes into a pack
PACK_SIZE = 16 * 1024 * 1024  # bytes; a pack is closed when it reaches this (measured: docs/format/v1.md)

_ENTRY = struct.Struct("<32sIIB")  # hash, stored length, content size, encoding
_TRAILER = struct.Struct("<32sI8s")  # BLAKE3 of the footer, its length, magic
TRAILER_SIZE = _TRAILER.size
_ZSTD_LEVEL = 3
_WORTH_IT = 0.9  # compressed content is kept when it is at most this part of the original


class Encoding(IntEnum):
    """How a blob's content is written in the store."""

    RAW = 0
    ZSTD = 1


class PackedBlob(NamedTuple):
    """Where one blob lies in a pack; offset and length in bytes."""

    hash: bytes
    offset: int
    length: int
    size: int
    encoding: int


class Pack(NamedTuple):
    """A finished pack: its id, all its bytes, and what it holds."""

    id: str
    data: bytearray
    blobs: list[PackedBlob]


_local = threading.local()


def encode(content: bytes) -> tuple[Encoding, bytes]:
    """Content as it is written into a pack: compressed with zstd when that makes it clearly smaller."""
    if not hasattr(_local, "compressor"):
        _local.compressor = zstandard.ZstdCompressor(level=_ZSTD_LEVEL)
    stored: bytes = _local.compressor.compress(content)
    if len(stored) <= len(content) * _WORTH_IT:
        return Encoding.ZSTD, stored
    return Encoding.RAW, content


def decode(stored: bytes, blob_hash: bytes, size: int, encoding: int, store: str) -> bytes:
    """Content from what is stored, verified.

    Raises
    ------
    StoreFailed
        It does not decompress, or its hash is not ``blob_hash``.
    """
    content = stored
    if encoding == Encoding.ZSTD:
        if not hasattr(_local, "decompressor"):
            _local.decompressor = zstandard.ZstdDecompressor()
        try:
            # The frame says how much it unpacks to; a damaged one must not make us reserve gigabytes.
            if zstandard.frame_content_size(stored) != size:
                raise _damaged(blob_hash, store, "its size is not what the index says")
            content = _local.decompressor.decompress(stored)
        except zstandard.ZstdError:
            raise _damaged(blob_hash, store, "it does not decompress") from None
    if hash_bytes(content) != blob_hash:
        raise _damaged(blob_hash, store, "its content does not have this hash")
    return content


def _damaged(blob_hash: bytes, store: str, reason: str) -> Exception:
    return ErrorKind.STORE_CORRUPT(thing=f"blob {blob_hash.hex()}", store=store, reason=reason)


class PackBuilder:
    """Collects small blobs until they fill a pack."""

    def __init__(self) -> None:
        self._data = bytearray(MAGIC)
        self._blobs: dict[bytes, PackedBlob] = {}

    def __len__(self) -> int:
        return len(self._blobs)

    def __contains__(self, blob_hash: bytes) -> bool:
        return blob_hash in self._blobs

    @property
    def is_full(self) -> bool:
        """Whether it is time to `finish`."""
        return len(self._data) >= PACK_SIZE

    def add(self, blob_hash: bytes, size: int, encoding: Encoding, stored: bytes) -> None:
        """Append a blob as `encode` made it; one that is in already is not written twice."""
        if blob_hash in self._blobs:
            return
        self._blobs[blob_hash] = PackedBlob(blob_hash, len(self._data), len(stored), size, encoding)
        self._data += stored

    def finish(self) -> Pack:
        """The pack, complete with footer and trailer; the builder is empty again."""
        blobs = list(self._blobs.values())
        footer = b"".join(_ENTRY.pack(b.hash, b.length, b.size, b.encoding) for b in blobs)
        data = self._data
        data += footer
        data += _TRAILER.pack(hash_bytes(footer), len(footer), MAGIC)
        self._data, self._blobs = bytearray(MAGIC), {}
        return Pack(hash_bytes(data).hex(), data, blobs)


def footer_length(trailer: bytes, pack: str, store: str) -> int:
    """How many bytes before the trailer the footer takes, read from the last `TRAILER_SIZE` bytes of a pack."""
    if len(trailer) != TRAILER_SIZE or trailer[-len(MAGIC) :] != MAGIC:
        raise ErrorKind.STORE_CORRUPT(thing=f"pack {pack}", store=store, reason="it has no trailer")
    length: int = _TRAILER.unpack(trailer)[1]
    return length


def read_footer(end: bytes, pack: str, pack_size: int, store: str) -> Sequence[PackedBlob]:
    """What a pack holds, from its footer and trailer.

    Parameters
    ----------
    end : bytes
        The last ``footer_length + TRAILER_SIZE`` bytes of the pack.
    pack, store : str
        Their names, for the error message.
    pack_size : int
        Bytes of the whole pack.

    Raises
    ------
    StoreFailed
        The footer is damaged or does not describe a pack of this size.
    """
    footer, trailer = end[:-TRAILER_SIZE], end[-TRAILER_SIZE:]
    length = footer_length(trailer, pack, store)
    if length != len(footer) or length % _ENTRY.size or hash_bytes(footer) != trailer[:HASH_SIZE]:
        raise ErrorKind.STORE_CORRUPT(thing=f"pack {pack}", store=store, reason="its footer is damaged")
    blobs = []
    offset = len(MAGIC)
    for blob_hash, stored, size, encoding in _ENTRY.iter_unpack(footer):
        blobs.append(PackedBlob(blob_hash, offset, stored, size, encoding))
        offset += stored
    if offset + length + TRAILER_SIZE != pack_size:
        raise ErrorKind.STORE_CORRUPT(thing=f"pack {pack}", store=store, reason="its size does not fit its footer")
    if not blobs or len({blob.hash for blob in blobs}) < len(blobs) or not all(map(_is_possible, blobs)):
        raise ErrorKind.STORE_CORRUPT(thing=f"pack {pack}", store=store, reason="its footer describes no pack")
    return blobs


def open_pack(data: bytearray, name: str) -> tuple[Pack, Iterator[bytes]]:
    """A pack that came from somebody: what it holds, and the content of its blobs, each verified when it is taken.

    Parameters
    ----------
    data : bytearray
        All its bytes.
    name : str
        Where it came from, for the error message.

    Raises
    ------
    StoreFailed
        It is no pack, or one of its blobs is not small or does not have its hash.
    """
    length = footer_length(bytes(data[-TRAILER_SIZE:]), "that was sent", name)
    footer = bytes(data[-TRAILER_SIZE - length :])
    blobs = list(read_footer(footer, "that was sent", len(data), name))
    if data[: len(MAGIC)] != MAGIC or any(blob.size >= SMALL_BLOB for blob in blobs):
        raise ErrorKind.STORE_CORRUPT(thing="pack that was sent", store=name, reason="it is not one of ours")
    return Pack(hash_bytes(data).hex(), data, blobs), (_content(data, blob, name) for blob in blobs)


def _content(data: bytearray, blob: PackedBlob, name: str) -> bytes:
    stored = bytes(memoryview(data)[blob.offset : blob.offset + blob.length])
    return decode(stored, blob.hash, blob.size, blob.encoding, name)


def _is_possible(blob: PackedBlob) -> bool:
    return blob.encoding == Encoding.ZSTD or (blob.encoding == Encoding.RAW and blob.length == blob.size)
