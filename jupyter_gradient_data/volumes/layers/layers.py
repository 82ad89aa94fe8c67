"""The layer of a writable mount: what was changed over a version, while version and cache stay as they are.

::

    mounts/{notebook}/writable/{name}/
        lower                 link to the version's folder in the cache
        upper/ work/          what an overlay file system writes, when kernels have one
        files/                otherwise: a private copy of the version
        ledger.sqlite         what the last commit has of it, see `layer_ledger`

A layer is made beside its place and put there in one step, so it is complete or not there.  Who shows it can tell a new
one by the identity of its folder.  Private copies are never hard links: a write would go through to the cache.
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import secrets
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.blobs.hashing import show_local
from jupyter_gradient_data.errors import Conflict, ErrorKind, GradientDataError, Invalid, NotFound
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.folders import WRITABLE, TeamFolders
from jupyter_gradient_data.volumes.only_one import only_one

from .copies import copy_tree
from .ledger import Ledger

_LOWER, _UPPER, _WORK, _FILES, _LEDGER = "lower", "upper", "work", "files", "ledger.sqlite"
_EXCHANGE = 2  # RENAME_EXCHANGE
_AT_FDCWD = -100


class Layer:
    """The layer of one writable mount, whether there is one or not.

    Parameters
    ----------
    folder : Path
        Its place.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.name = folder.name

    @classmethod
    def of(cls, folders: TeamFolders, name: str) -> Layer:
        """The layer of a mount of this notebook run."""
        return cls(folders.mounts(WRITABLE) / name)

    @property
    def exists(self) -> bool:
        """Whether there is one."""
        return self.folder.is_dir()

    @property
    def lower(self) -> Path:
        """Folder in the cache that it lies over, which has to stay as long as the layer."""
        return Path(os.readlink(self.folder / _LOWER))

    @property
    def is_overlay(self) -> bool:
        """Whether kernels see it by an overlay; otherwise its `files` are all there is to see."""
        return (self.folder / _UPPER).is_dir()

    @property
    def files(self) -> Path:
        """What users write into: the private copy, or the upper folder of the overlay."""
        return self.folder / (_UPPER if self.is_overlay else _FILES)

    @property
    def ledger(self) -> Ledger:
        """What the last commit has of it."""
        return Ledger(self.folder / _LEDGER)

    @property
    def base(self) -> str:
        """Reference of the version that it has changes of: the one it was made for, or that the last commit made."""
        return self.ledger.base

    def create(self, tree: Path, version: str, *, overlay: bool, progress: Progress | None = None) -> None:
        """Make a layer without changes, in one step in the place of the one that is there.

        Parameters
        ----------
        tree : Path
            Folder in the cache that it lies over.
        version : str
            Reference of the version that this folder has.
        overlay : bool
            Whether kernels can have an overlay.  Where that would refuse to change files, because those of the cache
            are read-only and the user is not root, there is a private copy all the same.
        progress : Progress, optional
            Told what was copied.

        Raises
        ------
        Conflict
            Its changes are just being committed.
        StoreFailed
            The disk is full.
        """
        with self.locked():
            self.create_locked(tree, version, overlay=overlay, progress=progress)

    def create_locked(self, tree: Path, version: str, *, overlay: bool, progress: Progress | None = None) -> None:
        """The same for who has it `locked`."""
        new, progress = self._beside(), progress or Progress()
        try:
            with self._translated():
                new.mkdir(mode=0o700)
                os.symlink(tree, new / _LOWER)
                if overlay and _can_write_through(tree, progress):
                    (new / _WORK).mkdir(mode=0o700)
                    (new / _UPPER).mkdir(mode=0o755)
                    Ledger(new / _LEDGER).create(version, ())
                else:
                    files = copy_tree(tree, new / _FILES, progress)
                    Ledger(new / _LEDGER).create(version, files)
                    _sync(new)
                _put_in_place(new, self.folder)
        finally:
            remove_folder(new)  # what was there before, or what could not be finished
        self._sweep()

    def remove(self) -> None:
        """Remove it with all changes; files that are open stay readable."""
        with self.locked():
            self.remove_locked()

    def remove_locked(self) -> None:
        """The same for who has it `locked`."""
        gone = self._beside()
        with self._translated():
            if self.exists:
                self.folder.rename(gone)
        remove_folder(gone)
        self._sweep()

    def has_changes(self) -> bool:
        """Whether a commit would find anything; reads files only where times and sizes leave a doubt.

        What no version can hold, such as a pipe or a link that leads out, is a change, too: only the commit says which.

        Raises
        ------
        StoreFailed
            ``LAYER_UNREADABLE``: nobody knows.
        """
        from .changes import Scan

        try:
            return self.exists and any(found.is_real() for found in Scan(self))
        except (Invalid, Conflict, NotFound):  # the latter two when somebody is just writing there
            return True

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes and threads from committing, replacing or removing it.

        Raises
        ------
        Conflict
            Somebody else does that now.
        """
        lock = self.folder.with_name(f".{self.name}.lock")
        with self._translated(), only_one(lock, ErrorKind.MOUNT_BUSY(name=self.name)):
            yield

    def _beside(self) -> Path:
        return self.folder.with_name(f".{self.name}.{secrets.token_hex(6)}")

    def _sweep(self) -> None:
        """Remove what processes that were killed have left beside; called with the lock."""
        prefix = f".{self.name}."
        for entry in os.scandir(self.folder.parent):
            rest = entry.name.removeprefix(prefix)
            if rest != entry.name and len(rest) == 12 and "." not in rest and entry.is_dir(follow_symlinks=False):
                remove_folder(Path(entry.path))

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise unwritable(self.folder, error) from error


def unwritable(folder: Path, error: OSError) -> GradientDataError:
    """The error to raise when the operating system does not let something be written below a folder."""
    path = show_local(str(error.filename or folder))
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=path)
    return ErrorKind.TARGET_UNWRITABLE(path=path, reason=(error.strerror or str(error)).lower())


def remove_folder(folder: Path) -> None:
    """Remove a folder with everything in it, also what its owner may not read or write; what resists is left."""
    if folder.is_symlink():
        with contextlib.suppress(OSError):
            folder.unlink()
        return
    for above, names, _ in os.walk(folder):
        for name in names:
            below = os.path.join(above, name)
            with contextlib.suppress(OSError):
                if not os.path.islink(below):
                    os.chmod(below, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def _can_write_through(tree: Path, progress: Progress) -> bool:
    """Whether an overlay over a tree lets its files be changed; the tree is opened to its owner for that.

    An overlay shows files with the rights and owners that they have below it.  Root may write all the same; anybody
    else only into what is theirs and not read-only, and in a user namespace there is nobody else.  What is below stays
    as it is: where there are overlays, kernels see the cache read-only, whatever rights its files have.
    """
    if (user := os.geteuid()) == 0:
        return True
    own = user, os.getegid()
    for path, status in _everything(tree):
        progress.check()
        if (status.st_uid, status.st_gid) != own:
            return False
        if not status.st_mode & stat.S_IWUSR:
            os.chmod(path, stat.S_IMODE(status.st_mode) | stat.S_IWUSR)
    return True


def _everything(tree: Path) -> Iterator[tuple[str, os.stat_result]]:
    """A folder and all that is below it."""
    yield str(tree), os.stat(tree)
    for above, folders, files in os.walk(tree):
        for name in (*folders, *files):
            path = os.path.join(above, name)
            yield path, os.lstat(path)


def _put_in_place(new: Path, place: Path) -> None:
    """Give a folder its place; what was there before is then where the new one was."""
    if not place.exists():
        new.rename(place)
    elif not _exchange(new, place):
        aside = new.with_name(f"{new.name[:-1]}_")
        place.rename(aside)
        new.rename(place)
        aside.rename(new)


def _exchange(one: Path, other: Path) -> bool:
    """Let two folders change places in one step; False where the system or file system cannot."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    if rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(error, os.strerror(error), os.fspath(other))


def _sync(folder: Path) -> None:
    """Have a copy on the disk before it is shown: after a power cut, what is short would look changed."""
    sync = getattr(ctypes.CDLL(None, use_errno=True), "syncfs", None)
    if sync is None:
        os.sync()
        return
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        sync(descriptor)
    finally:
        os.close(descriptor)
