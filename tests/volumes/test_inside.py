"""A program in a view asks whether it sees everything, as a kernel that mounts by itself does."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.volumes.shown import INPUTS, WRITABLE, Shown

ROOT = Path(__file__).parents[2]
ASK = """
import os, sys
from pathlib import Path
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.view.inside import wait_until_shown
from jupyter_gradient_data.volumes.view.ways import Places

repository = Repository(Config(state_dir=Path(sys.argv[1])))
places = Places(repository.config, TeamFolders(repository))
assert places.is_inside
wait_until_shown(places, float(sys.argv[2]))
print(os.path.exists("/inputs/d/a"))
repository.close()
"""


@pytest.fixture
def shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Shown]:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    shown = Shown(tmp_path / "state", view="namespace")
    if shown.view.mode.value != "namespace":
        pytest.skip(shown.view.reason)
    yield shown
    shown.close()


@pytest.mark.parametrize("seconds", [60.0, 0.1])
def test_it_waits_for_the_holder_of_its_own_view(shown: Shown, tmp_path: Path, seconds: float) -> None:
    folder = shown.folders.mounts(WRITABLE)
    other = folder / ".shown-1-of-another-view"
    other.touch()
    os.kill(shown.holder_pid, signal.SIGSTOP)
    try:
        shown.link("d", shown.tree("t", a="one"), INPUTS)
        program = shown.start(sys.executable, "-c", ASK, str(shown.config.state_path), str(seconds))
        deadline = time.monotonic() + 60
        while seconds > 1 and len(os.listdir(folder)) < 2:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        if seconds < 1:
            assert program.communicate(timeout=60) == ("False\n", "")
    finally:
        os.kill(shown.holder_pid, signal.SIGCONT)
    if seconds > 1:
        assert program.communicate(timeout=60) == ("True\n", "")
    assert os.listdir(folder) == [other.name]
