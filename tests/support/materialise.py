"""Materialise a version in a process of its own: ``python -m tests.support.materialise <state> <reference> [user]``."""

from __future__ import annotations

import sys
from pathlib import Path

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.folders import TeamFolders


def main(state: Path, reference: str, user: str = "notebook/name") -> None:
    """Print the folder."""
    repository = Repository(Config(state_dir=state))
    files = VersionFiles.open(repository, reference)
    print(VersionCache(repository, TeamFolders(repository)).materialise(files, Progress(), user))
    repository.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
