"""Versioned datasets, shared storage and mounts for JupyterLab, after Paperspace Gradient.

In a notebook or script::

    import jupyter_gradient_data as jgd

    jgd.dataset("flowers").latest.files
    jgd.open("flowers:latest/train.csv")

Names are loaded when they are first used: importing the package costs nothing.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

from ._version import __version__

if TYPE_CHECKING:
    from .client.datasets import Dataset, create_dataset, dataset, datasets
    from .client.files import File, Files
    from .client.lists import Listing
    from .client.mounts import Mount, mount, mounts, unmount
    from .client.new_versions import NewVersion
    from .client.opening import connect, path, version
    from .client.opening import open_ as open  # noqa: A004
    from .client.outputs import Output, output, outputs
    from .client.versions import Diff, Version
    from .errors import GradientDataError
    from .widgets.browser import DatasetBrowser
    from .widgets.diff import VersionDiff
    from .widgets.picker import DatasetPicker
    from .widgets.progress import ProgressDisplay
    from .widgets.upload import UploadWidget

__all__ = [
    "Dataset",
    "DatasetBrowser",
    "DatasetPicker",
    "Diff",
    "File",
    "Files",
    "GradientDataError",
    "Mount",
    "NewVersion",
    "Output",
    "ProgressDisplay",
    "UploadWidget",
    "Version",
    "VersionDiff",
    "__version__",
    "connect",
    "create_dataset",
    "dataset",
    "datasets",
    "mount",
    "mounts",
    "open",
    "output",
    "outputs",
    "path",
    "unmount",
    "version",
]

# Where each name is, and what it is called there when that differs.
_HOMES = {
    "Dataset": "client.datasets",
    "DatasetBrowser": "widgets.browser",
    "DatasetPicker": "widgets.picker",
    "Diff": "client.versions",
    "File": "client.files",
    "Files": "client.files",
    "GradientDataError": "errors",
    "Mount": "client.mounts",
    "NewVersion": "client.new_versions",
    "Output": "client.outputs",
    "ProgressDisplay": "widgets.progress",
    "UploadWidget": "widgets.upload",
    "Version": "client.versions",
    "VersionDiff": "widgets.diff",
    "connect": "client.opening",
    "create_dataset": "client.datasets",
    "dataset": "client.datasets",
    "datasets": "client.datasets",
    "mount": "client.mounts",
    "mounts": "client.mounts",
    "open": "client.opening:open_",
    "output": "client.outputs",
    "outputs": "client.outputs",
    "path": "client.opening",
    "unmount": "client.mounts",
    "version": "client.opening",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "datasets":
        return import_module(".datasets", __name__)  # which `_Package` has made callable
    value = _find(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)


def _find(name: str) -> Any:
    module, _, other = _HOMES[name].partition(":")
    return getattr(import_module(f".{module}", __name__), other or name)


class _Package(ModuleType):
    """The package, in which `datasets` is both the layer of that name and the function that lists them.

    Python sets a subpackage as an attribute whenever somebody imports it.
    """

    def __setattr__(self, name: str, value: object) -> None:
        if name == "datasets" and isinstance(value, ModuleType):
            value.__class__ = _Datasets
        super().__setattr__(name, value)


class _Datasets(ModuleType):
    def __call__(self) -> Listing[Dataset]:
        """All datasets by name."""
        listed: Listing[Dataset] = _find("datasets")()
        return listed


sys.modules[__name__].__class__ = _Package


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
