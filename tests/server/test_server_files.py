"""Files of JupyterLab's file browser go into a version without a way through the browser."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.support.jupyter_server import Answer, JupyterServer
from tests.support.rest import VersionAt, ended, result_of


@pytest.fixture
def place(server: JupyterServer, name: str) -> VersionAt:
    return VersionAt(server, name)


@pytest.fixture
def folder(server: JupyterServer, name: str) -> Path:
    """A folder below the root of the server's files, called as the dataset, and another beside the root."""
    folder = server.folder / "files" / name
    (folder / "a").mkdir(parents=True)
    (folder / "a" / "one.csv").write_bytes(b"1")
    (folder / "two.txt").write_bytes(b"22")
    return folder


def put(place: VersionAt, paths: list[str], target: str = "/", **options: str) -> Answer:
    body = {"paths": paths, "target": target}
    return place.server.post(f"{place.path}/put-from-server", body, **options)


def test_files_and_folders_keep_their_names(place: VersionAt, folder: Path) -> None:
    name = folder.name
    started = put(place, [f"{name}/a", f"/{name}/two.txt"], "raw/")
    assert started.json["kind"] == "put"
    assert result_of(place.server, started)["files"] == 2
    assert place.files() == ["raw/a/one.csv", "raw/two.txt"]
    assert place.get("raw/a/one.csv").data == b"1"


def test_nothing_leads_out_of_the_root(place: VersionAt, folder: Path, server: JupyterServer) -> None:
    outside = server.folder / f"outside-{folder.name}"
    outside.mkdir()
    (outside / "secret").write_text("secret")
    os.symlink(outside, folder / "link")
    os.symlink(outside / "secret", folder / "file-link")
    (folder / ".hidden").write_text("hidden")
    for path in ("", "/", "..", f"../{outside.name}", f"{folder.name}/link", f"{folder.name}/file-link"):
        assert put(place, [path]).json["code"] == "path_not_found", path
    for path in (f"{folder.name}/.hidden", f"{folder.name}/nope", f"{folder.name}/a\0b", str(outside)):
        assert put(place, [path]).json["code"] == "path_not_found", path
    task = ended(server, put(place, [folder.name]))  # the folder holds the links
    assert (task["state"], task["error"]["code"]) == ("failed", "source_link_outside")
    assert place.files() == []
    shutil.rmtree(outside)


def test_only_users_of_the_server_may(place: VersionAt, folder: Path, server: JupyterServer) -> None:
    made = server.post("/api/tokens", {"name": "job", "access": "admin"}).json
    refused = put(place, [f"{folder.name}/two.txt"], token=made["secret"])
    assert (refused.status, refused.json["code"]) == (403, "not_allowed")
    assert place.files() == []


def test_a_committed_version_takes_nothing(place: VersionAt, folder: Path) -> None:
    place.commit()
    task = ended(place.server, put(place, [f"{folder.name}/two.txt"]))
    assert task["error"]["code"] == "version_committed"
