"""The address of a server, from whatever a person has at hand: what Jupyter prints, or what the browser shows."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import parse_qs, unquote, urlsplit

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

# What follows a server's base URL in a browser.
_API = "gradient"
_PAGES = frozenset({"lab", "tree", "notebooks", "edit", "doc", "nbclassic", "login", "api", _API})
_FILES = frozenset({"tree", "notebooks", "edit", "doc", "workspaces"})  # names of files may follow these


class ServerUrl(NamedTuple):
    """A server's base URL, without a slash at its end, and the token that came with it."""

    base: str
    token: str | None


def parse_url(text: str) -> ServerUrl:
    """Read a URL such as ``http://localhost:8888/user/me/lab/tree/x.ipynb?token=abc``.

    Raises
    ------
    Invalid
        It is no URL of a server; the sentence does not quote it, because it may hold a token.
    """
    text = text.strip()
    try:
        parts = urlsplit(text if "//" in text else f"http://{text}")
        host, port = parts.hostname, parts.port
    except ValueError:
        raise _refusal("it is not a URL") from None
    if parts.scheme not in ("http", "https"):
        raise _refusal("it begins with neither http:// nor https://")
    if not host:
        raise _refusal("it names no host")
    if parts.username is not None:
        raise _refusal("it has a user name in it")
    address = f"[{host}]" if ":" in host else host
    address += f":{port}" if port is not None else ""
    token = parse_qs(parts.query).get("token", [None])[-1]
    return ServerUrl(f"{parts.scheme}://{address}{_base_path(parts.path)}", token)


def _base_path(path: str) -> str:
    """The path without the page that is open; a user of a hub may be called ``lab``."""
    names = [name for name in path.split("/") if name]
    if names[-1:] == [_API] and not _FILES.intersection(names):  # said exactly: what is before is the base
        return "".join(f"/{name}" for name in names[:-1])
    for place, name in enumerate(names):
        if unquote(name) in _PAGES and names[place - 1 : place] != ["user"]:
            names = names[:place]
            break
    return "".join(f"/{name}" for name in names)


def _refusal(reason: str) -> GradientDataError:
    return ErrorKind.INVALID_OPTION(
        option="the server's URL",
        value="(hidden)",
        reason=reason,
        hint="Give the URL that Jupyter prints when it starts, such as http://localhost:8888/?token=… .",
    )
