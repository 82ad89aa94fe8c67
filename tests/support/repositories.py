"""Real git repositories for tests of the workspace: the one that is cloned, and the home it is cloned into."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path

from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.workspace.git import Git
from jupyter_gradient_data.volumes.workspace.merge import Brought, bring

_WHO = [f"GIT_{who}_{what}=somebody@example.com" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")]


def git(folder: Path, *arguments: str, data: bytes | None = None, **environment: str) -> str:
    """Run git as a user would; returns what it says."""
    known = dict(one.split("=", 1) for one in _WHO)
    done = subprocess.run(
        ["git", "-c", "init.defaultBranch=main", "-c", "commit.gpgSign=false", *arguments],
        cwd=folder,
        env={**os.environ, **known, **environment},
        input=data,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode("utf-8", "surrogateescape").removesuffix("\n")


def write(folder: Path, files: Mapping[str, bytes | None]) -> None:
    """Write files, or with None remove them; what is in their way goes as well."""
    for name, content in files.items():
        path = folder / name
        for above in reversed(path.relative_to(folder).parents[:-1]):
            if not (folder / above).is_dir() or (folder / above).is_symlink():
                (folder / above).unlink(missing_ok=True)
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.is_dir():
            shutil.rmtree(path)
        if content is not None:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


def files_of(folder: Path) -> dict[str, bytes]:
    """All files and links that are not git's own, by path."""
    found = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder)
        if name.parts[0] == ".git":
            continue
        if path.is_symlink():
            found[str(name)] = b"-> " + os.fsencode(os.readlink(path))
        elif path.is_file():
            found[str(name)] = path.read_bytes()
    return found


class Upstream:
    """A repository that others push to."""

    def __init__(self, folder: Path, files: Mapping[str, bytes | None] | None = None) -> None:
        self.folder = folder
        folder.mkdir()
        git(folder, "init", "--quiet")
        if files is not None:
            self.commit(files)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"file://{self.folder}/.git"

    def commit(self, files: Mapping[str, bytes | None], *options: str) -> str:
        """Make a commit; returns its hash."""
        write(self.folder, files)
        git(self.folder, "add", "--all", "--force", ".")
        git(self.folder, "commit", "--quiet", "--allow-empty", "-m", "change", *options)
        return self.head

    @property
    def head(self) -> str:
        """The newest commit."""
        return git(self.folder, "rev-parse", "HEAD")

    @property
    def files(self) -> dict[str, bytes]:
        """Those of the newest commit."""
        return files_of(self.folder)


class Home:
    """A home, and what its user does there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def bring(self, upstream: Upstream | str, ref: str | None = None, progress: Progress | None = None) -> Brought:
        """Clone or merge."""
        url = upstream if isinstance(upstream, str) else upstream.url
        return bring(Git(self.folder / ".git"), self.folder, url, ref, progress or Progress())

    def write(self, files: Mapping[str, bytes | None]) -> None:
        """Edit, add and delete files."""
        write(self.folder, files)

    def commit(self, files: Mapping[str, bytes | None]) -> str:
        """The same, and commit everything."""
        self.write(files)
        self.git("add", "--all", "--force", ".")
        self.git("commit", "--quiet", "--allow-empty", "-m", "mine")
        return self.head

    def git(self, *arguments: str) -> str:
        """Run git as the user does."""
        return git(self.folder, *arguments)

    @property
    def head(self) -> str:
        """What is checked out."""
        return self.git("rev-parse", "HEAD")

    @property
    def files(self) -> dict[str, bytes]:
        """All files."""
        return files_of(self.folder)

    @property
    def status(self) -> list[str]:
        """What git finds changed."""
        return self.git("status", "--porcelain", "--untracked-files=all").splitlines()

    def has(self, content: bytes) -> bool:
        """Whether bytes are somewhere a user can find them: in a file, the index, or a commit that has a name."""
        if content in self.files.values():
            return True
        name = git(self.folder, "hash-object", "--stdin", data=content)
        kept = {line.split(" ")[0] for line in self.git("rev-list", "--all", "HEAD", "--objects").splitlines()}
        staged = {line.split(" ")[1] for line in self.git("ls-files", "-s").splitlines()}
        return name in kept | staged
