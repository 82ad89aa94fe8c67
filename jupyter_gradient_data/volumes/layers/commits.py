"""Making versions of what was changed in a writable mount, and throwing changes away.

A commit makes a version that starts from the mounted one, puts and deletes just what differs, and notes in the layer's
ledger what the new version has.  The layer stays as it is: files may be open in it, and the next commit sends only what
has changed since.  Killed anywhere, it leaves at most one uncommitted version, with which the next commit goes on.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Row

from jupyter_gradient_data.datasets import commit, lease, notices, staging, uploads, versions
from jupyter_gradient_data.datasets.files import VersionFiles, remove_exactly
from jupyter_gradient_data.datasets.local_ends import VersionInbox
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.sources import FilePlan
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound
from jupyter_gradient_data.ids import Reference, check_folder_name, check_tag, check_text, new_version_id
from jupyter_gradient_data.models import Phase, Version
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.mounts.rows import Values
from jupyter_gradient_data.volumes.mounts.sources import VersionSource
from jupyter_gradient_data.volumes.mounts.work import MountWork
from jupyter_gradient_data.volumes.settings.entries import DatasetEntry

from .changes import Put, Removed, Scan
from .layers import Layer
from .ledger import Known

_log = logging.getLogger(__name__)

_RACY_NS = 2_000_000_000  # what was written so shortly before it was read may be written again without a new time


class LayerCommits:
    """Commits and discards of the writable mounts of a notebook run.

    Parameters
    ----------
    work : MountWork
        The mounts.
    """

    def __init__(self, work: MountWork) -> None:
        self._work = work
        self._repository = work.repository

    def commit(
        self, name: str, message: str, tag: str | None, metadata: Mapping[str, Any] | None, progress: Progress
    ) -> Version:
        """See `MountsApi.commit_mount`."""
        check_text(message, "message")
        tag = check_tag(tag) if tag is not None else None
        with self._held(name, progress) as (row, layer, values):
            base = _settled(self._repository, layer)
            with _shown_by_name(layer):
                version = self._commit(layer, base, message, metadata, progress)
            if tag is not None:
                versions.set_tag(self._repository, version.reference, tag)
                version = versions.get(self._repository, version.reference)
            values |= self._follow(row, version)
        return version

    def discard(self, name: str, progress: Progress) -> None:
        """See `MountsApi.discard_changes`."""
        with self._held(name, progress) as (row, layer, values):
            mounted = f"{row.dataset_id}:{row.version}"
            try:
                base, pending, origin = _settled(self._repository, layer), layer.ledger.pending, layer.ledger.origin
            except GradientDataError as error:
                if error.kind is not ErrorKind.LAYER_UNREADABLE:
                    raise
                base, pending, origin = mounted, None, None  # what its ledger said is of no interest any more
            if base == origin:
                self._begin_from(base, name, layer.lower, layer, progress)
            else:  # what it lies over is older than what it shows
                files = VersionFiles.open(self._repository, base)
                tree = self._work.cache.materialise(files, progress, self._user(name))
                self._begin_from(base, name, tree, layer, progress)
            if base != mounted:  # a commit was killed before it could say so
                values |= self._follow(row, versions.get(self._repository, base))
            if pending is not None:
                with contextlib.suppress(NotFound):
                    versions.trash(self._repository, pending)

    def _begin_from(self, base: str, name: str, tree: Path, layer: Layer, progress: Progress) -> None:
        """Have a layer without changes over a folder of the cache, and let links lead there."""
        self._work.cache.use(tree.name, self._user(name))
        layer.create_locked(tree, base, overlay=layer.is_overlay, progress=progress)
        with self._work.links.lock():
            self._work.links.put(name, tree if layer.is_overlay else layer.files)

    def _user(self, name: str) -> str:
        return f"{self._repository.config.notebook_name}/{name}"

    # --- the mount ----------------------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _held(self, name: str, progress: Progress) -> Iterator[tuple[Row[Any], Layer, Values]]:
        """Hold a writable mount and its layer; what is put into the values goes into its row in the end."""
        try:
            check_folder_name(name, "mount")
        except GradientDataError:
            raise ErrorKind.MOUNT_NOT_FOUND(name=name) from None
        layer, rows, owner = Layer.of(self._work.folders, name), self._work.rows, lease.new_owner()

        def decide(row: Row[Any] | None) -> Values:
            if row is None:
                raise ErrorKind.MOUNT_NOT_FOUND(name=name)
            if not row.writable or not layer.exists:
                raise ErrorKind.MOUNT_NOT_WRITABLE(name=name)
            return {}

        row = rows.claim(name, owner, decide)
        if row is None:
            raise ErrorKind.MOUNT_BUSY(name=name)
        values: Values = {}
        try:
            with self._beating(name, owner, progress), layer.locked():
                yield row, layer, values
                values["root"] = layer.lower.name
                if row.error is not None and row.error["code"] == ErrorKind.MOUNT_CHANGED.code:
                    values["error"] = None  # that it had changes stood in the way of what the settings file says
        finally:
            rows.release(name, owner, values, is_news=any(row._mapping[key] != value for key, value in values.items()))
        if row.root and row.root != values["root"]:
            self._work.cache.release(row.root, self._user(name))

    def _beating(self, name: str, owner: str, progress: Progress) -> lease.Heartbeat:
        def renew() -> None:
            if not self._work.rows.renew(name, owner):  # it was unmounted meanwhile
                progress.cancel()

        return lease.Heartbeat(renew, self._repository.config.lease_seconds / 3)

    def _follow(self, row: Row[Any], version: Version) -> Values:
        """Let row and settings say that this version is mounted now; returns what changes in the row.

        Its root stays: it names the folder that the layer lies over.
        """
        reference = row.reference
        if not self._means(reference, version):
            parsed = Reference.parse(reference)
            reference = str(Reference(parsed.dataset, version.version, parsed.namespace))
        try:
            with self._work.links.lock():
                entry = self._work.settings.find(row.name)
                if isinstance(entry, DatasetEntry) and not self._means(entry.reference, version):
                    self._work.settings.put_dataset(row.name, version.dataset, version.version, writable=entry.writable)
        except GradientDataError as error:  # the version is made, whatever the file says
            _log.warning("%s was committed, but the settings file does not say so: %s", row.name, error.message)
        return {
            "reference": reference,
            "version": version.version,
            "files": version.files,
            "bytes": version.bytes,
        }

    def _means(self, reference: str, version: Version) -> bool:
        """Whether a reference names this version, as `latest` and tags may do."""
        try:
            source = self._work.resolve(reference)
        except GradientDataError:
            return False
        return isinstance(source, VersionSource) and source.version == version.version

    # --- the version --------------------------------------------------------------------------------------------------

    def _commit(
        self, layer: Layer, base: str, message: str, metadata: Mapping[str, Any] | None, progress: Progress
    ) -> Version:
        progress.start(Phase.SCANNING)
        changes = list(Scan(layer))
        if not any(change.is_real() for change in changes):
            return versions.get(self._repository, base)
        reference = _begin(self._repository, layer, base, message, metadata)
        put = [change.file for change in changes if isinstance(change, Put)]
        removed = [change.path for change in changes if isinstance(change, Removed)]
        began = time.time_ns()
        hashes: dict[bytes, bytes] = {}
        inbox = partial(_open_inbox, self._repository, reference, hashes)
        source = f"the changes of {layer.name} in {self._repository.config.notebook_name}"
        uploads.put_plan(inbox, self._repository.hash_cache, FilePlan(put), source, "/", progress)
        remove_exactly(VersionFiles.open(self._repository, reference), removed, progress)
        known = (
            (file.path, Known(file.size, _settled_time(file.mtime_ns, began), *file[4:], hashes[file.path]))
            for file in put
        )
        layer.ledger.prepare(known, removed)
        version = commit.commit(self._repository, reference, False, progress)
        layer.ledger.accept()
        return version


class _Inbox(VersionInbox):
    """Notes the hashes of the files that come."""

    hashes: dict[bytes, bytes]

    def offer(self, entries: Sequence[Entry]) -> list[Entry]:
        self.hashes.update((entry.path, entry.hash) for entry in entries)
        return super().offer(entries)


def _open_inbox(repository: Repository, reference: str, hashes: dict[bytes, bytes]) -> VersionInbox:
    inbox = _Inbox.open(repository, reference)
    assert isinstance(inbox, _Inbox)  # noqa: S101 - `open` makes one of its own class
    inbox.hashes = hashes
    return inbox


def _settled(repository: Repository, layer: Layer) -> str:
    """The version that the layer has changes of, after finding out what became of a commit that was killed."""
    ledger = layer.ledger
    if (pending := ledger.pending) is not None:
        try:
            is_committed = versions.get(repository, pending).is_committed
        except NotFound:  # it was not made yet, or is in the trash
            is_committed = False
        if is_committed:
            ledger.accept() if ledger.is_prepared else ledger.forget()
    return ledger.base


def _begin(repository: Repository, layer: Layer, base: str, message: str, metadata: Mapping[str, Any] | None) -> str:
    """An uncommitted version with the files of the base: a new one, or that of a commit that did not end."""
    dataset = base.partition(":")[0]
    pending = layer.ledger.pending
    if pending is not None and not _begin_again(repository, pending, base):
        pending = None
    reference = pending or f"{dataset}:{new_version_id()}"
    layer.ledger.begin(reference)
    if pending is None:
        versions.create(repository, dataset, message, base, metadata, reference.partition(":")[2])
    else:
        versions.change(repository, pending, message, metadata or {})
    return reference


def _begin_again(repository: Repository, reference: str, base: str) -> bool:
    """Take back what an earlier try has put, whose bytes need not be sent again; False when there is none."""
    try:
        if versions.get(repository, reference).parent != base:
            return False
    except NotFound:  # not made yet, or in the trash
        return False
    key = VersionFiles.open(repository, reference).version.key
    with repository.database.write() as connection:
        staging.fence(connection, key, alone=True)
        staging.clear(connection, key)
        notices.note_files(connection, key)
    return True


def _settled_time(mtime_ns: int, began: int) -> int:
    return mtime_ns if mtime_ns < began - _RACY_NS else -1


@contextlib.contextmanager
def _shown_by_name(layer: Layer) -> Iterator[None]:
    """Let errors name files as users see them, where an overlay has them elsewhere."""
    try:
        yield
    except GradientDataError as error:
        if not layer.is_overlay:
            raise

        def shown(value: Any) -> Any:
            for folder in (layer.files, layer.lower) if isinstance(value, str) else ():
                value = value.replace(str(folder), f"/inputs/{layer.name}")
            return value

        details = {key: shown(value) for key, value in error.details.items()}
        raise error.kind(**details) from error
