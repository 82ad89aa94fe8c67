"""Outputs: folders under ``/outputs`` that become versions of datasets.

A commit makes a version with exactly the files that are in the folder.  A commit that was killed leaves at most one
uncommitted version; its id is in the output's row before it is made, and the next commit goes on with it.
"""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, select, update

from jupyter_gradient_data.blobs.hashing import show_local
from jupyter_gradient_data.datasets import catalog, commit, notices, staging, uploads, versions
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.local_ends import VersionInbox
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.notices import note
from jupyter_gradient_data.datasets.references import find_dataset
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.source_hashes import HashedFile, SourceHasher
from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound
from jupyter_gradient_data.ids import Reference, check_folder_name, check_tag, check_text, is_dataset_id, new_version_id
from jupyter_gradient_data.models import PROVENANCE, Action, Dataset, Output, Phase, Thing, Version
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.providers import as_time
from jupyter_gradient_data.stores.schema import datasets, outputs
from jupyter_gradient_data.stores.times import later
from jupyter_gradient_data.volumes.layers.layers import remove_folder, unwritable
from jupyter_gradient_data.volumes.layers.stack_walk import FolderPlan
from jupyter_gradient_data.volumes.mounts.sources import folder_name

from .folders import OUTPUTS, TeamFolders
from .only_one import only_one


class Outputs:
    """The outputs of the notebook run that the settings name; from any thread and process.

    Parameters
    ----------
    repository : Repository
        The team's data.
    folders : TeamFolders
        Where things are.
    """

    def __init__(self, repository: Repository, folders: TeamFolders) -> None:
        self._repository = repository
        self._folders = folders
        self._notebook = repository.config.notebook_name

    def create(self, dataset: str, name: str | None) -> Output:
        """See `MountsApi.create_output`; the same output once more is no error."""
        reference = Reference.parse_dataset(dataset)
        found = self._find_dataset(reference)
        if name is None:
            name = folder_name(found.name if found is not None else reference.dataset) or (found.id if found else "")
        check_folder_name(name, "output")
        row = self._find(name)
        is_same = row is not None and found is not None and row.dataset_id == found.id
        is_orphan = row is not None and not is_same and not self._is_dataset(row.dataset_id)
        if row is not None and not is_same and not is_orphan:
            raise ErrorKind.OUTPUT_EXISTS(name=name)
        owner = found if found is not None else self._make_dataset(reference)
        if row is None:
            self._add(name, owner.id)
        elif is_orphan:  # no commit could ever end: its files are for the other dataset from now on
            self._change(name, dataset_id=owner.id, version=None, pending=None)
        folder = self._folder(name)
        try:
            folder.mkdir(mode=0o755, exist_ok=True)
        except OSError as error:
            raise unwritable(folder, error) from error
        return self._get(name)

    def list(self) -> tuple[Output, ...]:
        """All of them by name."""
        query = select(outputs).where(*self._mine()).order_by(outputs.c.name)
        with self._repository.database.read() as connection:
            return self._to_outputs(connection.execute(query).all())

    def delete(self, name: str) -> None:
        """See `MountsApi.delete_output`."""
        self._row(name)
        folder = self._folder(name)
        with self._locked(name):
            gone = folder.with_name(f".{name}.{secrets.token_hex(6)}")
            try:
                with contextlib.suppress(FileNotFoundError):
                    folder.rename(gone)
            except OSError as error:
                raise unwritable(folder, error) from error
            with self._repository.database.write() as connection:
                pending = connection.execute(delete(outputs).where(*self._one(name)).returning(outputs)).first()
                note(connection, self._repository.team, Thing.OUTPUT, self._subject(name), Action.DELETED)
            remove_folder(gone)
            if pending is not None and pending.pending is not None:
                with contextlib.suppress(GradientDataError):  # it is no more, or its dataset
                    self._forget_uncommitted(pending)

    def commit(
        self, name: str, message: str, tag: str | None, metadata: Mapping[str, Any] | None, progress: Progress
    ) -> Version:
        """See `MountsApi.commit_output`.

        A commit that says nothing new, with the same files, message and metadata as the last one, makes no version.
        """
        check_text(message, "message")
        tag = check_tag(tag) if tag is not None else None
        self._row(name)
        with self._locked(name):
            row = self._settled(self._row(name))
            version = self._same_as_last(row, message, metadata, progress)
            if version is None:
                version = self._commit(row, message, metadata, progress)
            if tag is not None:
                versions.set_tag(self._repository, version.reference, tag)
        return versions.get(self._repository, version.reference)

    # --- rows ---------------------------------------------------------------------------------------------------------

    def _mine(self) -> tuple[ColumnElement[bool], ...]:
        return outputs.c.team_id == self._repository.team, outputs.c.notebook == self._notebook

    def _one(self, name: str) -> tuple[ColumnElement[bool], ...]:
        return (*self._mine(), outputs.c.name == name)

    def _find(self, name: str) -> Row[Any] | None:
        with self._repository.database.read() as connection:
            return connection.execute(select(outputs).where(*self._one(name))).first()

    def _row(self, name: str) -> Row[Any]:
        try:
            row = self._find(check_folder_name(name, "output"))
        except GradientDataError as error:
            if error.kind is not ErrorKind.INVALID_NAME:
                raise
            row = None
        if row is None:
            raise ErrorKind.OUTPUT_NOT_FOUND(name=name)
        return row

    def _get(self, name: str) -> Output:
        row = self._row(name)
        return self._to_outputs([row])[0]

    def _add(self, name: str, dataset_id: str) -> None:
        database, when = self._repository.database, now()
        keys = {"team_id": self._repository.team, "notebook": self._notebook, "name": name}
        row = {**keys, "dataset_id": dataset_id, "created": when, "modified": when}
        with database.write() as connection:
            added = database.insert_missing(outputs).values(row).returning(outputs.c.name)
            if connection.execute(added).first() is None:  # another process was faster
                if connection.scalar(select(outputs.c.dataset_id).where(*self._one(name))) != dataset_id:
                    raise ErrorKind.OUTPUT_EXISTS(name=name)
                return
            note(connection, self._repository.team, Thing.OUTPUT, self._subject(name), Action.CREATED)

    def _change(self, name: str, **values: str | None) -> Row[Any]:
        changed = update(outputs).where(*self._one(name)).values({**values, "modified": later(outputs.c.modified)})
        with self._repository.database.write() as connection:
            row = connection.execute(changed.returning(outputs)).first()
            if row is None:
                raise ErrorKind.OUTPUT_NOT_FOUND(name=name)
            if "version" in values:
                note(connection, self._repository.team, Thing.OUTPUT, self._subject(name), Action.CHANGED)
            return row

    def _subject(self, name: str) -> str:
        return f"{self._notebook}/{name}"

    def _to_outputs(self, rows: Sequence[Row[Any]]) -> tuple[Output, ...]:
        query = select(datasets.c.id, datasets.c.name).where(datasets.c.id.in_({row.dataset_id for row in rows}))
        with self._repository.database.read() as connection:
            names = {row.id: row.name for row in connection.execute(query)}
        return tuple(
            Output(
                name=row.name,
                dataset=row.dataset_id,
                dataset_name=names.get(row.dataset_id, row.dataset_id),
                version=row.version,
                path=f"/outputs/{row.name}",
                local_path=str(self._folder(row.name)),
                created=as_time(row.created),
                modified=as_time(row.modified),
            )
            for row in rows
        )

    # --- folders and datasets -----------------------------------------------------------------------------------------

    def _folder(self, name: str) -> Path:
        return self._folders.mounts(OUTPUTS) / name

    @contextlib.contextmanager
    def _locked(self, name: str) -> Iterator[None]:
        lock = self._folders.mounts(OUTPUTS).with_name(f".output-{name}.lock")  # where kernels do not see it
        with only_one(lock, ErrorKind.OUTPUT_BUSY(name=name)):
            yield

    def _find_dataset(self, reference: Reference) -> Dataset | None:
        try:
            with self._repository.database.read() as connection:
                row = find_dataset(connection, self._repository.team, reference)
        except NotFound:
            if is_dataset_id(reference.dataset) or reference.namespace not in (None, self._repository.team):
                raise
            return None
        return catalog.get(self._repository, row.id)

    def _is_dataset(self, dataset: str) -> bool:
        try:
            catalog.get(self._repository, dataset)
        except NotFound:
            return False
        return True

    def _make_dataset(self, reference: Reference) -> Dataset:
        try:
            return catalog.create(self._repository, reference.dataset, "", None)
        except GradientDataError as error:
            if error.kind is not ErrorKind.NAME_TAKEN:
                raise
        return catalog.get(self._repository, reference.dataset)  # another process was faster

    # --- versions -----------------------------------------------------------------------------------------------------

    def _settled(self, row: Row[Any]) -> Row[Any]:
        """The row, after finding out what became of a commit that was killed."""
        if row.pending is None:
            return row
        try:
            version = versions.get(self._repository, f"{row.dataset_id}:{row.pending}")
        except NotFound:  # it was not made yet, or is in the trash
            return self._change(row.name, pending=None)
        if not version.is_committed:
            return row
        return self._change(row.name, pending=None, version=version.version)

    def _same_as_last(
        self, row: Row[Any], message: str, metadata: Mapping[str, Any] | None, progress: Progress
    ) -> Version | None:
        """The last version, if a commit would say nothing new."""
        if row.version is None:
            return None
        try:
            version = versions.get(self._repository, f"{row.dataset_id}:{row.version}")
            if (version.message, _said(version.metadata)) != (message, _said(metadata or {})):
                return None
            files = VersionFiles.open(self._repository, version.reference)
        except NotFound:
            return None
        return version if self._has_exactly(files, self._plan(row.name), progress) else None

    def _has_exactly(self, files: VersionFiles, plan: FolderPlan, progress: Progress) -> bool:
        """Whether a version has the files of a folder and no others; stops at the first difference."""
        progress.start(Phase.SCANNING)
        if plan.measure() != (files.version.files, files.version.bytes):
            return False
        progress.start(Phase.HASHING, files.version.files, files.version.bytes)
        hasher = SourceHasher(self._repository.hash_cache, progress, VersionInbox.files_at_once)
        try:
            for batch in hasher.batches(plan):
                entries = sorted(map(_entry, batch))
                found = files.find_many([entry.path for entry in entries])
                if any(found.get(entry.path) != entry for entry in entries):
                    return False
                progress.advance(len(batch), sum(entry.size for entry in entries), skipped=True)
        finally:
            hasher.close()
        return True

    def _commit(self, row: Row[Any], message: str, metadata: Mapping[str, Any] | None, progress: Progress) -> Version:
        plan = self._plan(row.name)
        reference = self._begin(row, message, metadata)
        inbox = partial(VersionInbox.open, self._repository, reference)
        source = f"the output {row.name} of {self._notebook}"
        uploads.put_plan(inbox, self._repository.hash_cache, plan, source, "/", progress)
        version = commit.commit(self._repository, reference, False, progress)
        self._change(row.name, version=version.version, pending=None)
        return version

    def _begin(self, row: Row[Any], message: str, metadata: Mapping[str, Any] | None) -> str:
        """An uncommitted version without files: a new one, or that of a commit that did not end."""
        dataset, pending = row.dataset_id, row.pending
        if pending is None:
            pending = new_version_id()
            self._change(row.name, pending=pending)
            return versions.create(self._repository, dataset, message, None, metadata, pending).reference
        reference = f"{dataset}:{pending}"
        key = VersionFiles.open(self._repository, reference).version.key
        with self._repository.database.write() as connection:
            staging.fence(connection, key, alone=True)
            staging.clear(connection, key)
            notices.note_files(connection, key)
        versions.change(self._repository, reference, message, metadata or {})
        return reference

    def _forget_uncommitted(self, row: Row[Any]) -> None:
        reference = f"{row.dataset_id}:{row.pending}"
        if not versions.get(self._repository, reference).is_committed:
            versions.trash(self._repository, reference)

    def _plan(self, name: str) -> FolderPlan:
        folder = self._folder(name)
        if folder.is_symlink():
            raise ErrorKind.SOURCE_LINK_OUTSIDE(path=show_local(str(folder)))
        if not folder.is_dir():
            raise ErrorKind.SOURCE_NOT_FOUND(path=show_local(str(folder)))
        return FolderPlan(str(folder), f"/outputs/{name}")


def _said(metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata without how a version was made: doing the same again says nothing new."""
    return {name: value for name, value in metadata.items() if name != PROVENANCE}


def _entry(hashed: HashedFile) -> Entry:
    file = hashed.file
    return Entry(file.path, file.size, hashed.hash, file.executable)
