"""Where the benchmark keeps things, and the environment its commands run in."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BENCH = ROOT / ".bench"
VENVS = BENCH / "venvs"
SCRATCH = BENCH / "scratch"
RESULTS = BENCH / "results"
REPORT = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "benchmarks.svg"

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
