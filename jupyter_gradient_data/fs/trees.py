"""What is in a version: of a committed one it is asked once, and known for ever."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import msgspec

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import FileInfo, Version
from jupyter_gradient_data.service.api import DataService

from .files import Files, folder_info
from .keeping import KeptFolder

T = TypeVar("T")

_PAGE = 10_000  # rows asked for at once
_AT_ONCE = _PAGE  # files of a version of which all are asked for as soon as one is
_SINGLE = 100, 1000  # of a larger one: when more than so many were asked for singly, or so large a part of all


class Tree(Protocol):
    """Files and folders of a version; paths have no ``/`` at their ends, that of all of it is empty."""

    def rows(self, folder: str) -> list[FileInfo]:
        """Files and sub-folders directly in a folder; a file's path gives that file."""
        ...

    def find(self, path: str) -> FileInfo:
        """A file or folder."""
        ...

    def below(self, path: str) -> tuple[Files, int, int]:
        """All files below a folder: some files, and where among them those are."""
        ...


class DraftTree:
    """An uncommitted version, which may change at any moment: always asked for.

    Parameters
    ----------
    service : DataService
        What is asked.
    reference : str
        The version.
    """

    def __init__(self, service: DataService, reference: str) -> None:
        self._service = service
        self._reference = reference

    def rows(self, folder: str) -> list[FileInfo]:
        """See `Tree.rows`."""
        return list(self._pages(folder, recursive=False))

    def find(self, path: str) -> FileInfo:
        """See `Tree.find`."""
        try:
            return self._service.get_file(self._reference, path)
        except GradientDataError as error:
            if error.kind is not ErrorKind.FILE_NOT_FOUND:
                raise
            self._service.list_files(self._reference, path + "/", limit=1)  # it is a folder, or not there
            return folder_info(path)

    def below(self, path: str) -> tuple[Files, int, int]:
        """See `Tree.below`."""
        files = Files.of(self._pages(path, recursive=True))
        return files, 0, len(files.paths)

    def _pages(self, path: str, *, recursive: bool) -> Iterator[FileInfo]:
        after = None
        while True:
            page = self._service.list_files(self._reference, path, recursive=recursive, limit=_PAGE, after=after)
            yield from page.items
            if (after := page.next_token) is None:
                return


class FixedTree:
    """A committed version: what was asked once is kept, in memory and on the disk.

    Parameters
    ----------
    service : DataService
        What is asked.
    version : Version
        The version; its root names what is kept.
    shown : str
        How errors call it.
    kept : KeptFolder, optional
        Where.
    """

    def __init__(self, service: DataService, version: Version, shown: str, kept: KeptFolder | None) -> None:
        self._shown = shown
        self._source = DraftTree(service, version.reference)
        self._root = version.root or ""
        self._kept = kept
        least, part = _SINGLE
        self._singly = 0 if (version.files or 0) <= _AT_ONCE else max(least, (version.files or 0) // part)
        self._below: dict[str, Files] = {}
        self._rows: dict[str, list[FileInfo]] = {}
        self._found: dict[str, list[FileInfo]] = {}  # none: there is no such file, and never will be

    def rows(self, folder: str) -> list[FileInfo]:
        """See `Tree.rows`."""
        files = self._all()
        if files is None:
            if folder not in self._rows:
                self._rows[folder] = self._known("rows", folder, list[FileInfo], self._ask_rows)
            return self._rows[folder]
        return self._rows_of(files, folder)

    def find(self, path: str) -> FileInfo:
        """See `Tree.find`."""
        files = self._all()
        if files is None:
            if path not in self._found:
                self._found[path] = self._known("file", path, list[FileInfo], self._ask_file)
            return self._one(path, self._found[path])
        return self._one(path, files.find(path))

    def near(self, path: str) -> Sequence[str]:
        """The hashes of a file and of some beside it; of none when not all files are known."""
        files = self._all()
        return files.near(path) if files is not None else ()

    def below(self, path: str) -> tuple[Files, int, int]:
        """See `Tree.below`."""
        files = self._all()
        if files is not None:
            low, high = files.span(f"{path}/" if path else "")
            return files, low, high
        if path not in self._below:
            self._below[path] = self._known("below", path, Files, self._ask_below)
        return self._below[path], 0, len(self._below[path].paths)

    def _all(self) -> Files | None:
        """All files, when they are known, few, or so many were asked for that all of them cost less."""
        if "" not in self._below and len(self._found) + len(self._rows) >= self._singly:
            self._below[""] = self._known("below", "", Files, self._ask_below)
        return self._below.get("")

    # --- what is not in memory ----------------------------------------------------------------------------------------

    def _known(self, kind: str, path: str, as_type: type[T], ask: Callable[[str], T]) -> T:
        found = self._fact(kind, path, as_type)
        if found is None:
            found = ask(path)
            if self._kept is not None:
                self._kept.keep_fact(msgspec.msgpack.encode(found), kind, self._root, path)
        return found

    def _fact(self, kind: str, path: str, as_type: type[T]) -> T | None:
        data = None if self._kept is None else self._kept.fact(kind, self._root, path)
        with contextlib.suppress(msgspec.DecodeError):  # of another version of this program
            return None if data is None else msgspec.msgpack.decode(data, type=as_type)
        return None

    def _ask_rows(self, folder: str) -> list[FileInfo]:
        files = self._all_kept()
        return self._source.rows(folder) if files is None else self._rows_of(files, folder)

    def _ask_file(self, path: str) -> list[FileInfo]:
        files = self._all_kept()
        try:
            return [self._source.find(path) if files is None else self._one(path, files.find(path))]
        except GradientDataError as error:
            if error.kind is not ErrorKind.FILE_NOT_FOUND:
                raise
            return []

    def _ask_below(self, path: str) -> Files:
        return self._source.below(path)[0]

    def _all_kept(self) -> Files | None:
        """All files of a large version, when somebody listed them before."""
        files = self._fact("below", "", Files)
        if files is not None:
            self._below[""] = files
        return files

    def _rows_of(self, files: Files, folder: str) -> list[FileInfo]:
        rows = list(files.rows(f"{folder}/" if folder else ""))
        return rows if rows or not folder else [self._one(folder, files.find(folder))]

    def _one(self, path: str, found: Sequence[FileInfo]) -> FileInfo:
        if not found:
            raise ErrorKind.FILE_NOT_FOUND(path=path, reference=self._shown)
        return found[0]
