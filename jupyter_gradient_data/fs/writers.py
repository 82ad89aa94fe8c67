"""Files that are written: their bytes leave while they come, and all of a file is seen at once, at its end."""

from __future__ import annotations

import atexit
import contextlib
import inspect
import io
import os
import queue
import sys
import threading
import warnings
import weakref
from collections.abc import Callable, Iterator
from itertools import chain
from opcode import opmap
from types import FrameType
from typing import TYPE_CHECKING, Any, cast

from fsspec.spec import AbstractBufferedFile  # type: ignore[import-untyped]

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Version

from .errors import translated
from .paths import split

if TYPE_CHECKING:
    from .filesystem import GradientFileSystem

PIECE = 1024 * 1024  # bytes that leave at once
_WAITING = 8  # pieces that were written and not yet taken
_FAILING = opmap["WITH_EXCEPT_START"]  # where a ``with`` is that ends by an exception
_FRAMES = 5  # between a ``with`` and the file that it closes, with room to spare


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
        self._process = os.getpid()
        _OPENED[id(self)] = self
        self._sending: _Sending | None = None
        self._before: Iterator[bytes] = iter(())
        if mode == "ab" and fs.exists(path):
            with translated():
                content = fs.session.content(version, split(path))
            self._before, self.loc = content.pieces(), content.info.size

    def commit(self) -> None:
        """Complete the file: now it is seen."""
        if not self.forced and not self.closed:  # a transaction ends, and nobody has closed it
            super().close()
        sending, self._sending = self._sending, None
        if sending is not None:
            with self._closed_by_failure():
                sending.finish()

    def discard(self) -> None:
        """Forget what was written; what was there before stays."""
        sending, self._sending = self._sending, None
        if sending is not None:
            sending.drop()

    def close(self) -> None:
        """Complete it, unless a ``with`` has failed: what was written until then is not the file."""
        if not self.closed and _with_has_failed():
            self.drop()
        super().close()

    def drop(self) -> None:
        """Close it without completing it."""
        if not self.closed:
            self.closed: bool = True
            if self._process == os.getpid():  # a fork leaves it to its parent
                self.discard()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self.drop()
        self.close()

    def __del__(self) -> None:
        if not self.closed:  # half a file must not look whole
            if self._process == os.getpid():
                text = (
                    f"gradient://{self.path} was never closed, so it was not written. Write it in a with, or close it."
                )
                warnings.warn(text, RuntimeWarning, stacklevel=2)
            self.drop()

    def _initiate_upload(self) -> None:
        service, reference, path = self.fs.session.service, self._version.reference, split(self.path).path
        before = self._before
        self._sending = _Sending(lambda pieces: service.write_file(reference, path, chain(before, pieces)))

    def _upload_chunk(self, final: bool = False) -> bool:
        if self._sending is not None and (data := self.buffer.getvalue()):
            with self._closed_by_failure():
                self._sending.give(data)
        if final and self.autocommit:
            self.commit()
        return True

    @contextlib.contextmanager
    def _closed_by_failure(self) -> Iterator[None]:
        try:
            with translated():
                yield
        except Exception:
            self.closed = True
            raise


_OPENED: weakref.WeakValueDictionary[int, GradientWriter] = weakref.WeakValueDictionary()


@atexit.register
def _give_up() -> None:
    """What nobody has closed by the end, as DuckDB leaves it after an error: later no thread can be waited for."""
    for writer in list(_OPENED.values()):
        writer.__del__()


class _Sending:
    """A thread that sends what it is given; it does not hold the file, which so can be seen to be given up.

    Parameters
    ----------
    send : callable
        Sends pieces as they come, and completes the file when there are no more.
    """

    def __init__(self, send: Callable[[Iterator[bytes]], object]) -> None:
        self._send = send
        self._pieces: queue.Queue[bytes | None] = queue.Queue(_WAITING)
        self._is_dropped = False
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="gradient-write", daemon=True)
        self._thread.start()

    def give(self, piece: bytes | None) -> None:
        """Hand a piece over; when sending has failed, that is said here."""
        while True:
            try:
                self._pieces.put(piece, timeout=0.1)
            except queue.Full:
                if not self._thread.is_alive():
                    self._end()
                    return
            else:
                return

    def finish(self) -> None:
        """Wait until all is sent."""
        self.give(None)
        self._end()

    def drop(self) -> None:
        """Send nothing more, and complete nothing."""
        self._is_dropped = True
        self.finish()

    def _end(self) -> None:
        self._thread.join()
        if self._error is not None and not self._is_dropped:
            raise self._error

    def _run(self) -> None:
        try:
            self._send(self._taken())
        except BaseException as error:
            self._error = error

    def _taken(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            yield piece
        if self._is_dropped:
            raise ErrorKind.CANCELLED()


def _with_has_failed() -> bool:
    """Whether what closes a file is a ``with`` that ends by an exception, of which fsspec and pandas do not tell."""
    frame = sys._getframe(2) if sys.exc_info()[0] is not None else None
    for _ in range(_FRAMES):
        if frame is None:
            break
        if frame.f_code.co_name == "__exit__":
            return _is_failure(frame)  # not so of a ``with`` that ends well while an earlier exception is handled
        if frame.f_code.co_code[frame.f_lasti] == _FAILING:  # an ``__exit__`` in C, such as pyarrow's, has no frame
            return True
        frame = frame.f_back
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


class PackedWriter(io.BufferedIOBase):
    """A file that is compressed on its way to a `GradientWriter`; fsspec would not close the writer with it.

    Parameters
    ----------
    writer : GradientWriter
        What takes the compressed bytes.
    compress : callable
        One of `fsspec.compression`.
    """

    def __init__(self, writer: GradientWriter, compress: Callable[..., Any]) -> None:
        super().__init__()
        self._writer = writer
        self._packer = compress(writer, mode="w")

    def writable(self) -> bool:
        """It is."""
        return True

    def write(self, data: Any) -> int:
        """Compress bytes."""
        return int(self._packer.write(data))

    def close(self) -> None:
        """Complete the file."""
        if self.closed:
            return
        try:
            if not self._writer.closed:
                self._packer.close()
                self._writer.close()
        except BaseException:
            self.drop()
            raise
        finally:
            super().close()

    def drop(self) -> None:
        """Forget what was written."""
        self._writer.drop()
        with contextlib.suppress(ValueError):  # it has an end to write
            self._packer.close()

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            self.drop()
        self.close()

    def __del__(self) -> None:
        self._writer.__del__()
        self.drop()


class TextWriter(io.TextIOWrapper):
    """A `GradientWriter` for text."""

    def __exit__(self, kind: Any, error: Any, trace: Any) -> None:
        if kind is not None:
            cast(GradientWriter, self.buffer).__exit__(kind, error, trace)
        super().__exit__(kind, error, trace)

    def __del__(self) -> None:
        with contextlib.suppress(ValueError, AttributeError):  # it was never made, or has no buffer any more
            cast(GradientWriter, self.buffer).__del__()  # else it would complete it
