"""Each kernel of a real server has an API token of its own, and with it all that a notebook needs."""

from __future__ import annotations

import datetime
import ipaddress
import json
import os
import signal
import ssl
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from jupyter_server.serverapp import ServerApp

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.server.address import UnreachableError, environment_of
from jupyter_gradient_data.server.kernels import with_extension
from jupyter_gradient_data.service.host import Host
from jupyter_gradient_data.service.opening import open_service
from jupyter_gradient_data.service.remote_url import parse_url
from tests.service.place import fails
from tests.support.jupyter_server import JupyterServer
from tests.support.kernels import Kernel
from tests.support.machine import USER
from tests.support.privileges import folder_for_all

ROOT = Path(__file__).parents[2]
NAMES = ["GRADIENT_URL", "GRADIENT_TOKEN", "GRADIENT_SECRET_KEY", "GRADIENT_DATABASE_URL", "GRADIENT_SERVER"]
VARIABLES = f"import os, json; print(json.dumps([os.environ.get(name) for name in {[*NAMES, 'JUPYTER_TOKEN']}]))"
CURRENT = "from jupyter_gradient_data.client.service import current_service; service = current_service()\n"
COMMIT = """
service.create_dataset({name!r})
version = service.create_version({name!r})
service.write_file(version.reference, "a.txt", [b"of the kernel"])
version = service.commit_version(version.reference).result()
print(type(service).__name__, service.list_volumes().notebook, version.bytes)
"""
GRADIENT = f"get_ipython().system('{sys.executable} -m jupyter_gradient_data.cli {{}}')"


@pytest.fixture(scope="module", params=["as it is", "ordinary"])
def server(request: pytest.FixtureRequest) -> Iterator[JupyterServer]:
    """A server with a base URL and a database that its kernels are not told, also of an ordinary user."""
    if request.param == "ordinary" and os.geteuid() != 0:
        pytest.skip("that is who runs the tests")
    with folder_for_all() as folder:
        place = folder / "server"
        place.mkdir()
        if request.param == "ordinary":
            os.chown(place, USER, USER)
        environment = {
            "GRADIENT_DATABASE_URL": f"sqlite:///{place}/elsewhere.sqlite",
            "GRADIENT_SECRET_KEY": "hush",
            "JUPYTER_TOKEN": "hush",
            "PYTHONPATH": str(ROOT),
        }
        kinds = ("ordinary",) if request.param == "ordinary" else ()
        server = JupyterServer(place, environment, base_url="/lab/user/me@x/", kinds=kinds)
        yield server
        server.close()


def tokens(server: JupyterServer) -> dict[str, str]:
    """Ids and names of all that there are."""
    return {token["id"]: token["name"] for token in server.get("/api/tokens").json["items"]}


def variables(kernel: Kernel) -> dict[str, str]:
    """Those of a kernel that have a value."""
    values = json.loads(kernel.run(VARIABLES))
    return {name: value for name, value in zip([*NAMES, "JUPYTER_TOKEN"], values, strict=True) if value is not None}


def is_known(server: JupyterServer, token: str) -> bool:
    """Whether a token is let in."""
    return server.get("/api/datasets", token=token).status == 200


def start(server: JupyterServer, kernel: str, environment: dict[str, str]) -> Kernel:
    """A kernel of a specification of its own."""
    argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec = server.folder / "jupyter-data" / "kernels" / kernel
    spec.mkdir(parents=True)
    text = json.dumps({"argv": argv, "display_name": kernel, "language": "python", "env": environment})
    (spec / "kernel.json").write_text(text)
    answer = server.post(f"{server.root}/api/kernels", {"name": kernel})
    return Kernel(server, answer.json["id"])


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_kernel_works_on_its_server_by_a_token_that_ends_with_it(server: JupyterServer, name: str) -> None:
    before = tokens(server)
    kernel = Kernel(server)
    found = variables(kernel)
    assert set(found) == {"GRADIENT_URL", "GRADIENT_TOKEN"}
    (made,) = set(tokens(server)) - set(before)
    assert tokens(server)[made].startswith("Kernel of notebook run default on ")
    assert found["GRADIENT_TOKEN"].startswith(f"gdt_{made}_")

    assert kernel.run(CURRENT + COMMIT.format(name=name)) == "RemoteService default 13"
    assert kernel.run("service.create_token('mine')").startswith("Denied:")
    assert name in kernel.run(GRADIENT.format("datasets list"))
    assert "Mounted" in kernel.run(GRADIENT.format(f"mount {name}"))
    inputs = "os.environ['GRADIENT_INPUTS']"
    assert kernel.run(f"print(open({inputs} + '/{name}/a.txt').read())") == "of the kernel"

    elsewhere = f"import jupyter_gradient_data as jgd; jgd.connect(state_dir={str(server.folder / 'other')!r})"
    assert kernel.run(f"{elsewhere}; print(list(jgd.datasets()))") == "[]"

    kernel.restart()
    again = variables(kernel)["GRADIENT_TOKEN"]
    assert (is_known(server, found["GRADIENT_TOKEN"]), is_known(server, again)) == (False, True)
    os.kill(int(kernel.run("import os; print(os.getpid())")), signal.SIGKILL)
    wait_until(lambda: not is_known(server, again))
    wait_until(lambda: server.get(kernel.url).json["execution_state"] in ("starting", "idle"))
    kernel._connect()
    assert kernel.run(f"{CURRENT}print(service.get_dataset({name!r}).name)") == name
    kernel.shut_down()
    assert tokens(server) == before
    assert "not on this server" not in server.log.read_text()


def test_what_a_kernel_specification_names_is_not_overruled(server: JupyterServer) -> None:
    before = tokens(server)
    elsewhere = start(server, "elsewhere", {"GRADIENT_URL": "http://other:8888"})
    assert variables(elsewhere) == {"GRADIENT_URL": "http://other:8888"}
    limited = start(server, "limited", {"GRADIENT_TOKEN": "gdt_their_own"})
    assert variables(limited) == {"GRADIENT_URL": f"{server.root}/gradient", "GRADIENT_TOKEN": "gdt_their_own"}
    assert tokens(server) == before
    for kernel in (elsewhere, limited):
        kernel.shut_down()


def test_a_kernel_that_cannot_be_started_leaves_no_token(server: JupyterServer) -> None:
    before = tokens(server)
    spec = server.folder / "jupyter-data" / "kernels" / "broken"
    spec.mkdir(parents=True)
    text = json.dumps({"argv": ["/no/such/python", "{connection_file}"], "display_name": "broken", "language": "x"})
    (spec / "kernel.json").write_text(text)
    assert server.post(f"{server.root}/api/kernels", {"name": "broken"}).status == 500
    assert tokens(server) == before


def test_what_a_killed_server_leaves_the_next_one_revokes(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server()
    left = variables(Kernel(server))["GRADIENT_TOKEN"]
    living = Host(Config(state_dir=server.state))  # as another server of the same notebook run has it
    mine = living.kernel_tokens.create().secret
    server.kill()
    server.start()
    wait_until(lambda: not is_known(server, left))
    assert is_known(server, mine)
    kept = variables(Kernel(server))["GRADIENT_TOKEN"]
    os.kill(server.process.pid, signal.SIGTERM)
    wait_until(lambda: not server.process.is_running())
    with pytest.raises(Exception, match="was deleted"):
        living.tokens.identify(kept)
    living.close()
    assert "Traceback" not in server.log.read_text()


def test_leftovers_are_told_by_their_names(tmp_path: Path) -> None:
    host, other = Host(Config(state_dir=tmp_path)), Host(Config(state_dir=tmp_path, notebook="n" * 128))
    mine, longest = host.kernel_tokens.create(), other.kernel_tokens.create()
    place, _, process = mine.token.name.partition(" (")[2][:-1].partition("-")
    names = {
        "ended": mine.token.name.replace(process, "1-1"),
        "before this machine was started again": mine.token.name.replace(place, "0" * 16),
        "of another machine": mine.token.name.replace(" on ", " on x-").replace(process, "1-1"),
        "of another run": mine.token.name.replace("run default", "run other").replace(process, "1-1"),
        "of somebody": "Kernel of notebook run default",
    }
    made = {what: host.tokens.create(name, mine.token.access, (), None).token.id for what, name in names.items()}
    assert host.kernel_tokens.revoke_leftovers() == 2
    left = {token.id for token in host.tokens.page(100, None).items}
    gone = {what for what, token in made.items() if token not in left}
    assert gone == {"ended", "before this machine was started again"}
    assert {mine.token.id, longest.token.id} <= left
    other.close()
    assert longest.token.id not in {token.id for token in host.tokens.page(100, None).items}
    host.close()


# --- how the server is reached ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "url"),
    [
        ({}, "http://localhost:9"),
        ({"base_url": "/user/ann%40x/"}, "http://localhost:9/user/ann%40x"),
        ({"base_url": "/lab/", "ip": "::"}, "http://[::1]:9/lab/gradient"),
        ({"base_url": "/tree/x/", "ip": "*"}, None),
        ({"ip": "127.0.0.2"}, "http://127.0.0.2:9"),
        ({"sock": "/tmp/jupyter.sock"}, None),
        ({"certfile": "/no/such/file"}, None),
        ({"certfile": __file__}, None),
        ({"certfile": __file__, "client_ca": __file__}, None),
    ],
)
def test_how_a_server_is_reached(options: dict[str, str], url: str | None) -> None:
    server = ServerApp(port=9, **options)
    try:
        found = environment_of(server)
    except UnreachableError:
        assert url is None
    else:
        assert found == {"GRADIENT_URL": url}
        assert f"{parse_url(url or '').base}/" == f"http://{(url or '').split('/')[2]}{server.base_url}"


class _Secure(JupyterServer):
    """One with a certificate of its own, for a name that it is not reached by."""

    def start(self) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "jupyter.example")])
        now = datetime.datetime.now(datetime.timezone.utc)
        builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + datetime.timedelta(1))
        names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("192.0.2.1"))])
        certificate = builder.add_extension(names, critical=False).sign(key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        (self.folder / "cert.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        (self.folder / "key.pem").write_bytes(private)
        self.fingerprint = certificate.fingerprint(hashes.SHA256()).hex(":")
        self.root, self.url = (url.replace("http:", "https:") for url in (self.root, self.url))
        self.pool = urllib3.PoolManager(retries=False, assert_fingerprint=self.fingerprint, cert_reqs=ssl.CERT_NONE)
        super().start()


def test_a_server_with_a_certificate_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    files = [f"--ServerApp.{what}file={tmp_path}/server/{what}.pem" for what in ("cert", "key")]
    server = _Secure(tmp_path / "server", arguments=tuple(files))
    try:
        answer: dict[str, Any] = server.post(f"{server.root}/api/kernels", {"name": "python3"}).json
        client = open_service(Config(url=server.root, token=server.token, certificate=server.fingerprint.upper()))
        (made,) = client.list_tokens().items
        assert made.name.startswith("Kernel of")
        client.close()
        for wrong, kind in (("00" * 32, ErrorKind.SERVER_UNREACHABLE), ("no", ErrorKind.INVALID_OPTION)):
            with fails(kind):
                open_service(Config(url=server.root, token=server.token, certificate=wrong)).list_tokens()
        environment = Path(f"/proc/{_kernel_process(server)}/environ").read_text().split("\0")
        given = dict(line.split("=", 1) for line in environment if "=" in line)
        inside = open_service(Config.load(environment={**given, "GRADIENT_STATE_DIR": str(tmp_path / "other")}))
        assert inside.list_datasets().items == ()
        inside.close()
        assert server.request("DELETE", f"{server.root}/api/kernels/{answer['id']}").status == 204
    finally:
        server.close()


def _kernel_process(server: JupyterServer) -> str:
    """The number of its only kernel."""
    for path in Path("/proc").glob("[0-9]*"):
        try:
            parent = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            if parent == server.process.pid and b"ipykernel_launcher" in (path / "cmdline").read_bytes():
                return path.name
        except OSError:
            continue
    raise AssertionError("there is none")


def test_a_token_is_for_the_server_beside_it() -> None:
    kernel = {"GRADIENT_URL": "https://a", "GRADIENT_TOKEN": "secret", "GRADIENT_CERTIFICATE": "00" * 32}
    same, other = (Config.load(environment=kernel, url=url) for url in ("https://a", "https://b"))
    assert (same.token, same.certificate) == ("secret", "00" * 32)
    assert (other.token, other.certificate) == (None, None)
    assert Config.load(environment={"GRADIENT_TOKEN": "secret"}, url="https://b").token == "secret"


# --- magics -----------------------------------------------------------------------------------------------------------


def test_only_ipython_of_the_same_environment_gets_the_magics(tmp_path: Path) -> None:
    launcher = ["-m", "ipykernel_launcher", "-f", "x"]
    for module in ("ipykernel_launcher", "ipykernel"):
        mine = [sys.executable, "-Xfrozen_modules=off", "-m", module, "-f", "x"]
        assert with_extension(mine) == [*mine, "--InteractiveShellApp.extra_extensions=jupyter_gradient_data"]
    other = tmp_path / "bin" / "python"
    other.parent.mkdir()
    other.symlink_to(os.path.realpath(sys.executable))
    beside = [str(other), *launcher]
    for command in (beside, ["python", *launcher], [sys.executable, "-m", "bash_kernel"], ["R", "-e", "x"], ["ir"]):
        assert with_extension(command) == command


def test_a_kernel_has_the_magics_beside_the_extensions_of_its_user(server: JupyterServer) -> None:
    config = "get_ipython().profile_dir.location + '/ipython_kernel_config.py', 'w'"
    loaded = "print([name in get_ipython().magics_manager.magics['line'] for name in ('dataset', 'autoreload')])"
    kernel = Kernel(server)
    assert kernel.run(loaded) == "[True, False]"
    kernel.run(f"""open({config}).write("c.InteractiveShellApp.extensions = ['autoreload']")""")
    kernel.restart()
    assert kernel.run(loaded) == "[True, True]"
    assert kernel.run("found = %dataset list\nprint(len(found), type(found).__name__)").endswith("Listing")
    kernel.shut_down()
    plain = start(server, "plain", {"GRADIENT_MAGICS": "0"})
    assert plain.run(loaded) == "[False, True]"
    plain.shut_down()
