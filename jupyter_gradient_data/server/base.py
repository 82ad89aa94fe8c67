"""The base of every handler: who asks, what they may, off-loading, errors, bodies in and out.

The life of a request: `prepare` admits or refuses it before anything of the body is read; the body goes to `incoming`;
the verb, made by `operation`, calls `answer`, which runs the method and writes what it returns.
"""

from __future__ import annotations

import asyncio
import functools
import secrets
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn, TypeVar, cast

import msgspec
from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado.iostream import StreamClosedError
from tornado.web import HTTPError, stream_request_body

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo
from jupyter_gradient_data.service.api import DataService

from . import metrics
from .conditions import etag_of, time_of
from .identity import identify, make_authorizer
from .incoming import Incoming
from .operations import ANY, Content, Operation, name_of, operation_of
from .parsing import parse_json, parse_query
from .plain import PlainHandler
from .repeated import HEADER, Kept, perform_once

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ApiToken
    from jupyter_gradient_data.service.host import Host

    from .shared import Shared

T = TypeVar("T")

SETTING = "gradient_data_shared"  # where the web application's settings hold `Shared`
PREFIX = "/gradient"

_NO_LIMIT = 1 << 50  # bytes of a body that is streamed; what it goes into has its own limits
_DRAINED = 8 * 1024 * 1024  # bytes of a refused body that are read, so that the client sees why
_STALLED = 300  # seconds in which a client must take a piece of an answer
_VERBS = ("get", "head", "post", "put", "patch", "delete")
_ALLOWED_HEADERS = ("x-api-key", "if-match", "if-none-match", "idempotency-key", "range")
_CLIENT_GONE = 499
_GONE = (StreamClosedError, ConnectionError)


@stream_request_body
class Handler(PlainHandler):
    """A thin handler: its verbs are described by `operation`, call the service, and return what to answer.

    Attributes
    ----------
    error_answer : type or Content
        What `error_body` returns, or `write_error` writes, for the OpenAPI document.
    needs_host : bool
        Whether `host` and `service` are used; what does without them answers while the database is down.
    api_token : ApiToken or None
        The token of ours that the request came with.
    who : str
        Who asks, for limits and idempotency keys.
    """

    error_answer: ClassVar[Any] = ErrorInfo
    needs_host: ClassVar[bool] = True

    incoming: Incoming
    host: Host
    api_token: ApiToken | None = None
    who: str = ""

    _modified: datetime | None = None
    _running: asyncio.Future[Any] | None = None  # a streaming verb, at work since before the body came
    _raw: asyncio.Future[bytes] | None = None  # the body of any other
    _leave: Callable[[], None] | None = None
    _has_ended = False
    _incident = ""

    # --- what verbs use ---------------------------------------------------------------------------------------------

    @property
    def shared(self) -> Shared:
        """What all handlers share."""
        return self.settings[SETTING]  # type: ignore[no-any-return]

    @property
    def service(self) -> DataService:
        """The service, limited to what the API token of this request allows."""
        return self.host.service_for(self.api_token)

    async def call(self, function: Callable[..., T], *args: Any, **options: Any) -> T:
        """Run something that blocks in the server's threads."""
        return await self.shared.call(function, *args, **options)

    async def move(self, function: Callable[..., T], *args: Any) -> T:
        """Run what takes or makes one piece of a long body; see `Shared.move`."""
        return await self.shared.move(function, *args)

    async def send(self, pieces: Iterator[bytes]) -> None:
        """Write an answer piece by piece; the next is made when the last has gone out.  ``HEAD`` makes none."""
        try:
            if self.request.method != "HEAD":
                async with self.shared.streams:
                    while (piece := await self.move(next, pieces, None)) is not None:
                        self.write(piece)
                        await self._flush_in_time()
        finally:
            if hasattr(pieces, "close"):
                await self.call(pieces.close)

    def absolute_url(self, path: str) -> str:
        """The URL under which the client that asks reaches a path below ``/gradient``, such as ``/api/datasets``.

        Behind a reverse proxy that is trusted (``ServerApp.trust_xheaders``) its headers say what the client used.
        """
        request = self.request
        host = request.host
        if self.serverapp is not None and self.serverapp.trust_xheaders:
            host = request.headers.get("X-Forwarded-Host", host).split(",")[0].strip()
        return f"{request.protocol}://{host}" + url_path_join(self.base_url, PREFIX) + path

    @property
    def public_root(self) -> str:
        """The URL of ``/gradient`` for the client that asks, without a slash at its end; see `absolute_url`."""
        return self.absolute_url("")

    async def check_allowed(self, action: str, resource: str) -> None:
        """Refuse the request unless who asks may do this as well.

        Raises
        ------
        Denied
            The authorizer of the server, or the API token, does not allow it.
        """
        allowed = self.authorizer.is_authorized(self, self.current_user, action, resource)
        if not (await allowed if isinstance(allowed, Awaitable) else allowed):
            raise ErrorKind.NOT_ALLOWED(action=action, resource=resource)

    def set_etag_of(self, modified: datetime) -> None:
        """Let the answer carry an ETag by which `unchanged_since` of a later request knows this state of the thing."""
        self._modified = modified

    def unchanged_since(self) -> datetime | None:
        """What ``If-Match`` says, for the service's ``unchanged_since=``; None without one.

        Raises
        ------
        ChangedMeanwhile
            It is no ETag of ours.
        """
        return time_of(self.request.headers.get("If-Match"))

    # --- what other APIs than ours replace --------------------------------------------------------------------------

    def error_body(self, status: int, error: ErrorInfo) -> Any:
        """An error as JSON; other APIs than ours have other shapes."""
        return error

    async def check_signature(self, operation: Operation, path: dict[str, str]) -> None:
        """Refuse a request to a signed operation whose URL was not made by this server, for this, or has expired.

        Called before anything of the body is read, with `host` open.
        """
        raise ErrorKind.URL_INVALID()

    # --- the life of a request --------------------------------------------------------------------------------------

    async def prepare(self) -> None:  # type: ignore[override]
        """Find out who asks, and what they may, before anything of the body is read."""
        self.incoming = Incoming()
        await self.shared.turns.take()
        try:
            await self._admit()
        except Exception as error:
            await self._refuse(error)

    async def prepare_jupyter(self) -> None:
        """What Jupyter does before a request: identity, XSRF, origin."""
        await super().prepare()

    @property
    def authorizer(self) -> Any:
        """Jupyter's authorizer, or that of the API token."""
        return make_authorizer(self.api_token) if self.api_token else super().authorizer

    def data_received(self, chunk: bytes) -> Awaitable[None]:
        """Take a piece of the body from Tornado."""
        return self.incoming.add(chunk)

    def on_connection_close(self) -> None:
        """Tell whoever reads the body that no more will come."""
        super().on_connection_close()
        if not hasattr(self, "incoming") or self.incoming.ended:
            return  # what is being done ends with an answer that nobody takes
        self._ending = asyncio.ensure_future(self.incoming.end(lost=True))
        reader = self._running or self._raw
        if reader is None or reader.done():
            self._end(_CLIENT_GONE)
        else:
            reader.add_done_callback(lambda _: self._end(_CLIENT_GONE))

    async def answer(self, operation: Operation, path: dict[str, str]) -> None:
        """Run an operation and write what it returns."""
        await self.incoming.end()
        value = await (self._running or self._perform(operation, path))
        if self._finished or isinstance(operation.answer, Content):
            return
        if self.get_status() == 200:
            self.set_status(204 if operation.answer is None and operation.status == 200 else operation.status)
        if isinstance(value, Kept):
            self.set_status(value.status)
            self.finish(value.body or None)
        else:
            self._write_json(None if operation.answer is None else value)

    def head(self, *args: str, **path: str) -> Awaitable[Any]:
        """Answer as ``GET``, without the body."""
        return cast("Awaitable[Any]", self.get(*args, **path))

    @allow_unauthenticated
    def options(self, *args: Any, **kwargs: Any) -> None:
        """Tell browsers what pages from elsewhere may ask; who may is Jupyter's decision."""
        super().options(*args, **kwargs)
        known = [name for operation in self._operations().values() for name in operation.request_headers]
        allowed = [self._headers["Access-Control-Allow-Headers"], *_ALLOWED_HEADERS, *known]
        self.set_header("Access-Control-Allow-Headers", ", ".join(dict.fromkeys(map(str.lower, allowed))))
        self.set_header("Allow", self._allowed())

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an exception: sentence, next step and code; never a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status, info = self._explain(status_code, error)
        self.set_status(status)
        if status == 429 and isinstance(error, GradientDataError):
            self.set_header("Retry-After", str(round(error.details.get("seconds", 1))))
        if status == 405:
            self.set_header("Allow", self._allowed())
        self._write_json(self.error_body(status, info))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log only what a person should look at; the rest is in the request's log line."""
        what = f"{self.request.method} {type(self).__name__}"
        if isinstance(value, GradientDataError):
            if self._headers_written or value.http_status >= 500:
                self.log.warning("%s: %s", what, value)
        elif not isinstance(value, (HTTPError, *_GONE)):
            self._incident = secrets.token_hex(4)
            self.log.error("incident %s: %s", self._incident, what, exc_info=(typ, value, tb))

    def set_cors_headers(self) -> None:
        """Let pages from elsewhere that may ask see our headers as well."""
        super().set_cors_headers()
        if "Access-Control-Allow-Origin" in self._headers:
            known = [name for operation in self._operations().values() for name in operation.response_headers]
            shown = dict.fromkeys(["ETag", "Location", "Retry-After", *known])
            self.set_header("Access-Control-Expose-Headers", ", ".join(shown))

    def on_finish(self) -> None:
        """Make room for the next request of this user."""
        self._end(self.get_status())

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _admit(self) -> None:
        if self.request.method == "OPTIONS":  # browsers ask it without credentials
            await self.prepare_jupyter()
            return
        operation = operation_of(type(self), self.request.method or "")
        is_signed = operation is not None and operation.signed
        await identify(self, is_signed=is_signed)
        if operation is None:
            raise HTTPError(405)
        self._leave = self.shared.limits.enter(self.who)
        if self.needs_host:
            self.host = await self.shared.open()
        if is_signed:
            await self.check_signature(operation, self.path_kwargs)
        else:
            await self.check_allowed(operation.action, operation.resource)
        await self._receive(operation)

    async def _refuse(self, error: Exception) -> None:
        """Answer an error once the body has come, unless that is long.

        Answered at once, the connection would be closed under a client that still sends, and it might never see why.
        """
        headers = self.request.headers
        if "Expect" in headers or _length(headers.get("Content-Length")) > _DRAINED:
            raise error
        self.request.connection.set_max_body_size(_DRAINED)  # type: ignore[union-attr]
        await self.incoming.drop()
        setattr(self, str(self.request.method).lower(), functools.partial(_raise, error))

    async def _receive(self, operation: Operation) -> None:
        """Begin to take the body, if the operation wants one."""
        if operation.streams:
            self.request.connection.set_max_body_size(_NO_LIMIT)  # type: ignore[union-attr]
            self._running = self._watched(self._perform(operation, self.path_kwargs))
            return
        limit = operation.body_limit
        if _length(self.request.headers.get("Content-Length")) > limit:
            raise ErrorKind.TOO_LARGE(
                thing="The request",
                size=f"{self.request.headers['Content-Length']} bytes",
                limit=f"{limit:,} bytes",
                hint="Send less at once.",
            )
        self.request.connection.set_max_body_size(max(limit, _DRAINED))  # type: ignore[union-attr]
        if operation.body is not None:
            self._raw = self._watched(self.incoming.read(limit))
        else:
            await self.incoming.drop()

    async def _perform(self, operation: Operation, path: dict[str, str]) -> Any:
        arguments: dict[str, Any] = dict(path)
        if operation.query is not None:
            arguments["query"] = parse_query(self.request.query_arguments, operation.query)
        raw = b"" if self._raw is None else await self._raw
        if operation.body is not None and not operation.streams:
            arguments["body"] = raw if operation.body is bytes else parse_json(raw, operation.body)
        if isinstance(operation.answer, Content) and operation.answer.media_type != ANY:
            self.set_header("Content-Type", operation.answer.media_type)
        try:
            if operation.is_idempotent and HEADER in self.request.headers:
                return await perform_once(self, raw, operation, arguments)
            return await operation.function(self, **arguments)
        finally:
            await self.incoming.drop()

    async def _flush_in_time(self) -> None:
        try:
            await asyncio.wait_for(self.flush(), _STALLED)
        except asyncio.TimeoutError:
            raise ConnectionAbortedError("the client takes nothing any more") from None

    def _explain(self, status: int, error: BaseException | None) -> tuple[int, ErrorInfo]:
        if isinstance(error, HTTPError):
            return status, ErrorInfo(f"http_{status}", error.log_message or self._reason, "")
        if isinstance(error, _GONE):
            error = ErrorKind.CANCELLED()
        elif not isinstance(error, GradientDataError):
            error = ErrorKind.INTERNAL(incident=self._incident or "no number")
        return error.http_status, ErrorInfo(error.kind.code, error.message, error.hint)

    def _write_json(self, value: Any) -> None:
        if self.get_status() in (204, 304):
            self.finish()
            return
        raw = msgspec.json.encode(value)
        if self._modified is not None and self.get_status() < 300:
            self.set_header("Etag", etag_of(self._modified, raw))
            if self.request.method in ("GET", "HEAD") and self.check_etag_header():
                self.set_status(304)
                self.finish()
                return
        self.finish(raw)

    def _watched(self, work: Awaitable[T]) -> asyncio.Future[T]:
        """Work whose error may have nobody to tell because the client has gone: only what is unexpected is logged."""

        def look(future: asyncio.Future[T]) -> None:
            if not future.cancelled() and (error := future.exception()) and self._finished:
                self.log_exception(type(error), error, error.__traceback__)

        future = asyncio.ensure_future(work)
        future.add_done_callback(look)
        return future

    def _end(self, status: int) -> None:
        if self._has_ended:
            return
        self._has_ended = True
        if self._leave is not None:
            self._leave()
        known = operation_of(type(self), self.request.method or "") is not None
        name = name_of(type(self), str(self.request.method)) if known else "other"
        bytes_in = self.incoming.bytes if hasattr(self, "incoming") else 0
        metrics.count(name, status, self.request.request_time(), bytes_in, self.bytes_out)

    def _operations(self) -> dict[str, Operation]:
        found = {verb.upper(): operation_of(type(self), verb) for verb in _VERBS}
        return {verb: operation for verb, operation in found.items() if operation is not None}

    def _allowed(self) -> str:
        return ", ".join([*self._operations(), "OPTIONS"])


def _length(text: str | None) -> int:
    return int(text) if text is not None and text.isdecimal() else 0


def _raise(error: Exception, *args: Any, **kwargs: Any) -> NoReturn:
    raise error
