"""Versioned datasets, shared storage and mounts for JupyterLab, after Paperspace Gradient."""

from __future__ import annotations

from typing import Any

from ._version import __version__

__all__ = ["__version__"]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    """Where Jupyter Server finds the extension."""
    from .server.extension import GradientData  # here: importing the package stays cheap

    return [{"module": "jupyter_gradient_data", "app": GradientData}]
