"""Virtual environments for programs that cannot share ours, made once and kept."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

# The last release of the retired client; newer releases of click break every command of it.
LEGACY_CLIENT = ("gradient==2.99.4", "click<8.3")
_FINISHED = "finished-requirements.txt"


class InstallFailed(Exception):
    """A program cannot be had on this machine; the message is the installer's last line."""


def make_venv(venv: Path, requirements: Sequence[str], python: str = "") -> Path:
    """A virtual environment with these requirements; one that is there already is used again.

    Parameters
    ----------
    venv : Path
        Where it is; processes that want it at the same time wait for the first.
    requirements : sequence of str
        As for pip.
    python : str
        Which versions of Python will do, when uv is there to choose one; by default the one that runs.
    """
    wanted = "\n".join(requirements)
    finished = venv / _FINISHED
    venv.parent.mkdir(parents=True, exist_ok=True)
    with venv.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (finished.exists() and finished.read_text() == wanted):
            _install(venv, requirements, python or sys.executable)
            finished.write_text(wanted)
    return venv


def require_venv(venv: Path, requirements: Sequence[str], python: str = "") -> Path:
    """The same for a test, which is skipped where it cannot be had; where ``CI=true`` it fails."""
    try:
        return make_venv(venv, requirements, python)
    except InstallFailed as error:
        if os.environ.get("CI", "").lower() == "true":
            pytest.fail(f"{requirements[0]} cannot be installed ({error}); CI needs it")
        pytest.skip(f"{requirements[0]} cannot be installed: {error}")


def run_installer(arguments: Sequence[str], folder: Path) -> None:
    """Run a command that installs something.

    Raises
    ------
    InstallFailed
        It failed, or there is no such command.
    """
    # What is installed is also compiled: a command that compiles itself at each start takes three times as long.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    try:
        done = subprocess.run(list(arguments), cwd=folder, capture_output=True, text=True, check=False, env=environment)
    except OSError as error:
        raise InstallFailed(f"{arguments[0]} cannot be started: {error.strerror}") from error
    if done.returncode != 0:
        lines = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        raise InstallFailed(f"{' '.join(arguments[:3])}: {lines[-1] if lines else 'no output'}")


def _install(venv: Path, requirements: Sequence[str], python: str) -> None:
    beside = Path(sys.executable).parent
    uv = shutil.which("uv", path=str(beside)) or shutil.which("uv")
    if uv is not None:
        run_installer([uv, "venv", "--quiet", "--clear", "--python", python, str(venv)], venv.parent)
        into = ["--python", str(venv / "bin" / "python")]
        run_installer([uv, "pip", "install", "--quiet", "--compile-bytecode", *into, *requirements], venv.parent)
    else:
        run_installer([sys.executable, "-m", "venv", "--clear", str(venv)], venv.parent)
        run_installer([str(venv / "bin" / "pip"), "install", "--quiet", *requirements], venv.parent)
