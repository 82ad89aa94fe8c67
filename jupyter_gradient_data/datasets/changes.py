"""What differs between two versions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice

from jupyter_gradient_data.models import Change, ChangeKind, Page

from .diff import Difference, diff, differences
from .files import VersionFiles, path_after
from .node_store import NodeStore
from .nodes import Entry
from .repository import Repository


def page(repository: Repository, old: str, new: str, limit: int, after: str | None) -> Page[Change]:
    """Files that differ between two versions, by path; either may be uncommitted."""
    before, now = VersionFiles.open(repository, old), VersionFiles.open(repository, new)
    found = _differences(before, now, path_after(after))
    items = tuple(_to_change(*item) for item in islice(found, limit + 1))
    return Page(items[:limit], items[limit - 1].path if len(items) > limit else None)


def _differences(old: VersionFiles, new: VersionFiles, start: bytes) -> Iterator[Difference]:
    if old.is_committed and new.is_committed:
        same_provider = old.dataset.provider_key == new.dataset.provider_key
        return diff(old.nodes if same_provider else _Either(old.nodes, new.nodes), old.base, new.base, start)
    return differences(old.entries(start), new.entries(start))


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
