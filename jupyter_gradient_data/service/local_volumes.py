"""Volumes and notebook runs of the service in this process; what methods do is said in `api_volumes.VolumesApi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_gradient_data.models import Notebook, Volume, Volumes
from jupyter_gradient_data.volumes.folders import TeamFolders

from .local_base import LocalBase

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.view.view import View
    from jupyter_gradient_data.volumes.view.ways import Way

_WRITABLE = ("storage", "notebook", "outputs")


class LocalVolumes(LocalBase):
    """The part of `LocalService` that is `VolumesApi`.

    Attributes
    ----------
    view : View or None
        That of the server that this service is in; None where there is no server.
    """

    view: View | None = None

    def list_volumes(self, *, measure: bool = False) -> Volumes:
        from jupyter_gradient_data.volumes.measuring import free_bytes, used_bytes
        from jupyter_gradient_data.volumes.view.ways import Places

        config, folders = self._repository.config, TeamFolders(self._repository)
        places, way = Places(config, folders), self.way_of_kernels()
        limits = {"storage": config.storage_limit or None}
        seen = places.seen(way.mode)
        volumes = [
            Volume(
                name,
                str(seen[name]),
                str(local),
                name in _WRITABLE,
                used_bytes(local) if measure else None,
                limits.get(name),
                free_bytes(local),
            )
            for name, local in places.local.items()
        ]
        region = config.storage_region or ""
        return Volumes(folders.notebook().name, region, way.mode, f"{way.reason}.", tuple(volumes))

    def list_notebooks(self) -> tuple[Notebook, ...]:
        from jupyter_gradient_data.volumes import notebooks

        return notebooks.list_notebooks(self._repository, TeamFolders(self._repository))

    def delete_notebook(self, notebook: str) -> None:
        from jupyter_gradient_data.volumes import notebooks

        notebooks.delete_notebook(self._repository, TeamFolders(self._repository), notebook)

    def way_of_kernels(self) -> Way:
        """How kernels of this notebook run see the volumes: those of this server, of another one, or of the next."""
        from jupyter_gradient_data.volumes.view.records import current_way
        from jupyter_gradient_data.volumes.view.ways import Places

        way = self.view.way if self.view is not None else None
        return way or current_way(Places(self._repository.config, TeamFolders(self._repository)))
