"""What all handlers of one server share: the open host, the threads, the limits."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.host import Host, open_host

T = TypeVar("T")

_STREAMS = 16  # answers sent piece by piece at once; each holds a few MiB
_WAITING = 2000  # calls that may wait for a thread


class Shared:
    """Opened when the first request comes, closed when the server stops.

    Parameters
    ----------
    config : Config
        Settings of the server.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        self.streams = asyncio.Semaphore(_STREAMS)
        self._pool = ThreadPoolExecutor(config.threads, thread_name_prefix="gradient-server")
        self._host: Host | None = None
        self._opening = asyncio.Lock()
        self._calls = 0

    async def open(self) -> Host:
        """The host; opened by whoever asks first, again after a failure."""
        if self._host is None:
            async with self._opening:
                if self._host is None:
                    self._host = await self.call(open_host, self.config)
        return self._host

    async def call(self, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """Run something that blocks in a thread.

        Raises
        ------
        TooMany
            Too much is waiting already.
        """
        if self._calls >= _WAITING:
            raise ErrorKind.TOO_MANY_REQUESTS(seconds=1)
        self._calls += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._pool, functools.partial(function, *args, **options))
        finally:
            self._calls -= 1

    async def close(self) -> None:
        """Stop what runs and release connections."""
        if self._host is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._host.close)
            self._host = None
        self._pool.shutdown(wait=False, cancel_futures=True)
