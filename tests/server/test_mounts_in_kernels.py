"""Mounts and outputs on a real server, seen by kernels and terminals that run already."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.jupyter_server import Answer, JupyterServer, running_server
from tests.support.kernels import Kernel, Terminal
from tests.support.rest import VersionAt


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    yield from running_server(tmp_path_factory.mktemp("server"), with_terminals=True)


@pytest.fixture
def kernel(server: JupyterServer) -> Iterator[Kernel]:
    kernel = Kernel(server)
    yield kernel
    kernel.shut_down()


@pytest.fixture
def inputs(server: JupyterServer) -> str:
    """Where kernels of this machine see mounts."""
    volumes = server.get("/api/volumes").json["volumes"]
    return str(next(volume["path"] for volume in volumes if volume["name"] == "inputs"))


def finished(server: JupyterServer, answer: Answer) -> Any:
    """The result of the task that an answer tells of."""
    assert answer.status == 202, answer
    task = answer.json
    while task["state"] == "running":
        task = server.get(f"/api/tasks/{task['id']}?wait=5").json
    assert task["error"] is None, task
    return task["result"]


def read(path: str) -> str:
    """Code that prints a file, or that there is none."""
    return f"import os; print(open({path!r}).read() if os.path.exists({path!r}) else 'nothing')"


def test_a_kernel_sees_a_mount_as_soon_as_its_task_has_ended(
    server: JupyterServer, kernel: Kernel, inputs: str, name: str
) -> None:
    place = VersionAt(server, name)
    place.put("a.txt", b"first")
    place.commit()
    path = f"{inputs}/{name}/a.txt"
    assert kernel.run(read(path)) == "nothing"
    finished(server, server.post("/api/mounts", {"reference": name}))
    assert kernel.run(read(path)) == "first"
    assert kernel.run(f"keep = open({path!r})") == ""

    place.next_version()
    place.put("a.txt", b"second")
    place.commit()
    finished(server, server.post(f"/api/mounts/{name}/update"))
    assert kernel.run(read(path)) == "second"
    assert kernel.run("print(keep.read())") == "first"
    assert server.request("DELETE", f"/api/mounts/{name}").status == 204
    assert kernel.run(read(path)) == "nothing"


def test_a_kernel_changes_a_writable_mount(server: JupyterServer, kernel: Kernel, inputs: str, name: str) -> None:
    place = VersionAt(server, name)
    place.put("a.txt", b"first")
    place.commit()
    path = f"{inputs}/{name}/a.txt"
    finished(server, server.post("/api/mounts", {"reference": name, "writable": True}))
    assert kernel.run(f"print(open({path!r}, 'a').write(' and more'))") == "9"
    refused = server.request("DELETE", f"/api/mounts/{name}")
    assert (refused.status, refused.json["code"]) == (409, "mount_changed")
    made = finished(server, server.post(f"/api/mounts/{name}/commit", {"tag": "more"}))
    assert made["tags"] == ["more"]
    stored = f"/api/datasets/{name}/versions/{{}}/content/a.txt"
    assert server.get(stored.format("more")).data == b"first and more"
    assert server.get(stored.format(place.version)).data == b"first"
    assert kernel.run(f"print(open({path!r}, 'a').write('!'))") == "1"
    assert server.post(f"/api/mounts/{name}/discard").status == 200
    assert kernel.run(read(path)) == "first and more"
    assert server.request("DELETE", f"/api/mounts/{name}").status == 204


def test_the_command_in_a_terminal(server: JupyterServer, kernel: Kernel, inputs: str, name: str) -> None:
    place = VersionAt(server, name)
    place.put("a.txt", b"first")
    place.commit()
    gradient = f"{sys.executable} -m jupyter_gradient_data.cli"
    terminal = Terminal(server)
    try:
        mounted = terminal.run(f"{gradient} mount {name}")
        assert f"Mounted {name}:{place.version} at /inputs/{name}" in mounted
        assert terminal.run(f"cat {inputs}/{name}/a.txt") == "first"
        assert kernel.run(read(f"{inputs}/{name}/a.txt")) == "first"
        assert f"Created output: /outputs/{name}" in terminal.run(f"{gradient} outputs create {name}")
        outputs = inputs.replace("inputs", "outputs")
        assert kernel.run(f"print(open('{outputs}/{name}/b.txt', 'w').write('of the kernel'))") == "13"
        assert "Committed dataset version:" in terminal.run(f"{gradient} outputs commit {name}")
        newest = f"/api/datasets/{name}/versions/latest/content/b.txt"
        assert server.get(newest).data == b"of the kernel"
        assert f"Unmounted: {name}" in terminal.run(f"{gradient} unmount {name}")
    finally:
        terminal.close()
