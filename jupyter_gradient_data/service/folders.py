"""The folders of a team that are not datasets: what notebooks know as ``/storage``, ``/notebook`` and ``/datasets``."""

from __future__ import annotations

import contextlib
from pathlib import Path

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind


class TeamFolders:
    """Where they are in the state directory; each is made when first asked for, for its owner only.

    Parameters
    ----------
    repository : Repository
        Whose team and state directory.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def storage(self) -> Path:
        """What all notebooks of the team share."""
        return self._made("share-storage", self._repository.team, "storage")

    def notebooks(self) -> Path:
        """One folder for each notebook."""
        return self._made("share-storage", self._repository.team, "notebooks")

    def public(self) -> Path:
        """Public datasets, each a folder; nobody but the program writes there."""
        return self._made("public")

    def _made(self, *parts: str) -> Path:
        folder = self._repository.config.state_path
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for part in parts:
                folder /= part
                with contextlib.suppress(FileExistsError):
                    folder.mkdir(mode=0o700)
        except OSError as error:
            raise ErrorKind.TARGET_UNWRITABLE(path=folder, reason=error.strerror) from None
        return folder
