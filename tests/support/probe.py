"""A Jupyter extension with routes that do what ours hopefully never do: to see what becomes of it.

``JupyterServer(..., arguments=PROBED, environment=PROBE_ENVIRONMENT)`` has it.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.server.base import Handler
from jupyter_gradient_data.server.operations import IF_MATCH, Content, operation
from jupyter_gradient_data.server.route import Route

PROBED = ("--ServerApp.jpserver_extensions=tests.support.probe=True",)
PROBE_ENVIRONMENT = {"PYTHONPATH": str(Path(__file__).parents[2])}

PIECE = b"p" * 65536
CHANGED = datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=timezone.utc)


class Facts(msgspec.Struct):
    """What the handlers below have seen."""

    made: int = 0  # pieces of an answer
    closed: int = 0  # answers that were ended before their end
    received: int = 0  # bytes of bodies
    lost: int = 0  # bodies that broke off
    done: int = 0  # requests that changed something
    threads: list[str] = []
    urls: list[str] = []


facts = Facts()


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    """A body."""

    name: str
    extra: Any = None


class Query(msgspec.Struct, forbid_unknown_fields=True):
    """How many pieces, and whether the answer fails after them."""

    pieces: int = 0
    fails: bool = False
    length: bool = False


class FactsHandler(Handler):
    """What was seen."""

    @operation(resource="probe", answer=Facts)
    async def get(self) -> Facts:
        """Look."""
        facts.threads = [thread.name for thread in threading.enumerate()]
        facts.urls = [self.absolute_url("/s3/x"), self.public_root]
        return facts


class StreamHandler(Handler):
    """A long answer."""

    @operation(resource="probe", query=Query, answer=Content("text/plain"))
    async def get(self, query: Query) -> None:
        """Send so many pieces (0: for ever), then perhaps fail."""

        def pieces() -> Iterator[bytes]:
            number = 0
            try:
                while not query.pieces or number < query.pieces:
                    number += 1
                    facts.made += 1
                    yield PIECE
                if query.fails:
                    raise ErrorKind.STORE_CORRUPT(thing="A blob", store="the store", reason="a probe")
            except GeneratorExit:
                facts.closed += 1
                raise

        if query.length:
            self.set_header("Content-Length", str(query.pieces * len(PIECE)))
        await self.send(pieces())


class ReceiveHandler(Handler):
    """A long body."""

    @operation(resource="probe", body=bytes, streams=True, answer=int)
    async def put(self) -> int:
        """Read it."""
        size = 0
        try:
            async for piece in self.incoming:
                size += len(piece)
                facts.received += len(piece)
        except ConnectionResetError:
            facts.lost += 1
            raise
        return size

    @operation(resource="probe", body=bytes, streams=True, answer=int)
    async def post(self) -> int:
        """Refuse it before its end."""
        raise ErrorKind.QUOTA_EXCEEDED(needed="1 B", provider="the probe", used="0 B", quota="0 B")


class ThingHandler(Handler):
    """A thing that changes."""

    @operation(resource="probe", answer=Thing)
    async def get(self) -> Thing:
        """Show it."""
        self.set_etag_of(CHANGED)
        return Thing("thing")

    @operation(resource="probe", body=Thing, body_limit=4 * 1024 * 1024, answer=Thing, request_headers=IF_MATCH)
    async def put(self, body: Thing) -> Thing:
        """Change it if it is as it was seen."""
        seen = self.unchanged_since()
        if seen is not None and seen != CHANGED:
            raise ErrorKind.CHANGED_MEANWHILE(thing="The thing")
        self.set_etag_of(CHANGED)
        return body

    @operation(resource="probe", body=Thing, answer=Thing, status=201, is_idempotent=True)
    async def post(self, body: Thing) -> Thing:
        """Do something that counts; with the name ``slow`` it takes a moment, with ``bad`` it fails."""
        if body.name == "slow":
            await self.call(time.sleep, 0.5)
        if body.name == "bad":
            raise ErrorKind.NAME_TAKEN(thing="thing", name="bad")
        facts.done += 1
        return Thing(f"{body.name} {facts.done}")

    @operation(resource="probe")
    async def delete(self) -> None:
        """Break."""
        raise RuntimeError("the password is hunter2")


class SignedHandler(Handler):
    """Something that forgot to check the signature."""

    @operation(resource="probe", answer=int, signed=True)
    async def get(self) -> int:
        """Never answers."""
        return 1


ROUTES = [
    ("/probe/facts", FactsHandler),
    ("/probe/stream", StreamHandler),
    ("/probe/receive", ReceiveHandler),
    ("/probe/thing", ThingHandler),
    ("/probe/signed", SignedHandler),
]


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    return [{"module": "tests.support.probe"}]


def _load_jupyter_server_extension(server: Any) -> None:
    routes = [Route(*route) for route in ROUTES]
    base = server.web_app.settings["base_url"].rstrip("/")
    server.web_app.add_handlers(".*$", [(base + route.pattern, route.handler) for route in routes])
    logging.captureWarnings(True)
