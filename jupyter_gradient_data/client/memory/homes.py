"""Where the lock of this process is kept, if anywhere."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import LockEntry

from .comms import LockComms
from .documents import LOCK_FILE, change_file, read_file, read_notebook
from .format import Lock, to_plain
from .matching import Key, key_of
from .place import Kind, Place, shell
from .saying import say


class Home(Protocol):
    """Keeps a lock.

    Attributes
    ----------
    name : str
        What a sentence calls it.
    restore : str
        What brings the data of the lock back.
    """

    name: str
    restore: str

    def follow(self, reference: str) -> str:
        """A sentence: how a reference is told to move on."""
        ...

    def read(self) -> Lock:
        """What it has.

        Raises
        ------
        Invalid
            The lock is damaged, or of a newer format.
        OSError
            It cannot be read.
        """
        ...

    def keep(self, entries: Sequence[LockEntry], changes: int) -> None:
        """Replace what it has; a failure is told once, as a line."""
        ...


class Nowhere:
    """Keeps nothing: a prompt, or a lock that is not to be touched."""

    name = "the lock of this session"
    restore = "`gradient trash restore`"

    def follow(self, reference: str) -> str:
        """By the magic where there are magics; nothing is kept."""
        return (
            f"`%dataset update {quoted(reference)}` follows what is there now."
            if shell()
            else "A new session follows it."
        )

    def read(self) -> Lock:
        """Nothing."""
        return Lock()

    def keep(self, entries: Sequence[LockEntry], changes: int) -> None:
        """Nothing to do: the memory itself lasts as long as the process."""


class NotebookHome:
    """A notebook: read from its file, written by whoever has it open or executes it.

    Parameters
    ----------
    path : Path or None
        Its file, when it is known.
    is_live : bool
        Whether a front end has it open.
    changed : callable
        Given a lock that the user changed there.
    """

    name = "this notebook's lock"
    restore = "`%dataset restore`"

    def __init__(self, path: Path | None, *, is_live: bool, changed: Callable[[Lock], None]) -> None:
        self._path = path
        self._is_live = is_live
        self._changed = changed
        self._comms: LockComms | None = None

    def follow(self, reference: str) -> str:
        """By a magic."""
        return f"`%dataset update {quoted(reference)}` follows what is there now."

    def read(self) -> Lock:
        """From the file as last saved; nothing when there is none (yet)."""
        try:
            return read_notebook(self._path) if self._path is not None else Lock()
        except FileNotFoundError:  # renamed meanwhile, or on no disk of this machine
            return Lock()

    def keep(self, entries: Sequence[LockEntry], changes: int) -> None:
        """Hand it to the front end, or to what executes the notebook."""
        if self._comms is None:
            self._comms = LockComms(self._changed, is_live=self._is_live)
        self._comms.send(to_plain(entries, changes))


class ScriptHome:
    """``gradient.lock`` beside a script; the scripts of a folder share it."""

    def __init__(self, script: Path) -> None:
        self._path = script.with_name(LOCK_FILE)
        self._known: set[Key] = set()
        self._is_writable = True
        self.name = LOCK_FILE
        self.restore = f"`gradient lock restore {shlex.quote(str(self._path))}`"

    def follow(self, reference: str) -> str:
        """By hand: the file is there to be edited."""
        return f"Take its entry out of {self._path} to follow what is there now."

    def read(self) -> Lock:
        """From the file; nothing when there is none yet."""
        try:
            lock = read_file(self._path)
        except FileNotFoundError:
            return Lock()
        self._known = {key_of(entry) for entry in lock.entries}
        return lock

    def keep(self, entries: Sequence[LockEntry], changes: int) -> None:
        """Write the file; what other processes noted in it meanwhile stays."""
        if not self._is_writable:
            return
        mine = {key_of(entry) for entry in entries}
        known = self._known | mine
        try:
            change_file(
                self._path,
                lambda there: (*entries, *(entry for entry in there if key_of(entry) not in known)),
            )
        except (OSError, GradientDataError) as error:
            self._is_writable = False
            reason = error.message if isinstance(error, GradientDataError) else f"({error.strerror or error})."
            say(f"{self._path} cannot be written, so what this script uses is not recorded there {reason}")
        self._known = mine


def home_of(place: Place, changed: Callable[[Lock], None]) -> Home:
    """Where the lock of a place is kept; ``changed`` is given one that the user changed there."""
    if place.kind is Kind.NOTEBOOK:
        return NotebookHome(place.path, is_live=place.is_live, changed=changed)
    if place.kind is Kind.SCRIPT and place.path is not None:
        return ScriptHome(place.path)
    return Nowhere()
