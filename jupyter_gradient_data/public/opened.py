"""What all kinds of sources give: a file's bytes from some point on, or a reason why not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field


class SourceError(Exception):
    """A source does not give a file; the text is the reason.

    Parameters
    ----------
    reason : str
        The rest of a sentence about the URL.
    may_pass : bool
        Whether asking once more may help.
    pause : float
        Seconds to wait before that, as the source asked for.
    """

    def __init__(self, reason: str, *, may_pass: bool = False, pause: float = 0.0) -> None:
        super().__init__(reason)
        self.may_pass = may_pass
        self.pause = pause


@dataclass
class Opened:
    """A file that is being read.

    Parameters
    ----------
    start : int
        The first byte that comes: the one that was asked for, or 0 when the source cannot begin there, or has another
        file by now.
    size : int or None
        Of the whole file.
    validator : str or None
        Equal as long as it is the same file; None when the source cannot tell.
    pieces : iterator of bytes
        Raises `SourceError`.
    close : callable
        Lets go of it.
    """

    start: int
    size: int | None
    validator: str | None
    pieces: Iterator[bytes]
    close: Callable[[], None] = field(default=lambda: None)
