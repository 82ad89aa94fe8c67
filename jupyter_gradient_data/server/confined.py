"""How content of users goes out: named, typed, and never able to run as a page of ours."""

from __future__ import annotations

import mimetypes
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

if TYPE_CHECKING:
    from tornado.web import RequestHandler

# `sandbox` alone takes scripts, forms and our origin from a page; the rest keeps it from calling home.
POLICY = "; ".join(
    [
        "sandbox",
        "default-src 'none'",
        "img-src 'self' data:",
        "media-src 'self'",
        "style-src 'unsafe-inline'",
        "frame-ancestors 'self'",
    ]
)
_COMPRESSED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
_OWN_TYPES = {
    ".ipynb": "application/x-ipynb+json",
    ".md": "text/markdown",
    ".parquet": "application/vnd.apache.parquet",
}
_SCRIPT = re.compile(r"(?:text|application)/(?:x-)?(?:java|ecma|j|live)script[\d.]*")


def media_type(path: str) -> str:
    """The media type of a file, by its name.

    Scripts are text: with ``nosniff``, a page of ours that was tricked into naming one as a script does not run it.
    """
    name = path.rpartition("/")[2]
    suffix = "." + name.rpartition(".")[2].lower()
    kind, encoding = mimetypes.guess_type("file" + suffix if "." in name else "file")
    kind = _COMPRESSED.get(encoding, "application/octet-stream") if encoding else _OWN_TYPES.get(suffix, kind)
    if kind is None:
        return "application/octet-stream"
    if _SCRIPT.fullmatch(kind):
        kind = "text/plain"
    return f"{kind}; charset=utf-8" if kind.startswith("text/") else kind


def disposition(name: str, *, inline: bool = False) -> str:
    """A ``Content-Disposition`` (RFC 6266) with the file's name, whatever is in it."""
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    encoded = "" if plain == name else f"; filename*=UTF-8''{quote(name, safe='')}"
    return f'{"inline" if inline else "attachment"}; filename="{plain}"{encoded}'


def set_confining_headers(handler: RequestHandler, name: str, kind: str, *, inline: bool = False) -> None:
    """Set type, name and everything that confines content; to be called last, it replaces what others set."""
    handler.set_header("Content-Type", kind)
    handler.set_header("Content-Disposition", disposition(name, inline=inline))
    handler.set_header("Content-Security-Policy", POLICY)
    handler.set_header("X-Content-Type-Options", "nosniff")
    handler.set_header("Cross-Origin-Resource-Policy", "same-origin")
