"""Unpacking archives that nobody here has made: into one new folder, and nowhere else, and not without end.

Nothing is trusted but the bytes: paths and links are checked (`paths`), links are made last, so that nothing can be
written through one, devices and the like are refused, and so is what is in the archive twice.  What comes out is
counted against what was declared and against `Limits`, while it is written.
"""

from __future__ import annotations

import bz2
import contextlib
import gzip
import hashlib
import io
import lzma
import os
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, cast

from jupyter_gradient_data.progress import Progress

from .paths import UnsafePathError, parents, safe_link, safe_path

if TYPE_CHECKING:
    from typing_extensions import Self

FILE_MODE, EXECUTABLE_MODE, FOLDER_MODE = 0o444, 0o555, 0o555

_PIECE = 1024 * 1024
_HOLE = bytes(_PIECE)
_RATIO = 200  # times its own size that an archive may unpack to: real data stays far below, bombs reach 1,000
_ALWAYS = 4 * 1024**3  # bytes that any archive may unpack to: a small one of an empty database is no bomb
_MOST_MEMBERS = 3_000_000  # ImageNet has 1.3 million
_LONGEST_LINK = 4096
_LONGEST_HEADER = 1024 * 1024  # bytes of a tar header that says more of a member; it is read as a whole
_BROKEN = (EOFError, OSError, tarfile.TarError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, NotImplementedError)
_MAGIC: dict[bytes, Callable[[BinaryIO], Any]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}


class RefusedError(Exception):
    """An archive is not unpacked; the text is the reason."""


class Unpacked(NamedTuple):
    """A file that came out: its path, size and SHA-256, or where it points to when it is a link."""

    path: str
    size: int
    sha256: str
    link: str | None = None


@dataclass(frozen=True, slots=True)
class Limits:
    """What may come out of an archive at most.

    Parameters
    ----------
    bytes : int
        In all, declared or written.
    free : int
        What the disk has room for.
    """

    bytes: int
    free: int

    @classmethod
    def of(cls, size: int, free: int, known: int | None = None) -> Limits:
        """For an archive of ``size`` bytes; ``known`` is what its catalogue says that it unpacks to."""
        return cls(max(_ALWAYS, _RATIO * size, known or 0), free)

    def check(self, total: int) -> None:
        """Raise `RefusedError` when so many bytes are too many."""
        if total > self.bytes:
            raise RefusedError(f"it unpacks to more than {self.bytes:,} bytes, as a bomb does")
        if total > self.free:
            raise RefusedError(f"it unpacks to more than the {self.free:,} bytes that the disk has free")


def unpack(archive: Path, kind: str, name: str, into: Path, limits: Limits, progress: Progress) -> list[Unpacked]:
    """Unpack an archive into a folder that is there and empty.

    Parameters
    ----------
    archive : Path
        The file.
    kind : str
        ``zip``, ``tar`` (compressed or not) or ``single`` (one compressed file).
    name : str
        The name of what comes out of a ``single`` one.
    into : Path
        The folder.
    limits : Limits
        What may come out at most.
    progress : Progress
        Told of the bytes of the archive that were read.

    Returns
    -------
    list of Unpacked
        What came out.

    Raises
    ------
    RefusedError
        It is damaged, or holds what may not be unpacked; the folder may then hold a part of it.
    OSError
        The disk is full, or cannot be written.
    """
    writer = _Writer(into, limits, progress)
    try:
        with archive.open("rb", buffering=0) as raw:
            counted = cast(BinaryIO, io.BufferedReader(_Counted(raw, progress), _PIECE))
            if kind == "single":
                _unpack_single(counted, name, writer)
            else:
                {"zip": _unpack_zip, "tar": _unpack_tar}[kind](counted, writer)
        writer.make_links()
    except _DiskError as error:
        raise error.error from None
    return writer.written


class _Counted(io.RawIOBase):
    """A file whose reads are progress."""

    def __init__(self, raw: io.FileIO, progress: Progress) -> None:
        self._raw = raw
        self._progress = progress

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        count = self._raw.readinto(buffer)
        self._progress.advance(bytes=count)
        return count

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        return self._raw.seek(offset, whence)

    def tell(self) -> int:
        return self._raw.tell()

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True


class _DiskError(Exception):
    """Carries an error of the disk past those of reading, which are `OSError` as well."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error


class _Writer:
    """Writes members below one folder."""

    def __init__(self, root: Path, limits: Limits, progress: Progress) -> None:
        self.written: list[Unpacked] = []
        self._root = root
        self._limits = limits
        self._progress = progress
        self._total = 0
        self._members = 0
        self._sizes: dict[str, int] = {}  # where in `written` a file is
        self._links: dict[str, str] = {}
        self._folders: set[str] = {""}

    def path_of(self, name: str) -> str:
        """The path of a member, checked; counts it."""
        self._members += 1
        if self._members > _MOST_MEMBERS:
            raise RefusedError(f"it has more than {_MOST_MEMBERS:,} members, as a bomb does")
        try:
            return safe_path(name)
        except UnsafePathError as error:
            raise RefusedError(f"the path of {_shown(name)} is not safe: {error}") from None

    def declare(self, size: int) -> None:
        """Check a size before anything of it is written."""
        self._limits.check(self._total + size)

    def folder(self, path: str) -> None:
        """Make a folder and those it is in."""
        for parent in [*parents(path), path] if path else []:
            if parent in self._folders:
                continue
            if parent in self._sizes or parent in self._links:
                raise RefusedError(f"it has {_shown(parent)} twice, as a file and as a folder")
            with _disk():
                os.mkdir(self._root / parent, 0o700)
            self._folders.add(parent)

    def file(self, path: str, stream: BinaryIO, size: int | None, *, executable: bool = False) -> None:
        """Write a file; ``size`` is what was declared, None when nothing was."""
        self._claim(path)
        digest, count = hashlib.sha256(), 0
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with _disk():
            descriptor = os.open(self._root / path, flags, 0o600)
        try:
            while piece := stream.read(_PIECE):
                count += len(piece)
                self._total += len(piece)
                if size is not None and count > size:
                    raise RefusedError(f"{_shown(path)} is longer than the archive says")
                self._limits.check(self._total)
                self._progress.check()
                digest.update(piece)
                with _disk():
                    _write(descriptor, piece)
            if size is not None and count != size:
                raise RefusedError(f"it is cut short in {_shown(path)}")
            with _disk():
                os.ftruncate(descriptor, count)  # a hole at the end
                os.fchmod(descriptor, EXECUTABLE_MODE if executable else FILE_MODE)
        finally:
            os.close(descriptor)
        self._sizes[path] = len(self.written)
        self.written.append(Unpacked(path, count, digest.hexdigest()))

    def hard_link(self, path: str, target: str) -> None:
        """One more name for a file that came before."""
        self._claim(path)
        if target not in self._sizes:
            raise RefusedError(f"{_shown(path)} is a hard link to {_shown(target)}, which is no file before it")
        with _disk():
            os.link(self._root / target, self._root / path, follow_symlinks=False)
        self._sizes[path] = len(self.written)
        self.written.append(self.written[self._sizes[target]]._replace(path=path))

    def link(self, path: str, target: str) -> None:
        """A symbolic link, made by `make_links`."""
        self._claim(path)
        try:
            self._links[path] = safe_link(path, target)
        except UnsafePathError as error:
            raise RefusedError(f"{_shown(path)}: {error}") from None

    def make_links(self) -> None:
        """Make the symbolic links, when there is nothing more to write."""
        for path, target in self._links.items():
            with _disk():
                os.symlink(target, self._root / path)
            self.written.append(Unpacked(path, 0, "", target))
        root = os.path.realpath(self._root)
        for path in self._links:  # what was checked in words is now checked on the disk
            found = os.path.realpath(self._root / path)
            if found != root and not found.startswith(root + os.sep):
                raise RefusedError(f"{_shown(path)}: it is a link that leads out")

    def _claim(self, path: str) -> None:
        if not path:
            raise RefusedError("a file has no name")
        if path in self._sizes or path in self._links or path in self._folders:
            raise RefusedError(f"it has {_shown(path)} twice")
        self.folder(path.rpartition("/")[0])


class _Member(tarfile.TarInfo):
    """A header of a tar archive; those that would fill the memory are refused."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        header = super().frombuf(buf, encoding, errors)
        if header.size > _LONGEST_HEADER and header.type in _LONG_HEADERS:
            raise RefusedError("it has a header that is too long")
        return header


_LONG_HEADERS = {
    *(tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.SOLARIS_XHDTYPE),
    *(tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK),
}


def _unpack_tar(file: BinaryIO, writer: _Writer) -> None:
    with _readable("it is no whole tar archive"):
        opener = _MAGIC.get(file.read(2))
        file.seek(0)
        stream = cast(BinaryIO, opener(file)) if opener else file
        with tarfile.open(fileobj=stream, mode="r|", tarinfo=_Member) as tar:
            while (member := tar.next()) is not None:
                tar.members.clear()  # type: ignore[attr-defined] # or it remembers a million of them
                _take_tar_member(tar, member, writer)
        rest = 0
        while piece := stream.read(_PIECE):  # checksums come at the end, and a bomb may come behind it
            rest += len(piece)
            writer.declare(rest)


def _take_tar_member(tar: tarfile.TarFile, member: tarfile.TarInfo, writer: _Writer) -> None:
    path = writer.path_of(member.name)
    if member.isdir():
        writer.folder(path)
        return
    if not (member.isreg() or member.issym() or member.islnk()):
        raise RefusedError(f"{_shown(member.name)} is neither a file nor a folder nor a link")
    try:
        if hasattr(tarfile, "data_filter"):  # not before Python 3.10.12 and 3.11.4; it sees no more than we do
            tarfile.data_filter(member, "/nowhere")
    except tarfile.TarError:
        raise RefusedError(f"{_shown(member.name)} leads out of its folder") from None
    if member.issym():
        writer.link(path, member.linkname)
    elif member.islnk():
        writer.hard_link(path, writer.path_of(member.linkname))
    else:
        writer.declare(member.size)
        stream = tar.extractfile(member)
        assert stream is not None  # noqa: S101 - it is a regular file
        writer.file(path, cast(BinaryIO, stream), member.size, executable=bool(member.mode & 0o100))


def _unpack_zip(file: BinaryIO, writer: _Writer) -> None:
    with _readable("it is no whole ZIP archive"), zipfile.ZipFile(file) as archive:
        members = archive.infolist()
        writer.declare(sum(member.file_size for member in members))
        for member in members:
            path = writer.path_of(member.filename)
            mode = member.external_attr >> 16 if member.create_system == 3 else 0  # 3: made on Unix
            kind = stat.S_IFMT(mode)
            if member.is_dir():
                writer.folder(path)
                continue
            if member.flag_bits & 1:
                raise RefusedError(f"{_shown(path)} is encrypted")
            if kind not in (0, stat.S_IFREG, stat.S_IFLNK):
                raise RefusedError(f"{_shown(path)} is neither a file nor a folder nor a link")
            if kind == stat.S_IFLNK:
                if member.file_size > _LONGEST_LINK:
                    raise RefusedError(f"{_shown(path)}: it is a link that is too long")
                writer.link(path, os.fsdecode(archive.read(member)))
                continue
            with archive.open(member) as stream:
                writer.file(path, cast(BinaryIO, stream), member.file_size, executable=bool(mode & 0o100))


def _unpack_single(file: BinaryIO, name: str, writer: _Writer) -> None:
    opener = _MAGIC.get(file.read(2))
    file.seek(0)
    if opener is None:
        raise RefusedError("it is not compressed by gzip, bzip2 or xz")
    with _readable("it is damaged"), cast(BinaryIO, opener(file)) as stream:
        writer.file(writer.path_of(name), stream, None)


@contextlib.contextmanager
def _readable(otherwise: str) -> Iterator[None]:
    """Turn what reading a damaged archive raises into `RefusedError`; errors of writing go on as they are."""
    try:
        yield
    except _BROKEN as error:
        raise RefusedError(f"{otherwise} ({str(error) or type(error).__name__})") from None
    except (ValueError, RuntimeError, IndexError, KeyError) as error:  # of headers that make no sense
        raise RefusedError(f"{otherwise} ({type(error).__name__})") from None


@contextlib.contextmanager
def _disk() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise _DiskError(error) from None


def _write(descriptor: int, piece: bytes) -> None:
    if piece == _HOLE[: len(piece)]:  # databases are full of holes, and so they stay
        os.lseek(descriptor, len(piece), os.SEEK_CUR)
        return
    view = memoryview(piece)
    while view:
        view = view[os.write(descriptor, view) :]


def _shown(name: str) -> str:
    text = name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return repr(text if len(text) <= 80 else text[:40] + "…" + text[-40:])
