"""What a server does beside answering: from when the first request has opened the host until the server stops."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.service.host import Host

from . import cache, events, metrics

if TYPE_CHECKING:
    from .shared import Shared


_Work = Callable[["Shared", Host], Coroutine[Any, Any, None]]


def work(emit: events.Emit, starting: _Work) -> _Work:
    """All of it, for `Shared`: it goes on until it is cancelled."""

    async def run(shared: Shared, host: Host) -> None:
        with metrics.host_shown(host):
            await asyncio.gather(
                starting(shared, host),
                events.watch(shared, host, emit),
                cache.keep(shared, host),
                metrics.watch_loop(shared.config.loop_milliseconds),
            )

    return run
