"""The body of a request as it arrives: bounded in memory, the sender waits for the reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from jupyter_gradient_data.errors import ErrorKind

PIECE = 1024 * 1024  # bytes handed on at once: a thread's work is worth its start
_AHEAD = 2 * PIECE  # bytes that may wait for the reader


class Incoming:
    """Bytes of a body, put in by Tornado, taken out by one reader.

    Attributes
    ----------
    bytes : int
        How many have come.
    """

    def __init__(self) -> None:
        self.bytes = 0
        self._buffer = bytearray()
        self._ended = False
        self._dropped = False
        self._lost = False
        self._changed = asyncio.Condition()

    @property
    def ended(self) -> bool:
        """Whether no more will come."""
        return self._ended

    async def add(self, chunk: bytes) -> None:
        """Take what has arrived; waits while the reader is behind."""
        self.bytes += len(chunk)
        async with self._changed:
            await self._changed.wait_for(lambda: self._dropped or len(self._buffer) < _AHEAD)
            if not self._dropped:
                self._buffer += chunk
                self._changed.notify_all()

    async def end(self, *, lost: bool = False) -> None:
        """All has arrived, or with ``lost`` the client has gone."""
        async with self._changed:
            self._ended, self._lost = True, lost
            self._changed.notify_all()

    async def drop(self) -> None:
        """Nobody reads any more: what still comes is thrown away."""
        async with self._changed:
            self._dropped = True
            self._buffer.clear()
            self._changed.notify_all()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Pieces of about 1 MiB.

        Raises
        ------
        ConnectionResetError
            The client has gone before all had come; what had come was yielded.
        """
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: self._ended or len(self._buffer) >= PIECE)
                piece = bytes(self._buffer)
                self._buffer.clear()
                finished = self._ended
                self._changed.notify_all()
            if piece:
                yield piece
            if finished:
                if self._lost:
                    raise ConnectionResetError("the client has gone")
                return

    async def read(self, limit: int, thing: str = "the request") -> bytes:
        """All of it, when it is not longer than ``limit`` bytes.

        Raises
        ------
        QuotaExceeded
            It is longer.
        """
        whole = bytearray()
        async for piece in self:
            whole += piece
            if len(whole) > limit:
                await self.drop()
                raise ErrorKind.TOO_LARGE(
                    thing=thing, size=f"more than {limit:,} bytes", limit=f"{limit:,} bytes", hint="Send less at once."
                )
        return bytes(whole)
