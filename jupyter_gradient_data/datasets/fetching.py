"""Fetching contents in parallel, while those that have come are written."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from jupyter_gradient_data.blobs.store import RANGE
from jupyter_gradient_data.progress import Progress

from .ends import Outbox, Parcel
from .nodes import Entry

WINDOW = 20_000  # files planned together: enough to read most packs in one request each
_WRITERS = 8  # threads that write where each file takes long, as on a network file system
_SLOW_WRITE = 0.001  # seconds for one small file; a local disk takes 0.03 ms, and there a second thread only disturbs

Write = Callable[[bytes, bytes], None]
"""Writes a small content: given its hash and its bytes, which were verified."""

Stream = Callable[[Entry], None]
"""Fetches and writes the content of a large file."""


class Fetching:
    """The threads of one run; use it as a context manager.

    Parameters
    ----------
    outbox : Outbox
        Has the contents.
    progress : Progress
        Asked whether to go on.
    """

    def __init__(self, outbox: Outbox, progress: Progress) -> None:
        self._outbox = outbox
        self._progress = progress
        self._pool = ThreadPoolExecutor(_WRITERS, thread_name_prefix="gradient-write")
        self._writers = 1

    def __enter__(self) -> Fetching:
        return self

    def __exit__(self, *error: object) -> None:
        self._pool.shutdown()

    def run(self, entries: Sequence[Entry], write: Write, stream: Stream) -> None:
        """Fetch the contents of files, each content once; ends when all are written.

        Raises
        ------
        GradientDataError
            What went wrong first; nothing is written any more then.
        """
        parcels, large = self._outbox.contents(entries)
        jobs: set[Future[None]] = set()
        try:
            for parcel in parcels:
                jobs = _limit(jobs, self._writers)
                jobs.add(self._pool.submit(self._write_parcel, parcel, write))
            for entry in large:
                # One of many pieces keeps all connections busy; those of one piece each do so together.
                jobs = _limit(jobs, self._writers if entry.size > RANGE else _WRITERS)
                jobs.add(self._pool.submit(stream, entry))
            while jobs:
                jobs = _next_done(jobs)
        finally:
            for job in jobs:
                job.cancel()
            wait(jobs)

    def _write_parcel(self, parcel: Parcel, write: Write) -> None:
        self._progress.check()
        started, count = time.monotonic(), 0
        for blob, content in parcel():
            count += 1
            write(blob, content)
        if time.monotonic() - started > _SLOW_WRITE * count:
            self._writers = _WRITERS


def _limit(jobs: set[Future[None]], most: int) -> set[Future[None]]:
    """Begin no more than should run: what was fetched is held in memory until it is written."""
    while len(jobs) >= most:
        jobs = _next_done(jobs)
    return jobs


def _next_done(jobs: set[Future[None]]) -> set[Future[None]]:
    """Wait for one of these jobs; raise its error."""
    done, left = wait(jobs, return_when=FIRST_COMPLETED)
    for job in done:
        job.result()
    return left
