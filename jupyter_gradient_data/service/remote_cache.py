"""The cache of versions of a server, over HTTP; what methods do is said in `api_volumes.CacheApi`."""

from __future__ import annotations

from functools import partial

from jupyter_gradient_data.models import CacheInfo, CacheReport, TaskInfo

from .remote_calls import RemoteCalls
from .remote_http import Repeat
from .tasks import Task


class RemoteCache(RemoteCalls):
    """The part of `RemoteService` that is about the cache."""

    def cache_info(self) -> CacheInfo:
        return self._ask("GET", "/api/cache", CacheInfo)

    def trim_cache(self, *, everything: bool = False) -> Task[CacheReport]:
        body = {"everything": everything}
        ask = partial(self._ask, "POST", "/api/trim-cache", TaskInfo, body=body, repeat=Repeat.YES)
        return self._follow(ask, CacheReport)

    def verify_cache(self) -> Task[CacheReport]:
        ask = partial(self._ask, "POST", "/api/verify-cache", TaskInfo, repeat=Repeat.YES)
        return self._follow(ask, CacheReport)
