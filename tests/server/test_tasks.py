"""Tasks over HTTP: how far they are, waiting for them, stopping them, and what a killed server leaves."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import quote

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.local import open_service
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt, ended, located


class Held:
    """A server that commits a version, and gets nothing of the tree it starts from until it is released.

    In the place of the packs that hold the tree are named pipes: whoever opens one waits for somebody who writes.
    """

    def __init__(self, make_server: Callable[..., JupyterServer], state: Path) -> None:
        with contextlib.closing(open_service(Config(state_dir=state))) as service:
            dataset = service.create_dataset("held").id
            service.write_file((first := service.create_version(dataset)).reference, "first", [b"1"])
            before = _files(state / "managed")
            service.commit_version(first.reference).result()
            self._pipes = [path for path in _files(state / "managed") - before if "packs" in path.parts]
            second = service.create_version(dataset, start_from=first.reference)
            service.write_file(second.reference, "second", [b"2"])
        for pack in self._pipes:
            pack.unlink()
            os.mkfifo(pack)
        self.server = make_server(environment={"GRADIENT_THREADS": "2", "GRADIENT_STATE_DIR": str(state)})
        self.task = self.server.post(f"/api/datasets/{dataset}/versions/{second.version}/commit")
        self.url = located(self.server, self.task)
        seen, now = None, self.task.json
        while now != seen:  # until it does nothing but wait
            seen, now = now, self.server.get(f"{self.url}?wait=1").json
        assert now["state"] == "running", now

    def release(self) -> None:
        """Let the task go on; what it reads is not there."""
        while self.server.get(self.url).json["state"] == "running":
            for pipe in self._pipes:
                with contextlib.suppress(OSError):  # nobody has it open just now
                    os.close(os.open(pipe, os.O_WRONLY | os.O_NONBLOCK))


@pytest.fixture
def held(make_server: Callable[..., JupyterServer], tmp_path: Path) -> Iterator[Held]:
    held = Held(make_server, tmp_path / "state")
    yield held
    held.release()


def test_waiting_clients_hold_no_threads(held: Held) -> None:
    """The server has two threads, and many clients that wait."""
    server = held.server
    with ThreadPoolExecutor(20) as clients:
        waiting = [clients.submit(server.get, f"{held.url}?wait=30") for _ in range(20)]
        for _ in range(20):
            assert server.get("/api/datasets").status == 200
        over = server.get(f"{held.url}?wait=0.2")
        assert (over.status, over.json["state"]) == (200, "running")
        assert not any(client.done() for client in waiting)
        held.release()
        for client in waiting:
            assert client.result().json["error"]["code"] == "object_not_found"
    for wrong in ("-1", "31", "long"):
        assert server.get(f"{held.url}?wait={wrong}").status == 400


def test_a_killed_server_says_what_became_of_its_tasks(held: Held) -> None:
    held.server.kill()
    held.server.start()
    task = held.server.get(held.url).json
    assert (task["state"], task["error"]["code"]) == ("failed", "task_lost")
    assert task["finished"] is not None


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_a_task_that_has_ended_cannot_be_stopped(server: JupyterServer, name: str) -> None:
    place = VersionAt(server, name)
    committed = ended(server, server.post(f"{place.path}/commit"))
    asked = server.request("DELETE", f"/api/tasks/{committed['id']}")
    assert (asked.status, asked.json) == (200, committed)


def test_tasks_are_listed_newest_first(server: JupyterServer, name: str) -> None:
    place = VersionAt(server, name)
    place.put("a", b"1")
    place.commit()
    verified = ended(server, server.post("/api/verify", {"reference": place.reference}))
    assert (verified["kind"], verified["subject"]) == ("verify", place.reference)
    assert verified["result"]["versions"] == 1
    page = server.get("/api/tasks?limit=1").json
    rest = server.get(f"/api/tasks?limit=1000&after={quote(page['next_token'])}").json
    mine = [task for task in page["items"] + rest["items"] if task["subject"] == place.reference]
    assert [task["kind"] for task in mine] == ["verify", "commit"]
    missing = server.get("/api/tasks/nope")
    assert (missing.status, missing.json["code"]) == (404, "task_not_found")


def test_a_token_sees_the_tasks_of_its_datasets(server: JupyterServer, name: str) -> None:
    mine, other = VersionAt(server, name), VersionAt(server, f"{name}-other")
    mine.commit()
    other.commit()
    everything = ended(server, server.post("/api/garbage"))
    wish = {"name": name, "access": "write", "datasets": [mine.dataset]}
    token = server.post("/api/tokens", wish).json["secret"]
    seen = server.get("/api/tasks?limit=1000", token=token).json["items"]
    assert {task["subject"] for task in seen} == {mine.reference}
    hidden = [task for task in server.get("/api/tasks?limit=1000").json["items"] if task["subject"] == other.reference]
    for task in [everything, *hidden]:
        for method in ("GET", "DELETE"):
            answer = server.request(method, f"/api/tasks/{task['id']}", token=token)
            assert answer.status in (403, 404), (method, task)
    assert hidden


def test_upkeep(server: JupyterServer, name: str) -> None:
    place = VersionAt(server, name)
    place.put("a", b"12345")
    place.commit()
    usage = server.get("/api/usage")
    assert usage.status == 200
    (mine,) = [each for provider in usage.json for each in provider["datasets"] if each["dataset"] == place.dataset]
    assert (mine["versions"], mine["files"], mine["logical_bytes"]) == (1, 1, 5)
    provider = usage.json[0]["provider"]
    assert server.get(f"/api/usage?provider={provider}").json[0]["provider"] == provider
    for kind, body in (("verify", {"reference": name}), ("garbage", {"provider": provider}), ("garbage", {})):
        task = ended(server, server.post(f"/api/{kind}", body))
        assert (task["kind"], task["state"]) == (kind, "succeeded"), task
    assert server.get("/api/usage?provider=nope").json["code"] == "provider_not_found"
    for kind, body in (
        ("verify", {"reference": "nope"}),
        ("recover", {"provider": "nope"}),
        ("garbage", {"provider": "x"}),
    ):
        assert server.post(f"/api/{kind}", body).status == 404, kind


def test_recover(make_server: Callable[..., JupyterServer], tmp_path: Path) -> None:
    server = make_server()
    place = VersionAt(server, "data")
    place.put("a", b"1")
    place.commit()
    server.kill()
    database = list(server.state.glob("*.sqlite*"))
    assert database
    for file in database:
        file.unlink()
    server.start()
    task = ended(server, server.post("/api/recover"))
    assert task["state"] == "succeeded", task
    assert (task["result"]["datasets"], task["result"]["versions"]) == (1, 1)
    assert place.get("a").data == b"1"
