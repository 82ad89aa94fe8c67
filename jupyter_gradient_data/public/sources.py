"""Where files come from: web servers, local files and S3, told apart by the scheme of the URL."""

from __future__ import annotations

import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeVar
from urllib.parse import unquote, urlsplit

from jupyter_gradient_data.stores.s3_source import S3ReadError, S3Source

from .opened import Opened, SourceError
from .web import WebSource

T = TypeVar("T")

_PIECE = 1024 * 1024


class Place(NamedTuple):
    """A URL, and for ``s3:`` which service it is about; None as the environment says."""

    url: str
    endpoint: str | None = None
    region: str | None = None

    @property
    def shown(self) -> str:
        """The URL as it may be told: what comes after ``?`` is often a permission."""
        return self.url.partition("?")[0]


class Listed(NamedTuple):
    """A file below a folder: its path there, its URL and its size."""

    path: str
    url: str
    size: int


class Sources:
    """All kinds of sources.

    Parameters
    ----------
    patience : float
        Seconds of silence after which a source fails.

    Notes
    -----
    All methods may be called from any thread; all raise `SourceError`.
    """

    def __init__(self, patience: float = 60.0) -> None:
        self._patience = patience
        self._web = WebSource(patience)
        self._lock = threading.Lock()
        self._s3: dict[tuple[str | None, str | None], S3Source] = {}

    def size(self, place: Place) -> int | None:
        """The size of a file, when it can be told without reading it."""
        scheme, path = _split(place.url)
        if scheme == "file":
            return _stat(path).st_size
        if scheme == "s3":
            bucket, key = _bucket_of(place.url)
            return _s3(lambda: self._service(place).look(bucket, key).size)
        return self._web.size(place.url)

    def open(self, place: Place, start: int, validator: str | None) -> Opened:
        """Begin to read a file at ``start``; see `Opened`."""
        scheme, path = _split(place.url)
        if scheme == "file":
            return _open_local(path, start, validator)
        if scheme == "s3":
            return self._open_s3(place, start, validator)
        return self._web.open(place.url, start, validator)

    def list(self, place: Place) -> list[Listed]:
        """All files below a folder, whose URL ends with ``/``, by path."""
        scheme, path = _split(place.url)
        if scheme == "file":
            return sorted(_walk(path))
        bucket, prefix = _bucket_of(place.url)
        found = _s3(lambda: list(self._service(place).list(bucket, prefix)))
        return sorted(
            Listed(key[len(prefix) :], f"s3://{bucket}/{key}", size) for key, size in found if not key.endswith("/")
        )

    def close(self) -> None:
        """Close all connections."""
        self._web.close()

    def _service(self, place: Place) -> S3Source:
        with self._lock:
            key = (place.endpoint, place.region)
            if key not in self._s3:
                self._s3[key] = S3Source(place.endpoint, place.region, patience=self._patience)
            return self._s3[key]

    def _open_s3(self, place: Place, start: int, validator: str | None) -> Opened:
        bucket, key = _bucket_of(place.url)
        service = self._service(place)
        found = _s3(lambda: service.look(bucket, key))
        if start >= found.size or (validator is not None and validator != found.etag):
            start = 0
        pieces = _explained(service.read(bucket, key, start, found.etag)) if found.size else iter(())
        return Opened(start, found.size, found.etag, pieces)


def _split(url: str) -> tuple[str, Path]:
    """The scheme, and the path of a local file."""
    if url.startswith("/"):
        return "file", Path(url)
    parts = urlsplit(url)
    return parts.scheme, Path(unquote(parts.path))


def _bucket_of(url: str) -> tuple[str, str]:
    """Bucket and key; a key may hold anything, so that nothing in it is decoded."""
    bucket, _, key = url.removeprefix("s3://").partition("/")
    return bucket, key


def _stat(path: Path) -> os.stat_result:
    try:
        found = path.stat()
    except OSError as error:
        raise SourceError((error.strerror or str(error)).lower()) from None
    if stat.S_ISDIR(found.st_mode):
        raise SourceError("it is a folder; a URL of a folder ends with /")
    if not stat.S_ISREG(found.st_mode):
        raise SourceError("it is not a file")
    return found


def _open_local(path: Path, start: int, validator: str | None) -> Opened:
    found = _stat(path)
    now = f"{found.st_size}-{found.st_mtime_ns}-{found.st_ino}"
    start = 0 if start > found.st_size or validator not in (None, now) else start
    try:
        file = path.open("rb", buffering=0)
    except OSError as error:
        raise SourceError((error.strerror or str(error)).lower()) from None
    file.seek(start)

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    return Opened(start, found.st_size, now, pieces(), file.close)


def _walk(folder: Path) -> Iterator[Listed]:
    """Files below a folder; links to files are followed, other links and things are an error, not left out."""

    def fail(error: OSError) -> None:
        raise SourceError(f"{error.filename}: {(error.strerror or str(error)).lower()}")

    for parent, folders, names in os.walk(folder, onerror=fail):
        for name in [name for name in folders if os.path.islink(os.path.join(parent, name))]:
            raise SourceError(f"{os.path.join(parent, name)} is a link to a folder, which is not followed")
        for name in names:
            path = Path(parent, name)
            yield Listed(str(path.relative_to(folder)), str(path), _stat(path).st_size)


def _s3(ask: Callable[[], T]) -> T:
    try:
        return ask()
    except S3ReadError as error:
        raise SourceError(str(error), may_pass=error.may_pass) from None


def _explained(pieces: Iterator[bytes]) -> Iterator[bytes]:
    try:
        yield from pieces
    except S3ReadError as error:
        raise SourceError(str(error), may_pass=error.may_pass) from None
