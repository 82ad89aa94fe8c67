"""The files of a layer as kernels see them, read without a mount: what an overlay wrote, over the version's folder.

An overlay file system leaves in its upper folder whatever was written.  A name that was deleted is there as a
*whiteout*: a character device 0/0, or an empty file with an attribute.  A folder that was deleted and made anew is
*opaque*: nothing of the folder below shows through.  A private copy is the same without anything below.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import show_local, unreadable
from jupyter_gradient_data.errors import ErrorKind

_MARKS = ("trusted.overlay.", "user.overlay.")
_UNSUPPORTED = ("redirect", "metacopy")  # never with the options that layers are mounted with
_MOST_LINKS = 40  # followed on the way to one file, as the kernel does


class Node(NamedTuple):
    """A file, folder or link of the layer.

    Parameters
    ----------
    parts : tuple of str
        Names from the top to it.
    upper, lower : str or None
        Where it is on this machine; both for a folder that shows what is in either.
    status : os.stat_result
        Of the one that shows; links are not followed.
    """

    parts: tuple[str, ...]
    upper: str | None
    lower: str | None
    status: os.stat_result

    @property
    def local(self) -> str:
        """Where its bytes are."""
        return self.upper or self.lower or ""

    @property
    def is_folder(self) -> bool:
        """Whether it is a folder."""
        return stat.S_ISDIR(self.status.st_mode)

    @property
    def is_link(self) -> bool:
        """Whether it is a symbolic link."""
        return stat.S_ISLNK(self.status.st_mode)


class Stack:
    """What is visible.

    Parameters
    ----------
    upper : str
        Folder that was written into.
    lower : str or None
        Folder below it; None for a private copy.
    names : sequence of str
        Absolute paths by which users know the top; links that begin with one of them lead inside.
    """

    def __init__(self, upper: str, lower: str | None, names: Sequence[str]) -> None:
        self.top = Node((), upper, lower, os.stat(upper))
        self._names = [[part for part in name.split("/") if part] for name in (*names, upper)]

    def child(self, folder: Node, name: str) -> Node | None:
        """What a folder has under a name; None when there is nothing to see."""
        parts = (*folder.parts, name)
        lower = None if folder.lower is None else os.path.join(folder.lower, name)
        if folder.upper is not None:
            upper = os.path.join(folder.upper, name)
            if (status := _look(upper)) is not None:
                marks = _marks(upper) if self.top.lower is not None else set()
                if self.top.lower is not None and _is_whiteout(status, marks):
                    return None
                is_merged = lower is not None and stat.S_ISDIR(status.st_mode) and not _is_opaque(upper, marks)
                return Node(parts, upper, lower if is_merged and _is_folder(lower) else None, status)
        if lower is not None and (status := _look(lower)) is not None:
            return Node(parts, None, lower, status)
        return None

    def children(self, folder: Node) -> Iterator[Node]:
        """All that is visible in a folder."""
        names = set()
        for local in (folder.upper, folder.lower):
            if local is not None:
                names.update(_names_in(local))
        yield from self._known_children(folder, names)

    def written(self, folder: Node) -> Iterator[tuple[Node | None, str]]:
        """What was written directly in a folder: each name's node, None when it was deleted, with its lower path."""
        assert folder.upper is not None  # noqa: S101 - it was written into
        for name in sorted(_names_in(folder.upper)):
            yield self.child(folder, name), os.path.join(folder.lower, name) if folder.lower else ""

    def follow(self, link: Node) -> Node:
        """Where a link leads, as sources do: only inside, and not in circles.

        Raises
        ------
        Invalid
            ``SOURCE_LINK_OUTSIDE``, ``SOURCE_LINK_LOOP``, ``SOURCE_LINK_BROKEN``.
        """
        shown = show_local(link.local)
        above, waiting = [self.top], list(link.parts)
        followed = 0
        while waiting:
            name = waiting.pop(0)
            if name == "..":
                if len(above) == 1:
                    raise ErrorKind.SOURCE_LINK_OUTSIDE(path=shown)
                above.pop()
                continue
            node = self.child(above[-1], name) if above[-1].is_folder else None
            if node is None:
                raise ErrorKind.SOURCE_LINK_BROKEN(path=shown)
            if not node.is_link:
                above.append(node)
                continue
            followed += 1
            if followed > _MOST_LINKS:
                raise ErrorKind.SOURCE_LINK_LOOP(path=shown)
            target = os.readlink(node.local)
            parts = [part for part in target.split("/") if part not in ("", ".")]
            if target.startswith("/"):
                parts = self._inside(parts, shown)
                above = [self.top]
            waiting = parts + waiting
        return above[-1]

    def _inside(self, parts: list[str], shown: str) -> list[str]:
        for name in self._names:
            if parts[: len(name)] == name:
                return parts[len(name) :]
        raise ErrorKind.SOURCE_LINK_OUTSIDE(path=shown)

    def _known_children(self, folder: Node, names: set[str]) -> Iterator[Node]:
        for name in sorted(names):
            node = self.child(folder, name)
            if node is not None:
                yield node


def lower_files(lower: str, prefix: bytes) -> Iterator[bytes]:
    """Paths of the file, or of all files below the folder, at a place of the folder below a layer."""
    status = _look(lower)
    if status is None:
        return
    if not stat.S_ISDIR(status.st_mode):
        yield prefix
        return
    for above, _, names in os.walk(lower):
        inner = os.fsencode(os.path.relpath(above, lower))
        folder = prefix + b"/" if inner == b"." else prefix + b"/" + inner + b"/"
        for name in names:
            yield folder + os.fsencode(name)


def _look(path: str) -> os.stat_result | None:
    try:
        return os.lstat(path)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise unreadable(path, error) from error


def _is_folder(path: str | None) -> bool:
    status = _look(path) if path is not None else None
    return status is not None and stat.S_ISDIR(status.st_mode)


def _names_in(folder: str) -> list[str]:
    try:
        return os.listdir(folder)
    except OSError as error:
        raise unreadable(folder, error) from error


def _marks(path: str) -> set[str]:
    """Names of what an overlay has noted about a file, without their prefix."""
    try:
        names = os.listxattr(path, follow_symlinks=False)
    except OSError as error:
        if error.errno in (errno.ENOTSUP, errno.ENOENT):
            return set()
        raise unreadable(path, error) from error
    marks = {name.removeprefix(start) for start in _MARKS for name in names if name.startswith(start)}
    for mark in marks.intersection(_UNSUPPORTED):
        reason = f"the overlay was mounted with an option that makes marks of the kind {mark!r}"
        raise ErrorKind.LAYER_UNREADABLE(path=show_local(path), reason=reason)
    return marks


def _is_whiteout(status: os.stat_result, marks: set[str]) -> bool:
    if stat.S_ISCHR(status.st_mode):
        return status.st_rdev == 0
    return "whiteout" in marks and stat.S_ISREG(status.st_mode) and status.st_size == 0


def _is_opaque(folder: str, marks: set[str]) -> bool:
    if "opaque" not in marks:
        return False
    for start in _MARKS:
        try:
            if os.getxattr(folder, f"{start}opaque") == b"y":  # "x" only says that there are whiteouts by attribute
                return True
        except OSError:
            continue
    return False
