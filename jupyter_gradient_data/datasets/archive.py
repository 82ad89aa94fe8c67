"""A folder of a version as a ZIP file, made while it is read: each file verified, little of it in memory.

Whatever goes wrong on the way raises, and the file then has no directory at its end: nobody takes it for whole.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import closing
from itertools import groupby
from typing import NamedTuple

from jupyter_gradient_data.blobs.packs import SMALL_BLOB, Encoding
from jupyter_gradient_data.blobs.store import FILES_GAP, plan_spans
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.providers import as_time

from .files import VersionFiles, folder_end, folder_path
from .nodes import Entry
from .paths import show_path
from .repository import Repository
from .zipping import ZipStream

_WINDOW = 8 * 1024 * 1024  # bytes of small files fetched together
_WINDOW_FILES = 5000
_AHEAD = 2  # pieces of a large file read before they are sent
_PIECE = 1024 * 1024  # bytes handed on at once


class _Content(NamedTuple):
    """A small file's bytes, and whether the store could compress them."""

    data: bytes
    compress: bool


def read(repository: Repository, reference: str, path: str) -> Iterator[bytes]:
    """A folder, or all, or one file of a version as a ZIP file; names begin with the folder's own.

    Raises
    ------
    NotFound
        There is no such file or folder; raised before the first piece.
    StoreFailed
        Content is damaged or cannot be read; raised when its turn comes.
    """
    files = VersionFiles.open(repository, reference)
    folder = folder_path(path)
    entries = files.entries(folder, folder_end(folder))
    first = next(entries, None)
    if first is None and folder:
        first = None if path.endswith("/") else files.find(folder[:-1])
        if first is None:
            raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=reference)
    parent = folder.rstrip(b"/").rpartition(b"/")[0]
    found = () if first is None else _chain(first, entries)
    return _joined(_write(files, found, len(parent) + 1 if parent else 0))


def _chain(first: Entry, rest: Iterator[Entry]) -> Iterator[Entry]:
    yield first
    yield from rest


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth sending."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    if waiting:
        yield bytes(waiting)


def _write(files: VersionFiles, entries: Iterable[Entry], strip: int) -> Iterator[bytes]:
    version = files.version
    with closing(ZipStream(as_time(version.committed if files.is_committed else version.created))) as archive:
        try:
            for is_small, window in _windows(entries):
                if is_small:
                    contents = _fetch(files, window)
                    for entry in window:
                        data, compress = contents[entry.hash]
                        name = entry.path[strip:]
                        yield archive.add(name, data, executable=entry.executable, compress=compress)
                else:
                    for entry in window:
                        chunks = files.blobs.stream(entry.hash, ahead=_AHEAD)
                        name = entry.path[strip:]
                        yield from archive.stream(name, chunks, entry.size, executable=entry.executable)
            yield from archive.end()
        except OSError as error:
            raise _no_room(error) from error


def _windows(entries: Iterable[Entry]) -> Iterator[tuple[bool, list[Entry]]]:
    """Files in their order: small ones, as many as are fetched together, or large ones."""
    for is_small, run in groupby(entries, key=lambda entry: entry.size < SMALL_BLOB):
        window: list[Entry] = []
        size = 0
        for entry in run:
            window.append(entry)
            size += entry.size
            if size >= _WINDOW or len(window) == _WINDOW_FILES:
                yield is_small, window
                window, size = [], 0
        if window:
            yield is_small, window


def _fetch(files: VersionFiles, window: list[Entry]) -> dict[bytes, _Content]:
    """The content of small files, from packs in as few requests as sensible."""
    blobs = files.blobs
    places = blobs.locate(list({entry.hash for entry in window if entry.size}))
    found = {entry.hash: _Content(b"", compress=False) for entry in window if not entry.size}
    for span, data in blobs.fetch(plan_spans(places, FILES_GAP)):
        for blob_hash, content in blobs.open_span(span, data):
            found[blob_hash] = _Content(content, places[blob_hash].encoding == Encoding.ZSTD)
    for blob_hash in sorted(places.keys() - found.keys()):  # a small file that was sent as an object of its own
        found[blob_hash] = _Content(b"".join(blobs.stream(blob_hash)), compress=True)
    return found


def _no_room(error: OSError) -> GradientDataError:
    folder = tempfile.gettempdir()
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=folder)
    return ErrorKind.TARGET_UNWRITABLE(path=folder, reason=error.strerror or str(error))
