"""What takes how much, what deleting would free, and what nobody uses any more."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Row, select

from jupyter_gradient_data.blobs.index import StoredBlob
from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import DatasetUsage, DeletePreview, GarbageReport, Phase, Usage, VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.schema import datasets, providers

from .marking import Marker, kept_versions, used_blobs
from .references import find_dataset, find_version
from .repository import Repository

_SHARED = "(shared)"
_ORPHAN_AGE = 24 * 3600 * 1000  # milliseconds; a younger object may belong to an upload that is under way


def usage(repository: Repository, provider: str | None) -> tuple[Usage, ...]:
    """Usage of one provider, or of all."""
    rows = [repository.providers.row(provider)] if provider is not None else _all_providers(repository)
    return tuple(_provider_usage(repository, row) for row in rows)


def preview(repository: Repository, reference: str) -> DeletePreview:
    """What deleting a dataset, or one version, would remove and free."""
    parsed = Reference.parse(reference)
    with repository.database.read() as connection:
        if parsed.selector is None:
            dataset = find_dataset(connection, repository.team, parsed)
            chosen = None
        else:
            dataset, version = find_version(connection, repository.team, parsed)
            chosen = version.key
    kept = kept_versions(repository, dataset.provider_key)
    gone = [row for row in kept if row.dataset_id == dataset.id and chosen in (None, row.key)]
    keys = {row.key for row in gone}
    progress = Progress()
    freed = used_blobs(repository, dataset.provider_key, gone, progress)
    freed -= used_blobs(repository, dataset.provider_key, (row for row in kept if row.key not in keys), progress)
    thing = dataset.id if chosen is None else f"{dataset.id}:{gone[0].version}"
    files = sum(row.files or 0 for row in gone)
    return DeletePreview(thing, len(gone), files, _stored(repository.blobs(dataset.provider_key), freed))


def garbage(repository: Repository, provider: str | None, progress: Progress) -> GarbageReport:
    """What nothing uses: packs and large blobs without a user, and objects that an upload left behind when it died."""
    row = repository.providers.row(provider)
    blobs = repository.blobs(row.key)
    progress.start(Phase.SCANNING)
    used = used_blobs(repository, row.key, kept_versions(repository, row.key), progress)
    dead = _DeadBytes()
    for page in blobs.index.pages():
        progress.advance(len(page), sum(blob.length for blob in page))
        dead.add(page, used)
    packs = blobs.index.all_packs()
    whole = sorted(pack for pack in packs if pack not in dead.used_packs)
    partial = [pack for pack in dead.bytes_in_packs if pack in dead.used_packs]
    layout = blobs.layout
    known = {layout.pack(pack) for pack in packs} | {layout.blob(blob) for blob in dead.known_objects}
    orphans = {
        info.key: info.size
        for prefix in (layout.packs, layout.blobs)
        for info in blobs.objects.list(prefix)
        if info.key not in known and info.modified * 1000 < now() - _ORPHAN_AGE
    }
    keys = [*map(layout.pack, whole), *map(layout.blob, dead.objects), *orphans]
    return GarbageReport(
        packs=len(whole) + sum(key.startswith(layout.packs) for key in orphans),
        objects=len(dead.objects) + sum(key.startswith(layout.blobs) for key in orphans),
        bytes=sum(packs[pack] for pack in whole) + sum(dead.objects.values()) + sum(orphans.values()),
        partial_packs=len(partial),
        partial_bytes=sum(dead.bytes_in_packs[pack] for pack in partial),
        keys=tuple(sorted(keys)),
    )


class _DeadBytes:
    """Sums over the blob index of what is used and what is not."""

    def __init__(self) -> None:
        self.used_packs: set[str] = set()
        self.bytes_in_packs: dict[str, int] = {}
        self.objects: dict[bytes, int] = {}
        self.known_objects: set[bytes] = set()

    def add(self, page: Iterable[StoredBlob], used: set[bytes]) -> None:
        for blob_hash, pack, length in page:
            if pack is None:
                self.known_objects.add(blob_hash)
            if blob_hash in used:
                if pack is not None:
                    self.used_packs.add(pack)
            elif pack is None:
                self.objects[blob_hash] = length
            else:
                self.bytes_in_packs[pack] = self.bytes_in_packs.get(pack, 0) + length


def _all_providers(repository: Repository) -> list[Row[Any]]:
    query = select(providers).where(providers.c.team_id == repository.team).order_by(providers.c.name)
    with repository.database.read() as connection:
        return list(connection.execute(query).all())


def _provider_usage(repository: Repository, provider: Row[Any]) -> Usage:
    query = select(datasets).where(datasets.c.provider_key == provider.key, datasets.c.trashed.is_(None))
    with repository.database.read() as connection:
        rows = connection.execute(query.order_by(datasets.c.name)).all()
    kept = kept_versions(repository, provider.key)
    exclusive = _exclusive_bytes(repository, provider.key, kept) if rows else {}
    found = []
    for row in rows:
        committed = [
            version
            for version in kept
            if version.dataset_id == row.id and version.state == VersionState.COMMITTED.value and not version.trashed
        ]
        found.append(
            DatasetUsage(
                dataset=row.id,
                name=row.name,
                versions=len(committed),
                files=sum(version.files for version in committed),
                logical_bytes=sum(version.bytes for version in committed),
                exclusive_bytes=exclusive.get(row.id, 0),
            )
        )
    return Usage(
        provider=provider.id,
        provider_name=provider.name,
        stored_bytes=provider.used_bytes,
        quota_bytes=provider.quota_bytes,
        logical_bytes=sum(item.logical_bytes for item in found),
        datasets=tuple(found),
    )


def _exclusive_bytes(repository: Repository, provider_key: int, kept: list[Row[Any]]) -> dict[str, int]:
    """Stored bytes that only one dataset uses, per dataset."""
    owners: dict[bytes, str] = {}
    by_dataset: dict[str, list[Row[Any]]] = {}
    for version in kept:
        by_dataset.setdefault(version.dataset_id, []).append(version)
    for dataset_id, some in by_dataset.items():
        marker = Marker(repository, provider_key, Progress())  # anew: datasets may share whole trees
        for version in some:
            for blob in marker.new_blobs(version):
                if owners.setdefault(blob, dataset_id) != dataset_id:
                    owners[blob] = _SHARED
    totals: dict[str, int] = {}
    for page in repository.blobs(provider_key).index.pages():
        for blob_hash, _, length in page:
            owner = owners.get(blob_hash, _SHARED)
            totals[owner] = totals.get(owner, 0) + length
    return totals


def _stored(blobs: BlobStore, hashes: set[bytes]) -> int:
    return sum(place.length for place in blobs.index.find(sorted(hashes)).values())
