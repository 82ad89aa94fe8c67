"""A place for tree nodes in memory that counts what is asked of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import zstandard

from jupyter_gradient_data.datasets.nodes import node_hash


class MemoryNodes:
    """Implements `NodeReader` and `NodeWriter`.

    Attributes
    ----------
    data : dict
        Bytes of each node by its hash.
    calls : int
        How often `read_nodes` was called: round trips to a real store.
    read, written : list of bytes
        Hashes of the nodes, in the order they were asked for.
    """

    name = "memory"

    def __init__(self, data: Iterable[bytes] = ()) -> None:
        self.data = {node_hash(node): node for node in data}
        self.calls = 0
        self.read: list[bytes] = []
        self.written: list[bytes] = []

    def read_nodes(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        assert len(set(hashes)) == len(hashes), "a node was asked for twice in one call"
        self.calls += 1
        self.read += hashes
        return {node: self.data[node] for node in hashes if node in self.data}

    def write_node(self, data: bytes) -> bytes:
        node = node_hash(data)
        self.data[node] = data
        self.written.append(node)
        return node

    def reset(self) -> None:
        """Begin counting anew."""
        self.calls, self.read, self.written = 0, [], []

    def stored_bytes(self, hashes: Iterable[bytes]) -> int:
        """What these nodes take in a store that compresses each one when that pays."""
        compressor = zstandard.ZstdCompressor(level=3, write_checksum=False)
        return sum(min(len(data), len(compressor.compress(data))) for data in map(self.data.__getitem__, hashes))
