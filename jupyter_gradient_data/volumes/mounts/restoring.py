"""Bringing mounts to what the settings file lists: all at once, each for itself."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait
from functools import partial
from typing import Any

from sqlalchemy import Row

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import MountState, ProgressEvent
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.settings.entries import BucketEntry, Entry, WrongEntry

from .rows import is_held, moves
from .sources import VersionSource
from .work import MountWork, not_writable

_AT_ONCE = 4
_LOOK_EVERY = 0.2  # seconds between two looks whether to stop

_log = logging.getLogger(__name__)

Job = Callable[[Progress], None]


class Restoring:
    """One run.

    Parameters
    ----------
    work : MountWork
        Does each of them.
    progress : Progress
        Told what was done by all.
    """

    def __init__(self, work: MountWork, progress: Progress) -> None:
        self._work = work
        self._progress = progress

    def run(self) -> None:
        """Mount what is listed, finish what was left half done, unmount the rest.

        Raises
        ------
        Invalid
            The settings file cannot be read; then everything stays as it is.
        Cancelled
            It was stopped; what is not mounted yet says so.
        """
        entries = self._work.settings.entries()
        rows = {row.name: row for row in self._work.rows.all()}
        listed = {entry.name for entry in entries}
        jobs: list[Job] = [partial(self._bring, entry, rows.get(entry.name)) for entry in entries]
        for row in rows.values():
            if row.name in listed or is_held(row):
                continue
            if row.state == MountState.MOUNTING.value:
                jobs.append(partial(self._finish, row))
            else:
                self._drop(row)
        Together(self._progress).run(jobs)
        self._work.release_others(self._work.rows.all())

    def _bring(self, entry: Entry, row: Row[Any] | None, progress: Progress) -> None:
        try:
            self._bring_entry(entry, row, progress)
        except GradientDataError as error:
            self._work.fail(entry.name, entry.reference, error)

    def _bring_entry(self, entry: Entry, row: Row[Any] | None, progress: Progress) -> None:
        if isinstance(entry, WrongEntry):
            raise entry.error
        work = self._work
        if isinstance(entry, BucketEntry):
            bucket, note = work.bucket(entry), bucket_note(entry)
            work.bring(entry.name, bucket, progress, writable=False, may_replace=True, save=False, note=note)
            return
        source = work.resolve(entry.reference)
        if (
            isinstance(source, VersionSource)
            and row is not None
            and source.is_same(row)
            and not moves(source.reference)
        ):
            source.reference = row.reference  # by which it was asked for
        note = not_writable(source) if entry.writable and source.root is None else None
        writable = entry.writable and note is None
        work.bring(entry.name, source, progress, writable=writable, may_replace=True, save=False, note=note)

    def _finish(self, row: Row[Any], progress: Progress) -> None:
        """Go on with a mount whose process ended before it was listed."""
        try:
            pinned = f"{row.dataset_id}:{row.version}" if row.dataset_id else row.reference
            source = self._work.resolve(pinned, row.reference)
            self._work.bring(row.name, source, progress, writable=row.writable, may_replace=True, save=True)
        except GradientDataError as error:
            self._work.fail(row.name, row.reference, error)

    def _drop(self, row: Row[Any]) -> None:
        try:
            self._work.drop(row.name, discard=False, save=False)
        except GradientDataError as error:  # it has changes: they are the user's
            self._work.fail(row.name, row.reference, error)


def bucket_note(entry: BucketEntry) -> GradientDataError | None:
    """What to say of a bucket that is mounted read-only although more was asked for."""
    return ErrorKind.BUCKET_READ_ONLY(url=entry.url) if entry.writable else None


class Together:
    """Runs jobs at the same time and shows their progress as one.

    Parameters
    ----------
    progress : Progress
        Told what all of them did.
    """

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._lock = threading.Lock()
        self._events: dict[int, ProgressEvent] = {}

    def run(self, jobs: Sequence[Job]) -> None:
        """Run all of them; those that raise stop only themselves.

        Raises
        ------
        Cancelled
            They were stopped.
        """
        parts = [Progress(partial(self._show, number)) for number in range(len(jobs))]
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="gradient-mount") as pool:
            waiting = {pool.submit(_run, job, part) for job, part in zip(jobs, parts, strict=True)}
            while waiting:
                _, waiting = wait(waiting, timeout=_LOOK_EVERY, return_when=FIRST_COMPLETED)
                if self._progress.is_cancelled:
                    for part in parts:
                        part.cancel()
        self._progress.check()

    def _show(self, number: int, event: ProgressEvent) -> None:
        with self._lock:
            self._events[number] = event
            events = list(self._events.values())
            totals = [[each.files_total for each in events], [each.bytes_total for each in events]]
            files, size = (None if None in each else sum(filter(None, each)) for each in totals)
            done, rate = sum(each.bytes_done for each in events), sum(each.rate for each in events)
            left = max(0, size - done) / rate if size is not None and rate > 0 else None
            self._progress.relay(
                ProgressEvent(
                    event.phase,
                    sum(each.files_done for each in events),
                    files,
                    done,
                    size,
                    rate,
                    left,
                    sum(each.bytes_skipped for each in events),
                )
            )


def _run(job: Job, progress: Progress) -> None:
    try:
        progress.check()
        job(progress)
    except GradientDataError:  # stopped before it began
        return
    except Exception:
        _log.exception("A mount could not be restored")
