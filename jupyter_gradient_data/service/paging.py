"""What all services ask of those who page through lists."""

from __future__ import annotations

from jupyter_gradient_data.errors import ErrorKind


def checked_limit(limit: int) -> int:
    """A page of none would name the next one, and whoever pages would go past what was never shown."""
    if limit < 1:
        raise ErrorKind.INVALID_OPTION(
            option="limit", value=limit, reason="a page has at least one row", hint="Give a number above 0."
        )
    return limit
