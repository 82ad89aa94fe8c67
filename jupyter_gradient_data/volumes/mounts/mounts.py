"""Mounts of this notebook run: mount, unmount, list, update, restore."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from sqlalchemy import Row

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference, check_folder_name
from jupyter_gradient_data.models import ErrorInfo, Mount, MountState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.layers.layers import Layer
from jupyter_gradient_data.volumes.settings.entries import BucketEntry, WrongEntry

from .restoring import Restoring, bucket_note
from .rows import is_held, moves
from .sources import Source, is_bucket
from .work import MountWork, not_writable

_REFRESH = 3600.0  # seconds after which uses are said again, so that nobody takes them for forgotten


class Mounts:
    """The mounts of the notebook run that the settings name; from any thread and process.

    Parameters
    ----------
    repository : Repository
        The team's data.
    folders : TeamFolders
        Where things are.
    cache : VersionCache
        Where versions come to.
    can_overlay : callable
        Whether kernels can have an overlay for a writable mount; else it gets a private copy.
    environment : mapping, optional
        Where secrets of buckets are looked up, instead of that of this process.
    """

    def __init__(
        self,
        repository: Repository,
        folders: TeamFolders,
        cache: VersionCache,
        *,
        can_overlay: Callable[[], bool],
        environment: Mapping[str, str] | None = None,
    ) -> None:
        environment = os.environ if environment is None else environment
        self.work = MountWork(repository, folders, cache, can_overlay=can_overlay, environment=environment)
        self._refreshed = -_REFRESH

    def mount(self, reference: str, name: str | None, *, writable: bool, progress: Progress) -> Mount:
        """See `MountsApi.mount`."""
        work = self.work
        source = work.resolve(reference)
        name = source.default_name if name is None else check_folder_name(name, "mount")
        if work.settings.has_other(name):
            raise ErrorKind.MOUNT_EXISTS(reference="Something else of .gradient/settings.yaml", name=name)
        if writable and source.root is None:
            raise not_writable(source)
        work.bring(name, source, progress, writable=writable, may_replace=False, save=True)
        return self.get(name)

    def unmount(self, name: str, *, discard: bool) -> None:
        """See `MountsApi.unmount`."""
        if self.work.rows.find(name) is None and not self.work.settings.lists(name):
            raise ErrorKind.MOUNT_NOT_FOUND(name=name)
        self.work.drop(name, discard=discard, save=True)

    def list(self) -> tuple[Mount, ...]:
        """All of them by name."""
        rows = self.work.rows.all()
        self._refresh_uses(rows)
        return self._to_mounts(rows)

    def get(self, name: str) -> Mount:
        """One of them."""
        return self._to_mounts([self._row(name)])[0]

    def update(self, name: str, reference: str | None, progress: Progress) -> Mount:
        """See `MountsApi.update_mount`."""
        row = self._row(name)
        if reference is None:
            self._update_to_newest(row, progress)
        else:
            if self.work.settings.has_other(name):
                raise ErrorKind.MOUNT_EXISTS(reference=row.reference, name=name)
            source = self.work.resolve(reference)
            if row.writable and source.root is None:
                raise not_writable(source)
            self.work.bring(name, source, progress, writable=row.writable, may_replace=True, save=True)
        return self.get(name)

    def mount_exactly(self, name: str, version: str, reference: str, progress: Progress) -> None:
        """Mount exactly this version under a name, whatever is mounted there.

        Parameters
        ----------
        name : str
            Of the mount; a valid one.
        version : str
            ``<dataset>:<version>``.
        reference : str
            What to say was asked for.
        progress : Progress
            Told what was done.

        Raises
        ------
        Conflict
            There is a writable mount with changes, or something else of that name.
        """
        row, work = self.work.rows.find(name), self.work
        if work.settings.has_other(name):
            raise ErrorKind.MOUNT_EXISTS(reference="Something else of .gradient/settings.yaml", name=name)
        writable = row is not None and row.writable
        if writable and Layer.of(work.folders, name).has_changes():
            raise ErrorKind.MOUNT_CHANGED(name=name)
        source = work.resolve(version, reference)
        work.bring(name, source, progress, writable=writable, may_replace=True, save=True)

    def restore(self, progress: Progress) -> tuple[Mount, ...]:
        """See `MountsApi.restore_mounts`."""
        Restoring(self.work, progress).run()
        return self.list()

    # --- updating -----------------------------------------------------------------------------------------------------

    def _update_to_newest(self, row: Row[Any], progress: Progress) -> None:
        """Mount what is newest now, or try again what failed."""
        entry = self.work.settings.find(row.name)
        if isinstance(entry, WrongEntry):
            self.work.fail(entry.name, entry.reference, entry.error)
            raise entry.error
        writable, save, note = row.writable, entry is None, None
        source: Source
        if isinstance(entry, BucketEntry):
            source, writable, note = self.work.bucket(entry), False, bucket_note(entry)
        elif row.dataset_id is not None and row.state == MountState.MOUNTED.value:
            version = self.work.rows.newer([row]).get(row.name)
            if version is not None:
                source = self.work.resolve(f"{row.dataset_id}:{version}", _update_of(row, version))
                # An entry that says `latest`, or a tag, says the right thing already.
                save = entry is None or not moves(entry.reference)
            elif not self._is_there(row):
                source, save = self.work.resolve(f"{row.dataset_id}:{row.version}", row.reference), False
            else:
                return
        elif entry is not None:
            source, writable = self.work.resolve(entry.reference), entry.writable
        elif is_bucket(row.reference):
            hint = "List it again, or unmount it."
            raise ErrorKind.SETTINGS_ENTRY(name=row.name, reason="it is not listed any more", hint=hint)
        else:
            source = self.work.resolve(row.reference)
        self.work.bring(row.name, source, progress, writable=writable, may_replace=True, save=save, note=note)

    def _is_there(self, row: Row[Any]) -> bool:
        """Whether what is mounted is where its link leads: caches are emptied, public datasets removed."""
        return self.work.links.path(row.name).is_dir()

    # --- showing ------------------------------------------------------------------------------------------------------

    def _row(self, name: str) -> Row[Any]:
        row = self.work.rows.find(name)
        if row is None:
            raise ErrorKind.MOUNT_NOT_FOUND(name=name)
        return row

    def _to_mounts(self, rows: Sequence[Row[Any]]) -> tuple[Mount, ...]:
        names, newer = self.work.rows.dataset_names(rows), self.work.rows.newer(rows)
        return tuple(self._to_mount(row, names.get(row.dataset_id), newer.get(row.name)) for row in rows)

    def _to_mount(self, row: Row[Any], dataset_name: str | None, newer: str | None) -> Mount:
        state, error = MountState(row.state), msgspec.convert(row.error, ErrorInfo | None)
        if state is MountState.MOUNTING and not is_held(row):
            lost = ErrorKind.MOUNT_LOST(name=row.name)
            state, error = MountState.FAILED, ErrorInfo(lost.kind.code, lost.message, lost.hint)
        elif state is MountState.MOUNTED and not self._is_there(row):
            gone = ErrorKind.MOUNT_GONE(name=row.name)
            state, error = MountState.FAILED, ErrorInfo(gone.kind.code, gone.message, gone.hint)
        return Mount(
            name=row.name,
            reference=row.reference,
            dataset=row.dataset_id if dataset_name is not None else None,
            dataset_name=dataset_name,
            version=row.version,
            newer=newer if state is MountState.MOUNTED else None,
            is_writable=row.writable,
            state=state,
            path=f"/inputs/{row.name}",
            local_path=str(self.work.links.path(row.name)),
            files=row.files,
            bytes=row.bytes,
            error=error,
            created=as_time(row.created),
            modified=as_time(row.modified),
        )

    def _refresh_uses(self, rows: Sequence[Row[Any]]) -> None:
        if time.monotonic() - self._refreshed < _REFRESH:
            return
        self._refreshed = time.monotonic()
        try:
            self.work.refresh_uses(rows)
        except GradientDataError:  # the next list tries again
            self._refreshed = -_REFRESH


def _update_of(row: Row[Any], version: str) -> str:
    """How to say what is asked for when a mount goes on to another version: as it was written, if that moves."""
    if moves(row.reference):
        return str(row.reference)
    parsed = Reference.parse(row.reference)
    return str(Reference(parsed.dataset, version, parsed.namespace))
