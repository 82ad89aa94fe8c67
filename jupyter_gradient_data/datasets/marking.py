"""Which blobs are in use: the common ground of usage, deletion previews and garbage collection."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Row, or_, select

from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.schema import datasets, versions

from . import staging
from .node_store import NodeStore
from .nodes import Leaf
from .repository import Repository
from .tree import new_nodes

DAY = 24 * 3600 * 1000  # milliseconds


def kept_versions(repository: Repository, provider_key: int) -> list[Row[Any]]:
    """All versions at a provider whose content must stay: also those in the trash, until their time is over."""
    expired = now() - repository.config.trash_days * DAY
    query = select(versions, datasets.c.provider_key, datasets.c.name.label("dataset_name"))
    query = query.join(datasets, versions.c.dataset_id == datasets.c.id).where(
        datasets.c.provider_key == provider_key,
        or_(datasets.c.trashed.is_(None), datasets.c.trashed > expired),
        or_(versions.c.trashed.is_(None), versions.c.trashed > expired),
    )
    with repository.database.read() as connection:
        return list(connection.execute(query.order_by(versions.c.key)).all())


class Marker:
    """Goes over the trees of versions at one provider; what versions share is read once."""

    def __init__(self, repository: Repository, provider_key: int, progress: Progress) -> None:
        self._repository = repository
        self._nodes = NodeStore(repository.blobs(provider_key))
        self._progress = progress
        self._seen: set[bytes] = set()

    def new_blobs(self, version: Row[Any]) -> Iterator[bytes]:
        """Blobs of a version, nodes and files, from the parts of its tree that no version before it had."""
        committed = version.state == VersionState.COMMITTED.value
        root = version.root if committed else version.base_root
        if root is not None:
            for node_hash, node in new_nodes(self._nodes, root, self._seen):
                self._progress.check()
                yield node_hash
                if isinstance(node, Leaf):
                    yield from (entry.hash for entry in node.entries)
        if not committed:
            for _, entry in staging.staged_changes(self._repository.database, version.key):
                if entry is not None:
                    yield entry.hash


def used_blobs(repository: Repository, provider_key: int, kept: Iterable[Row[Any]], progress: Progress) -> set[bytes]:
    """Hashes of all blobs that these versions use."""
    marker = Marker(repository, provider_key, progress)
    return {blob for version in kept for blob in marker.new_blobs(version)}
