"""What lies directly in one folder: its files and sub-folders, without reading what is in the sub-folders.

`list_folder` stands on one thing only, a way to get entries from a given path on.  A committed version gives it
`folder_entries`; an uncommitted one wraps that in `merge.overlay`, with its staged files on top.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import NamedTuple

from .nodes import Entry, Leaf
from .tree import NodeReader, Nodes, Skipped, Walker, entries_between, walk_below

EntriesFrom = Callable[[bytes], Iterator[Entry]]
"""All entries whose path is the given one or comes after it, in ascending order."""


class Folder(NamedTuple):
    """A sub-folder; its path ends with ``/``."""

    path: bytes


def list_folder(
    entries_from: EntriesFrom, folder: bytes = b"", after: bytes = b"", limit: int | None = None
) -> Iterator[Entry | Folder]:
    """The files and sub-folders directly in a folder, in ascending order of their paths.

    Parameters
    ----------
    entries_from : callable
        Called once, and once more for each sub-folder, with ascending paths.
    folder : bytes
        Ends with ``/``; empty for the top.
    after : bytes
        The path of the last row of the page before, as it was given; empty for the first page.
    limit : int or None
        Most rows to give.
    """
    return islice(_rows(entries_from, folder, max(folder, _next_start(after))), limit)


def _rows(entries_from: EntriesFrom, folder: bytes, start: bytes) -> Iterator[Entry | Folder]:
    row: Entry | Folder | None = None
    while True:
        for entry in entries_from(start):
            if not entry.path.startswith(folder):
                return
            slash = entry.path.find(b"/", len(folder))
            if slash >= 0:
                row = Folder(entry.path[: slash + 1])
                yield row
                break
            yield entry
        else:
            return
        start = _next_start(row.path)


def _next_start(after: bytes) -> bytes:
    """The least path after a row and, if it is a folder, after all that it holds (``0`` is what follows ``/``)."""
    if not after:
        return b""
    return after[:-1] + b"0" if after.endswith(b"/") else after + b"\0"


def folder_entries(reader: NodeReader, root: bytes, folder: bytes = b"") -> EntriesFrom:
    """Entries of a tree for `list_folder`: reads ahead what the listing of ``folder`` will ask for, and nothing else.

    Calling it again ends the iterator that it gave before; the listing needs but one at a time.
    """
    return _FolderEntries(reader, root, folder)


class _FolderEntries:
    def __init__(self, reader: NodeReader, root: bytes, folder: bytes) -> None:
        self._nodes = Nodes(reader)
        self._top = self._nodes.tops([root])[0]
        self._folder = folder
        self._start: bytes | None = None
        self._pieces: Iterator[Leaf | Skipped] = iter(())
        self._piece: Leaf | Skipped | None = None

    def __call__(self, start: bytes) -> Iterator[Entry]:
        if self._start is None or start < self._start:
            end = self._folder[:-1] + b"0" if self._folder else None
            self._pieces = Walker(self._nodes, start, end, self._folder).below(self._top)
            self._piece = next(self._pieces, None)
        self._start = start
        while self._piece is not None and _last_path(self._piece) < start:
            self._piece = next(self._pieces, None)
        return self._entries(start)

    def _entries(self, start: bytes) -> Iterator[Entry]:
        while self._piece is not None:
            if isinstance(self._piece, Leaf):
                yield from entries_between(self._piece, start)
            else:
                # Only when all that the listing saw of this sub-folder was staged away: read on inside it.
                node = self._nodes.load([self._piece.subtree], self._piece.level)[0]
                yield from walk_below(self._nodes, node, start)
            self._piece = next(self._pieces, None)


def _last_path(piece: Leaf | Skipped) -> bytes:
    if isinstance(piece, Skipped):
        return piece.subtree.last
    return piece.entries[-1].path if piece.entries else b""
