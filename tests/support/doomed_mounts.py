"""Mounts in processes that end by SIGKILL at every step, one after the other, and what is to be seen after each.

``python -m tests.support.doomed_mounts STATE WORK ACTION STRIDE`` copies the state for each step, or only for each
STRIDE-th, does the action in a child that kills itself just before that step, and looks at what is left in another
child; then it does the action again, or what a server does at its start.  A *step* is whatever changes a disk or the
database: the audit events of Python say when.  The last run is the one that was not killed; the number of those before
is printed.
"""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import MountState
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS, TeamFolders
from tests.service.place import read_tree

STEPS = {"os.rename", "os.link", "os.symlink", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.truncate"}
MOST = 400
CONTENTS = ({"a": b"1", "deep/b": b"2" * 3000, "large": b"3" * 1_500_000}, {"a": b"new", "deep/b": b"2" * 3000})


class Doom:
    """Counts steps and kills the process before the ``at``-th."""

    def __init__(self, at: int) -> None:
        self._at = at
        self._count = 0
        self._lock = threading.Lock()

    def install(self, service: LocalService) -> None:
        """Begin to count."""
        dialect: Any = service._repository.database.engine.dialect
        do_commit = dialect.do_commit

        def commit(connection: Any) -> None:
            self._step()
            do_commit(connection)

        dialect.do_commit = commit
        sys.addaudithook(self._heard)

    def _heard(self, event: str, arguments: Any) -> None:
        writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_CREAT | os.O_TRUNC)
        if event in STEPS or writes:
            self._step()

    def _step(self) -> None:
        with self._lock:
            self._count += 1
            if self._count == self._at:
                os.kill(os.getpid(), signal.SIGKILL)


ACTIONS: dict[str, Callable[[LocalService], object]] = {
    "mount": lambda service: service.mount("flowers").result(),
    "writable": lambda service: service.mount("flowers", writable=True).result(),
    "update": lambda service: service.update_mount("flowers").result(),
    "unmount": lambda service: service.unmount("flowers"),
    "restore": lambda service: service.restore_mounts().result(),
}


def opened(state: Path) -> LocalService:
    return LocalService(Repository(Config(state_dir=state, author="tester", transfers=2)))


def prepare(state: Path, action: str) -> None:
    """What there is before the action."""
    service = opened(state)
    service.create_dataset("flowers")
    _commit(service, CONTENTS[0])
    if action in ("update", "unmount"):
        service.mount("flowers").result()
    if action == "update":
        _commit(service, CONTENTS[1])
    if action == "restore":
        settings = TeamFolders(service._repository).notebook() / ".gradient" / "settings.yaml"
        settings.parent.mkdir()
        settings.write_text("integrations: {flowers: {ref: flowers}}\n")
    service.close()


def _commit(service: LocalService, files: dict[str, bytes]) -> None:
    version = service.create_version("flowers").reference
    for path, content in files.items():
        service.write_file(version, path, [content])
    service.commit_version(version).result()


def look(state: Path, action: str, *, by_restore: bool) -> None:
    """Nothing incomplete is seen; the same again, or the next start, finishes."""
    service = opened(state)
    folders = TeamFolders(service._repository)
    for part in (INPUTS, DATASETS):
        for name in os.listdir(folders.mounts(part)):
            assert name == "flowers", name
            if action != "writable" or (folders.mounts(part) / name).exists():
                assert read_tree(folders.mounts(part) / name) in CONTENTS
    for found in service.list_mounts():
        assert found.state is not MountState.MOUNTING, found
    known = [found.name for found in service.list_mounts()]
    listed = (folders.notebook() / ".gradient" / "settings.yaml").exists()
    if by_restore:
        service.restore_mounts().result()
        if action in ("mount", "writable"):
            assert bool(service.list_mounts()) == bool(known), "a mount that was begun is finished at the next start"
    if action == "unmount":
        try:
            service.unmount("flowers")
        except GradientDataError as error:
            assert error.kind.code == "mount_not_found"  # noqa: PT017
    else:
        ACTIONS[action](service)
    finished(service, folders, action, listed)
    service.close()


def finished(service: LocalService, folders: TeamFolders, action: str, listed: bool) -> None:
    """All is as if nobody had been killed."""
    expected = {} if action == "unmount" else {"flowers": CONTENTS[1 if action == "update" else 0]}
    for part in (INPUTS, DATASETS):
        found = {name: read_tree(folders.mounts(part) / name) for name in os.listdir(folders.mounts(part))}
        assert found == expected
    service.restore_mounts().result()
    mounts = service.list_mounts()
    assert [found.state for found in mounts] == [MountState.MOUNTED] * len(expected)
    assert [found.error for found in mounts] == [None] * len(expected)
    cache = service._repository.disk_cache.root
    assert len(list((cache / "uses").glob("*/*"))) == len(expected), "uses"
    left = [name for name in os.listdir(folders.mounts(INPUTS).parent) if name.startswith(".new-")]
    assert left == []
    settings = folders.notebook() / ".gradient"
    assert not settings.exists() or os.listdir(settings) == ["settings.yaml"]


def in_child(work: Callable[[], object]) -> int:
    """Do it in a process of its own; what it ended with, below zero for a signal."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    code = 1
    try:
        work()
        code = 0
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def act(state: Path, action: str, at: int) -> None:
    service = opened(state)
    Doom(at).install(service)
    ACTIONS[action](service)
    service.close()


def main(state: Path, work: Path, action: str, stride: int) -> None:
    assert in_child(lambda: prepare(state, action)) == 0
    for number, at in enumerate(range(random.randint(1, stride), MOST, stride)):
        if not is_killed(state, work / str(at), action, at, by_restore=number % 2 == 0):
            print(number)
            return
    raise AssertionError("it does not end")


def is_killed(state: Path, copy: Path, action: str, at: int, *, by_restore: bool) -> bool:
    """Do it once; False when it came to its end before that step."""
    shutil.copytree(state, copy, symlinks=True)
    _point_into(copy, state)
    code = in_child(lambda: act(copy, action, at))
    assert code in (0, -signal.SIGKILL), code
    result = in_child(lambda: look(copy, action, by_restore=by_restore))
    assert result == 0, f"after step {at}"
    for folder, _, _ in os.walk(copy):
        os.chmod(folder, 0o700)
    shutil.rmtree(copy)
    return code != 0


def _point_into(copy: Path, state: Path) -> None:
    """Links are absolute: let those of a copy lead into the copy."""
    for folder, folders, files in os.walk(copy):
        for name in [*folders, *files]:
            path = Path(folder, name)
            if path.is_symlink():
                target = os.readlink(path).replace(str(state), str(copy))
                path.unlink()
                path.symlink_to(target)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]))
