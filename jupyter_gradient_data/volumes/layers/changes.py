"""What a layer changes against the version that its next commit starts from.

Nothing is read that the ledger knows to be unchanged, and of an overlay only what was written is looked at.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import hash_file
from jupyter_gradient_data.datasets.sources import SourceFile
from jupyter_gradient_data.errors import Conflict

from .layers import Layer
from .ledger import Known
from .stack import Node, Stack, lower_files
from .stack_walk import Covered, Walk, source_file


class Put(NamedTuple):
    """A file that may differ from what the version has at its path.

    Parameters
    ----------
    file : SourceFile
        Where it is, and its path.
    known : Known or None
        What the version has from the layer.
    below : str or None
        Otherwise: the file below the layer that the version has.
    """

    file: SourceFile
    known: Known | None
    below: str | None

    def is_real(self) -> bool:
        """Whether it does differ; reads it, if there is something to compare."""
        known, below = self.known, self.below
        if known is None and below is None:
            return True
        if known is not None and known.executable != self.file.executable:
            return True
        if known is not None and known.hash is not None:
            return known.size != self.file.size or _hash(self.file) != known.hash
        return below is None or not _is_same(self.file, below)


class Removed(NamedTuple):
    """A file that the version has and the layer has not."""

    path: bytes

    def is_real(self) -> bool:
        """It always differs."""
        return True


class Scan:
    """One look at a layer; iterating goes through all differences, `Put` and `Removed`, each path once.

    Parameters
    ----------
    layer : Layer
        The layer.
    """

    def __init__(self, layer: Layer) -> None:
        self._lower = os.fspath(layer.lower)
        self._is_overlay = layer.is_overlay
        names = (f"/inputs/{layer.name}", f"/datasets/{layer.name}")
        self._stack = Stack(os.fspath(layer.files), self._lower if self._is_overlay else None, names)
        self._ledger = layer.ledger
        self._gone = self._ledger.gone()
        self._kept: set[bytes] = set()  # of an overlay: files that were written

    def __iter__(self) -> Iterator[Put | Removed]:
        lost: list[tuple[bytes, Known]] = []  # files that the version has from the layer, which has them no more
        folders = self._ledger.folders()
        covered: list[Covered] = []
        for found in Walk(self._stack, covered if self._is_overlay else None):
            known = self._ledger.files(found.prefix) if found.prefix in folders else {}
            folders.discard(found.prefix)
            for node, path in found.files:
                put = self._put(node, path, known.pop(path[len(found.prefix) :], None))
                if put is not None:
                    yield put
            lost += ((found.prefix + name, row) for name, row in known.items())
        for folder in folders:
            lost += ((folder + name, row) for name, row in self._ledger.files(folder).items())
        yield from self._ended(lost, covered)

    def _put(self, node: Node, path: bytes, known: Known | None) -> Put | None:
        """The file, unless it is known to be what the version has."""
        file = source_file(node, path)
        if self._is_overlay:
            self._kept.add(path)
        if known is not None and known[:4] == (file.size, file.mtime_ns, file.inode, file.executable):
            return None
        below = None
        if path not in self._gone and (known is None or known.hash is None):
            below = _file_at(self._lower, path)
        return Put(file, known, below)

    # --- files that are not -------------------------------------------------------------------------------------------

    def _ended(self, lost: list[tuple[bytes, Known]], covered: list[Covered]) -> Iterator[Put | Removed]:
        """Files that the version has from the layer or from below it, and that are no more to be seen."""
        hidden = {path for each in covered for path in lower_files(each.local, each.path)} - self._kept
        from_layer = {path for path, _ in lost}
        shown = self._shown_again(from_layer) if self._is_overlay else {}
        for path, known in lost:
            if path not in shown:
                yield Removed(path)
            elif (found := self._put(shown[path], path, known)) is not None:
                yield found
        for path in sorted(hidden - self._gone - from_layer):
            yield Removed(path)
        for path in sorted(self._gone - from_layer - self._kept - hidden) if self._is_overlay else ():
            yield from self._appeared(path)

    def _shown_again(self, paths: set[bytes]) -> dict[bytes, Node]:
        """Those of these paths at which the file below shows through."""
        found = {path: self._visible(path) for path in paths}
        return {path: node for path, node in found.items() if node is not None}

    def _appeared(self, path: bytes) -> Iterator[Put]:
        """A file below that the version lacks shows again, as its whiteout was taken away behind our back."""
        node = self._visible(path)
        if node is not None and (found := self._put(node, path, None)) is not None:
            yield found

    def _visible(self, path: bytes) -> Node | None:
        node: Node | None = self._stack.top
        for part in os.fsdecode(path).split("/"):
            node = self._stack.child(node, part) if node is not None and node.is_folder else None
        return node if node is not None and stat.S_ISREG(node.status.st_mode) else None


def _file_at(folder: str, path: bytes) -> str | None:
    local = os.path.join(folder, os.fsdecode(path))
    try:
        return local if stat.S_ISREG(os.lstat(local).st_mode) else None
    except OSError:
        return None


def _is_same(file: SourceFile, below: str) -> bool:
    status = os.stat(below)
    if status.st_size != file.size or (status.st_mode & stat.S_IXUSR != 0) != file.executable:
        return False
    return _hash(file) == hash_file(below, status.st_size, status.st_mtime_ns, status.st_ino)


def _hash(file: SourceFile) -> bytes | None:
    """The hash of a file; None when it is being written."""
    try:
        return hash_file(file.local, file.size, file.mtime_ns, file.inode)
    except Conflict:
        return None
