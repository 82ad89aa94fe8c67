"""Finding files of a version by a part of their path, or by a pattern."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from fnmatch import translate

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import FileInfo, Page

from .files import VersionFiles, folder_end, folder_path, path_after, to_info
from .nodes import Entry
from .paths import MAX_PATH_BYTES, show_path
from .repository import Repository

_SCANNED = 50_000  # files looked at for one page, which takes about a tenth of a second


def page(
    repository: Repository, reference: str, path: str, search: str, limit: int, after: str | None
) -> Page[FileInfo]:
    """Files below a folder whose path below it has these characters, or matches; in any case of letters.

    The token of a page is the path of the last file that was looked at, whether it was found or not.
    """
    matches = _matcher(search)
    files = VersionFiles.open(repository, reference)
    folder = folder_path(path)
    found: list[Entry] = []
    looked_at, last = 0, b""
    for entry in files.entries(max(folder, path_after(after)), folder_end(folder)):
        if len(found) == limit or looked_at == _SCANNED:
            return Page(tuple(map(to_info, found)), last.decode())
        looked_at, last = looked_at + 1, entry.path
        if matches(entry.path[len(folder) :].decode()):
            found.append(entry)
    if not looked_at and folder and not after:
        found = _one_file(files, path, folder, matches)
    return Page(tuple(map(to_info, found)))


def _one_file(files: VersionFiles, path: str, folder: bytes, matches: Callable[[str], bool]) -> list[Entry]:
    """The file whose own path was given instead of a folder's, if its name is what is searched for."""
    entry = None if path.endswith("/") else files.find(folder[:-1])
    if entry is None:
        raise ErrorKind.FILE_NOT_FOUND(path=show_path(path), reference=files.reference)
    return [entry] if matches(entry.path.rpartition(b"/")[2].decode()) else []


def _matcher(search: str) -> Callable[[str], bool]:
    if len(search) > MAX_PATH_BYTES:
        raise ErrorKind.INVALID_OPTION(
            option="search",
            value=show_path(search),
            reason=f"it is longer than {MAX_PATH_BYTES:,} characters",
            hint="No path is that long: give a part of one.",
        )
    wanted = unicodedata.normalize("NFC", search).casefold()  # paths are in that form
    if not set("*?") & set(wanted):
        return lambda text: wanted in text.casefold()
    pattern = re.compile(translate(wanted))
    return lambda text: pattern.match(text.casefold()) is not None
