"""The files of one version, committed or not, as one sorted sequence; listing, reading and deleting them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from sqlalchemy import Row, delete, update

from jupyter_gradient_data.blobs.store import FILES_GAP, BlobStore
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import FileInfo, Page, Phase, VersionState
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.schema import staged, versions

from . import notices, promises, staging
from .listing import EntriesFrom, Folder, folder_entries, list_folder
from .merge import overlay
from .node_store import NodeStore
from .nodes import Entry
from .paths import file_path as file_path
from .paths import folder_end as folder_end
from .paths import folder_path as folder_path
from .paths import show_path
from .references import find_version
from .repository import Repository
from .tree import EMPTY, find_many, read_ahead, summary, walk, windows

_DELETE_BATCH = 5000
_READ_AHEAD = 4  # files in the tree for each that is looked up: up to here nearly every leaf is needed
_MOST_AHEAD = 400_000  # files whose nodes fit the cache
_PIECES_AHEAD = 2  # of a file that is read: a server holds as much for each of many readers


class VersionFiles:
    """All files of a version: its tree, or its base tree with what is staged over it.

    Parameters
    ----------
    repository : Repository
        The team's data.
    dataset, version : Row
        As `references.find_version` returns them.
    """

    def __init__(self, repository: Repository, dataset: Row[Any], version: Row[Any]) -> None:
        self.repository = repository
        self.dataset = dataset
        self.version = version
        self.blobs: BlobStore = repository.blobs(dataset.provider_key)
        self.nodes = NodeStore(self.blobs)
        self.is_committed = version.state == VersionState.COMMITTED.value
        self.base: bytes = (version.root if self.is_committed else version.base_root) or EMPTY.hash

    @classmethod
    def open(cls, repository: Repository, reference: str) -> VersionFiles:
        """The files of the version that a reference means now."""
        with repository.database.read() as connection:
            dataset, version = find_version(connection, repository.team, Reference.parse(reference))
        return cls(repository, dataset, version)

    @property
    def reference(self) -> str:
        """``<dataset>:<version>``."""
        return f"{self.dataset.id}:{self.version.version}"

    def entries(self, start: bytes = b"", end: bytes | None = None) -> Iterator[Entry]:
        """Files with ``start <= path < end`` in ascending order."""
        tree = walk(self.nodes, self.base, start, end)
        return tree if self.is_committed else overlay(tree, self.staged(start, end))

    def read_ahead(self, count: int) -> None:
        """Before ``count`` files are looked up: fetch the tree in a few requests when that is less than piece by piece.

        A tree that is much larger than what is asked for, or than the cache, is left alone.
        """
        held = summary(self.nodes, self.base).files
        if held <= min(_READ_AHEAD * count, _MOST_AHEAD):
            read_ahead(NodeStore(self.blobs, gap=FILES_GAP), self.base)

    def find_many(self, paths: Sequence[bytes]) -> dict[bytes, Entry]:
        """Those of these ascending paths that are files."""
        staged: dict[bytes, Entry | None] = {}
        if not self.is_committed and paths:
            wanted = set(paths)
            staged = {path: entry for path, entry in self.staged(paths[0], paths[-1] + b"\0") if path in wanted}
        rest = [path for path in paths if path not in staged] if staged else paths
        found = {entry.path: entry for entry in find_many(self.nodes, self.base, rest)} if rest else {}
        found.update((path, entry) for path, entry in staged.items() if entry is not None)
        return found

    def find(self, path: bytes) -> Entry | None:
        """The file at a path, or None."""
        return self.find_many([path]).get(path)

    def rows(self, folder: bytes, after: bytes, limit: int) -> Iterator[Entry | Folder]:
        """Files and sub-folders directly in a folder."""
        tree = folder_entries(self.nodes, self.base, folder)
        source: EntriesFrom = tree
        if not self.is_committed:
            end = folder_end(folder)

            def source(start: bytes) -> Iterator[Entry]:
                return overlay(tree(start), self.staged(start, end, page=limit + 1))

        return list_folder(source, folder, after, limit)

    def staged(self, start: bytes, end: bytes | None = None, page: int = 5000) -> Iterator[tuple[bytes, Entry | None]]:
        """What is staged with ``start <= path < end``: files, and None where one of the base was deleted."""
        return staging.staged_changes(self.repository.database, self.version.key, start, end, page)


def path_after(token: str | None) -> bytes:
    """The first path of the page that a token of a list by path asks for."""
    return _token_path(token) + b"\0" if token else b""


def _token_path(token: str | None) -> bytes:
    try:
        return (token or "").encode()
    except UnicodeEncodeError:
        raise ErrorKind.INVALID_OPTION(
            option="after", value=token, reason="it is not a token of this list", hint="Begin with the first page."
        ) from None


def to_info(row: Entry | Folder) -> FileInfo:
    """A row of a listing as the service returns it."""
    if isinstance(row, Folder):
        return FileInfo(row.path.decode(), 0, "", is_folder=True)
    return FileInfo(row.path.decode(), row.size, row.hash.hex(), row.executable)


def page(
    repository: Repository, reference: str, path: str, recursive: bool, limit: int, after: str | None
) -> Page[FileInfo]:
    """One page of a folder, or of all files below it; a file's own path gives that file."""
    files = VersionFiles.open(repository, reference)
    folder = folder_path(path)
    rows: list[Entry | Folder]
    if recursive:
        start = max(folder, path_after(after))
        rows = list(islice(files.entries(start, folder_end(folder)), limit + 1))
    else:
        rows = list(files.rows(folder, _token_path(after), limit + 1))
    if not rows and folder and not after:
        entry = files.find(folder[:-1])
        if entry is None or path.endswith("/"):
            raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=reference)
        rows = [entry]
    items = tuple(map(to_info, rows[:limit]))
    return Page(items, items[-1].path if len(rows) > limit else None)


def get(repository: Repository, reference: str, path: str) -> FileInfo:
    """One file's size and hash."""
    _, entry = _open_file(repository, reference, path)
    return to_info(entry)


def read(repository: Repository, reference: str, path: str, start: int, end: int | None) -> Iterator[bytes]:
    """The bytes of a file, in pieces."""
    files, entry = _open_file(repository, reference, path)
    if start < 0 or (end is not None and end < start):
        raise ErrorKind.INVALID_OPTION(
            option="range", value=f"{start}-{end}", reason="it runs backwards", hint="Give 0 <= start <= end."
        )
    return files.blobs.stream(entry.hash, start, end, ahead=_PIECES_AHEAD) if entry.size else iter(())


def _open_file(repository: Repository, reference: str, path: str) -> tuple[VersionFiles, Entry]:
    files = VersionFiles.open(repository, reference)
    entry = files.find(file_path(path))
    if entry is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=reference)
    return files, entry


def remove(repository: Repository, reference: str, paths: Sequence[str], progress: Progress) -> int:
    """Take files and folders out of an uncommitted version, all or none; returns how many files went.

    What was promised there and has not arrived is given up.
    """
    Reference.parse_version(reference)
    files = VersionFiles.open(repository, reference)
    key = files.version.key
    prefixes = [(path, folder_path(path)) for path in paths]
    progress.start(Phase.DELETING)
    count = 0
    with repository.database.write() as connection:
        staging.fence(connection, key, alone=True)
        done: tuple[bytes, ...] = ()
        for path, folder in prefixes:
            given_up = promises.give_up(connection, key, folder)
            for found in _removed(files, path, folder, required=not given_up):
                batch = [removed for removed in found if not (removed + b"/").startswith(done)]
                progress.advance(files=len(batch))
                count += len(batch)
                if folder:
                    staging.stage_deletions(repository.database, connection, key, batch)
            if not folder:  # everything: begin again from nothing, however large the base
                connection.execute(delete(staged).where(staged.c.version_key == key))
                connection.execute(update(versions).where(versions.c.key == key).values(base_root=None))
            done += (folder,)  # what is named twice goes once
        notices.note_files(connection, key)
    progress.finish()
    return count


def remove_exactly(files: VersionFiles, paths: Sequence[bytes], progress: Progress) -> None:
    """Take these files out of an uncommitted version, those of them that it has; repeating it changes nothing."""
    database, key = files.repository.database, files.version.key
    progress.start(Phase.DELETING, files=len(paths))
    for batch in windows(sorted(paths), _DELETE_BATCH):
        found = list(files.find_many(batch))
        with database.write() as connection:
            staging.fence(connection, key)
            staging.stage_deletions(database, connection, key, found)
            promises.settle(connection, key, batch)
            notices.note_files(connection, key)
        progress.advance(files=len(batch))
    progress.finish()


def _removed(files: VersionFiles, path: str, folder: bytes, *, required: bool) -> Iterator[list[bytes]]:
    """The paths of all files that one argument of `remove` takes away, some thousand at a time."""
    paths = (entry.path for entry in files.entries(folder, folder_end(folder)))
    batch = list(islice(paths, _DELETE_BATCH))
    if not batch and folder:
        if not path.endswith("/") and files.find(folder[:-1]) is not None:
            batch = [folder[:-1]]
        elif required:
            raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=files.reference)
    while batch:
        yield batch
        batch = list(islice(paths, _DELETE_BATCH))
