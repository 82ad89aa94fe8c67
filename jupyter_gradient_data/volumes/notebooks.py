"""Notebook runs of the team: what there is of them, and taking one away with all it has."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from pathlib import Path

from sqlalchemy import ColumnElement, Table, and_, delete, func, select

from jupyter_gradient_data.datasets.notices import note
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import check_folder_name
from jupyter_gradient_data.models import Action, Notebook, Thing
from jupyter_gradient_data.stores.schema import mounts, outputs
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from jupyter_gradient_data.volumes.view.runs import unused

from .folders import WRITABLE, TeamFolders

_ASIDE = ".deleted-"
_SWEPT_AFTER = 3600  # seconds


def list_notebooks(repository: Repository, folders: TeamFolders) -> tuple[Notebook, ...]:
    """All of them by name, the one of this service always among them."""
    current = folders.notebook().name
    query = select(mounts.c.notebook, func.count()).where(mounts.c.team_id == repository.team)
    with repository.database.read() as connection:
        counts = {row[0]: row[1] for row in connection.execute(query.group_by(mounts.c.notebook))}
    names = {*counts, *_names(folders.notebooks()), *_names(folders.all_mounts())}
    return tuple(_notebook(folders, name, counts.get(name, 0), name == current) for name in sorted(names))


def delete_notebook(repository: Repository, folders: TeamFolders, name: str) -> None:
    """Remove a notebook run: its home, its mounts with changes that were not committed, its outputs.

    Raises
    ------
    Invalid, NotFound
        There is none of that name.
    Conflict
        A server uses it.
    """
    check_folder_name(name, "notebook run")
    home, run = folders.notebooks() / name, folders.all_mounts() / name
    _sweep(home.parent)
    _sweep(run.parent)
    if not home.is_dir() and not run.is_dir() and not _has_rows(repository, name):
        raise ErrorKind.NOTEBOOK_NOT_FOUND(notebook=name)
    with unused(run):
        # Aside first, by one step each: whatever happens next, nobody finds half of a home.
        with _moved_aside(home), _moved_aside(run):
            roots = _delete_rows(repository, name)
        cache = VersionCache(repository, folders)
        for mount, root in roots.items():
            cache.release(root, f"{name}/{mount}")


def _names(folder: Path) -> set[str]:
    with os.scandir(folder) as entries:
        return {entry.name for entry in entries if entry.is_dir() and not entry.name.startswith(".")}


def _notebook(folders: TeamFolders, name: str, mounted: int, is_current: bool) -> Notebook:
    home = folders.notebooks() / name
    try:
        changed = (home if home.is_dir() else folders.all_mounts() / name).stat().st_mtime
    except OSError:
        changed = 0
    return Notebook(name, str(home), mounted, is_current, datetime.fromtimestamp(changed, timezone.utc))


def _has_rows(repository: Repository, name: str) -> bool:
    with repository.database.read() as connection:
        return any(
            connection.execute(select(table.c.name).where(_of(repository, table, name)).limit(1)).first()
            for table in (mounts, outputs)
        )


def _delete_rows(repository: Repository, name: str) -> dict[str, str]:
    """Delete what the database knows of it; which mount used what in the cache."""
    with repository.database.write() as connection:
        roots = {}
        for table, thing in ((mounts, Thing.MOUNT), (outputs, Thing.OUTPUT)):
            mine = _of(repository, table, name)
            for row in connection.execute(select(table).where(mine)).all():
                note(connection, repository.team, thing, f"{name}/{row.name}", Action.DELETED)
                if table is mounts and row.root is not None:
                    roots[row.name] = row.root
            connection.execute(delete(table).where(mine))
        note(connection, repository.team, Thing.WORKSPACE, name, Action.DELETED)
    return roots


def _of(repository: Repository, table: Table, name: str) -> ColumnElement[bool]:
    return and_(table.c.team_id == repository.team, table.c.notebook == name)


@contextmanager
def _moved_aside(folder: Path) -> Iterator[None]:
    """Have a folder under a hidden name, and remove it at the end; put it back if that is not reached."""
    aside = folder.with_name(f"{_ASIDE}{folder.name}-{secrets.token_hex(4)}")
    try:
        folder.rename(aside)
    except FileNotFoundError:
        yield
        return
    except OSError as error:
        raise ErrorKind.TARGET_UNWRITABLE(path=folder, reason=error.strerror) from None
    try:
        yield
    except BaseException:
        aside.rename(folder)
        raise
    _remove(aside)


def _remove(folder: Path) -> None:
    for layer in (folder / WRITABLE).glob("*"):
        with suppress(FileNotFoundError):
            (layer / "work" / "work").chmod(0o700)  # overlays make it, without rights for anybody
    remove_tree(folder)


def _sweep(folder: Path) -> None:
    """Remove what a deletion has left that was killed."""
    for aside in folder.glob(f"{_ASIDE}*"):
        with suppress(FileNotFoundError):
            if time.time() - aside.stat().st_ctime > _SWEPT_AFTER:
                _remove(aside)
