"""Who asks: Jupyter's own identity in all its forms, `X-API-Key`, and API tokens of ours."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING

from jupyter_server.auth.authorizer import Authorizer
from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import JupyterHandler
from tornado.web import HTTPError

from jupyter_gradient_data.errors import ErrorKind, Unauthenticated
from jupyter_gradient_data.models import Access, ApiToken

if TYPE_CHECKING:
    from .base import Handler

PREFIX = "gdt_"  # API tokens begin with it
_ADMIN = frozenset({"providers", "tokens", "upkeep", "workspace"})  # to change these needs more than write access
_PRESENTED = re.compile(r"(?:token|bearer)\s+(\S+)", re.IGNORECASE)


async def identify(handler: Handler, *, is_signed: bool = False) -> None:
    """Set the handler's user, or refuse the request.

    Parameters
    ----------
    handler : Handler
        Of the request.
    is_signed : bool
        The URL itself is the permission: nobody needs to be known.

    Raises
    ------
    Unauthenticated
        Nobody is known to be asking.
    TooMany
        Too many wrong tokens came from the same address.
    """
    address = handler.request.remote_ip or ""
    if is_signed:
        _set_user(handler, User(username="signed URL"), f"address:{address}")
        return
    attempts = handler.shared.attempts
    token = _presented(handler)
    if token:
        attempts.check(address, token)
    try:
        await (_by_api_token(handler, token) if token.startswith(PREFIX) else _by_jupyter(handler, token))
    except Unauthenticated:
        if token:
            attempts.failed(address)
        raise
    if token and handler.token_authenticated:
        attempts.succeeded(token)


def make_authorizer(token: ApiToken) -> Authorizer:
    """An authorizer that allows what an API token allows."""
    return _TokenAuthorizer(token)


def _presented(handler: Handler) -> str:
    """The token that a request came with; one in `X-API-Key` becomes what Jupyter knows as well."""
    headers = handler.request.headers
    if (key := headers.get("X-API-Key")) and "Authorization" not in headers:
        headers["Authorization"] = f"token {key}"
    given = _PRESENTED.fullmatch(headers.get("Authorization", "").strip())
    return given[1] if given else handler.get_query_argument("token", "")


async def _by_api_token(handler: Handler, token: str) -> None:
    host = await handler.shared.open()
    found: ApiToken = await handler.call(host.tokens.identify, token)
    handler.api_token = found
    _set_user(handler, User(username=f"token {found.name}"), f"token:{found.id}")


async def _by_jupyter(handler: Handler, token: str) -> None:
    provider = handler.identity_provider
    is_default = type(provider).get_user is IdentityProvider.get_user
    is_default = is_default and type(provider).get_user_token is IdentityProvider.get_user_token
    if token and is_default and not _equal(token, provider.token or ""):
        # Jupyter's own comparison takes the longer the more of a token is right, so no wrong one gets there; a
        # browser that is logged in and sends an old token is still known by its cookie.
        handler.request.headers.pop("Authorization", None)
        handler.request.arguments.pop("token", None)
    reason = "the token given is not this server's" if token else "no token was given"
    try:
        await handler.prepare_jupyter()
    except HTTPError as error:
        if error.status_code in (401, 403, 404) and not handler.current_user:
            raise ErrorKind.NOT_AUTHENTICATED(reason=reason) from None
        raise
    user = handler.current_user
    if not user:
        raise ErrorKind.NOT_AUTHENTICATED(reason=reason)
    # Whoever comes with the server's own token, or to one that asks for none, gets a made-up name each time.
    is_made_up = is_default and (handler.token_authenticated or not provider.auth_enabled)
    handler.who = "server" if is_made_up else f"user:{user.username}"


def _set_user(handler: Handler, user: User, who: str) -> None:
    """What `JupyterHandler.prepare` does for a request that came with a token, without asking Jupyter's provider."""
    if not handler.check_host():
        raise HTTPError(403)
    handler.current_user = handler._jupyter_current_user = user
    handler._token_authenticated = True  # type: ignore[attr-defined]  # where Jupyter keeps it
    handler.who = who
    handler.set_cors_headers()


def _equal(given: str, right: str) -> bool:
    """Whether two secrets are the same, found out in the same time wherever they differ."""
    return bool(right) and hmac.compare_digest(given.encode("utf-8", "replace"), right.encode())


class _TokenAuthorizer(Authorizer):
    def __init__(self, token: ApiToken) -> None:
        super().__init__()
        self._token = token

    def is_authorized(self, handler: JupyterHandler, user: User, action: str, resource: str) -> bool:
        access = self._token.access
        if access is Access.ADMIN:
            return True
        if resource == "tokens" or (resource in _ADMIN and action != "read"):
            return False
        return action == "read" or access is Access.WRITE
