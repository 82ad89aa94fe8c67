"""What all handlers of the public API v1 share: its errors, its pages and its order by time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Annotated, Any, Generic, Literal, TypeVar

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import ErrorInfo, Page

from .base import Handler

T = TypeVar("T")

_STEP = 1000  # rows read at once where the order is not one that we keep
# The client knows these codes and no others, and no further fields.
_CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_SUPPORTED",
    409: "CONFLICT",
    412: "PRECONDITION_FAILED",
    413: "PAYLOAD_TOO_LARGE",
    429: "TOO_MANY_REQUESTS",
    499: "CLIENT_CLOSED_REQUEST",
    504: "TIMEOUT",
}


class V1Error(msgspec.Struct):
    """An error: a code of a few that clients know, and the sentence for a person."""

    code: str
    message: str


class V1Query(msgspec.Struct, rename="camel"):
    """Which page of a list, in the order of creation."""

    after: Annotated[str | None, msgspec.Meta(description="`nextPage` of the page before.")] = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=120, description="Rows of a page, at most.")] = 120
    order_by: Annotated[Literal["dtCreated"], msgspec.Meta(description="What they are ordered by.")] = "dtCreated"
    order: Annotated[Literal["asc", "desc"], msgspec.Meta(description="The oldest or the newest first.")] = "desc"


class V1Page(msgspec.Struct, Generic[T], rename="camel"):
    """One page of a list."""

    has_more: bool
    items: list[T]
    next_page: str | None = None


class V1Handler(Handler):
    """Answers as the public API did; clients send their key as ``Authorization: Bearer``."""

    error_answer = V1Error

    def error_body(self, status: int, error: ErrorInfo) -> Any:
        """The sentence and the next step in one line."""
        message = f"{error.message} {error.hint}".strip().replace("\n", " ")
        return V1Error(_CODES.get(status, "INTERNAL_SERVER_ERROR" if status >= 500 else "BAD_REQUEST"), message)


def read_all(get_page: Callable[..., Page[T]]) -> Iterable[T]:
    """All rows of a list, page by page."""
    after: str | None = None
    while True:
        page = get_page(limit=_STEP, after=after)
        yield from page.items
        after = page.next_token
        if after is None:
            return


def page_by_time(rows: Iterable[T], key: Callable[[T], tuple[datetime, str]], query: V1Query) -> Page[T]:
    """One page of rows in the order of creation, which is not the one in which we keep them.

    Parameters
    ----------
    rows : iterable
        All of them.
    key : callable
        When a row was created, and its id.
    query : V1Query
        Which page; its token is the time and id of the last row of the page before.
    """
    ordered = sorted(rows, key=key, reverse=query.order == "desc")
    if query.after is not None:
        last = _position(query.after)
        ordered = [row for row in ordered if (key(row) < last if query.order == "desc" else key(row) > last)]
    items = tuple(ordered[: query.limit])
    return Page(items, _token(key(items[-1])) if len(ordered) > query.limit else None)


def to_v1_page(page: Page[T], convert: Callable[[T], Any]) -> V1Page[Any]:
    """A page of ours as the API shows it."""
    return V1Page(page.next_token is not None, [convert(item) for item in page.items], page.next_token)


def _token(position: tuple[datetime, str]) -> str:
    return f"{position[0].isoformat()}~{position[1]}"


def _position(token: str) -> tuple[datetime, str]:
    time, _, identifier = token.partition("~")
    try:
        position = datetime.fromisoformat(time)
    except ValueError:
        position = datetime.min
    if position.tzinfo is None:
        raise ErrorKind.INVALID_OPTION(
            option="after", value=token, reason="it is not a token of this list", hint="Begin with the first page."
        )
    return position, identifier
