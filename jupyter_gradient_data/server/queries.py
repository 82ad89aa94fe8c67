"""What many operations take: pages, and references made of the parts of a path."""

from __future__ import annotations

from typing import Annotated

import msgspec

Limit = Annotated[int, msgspec.Meta(ge=1, le=1000, description="Rows of a page, at most.")]
LongLimit = Annotated[int, msgspec.Meta(ge=1, le=10_000, description="Rows of a page, at most.")]
After = Annotated[str | None, msgspec.Meta(description="`next_token` of the page before; none for the first.")]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of a list."""

    limit: Limit = 100
    after: After = None


def reference_to(dataset: str, version: str) -> str:
    """``<dataset>:<version>`` of the parts of a path; whoever parses it refuses what cannot be one."""
    return f"{dataset}:{version}"
