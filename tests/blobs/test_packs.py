"""Packs: what goes in comes out, and nothing else is ever taken for it."""

from __future__ import annotations

import contextlib
import random
import struct
from collections.abc import Sequence

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.blobs.packs import (
    MAGIC,
    TRAILER_SIZE,
    Encoding,
    Pack,
    PackBuilder,
    PackedBlob,
    decode,
    encode,
    footer_length,
    read_footer,
)
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, StoreFailed

compressible = st.builds(lambda word, count: word * count, st.binary(max_size=8), st.integers(0, 500))
contents = st.lists(st.binary(max_size=2000) | compressible, min_size=1, max_size=20)
damage = pytest.RaisesExc(GradientDataError, check=lambda error: error.kind is ErrorKind.STORE_CORRUPT)


def make_pack(items: Sequence[bytes]) -> Pack:
    builder = PackBuilder()
    for content in items:
        builder.add(hash_bytes(content), len(content), *encode(content))
    return builder.finish()


def footer_of(pack: Pack) -> list[PackedBlob]:
    length = footer_length(bytes(pack.data[-TRAILER_SIZE:]), pack.id, "store")
    return list(read_footer(bytes(pack.data[-TRAILER_SIZE - length :]), pack.id, len(pack.data), "store"))


@given(contents)
def test_what_goes_in_comes_out(items: list[bytes]) -> None:
    pack = make_pack(items)
    assert pack.data.startswith(MAGIC)
    assert pack.id == hash_bytes(pack.data).hex()
    assert footer_of(pack) == pack.blobs
    found = {}
    for blob_hash, offset, length, size, encoding in pack.blobs:
        found[blob_hash] = decode(bytes(pack.data[offset : offset + length]), blob_hash, size, encoding, "store")
    assert found == {hash_bytes(content): content for content in items}
    assert len(pack.blobs) == len(set(items)), "equal content is written once"


@given(contents)
def test_the_same_files_make_the_same_pack(items: list[bytes]) -> None:
    """So that an upload that is repeated after an interruption sends no second copy."""
    assert make_pack(items) == make_pack(items)


def test_a_builder_starts_again_after_each_pack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_SIZE", 100)
    builder = PackBuilder()
    source = random.Random(1)
    for _ in range(3):
        content = source.randbytes(60)
        builder.add(hash_bytes(content), 60, *encode(content))
        assert (len(builder), hash_bytes(content) in builder, builder.is_full) == (1, True, False)
        other = source.randbytes(60)
        builder.add(hash_bytes(other), 60, *encode(other))
        assert builder.is_full
        pack = builder.finish()
        assert [blob.hash for blob in pack.blobs] == [hash_bytes(content), hash_bytes(other)]
        assert (len(builder), builder.is_full, hash_bytes(content) in builder) == (0, False, False)


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (b"", Encoding.RAW),
        (b"short", Encoding.RAW),
        (random.Random(1).randbytes(5000), Encoding.RAW),
        (b"text " * 100, Encoding.ZSTD),
        (bytes(5000), Encoding.ZSTD),
    ],
)
def test_content_is_compressed_when_it_pays(content: bytes, encoding: Encoding) -> None:
    found, stored = encode(content)
    assert found is encoding
    assert stored == content if encoding is Encoding.RAW else len(stored) < len(content) / 2


# --- damage -----------------------------------------------------------------------------------------------------------


@given(st.binary(min_size=1, max_size=300) | compressible.filter(len), st.data())
def test_a_damaged_blob_is_refused(content: bytes, data: st.DataObject) -> None:
    encoding, stored = encode(content)
    digest = hash_bytes(content)
    changed = bytearray(stored)
    place = data.draw(st.integers(0, len(stored) - 1))
    changed[place] ^= data.draw(st.integers(1, 255))
    found = None
    with contextlib.suppress(StoreFailed):
        found = decode(bytes(changed), digest, len(content), encoding, "store")
    assert found in (None, content)  # some bits of a zstd frame mean nothing


def test_what_is_damaged_is_named() -> None:
    digest = hash_bytes(b"content")
    with damage as caught:
        decode(b"c0ntent", digest, 7, Encoding.RAW, "the store")
    assert digest.hex() in caught.value.message
    assert "the store" in caught.value.message


@given(compressible.filter(lambda content: len(content) > 100), st.integers(0, 2**32 - 1))
def test_a_frame_of_another_size_is_refused_before_it_is_unpacked(content: bytes, size: int) -> None:
    if size != len(content):
        with damage:
            decode(zstandard.compress(content), hash_bytes(content), size, Encoding.ZSTD, "store")


def test_a_frame_that_does_not_say_its_size_is_refused() -> None:
    stored = zstandard.ZstdCompressor(write_content_size=False).compress(b"text " * 100)
    with damage:
        decode(stored, hash_bytes(b"text " * 100), 500, Encoding.ZSTD, "store")


@given(contents, st.data())
def test_a_damaged_footer_is_refused(items: list[bytes], data: st.DataObject) -> None:
    pack = make_pack(items)
    length = len(pack.blobs) * 41 + TRAILER_SIZE
    end = bytearray(pack.data[-length:])
    end[data.draw(st.integers(0, length - 1))] ^= data.draw(st.integers(1, 255))
    with damage:
        read_footer(bytes(end), pack.id, len(pack.data), "store")


@given(contents, st.integers(-1000, 1000).filter(bool))
def test_a_pack_of_another_size_is_refused(items: list[bytes], more: int) -> None:
    pack = make_pack(items)
    with damage:
        read_footer(bytes(pack.data[-len(pack.blobs) * 41 - TRAILER_SIZE :]), pack.id, len(pack.data) + more, "store")


@given(st.binary(max_size=400), st.integers(0, 2**40))
def test_any_bytes_are_refused(end: bytes, size: int) -> None:
    with damage:
        read_footer(end, "pack", size, "store")


ENTRY = struct.Struct("<32sIIB")
A, B = hash_bytes(b"a"), hash_bytes(b"b")


@pytest.mark.parametrize(
    "entries",
    [
        [],
        [(A, 1, 2, 0)],
        [(A, 2, 1, 0)],
        [(A, 1, 1, 2)],
        [(A, 1, 1, 255)],
        [(A, 1, 1, 0), (A, 1, 1, 0)],
        [(A, 1, 1, 0), (B, 2**32 - 1, 2**32 - 1, 0)],
    ],
    ids=[
        "no blobs",
        "raw and longer",
        "raw and shorter",
        "encoding 2",
        "encoding 255",
        "twice",
        "longer than the pack",
    ],
)
def test_a_footer_that_fits_its_trailer_and_lies_is_refused(entries: list[tuple[bytes, int, int, int]]) -> None:
    footer = b"".join(ENTRY.pack(*entry) for entry in entries)
    end = footer + hash_bytes(footer) + struct.pack("<I", len(footer)) + MAGIC
    with damage:
        read_footer(end, "pack", len(MAGIC) + min(sum(entry[1] for entry in entries), 1000) + len(end), "store")
