"""Where everything of a team that is not at a storage provider lies: below the state directory, made when first needed.

::

    share-storage/{team}/storage/                 /storage (with a region: storage@{region}/)
    share-storage/{team}/notebooks/{notebook}/    /notebook
    share-storage/{team}/datasets/                the cache of dataset versions, see `cache`
    share-storage/{team}/mounts/{notebook}/       what a notebook run has mounted:
        inputs/{name}                               link to a folder of the cache
        datasets/{name}                             the same, and links to public datasets
        outputs/{name}/                             an output
        writable/{name}/                            the layer of a writable mount, see `layers`
    public/{name}/                                a public dataset

`mounts/{notebook}` is what every view of the volumes shows: whoever adds a link there, by one rename, has mounted.
"""

from __future__ import annotations

import contextlib
from pathlib import Path

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind

INPUTS, DATASETS, OUTPUTS, WRITABLE = "inputs", "datasets", "outputs", "writable"


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
        """What all notebook runs of the storage region share."""
        region = self._repository.config.storage_region
        return self._made("share-storage", self._repository.team, f"storage@{region}" if region else "storage")

    def notebooks(self) -> Path:
        """One folder for each notebook run."""
        return self._made("share-storage", self._repository.team, "notebooks")

    def notebook(self) -> Path:
        """The home of this notebook run."""
        return self._made("share-storage", self._repository.team, "notebooks", self._repository.config.notebook_name)

    def cache(self) -> Path:
        """The cache of dataset versions."""
        return self._made("share-storage", self._repository.team, "datasets")

    def all_mounts(self) -> Path:
        """One folder for each notebook run, with what it has mounted."""
        return self._made("share-storage", self._repository.team, "mounts")

    def mounts(self, part: str) -> Path:
        """One of `INPUTS`, `DATASETS`, `OUTPUTS` and `WRITABLE` of this notebook run."""
        notebook = self._repository.config.notebook_name
        return self._made("share-storage", self._repository.team, "mounts", notebook, part)

    def public(self) -> Path:
        """Public datasets, each a folder; nobody but the program writes there, or an operator."""
        given = self._repository.config.public_dir
        return given if given is not None and given.is_dir() else self._made("public")

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
