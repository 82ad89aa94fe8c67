"""Bringing a home from one commit to another: all or nothing of it is seen, and nothing of the user's is overwritten.

1. Everything that is to be written is made first, below ``.git/gradient``: a full disk or a cancelled task changes
   nothing.
2. ``plan.json`` there says what is going to happen.  Whoever finds it after a crash does the same once more: each step
   may be done twice.
3. Files are moved to their places.  One that is replaced is moved away first and looked at again, so that what
   somebody writes meanwhile stays.
4. HEAD and the index follow, and the plan goes.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path

from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress

from .files import Home, beside, is_harmful
from .git import Git, GitFailed
from .git_objects import LINK, PROGRAM, Blobs, Change, Entry, Merger, changes_between, empty_tree
from .index import drop_own_lock, replace_index, save
from .plan import Left, Plan, Planner, Write, shown

_OLD, _NEW, _SCRATCH, _PLAN = "old", "new", "scratch", "plan.json"
BASE = "refs/gradient/base"  # the commit of the repository that was merged last
DETACHED = "detached"  # what stands for the branch where none is checked out

_TRIES = 10  # names for a file beside another, before another folder is tried


@dataclass
class Step:
    """From where to where.

    Parameters
    ----------
    start : str
        The commit that is checked out; empty for none.
    end : str
        The one that is to be.
    head : str
        The branch that is to be checked out there; empty for none.
    upstream : str
        The commit of the repository that is merged by it.
    left : list
        What goes beside because the user's commits have something else: path, mode and content.
    moved : list
        Files that are set aside while others take their place, in the order of their numbers: path and content.
    """

    start: str
    end: str
    head: str
    upstream: str
    left: list[tuple[str, str, str]] = field(default_factory=list)
    moved: list[tuple[str, str]] = field(default_factory=list)


class Update:
    """Takes steps in one home.

    Parameters
    ----------
    git : Git
        Its repository, which may not be in its place yet.
    folder : Path
        The home.
    progress : Progress
        Told how many files are ready.
    """

    def __init__(self, git: Git, folder: Path, progress: Progress) -> None:
        self._git = git
        self._progress = progress
        digits = len(empty_tree(git))
        has_modes = git.text("config", "--bool", "core.fileMode") != "false"
        self._home = Home(folder, digits, has_modes=has_modes)

    @property
    def _place(self) -> Path:
        return self._git.folder / "gradient"

    def take(self, step: Step, reveal: Callable[[], None] = lambda: None) -> list[str]:
        """Take a step.

        Parameters
        ----------
        step : Step
            From where to where.
        reveal : callable
            Called when all is ready, just before the first file is moved.

        Returns
        -------
        list of str
            Sentences on what was left as it is.
        """
        self._clear()
        for name in (_OLD, _NEW, _SCRATCH):
            (self._place / name).mkdir(parents=True)
        with Blobs(self._git) as blobs:
            merger = Merger(self._git, blobs, self._place / _SCRATCH)
            try:
                changes = self._changes(step)
                plan = self._prepare(step, changes, merger)
                self._make_ready(plan, blobs)
            except BaseException:
                self._clear()
                raise
            step.moved = plan.moved
            _write_json(self._place / _PLAN, asdict(step))
            reveal()
            self._do(plan)
            move_head(self._git, step)
            replace_index(self._git, self._place, changes, plan.mine, merger)
            self._git.run("update-ref", BASE, step.upstream)
            self._git.run("config", "gradient.head", step.head or DETACHED)
        self._clear()
        return plan.notes

    def resume(self, commit: str) -> None:
        """Finish a step that was cut off, if ``commit``, which is checked out, is one of its two."""
        try:
            step = Step(**json.loads((self._place / _PLAN).read_bytes()))
        except FileNotFoundError:
            return
        except (ValueError, TypeError):
            self._clear()
            return
        self._put_back(step)
        if commit in (step.start, step.end):
            self.take(step)
        else:
            self._clear()

    # --- the parts of a step ----------------------------------------------------------------------------------------

    def _changes(self, step: Step) -> list[Change]:
        changes = changes_between(self._git, step.start or empty_tree(self._git), step.end)
        for change in changes:
            if change.new is not None and is_harmful(change.path):
                raise GitFailed(f"error: Invalid path '{shown(change.path)}'")
        return changes

    def _prepare(self, step: Step, changes: list[Change], merger: Merger) -> Plan:
        planner = Planner(self._git, self._home, merger, f"upstream-{step.upstream[:7]}")
        plan = planner.make(changes, [Left(os.fsencode(path), Entry(mode, oid)) for path, mode, oid in step.left])
        if plan.mine:
            name = save(self._git, step.start, plan.mine, self._place / _SCRATCH)
            plan.notes.append(f"Your files as they were before they were merged are in git: {name}.")
        return plan

    def _make_ready(self, plan: Plan, blobs: Blobs) -> None:
        """Write all new files below the repository."""
        self._progress.start(Phase.UNPACKING, files=len(plan.writes))
        for number, write in enumerate(plan.writes):
            place = self._place / _NEW / str(number)
            if write.entry.mode == LINK:
                os.symlink(blobs.read(write.entry.oid), os.fsencode(place))
            else:
                mode = 0o777 if write.entry.mode == PROGRAM else 0o666
                with open(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                    blobs.copy(write.entry.oid, file.write)
            self._progress.advance(files=1)
        self._progress.finish()
        self._progress.check()

    def _do(self, plan: Plan) -> None:
        """Move files to their places; from here on nothing stops it."""
        count = len(plan.removals)
        for number, removal in enumerate(plan.removals):
            with _noting(removal.path, plan):
                if self._home.set_aside(removal.path, self._place / _OLD / str(number), removal.look.sign):
                    self._home.remove_empty(removal.path)
        for number, write in enumerate(plan.writes):
            with _noting(write.path, plan):
                self._put(write, self._place / _NEW / str(number), self._place / _OLD / str(count + number), plan)
        for path in plan.folders:
            with _noting(path, plan):
                self._home.make_folder(path)

    def _put(self, write: Write, new: Path, old: Path, plan: Plan) -> None:
        """Put a file in place; beside it where somebody has written something since it was looked at."""
        is_free = write.look is None or self._home.set_aside(write.path, old, write.look.sign)
        if is_free and self._home.put(new, write.path):
            return
        target = self._put_beside(new, write.path, "upstream")
        plan.notes.append(f"{shown(write.path)}: it was changed just now; what is new is beside it, {shown(target)}.")

    def _put_beside(self, place: Path, path: bytes, mark: str) -> bytes:
        """Put a file beside a path, or at the top of the home when there is no such folder any more."""
        number = 1
        while not self._home.put(place, target := beside(path, path, mark, number)):
            number += 1
            if number > _TRIES:
                path = os.path.basename(path)
        return target

    # --- after a crash ----------------------------------------------------------------------------------------------

    def _put_back(self, step: Step) -> None:
        """Return what was set aside and not replaced to its place."""
        drop_own_lock(self._git, self._place)
        for number, (name, oid) in enumerate(step.moved):
            place, path = self._place / _OLD / str(number), os.fsencode(name)
            if not os.path.lexists(place) or self._home.put(place, path):
                continue
            look = self._home.look(os.path.relpath(os.fsencode(place), self._home.full(b"")))
            if look.entry is not None and look.entry.oid != oid:  # nobody has a copy of it
                self._put_beside(place, path, "saved")

    def _clear(self) -> None:
        with contextlib.suppress(FileNotFoundError):
            (self._place / _PLAN).unlink()  # first: without it the rest means nothing
        if self._place.exists():
            shutil.rmtree(self._place)


def move_head(git: Git, step: Step) -> None:
    """Let HEAD name the end of a step; fails when somebody has committed meanwhile."""
    note = ("-m", f"gradient workspace: {step.upstream[:7]}")
    current = git.text("symbolic-ref", "-q", "HEAD")
    known = git.text("rev-parse", "-q", "--verify", "HEAD^{commit}")
    if step.head and current != step.head:
        git.run("update-ref", *note, step.head, step.end)
        git.run("symbolic-ref", *note, "HEAD", step.head)
    elif step.head and known != step.end:
        git.run("update-ref", *note, step.head, step.end, step.start or "0" * len(step.end))
    elif not step.head and (current or known != step.end):
        git.run("update-ref", "--no-deref", *note, "HEAD", step.end)


@contextlib.contextmanager
def _noting(path: bytes, plan: Plan) -> Iterator[None]:
    """Go on when a folder does not let itself be changed."""
    try:
        yield
    except PermissionError:
        plan.notes.append(f"{shown(path)}: it cannot be changed, so it stays as it was; its folder is not yours.")


def _write_json(path: Path, value: object) -> None:
    new = path.with_suffix(".new")
    new.write_text(json.dumps(value))
    os.replace(new, path)
