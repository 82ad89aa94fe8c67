"""A server extension that measures how late the event loop is; only for the benchmark of the server."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from jupyter_server.base.handlers import APIHandler
from tornado.web import authenticated

_EVERY = 0.02  # seconds between two looks


class Sampler:
    """Asks to be woken every 20 ms and notes how much later it was."""

    def __init__(self) -> None:
        self.delays: list[float] = []

    async def run(self) -> None:
        while True:
            wanted = time.monotonic() + _EVERY
            await asyncio.sleep(_EVERY)
            self.delays.append(time.monotonic() - wanted)


class DelayHandler(APIHandler):
    """``GET``: the delays since the last ``GET``, in seconds."""

    @authenticated
    async def get(self) -> None:
        sampler = self.settings["loop_delay"]
        delays, sampler.delays = sorted(sampler.delays), []
        found = {name: delays[int(len(delays) * part)] for name, part in (("p50", 0.5), ("p99", 0.99), ("p999", 0.999))}
        self.finish({**found, "max": delays[-1], "samples": len(delays)})


def _load_jupyter_server_extension(app: Any) -> None:
    sampler = app.web_app.settings["loop_delay"] = Sampler()
    app.web_app.add_handlers(".*$", [(app.web_app.settings["base_url"] + "loop-delay", DelayHandler)])
    app.io_loop.add_callback(sampler.run)
