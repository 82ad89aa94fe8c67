"""Restoring a lock in processes that end by SIGKILL at every step, one after the other, and what is seen after each.

``python -m tests.support.doomed_lock WORK STRIDE`` makes a state with data and, beside it, an empty one whose provider
holds the same bytes.  For each step, or only for each STRIDE-th, it restores the lock in a copy of the empty one, in a
child that kills itself just before that step; then it looks at what is left, and restores again.  See `doomed_mounts`.
The number of runs that were killed is printed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
from pathlib import Path

import msgspec

from jupyter_gradient_data.models import LockEntry, LockState
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, TeamFolders
from tests.service.place import read_tree
from tests.support.doomed_mounts import CONTENTS, MOST, Doom, in_child, opened
from tests.support.locks import locked

HOME, EMPTY, LOCK, MINE = "home", "empty", "lock.json", "mine.txt"


def prepare(work: Path) -> None:
    """The data, the lock, and the empty state with the same bytes, in which somebody has a file already."""
    service = opened(work / HOME)
    lock = []
    for name, files in zip(("flowers", "birds"), CONTENTS, strict=True):
        service.create_dataset(name)
        version = service.create_version(name).reference
        for path, content in files.items():
            service.write_file(version, path, [content])
        service.commit_version(version).result()
        lock.append(locked(service, name, f"/inputs/{name}"))
    service.close()
    (work / LOCK).write_bytes(msgspec.json.encode(lock))
    empty = opened(work / EMPTY)
    (TeamFolders(empty._repository).notebook() / MINE).write_text("mine")
    empty.close()
    shutil.copytree(work / HOME / "managed", work / EMPTY / "managed", dirs_exist_ok=True)


def restore(state: Path, lock: list[LockEntry], at: int) -> None:
    service = opened(state)
    Doom(at).install(service)
    service.restore_lock(lock).result()
    service.close()


def look(state: Path, lock: list[LockEntry]) -> None:
    """Nothing incomplete is seen, nothing is lost; the same again finishes."""
    service = opened(state)
    folders = TeamFolders(service._repository)
    for part in (INPUTS, DATASETS):
        for name in os.listdir(folders.mounts(part)):
            assert read_tree(folders.mounts(part) / name) in CONTENTS
    checks = service.restore_lock(lock).result()
    assert [(check.state, check.error) for check in checks] == [(LockState.READY, None)] * 2
    for name, files in zip(("flowers", "birds"), CONTENTS, strict=True):
        assert read_tree(folders.mounts(INPUTS) / name) == files
    assert service.verify_lock(lock).result().problems == ()
    assert (folders.notebook() / MINE).read_text() == "mine"
    service.close()


def is_killed(work: Path, lock: list[LockEntry], at: int) -> bool:
    """Do it once; False when it came to its end before that step."""
    copy = work / str(at)
    shutil.copytree(work / EMPTY, copy, symlinks=True)
    code = in_child(lambda: restore(copy, lock, at))
    assert code in (0, -signal.SIGKILL), code
    assert in_child(lambda: look(copy, lock)) == 0, f"after step {at}"
    for folder, _, _ in os.walk(copy):
        os.chmod(folder, 0o700)
    shutil.rmtree(copy)
    return code != 0


def main(work: Path, stride: int) -> None:
    assert in_child(lambda: prepare(work)) == 0
    lock = msgspec.json.decode((work / LOCK).read_bytes(), type=list[LockEntry])
    for number, at in enumerate(range(random.randint(1, stride), MOST, stride)):
        if not is_killed(work, lock, at):
            print(number)
            return
    raise AssertionError("it does not end")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
