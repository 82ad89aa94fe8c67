"""A view to test: folders, links to what is in the cache, and programs that see it."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, WRITABLE, TeamFolders
from jupyter_gradient_data.volumes.view.root_links import place_link
from jupyter_gradient_data.volumes.view.sandbox import system
from jupyter_gradient_data.volumes.view.view import View

__all__ = ["DATASETS", "INPUTS", "WRITABLE", "Shown", "system"]


class Shown:
    """A notebook run with its view started.

    Parameters
    ----------
    state : Path
        State directory.
    **settings : any
        Others.
    """

    def __init__(self, state: Path, **settings: object) -> None:
        self.config = Config(state_dir=state, **settings)  # type: ignore[arg-type]
        self.repository = Repository(self.config)
        self.folders = TeamFolders(self.repository)
        self.view = View(self.config, self.folders)
        self.view.start()

    def close(self) -> None:
        self.view.close()
        self.repository.close()

    def tree(self, name: str, **files: str) -> Path:
        """A version in the cache."""
        folder = self.folders.cache() / "trees" / name
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text)
        return folder

    def link(self, name: str, tree: Path, *parts: str) -> None:
        """Mount, by a link in these parts, at first both."""
        for part in parts or (INPUTS, DATASETS):
            place_link(self.folders.mounts(part) / name, tree)

    def unlink(self, name: str, *parts: str) -> None:
        """Unmount."""
        for part in parts or (INPUTS, DATASETS):
            (self.folders.mounts(part) / name).unlink()

    def layer(self, name: str, tree: Path) -> Path:
        """The layer of a writable mount as an overlay; replaces the one that is there."""
        place = self.folders.mounts(WRITABLE) / name
        new = place.with_name(f".{name}")
        for folder in ("upper", "work"):
            (new / folder).mkdir(parents=True)
        (new / "lower").symlink_to(tree)
        if place.exists():
            place.rename(place.with_name(f".old-{name}"))
        new.rename(place)
        return place

    def sync(self) -> None:
        self.view.sync(30)

    def start(self, *command: str, **options: object) -> subprocess.Popen[str]:
        """Start a program in view of the volumes."""
        program = shutil.which(command[0]) or command[0]
        environment = {**os.environ, **self.view.environment()}
        options = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, **options}
        return subprocess.Popen(self.view.wrap([program, *command[1:]]), text=True, env=environment, **options)  # type: ignore[call-overload, no-any-return]

    def run(self, script: str, **options: object) -> str:
        """What a shell script prints there, errors too."""
        program = self.start("sh", "-c", script, stderr=subprocess.STDOUT, **options)
        output, _ = program.communicate(timeout=60)
        return output.strip()

    @property
    def holder_pid(self) -> int:
        """The process that keeps the namespaces."""
        assert self.view._holder is not None
        return self.view._holder._process.pid
