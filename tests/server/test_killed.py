"""The server killed with ``kill -9`` in the middle of each kind of request, and started again."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import urllib3

from jupyter_gradient_data.errors import ErrorKind
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt, ended, located

MIB = 1024 * 1024
BEFORE = {"a.txt": b"committed", "large.bin": bytes(range(256)) * 16_384}


class Scene:
    """A server with one dataset: a committed version, and an uncommitted one that starts from it."""

    def __init__(self, server: JupyterServer) -> None:
        self.server = server
        self.version = VersionAt(server, "data")
        for path, content in BEFORE.items():
            assert self.version.put(path, content).status == 201
        self.committed = self.version.commit()["version"]
        self.version.next_version(start_from=self.version.reference)
        assert self.version.put("kept.txt", b"put before").status == 201

    def check(self) -> None:
        """Nothing that was committed or put is lost, and the version takes files and can be committed."""
        assert self.version.get("kept.txt").data == b"put before"
        assert self.version.put("after.txt", b"put after").status == 201
        self.version.commit(abandon_uploads=True)
        assert self.version.get("after.txt").data == b"put after"
        self.version.version = self.committed
        assert {path: self.version.get(path).data for path in self.version.files()} == BEFORE


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
        scene.version.put("half.bin", half_then_killed(scene.server), headers={"Content-Length": str(24 * MIB)})
    scene.server.start()
    assert "half.bin" not in scene.version.files()
    scene.check()


def test_a_resumable_upload_goes_on_where_it_was(scene: Scene) -> None:
    server, size = scene.server, 24 * MIB
    url = located(server, scene.version.begin_upload("resumed.bin", size))
    tus = {"Tus-Resumable": "1.0.0"}
    patch = {**tus, "Content-Type": "application/offset+octet-stream"}
    with cut_off():
        headers = {**patch, "Upload-Offset": "0", "Content-Length": str(size)}
        server.request("PATCH", url, data=half_then_killed(server), headers=headers)
    server.start()
    offset = int(server.request("HEAD", url, headers=tus).headers["Upload-Offset"])
    assert 0 < offset <= size // 2
    refused = ended(server, server.post(f"{scene.version.path}/commit", {}))
    assert refused["state"] == "failed"
    assert "resumed.bin" in refused["error"]["message"]
    whole = b"".join(bytes([number]) * MIB for number in range(24))
    done = server.request("PATCH", url, data=whole[offset:], headers={**patch, "Upload-Offset": str(offset)})
    assert done.status == 204, done
    assert scene.version.get("resumed.bin").data == whole
    scene.check()


def test_a_download(scene: Scene) -> None:
    answer = scene.server.pool.request(
        "GET",
        scene.server.url + scene.version.content("large.bin"),
        headers={"Authorization": f"token {scene.server.token}"},
        preload_content=False,
    )
    assert answer.read(1000) == BEFORE["large.bin"][:1000]
    scene.server.kill()
    answer.close()
    scene.server.start()
    scene.check()


def test_a_commit(scene: Scene) -> None:
    contents = {f"more/{number}.txt": b"%d" % number for number in range(20)}
    for path, content in contents.items():
        scene.version.put(path, content)
    begun = scene.server.post(f"{scene.version.path}/commit", {})
    scene.server.kill()
    scene.server.start()
    told = ended(scene.server, begun)
    state = scene.server.get(scene.version.path).json["state"]
    if told["state"] == "succeeded":
        assert state == "committed"
    else:
        assert told["error"]["code"] == "task_lost"
        assert state in ("uncommitted", "committing")
    scene.version.commit()
    assert {path: scene.version.get(path).data for path in contents} == contents


def test_a_deletion_of_files(scene: Scene) -> None:
    scene.version.put("gone/a.txt", b"a")
    begun = scene.server.post(f"{scene.version.path}/delete-files", {"paths": ["gone/"]})
    scene.server.kill()
    scene.server.start()
    told = ended(scene.server, begun)
    if told["state"] == "succeeded":
        assert "gone/a.txt" not in scene.version.files()
    else:
        assert told["error"]["code"] == "task_lost"
    scene.check()


def test_a_put_by_the_command(scene: Scene, tmp_path: Path) -> None:
    """The command says what happened; the same command again sends the rest."""
    source = tmp_path / "source"
    source.mkdir()
    for number in range(6):
        (source / f"{number}.bin").write_bytes(os.urandom(8 * MIB))
    argv = [sys.executable, "-m", "jupyter_gradient_data.cli", "--url", scene.server.root]
    argv += ["--token", scene.server.token, "datasets", "files", "put"]
    argv += ["--id", scene.version.reference, "--source-path", f"{source}/"]
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    while not any((scene.server.state / "incoming").glob("*/*")) and running.poll() is None:
        pass  # until something is on its way
    scene.server.kill()
    output, _ = running.communicate(timeout=280)
    assert running.returncode == ErrorKind.SERVER_UNREACHABLE.error_class.exit_code, output
    assert "Traceback" not in output
    scene.server.start()
    again = subprocess.run(argv, capture_output=True, text=True, timeout=280, check=False)
    assert again.returncode == 0, again.stdout + again.stderr
    for file in source.iterdir():
        assert scene.version.get(file.name).data == file.read_bytes()
    scene.check()
