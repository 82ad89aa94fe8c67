"""The cache of versions, as `local.LocalService` has it; what methods do is said in `api_volumes.VolumesApi`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import CacheInfo, CacheReport
from jupyter_gradient_data.progress import Progress

from .local_base import LocalBase
from .tasks import Task

if TYPE_CHECKING:
    from jupyter_gradient_data.volumes.cache.cache import VersionCache

_log = logging.getLogger(__name__)


class LocalCache(LocalBase):
    """The part of `LocalService` that is about the cache."""

    def cache_info(self) -> CacheInfo:
        return self._cache.info()

    def trim_cache(self, *, everything: bool = False) -> Task[CacheReport]:
        cache = self._cache
        return self._task(lambda progress: cache.trim(progress, everything))

    def verify_cache(self) -> Task[CacheReport]:
        return self._task(self._cache.verify)

    def keep_cache(self) -> Task[None]:
        """What a server does at its start and daily; what goes wrong is only logged."""
        cache = self._cache

        def work(progress: Progress) -> None:
            try:
                cache.keep(progress)
            except (GradientDataError, OSError) as error:
                if not (isinstance(error, GradientDataError) and error.kind is ErrorKind.CANCELLED):
                    _log.warning("The cache of versions could not be looked after: %s", error)

        return self._task(work)

    @property
    def _cache(self) -> VersionCache:
        from jupyter_gradient_data.volumes.cache.cache import VersionCache
        from jupyter_gradient_data.volumes.folders import TeamFolders

        return VersionCache(self._repository, TeamFolders(self._repository))
