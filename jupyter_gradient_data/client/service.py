"""The service that this process works on: that of its server in a kernel, else the embedded one; opened once."""

from __future__ import annotations

import atexit
import os
import threading

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_run_service, open_service

_lock = threading.RLock()
_opened: DataService | None = None
_is_chosen = False
_parents: list[DataService] = []


def current_service() -> DataService:
    """The service of this process, opened at its first use and closed at its end.

    Raises
    ------
    GradientDataError
        The state directory, the database or the server cannot be used.
    """
    global _opened
    with _lock:
        if _opened is None:
            _opened = open_run_service(Config.load())
        return _opened


def connect(config: Config, *, is_server_asked: bool = True) -> None:
    """Work on what these settings name, from now on.

    Parameters
    ----------
    config : Config
        With a ``url`` for a server, or the state directory and database to use.
    is_server_asked : bool
        Whether that may go through the server that this process is of.
    """
    global _opened, _is_chosen
    opened = open_run_service(config) if is_server_asked else open_service(config)
    with _lock:
        disconnect()
        _opened, _is_chosen = opened, True


def is_open() -> bool:
    """Whether the service was used already; asking it then opens nothing."""
    return _opened is not None


def is_of_environment() -> bool:
    """Whether the service is the one that the environment names, and so of the folders that this process sees."""
    return not _is_chosen


def disconnect() -> None:
    """Close the service; the next use opens it anew."""
    global _opened, _is_chosen
    with _lock:
        opened, _opened, _is_chosen = _opened, None, False
    if opened is not None:
        opened.close()


def _forget() -> None:
    """In the child of a fork: leave the service to the parent, whose connections and threads it has."""
    global _lock, _opened
    if _opened is not None:
        _parents.append(_opened)  # not even its destructor may touch them
    _lock, _opened = threading.RLock(), None


atexit.register(disconnect)
os.register_at_fork(after_in_child=_forget)
