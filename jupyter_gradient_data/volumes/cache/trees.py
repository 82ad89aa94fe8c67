"""The folders of versions in the cache, and who uses them; see `cache`."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.hashing import unwritable
from jupyter_gradient_data.progress import Progress

USE_DAYS = 30  # days after which a use that nobody refreshed counts no more
DAY = 86_400
READ_ONLY_FOLDER = 0o555  # its owner may write where an ordinary user has a layer over it: `layers` opens it
OPEN_FOLDER = 0o700  # while it is made or taken away


class Trees:
    """What is in ``trees`` and ``uses``.

    Parameters
    ----------
    disk : DiskCache
        Below which folder.
    """

    def __init__(self, disk: DiskCache) -> None:
        self._disk = disk

    def path(self, root: str) -> Path:
        """Where a version is, if it is here."""
        return self._disk.root / "trees" / root

    def roots(self) -> list[str]:
        """All that are here."""
        try:
            return sorted(os.listdir(self._disk.root / "trees"))
        except FileNotFoundError:
            return []

    def is_complete(self, root: str) -> bool:
        """Whether a version is here; one whose maker was killed at its last step is closed now."""
        tree = self.path(root)
        try:
            found = os.lstat(tree)
        except FileNotFoundError:
            return False
        if stat.S_IMODE(found.st_mode) == OPEN_FOLDER:
            with contextlib.suppress(OSError):
                tree.chmod(READ_ONLY_FOLDER)
        return True

    def place(self, new: Path, root: str, progress: Progress) -> None:
        """Make a folder that is complete the version, read-only, in one step."""
        for folder, _, files in os.walk(new, topdown=False):
            if folder != os.fspath(new):
                os.chmod(folder, READ_ONLY_FOLDER)
            progress.advance(files=len(files))
        place = self._disk.folder("trees") / root
        new.rename(place)
        place.chmod(READ_ONLY_FOLDER)  # only now: a folder that its owner cannot write cannot be moved, either

    def take_away(self, root: str) -> Path | None:
        """Move a version that nobody uses out of sight, for who has its lock; None when it is used after all."""
        if self.is_used(root):
            return None
        tree, aside = self.path(root), self._disk.temporary(root)
        tree.chmod(OPEN_FOLDER)
        tree.rename(aside)
        if self.is_used(root):  # noted a moment ago
            aside.rename(tree)
            tree.chmod(READ_ONLY_FOLDER)
            return None
        shutil.rmtree(self._disk.root / "uses" / root, ignore_errors=True)
        return aside

    # --- uses ---------------------------------------------------------------------------------------------------------

    def use(self, root: str, user: str) -> bool:
        """Note that somebody uses a version, or still does; whether they did not before."""
        file = self._use_file(root, user)
        try:
            self._disk.folder("uses")
            file.parent.mkdir(mode=0o700, exist_ok=True)
            is_new = not file.exists()
            file.touch(mode=0o600)
        except OSError as error:
            raise unwritable(file, error) from None
        return is_new

    def release(self, root: str, user: str) -> None:
        """Note that they do not any more."""
        with contextlib.suppress(OSError):
            self._use_file(root, user).unlink()  # this moves the time of its folder

    def is_used(self, root: str) -> bool:
        """Whether somebody uses a version."""
        alive = self.now() - USE_DAYS * DAY
        return any(touched > alive for touched in self._uses(root))

    def last_used(self, root: str) -> float:
        """When somebody began or ended to use a version, or last said so."""
        times = [*self._uses(root)]
        for folder in (self._disk.root / "uses" / root, self.path(root)):
            with contextlib.suppress(FileNotFoundError):
                times.append(folder.stat().st_mtime)
        return max(times, default=0.0)

    def now(self) -> float:
        """The time as whoever has the disk counts it."""
        probe = self._disk.temporary("time")
        try:
            probe.touch()
            return probe.stat().st_mtime
        except OSError:  # a full disk
            return time.time()
        finally:
            probe.unlink(missing_ok=True)

    def _uses(self, root: str) -> Iterator[float]:
        """When each who uses a version last said so."""
        with contextlib.suppress(FileNotFoundError), os.scandir(self._disk.root / "uses" / root) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    yield entry.stat().st_mtime

    def _use_file(self, root: str, user: str) -> Path:
        return self._disk.root / "uses" / root / quote(user, safe="@+")


def remove_tree(top: Path) -> None:
    """Remove a folder with read-only folders in it, as far as that is allowed; it is no error when there is none."""
    for folder, _, _ in os.walk(top):
        with contextlib.suppress(OSError):
            os.chmod(folder, 0o700)
    shutil.rmtree(top, ignore_errors=True)
