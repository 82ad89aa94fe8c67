"""A real git server over HTTP with basic authentication, as sites run it, on ``git http-backend``."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

USER, PASSWORD = "ann", "s3cret-pass/word"


class GitServer:
    """Serves the repositories below a folder.

    Attributes
    ----------
    seen : list
        User and password of each request, or None.
    redirect : str or None
        Where all requests are sent instead.
    cut_after : int or None
        Bytes of a pack after which the connection is cut.
    stall : threading.Event or None
        Waited for in the middle of a pack.
    """

    def __init__(self, root: Path, password: str | None = PASSWORD) -> None:
        self.root = root
        self.password = password
        self.seen: list[str | None] = []
        self.redirect: str | None = None
        self.cut_after: int | None = None
        self.stall: threading.Event | None = None
        self.stalled = threading.Event()
        self.on_request: Callable[[], None] = lambda: None
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        """Scheme, host and port."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        """Stop."""
        if self.stall is not None:
            self.stall.set()
        self._server.shutdown()
        self._server.server_close()


@contextlib.contextmanager
def git_server(root: Path, password: str | None = PASSWORD) -> Iterator[GitServer]:
    """One for a ``with``."""
    server = GitServer(root, password)
    try:
        yield server
    finally:
        server.close()


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *args: object) -> None:
            pass

        def do_GET(self) -> None:
            server.on_request()
            given = self.headers.get("Authorization")
            shown = base64.b64decode(given.split(" ")[1]).decode() if given else None
            server.seen.append(shown)
            if server.redirect is not None:
                self._empty(302, Location=server.redirect + self.path)
            elif server.password is not None and shown != f"{USER}:{server.password}":
                self._empty(401, **{"WWW-Authenticate": 'Basic realm="git"'})
            else:
                self._git()

        do_POST = do_GET  # noqa: N815 - a name of the library's

        def _empty(self, status: int, **headers: str) -> None:
            self.send_response(status)
            for name, value in {**headers, "Content-Length": "0"}.items():
                self.send_header(name, value)
            self.end_headers()

        def _git(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            path, _, query = self.path.partition("?")
            environment = {
                **os.environ,
                "GIT_PROJECT_ROOT": str(server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
            }
            done = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True, check=True)
            head, _, content = done.stdout.partition(b"\r\n\r\n")
            headers = dict(line.split(": ", 1) for line in head.decode().splitlines())
            is_pack = b"PACK" in content
            self.send_response(int(headers.pop("Status", "200").split(" ")[0]))
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            with contextlib.suppress(ConnectionError):
                if is_pack and server.stall is not None:
                    self.wfile.write(content[: len(content) // 2])
                    self.wfile.flush()
                    server.stalled.set()
                    server.stall.wait(60)
                    content = content[len(content) // 2 :]
                if is_pack and server.cut_after is not None:
                    content = content[: server.cut_after]
                    self.close_connection = True
                self.wfile.write(content)

    return Handler
