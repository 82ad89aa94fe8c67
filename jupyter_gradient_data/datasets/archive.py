"""Files of a version as a ZIP file, made while it is read: each file verified, little of it in memory.

Whatever goes wrong on the way raises, and the file then has no directory at its end: nobody takes it for whole.
"""

from __future__ import annotations

import errno
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from itertools import groupby
from typing import NamedTuple

from jupyter_gradient_data.blobs.packs import SMALL_BLOB, Encoding
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


def read(repository: Repository, reference: str, paths: Sequence[str]) -> Iterator[bytes]:
    """Files and folders of a version, or all of it, as a ZIP file; each file is in it once.

    Names are whole paths; when only one path is given they begin with its own last part.

    Raises
    ------
    NotFound
        There is no such file or folder; raised before the first piece.
    StoreFailed
        Content is damaged or cannot be read; raised when its turn comes.
    """
    files = VersionFiles.open(repository, reference)
    chosen = _choose(files, paths or ("",))
    parent = b"" if len(paths) > 1 else next(iter(chosen)).rstrip(b"/").rpartition(b"/")[0]
    return _joined(_write(files, _entries(files, chosen), len(parent) + 1 if parent else 0))


def _choose(files: VersionFiles, paths: Sequence[str]) -> dict[bytes, Entry | None]:
    """What paths mean: files by their path, folders by theirs with a ``/`` at its end; ``b""`` is everything."""
    folders = {path: folder_path(path) for path in paths}
    found = files.find_many(sorted({folder[:-1] for path, folder in folders.items() if not path.endswith("/")}))
    chosen: dict[bytes, Entry | None] = {}
    for path, folder in folders.items():
        entry = None if path.endswith("/") else found.get(folder[:-1])
        if entry is None and folder and next(files.entries(folder, folder_end(folder)), None) is None:
            raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=files.reference)
        chosen[folder if entry is None else entry.path] = entry
    return chosen


def _entries(files: VersionFiles, chosen: Mapping[bytes, Entry | None]) -> Iterator[Entry]:
    """All files that were chosen, in ascending order; what lies in a folder that was chosen comes with it."""
    folder: bytes | None = None
    for path in sorted(chosen):
        if folder is not None and path.startswith(folder):
            continue
        if (entry := chosen[path]) is not None:
            yield entry
        else:
            folder = path
            yield from files.entries(folder, folder_end(folder))


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
    for span, data in blobs.fetch(blobs.plan(places)):
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
