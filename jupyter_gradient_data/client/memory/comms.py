"""How a kernel hands its lock to whoever keeps the notebook: as comm messages, which nobody needs to understand."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from jupyter_gradient_data.errors import GradientDataError

from .documents import WIDGET_STATE
from .format import Lock, from_plain
from .place import shell_of_kernel

TARGET = "gradient.lock"
"""Name of the comm with JupyterLab: each message is the whole lock, ``{"lock": {…}}``, either way."""

_WIDGETS = "jupyter.widget"
_PROTOCOL = {"version": "2.1.0"}
_MODEL = {  # the plainest model there is, without a view: it shows nothing anywhere
    "_model_module": "@jupyter-widgets/base",
    "_model_module_version": "2.0.0",
    "_model_name": "WidgetModel",
    "_view_count": None,
    "_view_module": None,
    "_view_module_version": "",
    "_view_name": None,
}


class LockComms:
    """The lock as messages of this kernel.

    Parameters
    ----------
    changed : callable
        Given a lock that the user changed in the front end.
    is_live : bool
        Whether a front end may listen for the lock itself.  The state of a hidden widget is sent in any case: what
        executes notebooks saves it with them, as it does for all widgets.
    """

    def __init__(self, changed: Callable[[Lock], None], *, is_live: bool) -> None:
        self._changed = changed
        self._is_live = is_live
        self._process = os.getpid()
        self._lock: dict[str, Any] = {}
        self._live: Any = None
        self._widget: Any = None
        self._late = False
        shell_of_kernel().events.register("post_execute", self._send_late)

    def send(self, lock: dict[str, Any]) -> None:
        """Hand over a lock, from any thread."""
        if os.getpid() != self._process:  # a fork of the kernel: the sockets are not its
            return
        self._lock = lock
        self._send()
        # What executes notebooks only looks at messages that belong to the cell, which a thread may not know.
        self._late = threading.current_thread() is not threading.main_thread()

    def _send_late(self) -> None:
        if self._late:
            self._late = False
            self._send()

    def _send(self) -> None:
        import comm

        if self._is_live:
            if self._live is None:
                self._live = comm.create_comm(target_name=TARGET, data={"lock": self._lock})
                self._live.on_msg(self._take)
                self._live.on_close(self._lose)
            else:
                self._live.send({"lock": self._lock})
        if self._widget is None:
            data = {"state": {**_MODEL, WIDGET_STATE: self._lock}, "buffer_paths": []}
            self._widget = comm.create_comm(target_name=_WIDGETS, data=data, metadata=_PROTOCOL)
            self._widget.on_msg(self._answer)
        else:
            self._update()

    def _update(self) -> None:
        self._widget.send({"method": "update", "state": {WIDGET_STATE: self._lock}, "buffer_paths": []})

    def _take(self, message: dict[str, Any]) -> None:
        """The user has changed the lock: entries were taken out, or moved on."""
        with suppress(GradientDataError):  # nothing that we understand
            self._changed(from_plain(message["content"]["data"].get("lock"), TARGET))

    def _lose(self, message: dict[str, Any]) -> None:
        """Nobody listens; perhaps somebody does by the next time."""
        self._live = None

    def _answer(self, message: dict[str, Any]) -> None:
        """A page that was loaded again asks every widget for its whole state."""
        if message["content"]["data"].get("method") == "request_state":
            state = {**_MODEL, WIDGET_STATE: self._lock}
            self._widget.send({"method": "update", "state": state, "buffer_paths": []})
