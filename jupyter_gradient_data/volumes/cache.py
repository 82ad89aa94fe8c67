"""The cache of dataset versions: each a folder that is complete or absent, read-only, made of links to contents.

Below the folder of `blobs.disk_cache`, which has the contents::

    trees/{root}/          a version by the hash of its tree's root, complete
    uses/{root}/{user}     who has it mounted, touched now and then; its folder's time is when that last changed
    tmp/{root}.*           a version that is being made, or thrown out

Whoever makes a version, or throws it out, has its lock.  What a process leaves that is killed lies in ``tmp``, where
nobody looks; contents that it fetched stay, and the next one goes on with them.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from jupyter_gradient_data.blobs.disk_cache import unwritable
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .filling import Filling
from .folders import TeamFolders

USE_DAYS = 30  # days after which a use that nobody refreshed counts no more
READ_ONLY_FOLDER = 0o555
_DAY = 86_400
_log = logging.getLogger(__name__)


class VersionCache:
    """Versions on this machine's disk, or on one that several machines share; from any thread.

    Parameters
    ----------
    repository : Repository
        The team's data.
    folders : TeamFolders
        Where things are.
    """

    def __init__(self, repository: Repository, folders: TeamFolders) -> None:
        self._repository = repository
        self._folders = folders

    # --- versions -----------------------------------------------------------------------------------------------------

    def materialise(self, files: VersionFiles, progress: Progress, user: str) -> Path:
        """The folder with the files of a committed version; nobody throws it out before `release`.

        Parameters
        ----------
        files : VersionFiles
            The version.
        progress : Progress
            Told what was done; also what another process does when it makes the same version.
        user : str
            For whom: ``<notebook>/<name>``.

        Raises
        ------
        Conflict
            It is not committed.
        StoreFailed
            It cannot be fetched; what has come is kept for the next try.
        """
        if not files.is_committed:
            raise ErrorKind.VERSION_UNCOMMITTED(reference=files.reference)

        def fill(folder: Path) -> None:
            Filling(files, self._repository.disk_cache, folder, progress).run()

        return self.adopt(files.base.hex(), fill, user, progress)

    def adopt(self, root: str, fill: Callable[[Path], None], user: str, progress: Progress) -> Path:
        """The same for a folder that somebody else fills.

        Parameters
        ----------
        root : str
            Its name: of letters and digits, and never used for anything else.
        fill : callable
            Given an empty folder, puts everything into it; called unless the folder is here already.
        user, progress : str, Progress
            As for `materialise`.
        """
        disk = self._repository.disk_cache
        with disk.locks.hold(root, progress):
            was_used = self._use_file(root, user).exists()
            self.use(root, user)
            tree = self.tree(root)
            if _is_complete(tree):
                return tree
            try:
                self._make(root, fill, progress)
            except BaseException:
                if not was_used:
                    self.release(root, user)
                raise
        return tree

    def tree(self, root: str) -> Path:
        """Where the folder of a version is, if it is here."""
        return self._repository.disk_cache.root / "trees" / root

    def _make(self, root: str, fill: Callable[[Path], None], progress: Progress) -> None:
        disk = self._repository.disk_cache
        self._sweep(root)
        new = disk.temporary(root)
        try:
            new.mkdir(mode=0o755)
            fill(new)
            progress.start(Phase.LINKING)
            _close_folders(new, progress)
            place = disk.folder("trees") / root
            new.rename(place)
            place.chmod(READ_ONLY_FOLDER)  # only now: a folder that its owner cannot write cannot be moved, either
            progress.finish()
        except OSError as error:
            raise unwritable(disk.root, error) from error
        finally:
            remove_tree(new)

    def _sweep(self, root: str) -> None:
        """Remove what dead runs have left of a version; for who has its lock."""
        for left in self._repository.disk_cache.folder("tmp").glob(f"{root}.*"):
            remove_tree(left)

    # --- uses ---------------------------------------------------------------------------------------------------------

    def use(self, root: str, user: str) -> None:
        """Note that somebody uses a version, or still does."""
        file = self._use_file(root, user)
        try:
            self._repository.disk_cache.folder("uses")
            file.parent.mkdir(mode=0o700, exist_ok=True)
            file.touch(mode=0o600)
        except OSError as error:
            raise unwritable(file, error) from None

    def release(self, root: str, user: str) -> None:
        """Note that they do not any more."""
        file = self._use_file(root, user)
        with contextlib.suppress(OSError):
            file.unlink()  # this moves the time of its folder

    def _use_file(self, root: str, user: str) -> Path:
        return self._repository.disk_cache.root / "uses" / root / quote(user, safe="@+")


def _is_complete(tree: Path) -> bool:
    """Whether a version is there; one that was made by a process that ended at its last step is closed now."""
    try:
        found = os.lstat(tree)
    except FileNotFoundError:
        return False
    if stat.S_IMODE(found.st_mode) != READ_ONLY_FOLDER:
        with contextlib.suppress(OSError):
            tree.chmod(READ_ONLY_FOLDER)
    return True


def _close_folders(top: Path, progress: Progress) -> None:
    """Make all folders below a folder read-only."""
    for folder, _, files in os.walk(top, topdown=False):
        if folder != os.fspath(top):
            os.chmod(folder, READ_ONLY_FOLDER)
        progress.advance(files=len(files))


def remove_tree(top: Path) -> None:
    """Remove a folder with read-only folders in it, as far as that is allowed; it is no error when there is none."""
    for folder, _, _ in os.walk(top):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)
    shutil.rmtree(top, ignore_errors=True)
