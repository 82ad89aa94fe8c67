"""Objects as plain files below one folder; durable, and safe against a crash at any point.

An object is written to ``.tmp`` beside the others, synced, and moved to its place; then its folder is synced, and so is
the folder of every folder that was made.  What a crash leaves is in ``.tmp``, where no reader looks.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .keys import RESERVED, check_key, key_fault, split_prefix
from .objects import Bytes, Capabilities, ObjectInfo, size_mismatch

_PIECE = 8 * 1024 * 1024
_STALE = 24 * 3600.0  # seconds; an unfinished write that nobody touched for so long was left by a crash
_FULL = {errno.ENOSPC, errno.EDQUOT}
_DENIED = {errno.EACCES, errno.EPERM, errno.EROFS}
_ABSENT = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}


class LocalStore:
    """An object store in a local directory.

    Parameters
    ----------
    root : Path
        The folder; made when something is written for the first time.
    name : str
        How to call this store in a sentence.
    provider : str
        Id of the storage provider, for the next step in error messages.

    Notes
    -----
    A key that is the folder of another one (``a`` and ``a/b``) cannot exist here.  Folders stay when their last object
    goes: removing them would race with writers.
    """

    def __init__(self, root: Path, name: str, *, provider: str = "<id>") -> None:
        self._root = root
        self._name = name
        self._provider = provider
        self._synced: set[Path] = set()
        self._sweep()

    @property
    def name(self) -> str:
        """How to call this store in a sentence."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """All of them; bytes cannot be damaged on the way, so there is no checksum to refuse."""
        return Capabilities()

    def path(self, key: str) -> Path:
        """Where an object is, whether it exists or not, to read it in place or to hard link it.

        The file must never be written to: other links to it share its bytes.
        """
        return self._root / check_key(key)

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes ``start <= i < end`` of an object; see `ObjectStore.get`."""
        return b"".join(self.stream(key, start, end))

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same bytes in pieces of at most 8 MiB; see `ObjectStore.stream`."""
        path = self.path(key)
        with self._explained(f"read {key}", path):
            file = self._open(key, path)
            try:
                size = os.fstat(file).st_size
                if start > size or (end is not None and end > size):
                    asked = start if end is None else end
                    reason = f"it has {size:,} bytes, and byte {asked:,} was asked for"
                    raise ErrorKind.STORE_CORRUPT(thing=key, store=self._name, reason=reason)
                end = size if end is None else end
                while start < end:
                    piece = os.pread(file, min(_PIECE, end - start), start)
                    if not piece:
                        reason = "it became shorter while it was read"
                        raise ErrorKind.STORE_CORRUPT(thing=key, store=self._name, reason=reason)
                    start += len(piece)
                    yield piece
            finally:
                os.close(file)

    def put(self, key: str, data: Bytes) -> None:
        """Write an object durably; see `ObjectStore.put`."""
        self._write(key, [data], len(data))

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """Write an object unless the key exists; see `ObjectStore.put_if_absent`."""
        return self._write(key, [data], len(data), replace=False)

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """Write a large object piece by piece; see `ObjectStore.upload`."""
        self._write(key, chunks, size)

    def adopt(self, key: str, file: Path) -> bool:
        """Make a file on the same file system the object; see `ObjectStore.adopt`."""
        path = self.path(key)
        temporary = self._root / RESERVED / secrets.token_hex(16)
        with self._explained(f"write {key}", path):
            self._make_folder(temporary.parent)
            try:
                os.link(file, temporary)
            except OSError as error:
                if error.errno in _NO_LINKS | {errno.EXDEV}:
                    return False
                raise
            try:
                temporary.chmod(0o400)
                _sync_file(temporary)
                return self._place(key, temporary, path, replace=True)
            finally:  # it is still there when the object was this very file already
                with contextlib.suppress(OSError):
                    temporary.unlink()

    def local_file(self, key: str) -> Path | None:
        """Where an object is; see `ObjectStore.local_file`."""
        return self.path(key)

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none."""
        path = self.path(key)
        with self._explained(f"look at {key}", path):
            try:
                found = os.lstat(path)
            except OSError as error:
                if error.errno in _ABSENT:
                    return None
                raise
        return ObjectInfo(key, found.st_size, found.st_mtime) if stat.S_ISREG(found.st_mode) else None

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose keys start with ``prefix``, in bytewise order; holds the names of one folder per level."""
        folder, start = split_prefix(prefix)
        with self._explained("list its objects", self._root):
            yield from self._walk(folder, start)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The names of the folders directly in a folder; see `ObjectStore.folders`."""
        folder, start = split_prefix(prefix)
        with self._explained("list its folders", self._root):
            yield from sorted(name[:-1] for name, _ in self._names(folder, start) if name.endswith("/"))

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        path = self.path(key)
        with self._explained(f"delete {key}", path):
            try:
                path.unlink()
            except OSError as error:
                if error.errno not in _ABSENT | {errno.EISDIR}:
                    raise
                return
            _sync_folder(path.parent)

    def _open(self, key: str, path: Path) -> int:
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
        except OSError as error:
            if error.errno in _ABSENT:
                raise ErrorKind.OBJECT_NOT_FOUND(store=self._name, key=key) from None
            raise
        if not stat.S_ISREG(os.fstat(file).st_mode):
            os.close(file)
            raise ErrorKind.OBJECT_NOT_FOUND(store=self._name, key=key)
        return file

    def _write(self, key: str, chunks: Iterable[Bytes], size: int, *, replace: bool = True) -> bool:
        path = self.path(key)
        if not replace and self.head(key) is not None:
            return False
        temporary = self._root / RESERVED / secrets.token_hex(16)
        with self._explained(f"write {key}", path):
            self._make_folder(temporary.parent)
        try:
            self._fill(key, temporary, chunks, size)
            with self._explained(f"write {key}", path):
                return self._place(key, temporary, path, replace=replace)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()

    def _fill(self, key: str, temporary: Path, chunks: Iterable[Bytes], size: int) -> None:
        with self._explained(f"write {key}", temporary):
            file = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o400)
        try:
            written = 0
            for chunk in chunks:  # outside of `_explained`: an error of the source is not one of this store
                written += len(chunk)
                if written > size:
                    break
                with self._explained(f"write {key}", temporary):
                    _write_all(file, chunk)
            if written != size:
                raise size_mismatch(self._name, key, written, size)
            with self._explained(f"write {key}", temporary):
                os.fsync(file)
        finally:
            os.close(file)

    def _place(self, key: str, temporary: Path, path: Path, *, replace: bool) -> bool:
        self._make_folder(path.parent)
        if replace:
            temporary.replace(path)
        else:
            try:
                os.link(temporary, path)
            except FileExistsError:
                return False
            except OSError as error:
                if error.errno not in _NO_LINKS:
                    raise
                reason = "its file system has no hard links"
                raise ErrorKind.STORE_UNSUITABLE(store=self._name, reason=reason) from None
        _sync_folder(path.parent)
        return True

    def _make_folder(self, folder: Path) -> None:
        """Make a folder and those above it, each durable before anything is put into it."""
        if folder in self._synced and folder.is_dir():
            return
        # A folder that exists may be another process's, made a moment ago and not synced yet: sync it once ourselves.
        if folder != self._root:
            self._make_folder(folder.parent)
            with contextlib.suppress(FileExistsError):
                folder.mkdir(mode=0o700)
            _sync_folder(folder.parent)
        elif not folder.is_dir():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _sync_folder(folder.parent)
        self._synced.add(folder)

    def _walk(self, folder: str, start: str) -> Iterator[ObjectInfo]:
        for name, entry in self._names(folder, start):
            if name.endswith("/"):
                yield from self._walk(folder + name, "")
            else:
                with contextlib.suppress(FileNotFoundError):  # deleted since
                    found = entry.stat(follow_symlinks=False)
                    yield ObjectInfo(folder + name, found.st_size, found.st_mtime)

    def _names(self, folder: str, start: str) -> Sequence[tuple[str, os.DirEntry[str]]]:
        """The objects and folders in a folder; a folder sorts with its slash, as the keys below it do."""
        found = []
        try:
            with os.scandir(self._root / folder) as entries:
                for entry in entries:
                    is_folder = entry.is_dir(follow_symlinks=False)
                    name = entry.name + "/" if is_folder else entry.name
                    legal = key_fault(folder + entry.name) is None and (
                        is_folder or entry.is_file(follow_symlinks=False)
                    )
                    if legal and name.startswith(start):
                        found.append((name, entry))
        except OSError as error:
            if error.errno not in _ABSENT:
                raise
        found.sort(key=lambda pair: pair[0])
        return found

    def _sweep(self) -> None:
        """Remove what writers that were killed have left, as far as that is allowed."""
        with contextlib.suppress(OSError), os.scandir(self._root / RESERVED) as entries:
            for entry in entries:
                with contextlib.suppress(OSError):
                    if time.time() - entry.stat(follow_symlinks=False).st_mtime > _STALE:
                        Path(entry.path).unlink()

    @contextlib.contextmanager
    def _explained(self, action: str, path: Path) -> Iterator[None]:
        """Turn an error of the operating system into one of ours."""
        try:
            yield
        except GradientDataError:
            raise
        except OSError as error:
            reason = (os.strerror(error.errno) if error.errno else str(error)).lower()
            if error.errno in _FULL:
                raise ErrorKind.DISK_FULL(path=path) from None
            if error.errno in _DENIED:
                reason = f"{path}: {reason}"
                raise ErrorKind.STORE_DENIED(
                    store=self._name, action=action, reason=reason, provider=self._provider
                ) from None
            raise ErrorKind.STORE_ERROR(store=self._name, action=action, reason=reason) from None


def _write_all(file: int, data: Bytes) -> None:
    rest = memoryview(data).cast("B")
    while rest:
        rest = rest[os.write(file, rest) :]


def _sync_file(path: Path) -> None:
    file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _sync_folder(folder: Path) -> None:
    file = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(file)
    finally:
        os.close(file)
