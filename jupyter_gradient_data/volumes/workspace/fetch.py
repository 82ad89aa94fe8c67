"""Getting what is new in a repository, and finding the branch, tag or commit that is wanted."""

from __future__ import annotations

import contextlib
import re
from typing import NamedTuple

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .git import Git, GitFailed
from .git_url import same_place

HEADS, TAGS = "refs/heads/", "refs/tags/"

_FOUND = "refs/gradient/found"  # the tag or commit that was fetched last
_HASH = re.compile(r"[0-9a-fA-F]{4,64}")
_OF = re.compile(r"(Receiving objects|Unpacking objects|Resolving deltas): +\d+% \((\d+)/(\d+)\)(?:, ([\d.]+) (\w+))?")
_UNITS = {"bytes": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3}


class Target(NamedTuple):
    """What is wanted of a repository.

    Parameters
    ----------
    source : str
        The full name of a branch or tag, or a hash.
    head : str
        The branch to check out; empty for a tag or commit.
    """

    source: str
    head: str


class Refs(NamedTuple):
    """What a repository offers: the branch that is its default, and hashes by full names."""

    default: str
    hashes: dict[str, str]


def list_refs(git: Git, url: str, progress: Progress) -> Refs:
    """Ask a repository for its branches and tags."""
    said = git.talk(progress, _ignore, "ls-remote", "--symref", "--", url, "HEAD", f"{HEADS}*", f"{TAGS}*")
    default, hashes = "", {}
    for line in said.splitlines():
        what, _, name = line.partition("\t")
        if what.startswith("ref: ") and name == "HEAD":
            default = what.removeprefix("ref: ")
        elif not name.endswith("^{}"):
            hashes[name] = what
    return Refs(default, hashes)


def find(refs: Refs, url: str, ref: str | None) -> Target:
    """What a name means.

    Raises
    ------
    NotFound
        There is no such branch or tag, and it can be no commit.
    GitFailed
        There is nothing at all in the repository.
    """
    if not refs.hashes:
        raise ErrorKind.WORKSPACE_FAILED(
            url=url, reason="it is empty", hint="Push a commit to it, then update the workspace again."
        )
    if ref is None:
        return _default(refs, url)
    for name in (ref, HEADS + ref, TAGS + ref):
        if name in refs.hashes and name.startswith((HEADS, TAGS)):
            return Target(name, name if name.startswith(HEADS) else "")
    if _HASH.fullmatch(ref):
        return Target(ref.lower(), "")
    raise ErrorKind.WORKSPACE_REF_NOT_FOUND(url=url, ref=ref)


def fetch(git: Git, url: str, target: Target, progress: Progress) -> str:
    """Get everything that is new.

    Returns
    -------
    str
        The commit that is wanted.

    Raises
    ------
    Cancelled
        It was stopped.
    GitFailed
        It cannot be got.
    NotFound
        There is no such commit.
    """
    branches = tracking(git, url)
    wanted = [f"+{HEADS}*:{branches}*"]
    if target.source.startswith(TAGS):
        wanted.append(f"+{target.source}:{_FOUND}")
    elif not target.head:
        wanted.append(f"+{TAGS}*:refs/gradient/tags/*")
    _fetch(git, url, wanted, progress)
    if target.head:
        return git.text("rev-parse", "--verify", f"{branches}{target.head.removeprefix(HEADS)}^{{commit}}")
    if target.source.startswith(TAGS):
        return git.text("rev-parse", "--verify", f"{_FOUND}^{{commit}}")
    return _commit(git, url, target.source, progress)


def tracking(git: Git, url: str) -> str:
    """Where branches of a repository are kept: where git keeps them, unless ``origin`` is something else by now."""
    is_origin = same_place(git.text("config", "--get", "remote.origin.url"), url)
    return "refs/remotes/origin/" if is_origin else "refs/gradient/heads/"


def _commit(git: Git, url: str, name: str, progress: Progress) -> str:
    def found() -> str:
        return git.text("rev-parse", "-q", "--verify", f"{name}^{{commit}}")

    with contextlib.suppress(GitFailed):  # a short hash may be that of several
        if (commit := found()) or len(name) < 40:
            return commit or _missing(url, name)
        _fetch(git, url, [f"+{name}:{_FOUND}"], progress)
        return found() or _missing(url, name)
    return _missing(url, name)


def _missing(url: str, name: str) -> str:
    raise ErrorKind.WORKSPACE_REF_NOT_FOUND(url=url, ref=name)


def _default(refs: Refs, url: str) -> Target:
    if refs.default in refs.hashes:
        return Target(refs.default, refs.default)
    heads = [name for name in refs.hashes if name.startswith(HEADS)]
    same = [name for name in heads if refs.hashes[name] == refs.hashes.get("HEAD")]
    for name in [*same, *(one for one in (f"{HEADS}main", f"{HEADS}master") if one in heads)]:
        return Target(name, name)
    raise ErrorKind.WORKSPACE_FAILED(
        url=url, reason="it has no default branch", hint="Name a branch, tag or commit: --ref, GRADIENT_WORKSPACE_REF."
    )


def _fetch(git: Git, url: str, wanted: list[str], progress: Progress) -> None:
    progress.start(Phase.FETCHING)
    options = ("--progress", "--prune", "--no-recurse-submodules", "--no-auto-gc", "--no-write-fetch-head")
    git.talk(progress, _Shown(progress).say, "fetch", *options, "--", url, *wanted)
    progress.finish()


def _ignore(line: str) -> None:
    """What git says while it asks for names is of no interest."""


class _Shown:
    """Turns what git says of its progress into ours: its objects are our files."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._what = ""
        self._objects = self._bytes = 0

    def say(self, line: str) -> None:
        """Take one line."""
        found = _OF.match(line)
        if found is None:
            return
        what, done, total, amount, unit = found.groups()
        if what != self._what:
            self._what, self._objects, self._bytes = what, 0, 0
            self._progress.start(Phase.VERIFYING if what == "Resolving deltas" else Phase.FETCHING, files=int(total))
        size = int(float(amount) * _UNITS.get(unit, 0)) if amount else self._bytes
        self._progress.advance(files=int(done) - self._objects, bytes=max(0, size - self._bytes))
        self._objects, self._bytes = int(done), max(size, self._bytes)
