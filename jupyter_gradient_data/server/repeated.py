"""Requests with an ``Idempotency-Key``: sent twice, done once, answered the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from .operations import Operation
from .parsing import refusal

if TYPE_CHECKING:
    from .base import Handler

HEADER = "Idempotency-Key"
_LONGEST = 255


class Kept(NamedTuple):
    """What was answered to the first request with the key."""

    status: int
    body: bytes


async def perform_once(handler: Handler, raw: bytes, operation: Operation, arguments: dict[str, Any]) -> Any:
    """Do what is asked, or return what was answered when the same was asked before with this key.

    Raises
    ------
    Invalid
        The key is too long.
    Conflict
        It was used for another request, or the first is still being answered.
    """
    key = handler.request.headers[HEADER]
    if len(key) > _LONGEST:
        raise refusal(f"the {HEADER} is longer than {_LONGEST} characters")
    answers = handler.host.answers
    request = f"{handler.request.method} {handler.request.uri}\n".encode() + raw
    kept = await handler.call(answers.begin, handler.who, key, request)
    if kept is not None:
        return Kept(*kept)
    try:
        value = await operation.function(handler, **arguments)
    except BaseException:  # nothing was done, so it may be tried again
        await handler.call(answers.forget, handler.who, key)
        raise
    status = operation.status if handler.get_status() == 200 else handler.get_status()
    body = b"" if operation.answer is None else msgspec.json.encode(value)
    await handler.call(answers.finish, handler.who, key, status, body)
    return value
