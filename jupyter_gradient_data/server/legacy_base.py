"""What all handlers of the legacy API share: its errors, its times and its lists by ``filter[skip]``."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Annotated, Any, Literal, TypeVar

import msgspec

from jupyter_gradient_data.models import ErrorInfo, Page

from .base import Handler

T = TypeVar("T")

_STEP = 1000  # rows read at once on the way to those that are asked for
_HINTS = {  # next steps that the legacy client can take: it has none of our new options
    "version_committed": "Start a new version with `gradient datasets versions create`.",
    "uploads_unfinished": "Put these files again, then commit; or delete this version and put them into a new one.",
}


Limit = Annotated[int, msgspec.Meta(ge=1, le=1000, description="Rows, at most.")]
Skip = Annotated[int, msgspec.Meta(ge=0, le=10_000_000, description="Rows before the first that is wanted.")]


class ByName(msgspec.Struct):
    """Which rows of a list by name; other parameters are let pass, as an id with a ``?`` in it makes some."""

    limit: Limit = msgspec.field(name="filter[limit]", default=1000)
    skip: Skip = msgspec.field(name="filter[skip]", default=0)
    order: Annotated[Literal["name ASC"], msgspec.Meta(description="The order of this list.")] = msgspec.field(
        name="filter[order][]", default="name ASC"
    )


class LegacyErrorDetails(msgspec.Struct, rename="camel"):
    """What the legacy client prints is the message."""

    status_code: int
    name: str
    message: str
    status: int
    code: str


class LegacyError(msgspec.Struct):
    """An error as LoopBack sends it, which the original was made with."""

    error: LegacyErrorDetails


class LegacyHandler(Handler):
    """Answers as the retired service did."""

    error_answer = LegacyError

    def error_body(self, status: int, error: ErrorInfo) -> Any:
        """The sentence and the next step in one line."""
        hint = _HINTS.get(error.code, error.hint)
        message = f"{error.message} {hint}".strip().replace("\n", " ")
        return LegacyError(LegacyErrorDetails(status, "Error", message, status, error.code))

    async def rows(self, get_page: Callable[..., Page[T]], query: Any) -> tuple[T, ...]:
        """The rows that ``filter[limit]`` and ``filter[skip]`` ask for, found by walking our pages."""
        after: str | None = None
        skip = query.skip
        while skip:
            page = await self.call(get_page, limit=min(skip, _STEP), after=after)
            skip -= len(page.items)
            after = page.next_token
            if after is None:
                return ()
        return (await self.call(get_page, limit=query.limit, after=after)).items


def to_time(time: datetime) -> str:
    """A time as the original wrote it: ISO 8601 with milliseconds and ``Z``."""
    return time.astimezone(timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
