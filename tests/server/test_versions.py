"""Versions and tags over HTTP: from creation to commit, and what comes after."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt, ended, result_of


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    return VersionAt(server, name)


def test_life_of_a_version(place: VersionAt) -> None:
    server = place.server
    assert server.get(place.path).json["state"] == "uncommitted"
    assert place.put("a.txt", b"one").status == 201
    committed = place.commit()
    assert (committed["state"], committed["files"], committed["bytes"]) == ("committed", 1, 3)
    assert server.get(f"/api/datasets/{place.name}/versions/latest").json == committed
    assert server.get(f"/api/datasets/{place.dataset}").json["latest"] == place.version

    refused = place.put("b.txt", b"two")
    assert (refused.status, refused.json["code"]) == (409, "version_committed")

    place.next_version(message="more", start_from=f"{place.name}:latest", metadata={"rows": [1, None, {"a": 1.5}]})
    found = server.get(place.path).json
    assert (found["message"], found["metadata"]) == ("more", {"rows": [1, None, {"a": 1.5}]})
    assert found["parent"] == f"{place.dataset}:{committed['version']}" or committed["version"] in found["parent"]
    assert place.get("a.txt").data == b"one"


def test_committing_twice_is_no_error(place: VersionAt) -> None:
    place.put("a", b"1")
    first = place.commit()
    assert place.commit() == first


def test_a_failed_commit_says_why(place: VersionAt) -> None:
    assert place.begin_upload("lost.bin", 5).status == 201
    task = ended(place.server, place.server.post(f"{place.path}/commit"))
    assert (task["state"], task["error"]["code"]) == ("failed", "uploads_unfinished")
    assert "lost.bin" in task["error"]["message"]
    assert task["result"] is None
    assert place.commit(abandon_uploads=True)["state"] == "committed"


def test_lists_of_versions(place: VersionAt) -> None:
    server, url = place.server, f"/api/datasets/{place.dataset}/versions"
    first = place.version
    place.commit()
    second = place.next_version()

    def listed(query: str) -> list[str]:
        return [item["version"] for item in server.get(f"{url}{query}").json["items"]]

    assert listed("") == [first]
    assert listed("?committed=false") == [second]
    assert sorted(listed("?committed=all")) == sorted([first, second])
    assert server.get(f"{url}?committed=maybe").status == 400
    page = server.get(f"{url}?committed=all&limit=1").json
    rest = server.get(f"{url}?committed=all&limit=1&after={quote(page['next_token'])}").json
    assert {page["items"][0]["version"], rest["items"][0]["version"]} == {first, second}
    assert rest["next_token"] is None


def test_message_and_metadata_change_also_after_commit(place: VersionAt) -> None:
    place.commit()
    url = place.path
    etag = place.server.get(url).headers["ETag"]
    changed = place.server.request("PATCH", url, body={"message": "said later"}, headers={"If-Match": etag})
    assert (changed.status, changed.json["message"]) == (200, "said later")
    late = place.server.request("PATCH", url, body={"metadata": {"a": 1}}, headers={"If-Match": etag})
    assert (late.status, late.json["code"]) == (412, "changed_meanwhile")
    again = place.server.request("PATCH", url, body={"metadata": {"a": 1}})
    assert (again.json["message"], again.json["metadata"]) == ("said later", {"a": 1})


def test_delete_a_version(place: VersionAt) -> None:
    place.put("a", b"12345")
    place.commit()
    preview = place.server.get(f"/api/datasets/{place.dataset}/preview-delete?version={place.version}").json
    assert (preview["versions"], preview["files"]) == (1, 1)
    gone = place.server.request("DELETE", place.path)
    assert (gone.status, gone.data) == (204, b"")
    assert place.server.get(place.path).json["code"] == "version_not_found"
    latest = place.server.get(f"/api/datasets/{place.dataset}/versions/latest")
    assert (latest.status, latest.json["code"]) == (404, "no_committed_version")


def test_a_creation_that_is_sent_twice_happens_once(place: VersionAt) -> None:
    url, headers = f"/api/datasets/{place.dataset}/versions", {"Idempotency-Key": place.name}
    first = place.server.post(url, {"message": "once"}, headers=headers)
    again = place.server.post(url, {"message": "once"}, headers=headers)
    assert (first.status, again.status, again.json) == (201, 201, first.json)


def test_tags(place: VersionAt) -> None:
    server, tags = place.server, f"/api/datasets/{place.dataset}/tags"
    early = server.request("PUT", f"{tags}/gold", body={"version": place.version})
    assert (early.status, early.json["code"]) == (409, "version_uncommitted")
    first = place.version
    place.commit()
    odd = "best 100% ü"
    for tag in ("gold", odd):
        made = server.request("PUT", f"{tags}/{quote(tag)}", body={"version": "latest"})
        assert (made.status, made.json["name"], made.json["version"]) == (200, tag, first)
    assert [item["name"] for item in server.get(tags).json["items"]] == sorted([odd, "gold"])
    assert server.get(f"/api/datasets/{place.dataset}/versions/{quote(odd)}").json["version"] == first

    place.next_version()
    second = place.version
    place.commit()
    moved = server.request("PUT", f"{tags}/gold", body={"version": second})
    assert moved.json["version"] == second
    assert server.request("DELETE", f"{tags}/gold").status == 204
    assert server.request("DELETE", f"{tags}/gold").json["code"] == "tag_not_found"
    bad = server.request("PUT", f"{tags}/latest", body={"version": second})
    assert (bad.status, bad.json["code"]) == (400, "invalid_tag")


def test_differences(place: VersionAt) -> None:
    for path, data in {"gone": b"1", "same": b"2", "new": b"3"}.items():
        place.put(path, data)
    old = place.version
    place.commit()
    place.next_version(start_from=f"{place.dataset}:{old}")
    place.put("new", b"33")
    place.put("added", b"4")
    place.server.request("DELETE", place.content("gone"))
    place.commit()
    url = f"{place.path}/diff?old={quote(f'{place.name}:{old}')}"
    found = place.server.get(url).json
    assert [(item["kind"], item["path"]) for item in found["items"]] == [
        ("added", "added"),
        ("removed", "gone"),
        ("changed", "new"),
    ]
    page = place.server.get(f"{url}&limit=1").json
    assert len(page["items"]) == 1
    rest = place.server.get(f"{url}&after={quote(page['next_token'])}").json
    assert page["items"] + rest["items"] == found["items"]
    assert place.server.get(f"{place.path}/diff").status == 400
    changes = place.server.get(f"{place.path}/changes")
    assert changes.json == {"added": 1, "removed": 1, "changed": 1, "bytes_added": 3, "bytes_removed": 2}
    assert place.server.get(f"{place.path}/changes?old={quote(f'{place.name}:{old}')}").json == changes.json
    etag = {"If-None-Match": changes.headers["ETag"]}
    assert place.server.request("GET", f"{place.path}/changes", headers=etag).status == 304
    assert place.server.get(f"/api/datasets/{place.dataset}/versions/{old}/changes").json["added"] == 3


def test_what_is_not_there_is_said(place: VersionAt) -> None:
    server = place.server
    for path in ("/api/datasets/nope/versions", f"{place.path}x/files", f"{place.path}x", "/api/datasets/nope/tags"):
        assert server.get(path).status == 404, path
    for path, body in {
        "commit": {},
        "delete-files": {"paths": ["a"]},
        "move-files": {"source": "a", "target": "b"},
    }.items():
        answer = server.post(f"/api/datasets/{place.dataset}/versions/nope/{path}", body)
        assert (answer.status, answer.json["code"]) == (404, "version_not_found")


def test_deleting_files_is_a_task(place: VersionAt) -> None:
    for path in ("a/1", "a/2", "b"):
        place.put(path, b"x")
    assert result_of(place.server, place.server.post(f"{place.path}/delete-files", {"paths": ["a"]})) == 2
    assert place.files() == ["b"]
    failed = ended(place.server, place.server.post(f"{place.path}/delete-files", {"paths": ["b", "nope"]}))
    assert (failed["state"], failed["error"]["code"]) == ("failed", "file_not_found")
    assert place.files() == ["b"]
    assert result_of(place.server, place.server.post(f"{place.path}/delete-files", {"paths": ["/"]})) == 1


def test_moving_files_is_a_task(place: VersionAt) -> None:
    for path in ("a/1", "a/2", "b"):
        place.put(path, b"x")
    begun = place.server.post(f"{place.path}/move-files", {"source": "a/", "target": "c"})
    assert (begun.status, begun.json["kind"]) == (202, "move-files")
    assert result_of(place.server, begun) == 2
    assert place.files() == ["b", "c/1", "c/2"]
    failed = ended(place.server, place.server.post(f"{place.path}/move-files", {"source": "c", "target": "b"}))
    assert (failed["state"], failed["error"]["code"]) == ("failed", "name_taken")
    assert place.server.post(f"{place.path}/move-files", {"source": "c"}).status == 400
