"""A file of a version as a file object of Python: seekable, with read-ahead, verified when it is read to its end."""

from __future__ import annotations

import io
from typing import IO, TYPE_CHECKING, Any

from jupyter_gradient_data.errors import ErrorKind

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

    from jupyter_gradient_data.service.api import OpenFile

_BUFFER = 64 * 1024  # bytes read at once by who jumps about
_MOST_AHEAD = 8 * 1024 * 1024  # by who reads on and on

READING = ("r", "rt", "rb")
"""Modes in which a file is read."""


class VersionFile(io.RawIOBase):
    """The bytes of an opened file.

    Parameters
    ----------
    opened : OpenFile
        As the service found it.
    name : str
        What it is, for messages: reference and path.

    Notes
    -----
    Who reads on gets more at once each time, up to 8 MiB; who jumps gets little.  The hash of what is read in order
    from the beginning is compared at the end of the file.
    """

    def __init__(self, opened: OpenFile, name: str) -> None:
        super().__init__()
        self.name = name
        self._opened = opened
        self._size = opened.info.size
        self._at = 0
        self._start, self._held = 0, b""  # what was read ahead, and where it is
        self._ahead = _BUFFER
        self._hasher: Any = None
        self._hashed = 0

    def readable(self) -> bool:
        """It is."""
        return True

    def seekable(self) -> bool:
        """It is."""
        return True

    def tell(self) -> int:
        """Where the next byte is read."""
        self._check_open()
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go somewhere; beyond the end there is nothing to read."""
        self._check_open()
        if whence not in (io.SEEK_SET, io.SEEK_CUR, io.SEEK_END):
            raise ValueError(f"invalid whence ({whence}, should be 0, 1 or 2)")
        at = offset + {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        if at < 0:
            raise ValueError(f"negative seek position {at}")
        self._at = at
        return at

    def readinto(self, buffer: WriteableBuffer) -> int:
        """Read up to as many bytes as the buffer holds; fewer are no sign of the end."""
        self._check_open()
        view = memoryview(buffer).cast("B")
        if not view or self._at >= self._size:
            return 0
        place = self._at - self._start
        if not 0 <= place < len(self._held):
            self._fetch(len(view))
            place = 0
        count = min(len(view), len(self._held) - place)
        view[:count] = memoryview(self._held)[place : place + count]
        self._at += count
        return count

    def readall(self) -> bytes:
        """All from here to the end."""
        self._check_open()
        self._ahead = _MOST_AHEAD
        pieces = []
        while self._at < self._size:
            place = self._at - self._start
            if not 0 <= place < len(self._held):
                self._fetch(_MOST_AHEAD)
                place = 0
            pieces.append(self._held[place:] if place else self._held)
            self._at += len(pieces[-1])
        return b"".join(pieces)

    def close(self) -> None:
        """Let go of what was read ahead."""
        self._held = b""
        super().close()

    def _fetch(self, wanted: int) -> None:
        """Hold what begins here."""
        reads_on = self._at == self._start + len(self._held)
        self._ahead = min(2 * self._ahead, _MOST_AHEAD) if reads_on and self._held else max(_BUFFER, self._ahead // 4)
        end = min(self._size, self._at + max(wanted, self._ahead))
        self._held, self._start = self._opened.read_range(self._at, end), self._at
        if len(self._held) != end - self._start:
            raise self._damaged(f"it has {len(self._held):,} bytes instead of {end - self._start:,}")
        self._verify()

    def _verify(self) -> None:
        if self._start != self._hashed:
            return
        if self._hasher is None:
            from blake3 import blake3  # here: loading the package stays cheap

            self._hasher = blake3()
        self._hasher.update(self._held)
        self._hashed += len(self._held)
        if self._hashed == self._size and self._hasher.hexdigest() != self._opened.info.hash:
            raise self._damaged("its content does not have the hash that it should have")

    def _damaged(self, reason: str) -> Exception:
        return ErrorKind.STORE_CORRUPT(thing=self.name, store="the store", reason=reason)

    def _check_open(self) -> None:
        if self.closed:
            raise ValueError("I/O operation on closed file.")


def open_reading(
    opened: OpenFile,
    name: str,
    mode: str,
    *,
    buffering: int = -1,
    encoding: str | None = None,
    errors: str | None = None,
    newline: str | None = None,
) -> IO[Any]:
    """A file object as `open` makes one.

    Parameters
    ----------
    opened : OpenFile
        As the service found it.
    name : str
        What it is, for messages.
    mode : str
        One of `READING`.
    buffering : int
        Bytes of the buffer; 0 for none at all.
    encoding, errors, newline : str, optional
        As for `open`; the encoding is UTF-8 by default on every machine.
    """
    is_binary = check_mode(mode, READING, encoding, errors, newline)
    raw = VersionFile(opened, name)
    if buffering == 0 and is_binary:
        return raw  # type: ignore[return-value]
    buffered = io.BufferedReader(raw, buffering if buffering > 1 else _BUFFER)
    if is_binary:
        return buffered
    return io.TextIOWrapper(buffered, encoding or "utf-8", errors, newline)


def check_mode(mode: str, modes: tuple[str, ...], *of_text: str | None) -> bool:
    """Whether a mode is one for bytes.

    Raises
    ------
    Invalid
        It is none of those that are possible, or one for bytes with an encoding.
    """
    if mode not in modes:
        hint = f"Choose one of: {', '.join(modes)}."
        raise ErrorKind.INVALID_OPTION(option="mode", value=mode, reason="a file here cannot be opened so", hint=hint)
    is_binary = "b" in mode
    if is_binary and any(value is not None for value in of_text):
        hint = "Leave out encoding, errors and newline, or the b."
        raise ErrorKind.INVALID_OPTION(option="mode", value=mode, reason="bytes have no encoding", hint=hint)
    return is_binary
