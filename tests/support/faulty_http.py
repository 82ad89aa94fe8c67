"""An HTTP server on loopback that misbehaves on purpose: alone, or in front of a real one.

Rules look at each request and return a fault, or None to pass it on to the server behind.  Nothing is mocked: clients
speak HTTP over a real socket.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Request:
    """What a client asked; the path includes the query."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """Answer this instead of the real thing; ``body_sent`` fewer bytes than promised, then the connection breaks."""

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    body_sent: int | None = None


@dataclass(frozen=True)
class Hang:
    """Say nothing at all, until the server is closed."""


@dataclass(frozen=True)
class Reset:
    """Break the connection before anything is done."""


@dataclass(frozen=True)
class LoseReply:
    """Let the request through to the server behind, then break the connection: done, but nobody hears of it."""


@dataclass(frozen=True)
class HalfReply:
    """Let the request through, and break the connection after half of the answer's body."""


@dataclass(frozen=True)
class HalfRequest:
    """Let half of the request's body through, and break the connection on both sides."""


Fault = Answer | Hang | Reset | LoseReply | HalfReply | HalfRequest
Rule = Callable[[Request], Fault | None]

S3_ERROR = b'<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>%s</Message></Error>'
HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>It works!<br></body></html>"


def s3_error(status: int, code: str, message: str = "no reason given") -> Answer:
    """An error as S3 sends it."""
    return Answer(status, S3_ERROR % (code.encode(), message.encode()), {"content-type": "application/xml"})


def web_page(status: int = 200) -> Answer:
    """What a web server that is not S3 sends."""
    return Answer(status, HTML, {"content-type": "text/html"})


def always(fault: Fault) -> Rule:
    """The same fault for every request."""
    return lambda request: fault


def times(count: int, fault: Fault, when: Callable[[Request], bool] = lambda request: True) -> Rule:
    """The fault for the first ``count`` requests that match; whatever comes later is passed on."""
    lock = threading.Lock()
    left = count

    def rule(request: Request) -> Fault | None:
        nonlocal left
        with lock:
            if left == 0 or not when(request):
                return None
            left -= 1
            return fault

    return rule


class FaultyServer:
    """The running server; ``endpoint`` is its URL, ``requests`` what it was asked so far."""

    def __init__(self, rule: Rule, upstream: str | None) -> None:
        self.rule = rule
        self.upstream = urlsplit(upstream).netloc if upstream else None
        self.requests: list[Request] = []
        self.damage: Callable[[Request], bool] = lambda request: False  # whose bodies change on their way
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.faulty = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def endpoint(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def speak_tls(self, context: ssl.SSLContext) -> None:
        """From now on."""
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)

    def close(self) -> None:
        """Let go of requests that hang, and stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def faulty_server(rule: Rule, upstream: str | None = None) -> Iterator[FaultyServer]:
    """A `FaultyServer` for the length of a ``with`` block."""
    server = FaultyServer(rule, upstream)
    try:
        yield server
    finally:
        server.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Any

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # clients hang up when they had enough
            super().handle()

    def _serve(self) -> None:
        faulty: FaultyServer = self.server.faulty
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        request = Request(self.command, self.path, {k.lower(): v for k, v in self.headers.items()}, body)
        faulty.requests.append(request)
        fault = faulty.rule(request)
        if isinstance(fault, Answer):
            self._answer(fault)
        elif isinstance(fault, Hang):
            faulty.closing.wait()
            self._reset()
        elif isinstance(fault, Reset):
            self._reset()
        elif isinstance(fault, HalfRequest):
            self._forward_half(request)
            self._reset()
        else:
            answer = self._forward(request)
            if isinstance(fault, LoseReply):
                self._reset()
            elif isinstance(fault, HalfReply):
                self._answer(Answer(answer.status, answer.body, answer.headers, len(answer.body) // 2))
            else:
                self._answer(answer)

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = do_HEAD = do_OPTIONS = _serve  # noqa: N815

    def _begin(self, request: Request) -> http.client.HTTPConnection:
        assert self.server.faulty.upstream, "no server behind to pass the request on to"
        upstream = http.client.HTTPConnection(self.server.faulty.upstream, timeout=60)
        # The Host header is part of the signature, so it travels unchanged.
        upstream.putrequest(request.method, request.path, skip_host=True, skip_accept_encoding=True)
        for name, value in request.headers.items():
            upstream.putheader(name, value)
        return upstream

    def _forward_half(self, request: Request) -> None:
        upstream = self._begin(request)
        upstream.endheaders(request.body[: len(request.body) // 2])
        upstream.close()

    def _forward(self, request: Request) -> Answer:
        upstream = self._begin(request)
        try:
            damaged = self.server.faulty.damage(request)
            upstream.endheaders(b"?" + request.body[1:] if damaged and request.body else request.body)
            response = upstream.getresponse()
            skipped = {"transfer-encoding", "connection", "date", "server"}
            headers = {name: value for name, value in response.getheaders() if name.lower() not in skipped}
            return Answer(response.status, response.read(), headers)
        finally:
            upstream.close()

    def _answer(self, answer: Answer) -> None:
        self.send_response(answer.status)
        lengths = {name for name in answer.headers if name.lower() == "content-length"}
        for name, value in answer.headers.items():
            self.send_header(name, value)
        if not lengths:
            self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(answer.body if answer.body_sent is None else answer.body[: answer.body_sent])
        if answer.body_sent is not None:
            self.close_connection = True  # an orderly end, so that what was sent does arrive

    def _reset(self) -> None:
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()

    def log_message(self, *args: object) -> None:
        pass
