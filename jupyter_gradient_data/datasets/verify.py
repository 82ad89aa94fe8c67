"""Checking that what is committed is whole, and that the store can rebuild the database."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Row, select, update

from jupyter_gradient_data.blobs.cache import BlobCache
from jupyter_gradient_data.blobs.store import FILES_GAP, BlobStore, plan_spans
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Phase, Problem, VerifyReport, VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.schema import datasets, versions

from . import staging
from .cards import make_card, make_record, mark_changed, to_json, write_card
from .node_store import NodeStore
from .nodes import Entry, Leaf
from .paths import show_path
from .references import find_dataset, find_version
from .repository import Repository, read_format
from .tree import new_nodes, summary, windows

_BATCH = 5000
_CACHE = 1024 * 1024  # bytes of tree nodes kept
_MOST_PROBLEMS = 1000  # more do not help anybody; the first ones say what is wrong
_DAMAGE = (ErrorKind.STORE_CORRUPT, ErrorKind.OBJECT_NOT_FOUND)


def verify(repository: Repository, reference: str | None, read_data: bool, progress: Progress) -> VerifyReport:
    """Check one version, one dataset or all; ``read_data`` reads and hashes every byte."""
    dataset_rows, version_rows = _chosen(repository, reference)
    run = _Verification(repository, read_data, progress)
    progress.start(Phase.VERIFYING, files=sum(row.files or 0 for row in version_rows))
    for dataset in dataset_rows:
        run.check_dataset(dataset, [row for row in version_rows if row.dataset_id == dataset.id])
    progress.finish()
    return run.report(len(dataset_rows), len(version_rows))


def check_trees(
    repository: Repository, provider_key: int, version_rows: Sequence[Row[Any]], progress: Progress
) -> tuple[Problem, ...]:
    """What is wrong with the trees of committed versions at a provider; reads no content and writes nothing."""
    run = _Verification(repository, False, progress)
    for row in version_rows:
        run.check_tree(row, provider_key)
    return run.report(0, len(version_rows)).problems


def read_version(repository: Repository, dataset: Row[Any], version: Row[Any], progress: Progress) -> VerifyReport:
    """Read and hash every byte of a committed version at its provider, past all caches; a problem names its file."""
    run = _Verification(repository, True, progress)
    run.check_tree(version, dataset.provider_key)
    return run.report(1, 1)


def _chosen(repository: Repository, reference: str | None) -> tuple[list[Row[Any]], list[Row[Any]]]:
    with repository.database.read() as connection:
        mine = select(datasets).where(datasets.c.team_id == repository.team)
        if reference is None:
            owners = list(connection.execute(mine.order_by(datasets.c.name)).all())
        else:
            parsed = Reference.parse(reference)
            if parsed.selector is not None:
                dataset, version = find_version(connection, repository.team, parsed)
                return [dataset], [version]
            owners = [find_dataset(connection, repository.team, parsed)]
        ids = [row.id for row in owners]
        found = connection.execute(select(versions).where(versions.c.dataset_id.in_(ids)).order_by(versions.c.key))
        return owners, list(found.all())


class _Verification:
    """One run of `verify`."""

    def __init__(self, repository: Repository, read_data: bool, progress: Progress) -> None:
        self._repository = repository
        self._read_data = read_data
        self._progress = progress
        self._problems: list[Problem] = []
        self._places: dict[int, _Place] = {}
        self._files = 0

    def report(self, dataset_count: int, version_count: int) -> VerifyReport:
        places = self._places.values()
        return VerifyReport(
            datasets=dataset_count,
            versions=version_count,
            files=self._files,
            blobs=sum(place.blobs_checked for place in places),
            bytes_read=sum(place.bytes_read for place in places),
            problems=tuple(self._problems[:_MOST_PROBLEMS]),
        )

    def check_dataset(self, dataset: Row[Any], rows: list[Row[Any]]) -> None:
        place = self._place(dataset.provider_key)
        self._check_card(dataset, place)
        for version in rows:
            if version.state == VersionState.COMMITTED.value:
                self._check_record(version, place)
                self.check_tree(version, dataset.provider_key)
            else:
                self._check_staged(version, place)

    def _place(self, provider_key: int) -> _Place:
        if provider_key not in self._places:
            place = _Place(self._repository.blobs(provider_key).uncached(), self._progress)
            if not read_format(place.blobs.objects, self._repository.layout):
                self._add(place.blobs.objects.name, "it has no format marker", fatal=False)
            self._places[provider_key] = place
        return self._places[provider_key]

    def _check_card(self, dataset: Row[Any], place: _Place) -> None:
        """The card says what the database says; a change that was killed before writing it is made good here."""
        write_card(self._repository, dataset.id)
        key = self._repository.layout.card(dataset.id)
        with self._repository.database.read() as connection:
            row = connection.execute(select(datasets).where(datasets.c.id == dataset.id)).one()
            expected = to_json(make_card(connection, row))
        if place.content(key) == expected:
            return
        with self._repository.database.write() as connection:
            mark_changed(connection, dataset.id)
            connection.execute(update(datasets).where(datasets.c.id == dataset.id).values(card_written=0))
        write_card(self._repository, dataset.id)

    def _check_record(self, version: Row[Any], place: _Place) -> None:
        """The same for the commit record."""
        key = self._repository.layout.record(version.dataset_id, version.version)
        record = to_json(make_record(version, version.root, version.files, version.bytes))
        if place.content(key) != record:
            place.blobs.objects.put(key, record)

    def check_tree(self, version: Row[Any], provider_key: int) -> None:
        """All nodes of a committed version are there and fit together, and the content of its files is there."""
        name = f"{version.dataset_id}:{version.version}"
        place = self._place(provider_key)
        files = size = 0
        try:
            for batch in windows(place.new_entries(version.root), _BATCH):
                self._check_entries(name, batch, place, fatal=True)
                files, size = files + len(batch), size + sum(entry.size for entry in batch)
            counted = place.total(version.root)
        except GradientDataError as error:
            if error.kind not in _DAMAGE:
                raise
            self._add(name, f"its tree is damaged: {error.message}", fatal=True)
            return
        if counted != (version.files, version.bytes):
            self._add(name, "its tree holds another number of files or bytes than its record says", fatal=True)
        self._files += files

    def _check_staged(self, version: Row[Any], place: _Place) -> None:
        name = f"{version.dataset_id}:{version.version}"
        changes = staging.staged_changes(self._repository.database, version.key)
        for batch in windows((entry for _, entry in changes if entry is not None), _BATCH):
            self._check_entries(name, batch, place, fatal=False)
            self._files += len(batch)

    def _check_entries(self, name: str, entries: list[Entry], place: _Place, *, fatal: bool) -> None:
        absent = place.blobs.absent([(entry.hash, entry.size) for entry in entries], place.seen_keys)
        present = [entry for entry in entries if entry.hash not in absent]
        damaged = place.damaged(present) if self._read_data else {}
        if lost := absent | damaged.keys():
            place.blobs.index.distrust(lost)  # so that putting these files again mends them
        place.blobs_checked += len(entries)
        for entry in entries:
            if entry.hash in absent:
                self._add(f"{name} {show_path(entry.path)}", "its content is not in the store", fatal=fatal)
            elif entry.hash in damaged:
                self._add(f"{name} {show_path(entry.path)}", damaged[entry.hash], fatal=fatal)
        self._progress.advance(files=len(entries))

    def _add(self, thing: str, what: str, *, fatal: bool) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            self._problems.append(Problem(thing, what, fatal))


class _Place:
    """One provider: what was checked there already, so that what versions share is checked once."""

    def __init__(self, blobs: BlobStore, progress: Progress) -> None:
        self.blobs = blobs
        self.seen_keys: set[str] = set()
        self.blobs_checked = 0
        self.bytes_read = 0
        self._progress = progress
        self._nodes = NodeStore(
            blobs, BlobCache(_CACHE)
        )  # its own: what is kept from before may be gone from the store
        self._seen_nodes: set[bytes] = set()
        self._read: set[bytes] = set()

    def content(self, key: str) -> bytes | None:
        """A small object, or None when there is none."""
        try:
            return self.blobs.objects.get(key)
        except GradientDataError as error:
            if error.kind is ErrorKind.OBJECT_NOT_FOUND:
                return None
            raise

    def total(self, root: bytes) -> tuple[int, int]:
        """Files and bytes of a tree."""
        found = summary(self._nodes, root)
        return found.files, found.size

    def new_entries(self, root: bytes) -> Iterator[Entry]:
        """Files in the leaves of a tree that no tree before it had."""
        for _, node in new_nodes(self._nodes, root, self._seen_nodes):
            self.blobs_checked += 1
            if isinstance(node, Leaf):
                yield from node.entries

    def damaged(self, entries: list[Entry]) -> dict[bytes, str]:
        """Read the content of these files; what is wrong with those that are damaged."""
        wanted = {entry.hash for entry in entries} - self._read
        self._read |= wanted
        found: dict[bytes, str] = {}
        places = self.blobs.locate(sorted(wanted))
        small = [blob for blob, place in places.items() if place.pack is not None]
        try:
            for span, data in self.blobs.fetch(plan_spans(places, FILES_GAP)):
                self._progress.check()
                for _, content in self.blobs.open_span(span, data):
                    self._count(len(content))
        except GradientDataError as error:
            found.update(self._one_by_one(small, error))
        large = [blob for blob, place in places.items() if place.pack is None]
        found.update(self._one_by_one(large, None))
        return found

    def _one_by_one(self, hashes: list[bytes], error: GradientDataError | None) -> dict[bytes, str]:
        """Which of these blobs are damaged, each read alone."""
        if error is not None and error.kind not in _DAMAGE:
            raise error
        found: dict[bytes, str] = {}
        for blob in hashes:
            try:
                for chunk in self.blobs.stream(blob):
                    self._count(len(chunk))
            except GradientDataError as damage:
                if damage.kind not in _DAMAGE:
                    raise
                found[blob] = damage.message
        return found

    def _count(self, size: int) -> None:
        self.bytes_read += size
        self._progress.advance(bytes=size)
