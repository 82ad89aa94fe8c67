"""One after the other on the event loop: what else runs there, such as kernels' messages, gets its turn in between.

The loop runs all that is ready before it looks for anything new.  When many requests are ready together, with some
milliseconds of work each, everybody else would wait for all of them.
"""

from __future__ import annotations

import asyncio
from collections import deque


class Turns:
    """A queue of which the event loop lets one go on each time round."""

    def __init__(self) -> None:
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._is_moving = False

    async def take(self) -> None:
        """Wait for a turn."""
        loop = asyncio.get_running_loop()
        turn: asyncio.Future[None] = loop.create_future()
        self._waiting.append(turn)
        if not self._is_moving:
            self._is_moving = True
            loop.call_soon(self._move)
        await turn

    def _move(self) -> None:
        while self._waiting and self._waiting[0].done():  # whoever waited was cancelled
            self._waiting.popleft()
        if not self._waiting:
            self._is_moving = False
            return
        self._waiting.popleft().set_result(None)
        asyncio.get_running_loop().call_soon(self._move)
