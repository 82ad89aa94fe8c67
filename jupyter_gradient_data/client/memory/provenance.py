"""Of what a version was made: the notebook or script, its kernel and packages, and the versions that it used."""

from __future__ import annotations

import os
import platform
from contextlib import suppress
from pathlib import Path
from typing import Any

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.service.api import DataService

from .memory import MEMORY, Memory
from .packages import imported_packages
from .place import shell_of_kernel

_INPUT = ("reference", "dataset", "version", "root", "path")


def provenance(service: DataService, memory: Memory = MEMORY) -> dict[str, Any]:
    """What to note about a version that is committed now.

    Parameters
    ----------
    service : DataService
        Says where the home of the notebook run is: names are given below it.
    memory : Memory, optional
        Of which notebook or script; that of this process by default.

    Returns
    -------
    dict
        ``notebook`` (name, or None without a notebook or script), ``notebook_hash`` (BLAKE3 of its file as last
        saved), ``kernel`` (``name``, ``python``), ``packages`` (name and version of what is imported), ``inputs``.
    """
    document = memory.document
    name = _name(service, document) if document is not None else None
    return {
        "notebook": os.fsencode(name).decode(errors="replace") if name is not None else None,  # any bytes can be one
        "notebook_hash": _hash(document) if document is not None else None,
        "kernel": {"name": _kernel(), "python": platform.python_version()},
        "packages": imported_packages(),
        "inputs": [{name: getattr(entry, name) for name in _INPUT} for entry in memory.entries],
    }


def _name(service: DataService, document: Path) -> str:
    """The path below the home of the notebook run, else below the user's own, else the name of the file alone."""
    homes: list[Path] = []
    with suppress(GradientDataError):
        for volume in service.list_volumes().volumes:
            if volume.name == "notebook":
                homes += [Path(volume.path), Path(volume.local_path)]
    with suppress(RuntimeError):  # a user without a home
        homes.append(Path.home())
    for home in homes:
        if document.is_relative_to(home):
            return document.relative_to(home).as_posix()
    return document.name


def _hash(document: Path) -> str | None:
    """None for one that was never saved, or cannot be read."""
    from blake3 import blake3

    try:
        return blake3(document.read_bytes()).hexdigest()
    except OSError:
        return None


def _kernel() -> str | None:
    """Name of the kernel specification; None in a script, or in a kernel that does not say."""
    import msgspec

    application = getattr(getattr(shell_of_kernel(), "kernel", None), "parent", None)
    with suppress(AttributeError, OSError, TypeError, msgspec.DecodeError, UnicodeDecodeError):
        told = msgspec.json.decode(Path(application.abs_connection_file).read_bytes())  # type: ignore[union-attr]
        return str(told["kernel_name"]) if told.get("kernel_name") else None
    return None
