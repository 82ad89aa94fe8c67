"""The workspace, as `local.LocalService` has it; what methods do is said in `api_volumes.VolumesApi`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_gradient_data.models import Workspace

from .local_base import LocalBase
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.workspace.workspace import WorkspaceFolder


class LocalWorkspace(LocalBase):
    """The repository in the home of this notebook run."""

    def get_workspace(self) -> Workspace:
        return self._workspace.get()

    def update_workspace(self, url: str | None = None, ref: str | None = None) -> Task[Workspace]:
        workspace = self._workspace
        wanted = workspace.wanted(url, ref)  # what can be no repository is refused before there is a task
        return self._task(lambda progress: workspace.update(wanted, progress))

    @property
    def _workspace(self) -> WorkspaceFolder:
        from jupyter_gradient_data.volumes.workspace.workspace import WorkspaceFolder

        return WorkspaceFolder(self._repository)
