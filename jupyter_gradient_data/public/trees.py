"""Folders full of files that are known by their records: whether they are whole, and giving them another folder."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from jupyter_gradient_data.progress import Progress

from .paths import UnsafePathError, safe_path
from .unpacking import Unpacked

_PIECE = 1024 * 1024
_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EACCES}


def is_complete(tree: Path, files: Sequence[Unpacked]) -> bool:
    """Whether all files are there with their sizes; reads none."""
    return all(_is_there(tree, file) for file in files)


def damaged_files(tree: Path, files: Sequence[Unpacked], progress: Progress) -> list[str]:
    """Paths of files that are missing or have other bytes; reads all."""
    return [file.path for file in files if not (_is_there(tree, file) and _is_sound(tree, file, progress))]


def link_files(source: Path, target: Path, files: Sequence[Unpacked], progress: Progress) -> None:
    """Give files that are below one folder the same paths below another, without copying where that is possible."""
    made: set[str] = set()
    for file in files:
        parent = file.path.rpartition("/")[0]
        if parent not in made:
            (target / parent).mkdir(parents=True, exist_ok=True)
            made.add(parent)
        _link(source / file.path, target / file.path)
        progress.advance(files=1)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target, follow_symlinks=False)
    except FileExistsError:  # two archives have it, or it was linked before a crash
        return
    except OSError as error:
        if error.errno not in _NO_LINKS:
            raise
        shutil.copy2(source, target, follow_symlinks=False)


def _is_there(tree: Path, file: Unpacked) -> bool:
    try:
        path = tree / safe_path(file.path)
        if file.link is not None:
            return os.readlink(path) == file.link
        found = os.lstat(path)
    except (OSError, UnsafePathError):
        return False
    return found.st_size == file.size and os.path.isfile(path) and not os.path.islink(path)


def _is_sound(tree: Path, file: Unpacked, progress: Progress) -> bool:
    if file.link is not None:
        return True
    digest = hashlib.sha256()
    try:
        with (tree / file.path).open("rb", buffering=0) as opened:
            while piece := opened.read(_PIECE):
                digest.update(piece)
                progress.advance(bytes=len(piece))
    except OSError:
        return False
    return digest.hexdigest() == file.sha256
