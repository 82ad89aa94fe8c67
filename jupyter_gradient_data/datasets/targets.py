"""Writing files of a version into a local folder: complete or not at all, and never outside it.

Every file is written beside its place under a temporary name and renamed over it.  Folders are held open and files are
made relative to them, so that a folder that someone replaces by a symbolic link in the meantime leads nowhere.  The
target folder itself may be a link, because someone named it; below it none is written through.

Temporary files carry a lock for as long as somebody writes them.  One without a lock was left behind by a run that was
killed; it is removed when the next run comes to its folder.
"""

from __future__ import annotations

import errno
import fcntl
import itertools
import os
import re
import secrets
import stat
import threading
import time
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from jupyter_gradient_data.blobs.hashing import show_local
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .paths import path_problem, show_path

Data = bytes | bytearray | memoryview

_MAX_FOLDERS = 64  # held open at once; macOS allows 256 files by default
_MAX_NAME = 255  # bytes
_PART = re.compile(r"\..*\.[0-9a-f]{8}-[0-9a-f]+\.gradient-part", re.DOTALL)
_PART_OVERHEAD = 40  # bytes that a temporary name is longer than the name, at most
_TRIES = 10
_UNLOCKABLE_AGE = 86_400  # seconds after which a leftover is removed where files cannot be locked

# A folder that we may enter but not list can still be written into.
_FOLDER_FLAGS = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_PART_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_REASONS = {
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.EROFS: "the file system is read-only",
    errno.ENAMETOOLONG: "its name is too long for this file system",
    errno.EINVAL: "this file system does not allow its name",
    errno.EILSEQ: "this file system does not allow its name",
    errno.EISDIR: "there is a folder in its place",
    errno.EEXIST: "there is a file in its place",
    errno.ENOTDIR: "there is a file in the place of its folder",
    errno.ENOENT: "its folder vanished",
    errno.EFBIG: "it is too large for this file system",
    errno.EMFILE: "too many files are open",
    errno.ENFILE: "too many files are open",
}


class PartFile:
    """A large file under its temporary name."""

    def __init__(self, local: str, descriptor: int) -> None:
        self._local = local
        self._descriptor = descriptor
        self._end = 0

    def write(self, data: Data) -> None:
        """Append; for one writer."""
        self.write_at(self._end, data)
        self._end += len(data)

    def write_at(self, offset: int, data: Data) -> None:
        """Write all of ``data`` at an offset in bytes; several threads may do so at once.

        Raises
        ------
        StoreFailed
            ``DISK_FULL`` or ``TARGET_UNWRITABLE``.
        """
        view = memoryview(data)
        try:
            while view:
                count = os.pwrite(self._descriptor, view, offset)
                view, offset = view[count:], offset + count
        except OSError as error:
            raise _unwritable(self._local, error) from error


class TargetFolder:
    """Files below one local folder, which is made with its parents when the first file comes.

    All methods may be called from any thread.

    Parameters
    ----------
    root : Path
        The folder.
    ignores_case : bool, optional
        Whether names that differ only by case are one file there; found out when None.
    """

    def __init__(self, root: Path, *, ignores_case: bool | None = None) -> None:
        self._root = os.path.abspath(root)
        self._ignores_case = ignores_case
        self._lock = threading.Lock()
        self._folders: dict[str, OpenFolder] = {}
        self._seen: set[str] = set()  # folders that need no cleaning any more
        self._file_names: dict[str, str] = {}  # folded path to path, only where case is ignored
        self._folder_names: dict[str, str] = {}
        self._run = secrets.token_hex(4)
        self._numbers = itertools.count()

    def prepare(self, path: str) -> str:
        """Check the path of a file and make the folders above it.

        Parameters
        ----------
        path : str
            Path within the version.

        Returns
        -------
        str
            Where `write` will put it.

        Raises
        ------
        Invalid
            ``INVALID_PATH``, or ``TARGET_UNSAFE``: a folder above it is a symbolic link.
        Conflict
            ``TARGET_CLASH``: it would fall on a file that was written before under another name.
        StoreFailed
            ``TARGET_UNWRITABLE`` or ``DISK_FULL``.
        """
        self.enter(path)
        return self._local(path)

    def write(self, path: str, data: Data, executable: bool = False) -> None:
        """Write a small file; raises what `prepare` raises.

        Parameters
        ----------
        path : str
            Path within the version.
        data : bytes
            All of it.
        executable : bool
            Whether it may be executed; everything else about permissions is up to the umask.
        """
        folder, name = self.enter(path)
        for attempt in range(1, _TRIES + 1):
            try:
                self._write_once(folder.descriptor, name, data, executable)
            except FileNotFoundError as error:
                # Another run may have taken it for a leftover: each does so once, when it first comes to the folder.
                if attempt == _TRIES:
                    raise _unwritable(self._local(path), error) from error
            except OSError as error:
                raise _unwritable(self._local(path), error) from error
            else:
                return

    @contextmanager
    def open_temporary(self, path: str, executable: bool = False) -> Iterator[PartFile]:
        """Write a large file piece by piece; raises what `prepare` raises.

        It appears under its name when the block ends, and leaves nothing behind when the block raises.
        """
        folder, name = self.enter(path)
        local = self._local(path)
        try:
            part, descriptor = self._create_locked(folder.descriptor, name, executable)
        except OSError as error:
            raise _unwritable(local, error) from error
        try:
            yield PartFile(local, descriptor)
            try:
                os.close(os.dup(descriptor))  # a network file system tells only now whether all bytes arrived
                os.rename(part, name, src_dir_fd=folder.descriptor, dst_dir_fd=folder.descriptor)
            except OSError as error:
                raise _unwritable(local, error) from error
        except BaseException:
            with suppress(OSError):
                os.unlink(part, dir_fd=folder.descriptor)
            raise
        finally:
            os.close(descriptor)  # only now the lock goes

    def _local(self, path: str) -> str:
        return os.path.join(self._root, path)

    # --- files --------------------------------------------------------------------------------------------------------

    def _write_once(self, folder: int, name: str, data: Data, executable: bool) -> None:
        part = self._part_name(name)
        descriptor = os.open(part, _PART_FLAGS, 0o777 if executable else 0o666, dir_fd=folder)
        try:
            try:
                count = os.write(descriptor, data)
                while count < len(data):
                    count += os.write(descriptor, memoryview(data)[count:])
            finally:
                os.close(descriptor)
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(part, dir_fd=folder)
            raise

    def _create_locked(self, folder: int, name: str, executable: bool) -> tuple[str, int]:
        """A temporary file that nobody takes for a leftover; its name and descriptor."""
        while True:
            part = self._part_name(name)
            descriptor = os.open(part, _PART_FLAGS, 0o777 if executable else 0o666, dir_fd=folder)
            with suppress(OSError):  # not all file systems have locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            if os.fstat(descriptor).st_nlink:
                return part, descriptor
            os.close(descriptor)  # another run removed it before the lock was there

    def _part_name(self, name: str) -> str:
        if len(name) > (_MAX_NAME - _PART_OVERHEAD) // 4:  # a character has up to four bytes
            name = name.encode()[: _MAX_NAME - _PART_OVERHEAD].decode(errors="ignore")
        return f".{name}.{self._run}-{next(self._numbers):x}.gradient-part"

    # --- folders ------------------------------------------------------------------------------------------------------

    def enter(self, path: str) -> tuple[OpenFolder, str]:
        """The open folder a file belongs into, and its name there; raises what `prepare` raises.

        The folder stays open for as long as somebody holds what is returned.
        """
        if reason := path_problem((path.encode(errors="surrogatepass"),)):
            raise ErrorKind.INVALID_PATH(path=show_path(path), reason=reason)
        parent, _, name = path.rpartition("/")
        folder = self._folders.get(parent)
        if folder is None:
            with self._lock:
                folder = self._open_folder(parent)
        if self._ignores_case:
            with self._lock:
                self._claim_file(path)
        return folder, name

    def _open_folder(self, path: str) -> OpenFolder:
        """Open a folder and those above it, making what is missing."""
        missing = []
        while (folder := self._folders.get(path)) is None and path:
            missing.append(path)
            path = path.rpartition("/")[0]
        if folder is None:
            folder = self._keep_open("", self._open_root())
        for path in reversed(missing):
            if self._ignores_case:
                self._claim_folder(path)
            folder = self._keep_open(path, self._open_below(folder.descriptor, path))
        return folder

    def _open_root(self) -> int:
        try:
            os.makedirs(self._root, exist_ok=True)
            descriptor = os.open(self._root, _FOLDER_FLAGS)
        except OSError as error:
            raise _unwritable(self._root, error) from error
        if self._ignores_case is None:
            self._ignores_case = case_insensitive(Path(self._root))
        self._clean(descriptor, "")
        return descriptor

    def _open_below(self, above: int, path: str) -> int:
        name = path.rpartition("/")[2]
        try:
            try:
                os.mkdir(name, dir_fd=above)
                self._seen.add(path)
            except FileExistsError:
                pass
            descriptor = os.open(name, _FOLDER_FLAGS | os.O_NOFOLLOW, dir_fd=above)
        except OSError as error:
            if _is_link(name, above):
                raise ErrorKind.TARGET_UNSAFE(
                    path=show_local(self._local(path)), target=show_local(self._root)
                ) from error
            raise _unwritable(self._local(path), error) from error
        self._clean(descriptor, path)
        return descriptor

    def _keep_open(self, path: str, descriptor: int) -> OpenFolder:
        folder = OpenFolder(descriptor)
        if len(self._folders) >= _MAX_FOLDERS:
            del self._folders[next(iter(self._folders))]  # closed when no other thread uses it
        self._folders[path] = folder
        return folder

    def _claim_file(self, path: str) -> None:
        """Refuse a file whose path is, but for case, that of another file or of a folder."""
        folded = _fold(path)
        other = self._folder_names.get(folded) or self._file_names.setdefault(folded, path)
        if other != path:
            raise self._clash(path, other)

    def _claim_folder(self, path: str) -> None:
        """Refuse a folder whose path is that of a file; two folders may become one, their files stay apart."""
        folded = _fold(path)
        if other := self._file_names.get(folded):
            raise self._clash(path, other)
        self._folder_names.setdefault(folded, path)

    def _clash(self, path: str, other: str) -> GradientDataError:
        return ErrorKind.TARGET_CLASH(path=show_path(path), other=show_path(other), target=show_local(self._root))

    def _clean(self, folder: int, path: str) -> None:
        """Remove temporary files of a run that was killed, once per folder; what cannot be removed does no harm."""
        if path in self._seen:
            return
        self._seen.add(path)
        with suppress(OSError):
            descriptor = os.open(".", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=folder)
            try:
                names = os.listdir(descriptor)
            finally:
                os.close(descriptor)
            for name in names:
                if name.endswith(".gradient-part") and _PART.fullmatch(name):
                    _remove_leftover(folder, name)


class OpenFolder:
    """A folder held open; closed when nobody uses it any more."""

    __slots__ = ("descriptor",)

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def __del__(self) -> None:
        os.close(self.descriptor)


def case_insensitive(folder: Path) -> bool:
    """Whether names that differ only by case are one file in an existing folder; False when it cannot be written.

    Unicode forms need no probe: paths in a version are NFC, so two of them are never two forms of one text.
    """
    probe = folder / f".case.{secrets.token_hex(4)}-0.gradient-part"
    try:
        os.close(os.open(probe, _PART_FLAGS, 0o666))
    except OSError:
        return False
    try:
        return probe.with_name(probe.name.upper()).exists()
    finally:
        with suppress(OSError):
            probe.unlink()


def _fold(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())


def _is_link(name: str, folder: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _remove_leftover(folder: int, name: str) -> None:
    with suppress(OSError):
        descriptor = os.open(name, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=folder)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                abandoned = True
            except BlockingIOError:
                abandoned = False
            except OSError:
                abandoned = os.fstat(descriptor).st_mtime < time.time() - _UNLOCKABLE_AGE
            if abandoned:
                os.unlink(name, dir_fd=folder)
        finally:
            os.close(descriptor)


def _unwritable(local: str, error: OSError) -> GradientDataError:
    """The error to raise when the operating system does not let a file be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=show_local(local))
    reason = _REASONS.get(error.errno or 0) or (error.strerror or str(error)).lower()
    return ErrorKind.TARGET_UNWRITABLE(path=show_local(local), reason=reason)
