"""Getting files of a version into a local folder: in parallel, each verified, continued after an interruption."""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import hash_file, show_local
from jupyter_gradient_data.blobs.store import FILES_GAP, Span, plan_spans
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase, TransferResult
from jupyter_gradient_data.progress import Progress

from .files import VersionFiles, folder_end, folder_path
from .nodes import Entry
from .paths import show_path
from .repository import Repository
from .targets import TargetFolder
from .tree import windows

_WRITERS = 8  # threads that write where each file takes long, as on a network file system
_SLOW_WRITE = 0.001  # seconds for one small file; a local disk takes 0.03 ms, and there a second thread only disturbs
_WINDOW = 20_000  # files planned together: enough to read most packs in one request each


class _Wanted(NamedTuple):
    """A file of the version and where it goes below the target."""

    entry: Entry
    local: str


class _Selection(NamedTuple):
    """What one path of `get` means: a folder (or all) without its first ``strip`` bytes, or one file."""

    folder: bytes
    strip: int
    file: Entry | None = None


def get(
    repository: Repository, reference: str, paths: Sequence[str], target: str | PathLike[str], progress: Progress
) -> TransferResult:
    """Write files of a version to a local folder.

    Raises
    ------
    NotFound
        A path is not in the version; nothing was written.
    Conflict
        Two files would be written to one place; nothing was written.
    StoreFailed
        Content is damaged or cannot be read or written; files that were finished stay.
    """
    files = VersionFiles.open(repository, reference)
    progress.start(Phase.SCANNING)
    selections = [_select(files, path) for path in paths] or [_Selection(b"", 0)]
    root, wanted = _place(files, selections, Path(os.path.abspath(target)), os.fspath(target).endswith("/"))
    _refuse_clashes(files, selections, root)
    count, size = _totals(files, selections, progress)
    progress.start(Phase.FETCHING, count, size)
    files.read_ahead(count)
    result = _Download(files, TargetFolder(root), _is_new(root), progress).run(wanted)
    progress.finish()
    return result


def _is_new(folder: Path) -> bool:
    """Whether nothing is in a folder yet."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError as error:
        return isinstance(error, FileNotFoundError)


def _select(files: VersionFiles, path: str) -> _Selection:
    folder = folder_path(path)
    if not folder:
        return _Selection(b"", 0)
    if next(files.entries(folder, folder_end(folder)), None) is not None:
        return _Selection(folder, len(folder) if path.endswith("/") else 0)
    entry = None if path.endswith("/") else files.find(folder[:-1])
    if entry is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=files.reference)
    return _Selection(folder, 0, entry)


def _place(
    files: VersionFiles, selections: list[_Selection], target: Path, means_folder: bool
) -> tuple[Path, Iterator[_Wanted]]:
    """The folder to write below, and what goes where: as the original, but a file alone may also go *into* a folder."""
    only = selections[0].file if len(selections) == 1 else None
    if only is None:
        return target, _all_wanted(files, selections)
    if means_folder or target.is_dir():
        return target, iter([_Wanted(only, only.path.rpartition(b"/")[2].decode())])
    return target.parent, iter([_Wanted(only, target.name)])


def _all_wanted(files: VersionFiles, selections: list[_Selection]) -> Iterator[_Wanted]:
    for selection in selections:
        for entry in _entries(files, selection):
            yield _Wanted(entry, entry.path[selection.strip :].decode())


def _entries(files: VersionFiles, selection: _Selection) -> Iterable[Entry]:
    if selection.file is not None:
        return (selection.file,)
    return files.entries(selection.folder, folder_end(selection.folder))


def _refuse_clashes(files: VersionFiles, selections: list[_Selection], target: Path) -> None:
    """Two files must not be written to one place, as when ``a/`` and ``b/`` are unpacked into one folder."""
    if len(selections) == 1 or not any(selection.strip for selection in selections):
        return
    taken: dict[str, Entry] = {}
    for wanted in _all_wanted(files, selections):
        entry, other = wanted.entry, taken.setdefault(wanted.local, wanted.entry)
        if (entry.hash, entry.executable) != (other.hash, other.executable):
            raise ErrorKind.TARGET_CLASH(
                path=show_path(entry.path), other=show_path(other.path), target=show_local(str(target))
            )


def _totals(files: VersionFiles, selections: list[_Selection], progress: Progress) -> tuple[int, int]:
    version = files.version
    if files.is_committed and len(selections) == 1 and not selections[0].folder:
        return version.files, version.bytes
    count = size = 0
    for selection in selections:
        for entry in _entries(files, selection):
            count, size = count + 1, size + entry.size
        progress.check()
    return count, size


class _Download:
    """One run of `get`."""

    def __init__(self, files: VersionFiles, target: TargetFolder, is_new: bool, progress: Progress) -> None:
        self._blobs = files.blobs
        self._target = target
        self._is_new = is_new  # nothing can be there from an earlier get
        self._progress = progress
        self._result = TransferResult(0, 0, 0, 0)
        self._writers = 1

    def run(self, wanted: Iterator[_Wanted]) -> TransferResult:
        with ThreadPoolExecutor(_WRITERS, thread_name_prefix="gradient-write") as pool:
            for window in windows(wanted, _WINDOW):
                missing = window if self._is_new else [item for item in window if not self._is_there(item)]
                self._count(window, missing)
                self._fetch(pool, missing)
        return self._result

    def _count(self, window: list[_Wanted], missing: list[_Wanted]) -> None:
        size, moved = (sum(item.entry.size for item in items) for items in (window, missing))
        done = self._result
        self._result = TransferResult(
            done.files + len(window), done.bytes + size, done.files_sent + len(missing), done.bytes_sent + moved
        )
        self._progress.advance(len(window) - len(missing), size - moved, skipped=True)

    def _is_there(self, item: _Wanted) -> bool:
        """Whether an earlier get has written this file already."""
        local = self._target.prepare(item.local)
        try:
            found = os.lstat(local)
        except OSError:
            return False
        if found.st_size != item.entry.size or bool(found.st_mode & 0o100) != item.entry.executable:
            return False
        try:
            digest = hash_file(local, found.st_size, found.st_mtime_ns, found.st_ino, lambda _: self._progress.check())
        except GradientDataError as error:
            if error.kind is ErrorKind.CANCELLED:
                raise
            return False  # unreadable, or not a file: writing it says why
        return digest == item.entry.hash

    def _fetch(self, pool: ThreadPoolExecutor, missing: list[_Wanted]) -> None:
        by_hash: dict[bytes, list[_Wanted]] = {}
        for item in missing:
            by_hash.setdefault(item.entry.hash, []).append(item)
        places = self._blobs.locate(list(by_hash))
        jobs: set[Future[None]] = set()
        try:
            for span, data in self._blobs.fetch(plan_spans(places, FILES_GAP)):
                jobs = self._limit(jobs)
                jobs.add(pool.submit(self._write_span, span, data, by_hash))
            for blob, place in places.items():
                if place.pack is None:
                    jobs = self._limit(jobs)
                    jobs.add(pool.submit(self._fetch_large, blob, by_hash[blob]))
            while jobs:
                jobs = _next_done(jobs)
        finally:
            for job in jobs:
                job.cancel()
            wait(jobs)

    def _limit(self, jobs: set[Future[None]]) -> set[Future[None]]:
        """Begin no more than should run: what was fetched is held in memory until it is written."""
        while len(jobs) >= self._writers:
            jobs = _next_done(jobs)
        return jobs

    def _write_span(self, span: Span, data: bytes, by_hash: dict[bytes, list[_Wanted]]) -> None:
        self._progress.check()
        started = time.monotonic()
        for blob, content in self._blobs.open_span(span, data):
            for item in by_hash[blob]:
                self._target.write(item.local, content, item.entry.executable)
                self._progress.advance(1, item.entry.size)
        if time.monotonic() - started > _SLOW_WRITE * len(span.blobs):
            self._writers = _WRITERS

    def _fetch_large(self, blob: bytes, wanted: list[_Wanted]) -> None:
        for item in wanted:
            with self._target.open_temporary(item.local, item.entry.executable) as part:
                for chunk in self._blobs.stream(blob, also=part.write_at):
                    self._progress.advance(bytes=len(chunk))
            self._progress.advance(files=1)


def _next_done(jobs: set[Future[None]]) -> set[Future[None]]:
    """Wait for one of these jobs; raise its error."""
    done, left = wait(jobs, return_when=FIRST_COMPLETED)
    for job in done:
        job.result()
    return left
