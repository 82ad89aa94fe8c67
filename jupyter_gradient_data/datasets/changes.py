"""What differs between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from jupyter_gradient_data.models import Change, ChangeKind, Page

from .diff import Difference, diff
from .files import VersionFiles
from .node_store import NodeStore
from .nodes import Entry
from .repository import Repository


def page(repository: Repository, old: str, new: str, limit: int, after: str | None) -> Page[Change]:
    """Files that differ between two versions, by path; either may be uncommitted."""
    before, now = VersionFiles.open(repository, old), VersionFiles.open(repository, new)
    position = after.encode() if after else None
    found = (item for item in _differences(before, now) if position is None or item[0] > position)
    items = tuple(_to_change(*item) for item in islice(found, limit + 1))
    return Page(items[:limit], items[limit - 1].path if len(items) > limit else None)


def _differences(old: VersionFiles, new: VersionFiles) -> Iterator[Difference]:
    if old.is_committed and new.is_committed:
        same_provider = old.dataset.provider_key == new.dataset.provider_key
        return diff(old.nodes if same_provider else _Either(old.nodes, new.nodes), old.base, new.base)
    return _compared(old.entries(), new.entries())


def _compared(old: Iterator[Entry], new: Iterator[Entry]) -> Iterator[Difference]:
    """The same from two sorted sequences of files."""
    left, right = next(old, None), next(new, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left.path < right.path):
            assert left is not None  # noqa: S101 - one of the two is not None
            yield left.path, left, None
            left = next(old, None)
        elif left is None or right.path < left.path:
            yield right.path, None, right
            right = next(new, None)
        else:
            if left != right:
                yield left.path, left, right
            left, right = next(old, None), next(new, None)


def _to_change(path: bytes, old: Entry | None, new: Entry | None) -> Change:
    kind = ChangeKind.ADDED if old is None else ChangeKind.REMOVED if new is None else ChangeKind.CHANGED
    return Change(
        kind=kind,
        path=path.decode(),
        old_size=old.size if old else None,
        new_size=new.size if new else None,
        old_hash=old.hash.hex() if old else None,
        new_hash=new.hash.hex() if new else None,
    )


class _Either:
    """Nodes of two trees that may lie at different providers."""

    def __init__(self, first: NodeStore, second: NodeStore) -> None:
        self._first = first
        self._second = second

    @property
    def name(self) -> str:
        return self._second.name

    def read_nodes(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        here = self._first.known(hashes)
        found = self._first.read_nodes([h for h in hashes if h in here])
        return found | self._second.read_nodes([h for h in hashes if h not in here])
