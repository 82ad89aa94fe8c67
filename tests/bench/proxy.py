"""A TCP proxy that adds latency and nothing else: ``python proxy.py --target PORT --delay-ms 10``.

Each direction is delayed by a fixed time.  Bandwidth is not limited: any number of chunks may be under way at once.
The first bytes of a connection wait one round trip more, which is what the handshake costs on a real network.
Prints the port it listens on, then runs until it is killed.
"""

from __future__ import annotations

import argparse
import asyncio
from collections import deque

_IN_FLIGHT_MAX = 64 * 2**20


class Direction(asyncio.Protocol):
    """One side of a connection: whatever arrives here leaves at ``peer``, ``delay`` seconds later."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.loop = asyncio.get_running_loop()
        self.transport: asyncio.Transport | None = None
        self.peer: Direction | None = None
        # None stands for the end of the stream.  The queue keeps the order; timers only say when.
        self.queue: deque[bytes | None] = deque()
        self.not_before = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.set_write_buffer_limits(high=_IN_FLIGHT_MAX)

    def data_received(self, data: bytes) -> None:
        self._later(data)

    def eof_received(self) -> bool:
        self._later(None)
        return True

    def connection_lost(self, exc: Exception | None) -> None:
        self._later(None)

    def pause_writing(self) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.resume_reading()

    def _later(self, data: bytes | None) -> None:
        self.queue.append(data)
        self.loop.call_at(max(self.loop.time(), self.not_before) + self.delay, self._deliver)

    def _deliver(self) -> None:
        data = self.queue.popleft()
        target = self.peer.transport if self.peer else None
        if target is None or target.is_closing():
            return
        if data is None:
            target.close()
        else:
            target.write(data)


class Accepted(Direction):
    """The client's side: opens the connection to the target and joins the two."""

    def __init__(self, delay: float, target: int) -> None:
        super().__init__(delay)
        self.target = target

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        self.transport.pause_reading()
        self.not_before = self.loop.time() + 2 * self.delay
        self.opening = self.loop.create_task(self._open())

    async def _open(self) -> None:
        assert self.transport is not None
        try:
            _, onward = await self.loop.create_connection(lambda: Direction(self.delay), "127.0.0.1", self.target)
        except OSError:
            self.transport.abort()
            return
        self.peer, onward.peer = onward, self
        self.transport.resume_reading()


async def serve(target: int, delay: float) -> None:
    """Forward every connection to ``target`` until cancelled."""
    server = await asyncio.get_running_loop().create_server(
        lambda: Accepted(delay, target), "127.0.0.1", 0, backlog=1024
    )
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--target", type=int, required=True, help="port to forward to")
    parser.add_argument("--delay-ms", type=float, required=True, help="delay of each direction in milliseconds")
    options = parser.parse_args()
    asyncio.run(serve(options.target, options.delay_ms / 1000))
