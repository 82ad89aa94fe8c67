"""Storage, notebooks and public datasets in the drive: Jupyter's own ways with files, held inside their folders."""

from __future__ import annotations

import hashlib
import os
import stat
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat.v4
import pytest

from tests.support.drive import Drive
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

MIB = 1024 * 1024


class Storage:
    """A folder of the test's own in ``storage``, on the disk and in the drive."""

    def __init__(self, server: JupyterServer, name: str) -> None:
        self.server = server
        self.drive = Drive(server)
        self.path = f"storage/{name}"
        made = self.drive.ask("PUT", self.path, {"type": "directory"})
        assert made.status == 201, made
        (self.root,) = server.state.glob("share-storage/*/storage")
        self.folder = self.root / name

    def get(self, path: str, **query: str) -> dict[str, Any]:
        return self.drive.get(f"{self.path}/{path}", **query)

    def put(self, path: str, content: Any, **more: Any) -> Any:
        return self.drive.put(f"{self.path}/{path}", content, **more)

    def ask(self, method: str, path: str, body: Any = None, **query: str) -> Any:
        return self.drive.ask(method, f"{self.path}/{path}".rstrip("/"), body, **query)


@pytest.fixture
def storage(server: JupyterServer, name: str) -> Storage:
    return Storage(server, name)


def notebook(source: str) -> Any:
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])


def test_folders_are_for_their_owner(make_server: Callable[..., JupyterServer]) -> None:
    server = make_server()
    assert Drive(server).names("storage") == []
    (storage,) = server.state.glob("share-storage/*/storage")
    for folder in (
        storage,
        storage.parent,
        storage.parent.parent,
        storage.parent / "notebooks",
        server.state / "public",
    ):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700, folder


def test_a_text_file(storage: Storage) -> None:
    made = storage.put("a.txt", "one")
    assert (made.status, made.json["path"], made.json["content"]) == (201, f"{storage.path}/a.txt", None)
    assert made.headers["Location"].endswith(f"/gradient/contents/{storage.path}/a.txt")
    assert (storage.folder / "a.txt").read_text() == "one"
    assert storage.put("a.txt", "two").status == 200
    model = storage.get("a.txt", type="file", format="text", hash="1")
    assert (model["content"], model["writable"], model["size"]) == ("two", True, 3)
    assert storage.get("a.txt", content="0", hash="1")["hash"] == model["hash"]
    assert storage.drive.names(storage.path) == ["a.txt"]


def test_bytes(storage: Storage) -> None:
    content = bytes(range(256))
    assert storage.put("a.bin", b64encode(content).decode(), format="base64").status == 201
    assert (storage.folder / "a.bin").read_bytes() == content
    assert storage.get("a.bin")["format"] == "base64"


def test_a_notebook_and_its_checkpoint(storage: Storage) -> None:
    saved = storage.ask("PUT", "n.ipynb", {"type": "notebook", "format": "json", "content": notebook("one")})
    assert saved.status == 201, saved
    (first,) = storage.ask("GET", "n.ipynb/checkpoints").json  # Jupyter keeps one of each notebook
    storage.ask("PUT", "n.ipynb", {"type": "notebook", "format": "json", "content": notebook("two")})
    assert storage.get("n.ipynb")["content"]["cells"][0]["source"] == "two"
    assert storage.ask("POST", f"n.ipynb/checkpoints/{first['id']}").status == 204
    assert storage.get("n.ipynb")["content"]["cells"][0]["source"] == "one"
    assert storage.drive.names(storage.path) == ["n.ipynb"]  # where checkpoints are is hidden
    assert storage.ask("DELETE", f"n.ipynb/checkpoints/{first['id']}").status == 204
    assert storage.ask("GET", "n.ipynb/checkpoints").json == []
    assert storage.ask("POST", "n.ipynb/checkpoints/nothing").status == 404


def test_a_notebook_saved_here_is_trusted(storage: Storage) -> None:
    content = notebook("one")
    content.cells[0]["outputs"] = [nbformat.v4.new_output("display_data", {"text/html": "<b>hello</b>"})]
    content.cells[0]["metadata"]["trusted"] = True
    storage.ask("PUT", "n.ipynb", {"type": "notebook", "format": "json", "content": content})
    assert storage.get("n.ipynb")["content"]["cells"][0]["metadata"]["trusted"] is True
    text = (storage.folder / "n.ipynb").read_text().replace("hello", "<script>")
    (storage.folder / "other.ipynb").write_text(text)
    assert storage.get("other.ipynb")["content"]["cells"][0]["metadata"]["trusted"] is False


def test_asking_for_checkpoints_makes_nothing(storage: Storage) -> None:
    storage.put("a.txt", "one")
    assert storage.ask("GET", "a.txt/checkpoints").json == []
    assert [entry.name for entry in storage.folder.iterdir()] == ["a.txt"]
    made = storage.ask("POST", "a.txt/checkpoints")
    assert (made.status, made.json["id"]) == (201, "checkpoint")
    storage.ask("PATCH", "a.txt", {"path": f"{storage.path}/b.txt"})
    assert len(storage.ask("GET", "b.txt/checkpoints").json) == 1


def test_untitled_files_and_folders(storage: Storage) -> None:
    kinds = [({"type": "notebook"}, "Untitled.ipynb"), ({"type": "directory"}, "Untitled Folder"), ({}, "untitled")]
    kinds += [({"type": "file", "ext": ".txt"}, "untitled.txt"), ({"type": "file", "ext": ".txt"}, "untitled1.txt")]
    for body, expected in kinds:
        made = storage.ask("POST", "", body)
        assert (made.status, made.json["name"]) == (201, expected)
        assert made.json["path"] == f"{storage.path}/{expected}"


def test_rename_move_and_delete(storage: Storage, name: str) -> None:
    storage.put("a.txt", "one")
    moved = storage.ask("PATCH", "a.txt", {"path": f"{storage.path}/b.txt"})
    assert (moved.status, moved.json["path"]) == (200, f"{storage.path}/b.txt")
    other = f"notebook/{name}.txt"
    assert storage.ask("PATCH", "b.txt", {"path": other}).json["path"] == other
    assert storage.drive.get(other)["content"] == "one"
    assert storage.drive.names(storage.path) == []
    assert storage.drive.ask("DELETE", other).status == 204
    assert storage.drive.ask("GET", other).status == 404


def test_nothing_is_overwritten_by_a_rename(storage: Storage) -> None:
    storage.put("a.txt", "one")
    storage.put("b.txt", "two")
    refused = storage.ask("PATCH", "a.txt", {"path": f"{storage.path}/b.txt"})
    assert (refused.status, refused.json["code"]) == (409, "name_taken")
    assert storage.get("b.txt")["content"] == "two"


def test_copies(storage: Storage) -> None:
    storage.put("a.txt", "one")
    made = storage.ask("POST", "", {"copy_from": f"{storage.path}/a.txt"})
    assert (made.status, made.json["name"]) == (201, "a-Copy1.txt")
    assert (storage.folder / "a-Copy1.txt").read_text() == "one"
    refused = storage.ask("POST", "", {"copy_from": storage.path})
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")


def test_a_copy_from_a_dataset(storage: Storage, server: JupyterServer, name: str) -> None:
    place = VersionAt(server, name)
    content = os.urandom(3 * MIB)
    place.put("deep/big.bin", content)
    made = storage.ask("POST", "", {"copy_from": f"datasets/{name}/{place.version}/deep/big.bin"})
    assert (made.status, made.json["size"]) == (201, len(content))
    assert (storage.folder / "big.bin").read_bytes() == content
    assert [entry.name for entry in storage.folder.iterdir()] == ["big.bin"]


def test_a_long_file_comes_in_chunks(storage: Storage) -> None:
    pieces = [os.urandom(MIB) for _ in range(3)]
    for chunk, piece in zip((1, 2, -1), pieces, strict=True):
        content = b64encode(piece).decode()
        answer = storage.put("big.bin", content, format="base64", chunk=chunk)
        assert answer.status in (200, 201), answer
    assert (storage.folder / "big.bin").read_bytes() == b"".join(pieces)


def test_content_that_is_too_long(storage: Storage) -> None:
    (storage.folder / "big.bin").write_bytes(bytes(33 * MIB))
    refused = storage.ask("GET", "big.bin")
    assert (refused.status, refused.json["code"]) == (413, "too_large")
    assert storage.get("big.bin", content="0", hash="1")["size"] == 33 * MIB
    refused = storage.put("new.txt", "x" * (33 * MIB))
    assert (refused.status, refused.json["code"]) == (413, "too_large")
    assert not (storage.folder / "new.txt").exists()


def test_long_files(storage: Storage) -> None:
    text = "grün\n" * 500_000
    assert storage.put("long.txt", text).status == 201
    model = storage.get("long.txt", hash="1")
    assert (model["content"], model["writable"]) == (text, True)
    assert model["hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_a_folder_with_many_entries(storage: Storage) -> None:
    for number in range(5_001):
        (storage.folder / f"{number:05}").touch()
    names = storage.drive.names(storage.path)
    assert len(names) == 5_001
    assert names[-1].startswith("… more than 5,000 entries")


# --- nothing outside --------------------------------------------------------------------------------------------------


@pytest.fixture
def secret(storage: Storage, name: str) -> Path:
    """A file beside ``storage``, and links to it, to its folder and to nothing from inside."""
    outside = storage.server.folder / f"outside-{name}"
    outside.mkdir()
    (outside / "secret.txt").write_text("secret")
    (storage.folder / "file-link").symlink_to(outside / "secret.txt")
    (storage.folder / "folder-link").symlink_to(outside)
    (storage.folder / "new-link").symlink_to(outside / "new.txt")
    (storage.folder / "second-link").symlink_to("file-link")
    (storage.folder / "up-link").symlink_to(storage.root.parent)
    return outside / "secret.txt"


LINKS = ["file-link", "folder-link", "folder-link/secret.txt", "second-link", "up-link/notebooks", "new-link"]


@pytest.mark.parametrize("link", LINKS)
def test_links_that_lead_outside_are_not_there(storage: Storage, secret: Path, link: str) -> None:
    for query in ({}, {"content": "0"}, {"content": "0", "hash": "1"}, {"type": "file"}):
        assert storage.ask("GET", link, **query).status == 404
    assert storage.ask("GET", f"{link}/checkpoints").status == 404
    assert storage.drive.download(f"{storage.path}/{link}").status == 404
    assert storage.ask("POST", "", {"copy_from": f"{storage.path}/{link}"}).status == 404
    assert storage.ask("POST", link, {"type": "file"}).status == 404
    assert storage.put(link, "mine").status == 404
    assert storage.put(f"{link}/x", "mine").status == 404
    assert storage.ask("DELETE", link).status == 404
    assert storage.ask("PATCH", link, {"path": f"{storage.path}/x"}).status == 404
    assert storage.drive.names(storage.path) == []
    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]
    assert secret.read_text() == "secret"


def test_checkpoints_do_not_follow_links(storage: Storage, secret: Path) -> None:
    storage.put("a.txt", "one")
    (storage.folder / ".ipynb_checkpoints").symlink_to(secret.parent)
    assert storage.ask("POST", "a.txt/checkpoints").status == 404
    assert [path.name for path in secret.parent.iterdir()] == ["secret.txt"]


def test_links_that_stay_inside_are_followed(storage: Storage) -> None:
    storage.put("a.txt", "one")
    (storage.folder / "link").symlink_to("a.txt")
    (storage.folder / "broken").symlink_to("nothing")
    assert storage.get("link")["content"] == "one"
    assert storage.drive.names(storage.path) == ["a.txt", "link"]
    storage.put("link", "two")
    assert (storage.folder / "a.txt").read_text() == "two"


def test_a_circle_of_links(storage: Storage) -> None:
    (storage.folder / "circle").symlink_to("circle")
    assert storage.ask("GET", "circle").status in (400, 404)
    assert storage.drive.names(storage.path) == []


@pytest.mark.parametrize("path", ["../x", "a/../../x", "..", "/etc/passwd/../passwd", "a\0b", "a/./b"])
def test_paths_that_lead_out(storage: Storage, path: str) -> None:
    for refused in (storage.ask("GET", path), storage.put(path, "x"), storage.ask("DELETE", path)):
        assert (refused.status, refused.json["code"]) == (404, "path_not_found")
    storage.put("a.txt", "one")
    for answer in (
        storage.ask("PATCH", "a.txt", {"path": f"{storage.path}/{path}"}),
        storage.ask("POST", "", {"copy_from": path}),
    ):
        assert answer.status == 404


def test_hidden_files_are_as_jupyter_decides(storage: Storage, make_server: Callable[..., JupyterServer]) -> None:
    (storage.folder / ".hidden").write_text("one")
    assert storage.drive.names(storage.path) == []
    assert storage.ask("GET", ".hidden").status == 404
    assert storage.put(".new", "x").status == 404
    assert storage.drive.download(f"{storage.path}/.hidden").status == 404

    open_one = Drive(make_server(arguments=("--ContentsManager.allow_hidden=True",)))
    assert open_one.put("storage/.hidden", "one").status == 201
    assert open_one.get("storage/.hidden")["content"] == "one"
    assert open_one.names("storage") == [".hidden"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("a.txt", {"type": "file", "format": "text", "content": 5}),
        ("a.txt", {"type": "file", "format": "strange", "content": "x"}),
        ("a.txt", {"type": "file", "format": "base64", "content": "ü"}),
        ("a.ipynb", {"type": "notebook", "content": "text"}),
        ("a.ipynb", {"type": "notebook", "content": {"cells": 5}}),
        ("a.ipynb", {"type": "notebook", "content": None}),
        ("", {"type": "file", "format": "text", "content": "x"}),
        ("x" * 300, {"type": "file", "format": "text", "content": "x"}),
        ("a.txt", {"type": "notebook", "chunk": 1, "content": {}}),
        ("a.txt", [1]),
    ],
)
def test_what_cannot_be_saved(storage: Storage, path: str, body: Any) -> None:
    refused = storage.ask("PUT", path, body)
    assert (refused.status, refused.json["code"]) == (400, "invalid_request")
    assert str(storage.server.state) not in refused.json["message"]
    assert storage.drive.names(storage.path) == []


def test_a_folder_that_is_missing(storage: Storage) -> None:
    refused = storage.put("nothing/a.txt", "x")
    assert (refused.status, refused.json["code"]) == (404, "path_not_found")


def test_two_saves_at_once_do_not_mix(storage: Storage) -> None:
    from concurrent.futures import ThreadPoolExecutor

    texts = [str(number) * 200_000 for number in range(8)]
    with ThreadPoolExecutor(8) as threads:
        statuses = [answer.status for answer in threads.map(lambda text: storage.put("a.txt", text), texts)]
    assert set(statuses) <= {200, 201}
    assert (storage.folder / "a.txt").read_text() in texts
    assert [path.name for path in storage.folder.iterdir()] == ["a.txt"]


def test_new_names_are_given_once(storage: Storage) -> None:
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda _: storage.ask("POST", "", {"type": "file", "ext": ".txt"}), range(8)))
    assert len({answer.json["name"] for answer in made}) == 8


def test_public_datasets_are_read_only(server: JupyterServer, name: str) -> None:
    drive = Drive(server)
    drive.names("public")
    folder = server.state / "public" / name
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    model = drive.get(f"public/{name}/a.txt")
    assert (model["content"], model["writable"]) == ("one", False)
    assert drive.ask("GET", f"public/{name}/a.txt/checkpoints").json == []
    writes = [
        drive.put(f"public/{name}/a.txt", "two"),
        drive.ask("POST", f"public/{name}", {"type": "file"}),
        drive.ask("POST", f"public/{name}/a.txt/checkpoints"),
        drive.ask("PATCH", f"public/{name}/a.txt", {"path": f"storage/{name}"}),
        drive.ask("DELETE", f"public/{name}/a.txt"),
    ]
    for refused in writes:
        assert (refused.status, refused.json["code"]) == (403, "read_only")
    assert [path.name for path in folder.iterdir()] == ["a.txt"]


def test_downloads_from_storage(storage: Storage) -> None:
    (storage.folder / "a.svg").write_bytes(b"<svg/>" * MIB)
    answer = storage.drive.download(f"{storage.path}/a.svg")
    assert (answer.status, answer.data) == (200, b"<svg/>" * MIB)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    part = storage.drive.download(f"{storage.path}/a.svg", headers={"Range": "bytes=-6"})
    assert (part.status, part.data) == (206, b"<svg/>")
    (storage.folder / "empty").touch()
    empty = storage.drive.download(f"{storage.path}/empty")
    assert (empty.status, empty.data) == (200, b"")
    assert storage.drive.download(storage.path).status == 404
