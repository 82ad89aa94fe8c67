"""Links to public datasets under `/datasets` of every notebook run, beside what is mounted there."""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from jupyter_gradient_data.volumes.folders import DATASETS, TeamFolders

_LOCK = ".lock"  # of a notebook run's mounts; whoever mounts takes it as well
_NEW = ".new-"


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
            with contextlib.suppress(OSError), _locked(notebook):  # of a notebook run that is being deleted
                _refresh(notebook / DATASETS, public, there, changed)


def _refresh(shown: Path, public: Path, there: set[str], changed: str | None) -> None:
    for link in shown.iterdir():
        target = _target(link)
        if target is not None and target.parent == public and link.name not in there:
            link.unlink()
    for name in there:
        link, target = shown / name, public / name
        if not os.path.lexists(link) or (name == changed and _target(link) == target):
            new = shown.parent / f"{_NEW}{secrets.token_hex(8)}"
            new.symlink_to(target)
            new.rename(link)


@contextlib.contextmanager
def _locked(notebook: Path) -> Iterator[None]:
    descriptor = os.open(notebook / _LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _target(link: Path) -> Path | None:
    try:
        return Path(os.readlink(link))
    except OSError:  # not there, or no link
        return None
