"""The content of files on a server."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from jupyter_gradient_data.blobs.hashing import Hasher
from jupyter_gradient_data.datasets.paths import show_path
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import FileInfo

from .remote_http import Connection, Repeat
from .remote_paths import content_url

_SMALL = 1024 * 1024  # bytes that are gathered, so that they can be sent once more
_FAILURES = 5  # in a row, without a byte between them


class RemoteFile:
    """A file of a version as it was when it was found.

    Parameters
    ----------
    connection : Connection
        The server.
    reference : str
        Which version it is of.
    info : FileInfo
        Its facts.
    is_fixed : bool
        Whether that version is committed.
    """

    is_here = is_whole = False

    def __init__(self, connection: Connection, reference: str, info: FileInfo, *, is_fixed: bool) -> None:
        self._connection = connection
        self._reference = reference
        self.info = info
        self.is_fixed = is_fixed

    def other(self, info: FileInfo, near: Callable[[], Sequence[str]]) -> RemoteFile:
        """See `OpenFile.other`; the server looks everything up."""
        return RemoteFile(self._connection, self._reference, info, is_fixed=True)

    def read_range(self, start: int, end: int) -> bytes:
        """The bytes ``start <= i < end``, at once."""
        end = min(end, self.info.size)
        return read_range(self._connection, self._reference, self.info, start, end) if start < end else b""


def read_range(connection: Connection, reference: str, info: FileInfo, start: int, end: int) -> bytes:
    """The bytes ``start <= i < end`` of a file, at once.

    Raises
    ------
    ChangedMeanwhile
        The file has another content by now.
    """
    content = connection.ask("GET", content_url(reference, info.path), bytes, **_part(info, start, end))
    if len(content) != end - start:
        raise connection.failed(f"it sent {len(content):,} bytes of {show_path(info.path)} for {end - start:,}")
    return content


def stream_file(connection: Connection, reference: str, info: FileInfo, start: int, end: int) -> Iterator[bytes]:
    """The same in pieces; goes on after a lost connection, and verifies a file that is read as a whole."""
    hasher, at, failures = Hasher(), start, 0
    while at < end:
        try:
            response = connection.open("GET", content_url(reference, info.path), **_part(info, at, end))
            for piece in connection.pieces(response):
                hasher.update(piece)
                at, failures = at + len(piece), 0
                yield piece
            if at < end:
                raise connection.failed("it broke off its answer")
        except GradientDataError as error:
            failures += 1
            if error.kind is not ErrorKind.SERVER_FAILED or failures > _FAILURES:
                raise
    if (start, end) == (0, info.size) and hasher.hexdigest() != info.hash:
        raise damaged(connection, info.hash)


def write_file(
    connection: Connection, reference: str, path: str, chunks: Iterable[bytes], executable: bool
) -> FileInfo:
    """Put one file."""
    url = content_url(reference, path, named=True)
    headers = {"Content-Type": "application/octet-stream", "X-Executable": str(executable).lower()}
    rest = iter(chunks)
    first = list(_up_to(_SMALL, rest))
    if sum(map(len, first)) < _SMALL:
        content = b"".join(first)
        return connection.ask("PUT", url, FileInfo, data=lambda: content, headers=headers, repeat=Repeat.YES)
    return connection.ask("PUT", url, FileInfo, data=lambda: chain(first, rest), headers=headers)


def _up_to(size: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks until they are together so long; there may be more."""
    while size > 0 and (chunk := next(chunks, None)) is not None:
        size -= len(chunk)
        yield chunk


def damaged(connection: Connection, blob_hash: str) -> GradientDataError:
    """The error of content that does not have its hash."""
    return ErrorKind.STORE_CORRUPT(
        thing=f"blob {blob_hash}", store=connection.url, reason="its content does not have this hash"
    )


def _part(info: FileInfo, start: int, end: int) -> dict[str, object]:
    """Ask for a part of a file that is still the one that was seen."""
    headers = {"Range": f"bytes={start}-{end - 1}", "If-Range": f'"{info.hash}"'}
    return {"headers": headers, "no_part": ErrorKind.CHANGED_MEANWHILE(thing=show_path(info.path))}
