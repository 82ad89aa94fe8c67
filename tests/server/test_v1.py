"""The public API v1: requests as `pspace` makes them from its published API types, answers field for field."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote, urlencode

import pytest

from tests.support.jupyter_server import Answer, JupyterServer
from tests.support.s3_servers import S3Server

TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# All that the client's parser of errors accepts.
CODES = {
    *("PARSE_ERROR", "BAD_REQUEST", "INTERNAL_SERVER_ERROR", "UNAUTHORIZED", "FORBIDDEN", "NOT_FOUND"),
    *("METHOD_NOT_SUPPORTED", "TIMEOUT", "CONFLICT", "PRECONDITION_FAILED", "PAYLOAD_TOO_LARGE"),
    *("TOO_MANY_REQUESTS", "CLIENT_CLOSED_REQUEST"),
}


class Client:
    """Makes requests as ``api/client.ts`` does: parameters of the path, then of the query or the body."""

    def __init__(self, server: JupyterServer) -> None:
        self._server = server
        self.key = server.token

    def ask(self, method: str, path: str, **params: Any) -> Answer:
        for name in re.findall(r"\{(\w+)\}", path):
            path = path.replace(f"{{{name}}}", quote(str(params.pop(name)), safe=""))
        params = {name: value for name, value in params.items() if value}  # the client drops what is falsy
        headers = {
            "Authorization": f"Bearer {self.key}",
            "content-type": "application/json",
            "x-client": "paperspace-cli",
        }
        if method == "GET":
            return self._server.get(f"/v1{path}?{urlencode(params)}", token=None, headers=headers)
        return self._server.request(method, f"/v1{path}", body=params or None, token=None, headers=headers)

    def answer(self, method: str, path: str, **params: Any) -> Any:
        answer = self.ask(method, path, **params)
        assert answer.status == 200, answer
        return answer.json

    def refusal(self, method: str, path: str, **params: Any) -> tuple[int, str, str]:
        answer = self.ask(method, path, **params)
        assert set(answer.json) == {"code", "message"}
        assert answer.json["code"] in CODES
        return answer.status, answer.json["code"], answer.json["message"]


@pytest.fixture
def client(server: JupyterServer) -> Client:
    return Client(server)


@pytest.fixture
def dataset(client: Client, name: str) -> dict[str, Any]:
    return client.answer("POST", "/datasets", name=name, isPublic=False, description="Iris photos")  # type: ignore[no-any-return]


def test_datasets(client: Client, dataset: dict[str, Any], name: str) -> None:
    assert client.answer("GET", "/datasets/{id}", id=dataset["id"]) == dataset
    changed = client.answer("PUT", "/datasets/{id}", id=dataset["id"], name=f"{name}-b", description="new")
    assert (changed["name"], changed["description"]) == (f"{name}-b", "new")
    assert TIME.fullmatch(dataset.pop("dtCreated"))
    assert TIME.fullmatch(dataset.pop("dtModified"))
    assert re.fullmatch(r"t[a-z0-9]{8}", dataset.pop("teamId"))
    assert re.fullmatch(r"sp[a-z0-9]{13}", dataset.pop("storageProviderId"))
    assert dataset == {"id": dataset["id"], "name": name, "description": "Iris photos", "isPublic": False}
    assert client.answer("DELETE", "/datasets/{id}", id=dataset["id"]) == {"id": dataset["id"]}
    status, code, message = client.refusal("GET", "/datasets/{id}", id=dataset["id"])
    assert (status, code) == (404, "NOT_FOUND")
    assert message == f"There is no dataset {dataset['id']}. `gradient datasets list` shows what there is."


def test_lists_come_in_the_order_of_creation(make_server: Callable[..., JupyterServer]) -> None:
    client = Client(make_server())
    names = ["c", "a", "d", "b", "e"]
    made = [client.answer("POST", "/datasets", name=name) for name in names]

    def pages(path: str, **params: Any) -> list[list[str]]:
        found, after = [], None
        while True:
            page = client.answer("GET", path, limit=2, after=after, **params)
            assert page["hasMore"] is (page["nextPage"] is not None)
            found.append([row.get("name") or row["version"] for row in page["items"]])
            after = page["nextPage"]
            if after is None:
                return found

    assert pages("/datasets") == [["e", "b"], ["d", "a"], ["c"]]
    assert pages("/datasets", order="asc", orderBy="dtCreated") == [["c", "a"], ["d", "b"], ["e"]]
    assert pages("/datasets", privacy="PUBLIC") == pages("/datasets", teamId="tother000") == [[]]
    versions = "/datasets/{datasetId}/versions"
    ids = [client.answer("POST", versions, datasetId=made[0]["id"], message=name)["version"] for name in names]
    newest = ids[::-1]
    assert pages(versions, datasetId=made[0]["id"]) == [newest[:2], newest[2:4], newest[4:]]
    assert pages(versions, datasetId=made[0]["id"], order="asc") == [ids[:2], ids[2:4], ids[4:]]
    for wrong in ({"limit": 121}, {"order": "up"}, {"after": "nonsense"}, {"orderBy": "name"}):
        assert client.refusal("GET", "/datasets", **wrong)[:2] == (400, "BAD_REQUEST")


def test_life_of_a_version(client: Client, dataset: dict[str, Any]) -> None:
    path = "/datasets/{datasetId}/versions"
    one = {"datasetId": dataset["id"]}
    assert client.answer("GET", "/billing/account-standing") == {"isInGoodStanding": True}  # it asks before it creates
    made = client.answer("POST", path, **one, message="first", metadata={"a": 1})
    one["version"] = made["version"]
    assert (made["isCommitted"], made["usageBytes"], made["tags"]) == (False, None, [])
    assert client.refusal("PUT", path + "/{version}", **one, tags="early")[1] == "CONFLICT"
    committed = client.answer("PUT", path + "/{version}", **one, isCommitted=True, tags="prod, next")
    assert TIME.fullmatch(committed.pop("dtCreated"))
    assert TIME.fullmatch(committed.pop("dtModified"))
    assert committed.pop("userId")
    assert committed == {
        **one,
        "message": "first",
        "isCommitted": True,
        "metadata": {"a": 1},
        "tags": ["next", "prod"],
        "url": f"gradient://{one['datasetId']}:{one['version']}",
        "usageBytes": "0",
    }
    other = client.answer("POST", path, datasetId=dataset["id"], message="second")["version"]
    tagged = client.answer("GET", path, datasetId=dataset["id"], tags="next,other")
    assert [row["version"] for row in tagged["items"]] == [one["version"]]
    changed = client.answer("PUT", path + "/{version}", **one, message="changed", tags="next")
    assert (changed["message"], changed["tags"]) == ("changed", ["next"])
    assert client.answer("DELETE", path + "/{version}", **one) == one
    assert client.refusal("GET", path + "/{version}", **one)[0] == 404
    left = client.answer("GET", path, datasetId=dataset["id"])["items"]
    assert [row["version"] for row in left] == [other]


def test_storage_providers(client: Client, seaweedfs: S3Server, name: str) -> None:
    path = "/storage-providers"
    config = {
        "accessKey": seaweedfs.access_key,
        "bucket": seaweedfs.bucket,
        "endpoint": seaweedfs.endpoint,
        "region": None,
        "retainData": False,
        "secretAccessKey": seaweedfs.secret_key,
        "signatureVersion": None,
    }
    made = client.answer("POST", path, name=name, storageProviderType="s3", s3Config=config)
    shown = {**config, "secretAccessKey": "********"}
    assert made == {"id": made["id"], "name": name, "isManaged": False, "isTeamDefault": False, "s3Config": shown}
    assert made in client.answer("GET", path, limit=120)["items"]
    change = {**shown, "region": "us-east-1"}
    changed = client.answer("PUT", path + "/{id}", id=made["id"], name=f"{name}-b", s3Config=change)
    assert (changed["name"], changed["s3Config"]) == (f"{name}-b", change)
    assert client.answer("PUT", path + "/{id}", id=made["id"], s3Config=shown)["s3Config"] == shown
    assert client.refusal("PUT", path + "/{id}", id=made["id"], isTeamDefault=True)[1] == "BAD_REQUEST"
    assert client.answer("DELETE", path + "/{id}", id=made["id"]) == {"id": made["id"]}


def test_gradient_managed_is_the_default(client: Client) -> None:
    (managed,) = [row for row in client.answer("GET", "/storage-providers")["items"] if row["isManaged"]]
    assert (managed["name"], managed["isTeamDefault"]) == ("Gradient Managed", True)
    assert client.answer("GET", "/storage-providers/{id}", id=managed["id"]) == managed


def test_utilization_counts_bytes_as_text(make_server: Callable[..., JupyterServer], name: str) -> None:
    client = Client(make_server(environment={"GRADIENT_MANAGED_QUOTA": "1000000"}))
    found = client.answer("GET", "/storage-providers/utilization")
    assert found == {
        "datasetUsage": "0",
        "modelUsage": "0",
        "notebookWorkspaceUsage": "0",
        "sharedStorageUsage": "0",
        "totalUsage": "0",
        "totalFreeStorage": "1000000",
        "remainingFreeStorage": "1000000",
    }


def test_refusals(client: Client, dataset: dict[str, Any]) -> None:
    assert client.refusal("POST", "/datasets", name=dataset["name"])[1] == "CONFLICT"
    assert client.refusal("POST", "/datasets", name="p", isPublic=True)[1] == "BAD_REQUEST"
    assert client.refusal("POST", "/datasets")[1] == "BAD_REQUEST"
    assert client.refusal("PATCH", "/datasets")[1] == "METHOD_NOT_SUPPORTED"
    early = client.refusal("POST", "/datasets/{datasetId}/versions", datasetId=dataset["id"], tags="a")
    assert early[2].startswith("tags cannot be 'a': only committed versions have tags.")
    assert client.answer("GET", "/datasets/{datasetId}/versions", datasetId=dataset["id"])["items"] == []
    client.key = "wrong"
    assert client.refusal("GET", "/datasets")[:2] == (401, "UNAUTHORIZED")
