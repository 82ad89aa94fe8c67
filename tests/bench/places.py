"""Where the benchmark keeps things, and the environment its commands run in."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
VENVS = BENCH / "venvs"
STATE = BENCH / "state"  # on the disk: our database waits for it, and that is part of what we measure
RESULTS = BENCH / "results"
REPORT = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "benchmarks.svg"

_MEMORY = Path("/dev/shm")
_ROOMY = 12 << 30  # bytes: data, server and copy of the large load, with room to spare


def _scratch() -> Path:
    """Data, copies and the server's objects: in memory where there is room.

    On a disk, creating 20,000 files takes anything from half a second to four, depending on what was deleted before
    (ext4 passes over inodes that were freed a moment ago), and blurs every comparison.
    """
    if _MEMORY.is_dir() and shutil.disk_usage(_MEMORY).free >= _ROOMY:
        return _MEMORY / f"gradient-bench-{os.getuid()}"
    return BENCH / "scratch"


SCRATCH = _scratch()

BUCKET = "bench"
ACCESS_KEY = "bench-access-key"
SECRET_KEY = "bench-secret-key"


def clean_environment(home: Path) -> dict[str, str]:
    """The environment of every measured command: credentials, a home of its own, nothing inherited but ``PATH``.

    Nothing else of the caller's environment reaches a tool, so neither a proxy, nor a configuration file, nor
    PYTHONDONTWRITEBYTECODE (which would make every Python tool compile itself at each start) changes the numbers.
    """
    home.mkdir(parents=True, exist_ok=True)
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
