"""One mount brought about, changed or taken away: the steps, in an order that a crash at any of them does no harm.

1. The row of the name is held by a lease: `mounting`, or `mounted` as before while something else comes in its place.
2. Everything is made complete in the cache, which takes as long as it takes; a use keeps it there.
3. With the lock of the notebook run, in moments: the settings file lists it, its links lead to it, the row says
   `mounted`.
4. What was there before is released.

A process that ends before 3 leaves a row that says who held it: whoever comes next sees that nobody does, and begins
again with what has arrived.  One that ends within 3 leaves links that lead to something complete, and the same row.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import Row

from jupyter_gradient_data.blobs.hashing import unwritable
from jupyter_gradient_data.datasets import lease
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo, MountState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.layers.layers import Layer
from jupyter_gradient_data.volumes.settings.entries import BucketEntry
from jupyter_gradient_data.volumes.settings.file import SettingsFile

from .bucket_snapshots import BucketSource
from .links import MountLinks
from .rows import MountRows, Values, is_held
from .sources import PublicSource, Source, VersionSource, resolve

_POLLS = (0.02, 0.5)  # seconds between two looks at a row that another process holds: at first, and at most
_BEATS = 3  # renewals within a lease

_log = logging.getLogger(__name__)


class MountWork:
    """What is needed to work on the mounts of a notebook run, and the steps that all such work is made of.

    Parameters
    ----------
    repository : Repository
        The team's data; its settings name the notebook run.
    folders : TeamFolders
        Where things are.
    cache : VersionCache
        Where versions come to.
    can_overlay : callable
        Whether kernels can have an overlay for a writable mount; else it gets a private copy.
    environment : mapping
        Where secrets of buckets are looked up.
    """

    def __init__(
        self,
        repository: Repository,
        folders: TeamFolders,
        cache: VersionCache,
        *,
        can_overlay: Callable[[], bool],
        environment: Mapping[str, str],
    ) -> None:
        self.repository = repository
        self.folders = folders
        self.cache = cache
        self._can_overlay = can_overlay
        self.rows = MountRows(repository)
        self.links = MountLinks(folders)
        self.settings = SettingsFile(folders.notebook(), environment)

    # --- what to mount ------------------------------------------------------------------------------------------------

    def resolve(self, reference: str, shown: str | None = None) -> VersionSource | PublicSource:
        """What a reference means now; see `mount_sources.resolve`."""
        return resolve(self.repository, self.cache, self.links, reference, shown)

    def bucket(self, entry: BucketEntry) -> BucketSource:
        """What an entry of the settings file says of a bucket."""
        listings = self.links.path("x").parents[1] / "listings"
        try:
            listings.mkdir(mode=0o700, exist_ok=True)
        except OSError as error:
            raise unwritable(listings, error) from None
        return BucketSource(entry, self.cache, self.repository.disk_cache, listings, self.repository.config.transfers)

    # --- bringing -----------------------------------------------------------------------------------------------------

    def bring(
        self,
        name: str,
        source: Source,
        progress: Progress,
        *,
        writable: bool,
        may_replace: bool,
        save: bool,
        note: GradientDataError | None = None,
    ) -> None:
        """Mount something, or go on where somebody was stopped.

        Parameters
        ----------
        name : str
            Of the mount; a valid one.
        source : Source
            What to mount.
        progress : Progress
            Told what was done.
        writable : bool
            Whether it gets a layer.
        may_replace : bool
            Whether something else that is mounted under that name is replaced; else that is an error.
        save : bool
            Whether the settings file is to list it; else it does already, and what fails stays to be seen.
        note : GradientDataError, optional
            What to say of the mount although it worked.

        Raises
        ------
        Conflict
            The name is taken, or a writable mount has changes that would be lost.
        GradientDataError
            Whatever else goes wrong; then what was mounted before still is.
        """
        owner = lease.new_owner()
        row = self._claim(name, owner, _decision(name, source, writable, may_replace=may_replace), progress)
        try:
            with self._held(name, owner, progress):
                self._check_changes(name, row, source, writable)
                target, root = self._bring(name, source, progress, writable=writable)
                values = {**source.values(), "root": root, "writable": writable, "error": to_json(note, name)}
                if not may_replace and row.state == MountState.MOUNTED.value:  # the same again
                    values["reference"] = row.reference
                    save = save and not self.settings.lists(name)
                self._publish(name, owner, source, target, values, row, save=save)
        except BaseException as error:
            was_taken = _is_stop(error) and not self.rows.is_mine(name, owner)
            with suppress(GradientDataError):
                self._fail(name, owner, row, source, error, keep=not save)
            if was_taken:
                raise ErrorKind.MOUNT_TAKEN_AWAY(name=name) from None
            raise
        if row.root and row.root != root:
            self.cache.release(row.root, self._user(name))

    def _claim(
        self, name: str, owner: str, decide: Callable[[Row[Any] | None], Values], progress: Progress
    ) -> Row[Any]:
        """Hold the row of a name as soon as nobody else does."""
        pause = _POLLS[0]
        while True:
            with self.links.lock():  # who gives up meanwhile has released what it used
                row = self.rows.claim(name, owner, decide)
            if row is not None:
                return row
            progress.check()
            time.sleep(pause)
            pause = min(2 * pause, _POLLS[1])

    @contextmanager
    def _held(self, name: str, owner: str, progress: Progress) -> Iterator[None]:
        """Renew the lease until the block ends; stop the work when somebody has unmounted it meanwhile."""

        def renew() -> None:
            if not self.rows.renew(name, owner):
                progress.cancel()

        with lease.Heartbeat(renew, self.repository.config.lease_seconds / _BEATS):
            yield

    def _check_changes(self, name: str, row: Row[Any], source: Source, writable: bool) -> None:
        """Refuse to replace a layer that has changes."""
        layer = Layer.of(self.folders, name)
        if row.writable and not (writable and _is_of(layer, source)) and layer.has_changes():
            raise ErrorKind.MOUNT_CHANGED(name=name)

    def _bring(self, name: str, source: Source, progress: Progress, *, writable: bool) -> tuple[Path, str | None]:
        """Make complete what the links are to lead to; returns it, and the name of the folder of the cache behind it.

        A layer with changes of this version is kept, over whatever folder it lies: one that was committed lies over
        that of an older version.
        """
        user = self._user(name)
        if not (writable and isinstance(source, VersionSource)):
            return source.bring(name, user, progress), source.root
        layer = Layer.of(self.folders, name)
        if not (_is_of(layer, source) and layer.lower.is_dir()):
            tree = source.bring(name, user, progress)
            if not (_is_of(layer, source) and layer.lower.is_dir()):
                if layer.has_changes():
                    raise ErrorKind.MOUNT_CHANGED(name=name)
                layer.create(tree, source.exact, overlay=self._can_overlay(), progress=progress)
        self.cache.use(layer.lower.name, user)
        return layer.lower if layer.is_overlay else layer.files, layer.lower.name

    def _publish(
        self, name: str, owner: str, source: Source, target: Path, values: Values, row: Row[Any], *, save: bool
    ) -> None:
        """Let it be seen."""
        with self.links.lock():
            if not self.rows.is_mine(name, owner):  # somebody has unmounted it meanwhile
                raise ErrorKind.CANCELLED()
            if self.links.is_public(name) and self.links.public(name) != target:
                raise ErrorKind.MOUNT_EXISTS(reference=f"The public dataset gradient/{name}", name=name)
            if save:
                source.save(self.settings, name, writable=values["writable"])
            before = self.links.target(name)
            self.links.put(name, target)
            changed = before != target or any(row._mapping[key] != value for key, value in values.items())
            values["state"] = MountState.MOUNTED.value
            self.rows.release(name, owner, values, is_news=changed or row.state != values["state"])
        if row.writable and not values["writable"]:
            Layer.of(self.folders, name).remove()

    def _fail(self, name: str, owner: str, row: Row[Any], source: Source, error: BaseException, *, keep: bool) -> None:
        """Put on record why it could not be mounted, and release what only this needed."""
        with self.links.lock():
            was_mounted = row.state == MountState.MOUNTED.value
            failed = {"error": to_json(error, name), "state": MountState.FAILED.value}
            if was_mounted:
                self.rows.release(name, owner, {"error": failed["error"]} if keep else {}, is_news=keep)
            elif _is_stop(error) and not keep:
                self.rows.remove(name, owner)
            else:
                self.rows.release(name, owner, failed)
            now = self.rows.find(name)
            is_used = now is not None and (now.root == source.root) and (was_mounted or now.lease is not None)
            if source.root and not is_used:
                self.cache.release(source.root, self._user(name))
            if now is None and (layer := Layer.of(self.folders, name)).exists:  # made after it was unmounted
                layer.remove()

    # --- taking away --------------------------------------------------------------------------------------------------

    def drop(self, name: str, *, discard: bool, save: bool) -> None:
        """Unmount; with ``save`` the settings file does not list it any more.

        Raises
        ------
        Conflict
            A writable mount has changes, and they are not to be discarded.
        """
        with self.links.lock():
            row = self.rows.find(name)
            layer = Layer.of(self.folders, name)
            if not discard and row is not None and row.writable and layer.has_changes():
                raise ErrorKind.MOUNT_CHANGED(name=name)
            # First what may be refused: the file cannot be changed, somebody is just committing the layer.
            with layer.locked() if layer.exists else nullcontext():
                if save:
                    self.settings.remove(name)
                if layer.exists:
                    layer.remove_locked()
            self.links.remove(name)
            # Who is just mounting it sees that it is gone, and releases it.
            if row is not None and row.root and (row.state == MountState.MOUNTED.value or not is_held(row)):
                self.cache.release(row.root, self._user(name))
            self.rows.remove(name)  # last: what is still to be done is done again as long as there is a row

    def fail(self, name: str, reference: str, error: GradientDataError) -> None:
        """Put on record that something which is listed cannot be mounted; what is mounted stays."""

        def decide(row: Row[Any] | None) -> Values:
            if row is not None and row.state == MountState.MOUNTED.value:
                return {}
            return {"reference": reference, "state": MountState.FAILED.value}

        owner = lease.new_owner()
        with self.links.lock():
            if self.rows.claim(name, owner, decide) is not None:  # else somebody works on it
                self.rows.release(name, owner, {"error": to_json(error, name)})

    def release_others(self, rows: Sequence[Row[Any]]) -> None:
        """Release what a process used for these mounts that ended before it could say so."""
        for row in rows:
            if is_held(row):
                continue
            user = self._user(row.name)
            uses = (self.repository.disk_cache.root / "uses").glob(f"*/{quote(user, safe='@+')}")
            for root in {use.parent.name for use in uses} - {row.root}:
                self.cache.release(root, user)

    def refresh_uses(self, rows: Sequence[Row[Any]]) -> None:
        """Say once more what is in use: a use that nobody repeats counts as forgotten after some weeks."""
        for row in rows:
            if row.root and row.state == MountState.MOUNTED.value:
                self.cache.use(row.root, self._user(row.name))

    def _user(self, name: str) -> str:
        return f"{self.repository.config.notebook_name}/{name}"


def _decision(name: str, source: Source, writable: bool, *, may_replace: bool) -> Callable[[Row[Any] | None], Values]:
    """What becomes of the row of a name when something is to be mounted there."""
    new = {**source.values(), "writable": writable, "state": MountState.MOUNTING.value, "error": None}

    def decide(row: Row[Any] | None) -> Values:
        if row is None:
            return new
        is_mounted = row.state == MountState.MOUNTED.value
        fits = source.is_same(row) and row.writable == writable if is_mounted else source.is_in(row)
        if not (fits or may_replace):
            raise ErrorKind.MOUNT_EXISTS(reference=row.reference, name=name)
        return {} if is_mounted else {**new, "root": new["root"] or row.root}

    return decide


def _is_stop(error: BaseException) -> bool:
    return isinstance(error, GradientDataError) and error.kind is ErrorKind.CANCELLED


def _is_of(layer: Layer, source: Source) -> bool:
    """Whether there is a layer that has changes of what is to be mounted."""
    return layer.exists and isinstance(source, VersionSource) and layer.base == source.exact


def not_writable(source: Source) -> GradientDataError:
    """Why something cannot have a layer."""
    return ErrorKind.INVALID_OPTION(
        option="writable",
        value=source.reference,
        reason="only a version of a dataset of this team can be mounted writable",
        hint="Mount it read-only, and copy what you want to change.",
    )


def to_json(error: BaseException | None, name: str) -> Any:
    """An error as the row of a mount has it."""
    if error is None:
        return None
    if not isinstance(error, GradientDataError):
        _log.error("A mount failed", exc_info=error)
        error = ErrorKind.MOUNT_LOST(name=name)
    return msgspec.to_builtins(ErrorInfo(error.kind.code, error.message, error.hint))
