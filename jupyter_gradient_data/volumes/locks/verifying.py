"""Proving a lock: roots are compared, then every byte is read, at the storage provider and on this machine's disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from sqlalchemy import Row

from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.verify import read_version
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import LockEntry, LockReport, MountState, Phase, Problem
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.mounts.mounts import Mounts

from .checking import last_at_path, name_of, shows
from .known import Known, look_up
from .on_disk import DiskCheck

_MOST_PROBLEMS = 1000  # more do not help anybody; the first ones say what is wrong


class LockVerification:
    """One run.

    Parameters
    ----------
    repository : Repository
        Where the data is.
    mounts : Mounts
        Of the notebook run.
    progress : Progress
        Told what was read.
    """

    def __init__(self, repository: Repository, mounts: Mounts, progress: Progress) -> None:
        self._repository = repository
        self._mounts = mounts
        self._progress = progress
        self._disk = DiskCheck(repository, mounts, progress)
        self._problems: list[Problem] = []
        self._files = self._bytes = 0

    def run(self, entries: Sequence[LockEntry]) -> LockReport:
        """Do it; whatever is found, the rest is looked at, too.

        Raises
        ------
        Cancelled
            It was stopped.
        """
        found = look_up(self._repository, entries)
        rows = self._mounts.work.rows.all()
        self._check_mounts(found, {row.name: row for row in rows})
        chosen: dict[str, Known] = {}
        for known in found:
            chosen.setdefault(f"{known.exact} {known.entry.root}", known)
        sound = [known for known in chosen.values() if self._is_known(known)]
        self._start(sound)
        for known in sound:
            self._try(known, self._read_store)
        on_disk = [(known, [row for row in rows if shows(row, known)]) for known in sound]
        on_disk = [(known, its) for known, its in on_disk if its or self._disk.is_cached(known.entry.root)]
        self._start([known for known, _ in on_disk])
        for known, its in on_disk:
            self._try(known, partial(self._read_disk, rows=its))
        self._progress.finish()
        return LockReport(
            entries=len(entries),
            files=self._files,
            bytes_read=self._bytes + self._disk.bytes_read,
            problems=tuple(self._problems[:_MOST_PROBLEMS]),
        )

    def _check_mounts(self, found: Sequence[Known], rows: dict[str, Row[Any]]) -> None:
        """A path that shows something else: whoever reads there reads other data."""
        wanted = last_at_path([known.entry for known in found])
        for known in found:
            path = known.entry.path
            row = None if path is None or wanted[path] != known.entry else rows.get(name_of(path))
            if row is not None and row.state == MountState.MOUNTED.value and not shows(row, known):
                self._add(known, None, f"{path} shows something else", fatal=False)

    def _is_known(self, known: Known) -> bool:
        """Whether there is content of it to be read; says what is wrong with its version."""
        fault = known.fault()
        if fault is None:
            return True
        is_trashed = fault.kind is ErrorKind.LOCK_TRASHED
        self._add(known, None, fault.message, fatal=not is_trashed)
        return is_trashed

    def _start(self, chosen: Sequence[Known]) -> None:
        entries = [known.entry for known in chosen]
        self._progress.start(
            Phase.VERIFYING, sum(entry.files for entry in entries), sum(entry.bytes for entry in entries)
        )

    def _try(self, known: Known, read: Callable[[Known, VersionFiles], None]) -> None:
        if known.dataset is None or known.version is None:
            return
        try:
            read(known, VersionFiles(self._repository, known.dataset, known.version))
        except GradientDataError as error:
            if error.kind is ErrorKind.CANCELLED:
                raise
            self._add(known, None, f"it cannot be read: {error.message}", fatal=False)

    def _read_store(self, known: Known, files: VersionFiles) -> None:
        report = read_version(self._repository, files.dataset, files.version, self._progress)
        self._files += report.files
        self._bytes += report.bytes_read
        for problem in report.problems:
            name, _, path = problem.thing.partition(" ")
            what = problem.what if name == known.exact else f"{problem.thing}: {problem.what}"
            self._add(known, path if name == known.exact else None, what, fatal=problem.fatal)

    def _read_disk(self, known: Known, files: VersionFiles, rows: list[Row[Any]]) -> None:
        for wrong in self._disk.run(files, rows):
            self._add(known, wrong.path, wrong.what, fatal=False)

    def _add(self, known: Known, path: str | None, what: str, *, fatal: bool) -> None:
        if len(self._problems) < _MOST_PROBLEMS:
            thing = f"{known.entry.reference} {path}" if path else known.entry.reference
            self._problems.append(Problem(thing, what, fatal))
