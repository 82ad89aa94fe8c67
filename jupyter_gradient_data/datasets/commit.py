"""Committing a version: it cannot lie, and it can be killed anywhere and run again.

A lease makes one client the committer; the version is ``committing`` from then on and takes no files.  What was staged
is checked against the index and the store, the new nodes of the tree and the commit record are written, and one
transaction makes the version committed.  Whatever happens before it leaves an uncommitted version with all its files.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, delete, select, update

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Action, Phase, Thing, Version, VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.schema import datasets, staged, versions
from jupyter_gradient_data.stores.times import later

from . import lease, notices, promises, staging
from . import versions as version_rows
from .cards import make_record, to_json, try_write_card
from .files import VersionFiles
from .merge import merge
from .paths import ancestors, show_path
from .promises import Unfinished
from .references import find_version
from .repository import Repository
from .tree import Root, find_folders, find_many, windows

_BATCH = 5000  # files looked at together
_OBJECTS = 500  # objects asked for between two reports of progress
_NAMED = 3  # how many things an error names before it says how many more there are


def commit(repository: Repository, reference: str, abandon_uploads: bool, progress: Progress) -> Version:
    """Make a version immutable; of a committed one just return it.

    Raises
    ------
    Conflict
        An upload into it is unfinished, content is missing in the store, or somebody else is committing it.
    OutcomeUnknown
        The last transaction was sent and its answer lost.
    """
    parsed = Reference.parse_version(reference)
    with repository.database.read() as connection:
        dataset, version = find_version(connection, repository.team, parsed)
    exact = f"{dataset.id}:{version.version}"
    if version.state == VersionState.COMMITTED.value:
        return version_rows.get(repository, exact)
    owner = lease.new_owner()
    try:
        version = _take_lease(repository, version.key, owner, abandon_uploads)
    except GradientDataError as error:
        if error.kind is ErrorKind.VERSION_COMMITTED:  # by another client, since we looked
            return version_rows.get(repository, exact)
        raise
    run = _Commit(repository, dataset, version, owner, progress)
    try:
        with lease.Heartbeat(run.renew, repository.config.lease_seconds / 3):
            run.write()
        run.flip()
    except BaseException:
        run.release()
        raise
    try_write_card(repository, dataset.id)
    return version_rows.get(repository, exact)


def _take_lease(repository: Repository, key: int, owner: str, abandon_uploads: bool) -> Row[Any]:
    with repository.database.write() as connection:
        row = staging.fence(connection, key, alone=True)
        if abandon_uploads:
            promises.abandon(connection, key)
        elif unfinished := promises.unfinished(connection, key, _NAMED):
            raise _unfinished(row, unfinished)
        number = row.number
        if number is None:
            counted = update(datasets).where(datasets.c.id == row.dataset_id).values(commits=datasets.c.commits + 1)
            number = connection.execute(counted.returning(datasets.c.commits)).scalar_one()
        values = {
            "state": VersionState.COMMITTING.value,
            "lease": owner,
            "lease_expires": now() + repository.config.lease_seconds * 1000,
            "number": number,
            "committed": now(),
            "modified": later(versions.c.modified),
        }
        connection.execute(update(versions).where(versions.c.key == key).values(values))
        notices.note(connection, repository.team, Thing.VERSION, f"{row.dataset_id}:{row.version}", Action.CHANGED)
        return connection.execute(select(versions).where(versions.c.key == key)).one()


def _unfinished(version: Row[Any], unfinished: Unfinished) -> GradientDataError:
    shown = [f"the upload of {row.source} to {row.target}" for row in unfinished.puts]
    if unfinished.more_puts:
        shown.append(f"{unfinished.more_puts:,} more")
    if unfinished.paths:
        files = "the upload of " + ", ".join(map(show_path, unfinished.paths))
        shown.append(files + (f" and {unfinished.more_paths:,} more files" if unfinished.more_paths else ""))
    return ErrorKind.UPLOADS_UNFINISHED(
        reference=f"{version.dataset_id}:{version.version}", uploads=" and ".join(shown)
    )


class _Commit:
    """One run of `commit`, holding the lease."""

    def __init__(
        self, repository: Repository, dataset: Row[Any], version: Row[Any], owner: str, progress: Progress
    ) -> None:
        self._repository = repository
        self._dataset = dataset
        self._version = version
        self._owner = owner
        self._progress = progress
        self._files = VersionFiles(repository, dataset, version)
        self._root: Root | None = None

    def write(self) -> None:
        """Everything up to the commit record."""
        self._check_content()
        self._progress.start(Phase.COMMITTING)
        root = merge(self._files.nodes, self._files.nodes, self._files.base, self._changes())
        self._files.nodes.flush()
        self._check_clashes(root)
        self._write_record(root)
        self._root = root
        self._progress.finish()

    def flip(self) -> None:
        """The moment of the commit: one transaction, only while the lease is still ours."""
        assert self._root is not None  # noqa: S101 - write() came before
        key = self._version.key
        values = {
            "state": VersionState.COMMITTED.value,
            "root": self._root.hash,
            "files": self._root.files,
            "bytes": self._root.size,
            "lease": None,
            "modified": later(versions.c.modified),
        }
        try:
            with self._repository.database.write() as connection:
                mine = update(versions).where(versions.c.key == key, versions.c.lease == self._owner)
                if connection.execute(mine.values(values)).rowcount == 0:
                    row = connection.execute(select(versions).where(versions.c.key == key)).one()
                    raise staging.lease_lost(row)
                connection.execute(delete(staged).where(staged.c.version_key == key))
                team, dataset = self._repository.team, self._dataset.id
                # Its card may say an older time: writing it again with each commit would cost a request.
                shown = update(datasets).where(datasets.c.id == dataset).values(modified=later(datasets.c.modified))
                connection.execute(shown)
                notices.note(connection, team, Thing.VERSION, self._files.reference, Action.COMMITTED)
                notices.note(connection, team, Thing.DATASET, dataset, Action.CHANGED)  # `latest` is another
        except GradientDataError as error:
            if error.kind is ErrorKind.DATABASE_FAILED:
                raise ErrorKind.COMMIT_UNKNOWN(reference=self._files.reference, reason=error.message) from None
            raise

    def renew(self) -> None:
        """Say that this commit is still alive."""
        expires = now() + self._repository.config.lease_seconds * 1000
        mine = versions.c.key == self._version.key, versions.c.lease == self._owner
        with self._repository.database.write() as connection:
            connection.execute(update(versions).where(*mine).values(lease_expires=expires))

    def release(self) -> None:
        """Let the version take files again after a failure; when even that fails, the lease runs out by itself."""
        mine = versions.c.key == self._version.key, versions.c.lease == self._owner
        try:
            with self._repository.database.write() as connection:
                released = {
                    "state": VersionState.UNCOMMITTED.value,
                    "lease": None,
                    "modified": later(versions.c.modified),
                }
                if connection.execute(update(versions).where(*mine).values(released)).rowcount:
                    team = self._repository.team
                    notices.note(connection, team, Thing.VERSION, self._files.reference, Action.CHANGED)
        except GradientDataError:
            return

    # --- checks -------------------------------------------------------------------------------------------------------

    def _check_content(self) -> None:
        """Each staged file's bytes are in the index, and what holds them is in the store with the right size."""
        key, provider, blobs = self._version.key, self._dataset.provider_key, self._files.blobs
        with self._repository.database.read() as connection:
            missing = staging.unbacked(connection, key, provider, _BATCH)
            packs, large = staging.holders(connection, key, provider)
        if missing:
            self._refuse_missing(missing)
        packs_by_key = {blobs.layout.pack(pack): pack for pack in packs}
        large_by_key = {blobs.layout.blob(digest): digest for digest in large}
        sizes = {name: packs[pack] for name, pack in packs_by_key.items()}
        sizes.update((name, large[digest]) for name, digest in large_by_key.items())
        self._progress.start(Phase.VERIFYING, files=len(sizes))
        lost: list[str] = []
        for batch in windows(sizes, _OBJECTS):
            lost += blobs.lost_objects({name: sizes[name] for name in batch})
            self._progress.advance(files=len(batch))
        if lost:
            self._refuse_lost(
                [packs_by_key[name] for name in lost if name in packs_by_key],
                [large_by_key[name] for name in lost if name in large_by_key],
            )

    def _refuse_lost(self, packs: list[str], large: list[bytes]) -> None:
        """Name the files, and see to it that putting them again sends them again."""
        key, provider, index = self._version.key, self._dataset.provider_key, self._files.blobs.index
        with self._repository.database.read() as connection:
            paths = [p for pack in packs for p in staging.paths_held_by(connection, key, provider, pack, b"")]
            paths += [p for blob in large for p in staging.paths_held_by(connection, key, provider, None, blob)]
        index.distrust_packs(packs)
        index.distrust(large)
        self._refuse_missing(sorted(paths))

    def _refuse_missing(self, paths: list[bytes]) -> None:
        more = f" and {len(paths) - 1:,} more files" if len(paths) > 1 else ""
        raise ErrorKind.CONTENT_MISSING(reference=self._files.reference, path=show_path(paths[0]), more=more)

    def _check_clashes(self, root: Root) -> None:
        """No path is both a file and a folder; only files that the base does not have can have made it so."""
        nodes = self._files.nodes
        for batch in windows(staging.staged_changes(self._repository.database, self._version.key), _BATCH):
            put = [path for path, entry in batch if entry is not None]
            known = {entry.path for entry in find_many(nodes, self._files.base, put)}
            added = [path for path in put if path not in known]
            above = sorted({folder for path in added for folder in ancestors(path)})
            for entry in find_many(nodes, root.hash, above):
                raise self._clash(entry.path)
            for folder in find_folders(nodes, root.hash, sorted(added, key=lambda path: path + b"/")):
                raise self._clash(folder[:-1])

    def _clash(self, path: bytes) -> GradientDataError:
        folder = path + b"/"
        return ErrorKind.PATHS_CLASH(
            path=show_path(path), other=show_path(folder), reason="one is a file, the other a folder of the same name"
        )

    # --- writing ------------------------------------------------------------------------------------------------------

    def _changes(self) -> Iterator[tuple[bytes, Any]]:
        for change in staging.staged_changes(self._repository.database, self._version.key):
            self._progress.advance(files=1)
            yield change

    def _write_record(self, root: Root) -> None:
        """Write the commit record; one left by an earlier try is replaced, never another client's."""
        objects, layout = self._files.blobs.objects, self._repository.layout
        key = layout.record(self._dataset.id, self._version.version)
        record = to_json(make_record(self._version, root.hash, root.files, root.size))
        if not objects.put_if_absent(key, record) and objects.get(key) != record:
            self._require_lease()
            objects.put(key, record)

    def _require_lease(self) -> None:
        with self._repository.database.read() as connection:
            row = connection.execute(select(versions).where(versions.c.key == self._version.key)).one()
        if row.lease != self._owner:
            raise staging.lease_lost(row)
