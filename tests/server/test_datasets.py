"""Datasets over HTTP."""

from __future__ import annotations

from urllib.parse import quote

from tests.support.jupyter_server import JupyterServer


def test_create_and_list(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name, "description": "what it is"})
    assert made.status == 201
    assert (made.json["name"], made.json["description"]) == (name, "what it is")
    assert made.json["provider"]["kind"] == "managed"
    listed = server.get("/api/datasets?limit=1000")
    assert name in [item["name"] for item in listed.json["items"]]


def test_a_dataset_is_found_by_id_name_and_namespace(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name}).json
    team = server.get("/api/info").json["team"]
    for how in (made["id"], name, f"{team}/{name}"):
        found = server.get(f"/api/datasets/{quote(how, safe='')}")
        assert (found.status, found.json["id"]) == (200, made["id"])


def test_odd_names_travel(server: JupyterServer, name: str) -> None:
    odd = f"{name} 100% ü#?&+;=日本"
    made = server.post("/api/datasets", {"name": odd})
    assert made.status == 201, made
    found = server.get(f"/api/datasets/{quote(odd, safe='')}")
    assert (found.status, found.json["name"]) == (200, odd)


def test_pages_hold_each_dataset_once(server: JupyterServer, name: str) -> None:
    names = {f"{name}-{number}" for number in range(5)}
    for each in names:
        assert server.post("/api/datasets", {"name": each}).status == 201
    found: list[str] = []
    after = f"&after={quote(name)}"
    while after and len(found) < 5:
        page = server.get(f"/api/datasets?limit=2{after}").json
        assert len(page["items"]) <= 2
        found += [item["name"] for item in page["items"]]
        after = f"&after={quote(page['next_token'])}" if page["next_token"] else ""
    assert sorted(names) == found[:5]


def test_change(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name, "description": "old"}).json
    changed = server.request("PATCH", f"/api/datasets/{made['id']}", body={"description": "new"})
    assert changed.status == 200
    assert (changed.json["name"], changed.json["description"]) == (name, "new")
    renamed = server.request("PATCH", f"/api/datasets/{name}", body={"name": f"{name}-2"})
    assert (renamed.json["name"], renamed.json["description"]) == (f"{name}-2", "new")


def test_a_change_of_what_others_changed_is_refused(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name}).json
    url = f"/api/datasets/{made['id']}"
    seen = server.get(url).headers["ETag"]
    first = server.request("PATCH", url, body={"description": "mine"}, headers={"If-Match": seen})
    assert first.status == 200
    late = server.request("PATCH", url, body={"description": "theirs"}, headers={"If-Match": seen})
    assert (late.status, late.json["code"]) == (412, "changed_meanwhile")
    again = server.request("PATCH", url, body={"description": "ours"}, headers={"If-Match": first.headers["ETag"]})
    assert (again.status, again.json["description"]) == (200, "ours")


def test_an_unchanged_dataset_is_not_sent_again(server: JupyterServer, name: str) -> None:
    server.post("/api/datasets", {"name": name})
    first = server.get(f"/api/datasets/{name}")
    again = server.get(f"/api/datasets/{name}", headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status, again.data) == (304, b"")


def test_a_creation_that_is_sent_twice_happens_once(server: JupyterServer, name: str) -> None:
    headers = {"Idempotency-Key": name}
    first = server.post("/api/datasets", {"name": name}, headers=headers)
    again = server.post("/api/datasets", {"name": name}, headers=headers)
    assert (first.status, again.status) == (201, 201)
    assert again.json == first.json
    other = server.post("/api/datasets", {"name": f"{name}-other"}, headers=headers)
    assert (other.status, other.json["code"]) == (409, "key_reused")


def test_delete_and_preview(server: JupyterServer, name: str) -> None:
    made = server.post("/api/datasets", {"name": name}).json
    preview = server.get(f"/api/datasets/{name}/preview-delete")
    assert preview.status == 200
    assert (preview.json["versions"], preview.json["freed_bytes"]) == (0, 0)
    assert made["id"] in preview.json["thing"] or name in preview.json["thing"]
    assert server.get(f"/api/datasets/{name}").status == 200  # a preview deletes nothing
    gone = server.request("DELETE", f"/api/datasets/{name}")
    assert (gone.status, gone.data) == (204, b"")
    for method in ("GET", "DELETE"):
        answer = server.request(method, f"/api/datasets/{name}")
        assert (answer.status, answer.json["code"]) == (404, "dataset_not_found")


def test_bad_requests_are_refused_with_a_sentence(server: JupyterServer, name: str) -> None:
    assert server.post("/api/datasets", {"name": name}).status == 201
    taken = server.post("/api/datasets", {"name": name})
    assert (taken.status, taken.json["code"]) == (409, "name_taken")
    assert name in taken.json["message"]
    for body in ({}, {"name": 1}, {"name": "x", "nmae": "y"}, [], None):
        refused = server.post("/api/datasets", body)
        assert (refused.status, refused.json["code"]) == (400, "invalid_request"), body
    for bad in ("a:b", "", " x"):
        refused = server.post("/api/datasets", {"name": bad})
        assert (refused.status, refused.json["code"]) == (400, "invalid_name")
    for query in ("limit=0", "limit=1001", "limit=x", "limt=5", "limit=1&limit=2"):
        assert server.get(f"/api/datasets?{query}").status == 400, query
    with_version = server.get(f"/api/datasets/{name}%3Alatest")
    assert (with_version.status, with_version.json["code"]) == (400, "version_unwanted")
