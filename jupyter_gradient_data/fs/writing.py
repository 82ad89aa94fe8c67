"""The half of the file system that writes into uncommitted versions."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback  # type: ignore[import-untyped]
from fsspec.spec import AbstractFileSystem, has_magic  # type: ignore[import-untyped]

from jupyter_gradient_data.client.reading import check_mode
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Version

from .errors import as_os_error, translated
from .paths import split, split_file, strip
from .writers import PIECE, GradientWriter

if TYPE_CHECKING:
    from .filesystem import GradientFileSystem
    from .session import Session

_MODES = ("rb", "wb", "xb", "ab")


class WritingFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """What changes the files of uncommitted versions; nothing of a file is seen before all of it has come."""

    @property
    @abstractmethod
    def session(self) -> Session:
        """What it has in this process."""

    def pipe_file(self, path: str, value: bytes, mode: str = "overwrite", **options: Any) -> None:
        """Write a file."""
        if self._intrans:  # then it is seen at its end
            super().pipe_file(path, value, mode=mode, **options)
            return
        self._check_mode(path, mode)
        self._write(path, iter([value]))

    def put_file(
        self, lpath: Any, rpath: str, callback: Callback = DEFAULT_CALLBACK, mode: str = "overwrite", **options: Any
    ) -> None:
        """Write a file from a local one."""
        if os.path.isdir(lpath):
            return
        if self._intrans:
            super().put_file(lpath, rpath, callback=callback, mode=mode, **options)
            return
        self._check_mode(rpath, mode)
        is_program = os.access(lpath, os.X_OK)
        with open(lpath, "rb") as file:
            callback.set_size(os.fstat(file.fileno()).st_size)
            self._write(rpath, _pieces(file, callback), executable=is_program)

    def cp_file(self, path1: str, path2: str, **options: Any) -> None:
        """Copy a file, from this version or another."""
        source = split(path1)
        if self.isdir(path1):
            return
        with translated():
            content = self.session.content(self.session.version(source.reference), source)
        self._write(path2, content.pieces(), executable=content.info.executable)

    def rm_file(self, path: str) -> None:
        """Remove a file."""
        self._remove([path])

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Remove files, and with ``recursive`` folders with all in them."""
        given = path if isinstance(path, list) else [path]
        if recursive and maxdepth is None and not any(has_magic(strip(one)) for one in given):
            self._remove(given)
            return
        paths = self.expand_path(path, recursive=recursive, maxdepth=maxdepth)
        if not recursive and (folder := next((one for one in paths if self.isdir(one)), None)) is not None:
            raise IsADirectoryError(folder)
        self._remove([one for one in paths if not self.isdir(one)])

    def touch(self, path: str, truncate: bool = True, **options: Any) -> None:
        """Make an empty file; without ``truncate`` one that is there stays as it is."""
        if truncate or not self.exists(path):
            self._write(path, iter(()))

    def mkdir(self, path: str, create_parents: bool = True, **options: Any) -> None:
        """Nothing: a folder is there while files are in it."""

    def makedirs(self, path: str, exist_ok: bool = False) -> None:
        """Nothing: a folder is there while files are in it."""

    def rmdir(self, path: str) -> None:
        """Nothing: a folder goes with the last file in it."""

    # --- inside -------------------------------------------------------------------------------------------------------

    def _write(self, path: str, pieces: Iterator[bytes], *, executable: bool = False) -> None:
        place = split(path)
        with translated():
            version = self._writable(place.reference)
            self.session.service.write_file(version.reference, place.path, pieces, executable=executable)

    def _remove(self, paths: list[str]) -> None:
        by_version: dict[str, list[str]] = {}
        with translated():
            for path in paths:
                place = split(path)
                by_version.setdefault(place.reference, []).append(place.path or "/")
            versions = {reference: self._writable(reference) for reference in by_version}  # all, or nothing is removed
            for reference, names in by_version.items():
                version = versions[reference]
                self.session.service.delete_files(version.reference, names).result()

    def _open_writer(
        self: GradientFileSystem, path: str, mode: str, block_size: int | None, autocommit: bool
    ) -> GradientWriter:
        with translated():
            check_mode(mode, _MODES)
            version = self._writable(split_file(path).reference)
        if mode == "xb":
            self._check_mode(path, "create")
        return GradientWriter(self, strip(path), version, mode, block_size or PIECE, autocommit)

    def _writable(self, reference: str) -> Version:
        """The uncommitted version to write to.

        Raises
        ------
        Conflict
            It is committed.
        """
        version = self.session.version_now(reference)
        if version.is_committed:
            raise ErrorKind.VERSION_COMMITTED(reference=version.reference, dataset=version.dataset)
        return version

    def _check_mode(self, path: str, mode: str) -> None:
        if mode == "create" and self.exists(path):
            place = split(path)
            raise as_os_error(ErrorKind.FILE_EXISTS(path=place.path, reference=place.reference))


def _pieces(file: Any, callback: Callback) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
        callback.relative_update(len(piece))
