"""Volumes and notebook runs of a server, over HTTP; what methods do is said in `api_volumes.VolumesApi`."""

from __future__ import annotations

from jupyter_gradient_data.ids import check_folder_name
from jupyter_gradient_data.models import Notebook, Volumes

from .remote_calls import RemoteCalls
from .remote_http import join


class RemoteVolumes(RemoteCalls):
    """The part of `RemoteService` that is `VolumesApi`."""

    def list_volumes(self, *, measure: bool = False) -> Volumes:
        return self._ask("GET", "/api/volumes", Volumes, query={"measure": measure})

    def list_notebooks(self) -> tuple[Notebook, ...]:
        return self._ask("GET", "/api/notebooks", tuple[Notebook, ...])

    def delete_notebook(self, notebook: str) -> None:
        name = check_folder_name(notebook, "notebook run")
        self._connection.tell("DELETE", "/api/notebooks" + join(name))
