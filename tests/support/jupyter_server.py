"""A real Jupyter server with the extension, as a process, and requests to it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Protocol

import urllib3

from tests.support import machine
from tests.support.programs import Process, free_ports

TOKEN = "the-token-of-the-server"
OTHERS = ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim", "voila.server_extension")


class SupportsClose(Protocol):
    """A socket."""

    def close(self) -> object: ...


class Answer:
    """What came back: status, headers, bytes, and the bytes as JSON."""

    def __init__(self, response: urllib3.BaseHTTPResponse) -> None:
        self.status = response.status
        self.headers = response.headers
        self.data = response.data

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.data)

    def __repr__(self) -> str:
        return f"<{self.status} {self.data[:500]!r}>"


class JupyterServer:
    """One server process on a state directory; it can be killed and started again at the same address.

    Parameters
    ----------
    folder : Path
        Its home: the root of its files, its log, and its state unless the environment says otherwise.
    environment : dict, optional
        Added to the environment, such as ``GRADIENT_DATABASE_URL``.
    arguments : sequence of str
        Added to the command line.
    base_url : str
        Where it serves.
    with_lab : bool
        Whether JupyterLab and other extensions are there, too; they take a second to import.
    with_datasets : bool
        Whether our own extension is there.
    with_terminals : bool
        Whether terminals are there, also without JupyterLab.
    with_root : bool
        Whether the command line names the root of its files.
    kinds : sequence of str
        On which kind of machine it runs: see `tests.support.machine`.
    """

    def __init__(
        self,
        folder: Path,
        environment: Mapping[str, str] | None = None,
        arguments: tuple[str, ...] = (),
        base_url: str = "/",
        *,
        with_lab: bool = False,
        with_datasets: bool = True,
        with_terminals: bool = False,
        with_root: bool = True,
        kinds: tuple[str, ...] = (),
    ) -> None:
        self.folder = folder
        self.state = folder / "state"
        self.log = folder / "server.log"
        (self.port,) = free_ports(1)
        self.root = f"http://127.0.0.1:{self.port}{base_url}".rstrip("/")
        self.url = f"{self.root}/gradient"
        self.token = TOKEN
        self.sockets: list[SupportsClose] = []  # what else was opened to it, to close in the end
        self.pool = urllib3.PoolManager(maxsize=300, retries=False, timeout=urllib3.Timeout(120))
        files = folder / "files"
        files.mkdir(parents=True, exist_ok=True)
        own = {"GRADIENT_STATE_DIR": str(self.state), "HOME": str(folder)}
        for name in ("CONFIG", "DATA", "RUNTIME"):
            own[f"JUPYTER_{name}_DIR"] = str(folder / f"jupyter-{name.lower()}")
        self._sign_of_life = "/api/datasets" if with_datasets else f"{self.root}/api/status"
        others = [name for name in OTHERS if not (with_terminals and name == "jupyter_server_terminals")]
        off = [*(others if not with_lab else ()), *(("jupyter_gradient_data",) if not with_datasets else ())]
        self._environment = {**own, **(environment or {})}
        self._arguments = [
            *machine.command(*kinds),
            *(sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", "--ip=127.0.0.1"),
            *(f"--port={self.port}", "--ServerApp.port_retries=0", f"--IdentityProvider.token={TOKEN}"),
            *((f"--ServerApp.root_dir={files}",) if with_root else ()),
            f"--ServerApp.base_url={base_url}",
            *(f"--ServerApp.jpserver_extensions={name}=False" for name in off),
            *arguments,
        ]
        self.start()

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self.process = Process(self._arguments, self.log, self._environment)
        self.process.wait_until(self._answers)

    def kill(self) -> None:
        """``kill -9``."""
        self.process.kill()

    def close(self) -> None:
        """End it and the connections to it."""
        self.kill()
        self.pool.clear()
        for socket in self.sockets:
            socket.close()

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        token: str | None = TOKEN,
        **options: Any,
    ) -> Answer:
        """Ask for a path below ``/gradient``, or a whole URL; ``body`` goes as JSON, ``data`` as it is."""
        sent = {"Authorization": f"token {token}"} if token else {}
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        url = path if path.startswith("http") else self.url + path
        return Answer(self.pool.request(method, url, body=data, headers={**sent, **(headers or {})}, **options))

    def get(self, path: str, **options: Any) -> Answer:
        """``GET``."""
        return self.request("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> Answer:
        """``POST`` with JSON."""
        return self.request("POST", path, body=body, **options)

    def _answers(self) -> bool:
        try:
            return self.get(self._sign_of_life).status == 200
        except urllib3.exceptions.HTTPError:
            return False


def running_server(folder: Path, **options: Any) -> Iterator[JupyterServer]:
    """A server for the length of a fixture: ``yield from running_server(folder)``."""
    server = JupyterServer(folder, **options)
    try:
        yield server
    finally:
        server.close()
