"""The base of every handler: who asks, what they may, off-loading, errors, bodies in and out."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError, stream_request_body

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ErrorInfo
from jupyter_gradient_data.service.api import DataService

from .identity import identify, make_authorizer
from .incoming import Incoming
from .operations import Content, Operation, operation_of

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ApiToken
    from jupyter_gradient_data.service.host import Host

    from .shared import Shared

T = TypeVar("T")

SETTING = "gradient_data"  # where the web application's settings hold `Shared`
_NO_LIMIT = 1 << 50  # bytes of a body that is streamed; what it goes into has its own limits


@stream_request_body
class Handler(APIHandler):
    """A thin handler: its verbs are described by `operation`, call the service, and return what to answer."""

    incoming: Incoming
    host: Host
    api_token: ApiToken | None = None
    _running: asyncio.Future[Any] | None = None

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

    async def send(self, pieces: Iterator[bytes]) -> None:
        """Write an answer piece by piece; the next is made when the last has gone out."""
        async with self.shared.streams:
            try:
                while (piece := await self.call(next, pieces, None)) is not None:
                    self.write(piece)
                    await self.flush()
            finally:
                if hasattr(pieces, "close"):
                    await self.call(pieces.close)

    def error_body(self, status: int, error: ErrorInfo) -> Any:
        """An error as JSON; other APIs than ours have other shapes."""
        return error

    # --- the life of a request --------------------------------------------------------------------------------------

    async def prepare(self) -> None:
        """Find out who asks before anything of the body is read."""
        self.incoming = Incoming()
        self.request.connection.set_max_body_size(_NO_LIMIT)  # type: ignore[attr-defined]
        self.host = await self.shared.open()
        await identify(self)
        operation = operation_of(type(self), self.request.method or "")
        if operation is None and self.request.method != "OPTIONS":
            raise HTTPError(405)
        if operation is not None and operation.streams:
            await self._check_authorized(operation)
            self._running = asyncio.ensure_future(self._perform(operation, self.path_kwargs))
            self._running.add_done_callback(_look_at)

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
        if hasattr(self, "incoming"):
            self._ending = asyncio.ensure_future(self.incoming.end(lost=True))

    async def answer(self, operation: Operation, path: dict[str, str]) -> None:
        """Run an operation and write what it returns."""
        await self.incoming.end()
        value = await (self._running or self._perform(operation, path))
        if self._finished or isinstance(operation.answer, Content):
            return
        if self.get_status() == 200:
            self.set_status(operation.status)
        if operation.answer is None:
            if self.get_status() == 200:
                self.set_status(204)
            self._write_json(None)
        else:
            self._write_json(value)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an exception: sentence, next step and code; never a traceback."""
        error = kwargs.get("exc_info", (None, None, None))[1]
        status, info = self._explain(status_code, error)
        self.set_status(status)
        if status == 429:
            self.set_header("Retry-After", "1")
        self._write_json(self.error_body(status, info))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log only what a person should look at; the rest is in the request's log line."""
        if not isinstance(value, (GradientDataError, HTTPError)):
            self._incident = secrets.token_hex(4)
            self.log.error(
                "incident %s: %s %s",
                self._incident,
                self.request.method,
                type(self).__name__,
                exc_info=(typ, value, tb),
            )

    # --- inside -----------------------------------------------------------------------------------------------------

    async def _perform(self, operation: Operation, path: dict[str, str]) -> Any:
        arguments: dict[str, Any] = dict(path)
        if operation.query is not None:
            arguments["query"] = self._parse_query(operation.query)
        if operation.body is not None and not operation.streams:
            raw = await self.incoming.read(operation.body_limit)
            arguments["body"] = raw if operation.body is bytes else _decode(raw, operation.body)
        try:
            return await operation.function(self, **arguments)
        finally:
            await self.incoming.drop()

    def _parse_query(self, kind: type) -> Any:
        given = {
            name: [value.decode("utf-8", "replace") for value in values]
            for name, values in self.request.query_arguments.items()
            if name != "token"
        }
        flat = {name: values[-1] for name, values in given.items()}
        try:
            return msgspec.convert(flat, kind, strict=False)
        except msgspec.ValidationError as error:
            raise _refusal(error) from None

    async def _check_authorized(self, operation: Operation) -> None:
        allowed = self.authorizer.is_authorized(self, self.current_user, operation.action, operation.resource)
        if not (await allowed if isinstance(allowed, Awaitable) else allowed):
            raise ErrorKind.NOT_ALLOWED(action=operation.action, resource=operation.resource)

    def _explain(self, status: int, error: BaseException | None) -> tuple[int, ErrorInfo]:
        if isinstance(error, GradientDataError):
            return error.http_status, ErrorInfo(error.kind.code, error.message, error.hint)
        if isinstance(error, HTTPError):
            return status, ErrorInfo(f"http_{status}", error.log_message or self._reason, "")
        internal = ErrorKind.INTERNAL(incident=getattr(self, "_incident", "no number"))
        return 500, ErrorInfo(internal.kind.code, internal.message, internal.hint)

    def _write_json(self, value: Any) -> None:
        if self.get_status() == 204:
            self.finish()
        else:
            self.finish(msgspec.json.encode(value))


def _decode(raw: bytes, kind: Any) -> Any:
    try:
        return msgspec.json.decode(raw or b"null", type=kind)
    except msgspec.DecodeError as error:  # ValidationError is one of them
        raise _refusal(error) from None


def _refusal(error: Exception) -> GradientDataError:
    return ErrorKind.INVALID_REQUEST(reason=str(error), hint="The API's description is at gradient/api/docs.")


def _look_at(future: asyncio.Future[Any]) -> None:
    """An error of a body that was never ended has nobody to tell; asyncio would complain."""
    if not future.cancelled():
        future.exception()
