"""Whether the files of a version that are on this machine's disk, mounted or in the cache, are those of the version."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from sqlalchemy import Row

from jupyter_gradient_data.blobs.hashing import hash_file
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.paths import show_path
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.tree import windows
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.checking import is_as_made, is_same_file
from jupyter_gradient_data.volumes.cache.trees import Trees
from jupyter_gradient_data.volumes.layers.layers import Layer
from jupyter_gradient_data.volumes.layers.stack import Stack
from jupyter_gradient_data.volumes.layers.stack_walk import Walk
from jupyter_gradient_data.volumes.mounts.mounts import Mounts

_BATCH = 5000
_MEND = "`gradient cache verify` mends it"

_Locate = Callable[[Entry], str | None]


class Wrong(NamedTuple):
    """What is wrong on the disk: with which file (None: with the mount as a whole), and what."""

    path: str | None
    what: str


class DiskCheck:
    """One run: a file that several versions share is read once.

    Parameters
    ----------
    repository : Repository
        Whose cache.
    mounts : Mounts
        Of the notebook run.
    progress : Progress
        Told what was read.
    """

    def __init__(self, repository: Repository, mounts: Mounts, progress: Progress) -> None:
        self._trees = Trees(repository.disk_cache)
        self._mounts = mounts
        self._progress = progress
        self._hashes: dict[tuple[int, int, int], str] = {}  # by inode, size and time
        self.bytes_read = 0

    def is_cached(self, root: str) -> bool:
        """Whether the folder of a version is here."""
        return self._trees.is_complete(root)

    def run(self, files: VersionFiles, rows: Iterable[Row[Any]]) -> Iterator[Wrong]:
        """What is wrong with the files of a version here.

        Parameters
        ----------
        files : VersionFiles
            A committed version.
        rows : iterable of Row
            Its mounts.
        """
        root, shown = files.base.hex(), "in the cache"
        for row in rows:
            if row.writable:
                yield from self._layer(Layer.of(self._mounts.work.folders, row.name), files)
            elif self._mounts.work.links.target(row.name) != self._trees.path(root):
                yield Wrong(None, f"/inputs/{row.name} does not lead to its files; update the mount")
            else:
                shown = f"at /inputs/{row.name}"
        if self._trees.is_complete(root):
            top = os.fspath(self._trees.path(root))
            yield from self._files(files, lambda entry: os.path.join(top, entry.path.decode()), shown)
            yield from self._strangers(files, top, shown)

    def _layer(self, layer: Layer, files: VersionFiles) -> Iterator[Wrong]:
        """A writable mount: without changes its files are those of the version, wherever they lie."""
        if layer.has_changes():
            yield Wrong(None, f"/inputs/{layer.name} has changes that are not committed")
            return
        lower = os.fspath(layer.lower) if layer.is_overlay else None
        found = Walk(Stack(os.fspath(layer.files), lower, (f"/inputs/{layer.name}",)))
        places = {path: node.local for folder in found for node, path in folder.files}
        yield from self._files(files, lambda entry: places.get(entry.path), f"at /inputs/{layer.name}")

    def _files(self, files: VersionFiles, locate: _Locate, shown: str) -> Iterator[Wrong]:
        objects, layout = files.blobs.objects, files.blobs.layout
        for entry in files.entries():
            self._progress.check()
            local = locate(entry)
            what = "it is missing" if local is None else self._fault(local, entry, objects.local_file, layout.blob)
            if what is not None:
                yield Wrong(show_path(entry.path), f"{shown}, on this machine's disk, {what}; {_MEND}")
            self._progress.advance(files=1)

    def _fault(
        self, local: str, entry: Entry, local_file: Callable[[str], Path | None], key: Callable[[bytes], str]
    ) -> str | None:
        try:
            found = os.lstat(local)
        except OSError:
            return "it is missing"
        if not is_as_made(found, entry):
            return "it has another size or kind than the version says"
        if is_same_file(found, local_file(key(entry.hash))):
            return None  # the store's own: it was read there
        identity = found.st_ino, found.st_size, found.st_mtime_ns
        if identity not in self._hashes:
            try:
                self._hashes[identity] = hash_file(
                    local, found.st_size, found.st_mtime_ns, found.st_ino, self._read
                ).hex()
            except GradientDataError as error:
                if error.kind is ErrorKind.CANCELLED:
                    raise
                return "it cannot be read"
        return None if self._hashes[identity] == entry.hash.hex() else "its content is damaged"

    def _read(self, count: int) -> None:
        self.bytes_read += count
        self._progress.advance(bytes=count)

    def _strangers(self, files: VersionFiles, top: str, shown: str) -> Iterator[Wrong]:
        """Files that the version does not have."""
        names = (os.path.join(folder, name) for folder, _, found in os.walk(top) for name in found)
        paths = (os.fsencode(os.path.relpath(name, top)) for name in names)
        for batch in windows(paths, _BATCH):
            self._progress.check()
            known = files.find_many(sorted(batch))
            for path in batch:
                if path not in known:
                    yield Wrong(show_path(path), f"{shown}, on this machine's disk, it is there and in no version")
