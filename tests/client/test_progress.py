"""Waiting for long work: what is shown where, and what an interrupt does; in a real kernel and in this process."""

from __future__ import annotations

import io
import signal
import sys
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from jupyter_client.manager import KernelManager, start_new_kernel

from jupyter_gradient_data.client import progress
from jupyter_gradient_data.client.progress import Interrupted, follow
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.tasks import Task
from tests.service.place import fails

SECONDS = 60

WORK = """
import threading
from jupyter_gradient_data.client.progress import follow
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.service.tasks import Task
tick = threading.Event()

def work(progress, steps):
    progress.start(Phase.SENDING, 2, 1000)
    for _ in range(steps):
        tick.wait(0.05)
        progress.advance(bytes=1)
    progress.finish()
    return "done"

def run(steps):
    return follow(Task(lambda progress: work(progress, steps)), "Putting <a>")
"""


class Notebook:
    """A kernel, and what it showed."""

    def __init__(self, manager: KernelManager, client: Any) -> None:
        self._manager = manager
        self._client = client
        self._message = ""

    def start(self, code: str) -> None:
        self._message = self._client.execute(code)

    def next(self) -> tuple[str, dict[str, Any]]:
        """The next thing that the running cell shows; ``("idle", {})`` at its end."""
        while True:
            got = self._client.get_iopub_msg(timeout=SECONDS)
            if got["parent_header"].get("msg_id") != self._message:
                continue
            kind, content = got["msg_type"], got["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return "idle", {}
            if kind not in ("status", "execute_input"):
                return kind, content

    def run(self, code: str) -> list[tuple[str, dict[str, Any]]]:
        """Run a cell; all that it shows."""
        self.start(code)
        return list(iter(self.next, ("idle", {})))

    def interrupt(self) -> None:
        self._manager.interrupt_kernel()


@pytest.fixture(scope="module")
def kernel() -> Iterator[tuple[KernelManager, Any]]:
    manager, client = start_new_kernel(kernel_name="python3")
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


@pytest.fixture
def notebook(kernel: tuple[KernelManager, Any]) -> Notebook:
    notebook = Notebook(*kernel)
    assert notebook.run(WORK) == []
    return notebook


def test_a_notebook_shows_it_in_place_and_removes_it(notebook: Notebook) -> None:
    (first, *others, last, result) = notebook.run("run(20)")
    assert first[0] == "display_data"
    place = first[1]["transient"]["display_id"]
    assert {kind for kind, _ in (*others, last)} == {"update_display_data"}
    assert {content["transient"]["display_id"] for _, content in (*others, last)} == {place}
    assert "Putting &lt;a&gt;" in first[1]["data"]["text/html"]
    assert first[1]["data"]["text/plain"].startswith("Putting <a>: ")
    assert last[1]["data"] == {"text/html": "", "text/plain": ""}
    assert result[1]["data"]["text/plain"] == "'done'"


def test_short_work_shows_nothing(notebook: Notebook) -> None:
    assert [kind for kind, _ in notebook.run("run(0)")] == ["execute_result"]


def test_an_interrupt_stops_the_work_and_says_so_in_a_line(notebook: Notebook) -> None:
    notebook.start("run(10_000)")
    assert notebook.next()[0] == "display_data"
    notebook.interrupt()
    shown = list(iter(notebook.next, ("idle", {})))
    *_, removed, error = shown
    assert removed[1]["data"] == {"text/html": "", "text/plain": ""}
    assert error[0] == "error"
    assert error[1]["ename"] == "Interrupted"
    line = "Stopped: Putting <a>. Run the same command again to continue where it stopped."
    assert (error[1]["evalue"], error[1]["traceback"]) == (line, [line])
    threads = notebook.run("print([one.name for one in threading.enumerate() if one.name == 'gradient-task'])")
    assert threads == [("stream", {"name": "stdout", "text": "[]\n"})]


def test_what_is_shown_goes_when_the_interrupt_comes_before_the_first_call_has_returned(notebook: Notebook) -> None:
    notebook.run(
        "import signal\npublisher = get_ipython().display_pub\nreal = publisher.publish\n"
        "def publish(*args, **kwargs):\n    real(*args, **kwargs)\n    publisher.publish = real\n"
        "    signal.raise_signal(signal.SIGINT)\n"
    )
    shown, removed, error = notebook.run("publisher.publish = publish; run(10_000)")
    assert shown[0] == "display_data"
    assert removed[1]["data"] == {"text/html": "", "text/plain": ""}
    assert error[1]["ename"] == "Interrupted"


def test_an_error_is_a_sentence_what_to_do_and_where(notebook: Notebook) -> None:
    code = "from jupyter_gradient_data.errors import ErrorKind\n"
    notebook.run(code + "def mine(progress):\n    raise ErrorKind.DATASET_NOT_FOUND(dataset='x')")
    ((kind, error),) = notebook.run("1\nfollow(Task(mine), 'Trying')")
    assert kind == "error"
    assert (error["ename"], error["evalue"]) == ("NotFound", "There is no dataset x.")
    sentence, hint, where = error["traceback"]
    assert sentence.endswith("There is no dataset x.")
    assert hint == ErrorKind.DATASET_NOT_FOUND(dataset="x").hint
    assert where == "  Cell, line 2: follow(Task(mine), 'Trying')"


# --- in this process --------------------------------------------------------------------------------------------------


class Stream(io.StringIO):
    def isatty(self) -> bool:
        return True


def steady(progress: Progress) -> str:
    progress.start(Phase.SENDING, 2, 1000)
    progress.advance(bytes=500)
    progress.finish()
    return "done"


def test_a_terminal_shows_one_line_that_vanishes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(progress, "_INTERVAL", 0)
    monkeypatch.setattr(sys, "stderr", stream := Stream())
    assert follow(Task(steady), f"Putting {'日' * 60}") == "done"
    first, *_, last = stream.getvalue().split("\r")[1:]
    assert first.startswith("\x1b[2KPutting 日")
    assert last == "\x1b[2K"
    assert "\n" not in stream.getvalue()


def test_nothing_is_shown_where_nobody_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(progress, "_PATIENCE", 0)
    monkeypatch.setattr(sys, "stderr", stream := io.StringIO())
    assert follow(Task(steady), "Putting a") == "done"
    assert stream.getvalue() == ""


def test_an_error_is_that_of_the_task() -> None:
    def work(progress: Progress) -> None:
        raise ErrorKind.DATASET_NOT_FOUND(dataset="flowers")

    with fails(ErrorKind.DATASET_NOT_FOUND):
        follow(Task(work), "Trying")


def press_ctrl_c() -> None:
    signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)


@pytest.mark.parametrize("ends", ["stops", "fails", "is done", "hangs"])
def test_what_an_interrupt_meets(ends: str, monkeypatch: pytest.MonkeyPatch) -> None:
    waits, release = threading.Event(), threading.Event()
    watch = progress._watch

    def watch_and_tell(task: Task[str], label: str) -> None:
        waits.set()
        watch(task, label)

    monkeypatch.setattr(progress, "_watch", watch_and_tell)

    def work(progress: Progress) -> str:
        waits.wait(SECONDS)
        press_ctrl_c()
        while not progress.is_cancelled:
            release.wait(0.001)
            progress.finish()  # an event
        if ends == "stops":
            progress.check()
        if ends == "fails":
            raise ErrorKind.STORE_ERROR(store="s", action="put", reason="it is full")
        if ends == "hangs":
            press_ctrl_c()  # once more
            release.wait(SECONDS)
        return "done"

    with pytest.raises(Interrupted) as stopped:
        follow(Task(work), "Putting a")
    release.set()
    expected = {
        "stops": "Run the same command again to continue where it stopped.",
        "fails": "s failed to put: it is full.",
        "is done": "That was done already.",
        "hangs": "It ends at its next safe point.",
    }
    assert str(stopped.value) == f"Stopped: Putting a. {expected[ends]}"
    assert isinstance(stopped.value, KeyboardInterrupt)
