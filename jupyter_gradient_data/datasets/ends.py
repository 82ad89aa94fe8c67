"""The two ends of a transfer: what a put needs of the version it goes into, and a get of the one it comes from.

`local_ends` has both for a version of this process's own database; the remote service has both for one on a server.
`uploads` and `downloads` do the rest, once for all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Protocol

from jupyter_gradient_data.blobs.packs import Pack
from jupyter_gradient_data.blobs.room import Room

from .nodes import Entry


class LargeContent(Protocol):
    """The bytes of a large file; iterating starts from the beginning each time."""

    def __iter__(self) -> Iterator[bytes]:
        """All pieces."""
        ...

    def start_at(self, offset: int) -> Iterator[bytes]:
        """What follows the first ``offset`` bytes."""
        ...

    def changed(self) -> Exception:
        """The error to raise when the bytes are not those that were hashed."""
        ...


class Inbox(Protocol):
    """An uncommitted version, as one put sees it; every method may be called again after it failed.

    Attributes
    ----------
    files_at_once : int
        How many files one `offer` should be about: more where each takes its time.
    """

    files_at_once: int

    def begin(self, source: str, target: str) -> Room:
        """Announce the put: until `end` the version refuses to commit.

        Parameters
        ----------
        source, target : str
            Where files come from and go to; a later put of the same fulfils this one.
        """
        ...

    def expect(self, files: int) -> None:
        """Make ready for so many files."""
        ...

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Which contents need not be sent."""
        ...

    def offer(self, entries: Sequence[Entry]) -> list[Entry]:
        """Put files whose content is there already; returns those whose content must be sent."""
        ...

    def send_pack(self, pack: Pack, entries: Sequence[Entry]) -> None:
        """Send small contents and put the files that have them."""
        ...

    def send_large(self, entry: Entry, content: LargeContent) -> None:
        """Send the content of a large file and put it."""
        ...

    def end(self) -> None:
        """All has arrived."""
        ...


Parcel = Callable[[], Iterator[tuple[bytes, bytes]]]
"""Small contents that have been fetched; calling it yields each hash with its content, verified."""


class Outbox(Protocol):
    """A version, as one get sees it."""

    @property
    def reference(self) -> str:
        """``<dataset>:<version>``."""
        ...

    def totals(self) -> tuple[int, int] | None:
        """How many files and bytes the version has; None when that would have to be counted."""
        ...

    def entries(self, start: bytes = b"", end: bytes | None = None) -> Iterator[Entry]:
        """Files with ``start <= path < end`` in ascending order."""
        ...

    def find(self, path: bytes) -> Entry | None:
        """The file at a path, or None."""
        ...

    def expect(self, files: int) -> None:
        """Make ready for so many files."""
        ...

    def contents(self, entries: Sequence[Entry]) -> tuple[Iterable[Parcel], list[Entry]]:
        """Small contents in parcels, fetched a little ahead of the reader; and the files that are to be streamed."""
        ...

    def stream(self, entry: Entry, also: Callable[[int, bytes], None]) -> Iterator[bytes]:
        """The pieces of a large file in order; ``also`` gets each as it arrives, with its place, from any thread.

        Raises
        ------
        StoreFailed
            After the last piece: they do not have the file's hash.
        """
        ...
