"""`ProgressDisplay`, and the threads behind all widgets."""

from __future__ import annotations

import itertools
import threading

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.tasks import Task
from jupyter_gradient_data.widgets import ProgressDisplay
from jupyter_gradient_data.widgets.work import Latest, Pages
from tests.widgets.hands import labels, markup, press, shown, text


def test_it_follows_a_task_and_the_kernel_goes_on() -> None:
    go_on = threading.Event()

    def work(progress: Progress) -> int:
        progress.start(Phase.SENDING, 4, 400)
        progress.advance(1, 100)
        progress.finish()
        assert go_on.wait(60)
        return 7

    display = ProgressDisplay(Task(work), "Sending <flowers>")
    seen = threading.Event()
    display._bar.observe(lambda change: seen.set() if "25" in change.new else None, "value")
    if "25" not in display._bar.value:
        assert seen.wait(60)
    assert display.state == "running"
    assert 'aria-valuenow="25"' in markup(display)
    assert "Sending <flowers>" in text(display)
    assert "<flowers>" not in markup(display)
    assert labels(display) == ["Cancel"]
    go_on.set()
    assert display.wait()
    assert (display.state, display.message, labels(display)) == ("done", "", [])
    display.follow(Task(work), "Again", lambda number: f"It is {number}.")
    assert display.wait()
    assert "It is 7." in text(display)


def test_of_two_tasks_the_one_begun_last_is_shown() -> None:
    first, second, told = threading.Event(), threading.Event(), threading.Event()
    display = ProgressDisplay()
    display.follow(Task(lambda _: first.wait(60)), "First", lambda _: told.set() or "The first has ended.")
    display.follow(Task(lambda _: second.wait(60)), "Second", lambda _: "The second has ended.")
    first.set()
    assert told.wait(60)
    assert not display.wait(0.05)
    assert (display.state, display.message) == ("running", "")
    second.set()
    assert display.wait()
    assert (display.state, display.message) == ("done", "The second has ended.")


def test_cancel() -> None:
    def work(progress: Progress) -> None:
        for _ in itertools.count():
            progress.advance(1)

    display = ProgressDisplay(Task(work), "Counting")
    press(display, "Cancel")
    assert (display.state, display.message) == ("cancelled", "Stopped.")


@pytest.mark.parametrize(
    ("error", "line"),
    [
        (ErrorKind.FILE_NOT_FOUND(path="a", reference="b"), "There is no file or folder a in b."),
        (ValueError("two\nlines"), "Something unexpected went wrong: ValueError: two lines"),
    ],
)
def test_an_error_is_one_line_in_the_widget(error: Exception, line: str, capfd: pytest.CaptureFixture[str]) -> None:
    def work(_: Progress) -> None:
        raise error

    display = ProgressDisplay(Task(work), "Failing")
    assert display.wait()
    assert display.state == "failed"
    assert display.message.startswith(line)
    assert "\n" not in display.message
    assert 'role="alert"' in markup(display)
    assert capfd.readouterr() == ("", "")
    assert list(shown(display))


def test_only_what_was_asked_for_last_is_shown(capfd: pytest.CaptureFixture[str]) -> None:
    failed: list[str] = []
    shown_: list[int] = []
    latest = Latest(failed.append)
    begun, go_on = threading.Event(), threading.Event()

    def slow() -> int:
        begun.set()
        assert go_on.wait(60)
        return 0

    latest.begin(slow, shown_.append)
    assert begun.wait(60)
    for number in range(1, 5):
        latest.begin(lambda number=number: number, shown_.append)
    go_on.set()
    assert latest.wait(60)
    assert shown_ == [4]
    latest.begin(lambda: 1 // 0, shown_.append)
    assert latest.wait(60)
    assert failed == ["Something unexpected went wrong: ZeroDivisionError: integer division or modulo by zero"]
    assert capfd.readouterr() == ("", "")


def test_pages_are_fetched_as_they_are_turned() -> None:
    fetched = itertools.count()
    pages = Pages((number for number in fetched if number < 1000), 10)
    assert pages.page(0) == (list(range(10)), True)
    assert next(fetched) == 11
    assert pages.page(0) == (list(range(10)), True)
    assert Pages(iter(range(20)), 10).page(1) == (list(range(10, 20)), False)
    assert Pages(iter(()), 10).page(0) == ([], False)
