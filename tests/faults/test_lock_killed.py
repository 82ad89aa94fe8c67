"""A restore of a lock whose process is killed, at some of all steps: nothing half done is seen, the next finishes."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("stride", [23, pytest.param(1, marks=pytest.mark.soak)])
def test_killed_at_any_step(stride: int, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.support.doomed_lock", tmp_path, str(stride)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert int(done.stdout) > 20 / stride
