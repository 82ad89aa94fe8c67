"""The view of a notebook run: makes its volumes visible to the kernels and terminals that are started through it."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import sys
import threading
from collections.abc import Sequence
from pathlib import Path

from jupyter_gradient_data.config import SERVER, Config, hidden_variables
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ViewMode
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.mounts.public_links import refresh_public_links

from .holder import Holder
from .records import Record, read_record, write_private, write_record
from .runs import RunLock, is_in_use, unused
from .ways import INSIDE, Places, Way, choose

_log = logging.getLogger(__name__)
_LAUNCHER = Path(__file__).with_name("sandbox") / "launcher.py"
_PATIENCE = 20  # seconds that a terminal waits for a view that is being started
_VARIABLES = {
    "storage": "GRADIENT_STORAGE",
    "notebook": "GRADIENT_NOTEBOOK_DIR",
    "datasets": "GRADIENT_DATASETS",
    "inputs": "GRADIENT_INPUTS",
    "outputs": "GRADIENT_OUTPUTS",
}


class View:
    """Started once by whoever starts kernels; used from any thread, which waits while it is being started.

    Parameters
    ----------
    config : Config
        With the way that is wanted.
    folders : TeamFolders
        What is to be seen.
    """

    def __init__(self, config: Config, folders: TeamFolders) -> None:
        self._config = config
        self._folders = folders
        self._lock = threading.RLock()
        self._way: Way | None = None
        self._how: list[str] = []  # what the launcher needs to know; nothing where programs start as they are
        self._environment: dict[str, str] = {}
        self._places: Places | None = None
        self._holder: Holder | None = None
        self._run: RunLock | None = None

    def start(self, *, without_server: bool = False) -> None:
        """Find the way and make the volumes visible; what does not work makes another way, not an error.

        Parameters
        ----------
        without_server : bool
            Whether programs have no server to ask: they are started where one of this machine has made the volumes
            visible, if there is one; else they can write the cache, and so mount.

        Raises
        ------
        GradientDataError
            The folders themselves cannot be made.
        """
        with self._lock:
            if self._way is None:
                self._start(without_server)

    @property
    def way(self) -> Way | None:
        """How kernels see the volumes; None before it is started."""
        with self._lock:
            return self._way

    @property
    def way_now(self) -> Way | None:
        """The same without waiting: also None while it is being started."""
        return self._way

    @property
    def mode(self) -> ViewMode:
        """How kernels see the volumes."""
        way = self.way
        return ViewMode.OFF if way is None else way.mode

    @property
    def reason(self) -> str:
        """Why that way: a sentence without its full stop."""
        way = self.way
        return "it was not started" if way is None else way.reason

    @property
    def can_overlay(self) -> bool:
        """Whether writable mounts are overlays; copies otherwise."""
        way = self.way
        return way is not None and way.can_overlay

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The command that starts a program where it sees the volumes; same process, so its parent notices nothing."""
        with self._lock:
            return [*_launcher(), *self._how, "--", *argv] if self._how else [*argv]

    def environment(self) -> dict[str, str]:
        """Variables for such a program: where it finds each volume."""
        with self._lock:
            return {**self._environment}

    def sync(self, timeout: float) -> None:
        """Return when running kernels see the links as they are now, or after ``timeout`` seconds."""
        with self._lock:
            holder = self._holder
        if holder is not None:
            holder.sync(timeout)

    def write_plan(self, path: Path) -> None:
        """Tell the command of `ask_launcher` how to start a program here."""
        with self._lock:
            hidden = hidden_variables(os.environ)
            write_private(path, json.dumps({"how": self._how, "environment": self._environment, "hidden": hidden}))

    def close(self) -> None:
        """Stop showing; kernels that still run keep what they see."""
        with self._lock:
            holder, self._holder = self._holder, None
            run, self._run = self._run, None
            self._way = self._way or Way(ViewMode.OFF, "it was closed")
        if holder is not None:
            holder.close()
        if run is not None:
            run.release()
        if self._places is not None and self._way.mode is ViewMode.LINKS:
            with contextlib.suppress(GradientDataError), unused(self._places.run):  # another server may need them
                self._places.links().remove()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _start(self, without_server: bool) -> None:
        if self._config.view == "off":
            self._way = Way(ViewMode.OFF, "GRADIENT_VIEW is off")
            return
        self._places = places = Places(self._config, self._folders, protects_cache=not without_server)
        refresh_public_links(self._folders)
        record = read_record(places.run) if without_server and is_in_use(places.run) else None
        self._run = RunLock(places.run)
        if places.is_inside:
            self._way = Way(ViewMode.NAMESPACE, "this program was started in a mount namespace that shows them")
            self._environment = self._variables(places, ViewMode.NAMESPACE) | {INSIDE: os.environ[INSIDE]}
            return
        if record is not None and record.is_here:
            self._way, self._how, self._environment = record.way, record.how, record.environment
            return
        self._way, self._holder = choose(places, make_links=True)
        if self._holder is not None:
            self._how = _how(self._holder, places)
        self._environment = self._variables(places, self._way.mode)
        write_record(places.run, Record(self._way, self._how, self._environment))
        if self._way.failure:
            error = ErrorKind.VIEW_UNAVAILABLE(mode=self._config.view, reason=self._way.failure)
            _log.warning("%s %s", error.message, error.hint)

    def _variables(self, places: Places, mode: ViewMode) -> dict[str, str]:
        found = {_VARIABLES[name]: str(path) for name, path in places.seen(mode).items()}
        if self._holder is not None:
            found[INSIDE] = places.mark(self._holder.mark)
        if server := os.environ.get(SERVER):
            found[SERVER] = server
        return found


def ask_launcher(plan: Path) -> list[str]:
    """Begins a command that waits until `View.write_plan` has told it how to start the rest of it."""
    return [*_launcher(), "--ask", str(plan), str(_PATIENCE), "--"]


def _launcher() -> list[str]:
    return [sys.executable, "-I", "-S", str(_LAUNCHER)]


def _how(holder: Holder, places: Places) -> list[str]:
    own = f"/proc/{os.getpid()}/fd"
    user = f"{own}/{holder.user}" if holder.user >= 0 else "-"
    pairs = [(os.path.realpath(places.local[name]), str(places.fixed[name])) for name in ("notebook", "storage")]
    return [str(holder.mark), user, f"{own}/{holder.shown}", *(path for pair in pairs for path in pair)]
