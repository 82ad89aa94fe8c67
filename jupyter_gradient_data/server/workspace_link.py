"""A link that brings a repository into the workspace, as nbgitpuller's do; it asks before it does anything.

Whoever follows a link may not know who made it, and what is in a repository mounts datasets and may be run.  So the
link only shows a page of ours that names the repository; its button sends a request that no other page can send.
"""

from __future__ import annotations

import base64
import hashlib
from html import escape
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import unquote, urlencode

import msgspec
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.utils import url_path_join

from jupyter_gradient_data.errors import GradientDataError, Unauthenticated

from .base import Handler
from .operations import Content, operation
from .parsing import refusal

_STYLE, _SCRIPT = ((Path(__file__).parent / f"workspace_page.{kind}").read_text("utf-8") for kind in ("css", "js"))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


POLICY = "; ".join(
    [
        "default-src 'none'",
        f"style-src {_hash(_STYLE)}",
        f"script-src {_hash(_SCRIPT)}",
        "connect-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",  # nobody can put the button under somebody else's picture
    ]
)


class LinkQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which repository, and where to go when it is there."""

    repo: Annotated[str, msgspec.Meta(min_length=1, max_length=2048, description="URL of the repository.")]
    branch: Annotated[str, msgspec.Meta(max_length=2048, description="Branch, tag or commit.")] | None = None
    urlpath: (
        Annotated[str, msgspec.Meta(max_length=2048, description="Where to go then, below the server's base URL.")]
        | None
    ) = None


class WorkspaceLinkHandler(Handler):
    """The page behind a link to a repository."""

    needs_host = False
    error_answer = Content("text/html; charset=utf-8")

    @operation(
        resource="workspace",
        query=LinkQuery,
        answer=Content("text/html; charset=utf-8"),
        other_answers={302: "To log in first, for browsers."},
    )
    async def get(self, query: LinkQuery) -> None:
        """Ask whether to clone a repository into `/notebook`, then do it and go on; for links."""
        data = {
            "api": url_path_join(self.base_url, "gradient/api"),
            "repo": query.repo,
            "branch": query.branch or "",
            "next": target_of(self.base_url, query.urlpath),
            "xsrf": self.xsrf_token.decode(),
        }
        self._show(_question(data))

    def get_login_url(self) -> str:
        """Where to log in: this is a page, not an API."""
        return JupyterHandler.get_login_url(self)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Send who is not known to log in; show everybody else what is wrong."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        if isinstance(error, Unauthenticated) and "text/html" in self.request.headers.get("Accept", ""):
            url = self.get_login_url()
            if "?" not in url:
                url += "?" + urlencode({"next": self.request.uri})
            self.redirect(url)
            return
        status, info = self._explain(status_code, error)
        self.set_status(status)
        if status == 405:
            self.set_header("Allow", self._allowed())
        self._show(
            _page("This link does not work", f'<p class="bad">{escape(info.message)} {escape(info.hint)}</p>', {})
        )

    def _show(self, page: str) -> None:
        self.set_header("Content-Type", "text/html; charset=utf-8")
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("X-Frame-Options", "DENY")
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("Cache-Control", "no-store")
        self.finish(page)


def target_of(base_url: str, path: str | None) -> str:
    """Where to go: below the server's base URL and nowhere else.

    Raises
    ------
    Invalid
        The path leads out of it.
    """
    path = path or "lab"
    plain = unquote(unquote(path))
    parts = plain.partition("?")[0].partition("#")[0].split("/")
    is_bad = plain.startswith("//") or "\\" in plain or "://" in plain.partition("?")[0] or not plain.isprintable()
    if is_bad or any(part.strip() in (".", "..") for part in parts):
        raise _refused()
    return url_path_join(base_url, path)


def _refused() -> GradientDataError:
    return refusal("urlpath leads away from this server")


def _question(data: dict[str, str]) -> str:
    ref = f"<dt>Branch, tag or commit</dt><dd>{escape(data['branch'])}</dd>" if data["branch"] else ""
    return _page(
        "Bring this repository into your workspace?",
        f"<dl><dt>Repository</dt><dd>{escape(data['repo'])}</dd>{ref}</dl>"
        "<p>Its files come into <code>/notebook</code>, beside yours, which stay as they are. What its settings list "
        "is mounted, and its notebooks can do whatever you can once you run them: go on if you know whose it is.</p>"
        '<p><button id="begin" type="button">Bring it in</button> '
        f'<a class="next" id="next" href="{escape(data["next"])}">Go on without it</a></p>'
        '<progress id="bar" hidden aria-label="Progress"></progress>'
        '<p id="status" role="status" aria-live="polite"></p><ul id="notes" hidden></ul>'
        "<noscript><p>This page needs JavaScript; <code>gradient workspace update</code> does without.</p></noscript>",
        data,
    )


def _page(title: str, inner: str, data: dict[str, str]) -> str:
    values = "".join(f' data-{name}="{escape(value)}"' for name, value in data.items())
    script = f"<script>{_SCRIPT}</script>" if data else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{_STYLE}</style></head>"
        f"<body{values}><main><h1>{escape(title)}</h1>{inner}</main>{script}</body></html>"
    )


ROUTES = [("/workspace", WorkspaceLinkHandler)]
