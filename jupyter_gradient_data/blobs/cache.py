"""A little memory for blobs that are asked for again and again: tree nodes."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping


class BlobCache:
    """Keeps the blobs that were used last, up to a number of bytes.  May be used by several threads.

    Parameters
    ----------
    limit : int
        Bytes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._blobs: OrderedDict[bytes, bytes] = OrderedDict()
        self._size = 0

    def get(self, hashes: Iterable[bytes]) -> dict[bytes, bytes]:
        """Those of these blobs that are here."""
        with self._lock:
            found = {blob_hash: self._blobs[blob_hash] for blob_hash in hashes if blob_hash in self._blobs}
            for blob_hash in found:
                self._blobs.move_to_end(blob_hash)
        return found

    def add(self, blobs: Mapping[bytes, bytes]) -> None:
        """Keep blobs, given by their hashes; what was not used for longest goes."""
        with self._lock:
            for blob_hash, content in blobs.items():
                if blob_hash not in self._blobs:
                    self._blobs[blob_hash] = content
                    self._size += len(content)
            while self._size > self._limit:
                self._size -= len(self._blobs.popitem(last=False)[1])
