"""Links to public datasets under `/datasets` of every notebook run, beside what is mounted there."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

from jupyter_gradient_data.volumes.folders import DATASETS, TeamFolders

from .links import NEW, open_lock, target_of


def refresh_public_links(folders: TeamFolders, changed: str | None = None) -> None:
    """Let every notebook run of the team see the public datasets that are there now; a mount keeps its name.

    Parameters
    ----------
    folders : TeamFolders
        Where they are.
    changed : str, optional
        A dataset that may have another folder at its place by now: its links are made anew, so that whoever watches
        them looks again.
    """
    public = folders.public()
    with os.scandir(public) as entries:
        there = {entry.name for entry in entries if not entry.name.startswith(".") and entry.is_dir()}
    folders.mounts(DATASETS)  # that of this notebook run is made when there is none yet
    for notebook in folders.all_mounts().iterdir():
        if (notebook / DATASETS).is_dir():
            with contextlib.suppress(OSError):  # of a notebook run that is being deleted
                descriptor = open_lock(notebook)
                try:
                    _refresh(notebook / DATASETS, public, there, changed)
                finally:
                    os.close(descriptor)


def _refresh(shown: Path, public: Path, there: set[str], changed: str | None) -> None:
    for link in shown.iterdir():
        target = target_of(link)
        if target is not None and target.parent == public and link.name not in there:
            link.unlink()
    for name in there:
        link, target = shown / name, public / name
        if not os.path.lexists(link) or (name == changed and target_of(link) == target):
            new = shown.parent / f"{NEW}{secrets.token_hex(8)}"
            new.symlink_to(target)
            new.rename(link)
