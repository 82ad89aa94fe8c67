"""The files of a version: one of them, and all of them as a mapping."""

from __future__ import annotations

import re
from collections.abc import ItemsView, Iterator, Mapping, Sequence, ValuesView
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound
from jupyter_gradient_data.models import FileInfo, Page

from .lists import Listing
from .show.tables import ROWS, Table
from .show.things import files_table

if TYPE_CHECKING:
    from .versions import Version

_PAGE = 1000  # rows asked for at once
_MAGIC = re.compile(r"[*?\[]")


class File:
    """A file of a version, or a folder in a listing.

    Can be given to whatever opens files by `os.fspath`, such as ``pandas.read_csv(file)``: it is then on this machine,
    see `Version.path`.

    Parameters
    ----------
    version : Version
        Of which version.
    info : FileInfo
        Its facts.
    """

    def __init__(self, version: Version, info: FileInfo) -> None:
        self.version = version
        self.info = info

    @property
    def path(self) -> str:
        """Its path in the version; a folder's ends with ``/``."""
        return self.info.path

    @property
    def name(self) -> str:
        """The last part of its path."""
        return self.info.path.rstrip("/").rpartition("/")[2]

    @property
    def size(self) -> int:
        """Bytes."""
        return self.info.size

    @property
    def hash(self) -> str:
        """BLAKE3 in hexadecimal; empty for a folder."""
        return self.info.hash

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return self.info.is_folder

    def open(self, mode: str = "rb", **options: Any) -> IO[Any]:
        """Open it for reading; see `Version.open`."""
        return self.version.open(self.path, mode, **options)

    def read_bytes(self) -> bytes:
        """All its bytes, verified."""
        return self.version.read_bytes(self.path)

    def read_text(self, encoding: str = "utf-8") -> str:
        """All its text."""
        return self.version.read_text(self.path, encoding)

    def local_path(self) -> Path:
        """Where it is on this machine; it is fetched when it is not: see `Version.path`."""
        return self.version.path(self.path)

    def __fspath__(self) -> str:
        return str(self.local_path())

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, File):
            return NotImplemented
        return (self.version, self.info) == (other.version, other.info)

    def __hash__(self) -> int:
        return hash((self.version, self.info))

    def __repr__(self) -> str:
        return f"<File {self.version.reference}/{self.path}>"

    def _repr_html_(self) -> str:
        return files_table([self.info], self.version.reference).html()


class Files(Mapping[str, File]):
    """All files of a version by path, in bytewise order; asked for page by page as they are read.

    ``files["a/b.csv"]``, ``"a/b.csv" in files``, ``len(files)``, ``for path in files``, ``files.glob("*.csv")``.

    Parameters
    ----------
    version : Version
        Of which version.
    """

    def __init__(self, version: Version) -> None:
        self._version = version

    def __getitem__(self, path: str) -> File:
        try:
            info = self._version._service.get_file(self._version._exact, path)
        except GradientDataError as error:
            if error.kind is ErrorKind.FILE_NOT_FOUND:
                raise NoSuchFile(error.kind, error.message, error.hint, error.details) from None
            raise
        return File(self._version, info)

    def __iter__(self) -> Iterator[str]:
        return (info.path for info in self.infos())

    def __len__(self) -> int:
        count = self._version.info.files
        return count if count is not None else sum(1 for _ in self.infos())

    def infos(self, folder: str = "", *, recursive: bool = True) -> Iterator[FileInfo]:
        """Facts of all files below a folder, or of what is directly in it."""
        after = None
        while True:
            page = self._version._service.list_files(
                self._version._exact, folder, recursive=recursive, limit=_PAGE, after=after
            )
            yield from page.items
            after = page.next_token
            if after is None:
                return

    def values(self) -> ValuesView[File]:
        """The files themselves; no request for each, as going by path would need."""
        return _Values(self)

    def items(self) -> ItemsView[str, File]:
        """Paths and files; no request for each."""
        return _Items(self)

    def glob(self, pattern: str) -> Listing[File]:
        """Files whose path matches, as `pathlib.Path.glob` has it.

        Parameters
        ----------
        pattern : str
            ``*`` and ``?`` stand for characters of one part of a path, ``[abc]`` for one of those, ``**`` for any
            number of folders: ``*.csv``, ``images/**/*.png``.
        """
        matches = re.compile(translate(pattern)).fullmatch
        folder = _fixed_folder(pattern)

        def fetch(limit: int, after: str | None) -> Page[File]:
            return Page(tuple(File(self._version, info) for info in self._below(folder) if matches(info.path)))

        def table(files: Sequence[File], more: int) -> Table:
            title = f"{pattern} in {self._version.reference}"
            return files_table([file.info for file in files], title, more)

        return Listing(fetch, table)

    def _below(self, folder: str) -> Iterator[FileInfo]:
        """All files below a folder; nothing when there is none."""
        try:
            yield from self.infos(folder)
        except GradientDataError as error:
            if error.kind is not ErrorKind.FILE_NOT_FOUND:
                raise

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()

    def table(self) -> Table:
        """The first files as a table, for whoever shows them otherwise."""
        version = self._version
        page = version._service.list_files(version._exact, recursive=True, limit=ROWS)
        count = version.info.files
        more = count - len(page.items) if count is not None else 0
        return files_table(page.items, version.reference, more, is_cut=page.next_token is not None)


class NoSuchFile(NotFound, KeyError):
    """There is no such file: the service's error, and a `KeyError` as mappings raise."""

    def __str__(self) -> str:
        return self.message  # a KeyError would put it into quotes


class _Values(ValuesView[File]):
    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self._files = files

    def __iter__(self) -> Iterator[File]:
        return (File(self._files._version, info) for info in self._files.infos())


class _Items(ItemsView[str, File]):
    def __init__(self, files: Files) -> None:
        super().__init__(files)
        self._files = files

    def __iter__(self) -> Iterator[tuple[str, File]]:
        return ((info.path, File(self._files._version, info)) for info in self._files.infos())


def translate(pattern: str) -> str:
    """A glob pattern as a regular expression for a whole path."""
    parts = pattern.strip("/").split("/")
    regex = ""
    for number, part in enumerate(parts):
        is_last = number == len(parts) - 1
        if part == "**":
            regex += ".+" if is_last else "(?:.+/)?"
        else:
            regex += _part(part) + ("" if is_last else "/")
    return f"(?s:{regex})"


def _part(part: str) -> str:
    regex, place = "", 0
    while place < len(part):
        character = part[place]
        end = part.find("]", place + 2) if character == "[" else -1
        if end > 0:
            inside = part[place + 1 : end].replace("\\", "\\\\")
            regex += f"[{'^/' + inside[1:] if inside[0] == '!' else inside}]"
            place = end
        else:
            regex += {"*": "[^/]*", "?": "[^/]"}.get(character, re.escape(character))
        place += 1
    return regex


def _fixed_folder(pattern: str) -> str:
    """The folder in which everything is that can match."""
    head: list[str] = []
    for part in pattern.strip("/").split("/")[:-1]:
        if _MAGIC.search(part):
            break
        head.append(part)
    return "/".join(head)
