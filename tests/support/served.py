"""Jupyter's web application inside this process: real HTTP, handlers and login, at the cost of a few milliseconds.

A server process takes seconds to start, too long for every test of the service.  Here one `ServerApp` for each worker
process gives its settings (identity, authorisation, tokens, XSRF) to any number of web applications, each with the
extension's routes, a state and a port of its own.  `tests.support.jupyter_server` has whole processes.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

from jupyter_server.serverapp import ServerApp
from jupyter_server.utils import url_path_join
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.server.base import SETTING
from jupyter_gradient_data.server.routes import ROUTES
from jupyter_gradient_data.server.shared import Shared

T = TypeVar("T")

TOKEN = "the-token-of-the-server"
BASE_URL = "/user/me/"


class Jupyter:
    """What all servers in this process share: an event loop in a thread, and Jupyter's settings.

    Parameters
    ----------
    folder : Path
        For Jupyter's own files.
    """

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="jupyter", daemon=True)
        self._thread.start()
        self._app = self.run(self._initialize(folder))

    @property
    def settings(self) -> dict[str, Any]:
        """Those of Jupyter's web application."""
        return dict(self._app.web_app.settings)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run something in the event loop and wait for it."""
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(60)

    def close(self) -> None:
        """End the loop and its thread."""
        self.run(self._app._cleanup())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _initialize(self, folder: Path) -> ServerApp:
        folders = {name: str(folder / name) for name in ("config_dir", "data_dir", "runtime_dir", "root_dir")}
        (folder / "root_dir").mkdir()
        app = ServerApp(**folders, base_url=BASE_URL, allow_root=True, open_browser=False, log_level="WARN")
        app.init_signal = lambda: None  # those are the main thread's
        app.log.setLevel("WARNING")  # pytest keeps every line
        app.initialize([f"--IdentityProvider.token={TOKEN}"], find_extensions=False, new_httpserver=False)
        return app


class Served:
    """The extension on one state, at a URL.

    Parameters
    ----------
    jupyter : Jupyter
        Where it runs.
    config : Config
        The server's settings.
    port : int
        Where it listens; any that is free by default.
    """

    def __init__(self, jupyter: Jupyter, config: Config, port: int = 0) -> None:
        self._jupyter = jupyter
        self.token = TOKEN
        self._is_closed = False
        self.port, self._server, self.shared = jupyter.run(self._start(config, port))
        self.url = f"http://127.0.0.1:{self.port}{BASE_URL}"

    def close(self) -> None:
        """Stop it; what it was doing is cut off."""
        if not self._is_closed:
            self._is_closed = True
            self._jupyter.run(self._stop())

    async def _start(self, config: Config, port: int) -> tuple[int, HTTPServer, Shared]:
        shared = Shared(config)
        routes = [(url_path_join(BASE_URL, route.pattern), route.handler) for route in ROUTES]
        application = Application(routes, **{**self._jupyter.settings, SETTING: shared})
        sockets = bind_sockets(port, "127.0.0.1")
        server = HTTPServer(application)
        server.add_sockets(sockets)
        return sockets[0].getsockname()[1], server, shared

    async def _stop(self) -> None:
        self._server.stop()
        await self._server.close_all_connections()
        await self.shared.close()
