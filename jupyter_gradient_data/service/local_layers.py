"""Writable mounts and outputs, as `local.LocalService` has them; what methods do is said in `api_mounts.MountsApi`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.models import Mount, Output, Version
from jupyter_gradient_data.progress import Progress

from .local_mounts import LocalMounts
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.layers.commits import LayerCommits
    from jupyter_gradient_data.volumes.outputs import Outputs


class LocalLayers(LocalMounts):
    """Commit and discard changes of writable mounts; make, list, commit and delete outputs."""

    def commit_mount(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        commits = self._layer_commits
        return self._task(lambda progress: commits.commit(name, message, tag, metadata, progress))

    def discard_changes(self, name: str) -> Mount:
        self._layer_commits.discard(name, Progress())
        return self._shown(self.get_mount(name))

    def create_output(self, dataset: str, *, name: str | None = None) -> Output:
        return self._outputs.create(dataset, name)

    def list_outputs(self) -> tuple[Output, ...]:
        return self._outputs.list()

    def commit_output(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        outputs = self._outputs
        return self._task(lambda progress: outputs.commit(name, message, tag, metadata, progress))

    def delete_output(self, name: str) -> None:
        self._outputs.delete(name)

    @property
    def _layer_commits(self) -> LayerCommits:
        from jupyter_gradient_data.volumes.layers.commits import LayerCommits

        return LayerCommits(self._mounts.work)

    @property
    def _outputs(self) -> Outputs:
        from jupyter_gradient_data.volumes.folders import TeamFolders
        from jupyter_gradient_data.volumes.outputs import Outputs

        return Outputs(self._repository, TeamFolders(self._repository))
