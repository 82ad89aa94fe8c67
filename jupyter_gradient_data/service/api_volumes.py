"""Volumes, notebook runs, the cache and the workspace, as part of `api.DataService`."""

from __future__ import annotations

from typing import Protocol

from jupyter_gradient_data.models import CacheInfo, CacheReport, Notebook, Volumes, Workspace

from .tasks import Task


class VolumesApi(Protocol):
    """Directories with a fixed path in every kernel, and the notebook runs that have them."""

    def list_volumes(self, *, measure: bool = False) -> Volumes:
        """The volumes, how kernels see them, and their limits; with ``measure`` also what they take, which may last."""
        ...

    def list_notebooks(self) -> tuple[Notebook, ...]:
        """Notebook runs by name."""
        ...

    def delete_notebook(self, notebook: str) -> None:
        """Remove a notebook run: its home, its mounts, its outputs.  Refused for the one of a server that runs."""
        ...


class CacheApi(Protocol):
    """The cache of versions."""

    def cache_info(self) -> CacheInfo:
        """How full the cache of versions is."""
        ...

    def trim_cache(self, *, everything: bool = False) -> Task[CacheReport]:
        """Remove what is over the limit or was not used for long; with ``everything`` all that is not mounted."""
        ...

    def verify_cache(self) -> Task[CacheReport]:
        """Read all that is in the cache; what is damaged is fetched again when it is needed."""
        ...


class WorkspaceApi(Protocol):
    """The repository in ``/notebook``."""

    def get_workspace(self) -> Workspace:
        """The repository in ``/notebook``, and how it is."""
        ...

    def update_workspace(self, url: str | None = None, ref: str | None = None) -> Task[Workspace]:
        """Clone a repository into ``/notebook``, or merge what is new in it; nothing of the user's is ever lost.

        By default the one that is there, or that the configuration names.  Its password comes from the settings.
        """
        ...
