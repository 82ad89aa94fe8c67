"""The files of uploads that take more than one request, as `incoming` lays them out; nothing of databases here."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import re
import shutil
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import HASH_SIZE
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Part

from . import spool
from .spool import Spool

MAX_PARTS = 10_000
_ID = re.compile(rf"[0-9a-f]{{{HASH_SIZE}}}")  # 16 random bytes in hexadecimal
_PART = re.compile(r"(\d{5})\.([0-9a-f]{32})")
_OLD = 3600.0  # seconds; an upload is on disk a moment before it is in the database


def is_upload_id(text: str) -> bool:
    """Whether ``text`` has the shape of an upload id, and can be the name of a folder."""
    return _ID.fullmatch(text) is not None


def make(folder: Path, *, parts: bool) -> None:
    """Make the place of an upload."""
    with spool.written(folder):
        folder.mkdir(mode=0o700)
        if parts:
            (folder / "parts").mkdir(mode=0o700)
    if not parts:
        os.close(spool.create(folder / "data"))


@contextlib.contextmanager
def only_one(folder: Path, upload: str, *, wait: bool = True) -> Iterator[bool]:
    """Hold an upload so that nobody else finishes or removes it; without ``wait`` says whether it could be had."""
    try:
        file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError:
        raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload) from None
    try:
        yield _lock(file, wait=wait)
    finally:
        os.close(file)


def entries(folder: Path) -> list[Path]:
    """All that waits in the folder of incoming files."""
    with spool.written(folder):
        return sorted(folder.iterdir())


def remove_if_old(path: Path) -> bool:
    """Remove what belongs to no upload, unless it is so young that somebody may be about to use it."""
    with contextlib.suppress(OSError):
        if time.time() - path.stat().st_mtime > _OLD:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            return True
    return False


# --- resumable --------------------------------------------------------------------------------------------------------


class Data:
    """The open, locked file of a resumable upload."""

    def __init__(self, file: int, path: Path) -> None:
        self._file = file
        self._path = path
        self.size = os.fstat(file).st_size

    def append(self, chunk: bytes) -> None:
        """Add a piece, or nothing of it."""
        spool.append(self._file, self._path, chunk)

    def truncate(self, size: int) -> None:
        """Make it shorter."""
        with spool.written(self._path):
            os.ftruncate(self._file, size)


@contextlib.contextmanager
def open_data(folder: Path) -> Iterator[Data | None]:
    """The file of a resumable upload while it grows; nobody else has it meanwhile.  None when it does not grow."""
    path = folder / "data"
    with contextlib.ExitStack() as opened:
        file = -1
        with contextlib.suppress(OSError):
            file = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
            opened.callback(os.close, file)
            _lock(file, wait=True)
        # Who has finished it while we waited has moved the file, and a store may have adopted it: it must not change.
        yield Data(file, path) if file >= 0 and _is_at(file, path) else None


def offset(folder: Path, upload: str, size: int) -> int:
    """How many bytes of a resumable upload have arrived."""
    try:
        return (folder / "data").stat().st_size
    except OSError:
        if (folder / "whole").exists():
            return size
        raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload) from None


def complete_data(folder: Path, size: int, shown: str) -> Spool:
    """The content of a resumable upload that has all its bytes; nothing is added to it from now on."""
    with open_data(folder) as data:
        if data is not None:
            if data.size != size:
                raise _incomplete(shown, f"{data.size:,} of {size:,} bytes have arrived")
            with spool.written(folder):
                (folder / "data").rename(folder / "whole")
    return Spool([folder / "whole"])


# --- parts ------------------------------------------------------------------------------------------------------------


class FoundPart(NamedTuple):
    """A part that has arrived."""

    number: int
    size: int
    etag: str
    path: Path


class PartWriter:
    """One part as it arrives; it counts when it has ended.

    Parameters
    ----------
    folder : Path
        The upload's.
    upload : str
        Its id.
    number : int
        The part's, from 1 to 10,000.
    shown : str
        The path of the file, for a sentence.
    """

    def __init__(self, folder: Path, upload: str, number: int, shown: str) -> None:
        if not 1 <= number <= MAX_PARTS:
            raise ErrorKind.INVALID_OPTION(
                option="part number",
                value=number,
                reason=f"parts of {shown} are numbered from 1 to {MAX_PARTS:,}",
                hint="Send fewer and larger parts.",
            )
        if not (folder / "parts").is_dir():
            raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload)
        self._folder = folder
        self._upload = upload
        self._number = number
        self._path = spool.temporary(folder, "part")
        self._file = spool.create(self._path)
        self._md5 = hashlib.md5(usedforsecurity=False)
        self._size = 0

    def append(self, chunk: bytes) -> None:
        """Add a piece."""
        spool.append(self._file, self._path, chunk)
        self._md5.update(chunk)
        self._size += len(chunk)

    def end(self) -> Part:
        """Make it the part of its number; one that came earlier is forgotten."""
        part = Part(self._number, self._size, self._md5.hexdigest())
        folder = self._folder / "parts"
        place = folder / f"{part.number:05}.{part.etag}"
        try:
            with only_one(folder, self._upload):  # of two that send the same number, the last one stays
                self._path.rename(place)
                for other in folder.glob(f"{part.number:05}.*"):
                    if other != place:
                        other.unlink()
        except OSError:  # it was finished or cancelled meanwhile
            raise ErrorKind.UPLOAD_NOT_FOUND(upload=self._upload) from None
        return part

    def drop(self) -> None:
        """Forget what has come, unless it has ended."""
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
            with contextlib.suppress(OSError):
                self._path.unlink()


def parts(folder: Path) -> dict[int, FoundPart]:
    """Parts that have arrived, by ascending number."""
    found: dict[int, FoundPart] = {}
    for part in sorted(_all_parts(folder), key=lambda part: (part.number, part.path.stat().st_mtime_ns)):
        found[part.number] = part
    return found


def complete_parts(folder: Path, wanted: Sequence[tuple[int, str]] | None, shown: str) -> Spool:
    """The content of the parts that a client names, or of all; no other part is accepted from now on."""
    if wanted is None:
        chosen = [part.path for part in parts(folder).values()]
    else:
        here = {(part.number, part.etag): part.path for part in _all_parts(folder)}
        chosen = []
        for number, etag in _ascending(wanted, shown):
            if (number, etag) not in here:
                there = any(number == other for other, _ in here)
                reason = f"part {number} has another ETag than {etag!r}" if there else f"part {number} has not arrived"
                raise _incomplete(shown, reason)
            chosen.append(here[number, etag])
    if not chosen:
        raise _incomplete(shown, "it has no parts")
    whole = folder / "whole"
    if not whole.exists():
        with spool.written(folder):
            (folder / "parts").rename(whole)
    return Spool([whole / path.name for path in chosen])


def _ascending(wanted: Sequence[tuple[int, str]], shown: str) -> Iterator[tuple[int, str]]:
    last = 0
    for number, etag in wanted:
        if number <= last:
            raise _incomplete(shown, f"part {number} is named after part {last}, and parts must be in ascending order")
        last = number
        yield number, etag.strip('"').lower()


def _all_parts(folder: Path) -> list[FoundPart]:
    """Parts that have arrived; of a number that was replaced while the server was killed there may be two."""
    names: list[Path] = []
    for place in (folder / "parts", folder / "whole"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            names += place.iterdir()
    matches = ((path, _PART.fullmatch(path.name)) for path in names)
    return [FoundPart(int(match[1]), path.stat().st_size, match[2], path) for path, match in matches if match]


def _lock(file: int, *, wait: bool) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    return True


def _is_at(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False


def _incomplete(shown: str, reason: str) -> GradientDataError:
    return ErrorKind.UPLOAD_INCOMPLETE(path=shown, reason=reason)
