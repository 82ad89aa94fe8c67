"""What folders take on their disk."""

from __future__ import annotations

import os
from pathlib import Path

_BLOCK = 512  # what st_blocks counts


def used_bytes(folder: Path) -> int:
    """What the files below a folder take; those with several names count once.

    Links directly in the folder are followed, as they are what makes up ``/inputs`` and ``/datasets``; others are not.
    """
    seen: set[tuple[int, int]] = set()
    total, waiting = 0, [os.fspath(folder)]
    is_top = True
    while waiting:
        try:
            with os.scandir(waiting.pop()) as entries:
                for entry in entries:
                    try:
                        status = entry.stat(follow_symlinks=is_top)
                        is_folder = entry.is_dir(follow_symlinks=is_top)
                    except OSError:  # removed meanwhile, or a link to nothing
                        continue
                    if is_folder:
                        waiting.append(entry.path)
                    if (identity := (status.st_dev, status.st_ino)) not in seen:
                        seen.add(identity)
                        total += status.st_blocks * _BLOCK
        except OSError:  # a folder that others may not look into
            pass
        is_top = False
    return total


def free_bytes(folder: Path) -> int | None:
    """What its file system has left for this user; None when it does not say."""
    try:
        found = os.statvfs(folder)
    except OSError:
        return None
    return found.f_bavail * found.f_frsize
