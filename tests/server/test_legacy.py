"""The legacy API on the wire: requests as the published client sends them, answers field for field."""

from __future__ import annotations

import re
from typing import Any

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.s3_servers import S3Server

BY_NAME = "filter%5Blimit%5D=21&filter%5Bskip%5D={skip}&filter%5Border%5D%5B%5D=name+ASC"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def dataset(server: JupyterServer, name: str) -> dict[str, Any]:
    made = server.post("/datasets", {"name": name, "description": "Iris photos"})
    assert made.status == 200, made
    return made.json


@pytest.fixture
def versions(dataset: dict[str, Any]) -> str:
    return f"/datasets/{dataset['id']}/versions"


def new_version(server: JupyterServer, versions: str, *, commit: bool = False, **body: Any) -> str:
    version: str = server.post(versions, body).json["version"]
    if commit:
        answer = server.post(f"{versions}/{version}", {"isCommitted": True})
        assert (answer.status, answer.json["isCommitted"]) == (200, True), answer
    return version


def test_dataset_has_the_fields_of_the_original(server: JupyterServer, dataset: dict[str, Any], name: str) -> None:
    assert server.get(f"/datasets/{dataset['id']}").json == dataset
    provider = dataset.pop("storageProvider")
    for thing in (dataset, provider):
        assert TIME.fullmatch(thing.pop("dtCreated"))
        assert TIME.fullmatch(thing.pop("dtModified"))
    assert dataset == {
        "id": dataset["id"],
        "name": name,
        "description": "Iris photos",
        "isPublic": False,
        "mlObjectTypeId": 2,
    }
    assert provider == {
        "id": provider["id"],
        "name": "Gradient Managed",
        "type": "s3",  # whatever it is: the client transfers files with no other type
        "config": provider["config"],
        "isTeamDefault": True,
        "isGradientManaged": True,
    }


def test_version_has_the_fields_of_the_original(server: JupyterServer, dataset: dict[str, Any], versions: str) -> None:
    version = new_version(server, versions, message="first", commit=True)
    tag = server.request("PUT", f"/datasets/{dataset['id']}/tags/prod", body={"version": version}).json
    assert (tag["name"], tag["version"]) == ("prod", {"version": version, "message": "first"})
    assert server.get(f"/datasets/{dataset['id']}/tags/prod").json == tag
    found = server.get(f"{versions}/{version}").json
    assert TIME.fullmatch(found.pop("dtCreated"))
    assert TIME.fullmatch(found.pop("dtModified"))
    assert found == {
        "datasetId": dataset["id"],
        "version": version,
        "url": f"gradient://{dataset['id']}:{version}",
        "isCommitted": True,
        "message": "first",
        "metadata": {},
        "tags": [{"name": "prod"}],
        "inputOutputs": [],
        "models": [],
    }


def test_lists_are_arrays_read_by_skip(server: JupyterServer, dataset: dict[str, Any], versions: str) -> None:
    made = [new_version(server, versions, commit=number != 1) for number in range(5)]
    made.reverse()
    newest = f"{versions}?filter%5Blimit%5D=2&filter%5Border%5D%5B%5D=dtCreated+DESC"

    def listed(query: str) -> list[str]:
        return [row["version"] for row in server.get(newest + query).json]

    assert listed("&filter%5Bskip%5D=0") == made[:2]
    assert listed("&filter%5Bskip%5D=2") == made[2:4]
    assert listed("&filter%5Bskip%5D=4") == made[4:]
    assert listed("&filter%5Bskip%5D=5") == listed("&filter%5Bskip%5D=1000") == []
    assert listed("&filter%5Bwhere%5D%5BisCommitted%5D=false") == [made[3]]
    assert listed("&filter%5Bwhere%5D%5BisCommitted%5D=true&filter%5Bskip%5D=2") == [made[2], made[4]]
    rows = server.get("/datasets?" + BY_NAME.format(skip=0)).json
    assert len(rows) <= 21
    assert [row["name"] for row in rows] == sorted(row["name"] for row in rows)
    assert server.get(f"/datasets/{dataset['id']}/tags?" + BY_NAME.format(skip=0)).json == []


@pytest.mark.parametrize("query", ["filter[limit]=0", "filter[skip]=-1", "filter[order][]=dtCreated%20DESC"])
def test_lists_that_cannot_be_had_are_refused(server: JupyterServer, query: str) -> None:
    assert server.get(f"/datasets?{query}").status == 400


def test_reference_names_dataset_and_version(server: JupyterServer, dataset: dict[str, Any], versions: str) -> None:
    before = server.get(f"/datasets/ref/{dataset['name']}")
    assert before.json == dataset  # and no version: nothing is committed
    version = new_version(server, versions, commit=True)
    server.request("PUT", f"/datasets/{dataset['id']}/tags/a%20b", body={"version": version})
    dataset = server.get(f"/datasets/{dataset['id']}").json
    for reference in (dataset["id"], f"{dataset['name']}:latest", f"{dataset['id']}:{version}", f"{dataset['id']}:a b"):
        found = server.get(f"/datasets/ref/{reference}").json
        assert found == {**dataset, "version": {"version": version}}
    assert server.get(f"/datasets/ref/{dataset['id']}:nothing").status == 404


def test_post_changes_what_is_given(server: JupyterServer, dataset: dict[str, Any], versions: str, name: str) -> None:
    path = f"/datasets/{dataset['id']}"
    assert server.post(path, {}).json == dataset
    changed = server.post(path, {"description": ""}).json
    assert (changed["name"], changed["description"]) == (name, None)
    version = new_version(server, versions, message="m")
    assert server.post(f"{versions}/{version}", {"metadata": {"a": 1}}).json["metadata"] == {"a": 1}
    assert server.post(f"{versions}/{version}", {"message": ""}).json["message"] is None
    committed = server.post(f"{versions}/{version}", {"isCommitted": True, "message": "both"}).json
    assert (committed["isCommitted"], committed["message"]) == (True, "both")
    assert server.post(f"{versions}/{version}", {"isCommitted": True}).status == 200
    assert server.post(f"{versions}/{version}", {"isCommitted": False}).status == 409


def test_delete_answers_nothing(server: JupyterServer, dataset: dict[str, Any], versions: str) -> None:
    version = new_version(server, versions, commit=True)
    server.request("PUT", f"/datasets/{dataset['id']}/tags/t", body={"version": version})
    for path in (f"/datasets/{dataset['id']}/tags/t", f"{versions}/{version}", f"/datasets/{dataset['id']}"):
        gone = server.request("DELETE", path)
        assert (gone.status, gone.data) == (204, b"")
        assert server.get(path).status == 404


def test_errors_are_those_of_loopback(server: JupyterServer) -> None:
    answer = server.get("/datasets/dsunknown000000")
    assert answer.status == 404
    assert answer.json == {
        "error": {
            "statusCode": 404,
            "name": "Error",
            "message": "There is no dataset dsunknown000000. `gradient datasets list` shows what there is.",
            "status": 404,
            "code": "dataset_not_found",
        }
    }


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/datasets/x/y/z", 400),
        ("GET", "/datasets/no%20such", 404),
        ("GET", "/datasets/ds:v", 400),
        ("GET", "/datasets/ds?x", 404),
        ("PUT", "/datasets/ds/tags/a%20b/c", 400),
        ("GET", "/datasets/ref/dst..:prod", 404),
        ("PATCH", "/datasets", 405),
        ("POST", "/datasets", 400),
    ],
)
def test_odd_requests_are_refused_in_the_same_shape(server: JupyterServer, method: str, path: str, status: int) -> None:
    answer = server.request(method, path, body={"version": "x"})
    assert (answer.status, set(answer.json), answer.json["error"]["status"]) == (status, {"error"}, status)


@pytest.mark.parametrize("headers", [{}, {"X-API-Key": "wrong"}, {"Authorization": "Bearer wrong"}])
def test_without_a_key_nobody_is_let_in(server: JupyterServer, headers: dict[str, str]) -> None:
    answer = server.get("/datasets", token=None, headers=headers)
    assert (answer.status, answer.json["error"]["statusCode"]) == (401, 401)


def test_api_key_is_the_token_of_the_server(server: JupyterServer) -> None:
    headers = {"X-API-Key": server.token, "ps_client_name": "gradient-cli", "ps_client_version": "2.99.4"}
    assert server.get("/datasets", token=None, headers=headers).status == 200


def test_provider_config_is_merged_and_its_secret_hidden(server: JupyterServer, seaweedfs: S3Server, name: str) -> None:
    config = {
        "bucket": seaweedfs.bucket,
        "accessKey": seaweedfs.access_key,
        "secretAccessKey": seaweedfs.secret_key,
        "endpoint": seaweedfs.endpoint,
    }
    made = server.post("/storageProviders", {"name": name, "type": "s3", "config": config})
    assert made.status == 200, made
    path = f"/storageProviders/{made.json['id']}"
    shown = {**config, "secretAccessKey": "********"}
    assert made.json["config"] == shown
    assert (made.json["type"], made.json["isGradientManaged"], made.json["isTeamDefault"]) == ("s3", False, False)
    updated = server.post(path, {"config": {"region": "us-east-1", "secretAccessKey": "********"}}).json
    assert updated["config"] == {**shown, "region": "us-east-1"}
    assert server.post(path, {"config": {"region": ""}}).json["config"] == shown
    assert server.get(path).json["config"] == shown
    assert seaweedfs.secret_key.encode() not in made.data
    assert server.request("DELETE", path).status == 204


def test_other_types_of_provider_are_refused(server: JupyterServer, name: str) -> None:
    config = {"bucket": "b", "accessKey": "a", "secretAccessKey": "s"}
    assert server.post("/storageProviders", {"name": name, "type": "gcs", "config": config}).status == 400
