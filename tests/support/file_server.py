"""A web server on loopback with files: ranges, ETags, and whatever goes wrong on the way to one.

What it does with a request is decided by the plans of its path, one for each request, and after those as a good server
would.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import socket
import struct
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_PIECE = 64 * 1024


@dataclass(frozen=True)
class Plan:
    """What to do with one request.

    Parameters
    ----------
    status : int or None
        Answer this and no file.
    headers : dict
        Further headers of the answer.
    cut_after : int or None
        Break the connection after so many bytes of the body.
    stall_after : int or None
        Say nothing any more after so many bytes, until the server is closed.
    ranges : bool
        Whether ranges are known.
    body : bytes or None
        Instead of the file.
    length : bool
        Whether the length is told.
    ignores_if_range : bool
        Go on where it was asked to, whatever the file is by now.
    """

    status: int | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    stall_after: int | None = None
    ranges: bool = True
    body: bytes | None = None
    length: bool = True
    ignores_if_range: bool = False


@dataclass(frozen=True)
class Asked:
    """A request that came."""

    method: str
    path: str
    headers: dict[str, str]

    @property
    def start(self) -> int:
        """Where the range begins that it asks for."""
        found = re.fullmatch(r"bytes=(\d+)-", self.headers.get("range", ""))
        return int(found[1]) if found else 0


class FileServer:
    """The running server.

    Attributes
    ----------
    files : dict
        Contents by path, without the first slash.
    plans : dict
        What to do with the next ``GET`` requests of a path.
    always : dict
        What to do with all others of a path.
    asked : list of Asked
        All that came.
    on_stall : Event
        Set when a request has stalled.
    """

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.plans: dict[str, list[Plan]] = defaultdict(list)
        self.always: dict[str, Plan] = {}
        self.asked: list[Asked] = []
        self.on_stall = threading.Event()
        self.before: Callable[[Asked], None] = lambda asked: None
        self.closing = threading.Event()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.daemon_threads = True
        self._server.owner = self  # type: ignore[attr-defined]
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address, with a slash at its end."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/"

    def add(self, path: str, content: bytes) -> str:
        """Serve a file; returns its URL."""
        self.files[path] = content
        return self.url + path

    def gets(self, path: str) -> list[Asked]:
        """Requests for the content of a file."""
        return [asked for asked in self.asked if asked.method == "GET" and asked.path == path]

    def close(self) -> None:
        """Let go of requests that hang, and stop."""
        self.closing.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@contextlib.contextmanager
def running_file_server() -> Iterator[FileServer]:
    """A `FileServer` for the length of a ``with`` block."""
    server = FileServer()
    try:
        yield server
    finally:
        server.close()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def handle(self) -> None:
        with contextlib.suppress(ConnectionError):  # clients hang up when they had enough
            super().handle()

    def do_HEAD(self) -> None:
        self._serve()

    def do_GET(self) -> None:
        self._serve()

    def _serve(self) -> None:
        owner: FileServer = self.server.owner
        path = self.path.lstrip("/").partition("?")[0]
        asked = Asked(self.command, path, {name.lower(): value for name, value in self.headers.items()})
        owner.asked.append(asked)
        owner.before(asked)
        plans = owner.plans[path]
        plan = plans.pop(0) if plans and self.command == "GET" else owner.always.get(path, Plan())
        content = plan.body if plan.body is not None else owner.files.get(path)
        if plan.status is not None or content is None:
            self._answer(plan.status or 404, plan, plan.body or b"", {})
            return
        headers = {"ETag": f'"{hashlib.sha1(content).hexdigest()}"', "Accept-Ranges": "bytes"}
        headers.update(plan.headers)
        start = asked.start
        same = asked.headers.get("if-range") in (None, headers["ETag"]) or plan.ignores_if_range
        if not (start and plan.ranges and same):
            self._answer(200, plan, content, headers)
        elif start >= len(content):
            self._answer(416, plan, b"", {"Content-Range": f"bytes */{len(content)}"})
        else:
            headers["Content-Range"] = f"bytes {start}-{len(content) - 1}/{len(content)}"
            self._answer(206, plan, content[start:], headers)

    def _answer(self, status: int, plan: Plan, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, **plan.headers}.items():
            if value:
                self.send_header(name, value)
        if plan.length:
            self.send_header("Content-Length", str(len(body)))
        else:
            self.close_connection = True
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command == "HEAD":
            return
        limit = next((n for n in (plan.cut_after, plan.stall_after) if n is not None), len(body))
        for at in range(0, min(limit, len(body)), _PIECE):
            self.wfile.write(body[at : min(at + _PIECE, limit)])
        self.wfile.flush()
        if plan.stall_after is not None:
            self.server.owner.on_stall.set()
            self.server.owner.closing.wait()
        if plan.cut_after is not None or plan.stall_after is not None:
            self.close_connection = True
            if plan.cut_after == 0:  # not even an orderly end
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()

    def log_message(self, *args: object) -> None:
        pass
