"""Byte ranges, and the conditions on them, as RFC 9110 describes them, for content with a strong entity tag."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_TAGS = re.compile(r'\*|(?:W/)?"[^"]*"')
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE | re.ASCII)


class Selection(NamedTuple):
    """What to answer: 200 or 206 with the bytes ``start <= i < end``, or 304 or 416 with none."""

    status: int
    start: int
    end: int

    def content_range(self, size: int) -> str | None:
        """The value of ``Content-Range``; None where it has no place."""
        if self.status == 416:
            return f"bytes */{size}"
        return f"bytes {self.start}-{self.end - 1}/{size}" if self.status == 206 else None


def select(headers: Mapping[str, str], etag: str, size: int) -> Selection:
    """What a GET with these headers asks for.

    Parameters
    ----------
    headers : mapping
        Of the request.
    etag : str
        Of the content, with its quotation marks.
    size : int
        Bytes of the content.
    """
    whole = Selection(200, 0, size)
    if has_tag(headers.get("If-None-Match"), etag):
        return Selection(304, 0, 0)
    if headers.get("If-Range", etag).strip() != etag:  # also a date: content has none
        return whole
    found = _RANGE.fullmatch(headers.get("Range", ""))  # several ranges do not match: the whole is always right
    if found is None or not (found[1] or found[2]):
        return whole
    if not found[1]:  # the last so many bytes
        count = int(found[2])
        if count == 0:
            return Selection(416, 0, 0)
        return Selection(206, max(0, size - count), size) if size else whole
    start, end = int(found[1]), int(found[2]) + 1 if found[2] else size
    if found[2] and end <= start:  # runs backwards: not a range at all
        return whole
    return Selection(206, start, min(end, size)) if start < size else Selection(416, 0, 0)


def has_tag(header: str | None, etag: str) -> bool:
    """Whether an ``If-None-Match`` names this entity tag."""
    if header is None:
        return False
    return any(found == "*" or found.removeprefix("W/") == etag for found in _TAGS.findall(header))
