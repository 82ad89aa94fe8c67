"""Whether what a lock names is here, and mounted where it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo, LockCheck, LockEntry, LockState, MountState
from jupyter_gradient_data.volumes.layers.layers import Layer
from jupyter_gradient_data.volumes.mounts.mounts import Mounts

from .known import Known, look_up

_INPUTS = "/inputs/"


def check(repository: Repository, mounts: Mounts, entries: Sequence[LockEntry]) -> tuple[LockCheck, ...]:
    """See `LockApi.check_lock`."""
    wanted = last_at_path(entries)
    rows = {row.name: row for row in mounts.work.rows.all()}
    return tuple(_check(mounts, known, rows, wanted) for known in look_up(repository, entries))


def last_at_path(entries: Sequence[LockEntry]) -> dict[str, LockEntry]:
    """For each path the entry that was mounted there last: those before gave it up."""
    return {entry.path: entry for entry in entries if entry.path is not None}


def name_of(path: str) -> str:
    """The name of the mount at a path."""
    return path.removeprefix(_INPUTS)


def to_info(error: GradientDataError) -> ErrorInfo:
    """An error as a client is told."""
    return ErrorInfo(error.kind.code, error.message, error.hint)


def shows(row: Row[Any] | None, known: Known) -> bool:
    """Whether the version of an entry is mounted."""
    if row is None or row.state != MountState.MOUNTED.value or known.dataset is None:
        return False
    return bool(row.dataset_id == known.dataset.id and row.version == known.entry.version)


def _check(mounts: Mounts, known: Known, rows: dict[str, Row[Any]], wanted: dict[str, LockEntry]) -> LockCheck:
    entry, fault = known.entry, known.fault()
    if fault is not None:
        state = LockState.DIFFERENT if fault.kind is ErrorKind.LOCK_DIFFERENT else LockState.ABSENT
        return LockCheck(entry, state, known.newer, to_info(fault))
    if entry.path is None or wanted[entry.path] != entry:
        return LockCheck(entry, LockState.READY, known.newer, None)
    error = _mount_fault(mounts, known, rows.get(name_of(entry.path)))
    state = LockState.READY if error is None else LockState.UNMOUNTED
    return LockCheck(entry, state, known.newer, error)


def _mount_fault(mounts: Mounts, known: Known, row: Row[Any] | None) -> ErrorInfo | None:
    """Why the path of an entry does not show what it showed; None when it does."""
    entry = known.entry
    if row is None or row.state != MountState.MOUNTED.value:
        failed = None if row is None else msgspec.convert(row.error, ErrorInfo | None)
        return failed or to_info(ErrorKind.LOCK_UNMOUNTED(path=entry.path))
    if not shows(row, known):
        shown = f"version {row.dataset_id}:{row.version}" if row.dataset_id else row.reference
        return to_info(
            ErrorKind.LOCK_MOUNTED_OTHER(path=entry.path, found=shown, version=known.exact, reference=entry.reference)
        )
    if row.writable and Layer.of(mounts.work.folders, row.name).has_changes():
        return to_info(ErrorKind.MOUNT_CHANGED(name=row.name))
    return None
