"""Tree nodes as blobs: read in batches through the blob store's cache, written into packs of their own."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_gradient_data.blobs.cache import BlobCache
from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.blobs.packs import PackBuilder, encode
from jupyter_gradient_data.blobs.store import NODES_GAP, BlobStore


class NodeStore:
    """Reads and writes the nodes of one provider's trees.

    Parameters
    ----------
    blobs : BlobStore
        Where nodes are.
    cache : BlobCache, optional
        Kept nodes; by default those that all readers of the blob store share.
    gap : int
        Unused bytes between two nodes that are worth reading to save a request.

    Notes
    -----
    Nodes are written into the store when a pack is full; call `flush` before anything refers to them.
    """

    def __init__(self, blobs: BlobStore, cache: BlobCache | None = None, gap: int = NODES_GAP) -> None:
        self._blobs = blobs
        self._gap = gap
        self._cache = blobs.cache if cache is None else cache
        self._builder = PackBuilder()

    @property
    def name(self) -> str:
        """The name of the store, for errors."""
        return self._blobs.objects.name

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Which of these nodes this provider has."""
        return set(self._blobs.index.find(hashes))

    def read_nodes(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        """Nodes by hash; those not in the cache come in as few requests as sensible."""
        found = self._cache.get(hashes)
        if missing := [node_hash for node_hash in hashes if node_hash not in found]:
            fetched = self._blobs.read_many(missing, self._gap)
            self._cache.add(fetched)
            found.update(fetched)
        return found

    def write_node(self, data: bytes) -> bytes:
        """Keep a node for the next pack; returns its hash."""
        node_hash = hash_bytes(data)
        self._cache.add({node_hash: data})
        if node_hash not in self._builder:
            self._builder.add(node_hash, len(data), *encode(data))
            if self._builder.is_full:
                self.flush()
        return node_hash

    def flush(self) -> None:
        """Send what was written since the last flush, and record it in the index."""
        if not len(self._builder):
            return
        pack = self._builder.finish()
        self._blobs.put_pack(pack)
        with self._blobs.index.transaction() as connection:
            # Past the quota as well: a version whose files fitted must not fail to commit for its few kilobytes.
            self._blobs.index.record_blobs(connection, pack.id, len(pack.data), pack.blobs, quota=False)
