"""The object store protocol: named byte strings, and nothing about what they mean.

`LocalStore` and `S3Store` implement it; retry, concurrency limit and metrics are wrappers of the same protocol.  One
contract suite runs over all of them (``tests/contract/test_objects.py``).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

Bytes = bytes | bytearray | memoryview


@dataclass(frozen=True, slots=True)
class ObjectInfo:
    """What is known of an object without reading it: its key, size in bytes, and time of writing (POSIX seconds)."""

    key: str
    size: int
    modified: float


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a store can do beyond reading and writing; probed when a provider is added.

    Parameters
    ----------
    conditional_put : bool
        ``put_if_absent`` has one winner among any number of writers.  Without it, it looks first and then writes.
    checksums : bool
        The store itself refuses a write whose bytes do not match the checksum sent along.
    ordered_list : bool
        A flat listing comes in bytewise order of the keys.  Without it, `list` asks folder by folder and sorts.
    """

    conditional_put: bool = True
    checksums: bool = True
    ordered_list: bool = True


class ObjectStore(Protocol):
    """Keys are ``/``-separated relative paths of ASCII characters.  All methods may be called from any thread.

    Every method raises `StoreFailed`, `Denied` or `NotFound` with a sentence that names the store; no SDK exception
    leaves an implementation.
    """

    @property
    def name(self) -> str:
        """How to call this store in a sentence, for example ``bucket data at https://…``."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """What the store can do."""
        ...

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes ``start <= i < end`` of an object (all of it by default), in one request.

        Raises
        ------
        NotFound
            There is no such object.
        StoreFailed
            Fewer bytes than asked for came back, or the store failed.
        """
        ...

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same bytes in pieces of at most 8 MiB, without holding more than a few of them in memory."""
        ...

    def put(self, key: str, data: Bytes) -> None:
        """Write an object, durably and with a checksum that the store verifies; replaces what was there."""
        ...

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """Write an object unless the key exists; returns whether it was written."""
        ...

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """Write a large object of ``size`` bytes piece by piece (multipart where the store has it).

        Nothing becomes visible under ``key`` before the last piece has arrived; when ``chunks`` raises, or yields
        another number of bytes than ``size`` (`StoreFailed`), the upload is given up and its pieces are removed.
        """
        ...

    def adopt(self, key: str, file: Path) -> bool:
        """Make a local file the object without copying its bytes, durably; False where that is not possible.

        Nobody may write to the file any more, ever; it may be removed.
        """
        ...

    def local_file(self, key: str) -> Path | None:
        """Where an object is as a file of this machine, whether it exists or not; None for other stores.

        The file may be read in place and hard linked, but never written to: all links share its bytes.
        """
        ...

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none."""
        ...

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose keys start with ``prefix`` (a plain string prefix), in bytewise order of their keys."""
        ...

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The names, in order, of the folders directly in a folder; some may hold no object any more.

        ``prefix`` is that folder, ending with ``/``; empty for the top.
        """
        ...

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        ...


def size_mismatch(store: str, key: str, given: int, size: int) -> GradientDataError:
    """The error of an upload of ``size`` bytes whose pieces turned out to be ``given`` bytes, or more than that."""
    more = "at least " if given > size else ""
    reason = f"{more}{given:,} bytes were given where {size:,} were announced"
    return ErrorKind.UPLOAD_SIZE(store=store, key=key, reason=reason)
