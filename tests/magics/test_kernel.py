"""The magics in a real kernel, over Jupyter's messages: what the front ends get."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager, start_new_kernel

ROOT = Path(__file__).parents[2]
SECONDS = 60
WAIT = "input()"


class Kernel:
    """A kernel in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        environment = {**os.environ, "GRADIENT_STATE_DIR": str(folder / ".state"), "PYTHONPATH": str(ROOT)}
        self._manager: KernelManager
        self._client: BlockingKernelClient
        self._manager, self._client = start_new_kernel(
            startup_timeout=SECONDS, env=environment, cwd=str(folder), kernel_name="python3"
        )

    def run(self, *cells: str, interrupt_at: str = "") -> list[tuple[str, list[dict[str, Any]]]]:
        """Run cells that are sent at once, as *Run All* does: how each ended, and what it showed."""
        wanted = [self._client.execute(code) for code in cells]
        if cells[0].startswith(WAIT):  # for the others to be there, which a kernel may not see at once
            self._client.get_stdin_msg(timeout=SECONDS)
            self._client.input("")
        outputs: dict[str, list[dict[str, Any]]] = {message: [] for message in wanted}
        idle: set[str] = set()
        while len(idle) < len(wanted):
            got = self._client.get_iopub_msg(timeout=SECONDS)
            message, kind, content = got["parent_header"].get("msg_id"), got["msg_type"], got["content"]
            if message not in outputs:
                continue
            if kind == "status" and content["execution_state"] == "idle":
                idle.add(message)
            elif kind in ("stream", "error", "display_data", "execute_result", "update_display_data"):
                outputs[message].append({"kind": kind, **content})
            if interrupt_at and kind == "stream" and interrupt_at in content["text"]:
                self._manager.interrupt_kernel()
        replies: dict[str, str] = {}
        while not set(wanted) <= set(replies):
            got = self._client.get_shell_msg(timeout=SECONDS)
            replies[got["parent_header"]["msg_id"]] = got["content"].get("status", "")
        return [(replies[message], outputs[message]) for message in wanted]

    def complete(self, code: str) -> tuple[list[str], str]:
        """What Tab offers, and what it takes the place of."""
        content = self._client.complete(code, len(code), reply=True, timeout=SECONDS)["content"]
        assert content["status"] == "ok"
        return content["matches"], code[content["cursor_start"] : content["cursor_end"]]

    def close(self) -> None:
        """End it."""
        self._client.stop_channels()
        self._manager.shutdown_kernel(now=True)


@pytest.fixture(scope="module")
def kernel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    folder = tmp_path_factory.mktemp("notebook")
    (folder / "photos").mkdir()
    (folder / "photos" / "labels.csv").write_text("name,label\n")
    kernel = Kernel(folder)
    try:
        ((status, outputs),) = kernel.run(
            "%load_ext jupyter_gradient_data\n%dataset create flowers\n"
            "%dataset put flowers photos/\n%dataset commit flowers --tag gold"
        )
        assert status == "ok", outputs
        yield kernel
    finally:
        kernel.close()


@pytest.mark.parametrize("jedi", [True, False])
def test_tab(kernel: Kernel, jedi: bool) -> None:
    kernel.run(f"get_ipython().Completer.use_jedi = {jedi}")
    assert kernel.complete("%dataset inf") == (["info"], "inf")
    assert kernel.complete("d = %dataset info flowers:gol") == (["flowers:gold"], "flowers:gol")
    assert kernel.complete("x = 1\n%dataset cat flowers:gold/la") == (["flowers:gold/labels.csv"], "flowers:gold/la")
    assert kernel.complete("%%dataset put flo") == (["flowers"], "flo")
    assert kernel.complete("%dataset put flowers ph") == (["photos/"], "ph")
    assert kernel.complete("%dataset info nothing:")[0] == ["nothing:"]


def test_a_table_is_html_and_text(kernel: Kernel) -> None:
    ((status, outputs),) = kernel.run("%dataset list")
    assert status == "ok"
    (shown,) = outputs
    assert "<table" in shown["data"]["text/html"]
    assert "flowers" in shown["data"]["text/plain"]
    ((_, outputs),) = kernel.run("len(_)")
    assert outputs[0]["data"]["text/plain"] == "1"


def test_an_error_is_two_lines_and_stops_run_all(kernel: Kernel) -> None:
    failed, after = kernel.run(f"{WAIT}\n%dataset info nothing", "print('still here')")
    assert failed[0] == "error"
    error = failed[1][-1]
    assert (error["ename"], error["evalue"]) == ("NotFound", "There is no dataset nothing.")
    assert len(error["traceback"]) == 2
    assert "`%dataset list`" in error["traceback"][1]
    assert after == ("aborted", [])


def test_an_interrupt_stops_the_work_and_says_so(kernel: Kernel) -> None:
    """The work runs until it is told to stop, so that the interrupt always comes in time."""
    kernel.run(
        "import threading, time\n"
        "from jupyter_gradient_data.client.service import current_service\n"
        "from jupyter_gradient_data.models import Phase\n"
        "from jupyter_gradient_data.service.tasks import Task\n"
        "stopped = threading.Event()\n"
        "class Watched(Task):\n"
        "    def __iter__(self):\n"  # somebody waits for it: an interrupt now stops it
        "        if not stopped.is_set():\n"
        "            print('begun', flush=True)\n"
        "        return super().__iter__()\n"
        "def work(progress):\n"
        "    try:\n"
        "        while True:\n"
        "            progress.check()\n"
        "            time.sleep(0.01)\n"
        "    finally:\n"
        "        stopped.set()\n"
        "service = current_service()\n"
        "service.put_files = lambda *words: Watched(work)"
    )
    begun = time.monotonic()
    ((status, outputs),) = kernel.run("%dataset put flowers photos/", interrupt_at="begun")
    assert time.monotonic() - begun < SECONDS
    assert status == "error"
    (error,) = (output for output in outputs if output["kind"] == "error")
    assert error["ename"] == "Interrupted"
    assert error["traceback"] == [error["evalue"]]
    assert error["evalue"].startswith("Stopped: Putting photos/.")
    ((_, outputs),) = kernel.run("del service.put_files\nprint(stopped.is_set())")
    assert outputs[0]["text"] == "True\n"


def test_nbconvert_fails_with_the_line_and_nothing_else(tmp_path: Path) -> None:
    cells = ["%load_ext jupyter_gradient_data", "%dataset create flowers", "%dataset info nothing", "print('never')"]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code) for code in cells])
    nbformat.write(notebook, tmp_path / "story.ipynb")
    done = subprocess.run(
        [sys.executable, "-m", "nbconvert", "--execute", "--to", "notebook", "--stdout", "story.ipynb"],
        cwd=tmp_path,
        env={**os.environ, "GRADIENT_STATE_DIR": str(tmp_path / ".state"), "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode != 0
    assert "There is no dataset nothing." in done.stderr
    assert "`%dataset list` shows what there is." in done.stderr
    assert "never" not in done.stdout
    assert "magics/" not in done.stderr
