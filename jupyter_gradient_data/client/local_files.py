"""Files of committed versions on this machine: fetched once, verified, and kept in the user's own cache.

For who needs a path and has no mount.  A version's folder is named by the root of its tree, so equal content is there
once, whatever it is called.  What was fetched is noted beside it, with its sizes and times: what is not noted, or does
not look like its note any more, is fetched or verified again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from jupyter_gradient_data.blobs.file_locks import FileLocks
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import FileInfo, Version
from jupyter_gradient_data.plain import format_count
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.api import DataService

from .lists import all_items
from .memory.saying import say
from .progress import follow

_DAY = 24 * 3600  # seconds


def local_path(service: DataService, version: Version, path: str, label: str) -> Path:
    """A file, folder or all of a committed version, as a path on this machine.

    Parameters
    ----------
    service : DataService
        Asked for what is not here yet.
    version : Version
        A committed one.
    path : str
        In the version; empty for all of it.
    label : str
        What is fetched, for the progress.

    Raises
    ------
    NotFound
        The version has no such file or folder.
    StoreFailed
        It cannot be fetched or written.
    """
    if version.root is None:
        raise ErrorKind.VERSION_UNCOMMITTED(reference=version.reference)
    path, config = path.strip("/"), Config.load()
    versions = config.read_cache_path / "versions"
    kept = _Kept(versions / version.root[:2] / version.root)
    if not kept.has(path):
        kept.fetch(service, version.reference, path, label)
        _remove_unused(versions, config.cache_days)
    return kept.files / path


class _Kept:
    """What is here of one tree: its ``files``, and a note for each file or folder that was asked for."""

    def __init__(self, folder: Path) -> None:
        self.files = folder / "files"
        self._notes = folder / "notes"

    def has(self, path: str) -> bool:
        """Whether a file or folder is here, and as it was when it was fetched."""
        parts = path.split("/") if path else []
        for depth in range(len(parts), -1, -1):
            above = "/".join(parts[:depth])
            note = self._note(above)
            # A path below a folder that is here whole need not be in the version.
            if note.is_file() and (self.files / path).exists():
                is_whole = _read(note) == _fingerprint(self.files / above)
                if is_whole:
                    os.utime(self._notes)  # it is in use: see `_remove_unused`
                return is_whole
        return False

    def fetch(self, service: DataService, reference: str, path: str, label: str) -> None:
        """Bring a file or folder here, then note it; one process at a time: nobody sees the half files of another."""
        self.files.mkdir(parents=True, exist_ok=True)
        with FileLocks(self.files.parent).hold("lock", Progress()):
            if not self.has(path):
                self._fetch(service, reference, path, label)

    def _fetch(self, service: DataService, reference: str, path: str, label: str) -> None:
        if _find_file(service, reference, path) is not None:
            target = f"{(self.files / path).parent}{os.sep}"
        else:
            target = f"{self.files}{os.sep}"
        follow(service.get_files(reference, [path] if path else [], target), label)
        note = self._note(path)
        if note.is_file() and (self.files / path).is_dir():  # it was here, and somebody has changed it
            self._move_strangers(service, reference, path)
        _protect(self.files / path)
        note.parent.mkdir(exist_ok=True)
        temporary = note.with_name(f"{note.name}.{os.getpid()}")
        temporary.write_text(json.dumps(_fingerprint(self.files / path)))
        temporary.replace(note)

    def _move_strangers(self, service: DataService, reference: str, path: str) -> None:
        """Take out of a folder what the version does not have: whoever lists it would read it as data."""
        listed = all_items(lambda after: service.list_files(reference, path, recursive=True, after=after))
        known = {os.path.join(self.files, info.path) for info in listed}
        aside = self.files.parent / f"not-in-the-version-{time.time_ns()}"
        strangers = [Path(found) for _, found in _files(self.files / path) if found not in known]
        for stranger in strangers:
            place = aside / stranger.relative_to(self.files)
            place.parent.mkdir(parents=True, exist_ok=True)
            stranger.rename(place)
        if strangers:
            count = format_count(len(strangers), "file")
            say(f"{self.files / path} had {count} that the version does not have; now in {aside}.")

    def _note(self, path: str) -> Path:
        return self._notes / hashlib.sha256(path.encode()).hexdigest()


def _remove_unused(versions: Path, days: int) -> None:
    """Remove versions that nobody asked for in so many days (0: none); what cannot be removed stays."""
    for notes in versions.glob("*/*/notes") if days else ():
        with suppress(OSError):  # another process was faster
            if time.time() - notes.stat().st_mtime > days * _DAY:
                shutil.rmtree(notes.parent)


def _find_file(service: DataService, reference: str, path: str) -> FileInfo | None:
    """The file at a path; None for a folder or nothing."""
    try:
        return service.get_file(reference, path) if path else None
    except GradientDataError as error:
        if error.kind is not ErrorKind.FILE_NOT_FOUND:
            raise
        return None


def _protect(path: Path) -> None:
    """Let nobody change by accident what others rely on."""
    for _, found in _files(path):
        os.chmod(found, stat.S_IMODE(os.stat(found).st_mode) & ~0o222)


def _fingerprint(path: Path) -> list[int]:
    """Number of files, their bytes, and the newest time of one: cheap to look at, and changes when something does."""
    count = size = newest = 0
    for facts, _ in _files(path):
        count, size, newest = count + 1, size + facts.st_size, max(newest, facts.st_mtime_ns)
    return [count, size, newest]


def _files(path: Path) -> Iterator[tuple[os.stat_result, str]]:
    """All files below a folder, or the file itself."""
    if not path.is_dir():
        yield path.stat(), str(path)
        return
    for folder, _, names in os.walk(path):
        for name in names:
            found = os.path.join(folder, name)
            yield os.lstat(found), found


def _read(note: Path) -> object:
    try:
        return json.loads(note.read_text())
    except (OSError, ValueError):
        return None
