"""Reading files from web servers: ranges where they have them, redirects only to web servers, and not for ever."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from urllib.parse import urljoin, urlsplit
from urllib.request import getproxies, proxy_bypass

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    InvalidChunkLength,
    LocationValueError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)
from urllib3.util.retry import Retry

from jupyter_gradient_data import __version__

from .opened import Opened, SourceError

_CONNECT_SECONDS = 10.0
_PIECE = 64 * 1024  # bytes read at once: a slow server is noticed, and so is a wish to stop
_MOST_REDIRECTS = 8
_REDIRECTS = {301, 302, 303, 307, 308}
_LATER = {408, 425, 429, 500, 502, 503, 504}
_LONGEST_PAUSE = 30.0  # seconds that a server may ask us to wait
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+|\*)")
_HEADERS = {"User-Agent": f"jupyter-gradient-data/{__version__}", "Accept-Encoding": "identity"}


class WebSource:
    """Asks web servers.

    Parameters
    ----------
    patience : float
        Seconds of silence after which a request fails.

    Notes
    -----
    All methods may be called from any thread; all raise `SourceError`.
    """

    def __init__(self, patience: float = 60.0) -> None:
        self._timeout = urllib3.Timeout(connect=min(_CONNECT_SECONDS, patience), read=patience)
        self._direct = urllib3.PoolManager(num_pools=8, maxsize=8, retries=False, timeout=self._timeout)
        self._proxies: dict[str, urllib3.ProxyManager] = {}

    def size(self, url: str) -> int | None:
        """The size of a file, when its server tells it without sending it."""
        response = self._follow("HEAD", url, {})
        response.close()
        if response.status >= 400:
            raise _refused(response)
        return _number(response.headers.get("Content-Length"))

    def open(self, url: str, start: int, validator: str | None) -> Opened:
        """Begin to read a file.

        Parameters
        ----------
        url : str
            Its address.
        start : int
            The first byte that is needed.
        validator : str or None
            What an earlier `Opened` had; when the file is another one by now, it comes from its beginning.
        """
        headers = {}
        if start:
            headers["Range"] = f"bytes={start}-"
            if validator is not None:
                headers["If-Range"] = validator
        response = self._follow("GET", url, headers)
        try:
            if response.status == 416 and start:
                response.close()
                return self.open(url, 0, None)
            if response.status not in (200, 206):
                raise _refused(response)
            _check_kind(response, url)
            first, size = _position(response)
            if first not in (0, start):
                raise SourceError("it answers with another part of the file than was asked for")
        except BaseException:
            response.close()
            raise
        return Opened(first, size, _validator(response.headers), self._pieces(response), response.close)

    def close(self) -> None:
        """Close all connections."""
        self._direct.clear()
        for pool in self._proxies.values():
            pool.clear()

    def _follow(self, method: str, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        """The answer, after as many redirects as are reasonable."""
        for _ in range(_MOST_REDIRECTS + 1):
            response = self._ask(method, url, headers)
            location = response.headers.get("Location")
            if response.status not in _REDIRECTS or location is None:
                return response
            response.close()
            url = _redirected(url, location)
        raise SourceError(f"it redirects more than {_MOST_REDIRECTS} times")

    def _ask(self, method: str, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool(url).request(
                method, url, headers={**_HEADERS, **headers}, redirect=False, preload_content=False
            )
        except (HTTPError, OSError, ValueError) as error:
            raise _unreachable(error) from None

    def _pieces(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        try:
            # Never decoded: what a .gz file is sent as is what it is.
            yield from response.stream(_PIECE, decode_content=False)
        except ReadTimeoutError:
            raise SourceError("it stopped sending", may_pass=True) from None
        except (HTTPError, OSError, InvalidChunkLength):
            raise SourceError("the connection broke", may_pass=True) from None
        finally:
            response.close()

    def _pool(self, url: str) -> urllib3.PoolManager:
        """The pool for a URL: through the proxy that the environment names for it, if any."""
        parts = urlsplit(url)
        proxy = getproxies().get(parts.scheme)
        if not proxy or proxy_bypass(parts.hostname or ""):
            return self._direct
        if proxy not in self._proxies:
            self._proxies[proxy] = urllib3.ProxyManager(proxy, maxsize=8, retries=False, timeout=self._timeout)
        return self._proxies[proxy]


def _redirected(url: str, location: str) -> str:
    try:
        url = urljoin(url, location)
        scheme = urlsplit(url).scheme
    except ValueError:
        raise SourceError("it redirects to something that is no URL") from None
    if scheme not in ("http", "https"):
        raise SourceError("it redirects to something that is not on the web")
    return url


def _position(response: urllib3.BaseHTTPResponse) -> tuple[int, int | None]:
    """The first byte that comes, and the size of the whole file."""
    if response.status == 200:
        return 0, _number(response.headers.get("Content-Length"))
    found = _RANGE.fullmatch(response.headers.get("Content-Range", "").strip())
    if found is None:
        raise SourceError("it does not say which part of the file it sends")
    return int(found[1]), _number(found[2])


def _validator(headers: Mapping[str, str]) -> str | None:
    """What ``If-Range`` may hold: a strong ETag, else the time of the last change."""
    tag = headers.get("ETag")
    return tag if tag and not tag.startswith("W/") else headers.get("Last-Modified")


def _check_kind(response: urllib3.BaseHTTPResponse, url: str) -> None:
    """Refuse what is certainly not the file: a page that asks for something, or bytes that were packed on the way."""
    path = urlsplit(url).path.lower()
    if response.headers.get("Content-Type", "").startswith("text/html") and not path.endswith((".html", ".htm")):
        raise SourceError("it answers with a web page instead of the file")
    encoding = response.headers.get("Content-Encoding", "identity")
    if encoding not in ("", "identity") and not path.endswith((".gz", ".tgz")):
        raise SourceError("it compresses what it sends, although it was asked not to")


def _refused(response: urllib3.BaseHTTPResponse) -> SourceError:
    status = response.status
    pause = 0.0
    with suppress(HTTPError, ValueError, TypeError):
        pause = Retry().parse_retry_after(response.headers.get("Retry-After", "0"))
    response.close()
    may_pass = status in _LATER and pause <= _LONGEST_PAUSE
    return SourceError(f"it answers {status}", may_pass=may_pass, pause=pause if may_pass else 0.0)


def _unreachable(error: Exception) -> SourceError:
    if isinstance(error, LocationValueError) or not isinstance(error, HTTPError | OSError):
        return SourceError("that is no URL")
    if isinstance(error, SSLError):
        return SourceError("its certificate is not trusted, or it does not speak TLS")
    if isinstance(error, NameResolutionError):
        return SourceError("there is no such host", may_pass=True)
    if isinstance(error, ConnectTimeoutError | NewConnectionError):
        return SourceError("it cannot be reached", may_pass=True)
    if isinstance(error, ReadTimeoutError):
        return SourceError("it does not answer in time", may_pass=True)
    return SourceError("the connection broke", may_pass=True)


def _number(text: str | None) -> int | None:
    return int(text) if text is not None and text.isascii() and text.isdigit() else None
