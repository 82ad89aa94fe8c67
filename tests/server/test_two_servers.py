"""Two servers on one PostgreSQL and one S3 bucket, used at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.rest import ended
from tests.support.s3_servers import S3Server


@pytest.fixture
def pair(
    make_server: Callable[..., JupyterServer], postgres_database: Callable[[], str], seaweedfs: S3Server
) -> tuple[JupyterServer, JupyterServer]:
    environment = {"GRADIENT_DATABASE_URL": postgres_database(), "GRADIENT_SECRET_KEY": "the same for both servers"}
    first, second = (make_server(environment=environment) for _ in range(2))
    config = seaweedfs.config()
    s3 = {"bucket": config.bucket, "access_key": config.access_key, "endpoint": config.endpoint}
    body = {"name": "bucket", "kind": "s3-compatible", "s3": s3, "secret": seaweedfs.secret_key}
    added = first.post("/api/providers", body)
    assert added.status == 201, added
    return first, second


def commit(server: JupyterServer, dataset: str, version: str) -> Any:
    return ended(server, server.post(f"/api/datasets/{dataset}/versions/{version}/commit", {}))


def test_both_write_into_one_version_and_one_commits(pair: tuple[JupyterServer, JupyterServer]) -> None:
    first, second = pair
    dataset = first.post("/api/datasets", {"name": "shared", "provider": "bucket"}).json["id"]
    version = second.post(f"/api/datasets/{dataset}/versions", {}).json["version"]
    base = f"/api/datasets/{dataset}/versions/{version}"

    def put(number: int) -> int:
        return pair[number % 2].request("PUT", f"{base}/content/{number:03}.txt", data=b"%d" % number).status

    with ThreadPoolExecutor(16) as pool:
        assert set(pool.map(put, range(100))) == {201}
    with ThreadPoolExecutor(2) as pool:  # committing twice is no error, from whichever server
        tasks = list(pool.map(lambda server: commit(server, dataset, version), pair))
    states = {str(task["state"]) for task in tasks}
    assert "succeeded" in states
    for task in tasks:
        assert task["state"] == "succeeded" or task["error"]["code"] == "version_committing"
    for server in pair:
        listed = server.get(f"{base}/files?recursive=true&limit=1000").json["items"]
        assert [item["path"] for item in listed] == [f"{number:03}.txt" for number in range(100)]
        assert server.get(f"{base}/content/042.txt").data == b"42"
        assert server.request("PUT", f"{base}/content/late.txt", data=b"late").status == 409


def test_each_sees_the_others_tasks_and_tokens(pair: tuple[JupyterServer, JupyterServer]) -> None:
    first, second = pair
    made = first.post("/api/tokens", {"name": "job", "access": "write"}).json
    assert second.get("/api/datasets", token=made["secret"]).status == 200
    task = first.post("/api/verify", {}).json
    while (seen := second.get(f"/api/tasks/{task['id']}?wait=10").json)["state"] == "running":
        pass  # asked of the other server
    assert seen["state"] == "succeeded"
    assert second.request("DELETE", f"/api/tokens/{made['token']['id']}").status == 204
    assert first.get("/api/datasets", token=made["secret"]).status == 401


def test_a_url_signed_by_one_works_at_the_other(pair: tuple[JupyterServer, JupyterServer]) -> None:
    first, second = pair
    dataset = first.post("/api/datasets", {"name": "signed", "provider": "bucket"}).json["id"]
    version = first.post(f"/api/datasets/{dataset}/versions", {}).json["version"]
    calls = {"calls": [{"method": "putObject", "params": {"Key": "/a.txt", "ContentType": "text/plain"}}]}
    (signed,) = first.post(f"/datasets/{dataset}/versions/{version}/s3/preSignedUrls", calls).json
    url = signed["url"].replace(first.root, second.root)
    assert second.request("PUT", url, data=b"hello", token=None, headers={"Content-Type": "text/plain"}).status == 200
    assert commit(first, dataset, version)["state"] == "succeeded"
    assert second.get(f"/api/datasets/{dataset}/versions/latest/content/a.txt").data == b"hello"
    late = first.request("PUT", signed["url"], data=b"late", token=None, headers={"Content-Type": "text/plain"})
    assert late.status in (403, 409)
