"""Getting files of a version into a local folder: in parallel, each verified, continued after an interruption."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from os import PathLike
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.blobs.hashing import hash_file, show_local
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase, TransferResult
from jupyter_gradient_data.progress import Progress

from .ends import Outbox
from .fetching import WINDOW, Fetching
from .nodes import Entry
from .paths import folder_end, folder_path, show_path
from .targets import TargetFolder
from .tree import windows


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
    open_outbox: Callable[[], Outbox], paths: Sequence[str], target: str | PathLike[str], progress: Progress
) -> TransferResult:
    """Write files of a version to a local folder.

    Parameters
    ----------
    open_outbox : callable
        Opens the end that has them.
    paths : sequence of str
        Files and folders; none means all.
    target : str or path
        As `DataService.get_files` says.
    progress : Progress
        Told what was done.

    Raises
    ------
    NotFound
        A path is not in the version; nothing was written.
    Conflict
        Two files would be written to one place; nothing was written.
    StoreFailed
        Content is damaged or cannot be read or written; files that were finished stay.
    """
    outbox = open_outbox()
    progress.start(Phase.SCANNING)
    selections = [_select(outbox, path) for path in paths] or [_Selection(b"", 0)]
    root, wanted = _place(outbox, selections, Path(os.path.abspath(target)), os.fspath(target).endswith("/"))
    _refuse_clashes(outbox, selections, root)
    count, size = _totals(outbox, selections, progress)
    progress.start(Phase.FETCHING, count, size)
    outbox.expect(count)
    result = _Download(outbox, TargetFolder(root), _is_new(root), progress).run(wanted)
    progress.finish()
    return result


def _is_new(folder: Path) -> bool:
    """Whether nothing is in a folder yet."""
    try:
        with os.scandir(folder) as entries:
            return next(entries, None) is None
    except OSError as error:
        return isinstance(error, FileNotFoundError)


def _select(outbox: Outbox, path: str) -> _Selection:
    folder = folder_path(path)
    if not folder:
        return _Selection(b"", 0)
    if next(outbox.entries(folder, folder_end(folder)), None) is not None:
        return _Selection(folder, len(folder) if path.endswith("/") else 0)
    entry = None if path.endswith("/") else outbox.find(folder[:-1])
    if entry is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=outbox.reference)
    return _Selection(folder, 0, entry)


def _place(
    outbox: Outbox, selections: list[_Selection], target: Path, means_folder: bool
) -> tuple[Path, Iterator[_Wanted]]:
    """The folder to write below, and what goes where: as the original, but a file alone may also go *into* a folder."""
    only = selections[0].file if len(selections) == 1 else None
    if only is None:
        return target, _all_wanted(outbox, selections)
    if means_folder or target.is_dir():
        return target, iter([_Wanted(only, only.path.rpartition(b"/")[2].decode())])
    return target.parent, iter([_Wanted(only, target.name)])


def _all_wanted(outbox: Outbox, selections: list[_Selection]) -> Iterator[_Wanted]:
    for selection in selections:
        for entry in _entries(outbox, selection):
            yield _Wanted(entry, entry.path[selection.strip :].decode())


def _entries(outbox: Outbox, selection: _Selection) -> Iterable[Entry]:
    if selection.file is not None:
        return (selection.file,)
    return outbox.entries(selection.folder, folder_end(selection.folder))


def _refuse_clashes(outbox: Outbox, selections: list[_Selection], target: Path) -> None:
    """Two files must not be written to one place, as when ``a/`` and ``b/`` are unpacked into one folder."""
    if len(selections) == 1 or not any(selection.strip for selection in selections):
        return
    taken: dict[str, Entry] = {}
    for wanted in _all_wanted(outbox, selections):
        entry, other = wanted.entry, taken.setdefault(wanted.local, wanted.entry)
        if (entry.hash, entry.executable) != (other.hash, other.executable):
            raise ErrorKind.TARGET_CLASH(
                path=show_path(entry.path), other=show_path(other.path), target=show_local(str(target))
            )


def _totals(outbox: Outbox, selections: list[_Selection], progress: Progress) -> tuple[int, int]:
    if len(selections) == 1 and not selections[0].folder and (totals := outbox.totals()):
        return totals
    count = size = 0
    for selection in selections:
        for entry in _entries(outbox, selection):
            count, size = count + 1, size + entry.size
        progress.check()
    return count, size


class _Download:
    """One run of `get`."""

    def __init__(self, outbox: Outbox, target: TargetFolder, is_new: bool, progress: Progress) -> None:
        self._outbox = outbox
        self._target = target
        self._is_new = is_new  # nothing can be there from an earlier get
        self._progress = progress
        self._result = TransferResult(0, 0, 0, 0)
        self._fetching = Fetching(outbox, progress)

    def run(self, wanted: Iterator[_Wanted]) -> TransferResult:
        with self._fetching:
            for window in windows(wanted, WINDOW):
                missing = window if self._is_new else [item for item in window if not self._is_there(item)]
                self._count(window, missing)
                self._fetch(missing)
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

    def _fetch(self, missing: list[_Wanted]) -> None:
        by_hash: dict[bytes, list[_Wanted]] = {}
        for item in missing:
            by_hash.setdefault(item.entry.hash, []).append(item)

        def write(blob: bytes, content: bytes) -> None:
            for item in by_hash[blob]:
                self._target.write(item.local, content, item.entry.executable)
                self._progress.advance(1, item.entry.size)

        def stream(entry: Entry) -> None:
            for item in by_hash[entry.hash]:
                with self._target.open_temporary(item.local, item.entry.executable) as part:
                    for chunk in self._outbox.stream(entry, part.write_at):
                        self._progress.advance(bytes=len(chunk))
                self._progress.advance(files=1)

        self._fetching.run([items[0].entry for items in by_hash.values()], write, stream)
