"""What one verb of one route does, said once: its parsing, its checks, its answer, its place in the OpenAPI document.

::

    @operation(resource="datasets", query=PageQuery, answer=Page[Dataset])
    async def get(self, query: PageQuery) -> Page[Dataset]:
        \"\"\"List datasets by name.\"\"\"
        return await self.call(self.service.list_datasets, limit=query.limit, after=query.after)

Parameters of the path come as keyword arguments.  Every verb is authenticated, and authorised for ``action`` on
``resource``; a verb without an operation answers 405, ``HEAD`` answers as ``GET`` does.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from tornado.web import authenticated

Verb = Callable[..., Awaitable[Any]]

ACTIONS = {"get": "read", "head": "read", "options": "read"}  # every other verb writes


# For `operation`'s ``request_headers``, where the method passes `Handler.unchanged_since` on.
IF_MATCH = {"If-Match": "The `ETag` of the thing as you saw it: it is changed only when nobody else did meanwhile."}


ANY = "*/*"


@dataclass(frozen=True)
class Content:
    """An answer that the verb writes itself: its media type, or `ANY` when the verb sets that as well."""

    media_type: str = "application/octet-stream"


@dataclass(frozen=True)
class Operation:
    """The description of one verb; see `operation`."""

    function: Verb
    resource: str
    action: str
    query: type | None = None
    body: Any = None
    body_media_type: str = "application/json"
    body_limit: int = 1024 * 1024
    streams: bool = False
    answer: Any = None
    status: int = 200
    request_headers: dict[str, str] = field(default_factory=dict)
    response_headers: dict[str, str] = field(default_factory=dict)
    other_answers: dict[int, str] = field(default_factory=dict)
    is_idempotent: bool = False
    signed: bool = False


def operation(
    *,
    resource: str,
    action: str | None = None,
    query: type | None = None,
    body: Any = None,
    body_media_type: str = "application/json",
    body_limit: int = 1024 * 1024,
    streams: bool = False,
    answer: Any = None,
    status: int = 200,
    request_headers: dict[str, str] | None = None,
    response_headers: dict[str, str] | None = None,
    other_answers: dict[int, str] | None = None,
    is_idempotent: bool = False,
    signed: bool = False,
) -> Callable[[Verb], Verb]:
    """Make a method of a `Handler` answer requests.

    Parameters
    ----------
    resource : str
        What is asked for, for the authorizer: ``datasets``, ``mounts``, ``outputs``, ``providers``, ``public``,
        ``tasks``, ``tokens``, ``upkeep``, ``volumes``, ``workspace``.
    action : str, optional
        ``read`` or ``write``; by default as the verb says.
    query : type, optional
        A ``msgspec.Struct`` of the parameters in the query string; given to the method as ``query``.  Only fields that
        are lists may be given more than once.
    body : type, optional
        What the JSON body must be; given to the method as ``body``.  For other media types ``bytes``.
    body_media_type : str
        Of the body.
    body_limit : int
        Bytes accepted.
    streams : bool
        The method is called before the body has come, and reads `Handler.incoming` itself, however long.
    answer : type, Content or None
        What the method returns, or that it writes; None means no body.
    status : int
        Of a successful answer.
    request_headers, response_headers : dict
        Headers that mean something, and what.
    other_answers : dict
        Further statuses that the method sets itself, and what they mean.
    is_idempotent : bool
        Whether an ``Idempotency-Key`` makes a repeated request answer as the first did.
    signed : bool
        The URL itself is the permission: instead of a user's rights, `Handler.check_signature` decides.
    """

    def decorate(function: Verb) -> Verb:
        described = Operation(
            function,
            resource,
            action or ACTIONS.get(function.__name__, "write"),
            query,
            body,
            body_media_type,
            body_limit,
            streams,
            answer,
            status,
            request_headers or {},
            response_headers or {},
            other_answers or {},
            is_idempotent,
            signed,
        )

        @functools.wraps(function)
        async def answering(self: Any, **path: str) -> None:
            await self.answer(described, path)

        guard = allow_unauthenticated if signed else _guard(described)
        verb: Any = guard(answering)
        verb.operation = described
        return verb  # type: ignore[no-any-return]

    return decorate


def operation_of(handler: type, verb: str) -> Operation | None:
    """The operation behind a verb (``GET`` or ``get``) of a handler class; None when it has none."""
    own = getattr(getattr(handler, verb.lower(), None), "operation", None)
    return operation_of(handler, "get") if own is None and verb.lower() == "head" else own


def name_of(handler: type, verb: str) -> str:
    """How an operation is called: ``get_datasets``."""
    words = re.findall(r"[A-Z][a-z0-9]*", handler.__name__.removesuffix("Handler"))
    return "_".join([verb.lower(), *words]).lower()


def _guard(described: Operation) -> Callable[[Any], Any]:
    return lambda verb: authenticated(authorized(described.action, described.resource)(verb))
