"""The cache of dataset versions: each a folder that is complete or absent, read-only, made of links to contents.

Below the folder of `blobs.disk_cache`, which has the contents::

    trees/{root}/          a version by the hash of its tree's root, complete
    uses/{root}/{user}     who has it mounted, touched now and then; its folder's time is when that last changed
    tmp/{root}.*           a version that is being made, or thrown out

Whoever makes a version, or throws it out, has its lock.  What a process leaves that is killed lies in ``tmp``, where
nobody looks; contents that it fetched stay, and the next one goes on with them.
"""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.hashing import unwritable
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import CacheInfo, CacheReport, Phase
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.folders import INPUTS, TeamFolders

from .checking import Check
from .eviction import Eviction
from .filling import Filling
from .trees import OPEN_FOLDER, Trees, remove_tree

_TRIM = "trim"  # name of the lock of who throws things out
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
            self._fill(files, folder, progress)

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
        with self._disk.locks.hold(root, progress):
            is_new = self._trees.use(root, user)
            if not self._trees.is_complete(root):
                try:
                    self._make(root, fill, progress)
                except BaseException:
                    if is_new:
                        self._trees.release(root, user)
                    raise
                self._trim_later()
        return self._trees.path(root)

    def tree(self, root: str) -> Path:
        """Where the folder of a version is, if it is here."""
        return self._trees.path(root)

    def use(self, root: str, user: str) -> None:
        """Note that somebody uses a version, or still does."""
        self._trees.use(root, user)

    def release(self, root: str, user: str) -> None:
        """Note that they do not any more."""
        self._trees.release(root, user)

    @property
    def _disk(self) -> DiskCache:
        return self._repository.disk_cache

    @property
    def _trees(self) -> Trees:
        return Trees(self._disk)

    def _fill(self, files: VersionFiles, folder: Path, progress: Progress) -> None:
        """Put all files into a folder, after making room for those that are not here yet."""
        filling = Filling(files, self._disk, folder, progress)
        size = files.version.bytes
        if self._disk.used() + size > self._disk.limit or size > self._disk.room():
            missing = filling.begin()
            if self._disk.used() + missing > self._disk.limit or missing > self._disk.room():
                self._evict(progress, needed=missing)
        filling.run()

    def _make(self, root: str, fill: Callable[[Path], None], progress: Progress) -> None:
        for left in self._disk.folder("tmp").glob(f"{root}.*"):  # of a run that was killed: we have its lock
            remove_tree(left)
        new, again = self._disk.temporary(root), self._disk.temporary(root)
        try:
            try:
                self._make_in(new, root, fill, progress)
            except GradientDataError as error:
                # What is missing was compared with the room before; others have filled the disk since, or need it more.
                # The links in the first folder keep what has come.
                if error.kind is not ErrorKind.DISK_FULL or not self._evict(progress, needed=sys.maxsize).bytes:
                    raise
                self._make_in(again, root, fill, progress)
        finally:
            remove_tree(new)
            remove_tree(again)

    def _make_in(self, new: Path, root: str, fill: Callable[[Path], None], progress: Progress) -> None:
        try:
            new.mkdir(mode=OPEN_FOLDER)
            fill(new)
            progress.start(Phase.LINKING)
            self._trees.place(new, root, progress)
            progress.finish()
        except OSError as error:
            raise unwritable(self._disk.root, error) from error

    # --- upkeep -------------------------------------------------------------------------------------------------------

    def info(self) -> CacheInfo:
        """How full it is; nothing is read for it."""
        folder = self._folders.cache()
        roots = self._trees.roots()
        used = sum(map(self._trees.is_used, roots))
        limit, days = self._disk.limit, self._repository.config.cache_days
        return CacheInfo(os.fspath(folder), len(roots), used, self._disk.used(), limit, days)

    def trim(self, progress: Progress, everything: bool = False) -> CacheReport:
        """Throw out what is over the limit or was not used for long; with ``everything`` all that nobody uses."""
        return self._evict(progress, everything=everything)

    def verify(self, progress: Progress) -> CacheReport:
        """Read all of it; what is damaged is thrown out, and replaced where a version has it."""
        return Check(self._repository, progress).run()

    def keep(self, progress: Progress) -> None:
        """What a server does at its start, and daily: refresh the uses of its notebook run, repair, throw out."""
        if not self._disk.root.exists():
            return
        notebook = self._repository.config.notebook_name
        for link in self._folders.mounts(INPUTS).iterdir():
            if link.is_symlink() and (tree := Path(os.readlink(link))).parent == self._trees.path("x").parent:
                self._trees.use(tree.name, f"{notebook}/{link.name}")
        Check(self._repository, progress).glance()
        self._evict(progress)

    def _evict(self, progress: Progress, *, everything: bool = False, needed: int = 0) -> CacheReport:
        self._folders.cache()
        with self._disk.locks.hold(_TRIM, progress):
            eviction = Eviction(self._disk, self._repository.config.cache_days, progress)
            return eviction.run(everything=everything, needed=needed)

    def _trim_later(self) -> None:
        """When there is too much now, throw something out without letting anybody wait for it."""
        if self._disk.used() > self._disk.limit:
            threading.Thread(target=self._trim_now, name="gradient-trim", daemon=True).start()

    def _trim_now(self) -> None:
        try:
            with self._disk.locks.try_hold(_TRIM) as is_mine:
                if is_mine:
                    Eviction(self._disk, self._repository.config.cache_days, Progress()).run()
        except (GradientDataError, OSError) as error:
            _log.warning("The cache of versions could not be trimmed: %s", error)
