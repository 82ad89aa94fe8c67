"""What a repository holds, and merging it: entries of trees, their bytes, and three versions of a text."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, NamedTuple

from .git import Git, GitFailed

FILE, PROGRAM, LINK, MODULE = "100644", "100755", "120000", "160000"

_MOST = 8 * 1024 * 1024  # bytes of a text that is merged line by line; in longer files nobody would look for the places
_PIECE = 1024 * 1024
_LOOKED_AT = 8000  # bytes in which a NUL says that it is no text, as for git


class Entry(NamedTuple):
    """A file, link or submodule of a tree: its mode as git writes it, and the name of its content."""

    mode: str
    oid: str

    @property
    def is_file(self) -> bool:
        """Whether it is an ordinary file, executable or not."""
        return self.mode in (FILE, PROGRAM)


class Change(NamedTuple):
    """A path whose entry differs between two trees; None where there is no such path."""

    path: bytes
    old: Entry | None
    new: Entry | None


class Collision(Exception):
    """Two changes of one path that cannot both be made."""


def changes_between(git: Git, old: str, new: str) -> list[Change]:
    """The paths that differ between two commits or trees."""
    words = git.lines("diff-tree", "-r", "-z", "--no-renames", "--no-ext-diff", "--ignore-submodules=none", old, new)
    return [_change(words[at], words[at + 1]) for at in range(0, len(words) - 1, 2)]


def entries_of(git: Git, tree: str) -> dict[bytes, Entry]:
    """All entries of a commit or tree."""
    found = {}
    for line in git.lines("ls-tree", "-r", "-z", "--full-tree", tree):
        if line:
            facts, _, path = line.partition(b"\t")
            mode, _, oid = facts.decode().split(" ")
            found[path] = Entry(_mode(mode), oid)
    return found


def empty_tree(git: Git) -> str:
    """The name of the tree without entries."""
    return git.run("hash-object", "-t", "tree", "-w", "--stdin").decode().strip()


def write_blob(git: Git, content: bytes) -> str:
    """Store bytes as they are; returns their name."""
    return git.run("hash-object", "-w", "--stdin", data=content).decode().strip()


def index_info(entries: Iterable[tuple[bytes, Entry | None]]) -> bytes:
    """What ``git update-index -z --index-info`` reads to set entries, or to take them away."""
    lines = []
    for path, entry in entries:
        mode, oid = entry if entry is not None else ("0", "0" * 40)
        lines.append(f"{mode} {oid}\t".encode() + path + b"\0")
    return b"".join(lines)


def blob_name(size: int, pieces: Iterable[bytes], length: int) -> str:
    """The name that git would give to bytes, in a repository whose names have so many digits."""
    digest = hashlib.sha256() if length == 64 else hashlib.sha1(usedforsecurity=False)
    digest.update(b"blob %d\0" % size)
    for piece in pieces:
        digest.update(piece)
    return digest.hexdigest()


class Blobs:
    """Contents of a repository, read by one git that stays."""

    def __init__(self, git: Git) -> None:
        self._process = git.start("cat-file", "--batch")

    def __enter__(self) -> Blobs:
        return self

    def __exit__(self, *_: object) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(BrokenPipeError):
                    stream.close()
        self._process.kill()
        self._process.wait()

    def copy(self, oid: str, write: Callable[[bytes], object]) -> None:
        """Hand the bytes of one content on, piece by piece."""
        out, size = self._ask(oid)
        while size:
            piece = out.read(min(size, _PIECE))
            if not piece:
                raise GitFailed(f"error: content {oid} cannot be read")
            write(piece)
            size -= len(piece)
        out.read(1)

    def read(self, oid: str) -> bytes:
        """All bytes of one content."""
        pieces: list[bytes] = []
        self.copy(oid, pieces.append)
        return b"".join(pieces)

    def text(self, oid: str) -> bytes | None:
        """The same for what may be merged line by line; None for anything else."""
        found: list[bytes] = []
        length = 0

        def take(piece: bytes) -> None:
            nonlocal length
            length += len(piece)
            if length <= _MOST:
                found.append(piece)

        self.copy(oid, take)
        content = b"".join(found)
        return content if length <= _MOST and b"\0" not in content[:_LOOKED_AT] else None

    def _ask(self, oid: str) -> tuple[IO[bytes], int]:
        source, out = self._process.stdin, self._process.stdout
        assert source is not None  # noqa: S101 - both are pipes
        assert out is not None  # noqa: S101
        try:
            source.write(f"{oid}\n".encode())
            source.flush()
        except BrokenPipeError:
            raise GitFailed(f"error: content {oid} cannot be read") from None
        words = out.readline().split()
        if len(words) != 3:  # "<oid> missing"
            raise GitFailed(f"error: content {oid} is missing")
        return out, int(words[2])


class Merger:
    """Decides what a path becomes that two sides have changed.

    Parameters
    ----------
    git : Git
        The repository; what is merged is stored there.
    blobs : Blobs
        Its contents.
    scratch : Path
        A folder for texts that are being merged.
    """

    def __init__(self, git: Git, blobs: Blobs, scratch: Path) -> None:
        self._git = git
        self._blobs = blobs
        self._scratch = scratch

    def resolve(self, path: bytes, base: Entry | None, ours: Entry | None, theirs: Entry | None) -> Entry | None:
        """What a path becomes.

        Raises
        ------
        Collision
            Both sides have changed it, and not in different lines of a text.
        """
        if theirs in (ours, base):
            return ours
        if ours == base:
            return theirs
        if base is None or ours is None or theirs is None or not (base.is_file and ours.is_file and theirs.is_file):
            raise Collision
        mode = theirs.mode if ours.mode == base.mode else ours.mode
        if theirs.oid in (ours.oid, base.oid):
            return Entry(mode, ours.oid)
        if ours.oid == base.oid:
            return Entry(mode, theirs.oid)
        return Entry(mode, self._merge(path, base.oid, ours.oid, theirs.oid))

    def _merge(self, path: bytes, *oids: str) -> str:
        base, ours, theirs = (self._blobs.text(oid) for oid in oids)
        if base is None or ours is None or theirs is None:
            raise Collision
        names = []
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            (self._scratch / name).write_bytes(content)
            names.append(str(self._scratch / name))
        try:
            merged = self._git.run("merge-file", "-p", "-q", *names)
        except GitFailed:
            raise Collision from None
        if not all(_reads(path, content) for content in (ours, theirs)) or _reads(path, merged):
            return write_blob(self._git, merged)
        raise Collision  # lines of both make a document that is none


def _reads(path: bytes, content: bytes) -> bool:
    """Whether a notebook, or other text with a grammar that we know, is one."""
    try:
        if path.endswith((b".ipynb", b".json")):
            json.loads(content)
        elif path.endswith((b".yaml", b".yml")):
            import yaml  # imported here: few need it

            for _ in yaml.parse(content, Loader=yaml.SafeLoader):
                pass
    except (ValueError, RecursionError):
        return False
    except Exception as error:
        if type(error).__module__.startswith("yaml"):
            return False
        raise
    return True


def pieces_of(file: IO[bytes]) -> Iterator[bytes]:
    """A file's bytes, piece by piece."""
    while piece := file.read(_PIECE):
        yield piece


def _change(facts: bytes, path: bytes) -> Change:
    old_mode, new_mode, old, new, _ = facts.decode().lstrip(":").split(" ")
    return Change(path, _entry(old_mode, old), _entry(new_mode, new))


def _entry(mode: str, oid: str) -> Entry | None:
    return None if mode == "000000" else Entry(_mode(mode), oid)


def _mode(mode: str) -> str:
    """Ordinary files of old repositories have modes that git does not write any more."""
    return FILE if mode.startswith("100") and mode != PROGRAM else mode
