"""What all services ask of those who say how long something lives."""

from __future__ import annotations

import math

from jupyter_gradient_data.errors import ErrorKind

_MOST_DAYS = 36_500  # a hundred years; later dates are mistakes


def checked_days(days: float | None) -> float | None:
    """Days that a token lives; None, for ever, only when it was meant: what is no number travels as None in JSON."""
    if days is not None and not (math.isfinite(days) and 0 < days <= _MOST_DAYS):
        raise ErrorKind.INVALID_OPTION(
            option="days",
            value=days,
            reason=f"it is not a number above 0 and at most {_MOST_DAYS:,}",
            hint="Say in how many days the token ends, or that it never does.",
        )
    return days
