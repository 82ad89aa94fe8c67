"""What all handlers of one server share: the open host, the threads, the limits."""

from __future__ import annotations

import asyncio
import contextlib
import functools
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.service.host import Host, open_host

from .limits import Attempts, Limits
from .turns import Turns

T = TypeVar("T")

_STREAMS = 32  # answers sent piece by piece at once; each holds a few MiB
_PACKS = 4  # packs verified and stored at once; each is in memory, some 40 MiB with what that needs
_WAITING = 2000  # calls that may wait for a thread
_MOVERS = 4  # threads for the pieces of long bodies; more would not move them faster


class Shared:
    """Opened when the first request comes, closed when the server stops.

    Parameters
    ----------
    config : Config
        Settings of the server.
    on_open : callable, optional
        Makes the work that goes on while the host is open; it is cancelled when the server stops.
    failure : GradientDataError, optional
        Why the settings cannot be used: raised whenever the host is needed.

    Attributes
    ----------
    streams : asyncio.Semaphore
        Taken by each answer that is sent piece by piece.
    packs : asyncio.Semaphore
        Taken by each pack of small files that is verified.
    limits : Limits
        How much one user may ask.
    attempts : Attempts
        How often wrong tokens may be tried.
    turns : Turns
        Taken by whatever would go on at once on the event loop.
    """

    def __init__(
        self,
        config: Config,
        on_open: Callable[[Shared, Host], Coroutine[Any, Any, None]] | None = None,
        failure: GradientDataError | None = None,
    ) -> None:
        self.config = config
        self.streams = asyncio.Semaphore(_STREAMS)
        self.packs = asyncio.Semaphore(_PACKS)
        self.limits = Limits(config.requests_at_once, config.requests_per_minute)
        self.attempts = Attempts(config.failed_logins)
        self.turns = Turns()
        self._pool = ThreadPoolExecutor(max(1, config.threads), thread_name_prefix="gradient-server")
        self._movers = ThreadPoolExecutor(_MOVERS, thread_name_prefix="gradient-mover")
        self._on_open = on_open
        self._failure = failure
        self._background: asyncio.Task[None] | None = None
        self._opening: asyncio.Task[Host] | None = None
        self._host: Host | None = None
        self._calls = 0

    @property
    def host(self) -> Host | None:
        """The host, when it has been opened."""
        return self._host

    async def open(self) -> Host:
        """The host; opened by whoever asks first, again after a failure."""
        if self._host is not None:
            return self._host
        if self._failure is not None:
            raise self._failure
        if self._opening is None or self._opening.done():  # whoever comes meanwhile waits for the same attempt
            self._opening = asyncio.ensure_future(self._open())
        return await asyncio.shield(self._opening)

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
            return await self._run(self._pool, functools.partial(function, *args, **options))
        finally:
            self._calls -= 1

    async def move(self, function: Callable[..., T], *args: Any) -> T:
        """Run what moves one piece of a long body, in threads of its own.

        In those of `call` each of thousands of pieces would wait behind the short requests of everybody.
        """
        return await self._run(self._movers, functools.partial(function, *args))

    async def close(self) -> None:
        """Stop what runs and release connections."""
        if self._opening is not None:
            with contextlib.suppress(Exception):
                await self._opening
        if self._background is not None:
            self._background.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._background
        await asyncio.get_running_loop().run_in_executor(None, self._close)

    async def _run(self, pool: ThreadPoolExecutor, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(pool, work)
        finally:
            await self.turns.take()

    async def _open(self) -> Host:
        self._host = host = await self.call(open_host, self.config)
        if self._on_open is not None:
            self._background = asyncio.ensure_future(self._on_open(self, host))
        return host

    def _close(self) -> None:
        if self._host is not None:
            self._host.close()
        self._pool.shutdown(cancel_futures=True)
        self._movers.shutdown(cancel_futures=True)
