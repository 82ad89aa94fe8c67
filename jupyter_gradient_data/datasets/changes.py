"""What differs between two versions."""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from operator import itemgetter

from jupyter_gradient_data.models import Change, ChangeKind, ChangeSummary, Page

from . import staging
from .diff import Difference, diff
from .files import VersionFiles, path_after
from .node_store import NodeStore
from .nodes import Entry
from .references import find_parent
from .repository import Repository
from .tree import windows

_WINDOW = 1000  # staged paths that are looked up together
_path = itemgetter(0)


def page(repository: Repository, old: str, new: str, limit: int, after: str | None) -> Page[Change]:
    """Files that differ between two versions, by path; either may be uncommitted."""
    before, now = VersionFiles.open(repository, old), VersionFiles.open(repository, new)
    found = _differences(before, now, path_after(after))
    items = tuple(_to_change(*item) for item in islice(found, limit + 1))
    return Page(items[:limit], items[limit - 1].path if len(items) > limit else None)


def summarize(repository: Repository, reference: str, old: str | None) -> ChangeSummary:
    """How much a version changes against another one, by default against the one it started from.

    Raises
    ------
    NotFound
        There is no such version; also when the one that it started from is gone for good.
    """
    now = VersionFiles.open(repository, reference)
    before = _parent(now) if old is None else VersionFiles.open(repository, old)
    if before is None:
        files, size = _counts(now)
        return ChangeSummary(files, 0, 0, size, 0)
    added = removed = changed = bytes_added = bytes_removed = 0
    for _, was, is_now in _differences(before, now, b""):
        added += was is None
        removed += is_now is None
        changed += was is not None and is_now is not None
        bytes_added += is_now.size if is_now is not None else 0
        bytes_removed += was.size if was is not None else 0
    return ChangeSummary(added, removed, changed, bytes_added, bytes_removed)


def _parent(files: VersionFiles) -> VersionFiles | None:
    with files.repository.database.read() as connection:
        found = find_parent(connection, files.repository.team, files.version)
    return None if found is None else VersionFiles(files.repository, *found)


def _counts(files: VersionFiles) -> tuple[int, int]:
    """Number of files and bytes of a version that began empty."""
    if files.is_committed:
        return files.version.files, files.version.bytes
    with files.repository.database.read() as connection:
        return staging.counts(connection, files.version.key)


def _differences(old: VersionFiles, new: VersionFiles, start: bytes) -> Iterator[Difference]:
    """What differs from path ``start`` on, in ascending order; no more is read than differs or is staged."""
    same_provider = old.dataset.provider_key == new.dataset.provider_key
    trees = diff(old.nodes if same_provider else _Either(old.nodes, new.nodes), old.base, new.base, start)
    if old.is_committed and new.is_committed:
        return trees
    both = heapq.merge(_at_staged_paths(old, new, start), trees, key=_path)
    firsts = (next(same_path) for _, same_path in groupby(both, key=_path))  # what is staged goes before the trees
    return ((path, was, is_now) for path, was, is_now in firsts if was != is_now)


def _at_staged_paths(old: VersionFiles, new: VersionFiles, start: bytes) -> Iterator[Difference]:
    """Every path that is staged on either side, with what is there on both; it may be the same."""
    staged = heapq.merge(*(files.staged(start) for files in (old, new) if not files.is_committed), key=_path)
    for paths in windows((path for path, _ in groupby(staged, key=_path)), _WINDOW):
        before, now = old.find_many(paths), new.find_many(paths)
        yield from ((path, before.get(path), now.get(path)) for path in paths)


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
