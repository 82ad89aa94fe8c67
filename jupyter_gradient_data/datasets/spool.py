"""Bytes that wait on the local disk until all have come: only then their hash, which names them, is known."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

from jupyter_gradient_data.blobs.hashing import Hasher, unreadable
from jupyter_gradient_data.blobs.store import RANGE
from jupyter_gradient_data.errors import ErrorKind

from .repository import Repository

_HASH_PIECE = 2 << 20  # bytes; see blobs.hashing


class Spool:
    """Local files that are, one after the other, one content; iterating starts from the beginning each time.

    Parameters
    ----------
    files : sequence of Path
        Nothing may write to them any more: a store may take one as it is.
    """

    def __init__(self, files: Sequence[Path]) -> None:
        self.files = files

    def __iter__(self) -> Iterator[bytes]:
        return self._pieces(RANGE)

    def digest(self) -> tuple[bytes, int]:
        """Hash and bytes of the content."""
        hasher, size = Hasher(max_threads=Hasher.AUTO), 0
        for piece in self._pieces(_HASH_PIECE):
            hasher.update(piece)
            size += len(piece)
        return hasher.digest(), size

    def _pieces(self, length: int) -> Iterator[bytes]:
        for path in self.files:
            try:
                with path.open("rb", buffering=0) as file:
                    while piece := file.read(length):
                        yield piece
            except OSError as error:
                raise unreadable(str(path), error) from error


def incoming_folder(repository: Repository) -> Path:
    """Where what arrives waits; nobody else may look into it."""
    folder = repository.config.state_path / "incoming"
    with written(folder):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


def create(path: Path) -> int:
    """Make a file that only we can read, and open it for writing."""
    with written(path):
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)


def temporary(folder: Path, prefix: str) -> Path:
    """A name that nobody has."""
    return folder / f"{prefix}-{secrets.token_hex(8)}"


def append(file: int, path: Path, chunk: bytes) -> None:
    """Write a piece at the end of an open file, or nothing of it."""
    before = os.fstat(file).st_size
    try:
        with written(path):
            rest = memoryview(chunk).cast("B")
            while rest:
                rest = rest[os.pwrite(file, rest, before + len(chunk) - len(rest)) :]
    except BaseException:
        os.ftruncate(file, before)
        raise


@contextlib.contextmanager
def written(path: Path) -> Iterator[None]:
    """Turn what the operating system says about writing to the disk into one of our errors."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ErrorKind.DISK_FULL(path=path.parent) from error
        raise ErrorKind.TARGET_UNWRITABLE(path=path, reason=(error.strerror or str(error)).lower()) from error
