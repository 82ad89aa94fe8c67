"""Trying out a bucket: what is found of real servers, and what is said of those that misbehave."""

from __future__ import annotations

import base64
import hashlib
import secrets
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
from botocore.exceptions import ClientError

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import ProviderCheck, S3Config
from jupyter_gradient_data.stores import check as check_module
from jupyter_gradient_data.stores.check import check_bucket
from jupyter_gradient_data.stores.objects import Capabilities
from jupyter_gradient_data.stores.s3 import S3Store
from jupyter_gradient_data.stores.s3_admin import CORS_RULE, get_cors, set_cors
from tests.support.faulty_http import (
    Fault,
    HalfReply,
    Hang,
    Request,
    Reset,
    Rule,
    always,
    faulty_server,
    s3_error,
    web_page,
)
from tests.support.programs import free_ports
from tests.support.s3_servers import POOR, SEAWEEDFS, S3Server

STEPS = [
    "list",
    "put",
    "get",
    "range get",
    "head",
    "multipart",
    "conditional put",
    "checksum",
    "ordered list",
    "delete",
]
STEPS += ["cors"]
NOTHING = Capabilities(conditional_put=False, checksums=False, ordered_list=False)


@pytest.fixture
def prefix() -> str:
    return f"t{secrets.token_hex(4)}/"


def keys(server: S3Server, prefix: str) -> list[str]:
    return [info.key for info in server.store().list(prefix)]


def lacking(check: ProviderCheck) -> list[str]:
    return [step.name for step in check.steps if not step.ok]


def test_a_rich_service(seaweedfs: S3Server, prefix: str) -> None:
    check, capabilities = check_bucket(
        seaweedfs.config(), seaweedfs.secret_key, prefix=prefix, origins=["https://hub.example.org"]
    )
    assert check.ok
    assert [step.name for step in check.steps] == STEPS
    assert lacking(check) == ["ordered list"]
    assert check.summary == f"Bucket data at {seaweedfs.endpoint} works, without ordered list."
    assert capabilities == SEAWEEDFS
    assert keys(seaweedfs, prefix) == []
    assert seaweedfs.unfinished_uploads(prefix) == []


def test_a_poor_service_can_be_used(rclone_s3: S3Server, prefix: str) -> None:
    check, capabilities = check_bucket(rclone_s3.config(), rclone_s3.secret_key, prefix=prefix)
    assert check.ok
    assert lacking(check) == ["range get", "conditional put", "checksum", "cors"]
    assert "without range get, conditional put, checksum and cors" in check.summary
    assert capabilities == POOR
    assert keys(rclone_s3, prefix) == []


def test_cors_is_set_once_and_leaves_the_rules_of_others(seaweedfs: S3Server) -> None:
    client = seaweedfs.client()
    theirs = {"ID": "theirs", "AllowedMethods": ["GET"], "AllowedOrigins": ["https://other.example.org"]}
    client.put_bucket_cors(Bucket=seaweedfs.bucket, CORSConfiguration={"CORSRules": [theirs]})
    try:
        for origin in ("https://old.example.org", "https://hub.example.org"):
            set_cors(seaweedfs.config(), seaweedfs.secret_key, [origin])
        rules = {rule["ID"]: rule for rule in get_cors(seaweedfs.config(), seaweedfs.secret_key)}
        assert set(rules) == {"theirs", CORS_RULE}
        assert rules[CORS_RULE]["AllowedOrigins"] == ["https://hub.example.org"]
        assert {"GET", "PUT"} <= set(rules[CORS_RULE]["AllowedMethods"])
        assert rules[CORS_RULE]["ExposeHeaders"] == ["ETag"]
    finally:
        client.delete_bucket_cors(Bucket=seaweedfs.bucket)
    assert get_cors(seaweedfs.config(), seaweedfs.secret_key) == []


def test_a_wrong_secret(seaweedfs: S3Server, prefix: str) -> None:
    check, capabilities = check_bucket(seaweedfs.config(), "wrong", prefix=prefix)
    name = f"Bucket data at {seaweedfs.endpoint}"
    assert check.summary == f"{name} refused to list its objects: the secret does not belong to the access key."
    assert not check.ok
    assert len(check.steps) == 1
    assert "access key" in check.hint
    assert capabilities == NOTHING


def test_an_unknown_access_key(seaweedfs: S3Server, prefix: str) -> None:
    check, _ = check_bucket(seaweedfs.config(access_key="nobody"), seaweedfs.secret_key, prefix=prefix)
    assert check.summary.endswith("refused to list its objects: it does not know the access key.")


def test_a_missing_bucket_is_named_and_not_made(seaweedfs: S3Server, prefix: str) -> None:
    check, _ = check_bucket(seaweedfs.config(bucket="absent"), seaweedfs.secret_key, prefix=prefix)
    assert not check.ok
    assert check.summary == f"{seaweedfs.endpoint} has no bucket absent."
    assert check.hint.startswith("Create the bucket first")
    assert "absent" not in [bucket["Name"] for bucket in seaweedfs.client().list_buckets()["Buckets"]]


def test_a_bucket_without_write_permission(seaweedfs: S3Server, prefix: str) -> None:
    def read_only(request: Request) -> Fault | None:
        return s3_error(403, "AccessDenied") if request.method in ("PUT", "POST", "DELETE") else None

    with faulty_server(read_only, seaweedfs.endpoint) as server:
        check, _ = check_bucket(seaweedfs.config(endpoint=server.endpoint), seaweedfs.secret_key, prefix=prefix)
    assert not check.ok
    assert [(step.name, step.ok) for step in check.steps] == [("list", True), ("put", False)]
    assert f"refused to write {prefix}check-" in check.summary
    assert check.summary.endswith("the access key has no permission for this.")


def test_a_bucket_that_cannot_be_deleted_from(seaweedfs: S3Server, prefix: str) -> None:
    def no_delete(request: Request) -> Fault | None:
        return s3_error(403, "AccessDenied") if request.method == "DELETE" else None

    with faulty_server(no_delete, seaweedfs.endpoint) as server:
        check, _ = check_bucket(seaweedfs.config(endpoint=server.endpoint), seaweedfs.secret_key, prefix=prefix)
    assert not check.ok
    assert "refused to delete" in check.summary


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        (always(web_page(200)), "does not answer like an S3 endpoint"),
        (always(web_page(404)), "does not answer like an S3 endpoint"),
        (always(s3_error(403, "AccessDenied")), "refused to list its objects: the access key has no permission"),
        (always(s3_error(500, "InternalError")), "failed to list its objects: it answered HTTP 500 (InternalError)"),
        (always(s3_error(503, "SlowDown")), "failed to list its objects: it answered HTTP 503 (SlowDown)"),
        (always(s3_error(301, "PermanentRedirect")), "is in another region"),
        (always(Hang()), "failed to list its objects: it did not answer in time"),
        (always(Reset()), "failed to list its objects: the connection broke"),
    ],
)
def test_what_is_said_of_a_service_that_misbehaves(rule: Rule, message: str, prefix: str) -> None:
    with faulty_server(rule) as server:
        started = time.monotonic()
        config = S3Config(bucket="data", access_key="AK", endpoint=server.endpoint)
        check, capabilities = check_bucket(config, "secret-material", prefix=prefix, patience=0.5)
        assert time.monotonic() - started < 10
    assert not check.ok
    assert message in check.summary
    assert server.endpoint in check.summary
    assert "secret-material" not in str(check)
    assert capabilities == NOTHING


def test_nobody_listens(prefix: str) -> None:
    (port,) = free_ports(1)
    config = S3Config(bucket="data", access_key="AK", endpoint=f"http://127.0.0.1:{port}")
    check, _ = check_bucket(config, "secret", prefix=prefix)
    assert check.summary == f"Bucket data at http://127.0.0.1:{port} cannot be reached: connection refused."
    assert check.hint == "Check the endpoint and the network."


def test_a_host_that_does_not_exist(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    def unknown(*_: object, **__: object) -> None:
        raise socket.gaierror(-2, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    config = S3Config(bucket="data", access_key="AK", endpoint="https://storage.example.org")
    check, _ = check_bucket(config, "secret", prefix=prefix)
    assert check.summary.endswith("storage.example.org cannot be reached: there is no host of that name.")


def test_https_where_http_is_spoken(seaweedfs: S3Server, prefix: str) -> None:
    config = seaweedfs.config(endpoint=seaweedfs.endpoint.replace("http:", "https:"))
    check, _ = check_bucket(config, seaweedfs.secret_key, prefix=prefix)
    assert check.summary.endswith("cannot be reached: it does not speak TLS, which https needs.")


def test_many_addresses_that_do_not_answer(monkeypatch: pytest.MonkeyPatch, prefix: str) -> None:
    """Each of them is waited for by itself, and a name may take its time as well: all of it has one limit."""
    answered = threading.Event()

    def never(*_: object) -> Iterator[object]:
        answered.wait(60)
        return iter(())

    monkeypatch.setattr(S3Store, "list", never)
    monkeypatch.setattr(check_module, "_TO_CONNECT", 0.05)
    config = S3Config(bucket="data", access_key="AK", endpoint="https://storage.example.org")
    try:
        check, _ = check_bucket(config, "secret", prefix=prefix, patience=0.05)
    finally:
        answered.set()
    assert [(step.name, step.ok) for step in check.steps] == [("list", False)]
    assert check.summary.endswith("storage.example.org cannot be reached: it does not answer.")


@pytest.mark.parametrize("secret", ["", "\udce9"])
def test_a_secret_that_cannot_be_one(prefix: str, secret: str) -> None:
    with pytest.raises(GradientDataError, match="secretAccessKey cannot be"):
        check_bucket(S3Config(bucket="data", access_key="AK"), secret, prefix=prefix)


def test_half_a_body(seaweedfs: S3Server, prefix: str) -> None:
    def half(request: Request) -> Fault | None:
        return HalfReply() if request.method == "GET" and "list-type" not in request.path else None

    with faulty_server(half, seaweedfs.endpoint) as server:
        check, _ = check_bucket(seaweedfs.config(endpoint=server.endpoint), seaweedfs.secret_key, prefix=prefix)
    assert not check.ok
    assert check.steps[-1].name == "get"
    assert check.summary.endswith("the connection broke.")
    assert keys(seaweedfs, prefix) == []


def test_a_slow_service_ends_the_check(seaweedfs: S3Server, prefix: str) -> None:
    check, _ = check_bucket(seaweedfs.config(), seaweedfs.secret_key, prefix=prefix, seconds=0)
    assert not check.ok
    assert "too slow" in check.summary


def put_with_wrong_checksum(server: S3Server, key: str, wrong: str) -> None:
    server.client().put_object(Bucket=server.bucket, Key=key, Body=b"content", ChecksumSHA256=wrong)


def send_part_with_wrong_checksum(server: S3Server, key: str, wrong: str) -> None:
    client = server.client()
    upload = client.create_multipart_upload(Bucket=server.bucket, Key=key, ChecksumAlgorithm="SHA256")["UploadId"]
    where = {"Bucket": server.bucket, "Key": key, "UploadId": upload}
    try:
        client.upload_part(**where, PartNumber=1, Body=b"content", ChecksumSHA256=wrong)
    finally:
        client.abort_multipart_upload(**where)


@pytest.mark.parametrize("send", [put_with_wrong_checksum, send_part_with_wrong_checksum])
def test_seaweedfs_refuses_a_wrong_checksum(
    seaweedfs: S3Server, prefix: str, send: Callable[[S3Server, str, str], None]
) -> None:
    wrong = base64.b64encode(hashlib.sha256(b"other content").digest()).decode()
    with pytest.raises(ClientError, match="BadDigest"):
        send(seaweedfs, prefix + "a", wrong)
    assert keys(seaweedfs, prefix) == []
