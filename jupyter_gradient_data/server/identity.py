"""Who asks: Jupyter's own identity in all its forms, `X-API-Key`, and API tokens of ours."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import User
from tornado.web import HTTPError

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Access, ApiToken

if TYPE_CHECKING:
    from .base import Handler

PREFIX = "gdt_"  # API tokens begin with it
_ADMIN = frozenset({"providers", "tokens", "upkeep"})  # to change these needs more than write access
_PRESENTED = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)


async def identify(handler: Handler) -> None:
    """Set the handler's user, or refuse the request.

    Raises
    ------
    Unauthenticated
        Nobody is known to be asking.
    """
    headers = handler.request.headers
    if (key := headers.get("X-API-Key")) and "Authorization" not in headers:
        headers["Authorization"] = f"token {key}"
    presented = _PRESENTED.fullmatch(headers.get("Authorization", "").strip())
    if presented and presented[1].startswith(PREFIX):
        handler.api_token = await handler.call(handler.host.tokens.identify, presented[1])
        user = User(username=f"token {handler.api_token.name}")
        handler.current_user = handler._jupyter_current_user = user
        handler._token_authenticated = True
        handler.set_cors_headers()
        return
    reason = "the token given is not this server's" if presented else "no token was given"
    try:
        await handler.prepare_jupyter()
    except HTTPError as error:
        if error.status_code == 403 and not handler.current_user:
            raise ErrorKind.NOT_AUTHENTICATED(reason=reason) from None
        raise
    if not handler.current_user:
        raise ErrorKind.NOT_AUTHENTICATED(reason=reason)


def make_authorizer(token: ApiToken) -> Authorizer:
    """An authorizer that allows what an API token allows."""
    return _TokenAuthorizer(token)


class _TokenAuthorizer(Authorizer):
    def __init__(self, token: ApiToken) -> None:
        super().__init__()
        self._token = token

    def is_authorized(self, handler: Any, user: User, action: str, resource: str) -> bool:
        access = self._token.access
        if access is Access.ADMIN:
            return True
        if resource == "tokens" or (resource in _ADMIN and action != "read"):
            return False
        return action == "read" or access is Access.WRITE
