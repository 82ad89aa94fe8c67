"""Contents of files on a local or shared disk, by their hash: each once, verified when it was written.

::

    contents/{aa}/{hash}     a content, read-only; {hash}.x is the same for who may execute it
    packs/{pack}             a pack that was sent from here
    partial/{hash}           a large content of which not all has come
    tmp/                     what is being made
    locks/                   see `file_locks`
    ledger                   bytes that all of it takes: one number, and what was added since

Files of versions are hard links to contents.  A content is trusted while it has its size and `STAMP` as its time:
nobody needs to remember anything of it, and whoever writes to it moves the time.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import stat
from pathlib import Path

from .file_locks import FileLocks
from .hashing import hash_bytes, unwritable
from .local_copy import copy_bytes
from .owners import own_name

READ_ONLY = 0o444
STAMP = 978_307_200  # modification time of every content, in seconds: a tree has no times, so all have the same
_STAMPS = (STAMP * 1_000_000_000, STAMP * 1_000_000_000)
PROGRAM = ".x"
NO_LINKS = {errno.EPERM, errno.EXDEV, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_SHARE = 5  # part of the disk that the cache may take by default
_RESERVE = 256 * 1024 * 1024, 100  # bytes, and part of the disk, of which the less is left free for others
_LEDGER = 64 * 1024  # bytes after which the ledger is written anew


class DiskCache:
    """Contents by hash in one folder; may be used by several threads, processes and machines.

    Parameters
    ----------
    root : Path
        The folder; made when something is put into it.
    limit : int
        Bytes it may take; 0 for a fifth of its disk.
    """

    def __init__(self, root: Path, limit: int = 0) -> None:
        self.root = root
        self._limit = limit
        self._contents = os.path.join(root, "contents")
        self._numbers = itertools.count()

    # --- folders and room ---------------------------------------------------------------------------------------------

    def folder(self, name: str) -> Path:
        """A folder of the cache, made when there is none."""
        folder = self.root / name
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from None
        return folder

    @property
    def locks(self) -> FileLocks:
        """Locks of all who use this folder."""
        return FileLocks(self.folder("locks"))

    def temporary(self, name: str) -> Path:
        """A path for something that is being made; its name says who makes it."""
        return self.folder("tmp") / f"{name}.{next(self._numbers):x}.{own_name()}"

    @property
    def limit(self) -> int:
        """Bytes it should not exceed."""
        if self._limit:
            return self._limit
        disk = self._disk()
        return disk.f_frsize * disk.f_blocks // _SHARE

    def room(self) -> int:
        """Bytes that the disk has left for the cache; below zero when others need them."""
        disk = self._disk()
        most, part = _RESERVE
        return disk.f_frsize * (disk.f_bavail - min(most // disk.f_frsize, disk.f_blocks // part))

    def _disk(self) -> os.statvfs_result:
        try:
            return os.statvfs(self.root)
        except FileNotFoundError:
            return os.statvfs(self.folder(""))

    def used(self) -> int:
        """Bytes it takes, as last counted."""
        try:
            lines = (self.root / "ledger").read_bytes().split(b"\n")
        except FileNotFoundError:
            return 0
        numbers = (line for line in lines if line.removeprefix(b"-").isdigit())
        return max(0, sum(map(int, numbers)))

    def count(self, added: int) -> None:
        """Note that it has grown, or shrunk; what is lost by a crash is found by the next `recount`."""
        with contextlib.suppress(OSError):
            ledger = os.open(self.root / "ledger", os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            try:
                os.write(ledger, b"%d\n" % added)
                is_long = os.fstat(ledger).st_size > _LEDGER
            finally:
                os.close(ledger)
            if is_long:
                self.recount(self.used())

    def recount(self, total: int) -> None:
        """Begin the ledger anew."""
        new = self.temporary("ledger")
        try:
            new.write_bytes(b"%d\n" % total)
            new.replace(self.root / "ledger")
        except OSError:  # a full disk
            new.unlink(missing_ok=True)

    # --- contents -----------------------------------------------------------------------------------------------------

    def path(self, blob_hash: bytes, executable: bool = False) -> str:
        """Where a content is when it is here."""
        name = blob_hash.hex()
        return f"{self._contents}/{name[:2]}/{name}{PROGRAM if executable else ''}"

    def has_contents(self) -> bool:
        """Whether it is worth while to look for any."""
        return os.path.exists(self._contents)

    def has(self, blob_hash: bytes, size: int) -> bool:
        """Whether a content is here and looks sound."""
        return any(self._is_sound(self.path(blob_hash, executable), size) for executable in (False, True))

    def link(self, blob_hash: bytes, size: int, executable: bool, folder: int, name: str) -> bool:
        """Give a content a name in an open folder; False when it is not here.

        It is copied where links are not possible.
        """
        source = self.path(blob_hash, executable)
        if not self._is_sound(source, size):
            other = self.path(blob_hash, not executable)
            if not self._is_sound(other, size) or not self._copy(other, size, source):
                return False
        for _ in range(2):
            try:
                os.link(source, name, dst_dir_fd=folder)
            except FileNotFoundError:  # somebody has just thrown it out
                return False
            except OSError as error:
                if error.errno == errno.EMLINK and self._copy(source, size, source):
                    continue  # it had as many names as a file can have; this is another file
                if error.errno not in NO_LINKS:
                    raise
                return copy_file(source, executable, folder, name)
            return True
        return False

    def write(self, blob_hash: bytes, content: bytes, executable: bool, folder: int, name: str) -> int:
        """Write a small verified content under a name in an open folder, and keep it; how much the cache has grown."""
        file = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            write_all(file, content)
            seal(file, executable)
        finally:
            os.close(file)
        return len(content) if self._keep(name, folder, self.path(blob_hash, executable)) else 0

    def keep_file(self, file: Path, blob_hash: bytes, executable: bool = False) -> None:
        """Take a file on the same disk, whose content was verified, as a content; the file goes."""
        descriptor = os.open(file, _READ)
        try:
            seal(descriptor, executable)
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        target = self.path(blob_hash, executable)
        is_new = not os.path.exists(target)
        if self._keep(os.fspath(file), None, target, replace=True) and is_new:
            self.count(size)

    def open(self, blob_hash: bytes, size: int) -> int | None:
        """A content to read from, as a file descriptor; None when it is not here."""
        for executable in (False, True):
            try:
                file = os.open(self.path(blob_hash, executable), _READ)
            except OSError:
                continue
            if looks_sound(os.fstat(file), size):
                return file
            os.close(file)
        return None

    def read(self, blob_hash: bytes, size: int) -> bytes | None:
        """A small content, verified once more; None when it is not here."""
        file = self.open(blob_hash, size)
        if file is None:
            return None
        try:
            content = os.read(file, size + 1)
        finally:
            os.close(file)
        if len(content) == size and hash_bytes(content) == blob_hash:
            return content
        self.discard(blob_hash)
        return None

    def discard(self, blob_hash: bytes) -> None:
        """Throw a content out."""
        for executable in (False, True):
            with contextlib.suppress(OSError):
                os.unlink(self.path(blob_hash, executable))

    def _is_sound(self, path: str, size: int) -> bool:
        try:
            found = os.lstat(path)
        except OSError:
            return False
        if looks_sound(found, size):
            return True
        with contextlib.suppress(OSError):  # damaged: out of the way
            os.unlink(path)
        return False

    def _keep(self, file: str, folder: int | None, target: str, *, replace: bool = False) -> bool:
        """Make a file that is complete a content; whether there was none."""
        for _ in range(2):
            try:
                if replace:
                    os.replace(file, target, src_dir_fd=folder)
                else:
                    os.link(file, target, src_dir_fd=folder)
            except FileNotFoundError:
                os.makedirs(os.path.dirname(target), mode=0o700, exist_ok=True)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                return False  # without hard links nothing can be shared
            else:
                return True
        return False

    def _copy(self, source: str, size: int, target: str) -> bool:
        """Make another file of a content, in its place; False when the content is gone."""
        new = self.temporary("copy")
        try:
            if not copy_file(source, target.endswith(PROGRAM), None, os.fspath(new)):
                return False
            self._keep(os.fspath(new), None, target, replace=True)
        finally:
            new.unlink(missing_ok=True)
        self.count(size)
        return True


def looks_sound(found: os.stat_result, size: int) -> bool:
    """Whether nobody has written to a content of this size."""
    return stat.S_ISREG(found.st_mode) and found.st_size == size and found.st_mtime_ns == _STAMPS[1]


def write_all(file: int, data: bytes | memoryview) -> None:
    """Write all of it, also where the system takes less at once."""
    count = os.write(file, data)
    while count < len(data):
        count += os.write(file, memoryview(data)[count:])


def seal(file: int, executable: bool) -> None:
    """Give a complete content its time and permissions."""
    os.utime(file, ns=_STAMPS)
    os.fchmod(file, 0o555 if executable else READ_ONLY)


def copy_file(source: str, executable: bool, folder: int | None, name: str) -> bool:
    """Copy a content, without moving its bytes where the file system can share them; False when it is gone."""
    try:
        given = os.open(source, _READ)
    except FileNotFoundError:
        return False
    try:
        made = os.open(name, _NEW, 0o600, dir_fd=folder)
        try:
            copy_bytes(given, made)
            seal(made, executable)
        finally:
            os.close(made)
    finally:
        os.close(given)
    return True
