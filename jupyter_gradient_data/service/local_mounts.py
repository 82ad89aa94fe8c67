"""Mounts of this notebook run, as `local.LocalService` has them; what methods do is said in `api_mounts.MountsApi`."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, TypeVar

from jupyter_gradient_data.models import Mount
from jupyter_gradient_data.progress import Progress

from .local_volumes import LocalVolumes
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.mounts.mounts import Mounts

_opening = threading.Lock()
_PATIENCE = 10.0  # seconds until a mount counts as done all the same: it is seen a little later
T = TypeVar("T")


class LocalMounts(LocalVolumes):
    """Mount, unmount, list, update and restore, over a `Repository`."""

    _opened_mounts: tuple[str, Mounts] | None = None  # of which team

    def mount(self, reference: str, *, name: str | None = None, writable: bool = False) -> Task[Mount]:
        mounts = self._mounts

        def work(progress: Progress) -> Mount:
            return self._shown(mounts.mount(reference, name, writable=writable, progress=progress))

        return self._task(work)

    def unmount(self, name: str, *, discard: bool = False) -> None:
        self._mounts.unmount(name, discard=discard)
        self._shown(None)

    def list_mounts(self) -> tuple[Mount, ...]:
        return self._mounts.list()

    def get_mount(self, name: str) -> Mount:
        return self._mounts.get(name)

    def update_mount(self, name: str, reference: str | None = None) -> Task[Mount]:
        mounts = self._mounts
        return self._task(lambda progress: self._shown(mounts.update(name, reference, progress)))

    def restore_mounts(self) -> Task[tuple[Mount, ...]]:
        mounts = self._mounts
        return self._task(lambda progress: self._shown(mounts.restore(progress)))

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

    def _shown(self, result: T) -> T:
        """What was done, once this process sees it: it may be a kernel that has no server."""
        from jupyter_gradient_data.volumes.folders import TeamFolders
        from jupyter_gradient_data.volumes.view.inside import wait_until_shown
        from jupyter_gradient_data.volumes.view.ways import Places

        places = Places(self._repository.config, TeamFolders(self._repository))
        if self.view is None and places.is_inside:
            wait_until_shown(places, _PATIENCE)
        return result

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
