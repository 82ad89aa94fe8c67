"""The server killed with ``kill -9`` in the middle of each kind of request, and started again."""

from __future__ import annotations

import base64
import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
import urllib3

from tests.support.jupyter_server import JupyterServer

MIB = 1024 * 1024
BEFORE = {"a.txt": b"committed", "large.bin": bytes(range(256)) * 16_384}


class Scene:
    """A server with one dataset: a committed version, and an uncommitted one that starts from it."""

    def __init__(self, server: JupyterServer) -> None:
        self.server = server
        self.dataset = server.post("/api/datasets", {"name": "data"}).json["id"]
        self.committed = self._version({})
        for path, content in BEFORE.items():
            assert self.put(self.committed, path, content) == 201
        self.commit(self.committed)
        self.open = self._version({"start_from": f"{self.dataset}:{self.committed}"})
        assert self.put(self.open, "kept.txt", b"put before") == 201

    def base(self, version: str) -> str:
        return f"/api/datasets/{self.dataset}/versions/{version}"

    def put(self, version: str, path: str, data: object) -> int:
        return self.server.request("PUT", f"{self.base(version)}/content/{path}", data=data).status

    def read(self, version: str, path: str) -> bytes:
        answer = self.server.get(f"{self.base(version)}/content/{path}")
        assert answer.status == 200, answer
        return answer.data

    def paths(self, version: str) -> list[str]:
        listed = self.server.get(f"{self.base(version)}/files?recursive=true&limit=1000")
        assert listed.status == 200, listed
        return [item["path"] for item in listed.json["items"]]

    def commit(self, version: str, **body: object) -> dict[str, object]:
        task = self.server.post(f"{self.base(version)}/commit", body)
        assert task.status == 202, task
        return self.ended(task.json["id"])

    def ended(self, task: str) -> dict[str, object]:
        while (found := self.server.get(f"/api/tasks/{task}?wait=10").json)["state"] == "running":
            pass
        return found

    def check(self) -> None:
        """Nothing that was committed or put is lost, and the version takes files and can be committed."""
        assert {path: self.read(self.committed, path) for path in self.paths(self.committed)} == BEFORE
        assert self.read(self.open, "kept.txt") == b"put before"
        assert self.put(self.open, "after.txt", b"put after") == 201
        done = self.commit(self.open, abandon_uploads=True)
        assert done["state"] == "succeeded", done
        assert self.read(self.open, "after.txt") == b"put after"

    def _version(self, body: dict[str, str]) -> str:
        made = self.server.post(f"/api/datasets/{self.dataset}/versions", body)
        assert made.status == 201, made
        return str(made.json["version"])


@pytest.fixture
def scene(make_server: Callable[..., JupyterServer]) -> Scene:
    return Scene(make_server())


def half_then_killed(server: JupyterServer, size: int = 24 * MIB) -> Iterator[bytes]:
    """A body of which the server gets half before it dies."""
    for sent in range(0, size, MIB):
        if sent == size // 2:
            server.kill()
        yield bytes([sent // MIB]) * MIB


@contextlib.contextmanager
def cut_off() -> Iterator[None]:
    """The request ends without an answer."""
    with pytest.raises(urllib3.exceptions.HTTPError):
        yield


def test_a_put_of_one_file(scene: Scene) -> None:
    with cut_off():
        headers = {"Content-Length": str(24 * MIB)}
        path = f"{scene.base(scene.open)}/content/half.bin"
        scene.server.request("PUT", path, data=half_then_killed(scene.server), headers=headers)
    scene.server.start()
    assert "half.bin" not in scene.paths(scene.open)
    scene.check()


def test_a_resumable_upload_goes_on_where_it_was(scene: Scene) -> None:
    size = 24 * MIB
    server = scene.server
    pairs = {"reference": f"{scene.dataset}:{scene.open}", "path": "resumed.bin"}
    metadata = ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in pairs.items())
    tus = {"Tus-Resumable": "1.0.0"}
    made = server.request(
        "POST", "/api/uploads", headers={**tus, "Upload-Length": str(size), "Upload-Metadata": metadata}
    )
    assert made.status == 201, made
    patch = {**tus, "Content-Type": "application/offset+octet-stream"}
    url = urljoin(server.url, made.headers["Location"])
    with cut_off():
        headers = {**patch, "Upload-Offset": "0", "Content-Length": str(size)}
        server.request("PATCH", url, data=half_then_killed(server), headers=headers)
    server.start()
    offset = int(server.request("HEAD", url, headers=tus).headers["Upload-Offset"])
    assert 0 < offset <= size // 2
    refused = scene.commit(scene.open)
    assert refused["state"] == "failed"
    assert "resumed.bin" in str(refused["error"])
    whole = b"".join(bytes([number]) * MIB for number in range(24))
    done = server.request("PATCH", url, data=whole[offset:], headers={**patch, "Upload-Offset": str(offset)})
    assert done.status == 204, done
    assert scene.read(scene.open, "resumed.bin") == whole
    scene.check()


def test_a_download(scene: Scene) -> None:
    answer = scene.server.pool.request(
        "GET",
        f"{scene.server.url}{scene.base(scene.committed)}/content/large.bin",
        headers={"Authorization": f"token {scene.server.token}"},
        preload_content=False,
    )
    assert answer.read(1000) == BEFORE["large.bin"][:1000]
    scene.server.kill()
    answer.close()
    scene.server.start()
    scene.check()


def test_a_commit(scene: Scene) -> None:
    for number in range(20):
        scene.put(scene.open, f"more/{number}.txt", b"%d" % number)
    task = scene.server.post(f"{scene.base(scene.open)}/commit", {}).json
    scene.server.kill()
    scene.server.start()
    told = scene.ended(task["id"])
    state = scene.server.get(scene.base(scene.open)).json["state"]
    if told["state"] == "succeeded":
        assert state == "committed"
    else:
        assert told["error"]["code"] == "task_lost"  # type: ignore[index]
        assert state in ("uncommitted", "committing")
    done = scene.commit(scene.open)
    assert done["state"] == "succeeded", done
    assert [scene.read(scene.open, f"more/{number}.txt") for number in range(20)] == [b"%d" % n for n in range(20)]


def test_a_deletion_of_files(scene: Scene) -> None:
    scene.put(scene.open, "gone/a.txt", b"a")
    task = scene.server.post(f"{scene.base(scene.open)}/delete-files", {"paths": ["gone/"]}).json
    scene.server.kill()
    scene.server.start()
    told = scene.ended(task["id"])
    if told["state"] == "succeeded":
        assert "gone/a.txt" not in scene.paths(scene.open)
    else:
        assert told["error"]["code"] == "task_lost"  # type: ignore[index]
    scene.check()


def test_a_put_by_the_command(scene: Scene, tmp_path: Path) -> None:
    """The command says what happened; the same command again sends the rest."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(6):
        (source / f"{number}.bin").write_bytes(os.urandom(8 * MIB))
    argv = [sys.executable, "-m", "jupyter_gradient_data.cli", "--url", scene.server.root]
    argv += ["--token", scene.server.token, "datasets", "files", "put"]
    argv += ["--id", f"{scene.dataset}:{scene.open}", "--source-path", f"{source}/"]
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not any((scene.server.state / "incoming").glob("*/*")) and running.poll() is None:
        pass  # until something is on its way
    scene.server.kill()
    output, _ = running.communicate(timeout=280)
    assert running.returncode != 0 or "Traceback" not in output
    assert "Traceback" not in output
    scene.server.start()
    again = subprocess.run(argv, capture_output=True, text=True, timeout=280, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    for file in source.iterdir():
        assert scene.read(scene.open, file.name) == file.read_bytes()
    done = scene.commit(scene.open)
    assert done["state"] == "succeeded", done
