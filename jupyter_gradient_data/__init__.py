"""Versioned datasets, shared storage and mounts for JupyterLab, after Paperspace Gradient."""

from ._version import __version__

__all__ = ["__version__"]
