"""Mounts of this notebook run, as `local.LocalService` has them; what methods do is said in `api_mounts.MountsApi`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from jupyter_gradient_data.models import Mount

from .local_volumes import LocalVolumes
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.mounts.mounts import Mounts

_opening = threading.Lock()


class LocalMounts(LocalVolumes):
    """Mount, unmount, list, update and restore, over a `Repository`."""

    _opened_mounts: tuple[str, Mounts] | None = None  # of which team

    def mount(self, reference: str, *, name: str | None = None, writable: bool = False) -> Task[Mount]:
        mounts = self._mounts
        return self._task(lambda progress: mounts.mount(reference, name, writable=writable, progress=progress))

    def unmount(self, name: str, *, discard: bool = False) -> None:
        self._mounts.unmount(name, discard=discard)

    def list_mounts(self) -> tuple[Mount, ...]:
        return self._mounts.list()

    def get_mount(self, name: str) -> Mount:
        return self._mounts.get(name)

    def update_mount(self, name: str, reference: str | None = None) -> Task[Mount]:
        mounts = self._mounts
        return self._task(lambda progress: mounts.update(name, reference, progress))

    def restore_mounts(self) -> Task[tuple[Mount, ...]]:
        mounts = self._mounts
        return self._task(mounts.restore)

    def can_overlay(self) -> bool:
        """Whether a writable mount can be an overlay: only a server that shows the volumes makes one.

        Without a server it is a private copy, which is also there for programs that are no kernels.
        """
        from jupyter_gradient_data.volumes.folders import TeamFolders
        from jupyter_gradient_data.volumes.view.records import way_shown
        from jupyter_gradient_data.volumes.view.ways import Places

        if self.view is not None:
            return self.view.can_overlay
        way = way_shown(Places(self._repository.config, TeamFolders(self._repository)))
        return way is not None and way.can_overlay

    @property
    def _mounts(self) -> Mounts:
        from jupyter_gradient_data.volumes.cache.cache import VersionCache
        from jupyter_gradient_data.volumes.folders import TeamFolders
        from jupyter_gradient_data.volumes.mounts.mounts import Mounts

        with _opening:
            team = self._repository.team  # `recover` may have brought another one
            if self._opened_mounts is None or self._opened_mounts[0] != team:
                folders = TeamFolders(self._repository)
                cache = VersionCache(self._repository, folders)
                mounts = Mounts(self._repository, folders, cache, can_overlay=self.can_overlay)
                self._opened_mounts = team, mounts
            return self._opened_mounts[1]
