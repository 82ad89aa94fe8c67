"""Reading a tree: the files of a version as a search tree of nodes that are named by their content.

Where one node ends and the next begins depends on the hashes of paths only, so equal content has an equal root however
it came about, and a change never moves other boundaries.  Writing is in ``merge.py``, comparing in ``diff.py``, showing
one folder in ``listing.py``; ``docs/format/v1.md`` has the rules in words.

A store may be 20 ms away, so everything here asks for many nodes at a time: level by level on the way down, in windows
that grow on the way along.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import NamedTuple, Protocol, TypeVar

from blake3 import blake3

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .nodes import Entry, Inner, Leaf, Node, Subtree, decode_node, encode_leaf, node_hash

T = TypeVar("T")

_BATCH = 1024  # nodes asked for in one call, 1.5 to 3 MB of them
_KEYS = 1000  # paths looked up together
_FIRST_WINDOW, _LAST_WINDOW = 4, 256  # leaves read ahead by a walk: few at first, for who only wants the first entry

_path = attrgetter("path")
_last = attrgetter("last")


class NodeReader(Protocol):
    """Where nodes come from."""

    @property
    def name(self) -> str:
        """How to call this place in the sentence of an error."""
        ...

    def read_nodes(self, hashes: Sequence[bytes]) -> Mapping[bytes, bytes]:
        """The bytes of all these nodes, checked against their hashes; raises when one is missing or damaged."""
        ...


class NodeWriter(Protocol):
    """Where nodes go."""

    def write_node(self, data: bytes) -> bytes:
        """Keep a node and return its hash; writing one that exists changes nothing."""
        ...


class TreeShape(NamedTuple):
    """How large nodes get: a leaf ends after a path whose hash ends in ``leaf_bits`` zero bits.

    A node at level k ends after a path whose hash ends in ``leaf_bits + k * fanout_bits`` zero bits.  Only tests have
    other shapes than `FORMAT_1`.
    """

    leaf_bits: int
    fanout_bits: int

    def closed_levels(self, path: bytes) -> int:
        """How many levels have a node that ends after ``path``: 0 for most paths."""
        bits = int.from_bytes(blake3(path).digest(8), "little")
        zeros = (bits & -bits).bit_length() - 1 if bits else 64
        return 0 if zeros < self.leaf_bits else 1 + (zeros - self.leaf_bits) // self.fanout_bits


FORMAT_1 = TreeShape(leaf_bits=5, fanout_bits=4)  # measured: docs/format/v1.md


class Root(NamedTuple):
    """A whole tree: the hash of its root node, the number of its files and the sum of their sizes."""

    hash: bytes
    files: int
    size: int


EMPTY = Root(node_hash(encode_leaf(())), 0, 0)
"""The tree without files; it is known to all and need not be stored."""


class Nodes:
    """Reads nodes, decodes them, and holds each to what its parent says of it."""

    def __init__(self, reader: NodeReader) -> None:
        self._reader = reader
        self._kept: dict[bytes, Node] = {}

    def tops(self, roots: Sequence[bytes]) -> list[Node]:
        """The root nodes of these trees; they are kept."""
        wanted = [root for root in roots if root != EMPTY.hash]
        data = self._reader.read_nodes(wanted) if wanted else {}
        self._kept = {root: self._decode(root, data) for root in wanted}
        return [self._kept.get(root, Leaf([])) for root in roots]

    def load(self, subtrees: Sequence[Subtree], level: int) -> list[Node]:
        """The nodes of these subtrees, which are all at ``level``."""
        wanted = list(dict.fromkeys(subtree.hash for subtree in subtrees if subtree.hash not in self._kept))
        nodes: list[Node] = []
        data: dict[bytes, bytes] = {}
        for batch in windows(wanted, _BATCH):
            data.update(self._reader.read_nodes(batch))
        for subtree in subtrees:
            node = self._kept.get(subtree.hash) or self._decode(subtree.hash, data)
            if node.level != level or node.summary(subtree.hash) != subtree:
                raise self._damaged(subtree.hash, "it is not what the node above it says")
            nodes.append(node)
        return nodes

    def descend(self, top: Node, keys: Sequence[bytes]) -> list[tuple[Leaf, Sequence[bytes]]]:
        """The leaves where these ascending keys are or would be, each with its keys; one call of the reader per level.

        All nodes on the way are kept until the next descent.  A key after the last path belongs to the last leaf.
        """
        kept: dict[bytes, Node] = {}
        parts: list[tuple[Node, Sequence[bytes]]] = [(top, keys)]
        for level in range(top.level - 1, -1, -1):
            below = [part for node, some in parts if isinstance(node, Inner) for part in _shared_out(node, some)]
            nodes = self.load([subtree for subtree, _ in below], level)
            kept.update((subtree.hash, node) for (subtree, _), node in zip(below, nodes, strict=True))
            parts = [(node, some) for node, (_, some) in zip(nodes, below, strict=True)]
        self._kept = kept
        return [(node, some) for node, some in parts if isinstance(node, Leaf)]

    def leaves(self, subtrees: Sequence[Subtree]) -> Iterator[Leaf]:
        """These leaves, read ahead in windows."""
        for window in windows(subtrees, _LAST_WINDOW):
            yield from (node for node in self.load(window, 0) if isinstance(node, Leaf))

    def _decode(self, node: bytes, data: Mapping[bytes, bytes]) -> Node:
        if node not in data:
            raise self._damaged(node, "it is missing")
        return decode_node(data[node], self._reader.name)

    def _damaged(self, node: bytes, reason: str) -> GradientDataError:
        return ErrorKind.STORE_CORRUPT(thing=f"Tree node {node.hex()[:16]}", store=self._reader.name, reason=reason)


def _shared_out(node: Inner, keys: Sequence[bytes]) -> Iterator[tuple[Subtree, Sequence[bytes]]]:
    children, at = node.children, 0
    while at < len(keys):
        child = children[min(bisect_left(children, keys[at], key=_last), len(children) - 1)]
        end = len(keys) if child is children[-1] else bisect_right(keys, child.last, at)
        yield child, keys[at:end]
        at = end


class Skipped(NamedTuple):
    """A subtree that a `Walker` did not read because all of it lies in one sub-folder that it has met already."""

    level: int
    subtree: Subtree


class Walker:
    """Streams the leaves that hold ``start <= path < end``, in windows that grow.

    Parameters
    ----------
    folder : bytes or None
        Given to show what lies directly in this folder (ends with ``/``, or is empty): then a subtree is left unread
        when it and the path before it are in the same sub-folder.
    """

    def __init__(self, nodes: Nodes, start: bytes = b"", end: bytes | None = None, folder: bytes | None = None) -> None:
        self._nodes = nodes
        self._start = start
        self._end = end
        self._folder = folder
        self._window = _FIRST_WINDOW

    def below(self, top: Node) -> Iterator[Leaf | Skipped]:
        """The leaves below ``top`` in ascending order, `Skipped` in the places of what was not read."""
        if isinstance(top, Leaf):
            yield top
        else:
            yield from self._along(self._pieces([top]), top.level - 1)

    def _along(self, pieces: Sequence[Subtree | Skipped], level: int) -> Iterator[Leaf | Skipped]:
        at = 0
        while at < len(pieces):
            # A window of inner nodes is small: below each of them lie a dozen or more.
            end = self._window_end(pieces, at, self._window if level == 0 else self._window // 4)
            wanted = [piece for piece in pieces[at:end] if isinstance(piece, Subtree)]
            nodes = iter(self._nodes.load(wanted, level))
            opened = [next(nodes) if isinstance(piece, Subtree) else piece for piece in pieces[at:end]]
            at = end
            if level == 0:
                self._window = min(self._window * 4, _LAST_WINDOW)
                yield from (piece for piece in opened if not isinstance(piece, Inner))
            else:
                yield from self._along(self._pieces(opened), level - 1)

    @staticmethod
    def _window_end(pieces: Sequence[Subtree | Skipped], start: int, size: int) -> int:
        """Where a window ends that has ``size`` nodes to read."""
        to_read = (place for place in range(start, len(pieces)) if isinstance(pieces[place], Subtree))
        return next(islice(to_read, size, None), len(pieces))

    def _pieces(self, opened: Iterable[Node | Skipped]) -> list[Subtree | Skipped]:
        """The children of these nodes as far as they are asked for, marked where they can stay unread."""
        pieces: list[Subtree | Skipped] = []
        before: bytes | None = None
        for node in opened:
            if isinstance(node, Skipped):
                pieces.append(node)
                before = node.subtree.last
            elif isinstance(node, Inner):
                for child in node.children[bisect_left(node.children, self._start, key=_last) :]:
                    if self._end is not None and child.first >= self._end:
                        break
                    pieces.append(Skipped(node.level - 1, child) if self._in_same_folder(before, child) else child)
                    before = child.last
        return pieces

    def _in_same_folder(self, before: bytes | None, child: Subtree) -> bool:
        if self._folder is None or before is None or not before.startswith(self._folder):
            return False
        slash = before.find(b"/", len(self._folder))
        return slash >= 0 and child.last.startswith(before[: slash + 1])


def walk(reader: NodeReader, root: bytes, start: bytes = b"", end: bytes | None = None) -> Iterator[Entry]:
    """The files of a tree with ``start <= path < end`` in ascending order, streaming.

    Raises
    ------
    StoreFailed
        A node is missing or damaged.
    """
    nodes = Nodes(reader)
    yield from walk_below(nodes, nodes.tops([root])[0], start, end)


def walk_below(nodes: Nodes, top: Node, start: bytes = b"", end: bytes | None = None) -> Iterator[Entry]:
    """The same for the files below one node."""
    for leaf in Walker(nodes, start, end).below(top):
        if isinstance(leaf, Leaf):
            yield from entries_between(leaf, start, end)


def entries_between(leaf: Leaf, start: bytes, end: bytes | None = None) -> Sequence[Entry]:
    """The entries of a leaf with ``start <= path < end``."""
    entries = leaf.entries
    low = bisect_left(entries, start, key=_path)
    high = len(entries) if end is None else bisect_left(entries, end, key=_path)
    return entries[low:high]


def find(reader: NodeReader, root: bytes, path: bytes) -> Entry | None:
    """The file at ``path``, or None."""
    return next(find_many(reader, root, (path,)), None)


def find_many(reader: NodeReader, root: bytes, paths: Iterable[bytes]) -> Iterator[Entry]:
    """Those of these ascending paths that are files, in the same order; paths that are not there are left out."""
    for leaf, some in _leaves_at(reader, root, paths):
        for path in some:
            place = bisect_left(leaf.entries, path, key=_path)
            if place < len(leaf.entries) and leaf.entries[place].path == path:
                yield leaf.entries[place]


def find_folders(reader: NodeReader, root: bytes, paths: Iterable[bytes]) -> Iterator[bytes]:
    """Those of these paths that are folders, each given back with a ``/`` at its end.

    ``paths`` ascend as they would with the ``/``.
    """
    for leaf, some in _leaves_at(reader, root, (path + b"/" for path in paths)):
        for folder in some:
            place = bisect_left(leaf.entries, folder, key=_path)
            if place < len(leaf.entries) and leaf.entries[place].path.startswith(folder):
                yield folder


def _leaves_at(reader: NodeReader, root: bytes, keys: Iterable[bytes]) -> Iterator[tuple[Leaf, Sequence[bytes]]]:
    nodes = Nodes(reader)
    top = nodes.tops([root])[0]
    for window in windows(keys, _KEYS):
        yield from nodes.descend(top, window)


def read_ahead(reader: NodeReader, root: bytes) -> None:
    """Read all nodes of a tree level by level, one call of the reader each, for a reader that remembers them.

    Worth it before most of a tree is gone through piece by piece.
    """
    nodes = Nodes(reader)
    level = nodes.tops([root])
    while inner := [node for node in level if isinstance(node, Inner)]:
        below = [child for node in inner for child in node.children]
        if inner[0].level == 1:  # leaves: nobody needs them decoded yet
            for batch in windows(below, _BATCH):
                reader.read_nodes([child.hash for child in batch])
            return
        level = nodes.load(below, inner[0].level - 1)


def summary(reader: NodeReader, root: bytes) -> Root:
    """Number of files and sum of their sizes, from the root node alone."""
    top = Nodes(reader).tops([root])[0].summary(root)
    return Root(root, top.files, top.size)


def new_nodes(reader: NodeReader, root: bytes, seen: set[bytes]) -> Iterator[tuple[bytes, Node]]:
    """Every node of a tree that is not in ``seen``, with its hash; adds them to ``seen``.

    What hangs below a node in ``seen`` is not read, so going over many versions reads each node once.
    """
    nodes = Nodes(reader)
    if root in seen or root == EMPTY.hash:
        return
    seen.add(root)
    top = nodes.tops([root])[0]
    yield root, top
    pending: list[tuple[int, list[Subtree]]] = [(top.level - 1, top.children)] if isinstance(top, Inner) else []
    while pending:
        level, subtrees = pending.pop()
        if len(subtrees) > _LAST_WINDOW:
            pending.append((level, subtrees[_LAST_WINDOW:]))
        window = [subtree for subtree in subtrees[:_LAST_WINDOW] if subtree.hash not in seen]
        below: list[Subtree] = []
        for subtree, node in zip(window, nodes.load(window, level), strict=True):
            seen.add(subtree.hash)
            yield subtree.hash, node
            if isinstance(node, Inner):
                below += node.children
        if below:
            pending.append((level - 1, below))


def windows(items: Iterable[T], size: int) -> Iterator[list[T]]:
    """Lists of at most ``size`` items, one after the other."""
    iterator = iter(items)
    while window := list(islice(iterator, size)):
        yield window
