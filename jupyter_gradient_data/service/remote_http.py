"""Requests to a server: tried again where that is safe, decoded, and every failure as one of our errors."""

from __future__ import annotations

import contextlib
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from enum import Enum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode

import msgspec
import urllib3
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError, SSLError
from urllib3.exceptions import TimeoutError as NoAnswerError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo

from .remote_pool import open_pool
from .remote_url import parse_url

T = TypeVar("T")
Body = bytes | Iterable[bytes]

IDEMPOTENCY = "Idempotency-Key"

_ATTEMPTS = 6
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 5.0  # seconds
_MOST_PATIENCE = 60.0  # seconds that a server may ask us to wait
_LONGEST_QUERY = 60_000  # characters; the server takes 64 KiB of them with all headers
_PIECE = 1024 * 1024  # bytes of an answer handed on at once
_LATER = (429, 503)  # the request was not worked on
_GATEWAY = (502, 504)  # said by whatever stands before the server, which may be restarting
_KINDS = {kind.code: kind for kind in ErrorKind}


class Repeat(Enum):
    """Whether a request whose answer was lost may be sent again."""

    NO = "no"
    YES = "yes"  # it only looks, or does the same twice
    WITH_KEY = "with a key"  # it carries an idempotency key, so the server does it once


class _Request(NamedTuple):
    method: str
    url: str
    data: Callable[[], Body] | None
    headers: dict[str, str]
    repeat: Repeat
    no_part: GradientDataError | None


class Connection:
    """A server, as a client sees it; every method may be called from any thread.

    Parameters
    ----------
    url : str
        The server, as a person gives it; see `remote_url.parse_url`.
    token : str, optional
        What says who is asking; one in the URL comes first.
    at_once : int
        Connections kept open.
    certificate : str, optional
        As for `open_pool`.
    """

    def __init__(self, url: str, token: str | None, at_once: int, certificate: str | None = None) -> None:
        parsed = parse_url(url)
        self.url = parsed.base
        token = parsed.token or token
        self._headers = {"Authorization": f"token {token}"} if token else {}
        self._pool = open_pool(parsed.base, at_once, certificate)
        self._lock = threading.Lock()
        self._stats = {"requests": 0, "bytes_in": 0, "bytes_out": 0}
        self._has_answered = False

    def ask(self, method: str, path: str, answer: type[T], **options: Any) -> T:
        """Send a request and decode its answer.

        Parameters
        ----------
        method, path : str
            Of the request; the path below ``/gradient``, its parts encoded, see `join`.
        answer : type
            What the JSON of the answer must be; ``bytes`` for all of it as it is.
        **options : any
            As for `open`.

        Raises
        ------
        GradientDataError
            What the server said; ``SERVER_UNREACHABLE``, ``SERVER_FAILED``, or ``REPLY_LOST``.
        """
        request = self._request(method, path, **options)
        content = self._again(lambda: self._read(self._send(request), request))
        return content if answer is bytes else self._decode(content, answer)  # type: ignore[return-value]

    def tell(self, method: str, path: str, **options: Any) -> None:
        """The same for a request whose answer says nothing but that it was done."""
        self.ask(method, path, bytes, **options)

    def open(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """Send a request; the answer has come but for its body, which is for `pieces`, and is no failure.

        Parameters
        ----------
        method, path : str
            As for `ask`.
        **options : any
            ``query``: parameters, None is left out.  ``body``: sent as JSON.  ``data``: a callable that makes the body,
            for each try.  ``headers``: added to those of every request.  ``repeat``: whether it may be sent again
            (`Repeat`; ``GET`` and ``HEAD`` always may).  ``no_part``: the error to raise when the answer is not the
            range that was asked for.
        """
        request = self._request(method, path, **options)
        return self._again(lambda: self._send(request))

    def pieces(self, response: urllib3.BaseHTTPResponse) -> Iterator[bytes]:
        """The body of an answer as it comes."""
        with contextlib.closing(response):
            try:
                for piece in response.stream(_PIECE):
                    self._count(bytes_in=len(piece))
                    yield piece
            except (HTTPError, OSError):
                raise self.failed("it broke off its answer") from None

    def failed(self, reason: str) -> GradientDataError:
        """The error of a server that does not do what it should."""
        return ErrorKind.SERVER_FAILED(url=self.url, reason=reason)

    def unreachable(self, reason: str) -> GradientDataError:
        """The error of a server that cannot be reached, or not any more."""
        return ErrorKind.SERVER_UNREACHABLE(url=self.url, reason=reason)

    def error_of(self, info: ErrorInfo) -> GradientDataError:
        """An error that the server tells of, as if it had happened here."""
        kind = _KINDS.get(info.code)
        if kind is None:
            return self.failed(info.message)
        return kind.error_class(kind, info.message, info.hint, {})

    def stats(self) -> dict[str, int]:
        """Requests, and bytes of bodies that came and went."""
        with self._lock:
            return dict(self._stats)

    def close(self) -> None:
        """Close all connections."""
        self._pool.clear()

    # --- one request --------------------------------------------------------------------------------------------------

    def _request(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        data: Callable[[], Body] | None = None,
        headers: Mapping[str, str] | None = None,
        repeat: Repeat = Repeat.NO,
        no_part: GradientDataError | None = None,
    ) -> _Request:
        sent = {**self._headers, **(headers or {})}
        if body is not None:
            encoded = _encode(body)
            data = lambda: encoded  # noqa: E731
            sent["Content-Type"] = "application/json"
        if repeat is Repeat.WITH_KEY:
            sent[IDEMPOTENCY] = secrets.token_hex(16)
        if method in ("GET", "HEAD"):
            repeat = Repeat.YES
        return _Request(method, f"{self.url}/gradient{path}{_query(query)}", data, sent, repeat, no_part)

    def _again(self, work: Callable[[], T]) -> T:
        pause, left = _FIRST_PAUSE, _ATTEMPTS - 1
        lost: GradientDataError | None = None  # an answer: whatever comes after it, the request may have been done
        while True:
            try:
                return work()
            except _AgainError as again:
                if again.failure.kind is ErrorKind.REPLY_LOST:
                    lost = again.failure
                if left == 0 or again.pause > _MOST_PATIENCE:
                    raise lost or again.failure from None
                left -= 1
                time.sleep(again.pause + random.uniform(0, pause))  # noqa: S311 - spreads clients, guards no secret
                pause = min(3 * pause, _LONGEST_PAUSE)

    def _send(self, request: _Request) -> urllib3.BaseHTTPResponse:
        """The answer to one try, when it is no failure.

        Raises
        ------
        _AgainError
            It may be tried again.
        GradientDataError
            It may not.
        """
        self._count(requests=1)
        sending = _Sending(request.data() if request.data is not None else None, self._count)
        try:
            response = self._pool.request(
                request.method,
                request.url,
                body=sending.body,
                headers=request.headers,
                preload_content=False,
                redirect=False,
            )
        except (HTTPError, OSError) as error:
            if sending.error is not None:
                raise sending.error from None
            raise self._lost(error, request, was_sent=sending.is_complete) from None
        self._has_answered = True
        if request.no_part is not None and response.status in (200, 416):
            response.close()
            raise request.no_part
        if response.status < 300:
            return response
        raise self._refused(response, request)

    def _read(self, response: urllib3.BaseHTTPResponse, request: _Request) -> bytes:
        with contextlib.closing(response):
            try:
                content: bytes = response.read()
            except (HTTPError, OSError) as error:
                raise self._lost(error, request, was_sent=True) from None
        self._count(bytes_in=len(content))
        return content

    # --- failures -----------------------------------------------------------------------------------------------------

    def _lost(self, error: Exception, request: _Request, *, was_sent: bool) -> Exception:
        """What to raise when no answer came, or not all of it."""
        if isinstance(error, SSLError):
            reason = "its certificate is not trusted" if "CERTIFICATE" in str(error) else "it does not speak TLS"
            return self.unreachable(reason)
        unreachable = self.unreachable(_reason(error))
        is_refused = isinstance(error, NewConnectionError | ConnectTimeoutError)
        if not self._has_answered and (is_refused or isinstance(error, NoAnswerError)):
            return unreachable  # most likely a wrong address, of which people want to hear at once
        if is_refused or request.repeat is Repeat.YES:
            return _AgainError(unreachable)
        failure = ErrorKind.REPLY_LOST(url=self.url, reason=_reason(error)) if was_sent else unreachable
        return failure if request.repeat is Repeat.NO else _AgainError(failure)

    def _refused(self, response: urllib3.BaseHTTPResponse, request: _Request) -> Exception:
        """What to raise for an answer that is a failure."""
        status, location = response.status, response.headers.get("Location", "").partition("?")[0]
        info = None
        with contextlib.closing(response), contextlib.suppress(HTTPError, OSError, ValueError):
            info = msgspec.json.decode(response.read(), type=ErrorInfo)  # its errors are ValueErrors
        failure = self._explain(status, info, location)
        if status in _LATER:
            return _AgainError(failure, _seconds(response.headers.get("Retry-After")))
        if failure.kind is ErrorKind.KEY_IN_USE:
            return _AgainError(failure, 0.5)
        if status in _GATEWAY and info is None:
            lost = ErrorKind.REPLY_LOST(url=self.url, reason=f"a gateway answered {status}")
            if request.repeat is Repeat.NO:
                return lost
            return _AgainError(failure if request.repeat is Repeat.YES else lost)
        return failure

    def _explain(self, status: int, info: ErrorInfo | None, location: str) -> GradientDataError:
        if info is not None and info.code in _KINDS:
            return self.error_of(info)
        if status in (401, 403):
            return ErrorKind.NOT_AUTHENTICATED(reason="the token is missing, or not this server's")
        if location:
            return self.failed(f"it sends us to {location}; give the URL of the Jupyter server itself")
        if status == 404:
            return self.failed("there is no Jupyter server with jupyter-gradient-data at this URL (404)")
        return self.failed(f"it answered {status}{f': {info.message}' if info is not None else ''}")

    def _decode(self, content: bytes, kind: type[T]) -> T:
        try:
            return msgspec.json.decode(content, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise self.failed("its answer cannot be understood; is it of another version?") from None

    def _count(self, **more: int) -> None:
        with self._lock:
            for name, count in more.items():
                self._stats[name] += count


class _AgainError(Exception):
    """The request may be sent again after a pause; when it is not, this is why."""

    def __init__(self, failure: GradientDataError, pause: float = 0.0) -> None:
        super().__init__(failure.message)
        self.failure = failure
        self.pause = pause


class _Sending:
    """A body on its way, counted; a server that has not got all of it has done nothing.

    Attributes
    ----------
    is_complete : bool
        Whether all of it was handed over.
    error : OSError or None
        What whoever makes the body has raised, which is no failure of the connection.
    """

    def __init__(self, body: Body | None, count: Callable[..., None]) -> None:
        self._count = count
        self.is_complete = not body or isinstance(body, bytes)
        self.error: OSError | None = None
        self.body: Body | None = body
        if isinstance(body, bytes):
            count(bytes_out=len(body))
        elif body is not None:
            self.body = self._counted(body)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        source = iter(pieces)
        while True:
            try:
                piece = next(source)
            except StopIteration:
                self.is_complete = True
                return
            except OSError as error:
                self.error = error
                raise
            self._count(bytes_out=len(piece))
            yield piece


def join(*parts: str) -> str:
    """A path of parts that may hold any text; ``/`` among them as well."""
    return "".join(f"/{_quoted(part)}" for part in parts)


def _quoted(part: str) -> str:
    # Where a part is a dot or two, whoever sees the URL would take it for a step in the path.
    return part.replace(".", "%2E") if part in (".", "..") else quote(part, safe="")


def _encode(value: Any) -> bytes:
    try:
        return msgspec.json.encode(value)
    except UnicodeEncodeError as error:
        raise _no_text(value, error.object) from None


def _query(query: Mapping[str, Any] | None) -> str:
    given = {name: _text(value) for name, value in (query or {}).items() if value is not None}
    try:
        text = urlencode(given, doseq=True, quote_via=quote)
    except UnicodeEncodeError as error:
        raise _no_text(given, error.object) from None
    if len(text) > _LONGEST_QUERY:
        size, limit = (f"{length:,} characters" for length in (len(text), _LONGEST_QUERY))
        raise ErrorKind.TOO_LARGE(thing="The question", size=size, limit=limit, hint="Name folders, not each file.")
    return f"?{text}" if text else ""


def _no_text(given: Any, text: str) -> GradientDataError:
    """The error for text that cannot be sent, named as the parameter that it is."""
    names = [name for name, value in given.items() if value == text] if isinstance(given, Mapping) else []
    return ErrorKind.INVALID_OPTION(
        option=names[0] if names else "text", value=text, reason="it is not valid Unicode", hint="Write it in UTF-8."
    )


def _text(value: Any) -> str | list[str]:
    """A parameter as it is written; one that is a list is given more than once."""
    if isinstance(value, list):
        return [str(item) for item in value]
    return str(value).lower() if isinstance(value, bool) else str(value)


def _seconds(header: str | None) -> float:
    return float(header) if header is not None and header.isascii() and header.isdigit() else 1.0


def _reason(error: BaseException) -> str:
    """Why a request failed, in a few words, without addresses of objects or our own."""
    while (inner := getattr(error, "reason", None) or error.__cause__ or error.__context__) is not None:
        if not isinstance(inner, BaseException):
            break
        error = inner
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    if isinstance(error, NoAnswerError | TimeoutError):
        return "it does not answer in time"
    return "the connection was lost"
