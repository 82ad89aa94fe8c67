"""Public datasets, as `local.LocalService` has them; what methods do is said in `api_public.PublicApi`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Action, PublicDataset, Thing
from jupyter_gradient_data.progress import Progress

from .local_base import LocalBase
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.public.library import PublicLibrary

_SHOWN = 5  # damaged files that are named


class LocalPublic(LocalBase):
    """List, fetch, remove and verify, over a `Repository`.

    What is on the disk is what there is: links and notices follow it.
    """

    def list_public(self) -> tuple[PublicDataset, ...]:
        return self._library.list()

    def get_public(self, name: str) -> PublicDataset:
        return self._library.get(name)

    def fetch_public(self, name: str, files: Sequence[str] = ()) -> Task[PublicDataset]:
        library, wanted = self._library, tuple(files)
        name = library.get(name).name

        def work(progress: Progress) -> PublicDataset:
            is_changed = library.fetch(name, wanted, progress)
            self._follow_disk(name, Action.CHANGED if is_changed else None)
            return library.get(name)

        return self._task(work)

    def remove_public(self, name: str) -> None:
        library = self._library
        name = library.get(name).name
        library.remove(name)
        self._follow_disk(name, Action.DELETED)
        library.free(name)

    def verify_public(self, name: str) -> Task[PublicDataset]:
        library = self._library
        name = library.get(name).name

        def work(progress: Progress) -> PublicDataset:
            damaged = library.verify(name, progress)
            if damaged:
                self._follow_disk(name, Action.CHANGED)
                more = f" and {len(damaged) - _SHOWN:,} more" if len(damaged) > _SHOWN else ""
                raise ErrorKind.PUBLIC_DAMAGED(name=name, files=", ".join(damaged[:_SHOWN]) + more)
            return library.get(name)

        return self._task(work)

    @property
    def _library(self) -> PublicLibrary:
        from jupyter_gradient_data.public.library import PublicLibrary
        from jupyter_gradient_data.volumes.folders import TeamFolders

        config = self._repository.config
        root = TeamFolders(self._repository).public()
        return PublicLibrary(root, config.public_catalogue, transfers=config.transfers)

    def _follow_disk(self, name: str, action: Action | None) -> None:
        """Let kernels and everybody who listens see what is on the disk now."""
        from jupyter_gradient_data.datasets.notices import note
        from jupyter_gradient_data.volumes.folders import TeamFolders
        from jupyter_gradient_data.volumes.mounts.public_links import refresh_public_links

        repository = self._repository
        refresh_public_links(TeamFolders(repository), changed=name if action is not None else None)
        if action is not None:
            with repository.database.write() as connection:
                note(connection, repository.team, Thing.PUBLIC, name, action)
