"""A route: a path, and the handler that answers there."""

from __future__ import annotations

import re
from typing import NamedTuple

from .base import PREFIX, Handler


class Route(NamedTuple):
    """A path below ``/gradient`` as OpenAPI writes it, ``{name}`` for one part and ``{name*}`` for the rest."""

    path: str
    handler: type[Handler]

    @property
    def pattern(self) -> str:
        """The same as a regular expression, below the server's base URL."""
        pieces = re.split(r"(\{\w+\*?\})", PREFIX + self.path)
        return "".join(_piece(piece) for piece in pieces)


def _piece(text: str) -> str:
    if not text.startswith("{"):
        return re.escape(text)
    name = text.strip("{}")
    return f"(?P<{name[:-1]}>.*)" if name.endswith("*") else f"(?P<{name}>[^/]+)"
