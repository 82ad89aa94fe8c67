"""Writing a tree: changes merged into a base, with work in proportion to the changes.

The base is gone through from left to right.  What no change touches is handed on whole, as high up as possible; what
lies below a change is taken apart and put together again.  Putting together is the same work for a new tree and for a
changed one, and its boundaries depend on paths only, so both come out alike.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import count

from .nodes import Entry, Inner, Leaf, Node, Subtree, encode_inner, encode_leaf, node_hash
from .tree import EMPTY, FORMAT_1, NodeReader, Nodes, NodeWriter, Root, TreeShape, windows

Change = tuple[bytes, Entry | None]
"""A path, and the file that is now there; None where there is none any more."""

_WINDOW = 1000  # changes whose nodes are fetched together
_EVERY_LEVEL = 64  # more levels than there can be: nothing is open before the first entry


def build(writer: NodeWriter, entries: Iterable[Entry], shape: TreeShape = FORMAT_1) -> Root:
    """Write the tree of these entries, which ascend by path; streaming.

    Raises
    ------
    ValueError
        Paths do not ascend.
    """
    builder = _Builder(writer, shape, {EMPTY.hash})
    for entry in entries:
        builder.add(entry)
    top, _ = builder.finish()
    return Root(top.hash, top.files, top.size)


def merge(
    reader: NodeReader,
    writer: NodeWriter,
    base: bytes,
    changes: Iterable[Change],
    shape: TreeShape = FORMAT_1,
) -> Root:
    """Write the tree that comes of a base and some changes; streaming.

    Parameters
    ----------
    reader, writer : NodeReader, NodeWriter
        Where the nodes of the base are, and where new ones go.
    base : bytes
        Hash of the root of the base; ``EMPTY.hash`` for none.
    changes : iterable of Change
        In ascending order of their paths, each path once.  Taking a file away that is not there changes nothing.
    shape : TreeShape
        That of the base.

    Returns
    -------
    Root
        Exactly the base when nothing has changed; then nothing is written.

    Raises
    ------
    StoreFailed
        A node of the base is missing or damaged.
    ValueError
        Paths do not ascend.
    """
    return _Merge(reader, writer, base, changes, shape).run()


def overlay(base: Iterable[Entry], changes: Iterable[Change]) -> Iterator[Entry]:
    """The entries of ``base`` with ``changes`` applied; both ascend by path, and so does the result."""
    staged = iter(changes)
    change = next(staged, None)
    for entry in base:
        while change is not None and change[0] < entry.path:
            if change[1] is not None:
                yield change[1]
            change = next(staged, None)
        if change is None or change[0] != entry.path:
            yield entry
        else:
            if change[1] is not None:
                yield change[1]
            change = next(staged, None)
    while change is not None:
        if change[1] is not None:
            yield change[1]
        change = next(staged, None)


class _Builder:
    """Puts entries and whole subtrees, given in ascending order, together to a tree.

    A node is written when the next item comes, not when its last one does: the last node of a level then always comes
    from `finish`, and a level gets a node above it only when it has a second one.
    """

    def __init__(self, writer: NodeWriter, shape: TreeShape, known: set[bytes]) -> None:
        self._writer = writer
        self._shape = shape
        self._known = known  # hashes of nodes that are there already
        self._entries: list[Entry] = []
        self._above: list[list[Subtree]] = []  # [k - 1]: children of the open node at level k
        self._closing = _EVERY_LEVEL  # levels whose open node ends before the next item

    def aligned(self, level: int) -> bool:
        """Whether a node at ``level`` would begin with the next item."""
        return self._closing > level

    def add(self, entry: Entry) -> None:
        """The next file."""
        if self._closing:
            self._close()
        self._entries.append(entry)
        self._closing = self._shape.closed_levels(entry.path)

    def add_subtree(self, subtree: Subtree, level: int) -> None:
        """All files of a node of the base; allowed when `aligned` at its level.

        Such a node ends where its level ends one, or else is the last of the base and nothing comes after it.
        """
        self._close()
        self._waiting(level + 1).append(subtree)
        self._closing = self._shape.closed_levels(subtree.last)

    def finish(self) -> tuple[Subtree, int]:
        """Write what is open; returns the top, and 0.

        Instead of 0 its level, when nothing is left but one subtree of the base: that may have a single child.
        """
        for level in count():
            if level < len(self._above):
                self._flush(level)
            elif level and len(self._above[-1]) == 1:
                return self._above[-1][0], level - 1
            else:
                return self._write(level), 0
        raise AssertionError  # count() has no end

    def _close(self) -> None:
        for level in range(self._closing):
            self._flush(level)

    def _flush(self, level: int) -> None:
        if level <= len(self._above) and (self._above[level - 1] if level else self._entries):
            subtree = self._write(level)
            self._waiting(level + 1).append(subtree)

    def _waiting(self, level: int) -> list[Subtree]:
        while len(self._above) < level:
            self._above.append([])
        return self._above[level - 1]

    def _write(self, level: int) -> Subtree:
        """Write the open node at ``level`` and begin a new one."""
        node: Node
        if level:
            node = Inner(level, self._above[level - 1])
            data = encode_inner(node)
            self._above[level - 1] = []
        else:
            node = Leaf(self._entries)
            data = encode_leaf(node.entries)
            self._entries = []
        subtree = node.summary(node_hash(data))
        if subtree.hash not in self._known:
            self._writer.write_node(data)
        return subtree


class _Merge:
    """One run of `merge`."""

    def __init__(
        self, reader: NodeReader, writer: NodeWriter, base: bytes, changes: Iterable[Change], shape: TreeShape
    ) -> None:
        self._nodes = Nodes(reader)
        self._top = self._nodes.tops([base])[0]
        self._base = self._top.summary(base)
        self._shape = shape
        self._known = {EMPTY.hash, base}
        self._builder = _Builder(writer, shape, self._known)
        self._windows = windows(changes, _WINDOW)
        self._window: list[Change] = []
        self._at = 0
        self._before = b""

    def run(self) -> Root:
        if self._next_change() is not None:
            self._visit_node(self._top, self._base, at_end=True)
            for entry in overlay((), self._changes_until(None)):
                self._builder.add(entry)
            top = self._below_single_parents(*self._builder.finish())
        else:
            top = self._base
        return Root(top.hash, top.files, top.size)

    def _visit(self, subtree: Subtree, level: int, *, at_end: bool) -> None:
        """Hand a subtree of the base on whole, or take it apart; ``at_end`` when nothing of the base comes after it."""
        change = self._next_change()
        untouched = change is None or (change[0] > subtree.last and not at_end)
        if untouched and self._builder.aligned(level):
            self._builder.add_subtree(subtree, level)
        else:
            self._known.add(subtree.hash)
            self._visit_node(self._nodes.load([subtree], level)[0], subtree, at_end=at_end)

    def _visit_node(self, node: Node, subtree: Subtree, *, at_end: bool) -> None:
        if isinstance(node, Leaf):
            for entry in overlay(node.entries, self._changes_until(subtree.last)):
                self._builder.add(entry)
        else:
            for child in node.children:
                self._visit(child, node.level - 1, at_end=at_end and child is node.children[-1])

    def _next_change(self) -> Change | None:
        if self._at == len(self._window):
            self._window, self._at = next(self._windows, []), 0
            self._prefetch()
        return self._window[self._at] if self._window else None

    def _changes_until(self, last: bytes | None) -> Iterator[Change]:
        while (change := self._next_change()) is not None and (last is None or change[0] <= last):
            self._at += 1
            yield change

    def _prefetch(self) -> None:
        """Fetch the nodes that the changes of this window will take apart, with one call of the reader per level."""
        keys = []
        for path, entry in self._window:
            if path <= self._before:
                raise ValueError("changes must ascend by path, each path once")
            self._before = path
            keys.append(path)
            if entry is None and self._shape.closed_levels(path):
                keys.append(path + b"\0")  # two nodes become one: the one after it is needed too
        if keys:
            self._nodes.descend(self._top, keys)

    def _below_single_parents(self, subtree: Subtree, level: int) -> Subtree:
        """The root, when the top was handed on whole: a level with one node has nothing above it."""
        while level:
            node = self._nodes.load([subtree], level)[0]
            if not isinstance(node, Inner) or len(node.children) > 1:
                break
            subtree, level = node.children[0], level - 1
        return subtree
