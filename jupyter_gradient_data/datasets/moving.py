"""Renaming and moving files and folders inside an uncommitted version: new rows for the same content."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

from sqlalchemy import Connection

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from . import notices, promises, staging
from .files import VersionFiles, folder_end, folder_path
from .nodes import Entry
from .paths import ancestors, path_problem, show_path
from .repository import Repository
from .tree import windows

_BATCH = 5000


class _Move(NamedTuple):
    """What is moved where, both without a slash at the end."""

    files: VersionFiles
    source: bytes
    target: bytes


def move(repository: Repository, reference: str, source: str, target: str, progress: Progress) -> int:
    """Give a file, or all in a folder, another path; all or nothing.  Returns how many files moved.

    ``source`` may be both, as long as nothing is committed: ``a/`` then means the folder and ``a`` the file.

    Raises
    ------
    NotFound
        There is nothing at ``source``.
    Conflict
        There is something at ``target``, or a part of it is a file, or an upload to ``source`` has not finished.
    Invalid
        A path cannot be one, or ``target`` is inside ``source``.
    """
    Reference.parse_version(reference)
    old, new = _checked(source, target)
    opened = VersionFiles.open(repository, reference)
    progress.start(Phase.MOVING)
    with repository.database.write() as connection:
        key = opened.version.key
        # As it is now that nobody else writes: the base may have been given up since.
        row = staging.fence(connection, key, alone=True)
        moving = _Move(VersionFiles(repository, opened.dataset, row), old, new)
        entries = _found(moving, source, target)
        _refuse_taken(moving)
        _refuse_promised(connection, moving)
        count = 0
        for batch in windows(entries, _BATCH):
            _move_batch(connection, moving, batch)
            progress.advance(files=len(batch))
            count += len(batch)
        notices.note_files(connection, key)
    progress.finish()
    return count


def _checked(source: str, target: str) -> tuple[bytes, bytes]:
    old, new = folder_path(source), folder_path(target)
    for option, value, path in (("source", source, old), ("target", target, new)):
        if not path:
            hint = "Name a file or a folder in it."
            raise ErrorKind.INVALID_OPTION(option=option, value=value, reason="it is the whole version", hint=hint)
    if new.startswith(old) and new != old:
        raise _bad_target(target, f"it is inside {show_path(source)}", "Choose one that is not.")
    return old[:-1], new[:-1]


def _bad_target(target: str, reason: str, hint: str) -> GradientDataError:
    return ErrorKind.INVALID_OPTION(option="target", value=target, reason=reason, hint=hint)


def _found(moving: _Move, source: str, target: str) -> Iterable[Entry]:
    """What is to be moved: at least one file."""
    files, folder = moving.files, moving.source + b"/"
    if not source.endswith("/") and (entry := files.find(moving.source)) is not None:
        if target.endswith("/"):
            hint = f"Give the whole new path: {target}{entry.path.rpartition(b'/')[2].decode()}"
            raise _bad_target(target, f"{show_path(source)} is a file, and it ends with '/'", hint)
        return [entry]
    inside = files.entries(folder, folder_end(folder))
    first = next(inside, None)
    if first is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(source), reference=files.reference)
    return chain([first], inside)


def _refuse_taken(moving: _Move) -> None:
    files, target, folder = moving.files, moving.target, moving.target + b"/"
    if files.find(target) is not None:
        raise ErrorKind.NAME_TAKEN(thing="file", name=target.decode())
    if next(files.entries(folder, folder_end(folder)), None) is not None:
        raise ErrorKind.NAME_TAKEN(thing="folder", name=target.decode())
    for above in files.find_many(ancestors(target)):
        raise ErrorKind.PATHS_CLASH(path=show_path(target), other=show_path(above), reason="the second is a file")


def _refuse_promised(connection: Connection, moving: _Move) -> None:
    """An upload would arrive where nobody looks for it any more, or take what was moved for lost."""
    if (path := promises.first_meant(connection, moving.files.version.key, moving.source + b"/")) is not None:
        raise ErrorKind.UPLOADS_UNDER_WAY(path=show_path(moving.source), upload=show_path(path))


def _move_batch(connection: Connection, moving: _Move, batch: list[Entry]) -> None:
    files, database, key = moving.files, moving.files.repository.database, moving.files.version.key
    moved = list(_moved(moving, batch))
    if problem := path_problem([entry.path for entry in moved]):
        bad = next(entry.path for entry in moved if path_problem([entry.path]))
        raise ErrorKind.INVALID_PATH(path=show_path(bad), reason=problem)
    files.blobs.index.touch(connection, list({entry.hash for entry in moved}))
    staging.stage(database, connection, key, moved)
    staging.stage_deletions(database, connection, key, [entry.path for entry in batch])


def _moved(moving: _Move, batch: list[Entry]) -> Iterator[Entry]:
    cut = len(moving.source)
    return (entry._replace(path=moving.target + entry.path[cut:]) for entry in batch)
