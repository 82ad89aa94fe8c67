"""What bringing a home from one commit to another means for each path, decided before anything is touched.

The user's files stay.  Where upstream has changed what the user has not, upstream's file takes its place; where both
have changed different lines of a text, they are merged; where that cannot be, the user's file stays and upstream's goes
beside it.  What a user has deleted stays deleted.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import NamedTuple

from .files import Home, Kind, Look, beside
from .git import Git
from .git_objects import MODULE, Change, Collision, Entry, Merger, write_blob

DELETED = "{path}: the repository has a newer version; you have deleted or renamed yours, and that stays."
REMOVED = "{path}: the repository has it no more; yours, which you have changed, stays."

_LONGEST = 8 * 1024 * 1024  # bytes of a file of the user's that may be merged


class Removal(NamedTuple):
    """A file to remove, if it still is what was looked at."""

    path: bytes
    look: Look


class Write(NamedTuple):
    """A file to put in place; where there is one, only if that still is what was looked at."""

    path: bytes
    entry: Entry
    look: Look | None
    is_merged: bool = False


class Left(NamedTuple):
    """What upstream has at a path where the user's commits have something else: it goes beside."""

    path: bytes
    entry: Entry


@dataclass
class Plan:
    """What is to be done."""

    removals: list[Removal] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    folders: list[bytes] = field(default_factory=list)
    mine: dict[bytes, Entry] = field(default_factory=dict)  # the user's versions of what is merged
    notes: list[str] = field(default_factory=list)

    @property
    def moved(self) -> list[tuple[str, str]]:
        """The paths whose files are set aside, in that order, and what they hold."""
        looks = [(one.path, one.look) for one in self.removals] + [(one.path, one.look) for one in self.writes]
        return [(os.fsdecode(path), look.entry.oid if look and look.entry else "") for path, look in looks]


class Planner:
    """Makes a plan.

    Parameters
    ----------
    git : Git
        The repository.
    home : Home
        The files.
    merger : Merger
        For what both sides have changed.
    mark : str
        Put into the names of files that go beside the user's: ``upstream-1234567``.
    """

    def __init__(self, git: Git, home: Home, merger: Merger, mark: str) -> None:
        self._git = git
        self._home = home
        self._merger = merger
        self._mark = mark
        self._plan = Plan()
        self._gone: set[bytes] = set()
        self._taken: set[bytes] = set()

    def make(self, changes: list[Change], left: list[Left]) -> Plan:
        """The plan for these changes, and for what the user's commits have left out."""
        removed = [change for change in changes if change.new is None]
        # What goes comes first: a folder can only take the place of a file that has gone, and the other way round.
        for change in removed:
            self._remove(change)
        for change in changes:
            if change.new is not None:
                self._bring(change, change.new)
        for path, entry in left:
            self._put_beside(path, entry, path, "yours, which you have committed, stays")
        return self._plan

    def _remove(self, change: Change) -> None:
        look = self._home.look(change.path, change.old)
        if look.kind is Kind.FILE and look.entry == change.old:
            self._gone.add(change.path)
            self._plan.removals.append(Removal(change.path, look))
        elif look.kind in (Kind.FILE, Kind.OTHER):
            self._plan.notes.append(REMOVED.format(path=shown(change.path)))

    def _bring(self, change: Change, new: Entry) -> None:
        path, look = change.path, self._look(change)
        if new.mode == MODULE:
            if look.kind is Kind.NOTHING:
                self._plan.folders.append(path)
        elif look.kind is Kind.NOTHING:
            if change.old is None:
                self._plan.writes.append(Write(path, new, None))
            else:
                self._plan.notes.append(DELETED.format(path=shown(path)))
        elif look.kind is Kind.FILE and look.entry is not None:
            self._combine(change, new, look, look.entry)
        else:
            self._put_beside(path, new, look.blocker or path, "yours stays")

    def _combine(self, change: Change, new: Entry, look: Look, mine: Entry) -> None:
        """Both sides have a file."""
        path = change.path
        try:
            if mine not in (change.old, new):
                self._store(path, look, mine)
            result = self._merger.resolve(path, change.old, mine, new)
        except Collision:
            self._put_beside(path, new, path, "yours stays")
            return
        if result is None or result == mine:
            return
        is_merged = mine != change.old
        if is_merged:
            self._plan.mine[path] = mine
        self._plan.writes.append(Write(path, result, look, is_merged))

    def _store(self, path: bytes, look: Look, mine: Entry) -> None:
        """Put the user's version into the repository, for a merge."""
        if not mine.is_file or look.sign[1] > _LONGEST or write_blob(self._git, self._home.read(path)) != mine.oid:
            raise Collision

    def _look(self, change: Change) -> Look:
        """What will be at a path when everything that goes has gone."""
        look = self._home.look(change.path, change.old)
        if look.kind is Kind.BLOCKED and look.blocker in self._gone:
            return Look(Kind.NOTHING)
        if look.kind is Kind.FOLDER and change.new is not None and change.new.mode != MODULE:
            inside = self._home.files_in(change.path)
            if inside and inside <= self._gone:
                return Look(Kind.NOTHING)
        return look

    def _put_beside(self, path: bytes, entry: Entry, blocker: bytes, reason: str) -> None:
        place = self._place_for(path, entry, blocker)
        self._note(path, f"{reason}; that of the repository is beside it, {shown(place)}")

    def _place_for(self, path: bytes, entry: Entry, blocker: bytes) -> bytes:
        """A path beside ``blocker`` that is free, or has this very file from another time."""
        number = 1
        while True:
            place = beside(path, blocker, self._mark, number)
            look = self._home.look(place)
            if look.entry is not None and (look.entry.oid, look.entry.is_file) == (entry.oid, entry.is_file):
                return place
            if look.kind is Kind.NOTHING and place not in self._taken:
                self._taken.add(place)
                self._plan.writes.append(Write(place, entry, None))
                return place
            if look.kind is Kind.BLOCKED and path.startswith(look.blocker + b"/"):
                blocker = look.blocker
            else:
                number += 1

    def _note(self, path: bytes, sentence: str) -> None:
        self._plan.notes.append(f"{shown(path)}: {sentence}.")


def shown(path: bytes) -> str:
    """A path as text that every terminal and browser takes."""
    text = os.fsdecode(path).encode("utf-8", "backslashreplace").decode()
    return "".join(character if character.isprintable() else ascii(character)[1:-1] for character in text)
