"""Listings, archives, trash, tokens, and what the server says of itself."""

from __future__ import annotations

import io
import zipfile
from typing import Any
from urllib.parse import quote

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

FILES = {"a/b/1.csv": b"1", "a/b/2.txt": b"22", "a/3.csv": b"333", "4": b"", "größe/%41 ?.txt": b"5"}


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    place = VersionAt(server, name)
    for path, data in FILES.items():
        assert place.put(path, data).status == 201
    return place


def test_listings(place: VersionAt) -> None:
    def listed(**query: str) -> list[str]:
        return place.files(recursive="false", **query)

    assert listed() == ["4", "a/", "größe/"]
    assert listed(path="a") == listed(path="a/") == ["a/3.csv", "a/b/"]
    assert listed(path="größe/") == ["größe/%41 ?.txt"]
    assert place.files() == sorted(FILES, key=str.encode)
    assert place.files(path="a/b") == ["a/b/1.csv", "a/b/2.txt"]
    assert listed(search="csv") == ["a/3.csv", "a/b/1.csv"]
    assert listed(search="*.TXT", path="a") == ["a/b/2.txt"]
    missing = place.server.get(f"{place.path}/files?path=nope")
    assert (missing.status, missing.json["code"]) == (404, "file_not_found")
    for query in ("recursive=maybe", "limit=0", "limit=10001", "nope=1"):
        assert place.server.get(f"{place.path}/files?{query}").status == 400, query


@pytest.mark.parametrize("query", ["recursive=true", "recursive=false", "search=t"])
def test_pages_hold_each_file_once(place: VersionAt, query: str) -> None:
    whole = place.server.get(f"{place.path}/files?{query}").json["items"]
    found: list[Any] = []
    page = place.server.get(f"{place.path}/files?{query}&limit=1").json
    while page["next_token"] is not None:
        found += page["items"]
        page = place.server.get(f"{place.path}/files?{query}&limit=1&after={quote(page['next_token'], safe='')}").json
    assert found + page["items"] == whole
    assert whole


def test_archives(place: VersionAt) -> None:
    answer = place.server.get(f"{place.path}/archive")
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "application/zip"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{place.name}-{place.version}.zip"'
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    with zipfile.ZipFile(io.BytesIO(answer.data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")} == FILES
    part = place.server.get(f"{place.path}/archive?path=a/b")
    with zipfile.ZipFile(io.BytesIO(part.data)) as archive:
        assert sorted(name.rpartition("/")[2] for name in archive.namelist()) == ["1.csv", "2.txt"]
    several = place.server.get(f"{place.path}/archive?path=a/b/&path=a/b/1.csv")
    with zipfile.ZipFile(io.BytesIO(several.data)) as archive:
        assert archive.namelist() == ["a/b/1.csv", "a/b/2.txt"]
    missing = place.server.get(f"{place.path}/archive?path=a&path=nope")
    assert (missing.status, missing.json["code"]) == (404, "file_not_found")
    assert missing.headers["Content-Type"] == "application/json"


def test_trash(place: VersionAt) -> None:
    server = place.server
    place.commit()
    assert server.request("DELETE", place.path).status == 204
    assert server.request("DELETE", f"/api/datasets/{place.dataset}").status == 204

    def trashed() -> dict[str, Any]:
        rows = server.get("/api/trash?limit=1000").json["items"]
        return {row["reference"]: row for row in rows if row["reference"].startswith(place.dataset)}

    row = trashed()[place.dataset]
    assert row["name"] == place.name
    VersionAt(server, place.name)  # the name is free
    taken = server.post("/api/trash/restore", {"reference": place.dataset})
    assert (taken.status, taken.json["code"]) == (409, "name_taken")
    restored = server.post("/api/trash/restore", {"reference": place.dataset, "name": f"{place.name}-again"})
    assert (restored.status, restored.data) == (204, b"")
    assert server.get(place.path).status == 404
    assert server.post("/api/trash/restore", {"reference": place.reference}).status == 204
    assert place.get("a/3.csv").data == b"333"
    assert server.get(f"/api/datasets/{place.dataset}").json["name"] == f"{place.name}-again"
    again = server.post("/api/trash/restore", {"reference": place.dataset})
    assert (again.status, again.json["code"]) == (404, "not_in_trash")


def test_tokens(place: VersionAt) -> None:
    server = place.server
    made = server.post("/api/tokens", {"name": place.name, "datasets": [place.name], "days": 0.5})
    assert made.status == 201
    token, secret = made.json["token"], made.json["secret"]
    assert (token["name"], token["access"], token["datasets"]) == (place.name, "read", [place.dataset])
    listed = server.get("/api/tokens?limit=1000")
    assert token["id"] in [each["id"] for each in listed.json["items"]]
    assert secret[-20:].encode() not in listed.data  # all of it may be in no answer, so neither may its end
    assert server.get(place.path, token=secret).status == 200
    assert place.get("4", token=secret).status == 200
    assert place.put("new", b"1", token=secret).json["code"] == "not_allowed"
    assert server.get("/api/tokens", token=secret).status == 403
    assert server.request("DELETE", f"/api/tokens/{token['id']}").status == 204
    assert server.get(place.path, token=secret).status == 401
    assert server.request("DELETE", f"/api/tokens/{token['id']}").json["code"] == "token_not_found"
    for wrong in ({}, {"name": "x", "access": "all"}, {"name": "x", "days": "soon"}, {"name": "x", "days": -1}):
        assert server.post("/api/tokens", wrong).status == 400, wrong


def test_a_limited_token_meets_only_its_own(place: VersionAt) -> None:
    server = place.server
    other = VersionAt(server, f"{place.name}-other")
    wish = {"name": place.name, "access": "write", "datasets": [place.dataset]}
    token = server.post("/api/tokens", wish).json["secret"]
    assert [each["id"] for each in server.get("/api/datasets", token=token).json["items"]] == [place.dataset]
    assert place.put("mine", b"1", token=token).status == 201
    for path in ("", "/files", "/archive", "/uploads", "/content/a", "/file?path=a", f"/diff?old={place.reference}"):
        answer = server.get(other.path + path, token=token)
        assert (answer.status, answer.json["code"]) == (404, "dataset_not_found"), path
    for size in (10, 2 << 20):
        refused = other.put("theirs", b"1" * size, token=token)
        assert (refused.status, refused.json["code"]) == (404, "dataset_not_found")
    assert other.files() == []
    for path, body in {
        "commit": {},
        "delete-files": {"paths": ["/"]},
        "move-files": {"source": "a", "target": "b"},
    }.items():
        assert server.post(f"{other.path}/{path}", body, token=token).status == 404


def test_the_server_says_what_it_is(server: JupyterServer, name: str) -> None:
    info = server.get("/api/info").json
    assert info["api"] == 1
    assert info["team"].startswith("t")
    assert (info["user"]["access"], info["user"]["datasets"]) == ("admin", [])
    assert info["limits"]["upload_bytes"] >= 5 * 1000**4
    assert info["trash_days"] == 30
    assert "tus" in info["capabilities"]
    token = server.post("/api/tokens", {"name": name}).json["secret"]
    user = server.get("/api/info", token=token).json["user"]
    assert (user["name"], user["access"]) == (name, "read")
    assert server.get("/api/info", token=None).status == 401
