"""The links that are mounts: what every view of the volumes shows under `/inputs` and `/datasets`.

A link is made beside the folders that are shown and comes to its place by one rename, so that it is there or not, and
always leads to something complete.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.blobs.hashing import unwritable
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, TeamFolders

_LOCK = ".lock"
NEW = ".new-"


class MountLinks:
    """The links of one notebook run.

    Parameters
    ----------
    folders : TeamFolders
        Where they are.
    """

    def __init__(self, folders: TeamFolders) -> None:
        self._folders = folders

    @contextlib.contextmanager
    def lock(self) -> Iterator[None]:
        """Be the only one, of all processes and threads, that changes links and settings of this notebook run.

        For moments only: nothing is fetched meanwhile.  It ends with its process.
        """
        folder = self._folders.mounts(INPUTS).parent
        try:
            descriptor = open_lock(folder)
        except OSError as error:
            raise unwritable(folder, error) from None
        try:
            _sweep(folder)
            yield
        finally:
            os.close(descriptor)

    def path(self, name: str) -> Path:
        """The link of a mount under `/inputs`."""
        return self._folders.mounts(INPUTS) / name

    def target(self, name: str) -> Path | None:
        """Where a mount leads; None when there is none."""
        return target_of(self.path(name))

    def put(self, name: str, target: Path) -> None:
        """Let a name lead to a folder, under `/inputs` and `/datasets`; with the lock.

        Raises
        ------
        StoreFailed
            It cannot be written; then both lead where they led before.
        """
        before = self.target(name)
        try:
            for part in (INPUTS, DATASETS):
                self._put(self._folders.mounts(part) / name, target)
        except BaseException:
            with contextlib.suppress(GradientDataError):
                self.remove(name) if before is None else self._put(self.path(name), before)
            raise

    def remove(self, name: str) -> None:
        """Take a name away; a public dataset of that name stays under `/datasets`.  With the lock."""
        for part in (INPUTS, DATASETS):
            link = self._folders.mounts(part) / name
            if part == DATASETS and self.is_public(name):
                continue
            try:
                if link.is_symlink():
                    link.unlink()
            except OSError as error:
                raise unwritable(link, error) from None

    def public(self, name: str) -> Path | None:
        """The folder of a public dataset; None when it is not on this machine."""
        folder = self._folders.public() / name
        return folder if folder.is_dir() else None

    def is_public(self, name: str) -> bool:
        """Whether the public dataset of that name is what `/datasets` shows under it."""
        return target_of(self._folders.mounts(DATASETS) / name) == self._folders.public() / name

    def _put(self, link: Path, target: Path) -> None:
        if target_of(link) == target:
            return
        new = link.parents[1] / f"{NEW}{secrets.token_hex(8)}"
        try:
            new.symlink_to(target)
            try:
                new.rename(link)
            except BaseException:
                new.unlink(missing_ok=True)
                raise
        except OSError as error:
            raise unwritable(link, error) from None


def open_lock(notebook: Path) -> int:
    """Take the lock of a notebook run's mounts; it lasts until the descriptor is closed."""
    descriptor = os.open(notebook / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    with contextlib.suppress(OSError):  # a file system without locks
        fcntl.flock(descriptor, fcntl.LOCK_EX)
    return descriptor


def target_of(link: Path) -> Path | None:
    """Where a link leads; None when there is none."""
    try:
        return Path(os.readlink(link))
    except OSError:  # not there, or no link
        return None


def _sweep(folder: Path) -> None:
    """Remove links that a process which was killed had not yet put in their place."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            if entry.name.startswith(NEW) and entry.is_symlink():
                os.unlink(entry.path)
