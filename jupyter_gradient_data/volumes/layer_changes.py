"""What a layer changes against the version that its next commit starts from.

Nothing is read that the ledger knows to be unchanged, and of an overlay only what was written is looked at.  Symbolic
links follow the rules of `datasets.sources`: inside they are followed, to what is visible there now; those that lead
out, sockets and devices are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import hash_file, show_local
from jupyter_gradient_data.datasets.paths import MAX_PATH_BYTES, check_path, show_path
from jupyter_gradient_data.datasets.sources import SourceFile
from jupyter_gradient_data.errors import Conflict, ErrorKind

from .layer_ledger import Known
from .layer_stack import Node, Stack, lower_files
from .layers import Layer


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


class _Place(NamedTuple):
    """A folder on the way down: its path in the version, and the real folders whose links led here."""

    prefix: bytes
    folder: Node
    trail: tuple[tuple[str, ...], ...] = ()


class Scan:
    """One look at a layer; iterating goes through all differences, `Put` and `Removed`.

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
        self._hidden: list[tuple[str, bytes]] = []  # of an overlay: what is covered below, and its path
        self._folders: set[bytes] = set()

    def __iter__(self) -> Iterator[Put | Removed]:
        lost: list[tuple[bytes, Known]] = []  # files that the version has from the layer, which has them no more
        waiting = [_Place(b"", self._stack.top)]
        while waiting:
            place = waiting.pop()
            known = self._ledger.files(place.prefix)
            self._folders.add(place.prefix)
            for node, path in self._files_in(place, waiting):
                found = self._put(node, path, known.pop(path[len(place.prefix) :], None))
                if found is not None:
                    yield found
            lost += ((place.prefix + name, row) for name, row in known.items())
        for folder in self._ledger.folders() - self._folders:
            lost += ((folder + name, row) for name, row in self._ledger.files(folder).items())
        yield from self._ended(lost)

    # --- files that are there -----------------------------------------------------------------------------------------

    def _files_in(self, place: _Place, waiting: list[_Place]) -> Iterator[tuple[Node, bytes]]:
        """The files directly in a folder with their paths; folders are put on the list."""
        for node in self._nodes_in(place):
            name = node.parts[-1]
            path = place.prefix + self._checked(place.folder, name, place.prefix)
            target, trail = node, place.trail
            if node.is_link:
                target = self._stack.follow(node)
                if target.is_folder:
                    trail = _entered(node, target, place)
            if target.is_folder:
                waiting.append(_Place(path + b"/", target, trail))
            elif stat.S_ISREG(target.status.st_mode):
                yield target, path
            else:
                raise ErrorKind.SOURCE_SPECIAL(path=show_local(node.local))

    def _nodes_in(self, place: _Place) -> Iterator[Node]:
        """What may differ in a folder: of an overlay what was written, behind links and in copies all."""
        if not self._is_overlay or place.trail:
            yield from self._stack.children(place.folder)
            return
        for node, lower in self._stack.written(place.folder):
            if lower and (node is None or node.lower is None):
                name = os.fsencode(os.path.basename(lower))
                self._hidden.append((lower, place.prefix + name))
            if node is not None:
                yield node

    def _checked(self, folder: Node, name: str, prefix: bytes) -> bytes:
        """A name as it is in the version."""
        if name.isascii() and len(prefix) + len(name) <= MAX_PATH_BYTES:
            return name.encode()
        stored = check_path(prefix.decode() + name)[len(prefix) :]
        other = stored.decode()
        if other != name and self._stack.child(folder, other) is not None:
            local = folder.local
            raise ErrorKind.PATHS_CLASH(
                path=show_local(os.path.join(local, name)),
                other=show_local(os.path.join(local, other)),
                reason=f"both would be {show_path(prefix + stored)} in it",
            )
        return stored

    def _put(self, node: Node, path: bytes, known: Known | None) -> Put | None:
        """The file, unless it is known to be what the version has."""
        status = node.status
        executable = status.st_mode & stat.S_IXUSR != 0
        if self._is_overlay:
            self._kept.add(path)
        looks = (status.st_size, status.st_mtime_ns, status.st_ino, executable)
        if known is not None and known[:4] == looks:
            return None
        below = None
        if path not in self._gone and (known is None or known.hash is None):
            below = _file_at(self._lower, path)
        return Put(SourceFile(node.local, path, *looks), known, below)

    # --- files that are not -------------------------------------------------------------------------------------------

    def _ended(self, lost: list[tuple[bytes, Known]]) -> Iterator[Put | Removed]:
        """Files that the version has from the layer or from below it, and that are no more to be seen."""
        hidden = {path for lower, prefix in self._hidden for path in lower_files(lower, prefix)} - self._kept
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


def _entered(link: Node, target: Node, place: _Place) -> tuple[tuple[str, ...], ...]:
    """The way to the folder behind a link; refuses one that contains a folder we came through."""
    trail = (*place.trail, place.folder.parts)
    if any(parts[: len(target.parts)] == target.parts for parts in trail):
        raise ErrorKind.SOURCE_LINK_LOOP(path=show_local(link.local))
    return trail


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
