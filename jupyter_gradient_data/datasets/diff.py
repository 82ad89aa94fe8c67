"""Comparing two trees: whatever has the same hash on both sides is never opened."""

from __future__ import annotations

from collections.abc import Iterator

from .nodes import Entry, Inner, Leaf, Subtree
from .tree import NodeReader, Nodes, entries_between

Difference = tuple[bytes, Entry | None, Entry | None]
"""A path with the file on the old and on the new side; None where there is none."""


def diff(reader: NodeReader, old: bytes, new: bytes, start: bytes = b"") -> Iterator[Difference]:
    """The files from path ``start`` on that differ between two trees, in ascending order of their paths.

    Memory holds what is known of the differing leaves, not the leaves: some 10 MB for a million files that all differ.

    Raises
    ------
    StoreFailed
        A node is missing or damaged.
    """
    if old == new:
        return
    nodes = Nodes(reader)
    tops = nodes.tops([old, new])
    sides = [[top.summary(root)] for top, root in zip(tops, (old, new), strict=True)]
    levels = [top.level for top in tops]
    while top_level := max(levels):
        # Both sides in one call of the reader, the taller one alone until they are level.
        opened = [sides[side] if levels[side] == top_level else [] for side in (0, 1)]
        loaded = nodes.load(opened[0] + opened[1], top_level)
        below = [_children(loaded[: len(opened[0])]), _children(loaded[len(opened[0]) :])]
        for side in (0, 1):
            if levels[side] == top_level:
                sides[side], levels[side] = below[side], top_level - 1
        same = {subtree.hash for subtree in sides[0]} & {subtree.hash for subtree in sides[1]}
        sides = [
            [subtree for subtree in subtrees if subtree.hash not in same and subtree.last >= start]
            for subtrees in sides
        ]
    yield from differences(_entries(nodes, sides[0], start), _entries(nodes, sides[1], start))


def _children(nodes: list[Inner | Leaf]) -> list[Subtree]:
    return [child for node in nodes if isinstance(node, Inner) for child in node.children]


def _entries(nodes: Nodes, leaves: list[Subtree], start: bytes) -> Iterator[Entry]:
    stored = [leaf for leaf in leaves if leaf.files]  # the empty tree's leaf need not be in the store
    return (entry for leaf in nodes.leaves(stored) for entry in entries_between(leaf, start))


def differences(old: Iterator[Entry], new: Iterator[Entry]) -> Iterator[Difference]:
    """What differs between two sequences of files that ascend by path."""
    before, after = next(old, None), next(new, None)
    while before is not None or after is not None:
        if after is None or (before is not None and before.path < after.path):
            assert before is not None  # noqa: S101 - the loop's condition
            yield before.path, before, None
            before = next(old, None)
        elif before is None or after.path < before.path:
            yield after.path, None, after
            after = next(new, None)
        else:
            if before != after:
                yield after.path, before, after
            before, after = next(old, None), next(new, None)
