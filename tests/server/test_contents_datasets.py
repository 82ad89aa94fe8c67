"""Datasets in the drive: names, versions, tags and files, all read-only."""

from __future__ import annotations

import hashlib
from base64 import b64decode
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest
from blake3 import blake3
from traitlets.config import Config as Traits

from jupyter_gradient_data.server import contents_datasets
from jupyter_gradient_data.server.contents_models import GetQuery
from jupyter_gradient_data.server.contents_trust import make_notary
from tests.faults.scene import opened
from tests.support.drive import Drive
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

PNG = b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==")


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    return VersionAt(server, name)


@pytest.fixture
def drive(server: JupyterServer) -> Drive:
    return Drive(server)


def test_from_the_root_to_a_file(place: VersionAt, drive: Drive) -> None:
    place.put("a.txt", "grün".encode())
    place.put("deep/er/b.csv", b"x,y\n1,2\n")
    place.commit()
    first = place.version
    place.server.request("PUT", f"/api/datasets/{place.dataset}/tags/good", body={"version": first})
    place.next_version()

    assert drive.names("") == ["datasets", "notebook", "public", "storage"]
    assert place.name in drive.names("datasets")
    base = f"datasets/{place.name}"
    assert drive.names(base) == sorted([first, place.version, "good", "latest"])
    assert drive.names(f"{base}/{place.version}") == []
    for version in (first, "good", "latest"):
        assert drive.names(f"{base}/{version}") == ["a.txt", "deep"]
        assert drive.names(f"{base}/{version}/deep/er") == ["b.csv"]
    model = drive.get(f"{base}/latest/a.txt")
    assert (model["type"], model["format"], model["content"], model["size"]) == ("file", "text", "grün", 5)
    assert (model["name"], model["path"], model["writable"]) == ("a.txt", f"{base}/latest/a.txt", False)
    assert model["mimetype"] == "text/plain"
    assert model["last_modified"] == place.server.get(place.path.replace(place.version, first)).json["committed"]


def test_a_dataset_can_be_named_by_its_id(place: VersionAt, drive: Drive) -> None:
    place.put("a", b"1")
    assert drive.get(f"datasets/{place.dataset}/{place.version}/a")["content"] == "1"


@pytest.mark.parametrize("path", ["", "datasets", "datasets/{name}", "datasets/{name}/{version}/folder"])
def test_folders_without_content(place: VersionAt, drive: Drive, path: str) -> None:
    place.put("folder/a", b"1")
    model = drive.get(path.format(name=place.name, version=place.version), content="0", type="directory")
    assert (model["type"], model["content"]) == ("directory", None)


def test_bytes_travel_as_base64(place: VersionAt, drive: Drive) -> None:
    place.put("dot.png", PNG)
    path = f"datasets/{place.name}/{place.version}/dot.png"
    model = drive.get(path, type="file", format="base64")
    assert (model["format"], b64decode(model["content"])) == ("base64", PNG)
    assert drive.get(path)["format"] == "base64"  # what is not text
    refused = drive.ask("GET", path, format="text")
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")


def test_a_hash_needs_no_content(place: VersionAt, drive: Drive) -> None:
    place.put("a", b"some")
    model = drive.get(f"datasets/{place.name}/{place.version}/a", content="0", hash="1")
    assert (model["hash"], model["hash_algorithm"]) == (blake3(b"some").hexdigest(), "blake3")


def test_a_notebook_is_json(place: VersionAt, drive: Drive) -> None:
    output = nbformat.v4.new_output("display_data", {"text/html": "<b>hello</b>"})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("1", outputs=[output])])
    place.put("n.ipynb", nbformat.writes(notebook).encode())
    path = f"datasets/{place.name}/{place.version}/n.ipynb"
    model = drive.get(path)
    assert (model["type"], model["format"]) == ("notebook", "json")
    (cell,) = model["content"]["cells"]
    assert cell["outputs"][0]["data"] == {"text/html": "<b>hello</b>"}
    assert cell["metadata"]["trusted"] is False  # so JupyterLab shows it without its scripts
    assert drive.get(path, type="file")["content"] == nbformat.writes(notebook)  # opened in an editor
    (entry,) = drive.get(f"datasets/{place.name}/{place.version}")["content"]
    assert entry["type"] == "notebook"


@pytest.mark.parametrize("content", [b"not json", b"[]", b'{"nbformat": 9}', b"\xff\xfe"])
def test_what_is_no_notebook_is_refused(place: VersionAt, drive: Drive, content: bytes) -> None:
    place.put("n.ipynb", content)
    refused = drive.ask("GET", f"datasets/{place.name}/{place.version}/n.ipynb")
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("datasets", "file"), ("datasets/{name}", "notebook"), ("datasets/{name}/{version}/a", "directory")],
)
def test_the_wrong_type_is_refused(place: VersionAt, drive: Drive, path: str, kind: str) -> None:
    place.put("a", b"1")
    refused = drive.ask("GET", path.format(name=place.name, version=place.version), type=kind)
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("nothing", "path_not_found"),
        ("datasets/no-such-dataset", "dataset_not_found"),
        ("datasets/{name}/9999999", "version_not_found"),
        ("datasets/{name}/latest", "no_committed_version"),
        ("datasets/{name}/{version}/nothing", "file_not_found"),
        ("datasets/{name}/{version}/a/b", "file_not_found"),
        ("datasets/{name}/{version}/../{version}/a", "path_not_found"),
        ("datasets/{name}/{version}/a\0", "path_not_found"),
        ("datasets/../datasets", "path_not_found"),
        ("datasets//{name}", "path_not_found"),
        ("datasets/{name}/{version}/.hidden", "path_not_found"),
    ],
)
def test_what_is_not_there(place: VersionAt, drive: Drive, path: str, code: str) -> None:
    place.put("a", b"1")
    place.put(".hidden", b"1")
    refused = drive.ask("GET", path.format(name=place.name, version=place.version))
    assert (refused.status, refused.json["code"]) == (404, code)


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("PUT", "a", {"type": "file", "format": "text", "content": "new"}),
        ("PUT", "new", {"type": "file", "format": "text", "content": "new"}),
        ("PUT", "folder", {"type": "directory"}),
        ("POST", "", {"type": "file", "ext": ".txt"}),
        ("POST", "", {"copy_from": "datasets/{name}/{version}/a"}),
        ("PATCH", "a", {"path": "datasets/{name}/{version}/b"}),
        ("DELETE", "a", None),
        ("POST", "a/checkpoints", {}),
    ],
)
def test_nothing_writes(place: VersionAt, drive: Drive, method: str, path: str, body: Any) -> None:
    place.put("a", b"1")
    place.commit()
    refused = drive.ask(method, f"datasets/{place.name}/{place.version}/{path}", body)
    assert (refused.status, refused.json["code"]) == (403, "read_only")
    assert f"gradient datasets versions create --id {place.name} --from" in refused.json["message"]
    assert place.files() == ["a"]


@pytest.mark.parametrize(
    ("method", "path"), [("PUT", "datasets"), ("DELETE", "datasets/{name}"), ("DELETE", "storage")]
)
def test_folders_of_the_drive_stay(place: VersionAt, drive: Drive, method: str, path: str) -> None:
    refused = drive.ask(method, path.format(name=place.name), {"type": "directory"} if method == "PUT" else None)
    assert refused.status in (400, 403), refused
    assert place.server.get(f"/api/datasets/{place.dataset}").status == 200


def test_read_only_files_have_no_checkpoints(place: VersionAt, drive: Drive) -> None:
    place.put("a", b"1")
    answer = drive.ask("GET", f"datasets/{place.name}/{place.version}/a/checkpoints")
    assert (answer.status, answer.json) == (200, [])


def test_a_folder_may_be_called_checkpoints(place: VersionAt, drive: Drive) -> None:
    place.put("model/checkpoints/epoch-1", b"weights")
    base = f"datasets/{place.name}/{place.version}/model/checkpoints"
    assert drive.names(base) == ["epoch-1"]
    assert drive.get(f"{base}/epoch-1")["content"] == "weights"


def test_content_that_is_too_long_is_not_read(place: VersionAt, drive: Drive) -> None:
    size = 33 * 1024 * 1024
    place.put("big.bin", bytes(size))
    path = f"datasets/{place.name}/{place.version}/big.bin"
    refused = drive.ask("GET", path)
    assert (refused.status, refused.json["code"]) == (413, "too_large")
    assert "Download it" in refused.json["message"]
    assert drive.get(path, content="0")["size"] == size
    assert hashlib.sha256(drive.download(path).data).digest() == hashlib.sha256(bytes(size)).digest()


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"0123456789abcdef" * 200_000, "text"),
        ('a😀\n"\\'.encode() * 400_000, "text"),  # characters lie across the pieces that it is read in
        (bytes(range(256)) * 10_001, "base64"),
    ],
    ids=["plain", "characters", "bytes"],
)
def test_long_content_that_fits(place: VersionAt, drive: Drive, content: bytes, kind: str) -> None:
    """More than goes in one piece."""
    place.put("long.txt", content)
    model = drive.get(f"datasets/{place.name}/{place.version}/long.txt", hash="1")
    assert (model["format"], model["mimetype"], model["type"]) == (kind, "text/plain", "file")
    assert (model["content"].encode() if kind == "text" else b64decode(model["content"])) == content
    assert model["hash"] == blake3(content).hexdigest()
    refused = drive.ask("GET", f"datasets/{place.name}/{place.version}/long.txt", format="text")
    assert refused.status == (200 if kind == "text" else 400)


def test_a_long_notebook(place: VersionAt, drive: Drive) -> None:
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("x" * 2_000_000)])
    place.put("n.ipynb", nbformat.writes(notebook).encode())
    model = drive.get(f"datasets/{place.name}/{place.version}/n.ipynb")
    assert (model["type"], model["format"]) == ("notebook", "json")
    assert model["content"]["cells"][0]["source"] == "x" * 2_000_000


def test_a_folder_with_too_many_entries_says_so(place: VersionAt, drive: Drive, tmp_path: Path) -> None:
    for number in range(5_001):
        (tmp_path / f"{number:05}").touch()
    with opened(place.server.state) as service:
        service.put_files(place.reference, [f"{tmp_path}/"]).result()
    base = f"datasets/{place.name}/{place.version}"
    names = drive.names(base)
    assert len(names) == 5_001
    assert names[:5_000] == [f"{number:05}" for number in range(5_000)]
    assert names[-1] == "… more than 5,000 entries, the others are not shown"
    refused = drive.ask("GET", f"{base}/{names[-1]}")
    assert (refused.status, refused.json["code"]) == (400, "folder_cut")
    assert "gradient datasets files list" in refused.json["message"]


def test_lists_of_many_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(contents_datasets, "_PAGE", 2)
    with opened(tmp_path) as service:
        for number in range(5):
            service.create_dataset(f"data-{number}")
        versions = {service.create_version("data-0").version for _ in range(5)}
        folder = contents_datasets.DatasetFolder(service, make_notary(Traits()), allow_hidden=False)
        assert [entry.name for entry in folder.get("", GetQuery(), 0).content] == [f"data-{n}" for n in range(5)]
        assert {entry.name for entry in folder.get("data-0", GetQuery(), 0).content} == versions


def test_downloads(place: VersionAt, drive: Drive) -> None:
    place.put("page <1>.html", b"<script>document.title = 'ran'</script>")
    answer = drive.download(f"datasets/{place.name}/{place.version}/page <1>.html")
    assert (answer.status, answer.data) == (200, b"<script>document.title = 'ran'</script>")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    part = drive.download(f"datasets/{place.name}/{place.version}/page <1>.html", headers={"Range": "bytes=1-6"})
    assert (part.status, part.data) == (206, b"script")
    again = drive.download(
        f"datasets/{place.name}/{place.version}/page <1>.html", headers={"If-None-Match": answer.headers["ETag"]}
    )
    assert (again.status, again.data) == (304, b"")


def test_a_token_limited_to_datasets_sees_only_those(place: VersionAt, name: str) -> None:
    place.put("a", b"1")
    other = VersionAt(place.server, f"{name}-other")
    made = place.server.post("/api/tokens", {"name": name, "access": "write", "datasets": [place.dataset]})
    assert made.status == 201, made
    drive = Drive(place.server, made.json["secret"])
    assert drive.names("") == ["datasets"]
    assert drive.names("datasets") == [place.name]
    assert drive.get(f"datasets/{place.name}/{place.version}/a")["content"] == "1"
    for hidden in (f"datasets/{other.name}", "storage", "notebook", "public"):
        assert drive.ask("GET", hidden).status == 404
    assert drive.put("storage/x", "1").status in (403, 404)
    assert drive.download(f"datasets/{other.name}/{other.version}/a").status == 404


def test_a_token_that_may_only_read_cannot_write(server: JupyterServer, name: str) -> None:
    made = server.post("/api/tokens", {"name": name, "access": "read"})
    drive = Drive(server, made.json["secret"])
    assert "storage" in drive.names("")
    refused = drive.put(f"storage/{name}.txt", "1")
    assert (refused.status, refused.json["code"]) == (403, "not_allowed")
    assert drive.ask("GET", f"storage/{name}.txt").status == 404


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/contents"), ("PUT", "/contents/storage/x"), ("GET", "/contents-files/x")]
)
def test_nobody_without_a_token(server: JupyterServer, method: str, path: str) -> None:
    assert server.request(method, path, token=None).status in (401, 403)
