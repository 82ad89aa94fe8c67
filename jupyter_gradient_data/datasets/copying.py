"""Copying a tree with all its content from one provider to another."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jupyter_gradient_data.blobs.packs import PackBuilder, encode
from jupyter_gradient_data.blobs.store import FILES_GAP, BlobStore
from jupyter_gradient_data.errors import ErrorKind

from .node_store import NodeStore
from .nodes import Leaf
from .repository import Repository
from .tree import new_nodes, windows

_BATCH = 1000


def copy_tree(repository: Repository, source_key: int, target_key: int, root: bytes) -> None:
    """Make all nodes and files of a tree available at another provider; what is there already is not sent.

    Parameters
    ----------
    repository : Repository
        The team's data.
    source_key, target_key : int
        Provider rows.
    root : bytes
        The tree's root.
    """
    source, target = repository.blobs(source_key), repository.blobs(target_key)
    for batch in windows(_hashes(source, root), _BATCH):
        known = target.index.known(batch)
        _copy(source, target, [blob for blob in dict.fromkeys(batch) if blob not in known])


def _hashes(source: BlobStore, root: bytes) -> Iterator[bytes]:
    """Files before the nodes that name them, so that an interrupted copy leaves no node without its files."""
    nodes = []
    for node_hash, node in new_nodes(NodeStore(source), root, set()):
        nodes.append(node_hash)
        if isinstance(node, Leaf):
            yield from (entry.hash for entry in node.entries)
    yield from nodes


def _copy(source: BlobStore, target: BlobStore, hashes: Sequence[bytes]) -> None:
    places = source.locate(hashes)
    target.index.check_room(sum(place.length for place in places.values()))
    builder = PackBuilder()
    small = [blob for blob in hashes if places[blob].pack is not None]
    for batch in windows(small, _BATCH // 4):
        for blob, content in source.read_many(batch, FILES_GAP).items():
            builder.add(blob, len(content), *encode(content))
            if builder.is_full:
                _send(target, builder)
    _send(target, builder)
    for blob in hashes:
        if places[blob].pack is None:
            _copy_large(source, target, blob, places[blob].size)


def _send(target: BlobStore, builder: PackBuilder) -> None:
    if len(builder):
        pack = builder.finish()
        target.put_pack(pack)
        with target.index.transaction() as connection:
            target.index.record_pack(connection, pack)


def _copy_large(source: BlobStore, target: BlobStore, blob: bytes, size: int) -> None:
    def damaged() -> Exception:
        return ErrorKind.STORE_CORRUPT(
            thing=f"blob {blob.hex()}", store=source.objects.name, reason="its content does not have this hash"
        )

    target.put_large(blob, _Stream(source, blob), size, damaged)
    with target.index.transaction() as connection:
        target.index.record_object(connection, blob, size)


class _Stream:
    """A blob's bytes, from the beginning each time it is iterated."""

    def __init__(self, source: BlobStore, blob: bytes) -> None:
        self._source = source
        self._blob = blob

    def __iter__(self) -> Iterator[bytes]:
        return self._source.stream(self._blob)
