"""A mount whose process is killed, at some of all steps: nothing half filled is seen, and the next try finishes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.doomed_mounts import ACTIONS

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stride", [19, pytest.param(1, marks=pytest.mark.soak)])
@pytest.mark.parametrize("action", ACTIONS)
def test_killed_at_any_step(action: str, stride: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.doomed_mounts", tmp_path / "state", tmp_path, action, str(stride)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20 / stride
