"""Settings from ``jupyter_gradient_data_config.py`` or ``.json``, found where Jupyter looks for its configuration.

::

    c.GradientData.state_dir = "/srv/gradient"

The server reads them as it reads all of Jupyter's; this is how the command and the libraries get the same.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from .errors import ErrorKind

SECTION = "GradientData"  # the class whose traits they are
_NAME = "jupyter_gradient_data_config"


def read() -> dict[str, Any]:
    """What the files say about our settings, by name, unchecked; empty when there is no file.

    Raises
    ------
    Invalid
        A file is there and cannot be read, or fails.
    """
    values: dict[str, Any] = {}
    for folder in reversed(_folders()):  # the first has the last word
        for suffix in (".py", ".json"):
            if (folder / (_NAME + suffix)).is_file():
                values.update(_load(folder / (_NAME + suffix)))
    return values


def _folders() -> list[Path]:
    from jupyter_core.paths import jupyter_config_path  # imported here: costs start-up time

    return [Path(folder) for folder in jupyter_config_path()]


def _load(path: Path) -> dict[str, Any]:
    from traitlets.config.loader import JSONFileConfigLoader, PyFileConfigLoader  # here: most people have no file

    loader = PyFileConfigLoader if path.suffix == ".py" else JSONFileConfigLoader
    try:
        section = loader(path.name, path=str(path.parent)).load_config()[SECTION]
        return {name: section[name] for name in section}
    except Exception as error:  # the file is a program: anything can happen
        raise ErrorKind.CONFIG_UNREADABLE(path=path, reason=f"{type(error).__name__}: {error}") from None
