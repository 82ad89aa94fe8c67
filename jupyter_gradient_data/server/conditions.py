"""Entity tags that carry a time: with ``If-Match`` a change is made only to what its maker has seen."""

from __future__ import annotations

import hashlib
import re
from datetime import datetime, timezone

from jupyter_gradient_data.errors import ErrorKind

_TAG = re.compile(r'"([0-9a-f]{1,13})(?:-[0-9a-f]+)?"')  # 13: milliseconds of the years that datetime knows


def etag_of(modified: datetime, body: bytes) -> str:
    """The tag of a thing: when it was changed, for `time_of`, and what is said of it.

    The second part is for ``If-None-Match``: an answer also tells what others may change, such as the newest version of
    a dataset.  It does not count for ``If-Match``.
    """
    return f'"{round(modified.timestamp() * 1000):x}-{hashlib.blake2b(body, digest_size=6).hexdigest()}"'


def time_of(if_match: str | None) -> datetime | None:
    """When the thing that an ``If-Match`` header names was changed; None when it does not matter.

    Raises
    ------
    ChangedMeanwhile
        No tag of ours: there is nothing that it could match.
    """
    if if_match is None or if_match.strip() == "*":
        return None
    tag = _TAG.fullmatch(if_match.strip())
    try:
        return datetime.fromtimestamp(int(tag[1], 16) / 1000, timezone.utc)  # type: ignore[index]
    except (TypeError, ValueError, OverflowError, OSError):
        raise ErrorKind.CHANGED_MEANWHILE(thing="This") from None
