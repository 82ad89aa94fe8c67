"""How far long work is, inside a widget: the look of the magics, and a button that stops it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from html import escape
from typing import Any, TypeVar

import ipywidgets
from traitlets import Unicode

from jupyter_gradient_data.client.progress import progress_html
from jupyter_gradient_data.errors import Cancelled
from jupyter_gradient_data.service.tasks import Task

from .panel import button, html, row, show, style
from .work import one_line

T = TypeVar("T")


class ProgressDisplay(ipywidgets.VBox):
    """Shows one task after the other; the kernel goes on meanwhile.

    Parameters
    ----------
    task : Task, optional
        What to show first.
    label : str
        What it does, in a few words.

    Attributes
    ----------
    state : str
        ``idle``, ``running``, ``done``, ``failed`` or ``cancelled``.
    message : str
        One line on how the last task ended; empty while it runs.

    Examples
    --------
    >>> shown = ProgressDisplay(service.commit_version("flowers:klfoyy9"), "Committing flowers")
    """

    state = Unicode("idle", help="idle, running, done, failed or cancelled")
    message = Unicode(help="One line on how the last task ended.")

    def __init__(self, task: Task[Any] | None = None, label: str = "") -> None:
        self._task: Task[Any] | None = None
        self._ended = threading.Event()
        self._ended.set()
        self._bar = html()
        self._cancel = button("Cancel", icon="times", hint="Stop at the next safe point")
        self._cancel.on_click(lambda _: self.cancel())
        self._running = row(self._bar, self._cancel, classes="gdw-running")
        self._end = html(classes="gdw-status")
        super().__init__((style(), self._running, self._end))
        self.add_class("gdw-progress")
        self.observe(self._render, ["state", "message"])
        self._render()
        if task is not None:
            self.add_class("gdw")
            self.follow(task, label)

    def follow(self, task: Task[T], label: str, done: Callable[[T], str] | None = None) -> None:
        """Show a task until it has ended; returns at once.

        Parameters
        ----------
        task : Task
            It has begun.
        label : str
            What it does, in a few words.
        done : callable, optional
            Given the result, from a thread; returns the line to show at the end.
        """
        self._task = task
        self._ended.clear()
        self._bar.value = escape(label)
        self.message, self.state = "", "running"
        watcher = threading.Thread(target=self._watch, args=(task, label, done), name="gradient-widget", daemon=True)
        watcher.start()

    def cancel(self) -> None:
        """Ask the task to stop at its next safe point."""
        if self._task is not None:
            self._cancel.disabled = True
            self._task.cancel()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until the task has ended and that is shown; whether it came in time."""
        return self._ended.wait(seconds)

    def _watch(self, task: Task[T], label: str, done: Callable[[T], str] | None) -> None:
        try:
            for event in task:
                if task is self._task:
                    self._bar.value = progress_html(event, label)
            result = task.result()
            message, state = done(result) if done is not None else "", "done"
        except Cancelled as error:
            message, state = error.message, "cancelled"
        except Exception as error:  # whatever it is ends in the widget, not in the log of the kernel
            message, state = one_line(error), "failed"
        if task is self._task:  # of several, the one that was begun last is shown
            try:
                self.message, self.state = message, state
            finally:  # also when somebody who observes them raises
                self._ended.set()

    def _render(self, _: object = None) -> None:
        is_running = self.state == "running"
        self._cancel.disabled = not is_running
        show(self._running, is_running)
        role, look = ("alert", "gdw-alert") if self.state == "failed" else ("status", "gdw-soft")
        self._end.value = f'<div class="{look}"><div role="{role}">{escape(self.message)}</div></div>'
        show(self._end, self.message != "")
