"""The half of the file system that writes into uncommitted versions."""

from __future__ import annotations

import inspect
import io
import os
import queue
import sys
import threading
from abc import abstractmethod
from collections.abc import Iterator
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from fsspec.callbacks import DEFAULT_CALLBACK, Callback  # type: ignore[import-untyped]
from fsspec.spec import AbstractBufferedFile, AbstractFileSystem  # type: ignore[import-untyped]
from fsspec.utils import stringify_path  # type: ignore[import-untyped]

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Version

from .errors import as_os_error, translated
from .paths import split, strip

if TYPE_CHECKING:
    from .filesystem import GradientFileSystem
    from .session import Session

_PIECE = 1024 * 1024
_WAITING = 8  # pieces that were written and not yet taken
_FRAMES = 5  # between a ``with`` and the file that it closes, with room to spare


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

    def mv(self, path1: Any, path2: Any, recursive: bool = False, maxdepth: int | None = None, **options: Any) -> None:
        """Move a file or a folder; within a version no bytes are moved."""
        if not self._is_plain_move(path1, path2, recursive, maxdepth):
            super().mv(path1, path2, recursive=recursive, maxdepth=maxdepth, **options)
            return
        source, target = split(path1), split(path2)
        with translated():
            version = self._writable(source.reference)
            self.session.service.move_files(version.reference, source.path, target.path).result()

    def rm_file(self, path: str) -> None:
        """Remove a file."""
        self._remove([path])

    def rm(self, path: Any, recursive: bool = False, maxdepth: int | None = None) -> None:
        """Remove files, and with ``recursive`` folders with all in them."""
        given = path if isinstance(path, list) else [path]
        if recursive and maxdepth is None and not any("*" in one or "?" in one or "[" in one for one in given):
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
            for reference, names in by_version.items():
                version = self._writable(reference)
                self.session.service.delete_files(version.reference, names).result()

    def _open_writer(
        self: GradientFileSystem, path: str, mode: str, block_size: int | None, autocommit: bool
    ) -> GradientWriter:
        with translated():
            version = self._writable(split(path).reference)
        if mode == "xb":
            self._check_mode(path, "create")
        return GradientWriter(self, strip(path), version, mode, block_size or _PIECE, autocommit)

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

    def _is_plain_move(self, path1: Any, path2: Any, recursive: bool, maxdepth: int | None) -> bool:
        """Whether one thing gets another path in the same version, where there is nothing yet."""
        if not isinstance(stringify_path(path1), str) or not isinstance(stringify_path(path2), str) or maxdepth:
            return False
        one, other = str(stringify_path(path1)), str(stringify_path(path2))
        source, target = split(one), split(other)
        if source.reference != target.reference or not source.path or not target.path or other.endswith("/"):
            return False
        if any(sign in source.path for sign in "*?[") or self.exists(other) or one.endswith("/"):
            return False
        return recursive or self.isfile(one)


class GradientWriter(AbstractBufferedFile):  # type: ignore[misc]
    """A file on its way into a version: its bytes leave while they are written, and all are seen at once at the end.

    Parameters
    ----------
    fs : GradientFileSystem
        Where it goes.
    path : str
        Its path there.
    version : Version
        The uncommitted version of that path.
    mode : str
        ``wb``, ``xb``, or ``ab``, which begins with what is there already.
    block_size : int
        Bytes that are gathered before they leave.
    autocommit : bool
        Whether closing it completes it; else `commit` does.
    """

    def __init__(
        self, fs: GradientFileSystem, path: str, version: Version, mode: str, block_size: int, autocommit: bool
    ) -> None:
        super().__init__(fs, path, mode, block_size, autocommit)
        self._version = version
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._is_dropped = False
        self._error: BaseException | None = None
        self._thread: threading.Thread | None = None
        self._before: Iterator[bytes] = iter(())
        if mode == "ab" and fs.exists(path):
            with translated():
                content = fs.session.content(version, split(path))
            self._before, self.loc = content.pieces(), content.info.size

    def commit(self) -> None:
        """Complete the file: now it is seen."""
        self._give(None)
        self._wait()

    def discard(self) -> None:
        """Forget what was written; what was there before stays."""
        self._is_dropped = True
        if self._thread is not None:
            self._give(None)
            self._thread.join()
            self._thread = None

    def close(self) -> None:
        """Complete it, unless a ``with`` has failed: what was written until then is not the file."""
        if not self.closed and _with_has_failed():
            self._drop()
        super().close()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self._drop()
        self.close()

    def __del__(self) -> None:
        self._drop()  # half a file must not look whole

    def _drop(self) -> None:
        if not self.closed:
            self.closed: bool = True
            self.discard()

    def _initiate_upload(self) -> None:
        self._thread = threading.Thread(target=self._send, name="gradient-write", daemon=True)
        self._thread.start()

    def _upload_chunk(self, final: bool = False) -> bool:
        if data := self.buffer.getvalue():
            self._give(data)
        if final and self.autocommit:
            self.commit()
        return True

    def _give(self, piece: bytes | None) -> None:
        """Hand a piece over; when the other end has failed, that is said here."""
        while self._thread is not None:
            try:
                self._pieces.put(piece, timeout=0.1)
            except queue.Full:
                if not self._thread.is_alive():
                    self._wait()
            else:
                return

    def _wait(self) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._error is not None:
            error, self._error = self._error, None
            self.closed = True
            raise as_os_error(error) if isinstance(error, GradientDataError) else error

    def _send(self) -> None:
        service, place = self.fs.session.service, split(self.path)
        try:
            service.write_file(self._version.reference, place.path, self._taken())
        except BaseException as error:
            if not self._is_dropped:
                self._error = error

    def _taken(self) -> Iterator[bytes]:
        yield from self._before
        while (piece := self._pieces.get()) is not None:
            yield piece
        if self._is_dropped:
            raise ErrorKind.CANCELLED()


def _with_has_failed() -> bool:
    """Whether what closes a file is a ``with`` that ends by an exception, of which fsspec and pandas do not tell."""
    frame = sys._getframe(2) if sys.exc_info()[0] is not None else None
    for _ in range(_FRAMES):
        if frame is not None and frame.f_code.co_name == "__exit__":
            return _is_failure(frame)  # not so of a ``with`` that ends well while an earlier exception is handled
        frame = frame.f_back if frame is not None else None
    return False


def _is_failure(frame: FrameType) -> bool:
    """Whether an ``__exit__`` was given an exception."""
    code, values = frame.f_code, frame.f_locals
    if code.co_argcount > 1:
        return values.get(code.co_varnames[1]) is not None
    if code.co_flags & inspect.CO_VARARGS:
        given = values.get(code.co_varnames[code.co_argcount + code.co_kwonlyargcount], ())
        return any(one is not None for one in given[-3:-2])
    return True


class TextWriter(io.TextIOWrapper):
    """A `GradientWriter` for text."""

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            cast(GradientWriter, self.buffer).__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)


def _pieces(file: Any, callback: Callback) -> Iterator[bytes]:
    while piece := file.read(_PIECE):
        yield piece
        callback.relative_update(len(piece))
