"""Events: what the command, a team mate or another tab does is heard by everybody who listens."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import logging
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import websocket
import yaml
from jupyter_events import EventLogger

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import Action, TaskState, Thing
from jupyter_gradient_data.server import events
from jupyter_gradient_data.server.shared import Shared
from tests.support.jupyter_server import JupyterServer
from tests.support.rest import VersionAt

SCHEMAS = sorted((Path(events.__file__).parent / "event_schemas").glob("*.yaml"))


class Listener:
    """Somebody who listens to Jupyter's events, as JupyterLab does."""

    def __init__(self, server: JupyterServer) -> None:
        url = server.root.replace("http://", "ws://") + "/api/events/subscribe"
        self._socket = websocket.create_connection(url, header=[f"Authorization: token {server.token}"], timeout=30)

    def next(self, thing: Thing, subject: str, **expected: Any) -> Any:
        """The next event of a thing."""
        while True:
            event = json.loads(self._socket.recv())
            is_it = event["schema_id"] == f"{events.ROOT}/{thing.value}/{events.VERSION}"
            if is_it and event["subject"] == subject and expected.items() <= event.items():
                return event

    def close(self) -> None:
        self._socket.close()


@pytest.fixture
def listener(server: JupyterServer) -> Iterator[Listener]:
    server.get("/api/datasets")  # from then on changes are watched
    with contextlib.closing(Listener(server)) as listener:
        yield listener


def test_there_is_a_schema_for_each_thing() -> None:
    assert [path.stem for path in SCHEMAS] == sorted(thing.value for thing in Thing)
    logger = EventLogger()
    events.register(logger)
    for path in SCHEMAS:
        schema = yaml.safe_load(path.read_text())
        assert schema["$id"] == f"{events.ROOT}/{path.stem}/{events.VERSION}"
        assert schema["$id"] in logger.schemas
        if path.stem != "task":
            assert schema["properties"]["action"]["enum"] == [action.value for action in Action]
        else:
            assert schema["properties"]["state"]["enum"] == [state.value for state in TaskState]


def test_what_is_done_over_http_is_heard(server: JupyterServer, listener: Listener, name: str) -> None:
    place = VersionAt(server, name)
    assert listener.next(Thing.DATASET, place.dataset)["action"] == "created"
    listener.next(Thing.VERSION, place.reference, action="created")
    place.put("a.txt", b"hello")
    listener.next(Thing.VERSION, place.reference, action="files-changed")
    place.commit()
    listener.next(Thing.VERSION, place.reference, action="committed")
    server.request("PUT", f"{place.path.rpartition('/versions/')[0]}/tags/good", body={"version": place.version})
    listener.next(Thing.TAG, f"{place.dataset}:good", action="created")
    server.request("DELETE", f"/api/datasets/{place.dataset}")
    listener.next(Thing.DATASET, place.dataset, action="deleted")


def test_mounts_and_outputs_are_heard(server: JupyterServer, listener: Listener, name: str) -> None:
    VersionAt(server, name).commit()
    task = server.post("/api/mounts", {"reference": name}).json["id"]
    listener.next(Thing.MOUNT, f"default/{name}")
    listener.next(Thing.TASK, task, kind="mount", about=f"default/{name}", state="succeeded")
    assert server.request("DELETE", f"/api/mounts/{name}").status == 204
    listener.next(Thing.MOUNT, f"default/{name}", action="deleted")
    assert server.post("/api/outputs", {"dataset": name}).status == 201
    listener.next(Thing.OUTPUT, f"default/{name}", action="created")
    assert server.request("DELETE", f"/api/outputs/{name}").status == 204
    listener.next(Thing.OUTPUT, f"default/{name}", action="deleted")


def test_what_the_command_does_is_heard(server: JupyterServer, listener: Listener, name: str) -> None:
    command = [sys.executable, "-m", "jupyter_gradient_data.cli", "--state-dir", str(server.state)]
    made = subprocess.run(
        [*command, "datasets", "create", "--name", name, "--json"], capture_output=True, text=True, check=True
    )
    assert listener.next(Thing.DATASET, json.loads(made.stdout)["id"])["action"] == "created"


def test_a_task_is_heard_of_from_beginning_to_end(server: JupyterServer, listener: Listener, name: str) -> None:
    place = VersionAt(server, name)
    place.put("a.txt", b"hello")
    task = server.post(f"{place.path}/commit", {}).json["id"]
    event = listener.next(Thing.TASK, task, state="succeeded")
    assert (event["kind"], event["about"]) == ("commit", place.reference)
    assert event["error"] is None


def test_no_event_has_more_than_ids(server: JupyterServer, listener: Listener, name: str) -> None:
    place = VersionAt(server, name)
    event = listener.next(Thing.DATASET, place.dataset)
    assert name not in json.dumps(event)


def test_an_event_that_cannot_be_told_holds_up_nothing(caplog: pytest.LogCaptureFixture) -> None:
    logger, told = EventLogger(), io.StringIO()
    events.register(logger)
    logger.register_handler(logging.StreamHandler(told))
    emit = events.emitter(logger)
    emit(Thing.DATASET, {"not": "in the schema"})
    assert "An event of a dataset was not told" in caplog.text
    emit(Thing.DATASET, {"action": "created", "subject": "dsr5zdx0thjhfe2"})
    assert json.loads(told.getvalue())["subject"] == "dsr5zdx0thjhfe2"


def test_the_watch_outlives_what_nobody_expected(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(events, "_PATIENCE", 0)
    monkeypatch.setattr(events, "_TICK", 0)
    polled: list[str] = []

    async def run() -> tuple[str, list[str]]:
        shared = Shared(Config(state_dir=tmp_path))
        host = await shared.open()
        poll = host.notices.poll

        def poll_that_fails_first() -> Any:
            polled.append("again")
            if len(polled) == 1:
                raise RuntimeError("nobody expected this")
            return poll()

        monkeypatch.setattr(host.notices, "poll", poll_that_fails_first)
        poll()
        heard: list[str] = []
        watch = asyncio.ensure_future(events.watch(shared, host, lambda thing, data: heard.append(data["subject"])))
        made = await shared.call(host.service.create_dataset, "data")
        while not heard:
            await asyncio.sleep(0)
        watch.cancel()
        await asyncio.wait([watch])
        await shared.close()
        return made.id, heard

    made, heard = asyncio.run(run())
    assert made in heard
    assert "nobody expected this" in caplog.text
