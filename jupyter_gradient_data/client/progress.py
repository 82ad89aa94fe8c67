"""Waiting for long work in a notebook, a script or a terminal: progress in place, and what an interrupt does."""

from __future__ import annotations

import sys
import time
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from jupyter_gradient_data.errors import Cancelled
from jupyter_gradient_data.plain import display_width, figures, printable

from .show.style import STYLE

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ProgressEvent
    from jupyter_gradient_data.service.tasks import Task

T = TypeVar("T")

_PATIENCE = 0.3  # seconds before anything is shown: short work needs nothing
_INTERVAL = 0.2  # seconds between two changes of what is shown
_WIDTH = 100  # columns of the line in a terminal


class Interrupted(KeyboardInterrupt):
    """Somebody interrupted the kernel, or pressed Ctrl-C: the work was stopped, and this is the line that says so.

    A `KeyboardInterrupt`, so that ``except Exception`` does not go on as if nothing had happened; a notebook shows it
    without a traceback.
    """

    def _render_traceback_(self) -> list[str]:
        """What IPython shows."""
        return [str(self), *getattr(self, "__notes__", ())]


class Display(Protocol):
    """Where progress is shown."""

    def show(self, event: ProgressEvent, label: str) -> None:
        """Show how far the work is, in the place of what was shown before."""
        ...

    def close(self) -> None:
        """Remove it."""
        ...


def follow(task: Task[T], label: str) -> T:
    """Wait for a task; show its progress when that takes longer than a moment, and remove it at the end.

    In a notebook that is a bar below the cell, in a terminal one line on stderr, elsewhere nothing.

    Parameters
    ----------
    task : Task
        Work that has begun.
    label : str
        What it is, as ``Putting photos/``.

    Returns
    -------
    object
        What the task returns.

    Raises
    ------
    Interrupted
        The kernel was interrupted: the task was told to stop, and has.  A second interrupt does not wait for that.
    GradientDataError
        What the task raises.
    """
    try:
        _watch(task, label)
        return task.result()
    except KeyboardInterrupt:
        raise _stop(task, label) from None


def _watch(task: Task[T], label: str) -> None:
    display: Display | None = None
    started = shown = time.monotonic()
    try:
        for event in task:
            now = time.monotonic()
            if now - started < _PATIENCE or (display is not None and now - shown < _INTERVAL):
                continue
            display, shown = display or _display(), now
            display.show(event, label)
    finally:
        if display is not None:
            display.close()


def _stop(task: Task[T], label: str) -> Interrupted:
    """Tell a task to stop and wait until it has."""
    try:
        task.cancel()
        while not task.wait(_INTERVAL):  # a signal that comes just before a wait is seen after it
            pass
        task.result()
    except KeyboardInterrupt:
        return Interrupted(f"Stopped: {label}. It ends at its next safe point.")
    except Cancelled as error:
        return Interrupted(f"Stopped: {label}. {error.hint}")
    except Exception as error:  # it failed at that moment; that it was stopped is what counts
        return Interrupted(f"Stopped: {label}. {error}")
    return Interrupted(f"Stopped: {label}. That was done already.")


def progress_html(event: ProgressEvent, label: str) -> str:
    """How far work is, as one line of HTML with a bar, for a display or a widget of ours.

    Parameters
    ----------
    event : ProgressEvent
        The newest.
    label : str
        What it is; escaped here.
    """
    share = _share(event)
    said = f' aria-valuenow="{share:.0f}"' if share is not None else ""
    bar = (
        f'<span class="jgd-bar" role="progressbar" aria-label="{escape(label)}" aria-valuemin="0" aria-valuemax="100"'
        f'{said}><span style="width:{share or 0:.1f}%"></span></span>'
    )
    text = f"{escape(label)}{bar}{escape(_words(event))}"
    return f'{STYLE}<div class="jgd-show"><div class="jgd-quiet">{text}</div></div>'


def progress_text(event: ProgressEvent, label: str) -> str:
    """The same as a line of plain text."""
    share = _share(event)
    per_cent = f" {share:.0f}%" if share is not None else ""
    return printable(f"{label}:{per_cent} {_words(event)}")


def _share(event: ProgressEvent) -> float | None:
    """Per cent that are done; None while not known."""
    done, total = event.bytes_done, event.bytes_total
    if not total:
        done, total = event.files_done, event.files_total
    return min(100.0, 100 * done / total) if total else None


def _words(event: ProgressEvent) -> str:
    return ", ".join(part for part in (event.phase.value, figures(event)) if part)


def _display() -> Display:
    if _in_notebook():
        return _Notebook()
    return _Terminal() if sys.stderr is not None and sys.stderr.isatty() else _Nowhere()


def _in_notebook() -> bool:
    """Whether there is a front end that shows HTML; IPython is not imported to find out."""
    module = sys.modules.get("IPython")
    shell: Any = module.get_ipython() if module is not None else None
    return getattr(shell, "kernel", None) is not None


class _Notebook:
    def __init__(self) -> None:
        from IPython.display import DisplayHandle

        # The first message can be out when an interrupt comes, before its call has returned.
        self._handle = DisplayHandle()  # type: ignore[no-untyped-call]
        self._begun = False

    def show(self, event: ProgressEvent, label: str) -> None:
        self._put(progress_html(event, label), progress_text(event, label))

    def close(self) -> None:
        if self._begun:
            self._put("", "")

    def _put(self, html: str, text: str) -> None:
        put = self._handle.update if self._begun else self._handle.display
        self._begun = True
        put({"text/html": html, "text/plain": text}, raw=True)  # type: ignore[no-untyped-call]


class _Terminal:
    def show(self, event: ProgressEvent, label: str) -> None:
        text = progress_text(event, label)
        while display_width(text) > _WIDTH:
            text = text[:-1]
        self._write(text)

    def close(self) -> None:
        self._write("")

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()


class _Nowhere:
    def show(self, event: ProgressEvent, label: str) -> None:
        """Nobody is watching."""

    def close(self) -> None:
        """There is nothing to remove."""
