"""The lock of this process: what each reference means here, recorded whenever data is opened or mounted."""

from __future__ import annotations

import math
import os
import threading
import time
from collections.abc import Callable, Container, Iterable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError, NotFound
from jupyter_gradient_data.ids import LATEST, Reference, is_dataset_id, is_version_id
from jupyter_gradient_data.models import LockEntry, Mount, Version
from jupyter_gradient_data.service.api import DataService

from .format import Lock
from .homes import Home, Nowhere, home_of
from .matching import Key, find_entries, key_of, selector_of
from .place import Place, find_place
from .saying import say

_LOOK_AGAIN = 60  # seconds after which it is asked again whether there is something newer


class Memory:
    """Which data a notebook or script used; may be used from any thread.

    What is known already is read at the first use: from the notebook, or from ``gradient.lock`` beside the script.

    Parameters
    ----------
    find : callable, optional
        Says what this process runs.
    """

    def __init__(self, find: Callable[[], Place] = find_place) -> None:
        self._find = find
        self._lock = threading.RLock()
        self._place: Place | None = None
        self._home: Home = Nowhere()
        self._is_loaded = False
        self._is_kept = True  # what is known now, where it is kept
        self._entries: dict[Key, LockEntry] = {}
        self._changes = 0
        self._told: dict[tuple[str, str], str] = {}  # what was committed here: dataset and version part to reference
        self._looked: dict[tuple[str, str], float] = {}

    # --- what is known ------------------------------------------------------------------------------------------------

    @property
    def entries(self) -> tuple[LockEntry, ...]:
        """All that was recorded, in its order."""
        with self._lock:
            self._load()
            return tuple(self._entries.values())

    @property
    def place(self) -> Place:
        """What this process runs."""
        with self._lock:
            if self._place is None:
                self._place = self._find()
            return self._place

    @property
    def document(self) -> Path | None:
        """The notebook or script; None when there is none, or it is not known."""
        return self.place.path

    def locked(self, reference: str) -> LockEntry | None:
        """What is recorded of a reference; None when that is nothing.  The service is not asked.

        Raises
        ------
        Invalid
            It is not a reference.
        """
        wanted = Reference.parse(reference)
        with self._lock:
            self._load()
            return _best(find_entries(self._entries.values(), wanted))

    # --- what a reference means ---------------------------------------------------------------------------------------

    def resolve(self, service: DataService, reference: str) -> Version:
        """The version that a reference means here: the locked one, else what it means now; it is recorded.

        ``latest`` and tags stay at what they meant first, until `follow`; when they have moved on, a line says so.  An
        uncommitted version is returned as it is and not recorded: it may still change.

        Raises
        ------
        NotFound
            There is no such dataset or version, or the locked one is not known here.
        Conflict
            The version of the locked name has other content here.
        """
        wanted = Reference.parse(reference)
        with self._lock:
            told = self._told.get((wanted.dataset, selector_of(wanted)))
        if told is not None:
            return self._made_here(service, reference, told)
        entry = self.locked(reference)
        if entry is None:
            version = service.get_version(reference)
            entry = self._first(service, reference, version)
            if entry is None or entry.version == version.version:
                return version
        version = self._locked_version(service, reference, entry)
        self._say_if_newer(service, entry)
        return version

    def record(self, service: DataService, reference: str, version: Version, path: str | None = None) -> None:
        """Note which version a reference meant, and where it is mounted.

        Parameters
        ----------
        service : DataService
            Asked for the dataset's name.
        reference : str
            As it was written.
        version : Version
            What it meant; nothing is noted of one that is not committed.
        path : str, optional
            ``/inputs/<name>``.
        """
        if (entry := _entry(service, reference, version, path)) is not None:
            with self._lock:
                self._load()
                self._note(entry)

    def record_mount(self, service: DataService, mount: Mount, reference: str | None = None) -> None:
        """Note what was mounted; a bucket, which has no versions, is not recorded.

        Parameters
        ----------
        service : DataService
            Where.
        mount : Mount
            As it is now.
        reference : str, optional
            What the user wrote, when the version that it means here was mounted; that of the mount by default.
        """
        if mount.dataset is None or mount.version is None:
            return
        version = service.get_version(f"{mount.dataset}:{mount.version}")
        self.record(service, reference or mount.reference, version, mount.path)

    def committed(self, service: DataService, version: Version) -> None:
        """Take note that this very process made a version: from now on ``latest`` and its tags mean it here.

        What was recorded stays until the reference is used again: the lock says what was read.
        """
        if not version.is_committed or not self.entries:
            return
        name = service.get_dataset(version.dataset).name
        with self._lock:
            for selector in (LATEST, *version.tags):
                heads = (version.dataset, name)
                if any(find_entries(self._entries.values(), Reference(head, selector)) for head in heads):
                    self._told.update({(head, selector): version.reference for head in heads})

    def follow(self, reference: str | None = None, *, still_mounted: Container[str] = ()) -> tuple[LockEntry, ...]:
        """Let a reference, or every one, mean what it means now: what was recorded of it is forgotten.

        Parameters
        ----------
        reference : str, optional
            Every one by default.
        still_mounted : container of str
            Mount paths that go on showing what they show, so that this stays recorded.

        Returns
        -------
        tuple of LockEntry
            What is forgotten.

        Raises
        ------
        Invalid
            It is not a reference.
        """
        with self._lock:
            self._load()
            if reference is None:
                forgotten = tuple(self._entries.values())
                self._told.clear()
            else:
                wanted = Reference.parse(reference)
                found = find_entries(self._entries.values(), wanted)
                forgotten = tuple(entry for entry in found if entry.path is None or entry.path not in still_mounted)
                told = self._told.get((wanted.dataset, selector_of(wanted)))
                self._told = {key: made for key, made in self._told.items() if made != told}
            self._forget(forgotten)
            if forgotten:
                self._keep()
        return forgotten

    def start_over_after_fork(self) -> None:
        """In a new process that is a copy of this one: a lock that another thread held is held by nobody."""
        self._lock = threading.RLock()

    # --- inside -------------------------------------------------------------------------------------------------------

    def _load(self) -> None:
        """Read, once, what the notebook or script has; whatever is wrong with it must not keep anybody from data."""
        if self._is_loaded:
            if not self._is_kept:
                self._hand_over()
            return
        home = home_of(self.place, self._replace)
        try:
            lock = home.read()
        except (GradientDataError, OSError) as error:
            reason = f"{error.message} {error.hint}" if isinstance(error, GradientDataError) else f"{error}."
            self._is_loaded = True
            say(f"{reason} Until then it is left as it is, and what is used now is not recorded.")
            return
        self._home = home
        self._entries = {key_of(entry): entry for entry in lock.entries}
        self._changes = lock.changes
        self._is_loaded = True  # not before: whoever is interrupted until here has not read it
        if self._entries:  # what executes a notebook saves only what it was told of
            self._hand_over()

    def _replace(self, lock: Lock) -> None:
        """The user has changed the lock in the front end."""
        with self._lock:
            self._entries = {key_of(entry): entry for entry in lock.entries}
            self._told.clear()
            self._looked.clear()
            self._changes = max(self._changes, lock.changes)
            self._keep()

    def _made_here(self, service: DataService, reference: str, told: str) -> Version:
        """What this process committed; a dataset that had the name before is not meant any more."""
        version = service.get_version(told)
        with self._lock:
            found = find_entries(self._entries.values(), Reference.parse(reference))
            self._forget([entry for entry in found if entry.dataset != version.dataset])
        self.record(service, reference, version)
        return version

    def _first(self, service: DataService, reference: str, version: Version) -> LockEntry | None:
        """Record what a reference meant, unless the dataset is known under another name or a thread was faster.

        Returns
        -------
        LockEntry or None
            What counts; None for a version that is not recorded.
        """
        entry = _entry(service, reference, version)
        if entry is None:
            return None
        wanted = Reference(version.dataset, selector_of(reference))
        with self._lock:
            if (found := _best(find_entries(self._entries.values(), wanted))) is not None:
                return found
            self._note(entry)
        return entry

    def _note(self, entry: LockEntry) -> None:
        """Put an entry in its place: of a reference that is mounted there is none beside, a path shows one thing."""
        dataset, selector, path = key = key_of(entry)
        noted: dict[Key, LockEntry] = {}
        for old_key, old in self._entries.items():
            is_same = old_key[:2] == (dataset, selector)
            if path is None and is_same and old.version == entry.version:
                return
            if old_key == key or (is_same and old.path is None and old.version == entry.version):
                noted.setdefault(key, entry)
            elif path is not None and old.path == path:
                noted.setdefault((*old_key[:2], None), replace(old, path=None))
            else:
                noted[old_key] = old
        noted.setdefault(key, entry)
        if noted != self._entries:
            self._entries = noted
            self._keep()

    def _forget(self, entries: Iterable[LockEntry]) -> None:
        for entry in entries:
            key = key_of(entry)
            del self._entries[key]
            self._looked.pop(key[:2], None)

    def _locked_version(self, service: DataService, reference: str, entry: LockEntry) -> Version:
        try:
            version = service.get_version(f"{entry.dataset}:{entry.version}")
        except NotFound:
            raise ErrorKind.LOCKED_ABSENT(**self._words(reference, entry)) from None
        if version.root != entry.root:
            raise ErrorKind.LOCKED_DIFFERENT(**self._words(reference, entry))
        return version

    def _words(self, reference: str, entry: LockEntry) -> dict[str, str]:
        home = self._home
        hint = f"{home.restore} brings it back. {home.follow(reference)}"
        return {"reference": reference, "locked": entry.version, "lock": home.name, "hint": hint}

    def _say_if_newer(self, service: DataService, entry: LockEntry) -> None:
        """Once for each reference; what cannot be asked is not missed."""
        dataset, selector, _ = key_of(entry)
        if is_version_id(selector):
            return
        now = time.monotonic()
        with self._lock:
            if self._looked.get((dataset, selector), 0) > now:
                return
            self._looked[dataset, selector] = now + _LOOK_AGAIN
        with suppress(GradientDataError):
            newest = service.get_version(f"{dataset}:{selector}").version
            if newest != entry.version:
                with self._lock:
                    self._looked[dataset, selector] = math.inf
                name = f"{entry.dataset_name}:{selector}"
                what = "newer" if selector == LATEST else "now"
                follow = self._home.follow(entry.dataset_name if selector == LATEST else name)
                say(f"{name} is {entry.version} here, as {self._home.name} says; {what}: {newest}. {follow}")

    def _keep(self) -> None:
        self._changes += 1
        self._hand_over()

    def _hand_over(self) -> None:
        try:
            self._home.keep(tuple(self._entries.values()), self._changes)
        except KeyboardInterrupt:  # it is done when the memory is asked the next time
            self._is_kept = False
            raise
        self._is_kept = True


def _best(found: list[LockEntry]) -> LockEntry | None:
    """Of several mounts of one reference the last; what was read after it was mounted comes before them."""
    return min(reversed(found), key=lambda entry: entry.path is not None, default=None)


def _entry(service: DataService, reference: str, version: Version, path: str | None = None) -> LockEntry | None:
    """What to record of a reference; None for a version that is not committed."""
    if version.root is None or version.files is None or version.bytes is None:
        return None
    written = Reference.parse(reference).dataset
    name = service.get_dataset(version.dataset).name if is_dataset_id(written) else written
    return LockEntry(
        *(reference, version.dataset, name, version.version, version.root, path, version.files, version.bytes)
    )


MEMORY = Memory()
"""That of this process."""

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=MEMORY.start_over_after_fork)
