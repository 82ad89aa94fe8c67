"""What a put reads: local files and folders, and the paths they get in a version.

Sources are named as rsync names them: ``dir`` is stored below ``target/dir/``, the contents of ``dir/`` directly below
``target``, a file as ``target/<its name>``.

A put may have several sources, so what is walked are folders *of the version*: each has any number of local folders
that are laid over each other.  Folders merge; two files with one path are refused, also when they come from one folder
and differ only in their Unicode form.  Memory is that of the largest folder.

Symbolic links are followed as long as they stay inside the source that holds them; a source that is itself a link is
followed wherever it leads, because someone named it.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator, Sequence
from operator import itemgetter
from os import PathLike
from typing import NamedTuple, Protocol

from jupyter_gradient_data.blobs.hashing import show_local, unreadable
from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .paths import MAX_PATH_BYTES, check_path, show_path

_KEPT_FILES = 50_000  # what `measure` has seen of so many is kept, some 20 MB, to save a second scan


class SourceFile(NamedTuple):
    """A local file to be put, as it was when its folder was scanned.

    Parameters
    ----------
    local : str
        Absolute local path.
    path : bytes
        Its path within the version: NFC, UTF-8.
    size, mtime_ns, inode : int
        Bytes, nanoseconds since 1970, number (0 where the file system has none); of the file a link leads to.
    executable : bool
        Whether its owner may execute it.
    """

    local: str
    path: bytes
    size: int
    mtime_ns: int
    inode: int
    executable: bool


class SourceFolder(NamedTuple):
    """The files directly in one local folder.

    Parameters
    ----------
    local : str
        Absolute local path of the folder.
    files : list of SourceFile
        In bytewise order of their paths; never empty.
    complete : bool
        False when only some files of the folder were named; `HashCache.remember` wants to know.
    """

    local: str
    files: list[SourceFile]
    complete: bool = True


class Plan(Protocol):
    """What a put will read."""

    def folders(self) -> Iterator[SourceFolder]:
        """The files, folder by folder, each scanned when it is asked for; may be called again."""
        ...

    def measure(self) -> tuple[int, int]:
        """Number of files and bytes."""
        ...


class FilePlan:
    """A put of files that somebody has looked up already.

    Parameters
    ----------
    files : sequence of SourceFile
        Each path once.
    """

    def __init__(self, files: Sequence[SourceFile]) -> None:
        self._folders: dict[str, list[SourceFile]] = {}
        for file in sorted(files, key=itemgetter(1)):
            self._folders.setdefault(os.path.dirname(file.local), []).append(file)

    def folders(self) -> Iterator[SourceFolder]:
        """See `Plan.folders`."""
        return (SourceFolder(local, files, complete=False) for local, files in self._folders.items())

    def measure(self) -> tuple[int, int]:
        """See `Plan.measure`."""
        sizes = [file.size for files in self._folders.values() for file in files]
        return len(sizes), sum(sizes)


class _Place(NamedTuple):
    """A local folder on the way down.

    ``real`` has no links in it and lies within ``root``, the real path of its source.  ``trail`` are the real paths of
    the folders whose links were followed to get here.
    """

    local: str
    real: str
    root: str
    trail: tuple[str, ...] = ()


class SourcePlan:
    """What a put will read, checked as far as that is possible without reading it; made by `plan_sources`.

    Parameters
    ----------
    target : bytes
        Folder of the version with a slash at its end; empty for the top.
    contents : list of str
        Local folders whose contents go directly into it.
    named : dict
        Local files and folders that are stored under a path of their own, and that path.
    """

    def __init__(self, target: bytes, contents: list[str], named: dict[str, bytes]) -> None:
        self._target = target
        self._contents = contents
        self._named = named
        self._measured: list[SourceFolder] | None = None

    def folders(self) -> Iterator[SourceFolder]:
        """Scan folder by folder, depth first, each when it is asked for; may be called again.

        The first call after `measure` gives what that has seen, unless it was very much.

        Raises
        ------
        Invalid
            ``SOURCE_NOT_FOUND``, ``SOURCE_UNREADABLE``, ``SOURCE_LINK_OUTSIDE``, ``SOURCE_LINK_LOOP``,
            ``SOURCE_LINK_BROKEN``, ``SOURCE_SPECIAL``, ``INVALID_PATH``.
        Conflict
            ``PATHS_CLASH``: two files would have one path.
        """
        if self._measured is not None:
            measured, self._measured = self._measured, None
            yield from measured
            return
        scans = [_scan_folder(self._target, _top_place(local)) for local in self._contents]
        scans += _scan_named(self._named)
        waiting: list[tuple[bytes, list[_Place]]] = []
        while True:
            below = _lay_over(scans)
            yield from (SourceFolder(scan.local, scan.files, scan.complete) for scan in scans if scan.files)
            waiting += sorted(below.items(), reverse=True)
            if not waiting:
                return
            path, places = waiting.pop()
            scans = [_scan_folder(path + b"/", place) for place in places]

    def measure(self) -> tuple[int, int]:
        """Number of files and bytes; raises what `folders` raises."""
        files = size = 0
        seen: list[SourceFolder] = []
        for folder in self.folders():
            files += len(folder.files)
            size += sum(map(itemgetter(2), folder.files))
            if files <= _KEPT_FILES:
                seen.append(folder)
        self._measured = seen if files <= _KEPT_FILES else None
        return files, size


def plan_sources(sources: Sequence[str | PathLike[str]], target: str = "/") -> SourcePlan:
    """Check what someone wants to put where, before anything happens.

    Parameters
    ----------
    sources : sequence of str or path
        Local files and folders; a folder with a slash at its end (or ``.`` or ``..``) stands for its contents.
    target : str
        Folder of the version; slashes around it and empty parts do not matter.

    Raises
    ------
    Invalid
        ``SOURCE_NOT_FOUND``, ``SOURCE_UNREADABLE``, ``SOURCE_SPECIAL``, ``INVALID_PATH``.
    """
    folder = "/".join(part for part in target.split("/") if part not in ("", "."))
    prefix = check_path(folder) + b"/" if folder else b""
    contents: list[str] = []
    named: dict[str, bytes] = {}
    for source in sources:
        text = os.fspath(source)
        local = _check_source(text)
        name = os.path.basename(text.rstrip(os.sep))
        if text.endswith(os.sep) or name in ("", ".", ".."):
            if local not in contents:
                contents.append(local)
        else:
            named[local] = check_path(f"{folder}/{name}" if folder else name)
    return SourcePlan(prefix, contents, named)


def _check_source(source: str) -> str:
    """The absolute path of a source that exists and may be read."""
    try:
        mode = os.stat(source).st_mode
    except OSError as error:
        raise unreadable(source, error) from error
    except ValueError as error:  # a NUL, or not a name on this system
        raise ErrorKind.SOURCE_NOT_FOUND(path=show_local(source)) from error
    is_folder = stat.S_ISDIR(mode)
    if not is_folder and not stat.S_ISREG(mode):
        raise ErrorKind.SOURCE_SPECIAL(path=show_local(source))
    if not os.access(source, os.R_OK | os.X_OK if is_folder else os.R_OK):
        raise ErrorKind.SOURCE_UNREADABLE(path=show_local(source), reason="permission denied")
    if os.pardir not in source.split(os.sep):
        return os.path.abspath(source)
    # What comes before ".." may be a link, and then only the file system knows what the two mean together.
    folder, name = os.path.split(source.rstrip(os.sep))
    if name in ("", os.curdir, os.pardir):
        return os.path.realpath(source)
    return os.path.join(os.path.realpath(folder), name)


class _Scan(NamedTuple):
    """What is directly in a local folder: files in order, and the folders with their paths in the version."""

    local: str
    files: list[SourceFile]
    folders: list[tuple[bytes, _Place]]
    complete: bool


def _top_place(local: str) -> _Place:
    real = os.path.realpath(local)
    return _Place(local, real, real)


def _scan_folder(prefix: bytes, place: _Place) -> _Scan:
    """Scan one local folder whose files go below ``prefix``.

    This runs once per file, so it asks the operating system once per file and skips what cannot fail: an ASCII name
    that the system gave us only has to be short enough.
    """
    files: list[SourceFile] = []
    folders: list[tuple[bytes, _Place]] = []
    above = prefix.decode()
    real = place.real.rstrip(os.sep) + os.sep
    room = MAX_PATH_BYTES - len(prefix)
    try:
        with os.scandir(place.local) as entries:
            for entry in entries:
                name, local = entry.name, entry.path
                if name.isascii() and len(name) <= room:
                    path = prefix + name.encode()
                else:
                    path = check_path(above + name)
                status = entry.stat(follow_symlinks=False)
                mode = status.st_mode
                if stat.S_ISLNK(mode):
                    target = _follow(local, place)
                    status = os.stat(target)
                    mode = status.st_mode
                    if stat.S_ISDIR(mode):
                        folders.append((path, _enter_link(local, target, place)))
                        continue
                if stat.S_ISREG(mode):
                    executable = mode & stat.S_IXUSR != 0
                    files.append(SourceFile(local, path, status.st_size, status.st_mtime_ns, status.st_ino, executable))
                elif stat.S_ISDIR(mode):
                    folders.append((path, _Place(local, real + name, place.root, place.trail)))
                else:
                    raise ErrorKind.SOURCE_SPECIAL(path=show_local(local))
    except OSError as error:
        raise unreadable(error.filename if isinstance(error.filename, str) else place.local, error) from error
    files.sort(key=itemgetter(1))
    return _Scan(place.local, files, folders, complete=True)


def _scan_named(named: dict[str, bytes]) -> list[_Scan]:
    """Look at the sources that were named one by one, together with those of the same local folder."""
    scans: dict[str, _Scan] = {}
    for local, path in named.items():
        parent = os.path.dirname(local)
        scan = scans.setdefault(parent, _Scan(parent, [], [], complete=False))
        try:
            status = os.stat(local)
        except OSError as error:
            raise unreadable(local, error) from error
        mode = status.st_mode
        if stat.S_ISDIR(mode):
            scan.folders.append((path, _top_place(local)))
        elif stat.S_ISREG(mode):
            executable = mode & stat.S_IXUSR != 0
            scan.files.append(SourceFile(local, path, status.st_size, status.st_mtime_ns, status.st_ino, executable))
        else:
            raise ErrorKind.SOURCE_SPECIAL(path=show_local(local))
    for scan in scans.values():
        scan.files.sort(key=itemgetter(1))
    return list(scans.values())


def _lay_over(scans: list[_Scan]) -> dict[bytes, list[_Place]]:
    """Lay scans of one folder of the version over each other: the folders below it, with all their local folders.

    A file that was named twice is taken out of the later scan; two different files with one path are refused.
    """
    files: dict[bytes, str] = {}
    folders: dict[bytes, list[_Place]] = {}
    for scan in scans:
        for file in scan.files:
            other = files.setdefault(file.path, file.local)
            if other != file.local:
                raise _clash(file.path, other, file.local)
        scan.files[:] = [file for file in scan.files if files[file.path] is file.local]
        for path, place in scan.folders:
            places = folders.setdefault(path, [])
            for known in places:
                # Two names in one folder are two Unicode forms of one name; that is a mistake, not a merge.
                if known.local != place.local and os.path.dirname(known.local) == os.path.dirname(place.local):
                    raise _clash(path, known.local, place.local)
            places.append(place)
    for path in files.keys() & folders.keys():
        raise _clash(path, files[path], folders[path][0].local)
    return folders


def _clash(path: bytes, local: str, other: str) -> GradientDataError:
    reason = f"both would be {show_path(path)} in it"
    return ErrorKind.PATHS_CLASH(path=show_local(local), other=show_local(other), reason=reason)


def _follow(link: str, place: _Place) -> str:
    """Where a symbolic link leads, as long as that is inside the source."""
    try:
        target = os.path.realpath(link, strict=True)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ErrorKind.SOURCE_LINK_LOOP(path=show_local(link)) from error
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            raise ErrorKind.SOURCE_LINK_BROKEN(path=show_local(link)) from error
        raise unreadable(link, error) from error
    if not _is_within(target, place.root):
        raise ErrorKind.SOURCE_LINK_OUTSIDE(path=show_local(link))
    return target


def _enter_link(link: str, target: str, place: _Place) -> _Place:
    """The folder behind a link, unless we came from there.

    We did when the target is, or contains, the folder of this link or of one that was followed before.
    """
    trail = (*place.trail, place.real)
    if any(_is_within(folder, target) for folder in trail):
        raise ErrorKind.SOURCE_LINK_LOOP(path=show_local(link))
    return _Place(link, target, place.root, trail)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)
