"""The nodes of a tree as bytes: one canonical encoding, and a decoder that accepts nothing else.

A leaf holds the entries of a run of files, an inner node one `Subtree` per child.  Columns of equal things lie together
(they decode in a few C calls and compress well) and paths share their beginnings with the path before.  The normative
description is in ``docs/format/v1.md``; what is written here is read for ever.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import repeat
from typing import NamedTuple, NoReturn

from blake3 import blake3

from jupyter_gradient_data.errors import ErrorKind

from .paths import MAX_PATH_BYTES, path_problem, show_path

_MAGIC = b"GDTN\x01"  # gradient data tree node, format 1
_HEADER = struct.Struct("<5sBI")  # magic, level, number of items
_HASH = 32
_CODES = {1: "B", 2: "H", 4: "I", 8: "Q"}  # width of a column -> struct code
_MAX_LEVEL = 64  # a path's hash has 64 bits to count zeros in
_MAX_TOTAL = 2**63 - 1  # sizes and their sums fit a signed 64-bit number, as databases have it


class Entry(NamedTuple):
    """One file of a version.

    Parameters
    ----------
    path : bytes
        As `paths.check_path` returns it.
    size : int
        Bytes.
    hash : bytes
        BLAKE3 of the content, 32 bytes.
    executable : bool
        Whether the owner may execute it.
    """

    path: bytes
    size: int
    hash: bytes
    executable: bool = False


class Subtree(NamedTuple):
    """What a parent knows of a node below it: hash, number of files, sum of their sizes, first and last path."""

    hash: bytes
    files: int
    size: int
    first: bytes
    last: bytes


class Leaf(NamedTuple):
    """A node at level 0: entries in ascending order of their paths."""

    entries: list[Entry]

    @property
    def level(self) -> int:
        """Always 0."""
        return 0

    def summary(self, node_hash: bytes) -> Subtree:
        """What the parent of this node keeps of it."""
        entries = self.entries
        first, last = (entries[0].path, entries[-1].path) if entries else (b"", b"")
        return Subtree(node_hash, len(entries), sum([entry.size for entry in entries]), first, last)


class Inner(NamedTuple):
    """A node above the leaves: its children, all one level below, in ascending order."""

    level: int
    children: list[Subtree]

    def summary(self, node_hash: bytes) -> Subtree:
        """What the parent of this node keeps of it."""
        files = sum([child.files for child in self.children])
        size = sum([child.size for child in self.children])
        return Subtree(node_hash, files, size, self.children[0].first, self.children[-1].last)


Node = Leaf | Inner


def node_hash(data: bytes) -> bytes:
    """The name of a node: BLAKE3 of its bytes."""
    return blake3(data).digest()


# --- writing ---------------------------------------------------------------------------------------------------------


def encode_leaf(entries: Sequence[Entry]) -> bytes:
    """The canonical bytes of a leaf.

    Raises
    ------
    Invalid
        ``INVALID_PATH``: a path that a reader would refuse.
    ValueError
        Entries out of order, or a hash or size that cannot be one.
    """
    paths = [entry.path for entry in entries]
    if path_problem(paths):
        bad = next(path for path in paths if path_problem((path,)))
        raise ErrorKind.INVALID_PATH(path=show_path(bad), reason=path_problem((bad,)))
    sizes = [entry.size for entry in entries]
    _require(min(sizes, default=0) >= 0 and sum(sizes) <= _MAX_TOTAL, "sizes")
    return b"".join(
        (
            _HEADER.pack(_MAGIC, 0, len(entries)),
            _hashes([entry.hash for entry in entries]),
            _bitmap([entry.executable for entry in entries]),
            _column(sizes),
            _paths(paths),
        )
    )


def encode_inner(node: Inner) -> bytes:
    """The canonical bytes of an inner node."""
    children = node.children
    _require(0 < node.level <= _MAX_LEVEL and len(children) > 0, "level or number of children")
    ends = [path for child in children for path in (child.first, child.last)]
    return b"".join(
        (
            _HEADER.pack(_MAGIC, node.level, len(children)),
            _hashes([child.hash for child in children]),
            _column([child.files for child in children]),
            _column([child.size for child in children]),
            _paths(ends, pairs=True),
        )
    )


def _require(fine: bool, what: str) -> None:
    if not fine:
        raise ValueError(f"these {what} cannot be in a tree")


def _hashes(hashes: Sequence[bytes]) -> bytes:
    joined = b"".join(hashes)
    _require(len(joined) == _HASH * len(hashes), "hashes")
    return joined


def _bitmap(flags: Sequence[bool]) -> bytes:
    bits = sum([1 << place for place, flag in enumerate(flags) if flag])
    return bits.to_bytes((len(flags) + 7) // 8, "little")


def _column(values: Sequence[int]) -> bytes:
    width = _width(max(values, default=0))
    return struct.pack(f"<B{len(values)}{_CODES[width]}", width, *values)


def _width(largest: int) -> int:
    return next(width for width in _CODES if largest < 1 << (8 * width))


def _paths(paths: Sequence[bytes], *, pairs: bool = False) -> bytes:
    shared, suffixes, before = [], [], b""
    for place, path in enumerate(paths):
        _require(path > before or (pairs and place % 2 == 1 and path == before), "paths, in this order,")
        length = min(len(before), len(path))
        # The common beginning, without a loop over bytes: where two big-endian numbers first differ.
        differ = int.from_bytes(before[:length], "big") ^ int.from_bytes(path[:length], "big")
        same = length - (differ.bit_length() + 7) // 8
        shared.append(same)
        suffixes.append(path[same:])
        before = path
    return _column(shared) + _column([len(suffix) for suffix in suffixes]) + b"".join(suffixes)


# --- reading ---------------------------------------------------------------------------------------------------------


class _MalformedError(Exception):
    """Not the bytes of a node; the argument says why."""


def _refuse(reason: str) -> NoReturn:
    raise _MalformedError(reason)


def decode_node(data: bytes, store: str) -> Node:
    """The node that ``data`` is the canonical encoding of.

    Parameters
    ----------
    data : bytes
        All bytes of the node.
    store : str
        Where they came from, for the sentence of the error.

    Raises
    ------
    StoreFailed
        ``STORE_CORRUPT``: anything that `encode_leaf` or `encode_inner` would not have written.
    """
    try:
        return _decode(data)
    except _MalformedError as error:
        raise ErrorKind.STORE_CORRUPT(
            thing=f"Tree node {node_hash(data).hex()[:16]}", store=store, reason=str(error)
        ) from None


@lru_cache(maxsize=4096)  # some 40 MB: a put looks its files up, and the commit after it needs the same nodes again
def _decode(data: bytes) -> Node:
    cursor = _Cursor(data)
    magic, level, count = _HEADER.unpack(cursor.take(_HEADER.size))
    if magic != _MAGIC:
        _refuse("it is no tree node of format 1")
    return _decode_inner(cursor, level, count) if level else _decode_leaf(cursor, count)


def _decode_leaf(cursor: _Cursor, count: int) -> Leaf:
    hashes = cursor.hashes(count)
    flags = cursor.flags(count)
    sizes = cursor.column(count)
    paths = cursor.paths(count)
    if sum(sizes) > _MAX_TOTAL:
        _refuse("its sizes are too large")
    return Leaf(list(map(Entry, paths, sizes, hashes, flags)))


def _decode_inner(cursor: _Cursor, level: int, count: int) -> Inner:
    if level > _MAX_LEVEL or not count:
        _refuse("its level or number of children is impossible")
    hashes = cursor.hashes(count)
    counts = cursor.column(count)
    sizes = cursor.column(count)
    ends = cursor.paths(2 * count, pairs=True)
    children = list(map(Subtree, hashes, counts, sizes, ends[::2], ends[1::2]))
    if sum(sizes) > _MAX_TOTAL or sum(counts) > _MAX_TOTAL or not all(counts):
        _refuse("its counts are impossible")
    if any((child.files == 1) != (child.first == child.last) for child in children):
        _refuse("its first and last paths do not fit its counts")
    return Inner(level, children)


class _Cursor:
    """Reads the parts of a node one after the other; a part that is cut short is refused before it is built."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def take(self, size: int) -> bytes:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            _refuse("it is cut short")
        return self._data[start : self._at]

    def hashes(self, count: int) -> list[bytes]:
        joined = self.take(_HASH * count)
        return [joined[at : at + _HASH] for at in range(0, len(joined), _HASH)]

    def flags(self, count: int) -> Iterable[bool]:
        bits = int.from_bytes(self.take((count + 7) // 8), "little")
        if bits >> count:
            _refuse("it has flags of entries that are not there")
        return [bool(bits >> place & 1) for place in range(count)] if bits else repeat(False, count)

    def column(self, count: int) -> tuple[int, ...]:
        width = self.take(1)[0]
        if width not in _CODES:
            _refuse("it has a column of unknown width")
        values: tuple[int, ...] = struct.unpack(f"<{count}{_CODES[width]}", self.take(width * count))
        if width != _width(max(values, default=0)):
            _refuse("it has a column that is wider than needed")
        return values

    def paths(self, count: int, *, pairs: bool = False) -> list[bytes]:
        """``count`` ascending paths, the last part of a node; with ``pairs``, each second may equal the one before."""
        columns = zip(self.column(count), self.column(count), strict=True)
        data, at = self._data, self._at
        paths: list[bytes] = []
        before = b""
        for shared, length in columns:
            suffix = data[at : at + length]
            at += length
            # One comparison holds two rules: paths ascend, and the shared beginning is as long as it can be.
            if shared < len(before):
                if not suffix or suffix[0] <= before[shared]:
                    _refuse("its paths are out of order")
            elif shared > len(before) or not (suffix or (pairs and len(paths) % 2 == 1)):
                _refuse("its paths are out of order")
            if shared + length > MAX_PATH_BYTES:  # before it is built: each could be longer than the one before
                _refuse("one of its paths is too long")
            before = before[:shared] + suffix
            paths.append(before)
        if at != len(data):
            _refuse("its length is wrong")
        if reason := path_problem(paths):
            _refuse(f"one of its paths is not allowed: {reason}")
        return paths
