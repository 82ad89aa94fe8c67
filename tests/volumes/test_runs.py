"""Who uses a notebook run."""

from __future__ import annotations

import subprocess
import sys
import threading
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.volumes.view.runs import RunLock, is_in_use, unused


def test_several_may_use_one_and_nobody_deletes_it_meanwhile(tmp_path: Path) -> None:
    run = tmp_path / "run"
    assert not is_in_use(run)
    locks = [RunLock(run), RunLock(run)]
    for lock in locks:
        assert is_in_use(run)
        with pytest.raises(GradientDataError) as failure, unused(run):
            pass
        assert failure.value.kind is ErrorKind.NOTEBOOK_IN_USE
        lock.release()
    assert not is_in_use(run)
    with unused(run):
        assert is_in_use(run)


def test_a_process_that_is_killed_uses_nothing(tmp_path: Path) -> None:
    code = "import sys, time, pathlib; from jupyter_gradient_data.volumes.view.runs import RunLock\n"
    code += "lock = RunLock(pathlib.Path(sys.argv[1])); print('has it', flush=True); time.sleep(1000)"
    program = subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "run")], stdout=subprocess.PIPE, text=True)
    assert program.stdout is not None
    program.stdout.readline()
    assert is_in_use(tmp_path / "run")
    program.kill()
    program.communicate()
    assert not is_in_use(tmp_path / "run")


def test_who_comes_while_it_is_deleted_begins_a_new_one(tmp_path: Path) -> None:
    run = tmp_path / "run"
    begun = threading.Event()
    found: list[RunLock] = []

    def use() -> None:
        begun.set()
        found.append(RunLock(run))

    with unused(run):
        thread = threading.Thread(target=use)
        thread.start()
        begun.wait()
        run.rename(tmp_path / "deleted")
    thread.join(30)
    assert is_in_use(run)
    assert not is_in_use(tmp_path / "deleted")
    found[0].release()
