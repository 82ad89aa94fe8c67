"""What this API is: for programs, and for people."""

from __future__ import annotations

import functools
from typing import Any

import msgspec

from . import docs_page, openapi
from .base import Handler
from .operations import Content, operation


@functools.cache
def document() -> dict[str, Any]:
    """The description of all routes, without the place of the server."""
    from .routes import ROUTES  # here: the list has the routes of this module as well

    return openapi.describe(ROUTES)


class OpenApiHandler(Handler):
    """The description for programs."""

    needs_host = False

    @operation(resource="description", answer=Content("application/json"))
    async def get(self) -> None:
        """Describe all of this API, as OpenAPI 3.1."""
        described = await self.call(document)
        self.finish(msgspec.json.encode({**described, "servers": [{"url": self.public_root}]}))


class DocsHandler(Handler):
    """The description for people."""

    needs_host = False

    @operation(resource="description", answer=Content("text/html; charset=utf-8"))
    async def get(self) -> None:
        """Describe all of this API, as a page to read."""
        page = await self.call(lambda: docs_page.render(document(), self.public_root))
        self.set_header("Content-Security-Policy", docs_page.POLICY)
        self.finish(page)


ROUTES = [
    ("/api/openapi.json", OpenApiHandler),
    ("/api/docs", DocsHandler),
]
