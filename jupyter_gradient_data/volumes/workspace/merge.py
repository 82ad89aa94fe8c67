"""Cloning a repository into a home that may have files, and merging what is new in it.

The user's commits are never left behind: a branch moves forward, or gets a merge commit, or what it was is kept under
a name of its own.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.progress import Progress

from .fetch import HEADS, Target, fetch, find, list_refs
from .git import Git
from .git_objects import MODULE, Blobs, Collision, Entry, Merger, changes_between, empty_tree, entries_of, index_info
from .git_url import same_place
from .index import keep, staged_entries
from .plan import DELETED, REMOVED, shown
from .update import BASE, DETACHED, Step, Update

_NEW = ".git.new-"  # how the repository is called before it is complete
_AT_WORK = {
    "MERGE_HEAD": "a merge",
    "CHERRY_PICK_HEAD": "a cherry-pick",
    "REVERT_HEAD": "a revert",
    "rebase-merge": "a rebase",
    "rebase-apply": "a rebase",
    "BISECT_LOG": "a bisect",
}


class Brought(NamedTuple):
    """What an update has done: the commit of the repository that is merged now, and what was left as it is."""

    commit: str
    notes: list[str]


def bring(git: Git, home: Path, url: str, ref: str | None, progress: Progress) -> Brought:
    """Clone a repository into a home, or merge what is new in it.

    Parameters
    ----------
    git : Git
        For ``.git`` in that home.
    home : Path
        A folder; its files stay as they are.
    url, ref : str
        What to clone or merge; None for the default branch.
    progress : Progress
        Told what git does; it can stop the work until files begin to move.

    Raises
    ------
    Cancelled
        It was stopped; nothing has changed.
    GitFailed
        git did not do what it should.
    GradientDataError
        It cannot be done, as the user's repository or the one they name is.
    """
    for left_over in home.glob(f"{_NEW}*"):
        shutil.rmtree(left_over)
    if not os.path.lexists(home / ".git"):
        return _clone(git, home, url, ref, progress)
    _check_same(git, home, url)
    update = Update(git, home, progress)
    update.resume(_commit(git, "HEAD"))
    _check_quiet(git)
    target = find(list_refs(git, url, progress), url, ref)
    commit = fetch(git, url, target, progress)
    git.run("config", "gradient.url", url)
    return _Line(git, update, url, target, commit).merge()


def _clone(git: Git, home: Path, url: str, ref: str | None, progress: Progress) -> Brought:
    """Make the repository beside its place; it gets there when all its files are ready to be moved."""
    git.folder = new = home / f"{_NEW}{secrets.token_hex(4)}"
    try:
        _init(git, "sha1")
        refs = list_refs(git, url, progress)
        target = find(refs, url, ref)
        if len(next(iter(refs.hashes.values()))) == 64:
            shutil.rmtree(new)
            _init(git, "sha256")
        for name, value in {
            "remote.origin.url": url,
            "remote.origin.fetch": f"+{HEADS}*:refs/remotes/origin/*",
            "gradient.url": url,
        }.items():
            git.run("config", name, value)
        commit = fetch(git, url, target, progress)
        if target.head:
            git.run("symbolic-ref", "HEAD", target.head)
            _track(git, target.head)
        if refs.default in refs.hashes:
            branch = refs.default.removeprefix(HEADS)
            git.run("symbolic-ref", "refs/remotes/origin/HEAD", f"refs/remotes/origin/{branch}")

        def reveal() -> None:
            os.rename(new, home / ".git")
            git.folder = home / ".git"

        notes = Update(git, home, progress).take(Step("", commit, target.head, commit), reveal)
        return Brought(commit, notes)
    except BaseException:
        shutil.rmtree(new, ignore_errors=True)
        raise


class _Line:
    """The branch that is checked out, and a commit of the repository that is to be merged into it.

    Parameters
    ----------
    git, update : Git, Update
        Of the home.
    url : str
        Of the repository.
    target : Target
        What is wanted of it.
    commit : str
        Which commit that is.
    """

    def __init__(self, git: Git, update: Update, url: str, target: Target, commit: str) -> None:
        self._git = git
        self._update = update
        self._url = url
        self._target = target
        self._commit = commit
        self._head = _commit(git, "HEAD")
        self._base = _commit(git, BASE)
        self._notes: list[str] = []

    def merge(self) -> Brought:
        """Merge, or switch to another branch, or say why not."""
        here = self._git.text("symbolic-ref", "-q", "HEAD") or DETACHED
        known, wanted = self._git.text("config", "--get", "gradient.head"), self._target.head or DETACHED
        if here != known and (here != wanted or here == DETACHED):
            return self._stay("no branch" if here == DETACHED else f"the branch {here.removeprefix(HEADS)}")
        if not self._head and self._base:
            return self._stay("a branch without commits")
        if here == wanted:
            end, left = self._same_branch()
        else:
            end, left = self._other_branch()
        if (end, wanted) != (self._head, here):
            step = Step(self._head, end, self._target.head, self._commit, left)
            self._notes += self._update.take(step)
        else:
            self._git.run("update-ref", BASE, self._commit)
            self._git.run("config", "gradient.head", wanted)
        if self._target.head:
            _track(self._git, self._target.head)
        return Brought(self._commit, self._notes)

    def _stay(self, where: str) -> Brought:
        name = self._target.head.removeprefix(HEADS) or self._target.source
        self._notes.append(
            f"You have checked out {where}, so {name} was fetched but not merged into your files; it is {self._commit}."
        )
        return Brought(self._base, self._notes)

    def _same_branch(self) -> tuple[str, list[tuple[str, str, str]]]:
        """What the branch that is checked out becomes."""
        if not self._head or self._head == self._commit:
            return self._commit, []
        if self._has_own(self._head):
            if self._is_in(self._commit, self._head):
                return self._head, []
            return self._merged(self._head)
        if not self._is_in(self._head, self._commit):  # the repository went back, or has another history now
            name = keep(self._git, self._head)
            self._notes.append(f"The repository does not have the commit any more that you were at; it is {name}.")
        return self._commit, []

    def _other_branch(self) -> tuple[str, list[tuple[str, str, str]]]:
        """What the branch becomes that is to be checked out."""
        if not self._git.text("symbolic-ref", "-q", "HEAD") and self._has_own(self._head):
            self._notes.append(f"Your commits on no branch are {keep(self._git, self._head)}.")
        local = _commit(self._git, self._target.head) if self._target.head else ""
        if not local or self._is_in(local, self._commit):
            return self._commit, []
        if self._is_in(self._commit, local):
            return local, []
        return self._merged(local)

    def _merged(self, ours: str) -> tuple[str, list[tuple[str, str, str]]]:
        """A merge commit of the user's commits and the repository's; with what it leaves out of the latter's."""
        git, theirs = self._git, self._commit
        scratch = git.folder / "gradient" / "merge"
        shutil.rmtree(scratch, ignore_errors=True)
        scratch.mkdir(parents=True)
        with Blobs(git) as blobs:
            merged = _Trees(git, Merger(git, blobs, scratch), ours, theirs, self._base_for(ours))
            tree = merged.write(scratch / "index")
        self._notes += merged.notes
        message = f"Merge {theirs[:7]} of {self._url}"
        commit = git.text("commit-tree", tree, "-p", ours, "-p", theirs, "-m", message)
        return commit, [(os.fsdecode(path), *entry) for path, entry in merged.left.items()]

    def _base_for(self, ours: str) -> str:
        """What both sides come from: the commit that was merged last, unless they have met again since."""
        shared = self._git.text("merge-base", ours, self._commit).partition("\n")[0]
        if self._base and self._is_in(self._base, ours) and not (shared and self._is_in(self._base, shared)):
            return self._base
        return shared or empty_tree(self._git)

    def _has_own(self, ours: str) -> bool:
        known = [f"^{commit}" for commit in (self._commit, self._base) if commit]
        return self._git.text("rev-list", "--count", "--max-count=1", ours, *known) != "0"

    def _is_in(self, commit: str, later: str) -> bool:
        return self._git.text("merge-base", commit, later) == commit


class _Trees:
    """Three trees, merged into one."""

    def __init__(self, git: Git, merger: Merger, ours: str, theirs: str, base: str) -> None:
        self._git = git
        self._ours = ours
        self.left: dict[bytes, Entry] = {}
        self.notes: list[str] = []
        self._entries = entries_of(git, ours)
        self._changes: list[tuple[bytes, Entry | None]] = []
        for path, old, new in changes_between(git, base, theirs):
            mine = self._entries.get(path)
            if mine is None and old is not None and new is not None:
                self.notes.append(DELETED.format(path=shown(path)))
                continue
            try:
                result = merger.resolve(path, old, mine, new)
            except Collision:
                if new is None:
                    self.notes.append(REMOVED.format(path=shown(path)))
                elif new.mode != MODULE:
                    self.left[path] = new
            else:
                if result != mine:
                    self._changes.append((path, result))

    def write(self, index: Path) -> str:
        """Store the tree; returns its name."""
        removed = {path for path, entry in self._changes if entry is None}
        stay = self._entries.keys() - removed
        folders = {path[:at] for path in stay for at, letter in enumerate(path) if letter == 0x2F}
        wanted: list[tuple[bytes, Entry | None]] = [(path, None) for path in removed]
        for path, entry in self._changes:
            if entry is None:
                continue
            above = (path[:at] for at, letter in enumerate(path) if letter == 0x2F)
            if path in folders or not stay.isdisjoint(above):
                self.left[path] = entry  # a folder of one side is a file of the other
            else:
                wanted.append((path, entry))
        self._git.run("read-tree", self._ours, index=index)
        self._git.run("update-index", "-z", "--add", "--index-info", data=index_info(wanted), index=index)
        return self._git.text("write-tree", index=index)


def _init(git: Git, names: str) -> None:
    other = () if names == "sha1" else (f"--object-format={names}",)
    git.run("-c", "init.defaultObjectFormat=sha1", "-c", "init.defaultBranch=main", "init", "--quiet", *other)
    git.run("config", "core.bare", "false")  # git guesses by the folder's name, which is another one for now
    git.run("config", "core.logAllRefUpdates", "true")


def _track(git: Git, head: str) -> None:
    """Let ``git pull`` and ``git push`` know where a branch comes from, unless the user has said."""
    branch = head.removeprefix(HEADS)
    if not git.text("config", "--get", f"branch.{branch}.remote"):
        git.run("config", f"branch.{branch}.remote", "origin")
        git.run("config", f"branch.{branch}.merge", head)


def _commit(git: Git, name: str) -> str:
    """The commit that a name means; empty when there is none."""
    return git.text("rev-parse", "-q", "--verify", f"{name}^{{commit}}")


def _check_same(git: Git, home: Path, url: str) -> None:
    """Refuse to mix two repositories."""
    if not (home / ".git").is_dir():
        raise ErrorKind.WORKSPACE_OTHER(path=home, found="its .git is not a folder")
    known = [git.text("config", "--get", name) for name in ("remote.origin.url", "gradient.url")]
    if not any(one and same_place(one, url) for one in known):
        found = next(filter(None, known), "one that was made there")
        raise ErrorKind.WORKSPACE_OTHER(path=home, found=found)


def _check_quiet(git: Git) -> None:
    """Refuse to come between the steps of something that the user does with git."""
    for name, what in _AT_WORK.items():
        if os.path.lexists(git.folder / name):
            raise ErrorKind.WORKSPACE_BUSY(
                reason=f"{what} in it is not finished", hint="Finish it or abort it with git, then update again."
            )
    if os.path.lexists(git.folder / "index.lock"):
        raise ErrorKind.WORKSPACE_BUSY(
            reason="another git works in it, or was killed there",
            hint="When none runs, remove the file .git/index.lock, then update again.",
        )
    if (git.folder / "index").exists() and not staged_entries(git, git.folder / "index")[1]:
        raise ErrorKind.WORKSPACE_BUSY(
            reason="conflicts in it are not resolved", hint="Resolve them with git, then update again."
        )
