"""Storage providers over HTTP: their life on a real bucket, and no secret in any answer."""

from __future__ import annotations

from typing import Any

from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt
from tests.support.s3_servers import S3Server


def _wish(name: str, bucket: S3Server, **changes: Any) -> dict[str, Any]:
    s3 = {"bucket": bucket.bucket, "access_key": bucket.access_key, "endpoint": bucket.endpoint}
    return {"name": name, "kind": "s3-compatible", "s3": s3, "secret": bucket.secret_key, **changes}


def test_life_of_a_provider(server: JupyterServer, name: str, seaweedfs: S3Server) -> None:
    answers = []

    def ask(method: str, path: str, body: Any = None, **headers: str) -> Any:
        answer = server.request(method, path, body=body, headers=headers)
        answers.append(answer)
        return answer

    made = ask("POST", "/api/providers", _wish(name, seaweedfs, quota_bytes=10**9), **{"Idempotency-Key": name})
    assert made.status == 201
    assert (made.json["name"], made.json["quota_bytes"]) == (name, 10**9)
    assert made.json["s3"]["bucket"] == seaweedfs.bucket
    again = ask("POST", "/api/providers", _wish(name, seaweedfs, quota_bytes=10**9), **{"Idempotency-Key": name})
    assert (again.status, again.json) == (201, made.json)
    url = f"/api/providers/{made.json['id']}"
    assert ask("GET", url).json == ask("GET", f"/api/providers/{name}").json == made.json
    assert name in [each["name"] for each in ask("GET", "/api/providers?limit=1000").json["items"]]
    checked = ask("POST", f"{url}/check")
    assert checked.json["ok"], checked
    assert {"list", "put", "get"} <= {step["name"] for step in checked.json["steps"]}

    etag = ask("GET", url).headers["ETag"]
    changed = ask("PATCH", url, {"name": f"{name}-2", "s3": {"region": "eu-1"}}, **{"If-Match": etag})
    assert (changed.status, changed.json["name"], changed.json["s3"]["region"]) == (200, f"{name}-2", "eu-1")
    assert changed.json["quota_bytes"] == 10**9
    assert ask("PATCH", url, {"quota_bytes": 5}, **{"If-Match": etag}).json["code"] == "changed_meanwhile"
    assert ask("PATCH", url, {"secret": seaweedfs.secret_key}).status == 200

    assert ask("DELETE", url).status == 204
    assert ask("GET", url).json["code"] == "provider_not_found"
    for answer in answers:
        assert seaweedfs.secret_key.encode() not in answer.data
        assert seaweedfs.secret_key not in str(answer.headers)
    assert seaweedfs.secret_key not in server.log.read_text()


def test_content_at_a_provider(server: JupyterServer, name: str, seaweedfs: S3Server) -> None:
    assert server.post("/api/providers", _wish(name, seaweedfs)).status == 201
    place = VersionAt(server, name, provider=name)
    data = b"0123456789" * 300_000
    assert place.put("large", data).status == 201
    assert place.put("small", b"x").status == 201
    assert place.commit()["files"] == 2
    assert place.get("large").data == data
    part = place.get("large", headers={"Range": "bytes=2999990-"})
    assert (part.status, part.data) == (206, data[-10:])
    in_use = server.request("DELETE", f"/api/providers/{name}")
    assert (in_use.status, in_use.json["code"]) == (409, "provider_in_use")
    assert server.get(f"/api/usage?provider={name}").json[0]["datasets"][0]["name"] == name


def test_trying_before_saving(server: JupyterServer, name: str, seaweedfs: S3Server) -> None:
    wish = _wish(name, seaweedfs)
    del wish["name"]
    found = server.post("/api/try-provider", wish)
    assert (found.status, found.json["ok"], found.json["hint"]) == (200, True, "")
    wrong = server.post("/api/try-provider", {**wish, "secret": "not-the-secret"})
    assert (wrong.status, wrong.json["ok"], len(wrong.json["steps"])) == (200, False, 1)
    assert "the secret does not belong to the access key" in wrong.json["summary"]
    assert "access key" in wrong.json["hint"]
    assert "not-the-secret" not in str(wrong)
    no_url = server.post("/api/try-provider", {**wish, "s3": {**wish["s3"], "endpoint": "storage"}})
    assert (no_url.status, no_url.json["code"]) == (400, "invalid_option")
    assert server.get(f"/api/providers/{name}").status == 404


def test_what_cannot_be_a_provider(server: JupyterServer, name: str, seaweedfs: S3Server) -> None:
    wrong = server.post("/api/providers", _wish(name, seaweedfs, secret="not-the-secret"))
    assert wrong.status in (400, 403), wrong
    assert "not-the-secret" not in str(wrong)
    for body in (
        {},
        {"name": name},
        _wish(name, seaweedfs, kind="floppy"),
        _wish(name, seaweedfs, s3={"bucket": "x"}),
        _wish(name, seaweedfs, more=1),
    ):
        refused = server.post("/api/providers", body)
        assert (refused.status, refused.json["code"]) == (400, "invalid_request"), body
        assert seaweedfs.secret_key not in str(refused)
    managed = server.request("DELETE", "/api/providers/Gradient%20Managed")
    assert (managed.status, managed.json["code"]) == (409, "provider_managed")
    assert server.get(f"/api/providers/{name}").status == 404
