"""Rebuilding the metadata database from what a storage provider holds.

Packs list their blobs, large blobs are named by their hashes, cards and commit records say the rest.  What the database
has already stays as it is, so recovering twice changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select

from jupyter_gradient_data.blobs.hashing import HASH_SIZE
from jupyter_gradient_data.blobs.packs import TRAILER_SIZE, PackedBlob, footer_length, read_footer
from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import is_dataset_id, is_team_id, is_version_id
from jupyter_gradient_data.models import Action, Phase, Problem, RecoverReport, Thing, VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.layout import Layout
from jupyter_gradient_data.stores.objects import ObjectInfo, ObjectStore
from jupyter_gradient_data.stores.schema import datasets, tags, versions

from . import verify
from .cards import card_fault, record_fault
from .notices import note
from .repository import Repository, read_format
from .tree import windows

_GUESS = 256 * 1024  # bytes read from the end of a pack: holds the footer of nearly every one
_BATCH = 64  # packs or objects read before they are written to the database


def recover(repository: Repository, provider: str | None, progress: Progress, team: str | None = None) -> RecoverReport:
    """Bring back every committed version, tag, name and description that a provider holds.

    Parameters
    ----------
    repository : Repository
        Where they come back to.
    provider : str or None
        Storage provider, by id or name; the team's default when None.
    progress : Progress
        Told what was read.
    team : str, optional
        Whose data there; by default this team's, else that of the only one which has some.

    Raises
    ------
    NotFound
        The provider holds nothing of ours.
    Conflict
        It holds another team's data, and this database has datasets already.
    """
    row = repository.providers.row(provider)
    objects = repository.blobs(row.key).objects
    if team is None:
        team = _team_at(repository, row, objects)
    if team != repository.team:
        _adopt_team(repository, row, team)
    run = _Recovery(repository, row, progress)
    run.read_index()
    run.read_datasets()
    run.check_trees()
    progress.finish()
    return run.report()


def _team_at(repository: Repository, provider: Row[Any], objects: ObjectStore) -> str:
    """The team whose data lies at the provider: that of this database, or the only other one."""
    if read_format(objects, repository.layout):
        return repository.team
    found = [name for name in objects.folders() if is_team_id(name) and read_format(objects, Layout(name))]
    if not found:
        raise ErrorKind.NOTHING_TO_RECOVER(provider=provider.name)
    if len(found) > 1:
        raise ErrorKind.INVALID_OPTION(
            option="provider",
            value=provider.name,
            reason=f"it holds the data of several teams ({', '.join(sorted(found))})",
            hint="Say which with --team.",
        )
    return found[0]


def _adopt_team(repository: Repository, provider: Row[Any], team: str) -> None:
    """Make the team whose data lies at the provider that of this database."""
    with repository.database.read() as connection:
        has_datasets = connection.scalar(select(func.count()).select_from(datasets))
    if has_datasets:
        raise ErrorKind.RECOVER_NOT_EMPTY(provider=provider.name, team=team, other=repository.team)
    repository.adopt_team(team)


class _Recovery:
    """One run of `recover`."""

    def __init__(self, repository: Repository, provider: Row[Any], progress: Progress) -> None:
        self._repository = repository
        self._database = repository.database
        self._provider = provider
        self._blobs: BlobStore = repository.blobs(provider.key)
        self._progress = progress
        self._problems: list[Problem] = []
        self._datasets = self._versions = self._tags = self._blob_count = 0

    def report(self) -> RecoverReport:
        return RecoverReport(
            provider=self._provider.id,
            datasets=self._datasets,
            versions=self._versions,
            tags=self._tags,
            blobs=self._blob_count,
            problems=tuple(self._problems),
        )

    # --- blobs --------------------------------------------------------------------------------------------------------

    def read_index(self) -> None:
        """Rebuild the blob index from pack footers and the names of large blobs."""
        self._progress.start(Phase.RECOVERING)
        self._read_packs()
        self._read_large_blobs()

    def _read_packs(self) -> None:
        layout, index = self._blobs.layout, self._blobs.index
        known = {layout.pack(pack) for pack in index.all_packs()}
        unknown = (info for info in self._blobs.objects.list(layout.packs) if info.key not in known)
        named = (info for info in unknown if self._digest(info.key, lambda digest: layout.pack(digest.hex())))
        for batch in windows(named, _BATCH):
            for info, packed in zip(batch, self._blobs.each(self._footer, batch), strict=True):
                if packed:
                    pack = info.key.removeprefix(layout.packs)
                    with self._database.write() as connection:
                        index.record_blobs(connection, pack, info.size, packed, quota=False, replace=False)
                self._blob_count += len(packed)
                self._progress.advance(files=len(packed), bytes=info.size)

    def _read_large_blobs(self) -> None:
        layout, index = self._blobs.layout, self._blobs.index
        for batch in windows(self._blobs.objects.list(layout.blobs), _BATCH):
            digests = {digest: info.size for info in batch if (digest := self._digest(info.key, layout.blob))}
            known = index.find(list(digests))
            with self._database.write() as connection:
                for digest, size in digests.items():
                    if digest not in known:
                        index.record_object(connection, digest, size, quota=False)
            self._blob_count += len(digests.keys() - known.keys())
            self._progress.advance(files=len(batch), bytes=sum(info.size for info in batch))

    def _digest(self, key: str, name: Callable[[bytes], str]) -> bytes | None:
        """The hash that a key holds at its end; None when it is not one that ``name`` makes of a hash."""
        try:
            digest = bytes.fromhex(key.rpartition("/")[2])
        except ValueError:
            digest = b""
        if len(digest) == HASH_SIZE and name(digest) == key:
            return digest
        self._problems.append(Problem(key, "it is not named like a pack or blob", fatal=False))
        return None

    def _footer(self, info: ObjectInfo) -> list[PackedBlob]:
        objects = self._blobs.objects
        name = info.key.rpartition("/")[2]
        try:
            end = objects.get(info.key, max(0, info.size - _GUESS), info.size)
            length = footer_length(end[-TRAILER_SIZE:], name, objects.name) + TRAILER_SIZE
            if length > len(end):
                end = objects.get(info.key, max(0, info.size - length), info.size)
            return list(read_footer(end[-length:], name, info.size, objects.name))
        except GradientDataError as error:
            if error.kind is not ErrorKind.STORE_CORRUPT:
                raise
            self._problems.append(Problem(info.key, error.message, fatal=True))
            return []

    # --- datasets -----------------------------------------------------------------------------------------------------

    def read_datasets(self) -> None:
        """Rebuild datasets, versions and tags from cards and commit records."""
        listed = (info.key for info in self._blobs.objects.list(self._blobs.layout.datasets))
        named = ((key, parts) for key in listed if (parts := self._parts(key)) is not None)
        cards: dict[str, dict[str, Any]] = {}
        records: dict[str, list[dict[str, Any]]] = {}
        for batch in windows(named, _BATCH):
            documents = self._blobs.each(self._document, [key for key, _ in batch])
            for (key, (dataset_id, version)), document in zip(batch, documents, strict=True):
                fault = card_fault(document, dataset_id) if version is None else None
                if version is not None:
                    fault = record_fault(document, dataset_id, version)
                if fault is not None:
                    self._problems.append(Problem(key, fault, fatal=True))
                elif version is None:
                    cards[dataset_id] = document
                else:
                    records.setdefault(dataset_id, []).append(document)
        for dataset_id in sorted({*cards, *records}):
            self._restore(dataset_id, cards.get(dataset_id, {}), records.get(dataset_id, []))

    def _parts(self, key: str) -> tuple[str, str | None] | None:
        """The dataset and version that a key is named for (no version: a card); None for a stranger's."""
        layout = self._blobs.layout
        dataset_id, _, rest = key.removeprefix(layout.datasets).partition("/")
        version = rest.removeprefix("versions/").removesuffix(".json")
        if is_dataset_id(dataset_id) and key == layout.card(dataset_id):
            return dataset_id, None
        if is_dataset_id(dataset_id) and is_version_id(version) and key == layout.record(dataset_id, version):
            return dataset_id, version
        return None

    def _document(self, key: str) -> Any:
        try:
            return json.loads(self._blobs.objects.get(key))
        except (ValueError, RecursionError):
            return None

    def _restore(self, dataset_id: str, card: dict[str, Any], records: list[dict[str, Any]]) -> None:
        before = self._datasets, self._versions, self._tags
        with self._database.write() as connection:
            self._restore_dataset(connection, dataset_id, card, records)
            trashed = card.get("trashed_versions", {})
            for record in sorted(records, key=itemgetter("created", "number")):  # rows are listed as they were made
                self._restore_version(connection, dataset_id, record, trashed.get(record["version"]))
            for name, tag in card.get("tags", {}).items():
                self._restore_tag(connection, dataset_id, name, tag)
            if (self._datasets, self._versions, self._tags) != before:
                note(connection, self._repository.team, Thing.DATASET, dataset_id, Action.RESTORED)

    def _restore_dataset(
        self, connection: Connection, dataset_id: str, card: dict[str, Any], records: list[dict[str, Any]]
    ) -> None:
        if connection.scalar(select(datasets.c.id).where(datasets.c.id == dataset_id)):
            return
        oldest = min((record["created"] for record in records), default=0)
        newest = max((record["committed"] for record in records), default=0)  # a commit does not write the card
        row = {
            "id": dataset_id,
            "team_id": self._repository.team,
            "provider_key": self._provider.key,
            "name": self._free_name(connection, card.get("name", dataset_id)),
            "description": card.get("description", ""),
            "is_public": card.get("public", False),
            "commits": max((record["number"] for record in records), default=0),
            "card_revision": card.get("revision", 1),
            "card_written": card.get("revision", 0),
            "created": card.get("created", oldest),
            "modified": max(card.get("modified", oldest), newest),
            "trashed": card.get("trashed"),
        }
        connection.execute(insert(datasets), row)
        self._datasets += 1

    def _free_name(self, connection: Connection, name: str) -> str:
        for candidate in _candidates(name):
            taken = select(datasets.c.id).where(
                datasets.c.team_id == self._repository.team,
                datasets.c.name == candidate,
                datasets.c.trashed.is_(None),
            )
            if connection.scalar(taken) is None:
                return candidate
        raise AssertionError  # the candidates have no end

    def _restore_version(
        self, connection: Connection, dataset_id: str, record: dict[str, Any], trashed: int | None
    ) -> None:
        mine = (versions.c.dataset_id == dataset_id, versions.c.version == record["version"])
        if connection.scalar(select(versions.c.key).where(*mine)):
            return
        row = {
            "dataset_id": dataset_id,
            "version": record["version"],
            "state": VersionState.COMMITTED.value,
            "message": record["message"],
            "author": record["author"],
            "metadata": record["metadata"],
            "parent": record.get("parent"),
            "root": bytes.fromhex(record["root"]),
            "files": record["files"],
            "bytes": record["bytes"],
            "number": record["number"],
            "created": record["created"],
            "modified": record["committed"],
            "committed": record["committed"],
            "trashed": trashed,
        }
        connection.execute(insert(versions), row)
        self._versions += 1

    def _restore_tag(self, connection: Connection, dataset_id: str, name: str, tag: dict[str, Any]) -> None:
        if connection.scalar(select(tags.c.name).where(tags.c.dataset_id == dataset_id, tags.c.name == name)):
            return
        mine = (versions.c.dataset_id == dataset_id, versions.c.version == tag["version"])
        key = connection.scalar(select(versions.c.key).where(*mine))
        if key is None:
            self._problems.append(Problem(f"{dataset_id}:{name}", f"its version {tag['version']} is gone", fatal=True))
            return
        row = {"dataset_id": dataset_id, "name": name, "version_key": key}
        connection.execute(insert(tags), {**row, "created": tag["created"], "modified": tag["modified"]})
        self._tags += 1

    # --- what is still missing ----------------------------------------------------------------------------------------

    def check_trees(self) -> None:
        """Name the versions and files whose content the store does not have any more."""
        committed = (
            select(versions)
            .join(datasets)
            .where(datasets.c.provider_key == self._provider.key, versions.c.state == VersionState.COMMITTED.value)
        )
        with self._database.read() as connection:
            rows = connection.execute(committed.order_by(versions.c.key)).all()
        self._problems += verify.check_trees(self._repository, self._provider.key, rows, self._progress)


def _candidates(name: str) -> Iterator[str]:
    yield name
    yield f"{name} (recovered)"
    count = 2
    while True:
        yield f"{name} (recovered {count})"
        count += 1
