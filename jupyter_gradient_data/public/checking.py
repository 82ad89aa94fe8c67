"""Checking bytes, as they come, against what a catalogue knows of them."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

_START = 1024 * 1024


class Expected(NamedTuple):
    """What is known of a file; None where it is not known."""

    size: int | None = None
    sha256: str | None = None
    md5: str | None = None
    md5_start: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether each byte can be checked."""
        return bool(self.sha256 or self.md5)

    @property
    def proof(self) -> str:
        """What a file is checked by, at best: ``sha256``, ``md5``, ``start``, ``size`` or ``none``."""
        if self.sha256:
            return "sha256"
        if self.md5:
            return "md5"
        return "start" if self.md5_start else "none" if self.size is None else "size"


class Checker:
    """Takes the bytes of one file, from its beginning.

    Parameters
    ----------
    expected : Expected
        What they should be.
    """

    def __init__(self, expected: Expected) -> None:
        self.count = 0
        self._expected = expected
        self._sha256 = hashlib.sha256()
        self._md5 = hashlib.md5(usedforsecurity=False) if expected.md5 and not expected.sha256 else None
        self._start = hashlib.md5(usedforsecurity=False) if expected.md5_start else None

    @property
    def sha256(self) -> str:
        """Of what came so far, as hex."""
        return self._sha256.hexdigest()

    def update(self, piece: bytes) -> None:
        """Take the next bytes."""
        self._sha256.update(piece)
        if self._md5 is not None:
            self._md5.update(piece)
        if self._start is not None and self.count < _START:
            self._start.update(piece[: _START - self.count])
        self.count += len(piece)

    def early_problem(self) -> str | None:
        """Why what came so far cannot be the beginning of the file, or None."""
        expected = self._expected
        if expected.size is not None and self.count > expected.size:
            return f"it has more than the {expected.size:,} bytes that it should have"
        if self._start is not None and self.count >= _START and self._start.hexdigest() != expected.md5_start:
            return "its first MiB is not what it should be"
        return None

    def problem(self) -> str | None:
        """Why all that came is not the file, or None."""
        expected = self._expected
        if expected.size is not None and self.count != expected.size:
            return f"it has {self.count:,} bytes, and should have {expected.size:,}"
        if expected.sha256 and self.sha256 != expected.sha256:
            return f"its SHA-256 is {self.sha256}, and should be {expected.sha256}"
        if self._md5 is not None and self._md5.hexdigest() != expected.md5:
            return f"its MD5 is {self._md5.hexdigest()}, and should be {expected.md5}"
        if self._start is not None and self._start.hexdigest() != expected.md5_start:
            return "its first MiB is not what it should be"
        return None
