"""The folder of all public datasets on this machine, and the few things that are done to it.

::

    {name}/                         a dataset, complete and read-only
    .manifests/{name}/              what is known of its files, see `manifests`
        current.json, next.json       the latter only while a new folder takes its place
    .fetching/{name}/               what is being fetched; survives whatever ends that
    .locks/{name}                   locked by whoever changes the dataset
    .removed/                       what nobody finds any more; kernels may still be in it for a moment
"""

from __future__ import annotations

import contextlib
import ctypes
import errno
import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.progress import Progress

from .manifests import Held, HeldItem, read_struct, write_struct
from .unpacking import FOLDER_MODE

_LOOK_EVERY = 0.1  # seconds between two tries to get a lock
_KEEP_SECONDS = 60.0  # after which every kernel has the folder that took the place of another
_MOVABLE = 0o755
_EXCHANGE = 2  # renameat2: RENAME_EXCHANGE
_AT_FDCWD = -100
_NO_LOCKS = {errno.ENOLCK, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS}


class PublicFolder:
    """The folder.

    Parameters
    ----------
    root : Path
        Where it is.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def tree(self, name: str) -> Path:
        """A dataset's folder, whether it exists or not."""
        return self.root / name

    def staging(self, name: str) -> Path:
        """Where a dataset is made ready."""
        return self.root / ".fetching" / name

    def manifests(self, name: str) -> Path:
        """Where its manifest and records are."""
        return self.root / ".manifests" / name

    def names(self) -> list[str]:
        """Names of all folders that are here, also of those that somebody else has put there."""
        try:
            with os.scandir(self.root) as entries:
                return sorted(entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir())
        except OSError:
            return []

    def held(self, name: str) -> Held | None:
        """What is known of the folder that is there; None when we did not make it, or there is none."""
        try:
            tree = self.tree(name).stat().st_ino
        except OSError:
            return None
        manifests = self.manifests(name)
        following: Held | None = read_struct(manifests / "next.json", Held)
        if following is not None and following.tree == tree:
            return following
        current: Held | None = read_struct(manifests / "current.json", Held)
        return current

    def is_fetching(self, name: str) -> bool:
        """Whether somebody fetches it now."""
        if not self.staging(name).is_dir():
            return False
        try:
            with self._locked(name, fcntl.LOCK_SH):
                return False
        except BlockingIOError:
            return True
        except OSError:
            return False

    @contextlib.contextmanager
    def lock(self, name: str, progress: Progress | None) -> Iterator[None]:
        """Change a dataset: alone, whoever else is at work on this folder.

        Parameters
        ----------
        name : str
            The dataset.
        progress : Progress or None
            While it is not told to stop, whoever has the lock is waited for; without it, not.

        Raises
        ------
        Denied
            Nobody may write here.
        Conflict
            Somebody else has the lock.
        """
        self.check_writable()
        with contextlib.ExitStack() as stack:
            while True:
                try:
                    stack.enter_context(self._locked(name, fcntl.LOCK_EX))
                    break
                except BlockingIOError:
                    if progress is None:
                        raise ErrorKind.PUBLIC_BUSY(name=name) from None
                    progress.check()
                    time.sleep(_LOOK_EVERY)
                except OSError as error:
                    raise disk_error(self.root, error) from None
            self._sweep(name)
            yield

    def check_writable(self) -> None:
        """Raise `Denied` when this program may not write here, as where an operator fills the folder."""
        if not os.access(self.root, os.W_OK | os.X_OK):
            raise ErrorKind.READ_ONLY(
                path=self.root,
                reason="its operator fills it",
                hint="Use what is there (`gradient public list`), or ask whoever runs this server.",
            )

    def appear(self, name: str, tree: Path, held: Callable[[int], Held]) -> None:
        """Put a folder that is complete into a dataset's place, instead of the one that is there, in one step.

        Parameters
        ----------
        name : str
            The dataset, which is locked.
        tree : Path
            The new folder, on the same file system.
        held : callable
            Makes the manifest, given the inode of the folder.
        """
        manifests, place = self.manifests(name), self.tree(name)
        _seal(tree)
        _sync(tree)
        write_struct(manifests / "next.json", held(tree.stat().st_ino))
        if place.is_dir():
            os.chmod(place, _MOVABLE)  # a folder that is not writable cannot be moved
            _exchange(place, tree, self._trash(name))
        else:
            os.rename(tree, place)
        self._sweep(name)

    def discard(self, name: str) -> None:
        """Put a dataset that is locked out of sight; `free` then deletes it."""
        place, staging = self.tree(name), self.staging(name)
        for folder in (place, staging):
            if folder.is_dir():
                os.chmod(folder, _MOVABLE)
                os.rename(folder, self._trash(name))
        if (manifests := self.manifests(name)).is_dir():
            os.rename(manifests, self._trash(name))

    def free(self, name: str) -> None:
        """Delete from the disk what was put out of sight of a dataset."""
        for folder in self._removed(f"{name}:*"):
            delete(folder)

    def forget_records(self, name: str) -> None:
        """Remove records that no manifest and nothing that is being fetched refers to."""
        held = self.held(name)
        used = {item.record for item in held.items} if held is not None else set()
        waiting = [read_struct(path, HeldItem) for path in self.staging(name).glob("done/*.json")]
        used.update(item.record for item in waiting if item is not None)
        for record in self.manifests(name).glob("*.files*"):
            if record.name not in used:
                record.unlink(missing_ok=True)

    def _sweep(self, name: str) -> None:
        """Finish what a crash has left half done."""
        manifests = self.manifests(name)
        manifests.mkdir(parents=True, exist_ok=True)
        following: Held | None = read_struct(manifests / "next.json", Held)
        place = self.tree(name)
        if following is not None and not place.is_dir():
            for tree in self.staging(name).glob("*/"):  # complete: all that was left to do is to move it
                if tree.stat().st_ino == following.tree:
                    os.rename(tree, place)
        if following is not None and place.is_dir() and place.stat().st_ino == following.tree:
            os.replace(manifests / "next.json", manifests / "current.json")
            os.chmod(place, FOLDER_MODE)
        else:
            (manifests / "next.json").unlink(missing_ok=True)
        for folder in self._removed("*"):
            with contextlib.suppress(FileNotFoundError):  # another process was faster
                if time.time() - folder.stat().st_ctime >= _KEEP_SECONDS:
                    delete(folder)

    def _trash(self, name: str) -> Path:
        folder = self.root / ".removed"
        folder.mkdir(exist_ok=True)
        return folder / f"{name}:{secrets.token_hex(4)}"

    def _removed(self, pattern: str) -> list[Path]:
        return list((self.root / ".removed").glob(pattern))

    @contextlib.contextmanager
    def _locked(self, name: str, how: int) -> Iterator[None]:
        path = self.root / ".locks" / name
        path.parent.mkdir(exist_ok=True)
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, how | fcntl.LOCK_NB)
            except OSError as error:
                if error.errno not in _NO_LOCKS:  # what has no locks has one user
                    raise
            yield
        finally:
            os.close(descriptor)


def delete(folder: Path) -> None:
    """Delete a folder with all that is in it, which may be read-only."""
    for parent, _, _ in os.walk(folder):
        with contextlib.suppress(FileNotFoundError):  # somebody else deletes it, too
            os.chmod(parent, 0o700)
    shutil.rmtree(folder, ignore_errors=True)


def disk_error(path: Path, error: OSError) -> GradientDataError:
    """The error for what the operating system does not let us write."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=path)
    return ErrorKind.TARGET_UNWRITABLE(path=path, reason=(error.strerror or str(error)).lower())


def _seal(tree: Path) -> None:
    """Make all folders in a new folder read-only, but for itself: it has to be moved."""
    for parent, _, _ in os.walk(tree):
        if parent != str(tree):
            os.chmod(parent, FOLDER_MODE)
    os.chmod(tree, _MOVABLE)


def _sync(tree: Path) -> None:
    """Let what was written reach the disk before it is shown: a power cut then leaves nothing empty."""
    descriptor = os.open(tree, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        ctypes.CDLL(None, use_errno=True).syncfs(descriptor)
    except AttributeError:  # not on this system
        os.sync()
    finally:
        os.close(descriptor)


def _exchange(one: Path, other: Path, aside: Path) -> None:
    """Let two folders change places; ``aside`` is used where the file system cannot do that in one step."""
    try:
        rename = ctypes.CDLL(None, use_errno=True).renameat2
        done = rename(_AT_FDCWD, os.fsencode(one), _AT_FDCWD, os.fsencode(other), _EXCHANGE) == 0
    except AttributeError:  # an old or another libc
        done = False
    if not done:
        os.rename(one, aside)
        os.rename(other, one)
    else:
        os.rename(other, aside)
