"""Versioned datasets, shared storage and mounts for JupyterLab, after Paperspace Gradient."""

from __future__ import annotations

from typing import Any

from ._version import __version__

__all__ = ["__version__"]


def load_ipython_extension(ipython: Any) -> None:
    """``%load_ext jupyter_gradient_data``: ``%dataset`` and ``%%dataset``."""
    from . import magics

    magics.load(ipython)


def unload_ipython_extension(ipython: Any) -> None:
    """``%unload_ext jupyter_gradient_data``."""
    from . import magics

    magics.unload(ipython)


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter Server finds the extension."""
    from .server.extension import GradientData  # here: importing the package stays cheap

    return [{"module": "jupyter_gradient_data", "app": GradientData}]
