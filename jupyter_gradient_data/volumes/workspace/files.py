"""The files of a home as they are: looked at, set aside and put in place without overwriting what nobody has seen."""

from __future__ import annotations

import contextlib
import os
import stat
from enum import Enum
from pathlib import Path
from typing import NamedTuple

from .git_objects import FILE, LINK, PROGRAM, Entry, blob_name, pieces_of

Sign = tuple[int, int, int]  # inode, size and time of what was looked at: another one was written since


class Kind(Enum):
    """What is at a path."""

    NOTHING = "nothing"
    FILE = "file"  # or a symbolic link
    FOLDER = "folder"
    OTHER = "other"  # a pipe, a device
    BLOCKED = "blocked"  # a folder on the way there is none


class Look(NamedTuple):
    """What is at a path.

    Parameters
    ----------
    entry : Entry or None
        Of a file: what git would know it by.
    sign : tuple
        By which to know later whether it is still that file.
    blocker : bytes
        What is in the way, for `Kind.BLOCKED`.
    """

    kind: Kind
    entry: Entry | None = None
    sign: Sign = (0, 0, 0)
    blocker: bytes = b""


class Home:
    """A folder whose files belong to a user.

    Parameters
    ----------
    folder : Path
        Where it is.
    digits : int
        Length of the names of contents in its repository.
    has_modes : bool
        Whether its file system knows which files are executable.
    """

    def __init__(self, folder: Path, digits: int, *, has_modes: bool) -> None:
        self._folder = os.fsencode(folder)
        self._digits = digits
        self._has_modes = has_modes

    def full(self, path: bytes) -> bytes:
        """Where a path is."""
        return os.path.join(self._folder, path)

    def look(self, path: bytes, known: Entry | None = None) -> Look:
        """What is at a path; ``known`` is what it should be, whose mode counts where the file system has none."""
        parts = path.split(b"/")
        for count in range(1, len(parts)):
            blocker = b"/".join(parts[:count])
            try:
                mode = os.lstat(self.full(blocker)).st_mode
            except FileNotFoundError:
                return Look(Kind.NOTHING)
            if not stat.S_ISDIR(mode):
                return Look(Kind.BLOCKED, blocker=blocker)
        try:
            found = os.lstat(self.full(path))
        except FileNotFoundError:
            return Look(Kind.NOTHING)
        if stat.S_ISDIR(found.st_mode):
            return Look(Kind.FOLDER)
        if stat.S_ISLNK(found.st_mode):
            target = os.readlink(self.full(path))
            return Look(Kind.FILE, Entry(LINK, blob_name(len(target), [target], self._digits)), sign_of(found))
        if not stat.S_ISREG(found.st_mode):
            return Look(Kind.OTHER)
        return self._look_at_file(path, found, known)

    def _look_at_file(self, path: bytes, found: os.stat_result, known: Entry | None) -> Look:
        mode = PROGRAM if found.st_mode & stat.S_IXUSR else FILE
        if not self._has_modes and known is not None and known.is_file:
            mode = known.mode
        try:
            with open(self.full(path), "rb") as file:
                name = blob_name(found.st_size, pieces_of(file), self._digits)
        except PermissionError:  # nobody can say what is in it, so it is the user's
            return Look(Kind.OTHER)
        return Look(Kind.FILE, Entry(mode, name), sign_of(found))

    def files_in(self, path: bytes) -> set[bytes]:
        """All that is in a folder and is no folder."""
        found = set()
        for folder, folders, files in os.walk(self.full(path)):
            links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
            found |= {os.path.relpath(os.path.join(folder, name), self._folder) for name in [*files, *links]}
        return found

    def read(self, path: bytes) -> bytes:
        """The bytes of a file."""
        with open(self.full(path), "rb") as file:
            return file.read()

    def set_aside(self, path: bytes, place: Path, sign: Sign) -> bool:
        """Move a file away; False, and nothing done, when it is not the one that was looked at."""
        try:
            os.rename(self.full(path), place)
        except (FileNotFoundError, NotADirectoryError):
            return False
        if sign_of(os.lstat(place)) == sign:
            return True
        self.put(place, path)  # somebody has written to it meanwhile
        return False

    def put(self, place: Path, path: bytes) -> bool:
        """Move a file to its path; False, and nothing done, when something is there, or no folder can be."""
        target = self.full(path)
        try:
            os.makedirs(os.path.dirname(target), exist_ok=True)
            try:
                os.link(place, target, follow_symlinks=False)
            except (FileExistsError, NotADirectoryError):
                return False
            except OSError:  # a file system without hard links
                if os.path.lexists(target):
                    return False
                os.rename(place, target)
                return True
        except (FileExistsError, NotADirectoryError):
            return False
        os.unlink(place)
        return True

    def make_folder(self, path: bytes) -> None:
        """Make a folder where nothing is."""
        with contextlib.suppress(FileExistsError, NotADirectoryError):
            os.makedirs(self.full(path), exist_ok=True)

    def remove_empty(self, path: bytes) -> None:
        """Remove the folders above a path that has gone, as far as nothing is in them."""
        with contextlib.suppress(OSError):
            while b"/" in path:
                path = path.rpartition(b"/")[0]
                os.rmdir(self.full(path))


def sign_of(found: os.stat_result) -> Sign:
    """What tells one file from another, and from itself after it was written to."""
    return found.st_ino, found.st_size, found.st_mtime_ns


def beside(path: bytes, blocker: bytes, mark: str, number: int = 1) -> bytes:
    """A path for what cannot be at ``path`` because ``blocker``, which is it or a folder above it, is the user's.

    ``data/a.csv`` becomes ``data/a.upstream-1234567.csv``.
    """
    above, slash, name = blocker.rpartition(b"/")
    stem, dot, ending = name.rpartition(b".")
    if not stem.strip(b"."):
        stem, dot, ending = name, b"", b""
    addition = f".{mark}".encode() + (b"-%d" % number if number > 1 else b"")
    return above + slash + stem + addition + dot + ending + path[len(blocker) :]


def is_harmful(path: bytes) -> bool:
    """Whether a path leads out of the home or into its repository, on whatever file system."""
    parts = path.split(b"/")
    return any(part in (b"", b".", b"..") or _is_git(part) for part in parts)


def _is_git(name: bytes) -> bool:
    """``.git``, as file systems may read it that know no case, ignore some characters, or shorten names."""
    text = os.fsdecode(name).casefold().rstrip(". ").partition(":")[0]
    plain = "".join(character for character in text if not 0x200B <= ord(character) <= 0x206F and character != "\ufeff")
    return plain.rstrip(". ") in (".git", "git~1")
