"""A real kernel of a real server, with a front end that keeps the notebook: what each tells the other of the lock."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.client.memory.documents import read_lock
from tests.support.jupyter_server import JupyterServer
from tests.support.kernels import Kernel

BEGIN = """\
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.service import current_service
service = current_service()
def commit(text):
    version = service.create_version("flowers")
    service.write_file(version.reference, "a.txt", [text])
    return service.commit_version(version.reference).result().version
def use(reference="flowers"):
    return MEMORY.resolve(service, reference).version
"""


class Notebook:
    """A notebook as JupyterLab has it: its file, and what its kernel says of the lock."""

    def __init__(self, server: JupyterServer) -> None:
        self.path = server.folder / "files" / "n.ipynb"
        self.save(None)
        begun = {"path": "n.ipynb", "name": "n.ipynb", "type": "notebook", "kernel": {"name": "python3"}}
        answer = server.post(f"{server.root}/api/sessions", begun)
        assert answer.status == 201, answer
        self._server, self._session = server, f"{server.root}/api/sessions/{answer.json['id']}"
        self.kernel = Kernel(server, answer.json["kernel"]["id"])

    def save(self, lock: Any) -> None:
        metadata = {} if lock is None else {"gradient": {"lock": lock}}
        self.path.write_text(json.dumps({"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}))

    def rename(self, name: str) -> None:
        """As the file browser does: the file first, then the session."""
        self.path = self.path.rename(self.path.with_name(name))
        changes = {"path": name, "name": name, "type": "notebook"}
        assert self._server.request("PATCH", self._session, body=changes).status == 200

    def told(self, key: str) -> list[dict[str, Any]]:
        """Messages since it was asked last, of one of the two comms."""
        found = [message for message in self.kernel.comms if key in json.dumps(message["content"])]
        self.kernel.comms = [message for message in self.kernel.comms if message not in found]
        return found


@pytest.fixture(scope="module")
def notebook(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notebook]:
    server = JupyterServer(tmp_path_factory.mktemp("server"))
    notebook = Notebook(server)
    assert notebook.kernel.run(BEGIN + "_ = service.create_dataset('flowers')") == ""
    yield notebook
    notebook.kernel.shut_down()
    server.close()


def test_the_lock_goes_to_the_notebook_and_comes_back(notebook: Notebook, tmp_path: Path) -> None:
    kernel = notebook.kernel
    first = kernel.run("print(commit(b'1'))")
    assert kernel.comms == []  # nothing was used
    assert kernel.run("print(use())") == first

    (hidden,) = notebook.told("gradient_lock")
    (opened,) = notebook.told('{"lock"')
    assert (opened["msg_type"], opened["content"]["target_name"]) == ("comm_open", "gradient.lock")
    assert (hidden["msg_type"], hidden["content"]["target_name"]) == ("comm_open", "jupyter.widget")
    state = hidden["content"]["data"]["state"]
    assert state["_view_name"] is None
    lock = opened["content"]["data"]["lock"]
    assert state["gradient_lock"] == lock
    notebook.save(lock)
    assert [(entry.reference, entry.version) for entry in read_lock(notebook.path)] == [("flowers", first)]

    second = kernel.run("print(commit(b'2'))")
    assert kernel.run(f"print(use(), use('flowers:{second}'))").splitlines()[-1] == f"{first} {second}"
    (more,) = notebook.told('{"lock"')
    assert (more["msg_type"], more["content"]["comm_id"]) == ("comm_msg", opened["content"]["comm_id"])
    assert len(more["content"]["data"]["lock"]["datasets"]) == 2

    notebook.rename("renamed.ipynb")
    kernel.restart()  # not saved since: what was saved counts
    notebook.told("lock")
    follow = "`%dataset update flowers` follows what is there now."
    moved = f"flowers:latest is {first} here, as this notebook's lock says; newer: {second}. {follow}"
    assert kernel.run(BEGIN + "print(use()); print(use())").splitlines() == [moved, first, first]
    (opened,) = notebook.told('{"lock"')
    (hidden,) = notebook.told("gradient_lock")
    assert opened["content"]["data"]["lock"] == lock

    # The user takes the entry out, in the side bar.
    kernel.send_comm(opened["content"]["comm_id"], {"lock": {**lock, "datasets": []}})
    kernel.send_comm(opened["content"]["comm_id"], {"lock": {"format": 99}})
    assert kernel.run("print(MEMORY.entries, use())") == f"() {second}"
    (taken, changed) = notebook.told('{"lock"')
    assert taken["content"]["data"]["lock"]["datasets"] == []
    assert changed["content"]["data"]["lock"]["datasets"][0]["version"] == second
    assert changed["content"]["data"]["lock"]["changes"] > lock["changes"]

    # A page that is loaded again asks for the widget; one without our extension closes the other comm.
    notebook.told("gradient_lock")
    kernel.send_comm(hidden["content"]["comm_id"], {"method": "request_state"})
    kernel.close_comm(opened["content"]["comm_id"])
    assert kernel.run("print(MEMORY.follow()[0].version)") == second
    (asked, update) = notebook.told("gradient_lock")
    assert asked["content"]["data"]["state"] == {**state, "gradient_lock": changed["content"]["data"]["lock"]}
    assert update["content"]["data"]["state"]["gradient_lock"]["datasets"] == []
    (again,) = notebook.told('{"lock"')
    assert again["msg_type"] == "comm_open"


def test_a_kernel_within_a_kernel_is_not_the_notebook(notebook: Notebook) -> None:
    code = """\
from jupyter_client.manager import run_kernel
def show(message):
    if message["msg_type"] in ("stream", "error"):
        print(message["content"])
with run_kernel() as client:
    client.execute_interactive(
        "from jupyter_gradient_data.client.memory.place import find_place\\nprint(find_place())",
        output_hook=show,
        timeout=60,
    )
"""
    assert notebook.kernel.run("import os; print(os.environ['JPY_SESSION_NAME'][-5:])") == "ipynb"
    assert "path=None, is_live=False" in notebook.kernel.run(code)


def test_vs_code_names_the_notebook_itself(notebook: Notebook) -> None:
    code = """\
__vsc_ipynb_file__ = "/somewhere/a.ipynb"
from jupyter_gradient_data.client.memory.place import find_place
print(find_place().path, find_place().is_live)
del __vsc_ipynb_file__
"""
    assert notebook.kernel.run(code) == "/somewhere/a.ipynb False"
