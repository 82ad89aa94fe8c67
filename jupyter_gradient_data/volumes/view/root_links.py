"""Symbolic links at ``/`` that lead to the volumes, where no namespace can."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Mapping
from pathlib import Path

from jupyter_gradient_data.volumes.folders import TeamFolders

from .runs import is_in_use


class LinksFailed(Exception):
    """There cannot be links at ``/``; the text says why."""


class RootLinks:
    """Links at ``/`` to the volumes of one notebook run; nothing that somebody else has put there is touched.

    Parameters
    ----------
    targets : dict
        Folder of this machine by path, as ``/storage``.
    folders : TeamFolders
        Of the team whose links are ours.
    root : Path
        In place of ``/``.
    """

    def __init__(self, targets: Mapping[str, Path], folders: TeamFolders, root: Path = Path("/")) -> None:
        self._links = {root / path.lstrip("/"): target for path, target in targets.items()}
        self._folders = folders
        self._root = root

    def check(self) -> None:
        """See whether `make` can do it.

        Raises
        ------
        LinksFailed
            Something else has one of the names, or ``/`` cannot be written.
        """
        missing = [link for link, target in self._links.items() if _target(link) != target]
        for link in missing:
            if os.path.lexists(link) and not self._is_left_over(link):
                raise LinksFailed(f"there is a {link} already that is not ours")
        if missing and not os.access(self._root, os.W_OK | os.X_OK):
            raise LinksFailed(f"{self._root} is not writable")

    def make(self) -> None:
        """Make those that are missing.

        Raises
        ------
        LinksFailed
            As for `check`.
        """
        self.check()
        for link, target in self._links.items():
            if _target(link) != target:
                try:
                    place_link(link, target)
                except OSError as error:
                    raise LinksFailed(f"{link} cannot be made: {error.strerror}") from None

    def remove(self) -> None:
        """Remove those that are still as they were made."""
        for link, target in self._links.items():
            if _target(link) == target:
                with contextlib.suppress(OSError):
                    link.unlink()

    def _is_left_over(self, link: Path) -> bool:
        """Whether it is a link of a notebook run of ours that nobody uses any more."""
        target = _target(link)
        if target is None:
            return False
        for parent in (self._folders.all_mounts(), self._folders.notebooks()):
            if parent in target.parents:
                return not is_in_use(self._folders.all_mounts() / target.relative_to(parent).parts[0])
        return False


def place_link(link: Path, target: Path) -> None:
    """Make a link, or replace one, in a single step."""
    new = link.with_name(f".{link.name}.{secrets.token_hex(4)}")
    new.symlink_to(target)
    try:
        new.rename(link)
    except OSError:
        new.unlink()
        raise


def _target(link: Path) -> Path | None:
    try:
        return Path(os.readlink(link))
    except OSError:
        return None
