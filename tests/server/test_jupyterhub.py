"""A real JupyterHub starts a single-user server with the extension, and says who may use it.

Only its proxy is left out, which is a program of Node.js: requests go to the single-user server itself.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.opening import open_service
from tests.service.place import fails
from tests.support.programs import Process, free_ports, require_program

HUB_TOKEN = "the-token-of-who-runs-the-hub"

CONFIG = """
from jupyterhub.proxy import Proxy

class NoProxy(Proxy):
    should_start = False
    async def add_route(self, routespec, target, data): pass
    async def delete_route(self, routespec): pass
    async def get_all_routes(self): return {{}}
    async def check_running(self): return True

c.JupyterHub.proxy_class = NoProxy
c.JupyterHub.authenticator_class = "dummy"
c.JupyterHub.spawner_class = "simple"
c.JupyterHub.bind_url = "http://127.0.0.1:{public}/team/"
c.JupyterHub.hub_port = {hub}
c.JupyterHub.db_url = "sqlite:///hub.sqlite"
c.JupyterHub.services = [{{"name": "keeper", "api_token": "{token}"}}]
c.JupyterHub.load_roles = [
    {{"name": "keeper", "services": ["keeper"], "scopes": ["admin:users", "admin:servers", "tokens"]}}
]
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = "{folder}/home/{{username}}"
c.Spawner.cmd = ["{python}", "-m", "jupyterhub.singleuser"]
c.Spawner.args = ["--allow-root"]
c.Spawner.ip = "127.0.0.1"
c.Spawner.port = {server}
c.Spawner.environment = {{"GRADIENT_STATE_DIR": "{folder}/state"}}
c.Spawner.start_timeout = c.Spawner.http_timeout = 60
"""


class Hub:
    """A running hub; `server_of` starts a single-user server.

    Parameters
    ----------
    folder : Path
        Its home.
    """

    def __init__(self, folder: Path) -> None:
        public, self._port, self._server_port = free_ports(3)
        self.folder = folder
        self._pool = urllib3.PoolManager(retries=False, timeout=urllib3.Timeout(60))
        config = folder / "config.py"
        values = {"public": public, "hub": self._port, "server": self._server_port, "folder": folder}
        config.write_text(CONFIG.format(**values, token=HUB_TOKEN, python=sys.executable))
        program = [sys.executable, "-m", "jupyterhub", "--config", str(config)]
        self.process = Process(program, folder / "hub.log")
        self.process.wait_until(self._answers)

    def ask(self, method: str, path: str, body: Any = None, token: str = HUB_TOKEN) -> tuple[int, Any]:
        """A request to the hub's API, or to a whole URL."""
        url = path if path.startswith("http") else f"http://127.0.0.1:{self._port}/team/hub/api{path}"
        answer = self._pool.request(
            method,
            url,
            body=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {token}"} if token else {},
            redirect=False,
        )
        return answer.status, json.loads(answer.data) if answer.data[:1] in (b"{", b"[") else answer.data

    def token_of(self, user: str) -> str:
        """A token with which a user asks servers of their own."""
        status, made = self.ask("POST", f"/users/{user}/tokens", {"note": "test"})
        assert status == 201, made
        token: str = made["token"]
        return token

    def server_of(self, user: str) -> str:
        """The URL of the user's server, started."""
        assert self.ask("POST", f"/users/{user}")[0] == 201
        assert self.ask("POST", f"/users/{user}/server")[0] in (201, 202)
        self._wait(user, is_there=True)
        return f"http://127.0.0.1:{self._server_port}/team/user/{user}"

    def stop(self, user: str) -> None:
        """Stop the user's server."""
        self.ask("DELETE", f"/users/{user}/server")
        self._wait(user, is_there=False)

    def _wait(self, user: str, *, is_there: bool) -> None:
        deadline = time.monotonic() + 60
        while True:
            _, model = self.ask("GET", f"/users/{user}")
            server = model["servers"].get("")
            if (server is None and not is_there) or (server is not None and is_there and server["ready"]):
                return
            assert time.monotonic() < deadline, model
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            return self.ask("GET", "/users")[0] == 200
        except urllib3.exceptions.HTTPError:
            return False


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    require_program("jupyterhub")
    with contextlib.ExitStack() as running:
        hub = Hub(tmp_path)
        running.callback(hub.process.kill)
        yield hub


def check_kernel(hub: Hub, root: str, ann: str) -> None:
    """A kernel reaches the server that started it, and is locked out when it has ended."""
    status, kernel = hub.ask("POST", f"{root}/api/kernels", {"name": "python3"}, ann)
    assert status == 201, kernel
    (connection,) = hub.folder.glob(f"home/ann/**/kernel-{kernel['id']}.json")
    (process,) = [path for path in Path("/proc").glob("[0-9]*") if str(connection) in _read(path / "cmdline")]
    variables = dict(line.split("=", 1) for line in _read(process / "environ").split("\0") if "=" in line)
    assert variables["GRADIENT_URL"] == root
    service = open_service(Config(url=variables["GRADIENT_URL"], token=variables["GRADIENT_TOKEN"]))
    assert [dataset.name for dataset in service.list_datasets().items] == ["of-ann"]
    assert hub.ask("DELETE", f"{root}/api/kernels/{kernel['id']}", token=ann)[0] == 204
    with fails(ErrorKind.NOT_AUTHENTICATED):
        service.list_datasets()
    service.close()


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def test_a_single_user_server(hub: Hub) -> None:
    assert hub.ask("POST", "/users/ben")[0] == 201
    root = hub.server_of("ann")
    try:
        ann, ben = hub.token_of("ann"), hub.token_of("ben")
        url = f"{root}/gradient/api/datasets"
        status, made = hub.ask("POST", url, {"name": "of-ann"}, ann)
        assert status == 201, made
        _, version = hub.ask("POST", f"{url}/of-ann/versions", {}, ann)
        assert hub.ask("GET", url, token=ann)[1]["items"][0]["name"] == "of-ann"
        for stranger in (ben, "wrong", ""):
            status, refused = hub.ask("GET", url, token=stranger)
            assert (status, refused["code"]) in [(401, "not_authenticated"), (403, "not_allowed")]
            assert hub.ask("POST", url, {"name": "of-ben"}, stranger)[0] in (401, 403)
        _, token = hub.ask("POST", f"{root}/gradient/api/tokens", {"name": "job", "access": "write"}, ann)
        assert hub.ask("GET", url, token=token["secret"])[0] == 200
        calls = {"calls": [{"method": "headObject", "params": {"Key": "x"}}]}
        signing = f"{root}/gradient/datasets/of-ann/versions/{version['version']}/s3/preSignedUrls"
        _, signed = hub.ask("POST", signing, calls, ann)
        assert signed[0]["url"].startswith(f"{root}/gradient/s3/")
        check_kernel(hub, root, ann)
    finally:
        hub.stop("ann")
