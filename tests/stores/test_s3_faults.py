"""An S3 endpoint that misbehaves: each way gives one clear error soon, and nothing is lost or half visible."""

from __future__ import annotations

import secrets
import socket
import time
from collections.abc import Callable
from dataclasses import replace

import pytest

from jupyter_gradient_data.errors import Denied, ErrorKind, GradientDataError, Invalid, NotFound, StoreFailed
from jupyter_gradient_data.models import S3Config
from jupyter_gradient_data.stores.objects import Capabilities
from jupyter_gradient_data.stores.s3 import S3Store
from jupyter_gradient_data.stores.wrappers import RetryingStore
from tests.support.faulty_http import (
    Answer,
    HalfReply,
    Hang,
    LoseReply,
    Request,
    Reset,
    Rule,
    always,
    faulty_server,
    s3_error,
    times,
    web_page,
)
from tests.support.programs import free_ports
from tests.support.s3_servers import S3Server

SECRET = "very+secret/KEY=material"
MIB = 1024 * 1024
SOON = 10.0  # seconds; the clients would wait for a minute if they were not told otherwise

Operation = Callable[[S3Store], object]
OPERATIONS: dict[str, Operation] = {
    "get": lambda store: store.get("folder/a"),
    "range": lambda store: store.get("folder/a", 2, 5),
    "stream": lambda store: list(store.stream("folder/a")),
    "put": lambda store: store.put("folder/a", b"1"),
    "put_if_absent": lambda store: store.put_if_absent("folder/a", b"1"),
    "upload": lambda store: store.upload("folder/a", [bytes(MIB)] * 6, 6 * MIB),
    "head": lambda store: store.head("folder/a"),
    "list": lambda store: list(store.list("folder/")),
    "delete": lambda store: store.delete("folder/a"),
}
ALL = list(OPERATIONS)
BUT_HEAD = [name for name in ALL if name != "head"]  # its answer has no body that could say why


def outcome(rule: Rule, operation: str) -> GradientDataError:
    """What an operation raises against an endpoint that does nothing but misbehave."""
    with faulty_server(rule) as server:
        store = store_at(server.endpoint)
        started = time.monotonic()
        with pytest.raises(GradientDataError) as caught:
            OPERATIONS[operation](store)
        assert time.monotonic() - started < SOON
        check_sentences(caught.value, server.endpoint)
    return caught.value


def store_at(endpoint: str, secret: str = SECRET) -> S3Store:
    config = S3Config(bucket="data", access_key="AKIDTEST", endpoint=endpoint)
    return S3Store(config, secret, provider="sp1", patience=0.5, part_size=5 * MIB)


def check_sentences(error: GradientDataError, endpoint: str) -> None:
    """The error names the endpoint, says what to do next, and gives nothing away."""
    assert endpoint in error.message
    assert error.hint
    assert error.__cause__ is None
    assert error.__context__ is None or error.__suppress_context__
    for text in (error.message, error.hint, str(error.details)):
        assert SECRET not in text
        assert "Debug" not in text
        assert "RetryError" not in text
        assert "Signature=" not in text


@pytest.mark.parametrize("operation", BUT_HEAD)
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("SignatureDoesNotMatch", "the secret does not belong to the access key"),
        ("InvalidAccessKeyId", "does not know the access key"),
        ("AccessDenied", "no permission"),
        ("RequestTimeTooSkewed", "clocks"),
        ("AccountProblem", "no reason given"),
    ],
)
def test_403_says_why(operation: str, code: str, reason: str) -> None:
    error = outcome(always(s3_error(403, code)), operation)
    assert error.kind is ErrorKind.STORE_DENIED
    assert isinstance(error, Denied)
    assert reason in error.message
    assert "check --id sp1" in error.hint


def test_403_without_a_reason() -> None:
    assert outcome(always(s3_error(403, "AccessDenied")), "head").kind is ErrorKind.STORE_DENIED


@pytest.mark.parametrize("operation", ALL)
@pytest.mark.parametrize(("status", "code"), [(500, "InternalError"), (503, "SlowDown"), (429, "TooManyRequests")])
def test_a_service_in_trouble(operation: str, status: int, code: str) -> None:
    error = outcome(always(s3_error(status, code)), operation)
    assert error.kind is ErrorKind.STORE_ERROR
    assert f"HTTP {status}" in error.message


@pytest.mark.parametrize("operation", BUT_HEAD)
def test_a_missing_bucket(operation: str) -> None:
    error = outcome(always(s3_error(404, "NoSuchBucket")), operation)
    assert error.kind is ErrorKind.BUCKET_NOT_FOUND
    assert "data" in error.message


@pytest.mark.parametrize("operation", ALL)
def test_nobody_listens(operation: str) -> None:
    (port,) = free_ports(1)
    endpoint = f"http://127.0.0.1:{port}"
    with pytest.raises(StoreFailed) as caught:
        OPERATIONS[operation](store_at(endpoint))
    assert caught.value.kind is ErrorKind.STORE_UNREACHABLE
    check_sentences(caught.value, endpoint)


@pytest.mark.parametrize("operation", ALL)
def test_no_such_host(operation: str) -> None:
    endpoint = "http://no-such-host.invalid"
    with pytest.raises(StoreFailed) as caught:
        OPERATIONS[operation](store_at(endpoint))
    assert caught.value.kind is ErrorKind.STORE_UNREACHABLE
    check_sentences(caught.value, endpoint)


@pytest.mark.parametrize("operation", [name for name in ALL if name != "upload"])
def test_a_service_that_says_nothing(operation: str) -> None:
    error = outcome(always(Hang()), operation)
    assert error.kind is ErrorKind.STORE_ERROR
    assert "did not answer in time" in error.message


@pytest.mark.parametrize("operation", ALL)
def test_a_connection_that_breaks(operation: str) -> None:
    assert outcome(always(Reset()), operation).kind in (ErrorKind.STORE_ERROR, ErrorKind.STORE_UNREACHABLE)


@pytest.mark.parametrize("operation", [name for name in ALL if name != "delete"])
def test_a_web_server_that_likes_everything(operation: str) -> None:
    # A DELETE that is answered with 200 cannot be told from a good one.
    assert outcome(always(web_page(200)), operation).kind is ErrorKind.STORE_NOT_S3


@pytest.mark.parametrize("operation", BUT_HEAD)
@pytest.mark.parametrize("status", [400, 404, 405])
def test_a_web_server_that_does_not(operation: str, status: int) -> None:
    error = outcome(always(web_page(status)), operation)
    assert error.kind in (ErrorKind.STORE_NOT_S3, ErrorKind.STORE_DENIED) if status == 400 else ErrorKind.STORE_NOT_S3


@pytest.mark.parametrize("operation", BUT_HEAD)
def test_a_bucket_in_another_region(operation: str) -> None:
    error = outcome(always(s3_error(301, "PermanentRedirect", "use another endpoint")), operation)
    assert isinstance(error, Invalid)
    assert "region" in error.message


@pytest.mark.parametrize("operation", ["put", "put_if_absent", "upload"])
@pytest.mark.parametrize("code", ["BadDigest", "XAmzContentSHA256Mismatch"])
def test_damaged_on_the_way(operation: str, code: str) -> None:
    assert outcome(always(s3_error(400, code)), operation).kind is ErrorKind.CHECKSUM_REFUSED


def test_a_conflict_that_nobody_won_is_tried_again() -> None:
    def rule(request: Request) -> Answer:
        return s3_error(409, "ConditionalRequestConflict") if request.method == "PUT" else Answer(404)

    assert outcome(rule, "put_if_absent").kind is ErrorKind.STORE_ERROR


def test_an_answer_shorter_than_the_object() -> None:
    headers = {"ETag": '"x"', "Content-Range": "bytes 2-3/4"}
    error = outcome(always(Answer(206, b"12", headers)), "range")
    assert error.kind is ErrorKind.STORE_CORRUPT


# --- in front of a real server ---------------------------------------------------------------------------------------


@pytest.fixture
def folder() -> str:
    return f"faults-{secrets.token_hex(6)}/"


def is_part(number: int) -> Callable[[Request], bool]:
    return lambda request: request.method == "PUT" and f"partNumber={number}&" in request.path


def is_complete(request: Request) -> bool:
    return request.method == "POST" and "uploadId=" in request.path


@pytest.mark.parametrize("size", [1000, 20 * MIB])
def test_half_a_body_is_never_taken_for_the_whole(seaweedfs: S3Server, folder: str, size: int) -> None:
    data = secrets.token_bytes(size)
    seaweedfs.store().put(folder + "a", data)
    with faulty_server(times(4, HalfReply()), seaweedfs.endpoint) as server:
        store = seaweedfs.store(endpoint=server.endpoint)
        for read in (
            lambda: store.get(folder + "a"),
            lambda: store.get(folder + "a", 10, size - 10),
            lambda: list(store.stream(folder + "a")),
            lambda: list(store.list(folder)),
        ):
            with pytest.raises(StoreFailed) as caught:
                read()
            assert caught.value.kind is ErrorKind.STORE_ERROR
        assert store.get(folder + "a") == data


def test_a_stream_that_breaks_goes_on(seaweedfs: S3Server, folder: str) -> None:
    data = secrets.token_bytes(20 * MIB)
    seaweedfs.store().put(folder + "a", data)
    with faulty_server(times(3, HalfReply()), seaweedfs.endpoint) as server:
        store = RetryingStore(seaweedfs.store(endpoint=server.endpoint), sleep=lambda seconds: None)
        assert b"".join(store.stream(folder + "a")) == data
        assert len(server.requests) == 4


def test_one_failed_part_is_sent_again(seaweedfs: S3Server, folder: str) -> None:
    with faulty_server(times(1, s3_error(500, "InternalError"), is_part(2)), seaweedfs.endpoint) as server:
        store = seaweedfs.store(endpoint=server.endpoint, part_size=5 * MIB)
        store.upload(folder + "a", iter([bytes(5 * MIB)] * 3), 15 * MIB)
        assert sum(map(is_part(2), server.requests)) == 2
        assert sum(map(is_part(1), server.requests)) == 1
    assert seaweedfs.store().get(folder + "a") == bytes(15 * MIB)


@pytest.mark.parametrize(
    "rule",
    [
        times(99, s3_error(500, "InternalError"), is_part(1)),
        times(99, s3_error(500, "InternalError"), is_part(3)),
        times(1, s3_error(400, "BadDigest"), is_part(2)),
        times(99, s3_error(503, "SlowDown"), is_complete),
        times(99, s3_error(200, "InternalError"), is_complete),
    ],
    ids=["first part", "last part", "checksum", "complete", "complete that fails with 200"],
)
def test_an_upload_that_fails_leaves_nothing(seaweedfs: S3Server, folder: str, rule: Rule) -> None:
    with faulty_server(rule, seaweedfs.endpoint) as server:
        store = seaweedfs.store(endpoint=server.endpoint, part_size=5 * MIB)
        with pytest.raises(StoreFailed):
            store.upload(folder + "a", iter([bytes(5 * MIB)] * 3), 15 * MIB)
    assert seaweedfs.store().head(folder + "a") is None
    assert seaweedfs.unfinished_uploads(folder) == []


def test_a_lost_reply(seaweedfs: S3Server, folder: str) -> None:
    lose = times(2, LoseReply(), lambda request: request.method == "PUT")
    with faulty_server(lose, seaweedfs.endpoint) as server:
        store = RetryingStore(seaweedfs.store(endpoint=server.endpoint), sleep=lambda seconds: None)
        assert store.put_if_absent(folder + "a", b"ours") is True
        assert store.put_if_absent(folder + "a", b"ours") is False
    assert seaweedfs.store().get(folder + "a") == b"ours"


@pytest.mark.parametrize("size", [1000, 12 * MIB])
def test_bytes_that_change_on_the_way_are_refused(seaweedfs: S3Server, folder: str, size: int) -> None:
    """The server computes the SHA-256 that obstore sent along of what really arrived."""
    with faulty_server(lambda request: None, seaweedfs.endpoint) as server:
        server.damage = lambda request: request.method == "PUT"
        store = seaweedfs.store(endpoint=server.endpoint, part_size=5 * MIB)
        with pytest.raises(StoreFailed) as caught:
            store.upload(folder + "a", [bytes(size)], size)
        assert caught.value.kind is ErrorKind.CHECKSUM_REFUSED
        assert all("x-amz-checksum-sha256" in request.headers for request in server.requests if request.method == "PUT")
    assert seaweedfs.store().head(folder + "a") is None
    assert seaweedfs.unfinished_uploads(folder) == []


def test_a_listing_out_of_order_is_an_error_when_order_was_promised(seaweedfs: S3Server, folder: str) -> None:
    for name in ("a/1", "a-1"):
        seaweedfs.store().put(folder + name, b"")
    with pytest.raises(StoreFailed, match="order of the keys"):
        list(seaweedfs.store(Capabilities(ordered_list=True)).list(folder))


@pytest.mark.parametrize(("secret", "access_key"), [("wrong", None), (None, "nobody")])
def test_wrong_credentials(seaweedfs: S3Server, secret: str | None, access_key: str | None) -> None:
    config = replace(seaweedfs.config(), access_key=access_key or seaweedfs.access_key)
    store = S3Store(config, secret or seaweedfs.secret_key)
    for name, operation in OPERATIONS.items():
        with pytest.raises(Denied, match="gave no reason" if name == "head" else "access key"):
            operation(store)


def test_a_bucket_that_is_not_there(rclone_s3: S3Server) -> None:
    store = S3Store(rclone_s3.config(bucket="absent"), rclone_s3.secret_key)
    for name in BUT_HEAD:
        with pytest.raises(NotFound, match="no bucket absent"):
            OPERATIONS[name](store)


def test_settings_of_other_programs_do_not_matter(
    seaweedfs: S3Server, folder: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {
        "AWS_PROFILE": "absent",
        "AWS_SESSION_TOKEN": "of someone else",
        "AWS_ACCESS_KEY_ID": "of someone else",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
        "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:1",
        "AWS_REGION": "nowhere",
        "AWS_SKIP_SIGNATURE": "true",
        "AWS_VIRTUAL_HOSTED_STYLE_REQUEST": "true",
        "AWS_BUCKET": "other",
    }.items():
        monkeypatch.setenv(name, value)
    store = seaweedfs.store()
    store.put(folder + "a", b"1")
    assert [info.key for info in store.list(folder)] == [folder + "a"]


@pytest.mark.parametrize(
    ("changes", "option"),
    [
        ({"endpoint": "ftp://example.org"}, "endpoint"),
        ({"endpoint": "example.org"}, "endpoint"),
        ({"endpoint": "127.0.0.1:9000"}, "endpoint"),
        ({"endpoint": "http://"}, "endpoint"),
        ({"endpoint": "http://[::1"}, "endpoint"),
        ({"endpoint": "http://host:notaport"}, "endpoint"),
        ({"endpoint": f"https://user:{SECRET}@host"}, "endpoint"),
        ({"endpoint": "https://host/?a=b"}, "endpoint"),
        ({"bucket": ""}, "bucket"),
        ({"bucket": "a/b"}, "bucket"),
        ({"bucket": "s3://data"}, "bucket"),
        ({"access_key": ""}, "accessKey"),
        ({"access_key": "AK\nID"}, "accessKey"),
        ({"region": "eu west"}, "region"),
        ({"signature_version": "s3"}, "signatureVersion"),
        ({"signature_version": "v2"}, "signatureVersion"),
        ({"addressing": "somehow"}, "addressing"),
    ],
)
def test_settings_that_can_never_work(changes: dict[str, str], option: str) -> None:
    config = replace(S3Config(bucket="data", access_key="AK", endpoint="https://example.org"), **changes)
    with pytest.raises(Invalid) as caught:
        S3Store(config, "secret")
    assert caught.value.kind is ErrorKind.INVALID_OPTION
    assert caught.value.message.startswith(option)
    assert SECRET not in caught.value.message + caught.value.hint + str(caught.value.details)


@pytest.mark.parametrize("version", [None, "v4", "s3v4"])
def test_signature_version_4(version: str | None) -> None:
    S3Store(S3Config(bucket="data", access_key="AK", signature_version=version), "secret")


def test_what_python_shows_of_a_store_has_no_secret(seaweedfs: S3Server) -> None:
    store = seaweedfs.store()
    assert seaweedfs.secret_key not in repr(store)
    assert "loopback-secret" not in repr(store._client)


def test_a_source_that_fails_is_not_the_stores_failure(seaweedfs: S3Server, folder: str) -> None:
    error = ErrorKind.SOURCE_CHANGED(path="a.bin")

    def source():  # type: ignore[no-untyped-def]
        yield bytes(MIB)
        raise error

    with pytest.raises(GradientDataError) as caught:
        seaweedfs.store(part_size=5 * MIB).upload(folder + "a", source(), 12 * MIB)
    assert caught.value is error


def test_a_slow_listener_that_never_accepts() -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        started = time.monotonic()
        with pytest.raises(StoreFailed):
            store_at(f"http://127.0.0.1:{listener.getsockname()[1]}").get("a")
        assert time.monotonic() - started < SOON
