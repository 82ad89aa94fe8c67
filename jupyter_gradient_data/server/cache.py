"""The cache of versions: how full it is, clearing and checking it, and looking after it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import msgspec

from jupyter_gradient_data.models import CacheInfo, TaskInfo
from jupyter_gradient_data.service.host import Host

from .base import Handler
from .operations import operation
from .tasks import LOCATION, answer_started

if TYPE_CHECKING:
    from .shared import Shared

_DAY = 86_400.0


class Trimming(msgspec.Struct, forbid_unknown_fields=True):
    """Whether to remove all that is not mounted, or only what is too much or was not used for long."""

    everything: bool = False


class CacheHandler(Handler):
    """The cache."""

    @operation(resource="upkeep", answer=CacheInfo)
    async def get(self) -> CacheInfo:
        """Show how full the cache of dataset versions is."""
        return await self.call(self.service.cache_info)


class TrimHandler(Handler):
    """Clearing the cache."""

    @operation(resource="upkeep", body=Trimming | None, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, body: Trimming | None) -> TaskInfo:
        """Begin to remove versions from the cache; the task's result is a report."""
        everything = body is not None and body.everything
        service, tasks = self.service, self.host.tasks
        return answer_started(
            self,
            await self.call(tasks.start, "trim-cache", "", lambda: service.trim_cache(everything=everything)),
        )


class VerifyHandler(Handler):
    """Checking the cache."""

    @operation(resource="upkeep", answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self) -> TaskInfo:
        """Begin to read all that is in the cache; the task's result is a report."""
        service, tasks = self.service, self.host.tasks
        return answer_started(self, await self.call(tasks.start, "verify-cache", "", service.verify_cache))


async def keep(shared: Shared, host: Host) -> None:
    """Look after the cache now and daily, until cancelled."""
    while True:
        await shared.call(host.keep_cache)
        await asyncio.sleep(_DAY)


ROUTES = [
    ("/api/cache", CacheHandler),
    ("/api/trim-cache", TrimHandler),
    ("/api/verify-cache", VerifyHandler),
]
