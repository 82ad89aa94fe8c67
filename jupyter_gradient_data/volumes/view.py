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

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import ViewMode

from .folders import TeamFolders
from .holder import Holder
from .links import refresh_public_links
from .runs import RunLock, unused
from .ways import INSIDE, Places, Way, choose, read_record, write_record

_log = logging.getLogger(__name__)
_LAUNCHER = Path(__file__).with_name("sandbox") / "launcher.py"
PATIENCE = 20.0  # seconds that a kernel or terminal waits for a view that is being started
_VARIABLES = {
    "storage": "GRADIENT_STORAGE",
    "notebook": "GRADIENT_NOTEBOOK_DIR",
    "datasets": "GRADIENT_DATASETS",
    "inputs": "GRADIENT_INPUTS",
    "outputs": "GRADIENT_OUTPUTS",
}


class View:
    """Started once by whoever starts kernels; from any thread.

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
        self._started = threading.Event()
        self._lock = threading.Lock()
        self._way = Way(ViewMode.OFF, "it was not started")
        self._places: Places | None = None
        self._holder: Holder | None = None
        self._run: RunLock | None = None
        self._is_closed = False

    def start(self) -> None:
        """Find the way and make the volumes visible; what does not work makes another way, not an error.

        Raises
        ------
        GradientDataError
            The folders themselves cannot be made.
        """
        with self._lock:
            if self._started.is_set():
                return
            try:
                self._start()
            finally:
                self._started.set()

    @property
    def is_started(self) -> bool:
        """Whether `start` has ended."""
        return self._started.is_set()

    @property
    def mode(self) -> ViewMode:
        """How kernels see the volumes; waits for a start that is on its way."""
        return self._found.mode

    @property
    def reason(self) -> str:
        """Why that way: a sentence without its full stop."""
        return self._found.reason

    @property
    def can_overlay(self) -> bool:
        """Whether writable mounts are overlays; copies otherwise."""
        return not self._found.overlay_fails

    def wrap(self, argv: Sequence[str]) -> list[str]:
        """The command that starts a program where it sees the volumes; same process, so its parent notices nothing."""
        how = self._how()
        return [*launcher(), *how, "--", *argv] if how else [*argv]

    def environment(self) -> dict[str, str]:
        """Variables for such a program: where it finds each volume."""
        mode = self.mode
        if self._places is None or mode is ViewMode.OFF:
            return {}
        found = {_VARIABLES[name]: str(path) for name, path in self._places.seen(mode).items()}
        if self._holder is not None:
            found[INSIDE] = self._places.mark(self._holder.mark)
        return found

    def sync(self, timeout: float) -> None:
        """Return when running kernels see the links as they are now, or after ``timeout`` seconds."""
        if self._started.wait(timeout) and self._holder is not None:
            self._holder.sync(timeout)

    def write_plan(self, path: Path) -> None:
        """Tell `launcher` ``--ask`` how to start a program here."""
        text = json.dumps({"how": self._how(), "environment": self.environment()})
        new = path.with_name(f".{path.name}")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with open(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        new.rename(path)

    def close(self) -> None:
        """Stop showing; kernels that still run keep what they see."""
        with self._lock:
            self._is_closed = True
            holder, self._holder = self._holder, None
            run, self._run = self._run, None
        if holder is not None:
            holder.close()
        if run is not None:
            run.release()
        if self._places is not None and self._way.mode is ViewMode.LINKS:
            with contextlib.suppress(GradientDataError), unused(self._places.run):  # another server may need them
                self._places.links().remove()

    # --- inside -------------------------------------------------------------------------------------------------------

    @property
    def _found(self) -> Way:
        self._started.wait(PATIENCE)
        return self._way

    def _start(self) -> None:
        if self._is_closed:
            return
        if self._config.view == "off":
            self._way = Way(ViewMode.OFF, "GRADIENT_VIEW is off")
            return
        self._places = places = Places(self._config, self._folders)
        refresh_public_links(self._folders)
        self._run = RunLock(places.run)
        if places.is_inside:
            self._way = read_record(places)
            return
        self._way, self._holder = choose(places, make_links=True)
        write_record(places, self._way)
        if self._way.failure:
            error = ErrorKind.VIEW_UNAVAILABLE(mode=self._config.view, reason=self._way.failure)
            _log.warning("%s %s", error.message, error.hint)

    def _how(self) -> list[str]:
        """What `launcher` needs to know; nothing where programs are started as they are."""
        self._started.wait(PATIENCE)
        holder, places = self._holder, self._places
        if holder is None or places is None:
            return []
        own = f"/proc/{os.getpid()}/fd"
        user = f"{own}/{holder.user}" if holder.user >= 0 else "-"
        pairs = [[os.path.realpath(places.local[name]), str(places.fixed[name])] for name in ("notebook", "storage")]
        return [str(holder.mark), user, f"{own}/{holder.shown}", json.dumps(pairs)]


def launcher() -> list[str]:
    """The command of `sandbox.launcher`."""
    return [sys.executable, "-I", "-S", str(_LAUNCHER)]
