"""What all widgets share: frame and style, a line for what went wrong, work that does not hold up the kernel."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from html import escape
from typing import Any

import ipywidgets
from traitlets import Unicode

from jupyter_gradient_data.client.service import current_service
from jupyter_gradient_data.service.api import DataService

from .style import STYLE
from .work import Latest, one_line, wait_for_all

_PATIENCE = 0.5  # seconds that a new widget waits for what it shows first: it is complete at once where data is near


# JupyterLab takes arrow keys for the cells of a notebook, also those that choose in a menu or list of ours, unless the
# element says that it wants them; the event of a picture that is none is how HTML without a script comes to run this.
_KEYS = (
    '<img alt="" src="data:," onerror="if(!window.gdwKeys){window.gdwKeys=true;'
    "document.addEventListener('focusin',function(e){if(e.target.matches('.gdw select'))"
    "e.target.setAttribute('data-lm-suppress-shortcuts','true')})}\">"
)


class Panel(ipywidgets.VBox):
    """Base of the widgets.

    Its traits are what it is about; whatever is seen follows from them, so that a widget may be displayed any number of
    times, in several places at once.  Traits may be set and observed; what takes long is shown as it arrives.
    """

    error = Unicode(help="What went wrong last, and what to do next; empty when nothing did.")

    def __init__(self, name: str, **traits: Any) -> None:
        self._workers: list[Latest] = []
        self._here = threading.local()
        self._alert = html(classes="gdw-alert")
        super().__init__(**traits)
        self._view_count = 0  # lets the front end count: the focus is moved only where there is one view to move it in
        self.add_class("gdw")
        self.add_class(f"gdw-{name}")
        self.observe(self._show_error, "error")
        self._show_error()

    @property
    def _service(self) -> DataService:
        return current_service()

    def wait(self, seconds: float = 60.0) -> bool:
        """Wait until all that was begun is shown; only scripts and tests need that.

        Parameters
        ----------
        seconds : float
            How long at most.

        Returns
        -------
        bool
            Whether nothing is left to wait for.
        """
        return wait_for_all(self._workers, seconds)

    def _repr_keys(self) -> Iterator[str]:
        """What its own traits say; not all the parts it is made of."""
        yield from (name for name in type(self).class_own_traits() if getattr(self, name))

    def _assemble(self, *children: ipywidgets.Widget) -> None:
        """Put the parts into the frame, and give what is near a moment to be there."""
        self.children = (style(), *children, self._alert)
        self.wait(_PATIENCE)

    def _worker(self) -> Latest:
        worker = Latest(lambda line: self.set_trait("error", line))
        self._workers.append(worker)
        return worker

    @contextmanager
    def _only_showing(self) -> Iterator[None]:
        """While this thread sets traits to what is shown, it does not follow their changes."""
        before, self._here.is_showing = not self._is_following, True
        try:
            yield
        finally:
            self._here.is_showing = before

    @property
    def _is_following(self) -> bool:
        return not getattr(self._here, "is_showing", False)

    def _fail(self, error: BaseException) -> None:
        self.error = one_line(error)

    def _show_error(self, _: object = None) -> None:
        self._alert.value = f'<div role="alert">{escape(self.error)}</div>' if self.error else ""
        show(self._alert, self.error != "")

    def _focus(self, part: ipywidgets.DOMWidget) -> None:
        if self._view_count == 1:
            part.focus()


def html(value: str = "", *, classes: str = "") -> ipywidgets.HTML:
    """A part that shows HTML of ours."""
    part = ipywidgets.HTML(value)
    for name in classes.split():
        part.add_class(name)
    return part


def style() -> ipywidgets.HTML:
    """The style sheet; one in each widget, so that it is wherever the widget is."""
    part = html(f"<style>{STYLE}</style>{_KEYS}")
    part.layout.display = "none"
    return part


def button(label: str, *, icon: str = "", hint: str = "", classes: str = "") -> ipywidgets.Button:
    """A button, with a sentence for who rests on it."""
    part = ipywidgets.Button(description=label, icon=icon, tooltip=hint or label)
    for name in classes.split():
        part.add_class(name)
    return part


def row(*children: ipywidgets.Widget, classes: str = "") -> ipywidgets.Box:
    """Parts side by side, which go below each other where there is no room."""
    part = ipywidgets.Box(children)
    for name in ("gdw-flow", *classes.split()):
        part.add_class(name)
    return part


def show(part: ipywidgets.DOMWidget, is_shown: bool) -> None:
    """Show or hide a part; what is hidden cannot be reached by keyboard either."""
    part.layout.display = None if is_shown else "none"
