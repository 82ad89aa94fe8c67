"""A service that is somewhere else: what may go wrong on the way, and what people are told of it."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.service import remote_http
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service
from jupyter_gradient_data.service.remote_url import ServerUrl, parse_url
from tests.service.place import Place, fails
from tests.support.faulty_http import (
    Answer,
    FaultyServer,
    HalfReply,
    LoseReply,
    Request,
    Reset,
    always,
    faulty_server,
    times,
    web_page,
)
from tests.support.programs import free_ports

SECRET = "a-secret-token"


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses that a test need not wait for; there are as many."""
    monkeypatch.setattr(remote_http, "_FIRST_PAUSE", 0.001)
    monkeypatch.setattr(remote_http, "_LONGEST_PAUSE", 0.01)


@pytest.fixture
def remote(make_place: Callable[[str], Place]) -> Place:
    """A fresh state behind a server."""
    return make_place("remote")


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., DataService]]:
    """Opens services on a URL; closed after the test."""
    with ExitStack() as opened:

        def make(url: str, token: str | None = SECRET) -> DataService:
            service = open_service(Config(url=url, token=token, state_dir=tmp_path / "client"))
            opened.callback(service.close)
            return service

        yield make


@pytest.fixture
def proxied(remote: Place, connect: Callable[..., DataService]) -> Iterator[tuple[DataService, FaultyServer]]:
    """A service whose server is reached through a proxy that can be told to misbehave."""
    with faulty_server(lambda request: None, remote.url) as proxy:
        yield (
            connect(remote.url.replace(remote.url.split("/user")[0], proxy.endpoint), "the-token-of-the-server"),
            proxy,
        )


# --- the address ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "base", "token"),
    [
        ("http://localhost:8888", "http://localhost:8888", None),
        ("http://localhost:8888/", "http://localhost:8888", None),
        ("localhost:8888", "http://localhost:8888", None),
        ("http://localhost:8888/?token=abc", "http://localhost:8888", "abc"),
        ("http://127.0.0.1:8888/lab?token=abc", "http://127.0.0.1:8888", "abc"),
        ("  http://127.0.0.1:8888/tree?token=abc\n", "http://127.0.0.1:8888", "abc"),
        ("http://127.0.0.1:8888/lab/tree/a/lab/b.ipynb?reset&token=abc#x", "http://127.0.0.1:8888", "abc"),
        ("https://hub.example.org/user/me/lab", "https://hub.example.org/user/me", None),
        ("https://hub.example.org/user/lab/lab/workspaces/a", "https://hub.example.org/user/lab", None),
        ("https://hub.example.org/user/j%C3%BCrg/", "https://hub.example.org/user/j%C3%BCrg", None),
        ("https://hub.example.org/jupyter/gradient/api/docs", "https://hub.example.org/jupyter", None),
        ("https://hub.example.org/user/a/laboratory/", "https://hub.example.org/user/a/laboratory", None),
        ("http://[::1]:8888/lab", "http://[::1]:8888", None),
    ],
)
def test_whatever_a_browser_shows_is_an_address(given: str, base: str, token: str | None) -> None:
    assert parse_url(given) == ServerUrl(base, token)


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("ftp://host/?token=abc", "http"),
        ("http://?token=abc", "no host"),
        ("http://host:port/?token=abc", "URL"),
        ("http://abc:secret@host", "user name"),
        ("http://[::1?token=abc", "URL"),
    ],
)
def test_what_is_no_address_is_not_repeated(given: str, reason: str) -> None:
    with fails(ErrorKind.INVALID_OPTION, reason) as caught:
        open_service(Config(url=given))
    assert "abc" not in str(caught.value)


def test_the_token_may_come_with_the_url(remote: Place, connect: Callable[..., DataService]) -> None:
    assert connect(f"{remote.url}lab?token=the-token-of-the-server", "not this one").list_datasets().items == ()


# --- who does not answer ----------------------------------------------------------------------------------------------


def test_a_wrong_token(remote: Place, connect: Callable[..., DataService]) -> None:
    for token in (SECRET, None):
        with fails(ErrorKind.NOT_AUTHENTICATED) as caught:
            connect(remote.url, token).list_datasets()
        assert SECRET not in caught.value.message + caught.value.hint


def test_nobody_is_there(connect: Callable[..., DataService]) -> None:
    """People hear of a wrong port at once."""
    (port,) = free_ports(1)
    service = connect(f"http://127.0.0.1:{port}/?token={SECRET}")
    with fails(ErrorKind.SERVER_UNREACHABLE, f"http://127.0.0.1:{port} ", "connection refused") as caught:
        service.create_dataset("data")
    assert SECRET not in caught.value.message
    assert service.stats()["requests"] == 1


@pytest.mark.parametrize(
    ("answer", "kind", "words"),
    [
        (web_page(200), ErrorKind.SERVER_FAILED, "cannot be understood"),
        (web_page(404), ErrorKind.SERVER_FAILED, "no Jupyter server with jupyter-gradient-data"),
        (web_page(403), ErrorKind.NOT_AUTHENTICATED, "token"),
        (web_page(500), ErrorKind.SERVER_FAILED, "500"),
        (Answer(302, headers={"Location": f"/hub/login?token={SECRET}"}), ErrorKind.SERVER_FAILED, "/hub/login;"),
        (Answer(200, b'{"items": 1}'), ErrorKind.SERVER_FAILED, "cannot be understood"),
        (Answer(400, b'{"code": "new", "message": "Of tomorrow.", "hint": ""}'), ErrorKind.SERVER_FAILED, "tomorrow"),
        (Answer(409, b'{"code": "name_taken", "message": "Taken.", "hint": "h"}'), ErrorKind.NAME_TAKEN, "Taken."),
    ],
    ids=["a page", "no extension", "login", "broken", "hub", "other JSON", "unknown code", "known code"],
)
def test_somebody_else_is_there(
    connect: Callable[..., DataService], answer: Answer, kind: ErrorKind, words: str
) -> None:
    with faulty_server(always(answer)) as server:
        service = connect(server.endpoint)
        with fails(kind, words) as caught:
            service.list_datasets()
        assert SECRET not in caught.value.message + caught.value.hint
        assert server.requests[0].headers["authorization"] == f"token {SECRET}"


def test_a_server_that_is_not_trusted(
    connect: Callable[..., DataService], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = make_certificate(tmp_path)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    with faulty_server(always(Answer(200, b'{"items": []}'))) as server:
        server.speak_tls(context)
        url = server.endpoint.replace("http:", "https:")
        with fails(ErrorKind.SERVER_UNREACHABLE, "its certificate is not trusted"):
            connect(url).list_datasets()
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        assert connect(url).list_datasets().items == ()
        assert [request.headers["authorization"] for request in server.requests] == [f"token {SECRET}"]


def make_certificate(folder: Path) -> Path:
    """A certificate of this machine that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(timezone.utc)
    names = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), now, now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    encoding = serialization.Encoding.PEM
    private = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(certificate.public_bytes(encoding) + private)
    return path


# --- what is lost on the way ------------------------------------------------------------------------------------------


def is_post(request: Request) -> bool:
    return request.method == "POST"


@pytest.mark.parametrize("fault", [Reset(), LoseReply(), HalfReply()], ids=["request", "reply", "half a reply"])
def test_what_can_be_asked_again_is(proxied: tuple[DataService, FaultyServer], fault: Reset) -> None:
    service, proxy = proxied
    proxy.rule = times(2, fault, is_post)
    made = service.create_dataset("data")
    assert [dataset.id for dataset in service.list_datasets().items] == [made.id]  # made once
    keys = {request.headers.get("idempotency-key") for request in proxy.requests if is_post(request)}
    assert len(keys) == 1
    proxy.rule = times(2, fault)
    assert service.get_dataset("data") == made


def test_a_lost_reply_is_said_to_be_lost(proxied: tuple[DataService, FaultyServer]) -> None:
    service, proxy = proxied
    service.create_dataset("data")
    proxy.rule = times(1, LoseReply(), lambda request: request.method == "DELETE")
    with fails(ErrorKind.REPLY_LOST):
        service.delete_dataset("data")
    assert service.list_datasets().items == ()
    made = service.create_dataset("other")
    version = service.create_version("other")
    proxy.rule = times(1, LoseReply(), lambda request: request.path.endswith("/commit"))
    assert service.commit_version(version.reference).result().is_committed  # asked again, with its key
    version = service.create_version("other")
    proxy.rule = always(LoseReply())
    with fails(ErrorKind.COMMIT_UNKNOWN, version.reference):
        service.commit_version(version.reference).result()
    with fails(ErrorKind.REPLY_LOST):
        service.create_version("other")
    proxy.rule = lambda request: None
    assert service.get_version(version.reference).state is not VersionState.UNCOMMITTED
    assert service.get_dataset("other").id == made.id


def test_a_server_that_stays_away(proxied: tuple[DataService, FaultyServer]) -> None:
    service, proxy = proxied
    service.create_dataset("data")
    before = len(proxy.requests)
    proxy.rule = always(Reset())
    with fails(ErrorKind.SERVER_UNREACHABLE, "connection"):
        service.get_dataset("data")
    assert 3 <= len(proxy.requests) - before <= 8


@pytest.mark.parametrize("status", [429, 503])
def test_a_busy_server_is_given_time(proxied: tuple[DataService, FaultyServer], status: int) -> None:
    service, proxy = proxied
    busy = Answer(status, b'{"code": "too_many_requests", "message": "Too many.", "hint": "h"}', {"Retry-After": "0"})
    proxy.rule = times(3, busy)
    service.create_dataset("data")
    service.delete_dataset("data")  # also what is not repeated when it may have been done
    proxy.rule = always(replace(busy, headers={"Retry-After": "3600"}))
    with fails(ErrorKind.TOO_MANY_REQUESTS):
        service.list_datasets()


def test_a_gateway_whose_server_restarts(proxied: tuple[DataService, FaultyServer]) -> None:
    service, proxy = proxied
    service.create_dataset("data")
    proxy.rule = times(2, web_page(502))
    assert service.list_datasets().items
    proxy.rule = times(1, web_page(504), lambda request: request.method == "DELETE")
    with fails(ErrorKind.REPLY_LOST, "504"):
        service.delete_dataset("data")


def test_a_download_goes_on_after_a_lost_connection(remote: Place, proxied: tuple[DataService, FaultyServer]) -> None:
    content = bytes(range(256)) * 40_000
    version = remote.version({"a": content})
    service, proxy = proxied
    proxy.rule = times(3, HalfReply(), lambda request: "/content/" in request.path)
    assert b"".join(service.read_file(version.reference, "a")) == content
    assert b"".join(service.read_file(version.reference, "a", 1000, 5_000_000)) == content[1000:5_000_000]
    ranges = [request.headers["range"] for request in proxy.requests if "/content/" in request.path]
    assert len(ranges) == len(set(ranges)) == 5


def test_more_paths_than_fit_one_question(remote: Place) -> None:
    version = remote.version({"a": b"1"})
    with fails(ErrorKind.FILE_NOT_FOUND):
        remote.service.read_archive(version.reference, ["x" * 994] * 60)
    with fails(ErrorKind.TOO_LARGE, "60,999 characters"):
        remote.service.read_archive(version.reference, ["x" * 994] * 61)


# --- tasks ------------------------------------------------------------------------------------------------------------


def test_cancelling_stops_the_server(remote: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    from jupyter_gradient_data.datasets import verify

    entered = threading.Event()

    def endless(repository: object, reference: object, read_data: object, progress: object) -> None:
        entered.set()
        while True:
            progress.check()  # type: ignore[attr-defined]
            time.sleep(0.001)

    monkeypatch.setattr(verify, "verify", endless)
    task = remote.service.verify()
    assert entered.wait(30)
    task.cancel()
    with fails(ErrorKind.CANCELLED):
        task.result()


def test_an_error_of_a_task_is_the_error_of_the_service(remote: Place) -> None:
    version = remote.committed({"a": b"1"})
    with fails(ErrorKind.VERSION_COMMITTED, version.reference):
        remote.service.delete_files(version.reference, ["a"]).result()


def test_what_was_changed_meanwhile(remote: Place) -> None:
    seen = remote.dataset()
    other = remote.client("2")
    other.update_dataset("data", description="theirs")
    other.close()
    with fails(ErrorKind.CHANGED_MEANWHILE):
        remote.service.update_dataset("data", description="mine", unchanged_since=seen.modified)
    assert remote.service.get_dataset("data").description == "theirs"
    now = remote.service.get_dataset("data").modified
    assert remote.service.update_dataset("data", description="mine", unchanged_since=now).description == "mine"


def test_requests_and_bytes_are_counted(remote: Place) -> None:
    version = remote.version()
    before = remote.service.stats()
    remote.service.write_file(version.reference, "a", [bytes(100_000)])
    assert remote.read(version.reference, "a") == bytes(100_000)
    now = remote.service.stats()
    assert now["requests"] - before["requests"] == 3
    assert 100_000 <= now["bytes_out"] - before["bytes_out"] < 101_000
    assert 100_000 <= now["bytes_in"] - before["bytes_in"] < 101_000
