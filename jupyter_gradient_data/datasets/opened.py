"""One file, looked up once: its facts and its bytes are of the same content, whatever is written meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from functools import cached_property

from jupyter_gradient_data.blobs.index import Location
from jupyter_gradient_data.blobs.packs import Encoding
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.stores.providers import as_time

from .files import VersionFiles, to_info
from .nodes import Entry
from .paths import file_path, show_path
from .repository import Repository

_PIECES_AHEAD = 2  # of a file that is read: a server holds as much for each of many readers


class OpenedFile:
    """A file of a version as it was when `open_file` found it.

    Attributes
    ----------
    info : FileInfo
        Its facts.
    is_fixed : bool
        Whether its version is committed: then reference and path have this content for ever.
    modified : datetime
        When its version last changed, for all that is known; files have no times of their own.
    """

    def __init__(
        self,
        files: VersionFiles,
        entry: Entry,
        near: Callable[[], Sequence[str]] = tuple,
        places: dict[bytes, Location] | None = None,
    ) -> None:
        row = files.version
        self.info: FileInfo = to_info(entry)
        self.modified: datetime = as_time(row.committed or row.modified)
        self.is_fixed: bool = files.is_committed
        self._files = files
        self._blobs = files.blobs
        self._hash = entry.hash
        self._near = near
        self._places = {} if places is None else places  # shared with those that come from this one

    @property
    def is_here(self) -> bool:
        """Whether its bytes are on a disk of this machine."""
        return self._blobs.is_here(self._hash, self._place)

    @property
    def is_whole(self) -> bool:
        """Whether it is small and compressed: then a part costs as much as all of it."""
        return self._place.pack is not None and self._place.encoding != Encoding.RAW

    def other(self, info: FileInfo, near: Callable[[], Sequence[str]]) -> OpenedFile:
        """Another file of the same committed version, whose facts are known; nothing is asked.

        Parameters
        ----------
        info : FileInfo
            Its facts.
        near : callable
            Gives the hashes, in hexadecimal, of files that will probably be read, too: they are looked up with it.
        """
        return OpenedFile(self._files, _known_entry(info), near, self._places)

    def read(self, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The bytes ``start <= i < end``, in pieces."""
        end = self.info.size if end is None else end
        return self._blobs.stream(self._hash, start, end, ahead=_PIECES_AHEAD) if start < end else iter(())

    def read_range(self, start: int, end: int) -> bytes:
        """The same at once."""
        end = min(end, self.info.size)
        if start >= end:
            return b""
        try:
            return self._blobs.read_part(self._hash, self._place, start, end)
        except GradientDataError:
            # It was perhaps put anew meanwhile, and lies elsewhere; what goes wrong now goes wrong.
            self.__dict__.pop("_place", None)
            self._places.pop(self._hash, None)
            return b"".join(self.read(start, end))

    @cached_property
    def _place(self) -> Location:
        if self._hash not in self._places:
            hashes = {self._hash, *map(bytes.fromhex, self._near())}
            self._places.update(self._blobs.index.find(list(hashes)))
        return self._places.get(self._hash) or self._blobs.locate([self._hash])[self._hash]


def open_file(repository: Repository, reference: str, path: str, known: FileInfo | None = None) -> OpenedFile:
    """Look a file up; one of a committed version whose facts are known is not looked for in its tree.

    Raises
    ------
    NotFound
        There is no such version, or no such file in it.
    """
    files = VersionFiles.open(repository, reference)
    if known is not None and files.is_committed:
        return OpenedFile(files, _known_entry(known))
    entry = files.find(file_path(path))
    if entry is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=reference)
    return OpenedFile(files, entry)


def _known_entry(info: FileInfo) -> Entry:
    return Entry(file_path(info.path), info.size, bytes.fromhex(info.hash), info.executable)
