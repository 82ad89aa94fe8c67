"""The bytes of nodes: they come back as they went in, never change, and nothing else is taken for a node."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable

import pytest
from blake3 import blake3
from hypothesis import given
from hypothesis import strategies as st

from jupyter_gradient_data.datasets.nodes import (
    Entry,
    Inner,
    Leaf,
    Node,
    Subtree,
    decode_node,
    encode_inner,
    encode_leaf,
    node_hash,
)
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

HASHES = st.binary(min_size=32, max_size=32)
SIZES = st.integers(0, 300) | st.integers(0, 2**40)
PATHS = st.lists(st.text("ab", min_size=1, max_size=4) | st.just("ü" * 200), min_size=1, max_size=3).map(
    lambda parts: "/".join(parts).encode()
)


@st.composite
def leaves(draw: st.DrawFn) -> Leaf:
    paths = sorted(draw(st.sets(PATHS, max_size=20)))
    return Leaf([Entry(path, draw(SIZES), draw(HASHES), draw(st.booleans())) for path in paths])


@st.composite
def inner_nodes(draw: st.DrawFn) -> Inner:
    paths = sorted(draw(st.sets(PATHS, min_size=2, max_size=12)))
    children = []
    while paths:
        first = last = paths.pop(0)
        if paths and draw(st.booleans()):
            last = paths.pop(0)
        files = 1 if first == last else draw(st.integers(2, 2**33))
        children.append(Subtree(draw(HASHES), files, draw(SIZES), first, last))
    return Inner(draw(st.integers(1, 64)), children)


def encode(node: Node) -> bytes:
    return encode_leaf(node.entries) if isinstance(node, Leaf) else encode_inner(node)


def damaged(data: bytes) -> str:
    """The reason for which ``data`` is refused."""
    with pytest.raises(GradientDataError) as caught:
        decode_node(data, "bucket b")
    assert caught.value.kind is ErrorKind.STORE_CORRUPT
    assert "bucket b" in caught.value.message
    return str(caught.value.details["reason"])


@given(leaves() | inner_nodes())
def test_nodes_come_back(node: Node) -> None:
    assert decode_node(encode(node), "memory") == node


def test_summaries_add_up() -> None:
    leaf = Leaf([Entry(b"a", 3, bytes(32)), Entry(b"b/c", 4, bytes(32))])
    below = leaf.summary(b"h" * 32)
    assert below == Subtree(b"h" * 32, 2, 7, b"a", b"b/c")
    node = Inner(1, [below, Subtree(b"i" * 32, 1, 5, b"d", b"d")])
    assert node.summary(b"j" * 32) == Subtree(b"j" * 32, 3, 12, b"a", b"d")


# --- what was written once stays readable ----------------------------------------------------------------------------

FROZEN: list[tuple[Node, str, str]] = [
    (
        Leaf([]),
        "4744544e010000000000010101",
        "69c7b44a7a0e37dd59801dc424db48ef9c37c266afc8527056ce30d140e96db4",
    ),
    (
        Leaf(
            [
                Entry(b"README.md", 0, bytes(range(32))),
                Entry(b"data/\xc3\xa4.csv", 300, b"\xab" * 32, True),
                Entry(b"data/\xc3\xa4.csv.gz", 70_000, b"\xcd" * 32),
            ]
        ),
        (
            "4744544e010003000000000102030405060708090a0b0c0d0e0f101112131415"
            "161718191a1b1c1d1e1fabababababababababababababababababababababab"
            "ababababababababababcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcdcd"
            "cdcdcdcdcdcdcdcdcdcd0204000000002c010000701101000100000b01090b03"
            "524541444d452e6d64646174612fc3a42e6373762e677a"
        ),
        "6169bbdb5543fa80a04d2ba55c814464ce9e08611ad4368099b376582db12a10",
    ),
    (
        Inner(
            2,
            [
                Subtree(b"\x01" * 32, 1, 5, b"a/b", b"a/b"),
                Subtree(b"\x02" * 32, 1000, 2**33, b"a/c", b"b"),
            ],
        ),
        (
            "4744544e01020200000001010101010101010101010101010101010101010101"
            "0101010101010101010102020202020202020202020202020202020202020202"
            "02020202020202020202020100e8030805000000000000000000000002000000"
            "01000302000103000101612f626362"
        ),
        "9ce5ae8cfff86500fa034f3edd0bb4830323bb9f8989d114511c73d9c3efea05",
    ),
]


@pytest.mark.parametrize(("node", "data", "digest"), FROZEN, ids=["empty", "leaf", "inner"])
def test_bytes_of_format_1_never_change(node: Node, data: str, digest: str) -> None:
    assert encode(node).hex() == data
    assert node_hash(bytes.fromhex(data)).hex() == digest
    assert decode_node(bytes.fromhex(data), "memory") == node


# --- nothing else is a node ------------------------------------------------------------------------------------------


@given(st.binary(max_size=200) | st.binary(max_size=200).map(lambda tail: b"GDTN\x01" + tail))
def test_any_bytes_are_refused_or_canonical(data: bytes) -> None:
    refused_or_canonical(data)


@given(leaves() | inner_nodes(), st.data())
def test_damaged_nodes_are_refused_or_canonical(node: Node, data: st.DataObject) -> None:
    made = bytearray(encode(node))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(made) - 1))
        change = data.draw(st.sampled_from(["set", "cut", "add"]))
        if change == "set":
            made[place] = data.draw(st.integers(0, 255) | st.sampled_from([0, 1, 2, 4, 8, 0x2E, 0x2F]))
        elif change == "cut" and len(made) > 1:
            del made[place]
        else:
            made.insert(place, data.draw(st.integers(0, 255)))
    refused_or_canonical(bytes(made))


def refused_or_canonical(data: bytes) -> None:
    """A decoder that takes two encodings of one node would let one version have two hashes."""
    try:
        node = decode_node(data, "memory")
    except GradientDataError as error:
        refused = error
    else:
        assert encode(node) == data
        return
    assert refused.kind is ErrorKind.STORE_CORRUPT


def leaf_bytes(
    paths: list[bytes],
    *,
    magic: bytes = b"GDTN\x01",
    level: int = 0,
    count: int | None = None,
    flags: bytes | None = None,
    sizes: bytes | None = None,
    shared: bytes | None = None,
    lengths: bytes | None = None,
) -> bytes:
    """A leaf put together by hand, unlike `encode_leaf` without looking."""
    number = len(paths)
    return b"".join(
        [
            magic,
            struct.pack("<BI", level, number if count is None else count),
            bytes(32 * number),
            bytes((number + 7) // 8) if flags is None else flags,
            b"\x01" + bytes(number) if sizes is None else sizes,
            b"\x01" + bytes(number) if shared is None else shared,
            b"\x01" + bytes(map(len, paths)) if lengths is None else lengths,
            *paths,
        ]
    )


def test_leaf_bytes_by_hand_are_a_leaf() -> None:
    node = decode_node(leaf_bytes([b"a", b"b"]), "memory")
    assert node == Leaf([Entry(b"a", 0, bytes(32)), Entry(b"b", 0, bytes(32))])


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "cut short"),
        (leaf_bytes([b"a"], magic=b"GDTN\x02"), "format 1"),
        (leaf_bytes([b"abc"])[:-1], "length"),
        (leaf_bytes([b"a"]) + b"\0", "length"),
        (leaf_bytes([b"a"], count=2**32 - 1), "cut short"),
        (leaf_bytes([b"a"], flags=b"\x02"), "flags"),
        (leaf_bytes([b"a"], sizes=b"\x02\x01\x00"), "wider"),
        (leaf_bytes([b"a"], sizes=b"\x03\x01\x00\x00"), "unknown width"),
        (leaf_bytes([b"a"], sizes=b"\x08" + b"\xff" * 8), "too large"),
        (leaf_bytes([b"a", b"b"], sizes=b"\x08" + struct.pack("<QQ", 2**63 - 1, 1)), "too large"),
        (leaf_bytes([b"b", b"a"]), "order"),
        (leaf_bytes([b"a", b"a"]), "order"),
        (leaf_bytes([b"a", b""], shared=b"\x01\x00\x01"), "order"),
        (leaf_bytes([b"ab", b""], shared=b"\x01\x00\x01"), "order"),
        (leaf_bytes([b"ab", b"ac"]), "order"),  # the shared beginning is not as long as it can be
        (leaf_bytes([b"a", b"b"], shared=b"\x01\x00\x02"), "order"),
        (leaf_bytes([b"a"], shared=b"\x01\x01"), "order"),
        (leaf_bytes([b""]), "order"),
        (leaf_bytes([b"/a"]), "empty part"),
        (leaf_bytes([b"../a"]), "'..'"),
        (leaf_bytes([b"a", b"b/./c"]), "'.'"),
        (leaf_bytes([b"a\0b"]), "NUL"),
        (leaf_bytes([b"\xff"]), "UTF-8"),
        (leaf_bytes([b"a" * 4097], lengths=b"\x02" + struct.pack("<H", 4097)), "too long"),
        (leaf_bytes([], level=1), "impossible"),
        (leaf_bytes([b"a"], level=65), "impossible"),
    ],
)
def test_hostile_leaves_are_refused(data: bytes, reason: str) -> None:
    assert reason in damaged(data)


def test_paths_that_grow_without_end_are_refused_before_they_are_built() -> None:
    """One more byte each: 100,000 paths in 3.6 MB would be 5 GB of paths."""
    number = 100_000
    data = leaf_bytes(
        [b"a"] * number,
        shared=b"\x04" + struct.pack(f"<{number}I", *range(number)),
        lengths=b"\x01" + b"\x01" * number,
    )
    assert "too long" in damaged(data)


CHILD = Subtree(bytes(32), 2, 0, b"a", b"b")


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda data: data.replace(b"\x01\x02\x01\x05", b"\x01\x00\x01\x05"), "counts"),
        (lambda data: data.replace(b"\x01\x02\x01\x05", b"\x01\x01\x01\x05"), "first and last"),
        (lambda data: data.replace(b"\x01\x02\x01\x05", b"\x01\x02\x02\x05\x00"), "wider"),
    ],
)
def test_hostile_inner_nodes_are_refused(change: Callable[[bytes], bytes], reason: str) -> None:
    data = encode_inner(Inner(1, [CHILD._replace(size=5)]))
    assert change(data) != data
    assert reason in damaged(change(data))


def test_children_of_one_file_begin_and_end_with_it() -> None:
    data = encode_inner(Inner(1, [Subtree(bytes(32), 1, 5, b"a", b"a")]))
    assert "first and last" in damaged(data.replace(b"\x01\x01\x01\x05", b"\x01\x02\x01\x05"))


# --- nothing wrong is written ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "entries",
    [
        [Entry(b"b", 0, bytes(32)), Entry(b"a", 0, bytes(32))],
        [Entry(b"a", 0, bytes(32)), Entry(b"a", 0, bytes(32))],
        [Entry(b"a", -1, bytes(32))],
        [Entry(b"a", 2**63, bytes(32))],
        [Entry(b"a", 0, bytes(31))],
    ],
)
def test_wrong_entries_are_not_written(entries: list[Entry]) -> None:
    with pytest.raises(ValueError, match="cannot be in a tree"):
        encode_leaf(entries)


def test_wrong_paths_are_not_written() -> None:
    with pytest.raises(GradientDataError) as caught:
        encode_leaf([Entry(b"a", 0, bytes(32)), Entry(b"b/../c", 0, bytes(32))])
    assert caught.value.kind is ErrorKind.INVALID_PATH
    assert "'b/../c'" in caught.value.message


@pytest.mark.parametrize("node", [Inner(1, []), Inner(0, [CHILD]), Inner(65, [CHILD]), Inner(1, [CHILD, CHILD])])
def test_wrong_inner_nodes_are_not_written(node: Inner) -> None:
    with pytest.raises(ValueError, match="cannot be in a tree"):
        encode_inner(node)


def test_a_node_is_named_by_its_bytes() -> None:
    data = encode_leaf([Entry(b"a", random.randrange(100), bytes(32))])
    assert node_hash(data) == blake3(data).digest()
