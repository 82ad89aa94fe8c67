"""A file object that writes a file of an uncommitted version: stored as a whole when it is closed, or not at all."""

from __future__ import annotations

import io
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from types import TracebackType
from typing import IO, Any

from .reading import check_mode

WRITING = ("w", "wt", "wb")
"""Modes in which a file is written."""

_PIECE = 1024 * 1024  # bytes

Store = Callable[[Iterable[bytes]], object]


class NewFile(io.FileIO):
    """A file without a name on this machine, whose bytes are stored when it is closed.

    Parameters
    ----------
    store : callable
        Puts them into the version.
    name : str
        The path there.
    """

    def __init__(self, store: Store, name: str) -> None:
        handle, path = tempfile.mkstemp(prefix="gradient-")
        os.unlink(path)
        super().__init__(handle, "w+b")
        self.name = name
        self._store: Store | None = store

    def give_up(self) -> None:
        """Store nothing."""
        self._store = None

    def close(self) -> None:
        """Store what was written, once."""
        store, self._store = getattr(self, "_store", None), None
        try:
            if store is not None and not self.closed:
                store(self._pieces())
        finally:
            super().close()

    def _pieces(self) -> Iterator[bytes]:
        self.seek(0)
        while piece := self.read(_PIECE):
            yield piece


class _Bytes(io.BufferedRandom):
    """Gives up when the body of a ``with`` fails, or when nobody has closed it: half a file must not look whole."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            _raw(self).give_up()
        super().__exit__(kind, error, trace)

    def __del__(self) -> None:
        if not self.closed:
            _raw(self).give_up()
            self.close()


class _Text(io.TextIOWrapper):
    """The same for text."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            _raw(self.buffer).give_up()
        super().__exit__(kind, error, trace)

    def __del__(self) -> None:
        if not self.closed:
            _raw(self.buffer).give_up()
            self.close()


def open_writing(
    store: Store,
    name: str,
    mode: str,
    *,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> IO[Any]:
    """A file object as `open` makes one, for a new file.

    Parameters
    ----------
    store : callable
        Takes the bytes when it is closed.
    name : str
        What it is, for messages.
    mode : str
        One of `WRITING`.
    encoding, errors, newline : str, optional
        As for `open`; the encoding is UTF-8 by default on every machine.
    """
    is_binary = check_mode(mode, WRITING, encoding, errors, newline)
    buffered = _Bytes(NewFile(store, name))
    return buffered if is_binary else _Text(buffered, encoding or "utf-8", errors, newline)


def _raw(buffered: Any) -> NewFile:
    raw: NewFile = buffered.raw
    return raw
