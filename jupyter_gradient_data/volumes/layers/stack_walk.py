"""Going through the files of a `Stack` as a version has them: folder by folder, links followed.

Symbolic links obey the rules of `datasets.sources`: inside they are followed, to what is visible there now; those that
lead out, sockets and devices are refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from itertools import groupby
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import show_local
from jupyter_gradient_data.datasets.paths import MAX_PATH_BYTES, check_path, show_path
from jupyter_gradient_data.datasets.sources import SourceFile, SourceFolder
from jupyter_gradient_data.errors import ErrorKind

from .stack import Node, Stack


class Covered(NamedTuple):
    """Something below that was deleted, or that something else lies over: where it is, and its path."""

    local: str
    path: bytes


class Found(NamedTuple):
    """The files directly in a folder.

    Parameters
    ----------
    prefix : bytes
        The folder's path with a slash at its end; empty for the top.
    files : list of (Node, bytes)
        Each file and its path; behind a link the file that it leads to.
    """

    prefix: bytes
    files: list[tuple[Node, bytes]]


class _Place(NamedTuple):
    """A folder on the way down: its path in the version, and the real folders whose links led here."""

    prefix: bytes
    folder: Node
    trail: tuple[tuple[str, ...], ...] = ()


class Walk:
    """One way through all files, or of an overlay only through those that were written.

    Parameters
    ----------
    stack : Stack
        What to go through.
    covered : list of Covered, optional
        If given: leave out what was not written, and note there what is not to be seen any more.
    """

    def __init__(self, stack: Stack, covered: list[Covered] | None = None) -> None:
        self._stack = stack
        self._covered = covered

    def __iter__(self) -> Iterator[Found]:
        waiting = [_Place(b"", self._stack.top)]
        while waiting:
            place = waiting.pop()
            yield Found(place.prefix, list(self._files_in(place, waiting)))

    def _files_in(self, place: _Place, waiting: list[_Place]) -> Iterator[tuple[Node, bytes]]:
        """The files directly in a folder; folders are put on the list."""
        for node in self._nodes_in(place):
            path = place.prefix + self._stored_name(place, node.parts[-1])
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
        if self._covered is None or place.trail:  # behind a link everything is new
            yield from self._stack.children(place.folder)
            return
        for node, lower in self._stack.written(place.folder):
            if lower and (node is None or node.lower is None):
                self._covered.append(Covered(lower, place.prefix + os.fsencode(os.path.basename(lower))))
            if node is not None:
                yield node

    def _stored_name(self, place: _Place, name: str) -> bytes:
        """A name as it is in the version."""
        prefix = place.prefix
        if name.isascii() and len(prefix) + len(name) <= MAX_PATH_BYTES:
            return name.encode()
        stored = check_path(prefix.decode() + name)[len(prefix) :]
        other = stored.decode()
        if other != name and self._stack.child(place.folder, other) is not None:
            local = place.folder.local
            raise ErrorKind.PATHS_CLASH(
                path=show_local(os.path.join(local, name)),
                other=show_local(os.path.join(local, other)),
                reason=f"both would be {show_path(prefix + stored)} in it",
            )
        return stored


class FolderPlan:
    """What an upload reads of a folder of this machine: all files in it (see `datasets.sources.Plan`).

    Parameters
    ----------
    folder : str
        The folder.
    name : str
        The path by which users know it.
    """

    def __init__(self, folder: str, name: str) -> None:
        self._folder = folder
        self._name = name

    def folders(self) -> Iterator[SourceFolder]:
        """Its files, by the folders that they are really in."""
        for found in Walk(Stack(self._folder, None, (self._name,))):
            files = [source_file(node, path) for node, path in found.files]
            by_folder = sorted(files, key=lambda file: (os.path.dirname(file.local), file.path))
            for local, group in groupby(by_folder, key=lambda file: os.path.dirname(file.local)):
                yield SourceFolder(local, list(group), complete=False)

    def measure(self) -> tuple[int, int]:
        """Number of files and bytes."""
        files = size = 0
        for folder in self.folders():
            files += len(folder.files)
            size += sum(file.size for file in folder.files)
        return files, size


def source_file(node: Node, path: bytes) -> SourceFile:
    """A file as uploads read it."""
    status = node.status
    executable = status.st_mode & stat.S_IXUSR != 0
    return SourceFile(node.local, path, status.st_size, status.st_mtime_ns, status.st_ino, executable)


def _entered(link: Node, target: Node, place: _Place) -> tuple[tuple[str, ...], ...]:
    """The way to the folder behind a link; refuses one that contains a folder we came through."""
    trail = (*place.trail, place.folder.parts)
    if any(parts[: len(target.parts)] == target.parts for parts in trail):
        raise ErrorKind.SOURCE_LINK_LOOP(path=show_local(link.local))
    return trail
