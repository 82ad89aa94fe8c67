"""Materialise a version and be killed at each step: ``python -m tests.support.doomed_cache STATE ROOT REFERENCE STEP``.

A step is what changes the file system below the cache: it is announced by the interpreter before it is done.  After
each end, what is visible is looked at, and the next process must finish.  Prints how many steps there were.
"""

from __future__ import annotations

import os
import signal
import sys
from pathlib import Path
from typing import Any

from jupyter_gradient_data.blobs import file_locks
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from jupyter_gradient_data.volumes.folders import TeamFolders

# Who is killed before its name is in its lock makes the next one wait; a test need not wait that long.
file_locks.BEAT, file_locks.PATIENCE = 0.1, 1.0

STEPS = {"os.link", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.utime", "os.truncate"}
_STATE = {"left": 0}


def _hook(event: str, arguments: tuple[Any, ...]) -> None:
    is_new_file = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_CREAT
    if _STATE["left"] and (event in STEPS or is_new_file):
        _STATE["left"] -= 1
        if _STATE["left"] == 0:
            os.kill(os.getpid(), signal.SIGKILL)


def materialise(state: Path, reference: str, at: int = 0) -> bool:
    """In a process of its own, killed at a step from 1 (0: never); whether it came to its end."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    try:
        repository = Repository(Config(state_dir=state))
        cache = VersionCache(repository, TeamFolders(repository))
        files = VersionFiles.open(repository, reference)
        if at:
            sys.addaudithook(_hook)
            _STATE["left"] = at
        cache.materialise(files, Progress(), "notebook/name")
        _STATE["left"] = 0
        if not at:
            cache.trim(Progress())
    except BaseException as error:
        print(repr(error), file=sys.stderr)
        os._exit(1)
    os._exit(0)


def look(folder: Path) -> dict[str, tuple[bytes, int]]:
    """All files below a folder, with their permissions."""
    found = {}
    for above, _, names in os.walk(folder):
        for name in names:
            path = Path(above, name)
            found[str(path.relative_to(folder))] = path.read_bytes(), path.stat().st_mode & 0o777
    return found


def main(state: Path, root: Path, reference: str, step: int) -> None:
    """Kill at each ``step``-th step until there is none any more; ``root`` is the cache's folder."""
    assert materialise(state, reference)
    (tree,) = (root / "trees").iterdir()
    whole = look(tree)
    at = 1
    while True:
        remove_tree(root)
        if materialise(state, reference, at):
            break
        visible = list((root / "trees").glob("*"))
        assert all(look(folder) == whole for folder in visible), f"step {at} left something visible"
        assert materialise(state, reference), f"step {at} could not be repeated"
        assert look(tree) == whole, f"step {at} was not finished by the next"
        assert list((root / "tmp").iterdir()) == [], f"step {at} left something behind"
        assert list((root / "locks").iterdir()) == [], f"step {at} left a lock"
        at += step
    print(at)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
