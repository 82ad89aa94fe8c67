"""API tokens of our own, for jobs and kernels."""

from __future__ import annotations

from typing import Annotated

import msgspec

from jupyter_gradient_data.models import Access, ApiToken, NewToken, Page

from .base import Handler
from .operations import operation
from .queries import PageQuery

Days = Annotated[float | None, msgspec.Meta(description="Until it ends; null never ends.")]


class TokenWish(msgspec.Struct, forbid_unknown_fields=True):
    """What a new token shall allow, and for how long."""

    name: str
    access: Access = Access.READ
    datasets: tuple[str, ...] = ()
    days: Days = 90


class TokensHandler(Handler):
    """All API tokens."""

    @operation(resource="tokens", query=PageQuery, answer=Page[ApiToken])
    async def get(self, query: PageQuery) -> Page[ApiToken]:
        """List API tokens, without their secrets."""
        return await self.call(self.service.list_tokens, limit=query.limit, after=query.after)

    @operation(resource="tokens", body=TokenWish, answer=NewToken, status=201)
    async def post(self, body: TokenWish) -> NewToken:
        """Make a token; its secret is shown this once."""
        return await self.call(
            self.service.create_token, body.name, access=body.access, datasets=body.datasets, days=body.days
        )


class TokenHandler(Handler):
    """One API token."""

    @operation(resource="tokens", status=204)
    async def delete(self, token: str) -> None:
        """Revoke a token; it ends at once."""
        await self.call(self.service.delete_token, token)


ROUTES = [
    ("/api/tokens", TokensHandler),
    ("/api/tokens/{token}", TokenHandler),
]
