"""The index of the user's repository, and what is kept of their files before they are merged."""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Mapping
from datetime import datetime, timezone
from pathlib import Path

from .git import Git, GitFailed
from .git_objects import Change, Collision, Entry, Merger, index_info

SAVED = "refs/gradient/saved"

_TRIES = 50
_PAUSE = 0.1  # seconds until the next, while another git works on the index


def staged_entries(git: Git, index: Path) -> tuple[dict[bytes, Entry], bool]:
    """What is staged, and whether all conflicts are resolved."""
    found, is_resolved = {}, True
    for line in git.lines("ls-files", "-s", "-z", index=index):
        if line:
            facts, _, path = line.partition(b"\t")
            mode, oid, stage = facts.decode().split(" ")
            is_resolved = is_resolved and stage == "0"
            found[path] = Entry(mode, oid)
    return found, is_resolved


def replace_index(git: Git, place: Path, changes: list[Change], mine: Mapping[bytes, Entry], merger: Merger) -> None:
    """Let what is not staged otherwise follow the commit that is checked out now.

    Parameters
    ----------
    git : Git
        The repository.
    place : Path
        A folder on the same file system.
    changes : list
        What differs between the commit that was checked out and that which is.
    mine : mapping
        Files whose staged versions are saved, so that they may be merged as well.
    merger : Merger
        For these.

    Raises
    ------
    GitFailed
        Another git does not let the index go.
    """
    for _ in range(_TRIES):
        if _replace(git, place / "index", changes, mine, merger):
            return
        time.sleep(_PAUSE)
    raise GitFailed(f"fatal: Unable to create '{git.folder / 'index.lock'}': File exists.")


def drop_own_lock(git: Git, place: Path) -> None:
    """Remove the lock of the index that was left by `replace_index` when it was killed."""
    lock = git.folder / "index.lock"
    with contextlib.suppress(FileNotFoundError):
        if os.path.samefile(lock, place / "index"):
            lock.unlink()


def save(git: Git, start: str, mine: Mapping[bytes, Entry], scratch: Path) -> str:
    """Keep versions of files as git's stash does: a commit of them, with another of the index as its second parent.

    Returns
    -------
    str
        The name of the ref that keeps it.
    """
    index = scratch / "saved-index"
    git.run("read-tree", start, index=index)
    git.run("update-index", "-z", "--add", "--replace", "--index-info", data=index_info(mine.items()), index=index)
    parents = ["-p", start]
    with contextlib.suppress(FileNotFoundError, GitFailed):  # an index that is no tree has nothing to keep
        shutil.copyfile(git.folder / "index", staged := scratch / "staged-index")
        parents += ["-p", _commit(git, staged, ["-p", start], "What was staged")]
    return keep(git, _commit(git, index, parents, "Files as they were before they were merged"))


def keep(git: Git, commit: str) -> str:
    """Give a commit a name by which it can be found, and does not vanish."""
    moment = f"{datetime.now(timezone.utc):%Y%m%d-%H%M%S}"
    number = 1
    while True:
        name = f"{SAVED}/{moment}" + (f"-{number}" if number > 1 else "")
        if not git.text("rev-parse", "-q", "--verify", name):
            git.run("update-ref", name, commit, "0" * len(commit))
            return name
        number += 1


def _commit(git: Git, index: Path, parents: list[str], message: str) -> str:
    tree = git.text("write-tree", index=index)
    return git.text("commit-tree", tree, *parents, "-m", message)


def _replace(git: Git, private: Path, changes: list[Change], mine: Mapping[bytes, Entry], merger: Merger) -> bool:
    """Try it; False when another git is at it."""
    real, lock = git.folder / "index", git.folder / "index.lock"
    before = _sign(real)
    private.unlink(missing_ok=True)
    if before is not None:
        shutil.copyfile(real, private)
    staged, is_resolved = staged_entries(git, private)
    wanted = _wanted(staged, changes, mine, merger) if is_resolved else []
    if not wanted:
        return True
    git.run("update-index", "-z", "--add", "--index-info", data=index_info(wanted), index=private)
    try:
        try:
            os.link(private, lock)  # as git takes its lock; that it is ours can be seen
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            os.close(os.open(lock, os.O_CREAT | os.O_EXCL, 0o666))
            shutil.copyfile(private, lock)
    except FileExistsError:
        return False
    if _sign(real) != before:
        lock.unlink()
        return False
    os.replace(lock, real)
    return True


def _wanted(
    staged: dict[bytes, Entry], changes: list[Change], mine: Mapping[bytes, Entry], merger: Merger
) -> list[tuple[bytes, Entry | None]]:
    """The entries to set, removals first."""
    removed: list[tuple[bytes, Entry | None]] = []
    added: list[tuple[bytes, Entry | None]] = []
    for path, old, new in changes:
        entry = staged.get(path)
        if entry not in (old, new) and path in mine:
            with contextlib.suppress(Collision):
                new = merger.resolve(path, old, entry, new)
                old = entry
        if entry != old or entry == new:
            continue
        if new is None:
            removed.append((path, None))
            del staged[path]
        else:
            added.append((path, new))
    folders = {path[:at] for path in staged for at, letter in enumerate(path) if letter == 0x2F}
    return removed + [one for one in added if one[0] not in folders and not _is_below_file(one[0], staged)]


def _is_below_file(path: bytes, staged: dict[bytes, Entry]) -> bool:
    return any(path[:at] in staged for at, letter in enumerate(path) if letter == 0x2F)


def _sign(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns
