"""Where the folders of a notebook run are for this process: at their fixed paths, or somewhere else."""

from __future__ import annotations

import os
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind

from .service import is_of_environment

# What kernels and terminals are told, in every mode of the view.
_VARIABLES = {"/inputs": "GRADIENT_INPUTS", "/datasets": "GRADIENT_DATASETS", "/outputs": "GRADIENT_OUTPUTS"}


def find_here(path: str, local_path: str) -> Path | None:
    """The folder of a mount or output as this process sees it; None when it is on another machine.

    Parameters
    ----------
    path : str
        ``/inputs/<name>``, as kernels of its notebook run see it.
    local_path : str
        Where it is on the machine of the service.
    """
    volume, _, name = path.rpartition("/")
    folder = os.environ.get(_VARIABLES.get(volume, ""))
    if folder and is_of_environment() and (seen := Path(folder, name)).is_dir():
        return seen
    local = Path(local_path)
    return local if local.is_dir() else None


def require_here(path: str, local_path: str) -> Path:
    """The same.

    Raises
    ------
    Conflict
        It is on another machine.
    """
    found = find_here(path, local_path)
    if found is None:
        raise ErrorKind.FOLDER_ELSEWHERE(path=path)
    return found
