"""The published legacy client, unmodified, in an environment of its own; and our command, to compare with."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.support.jupyter_server import JupyterServer
from tests.support.venvs import LEGACY_CLIENT, require_venv

_SPINNER = re.compile(r"[\u2800-\u28ff] .*")
_CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")


@dataclass(frozen=True)
class Ran:
    """What a command printed, without its spinners, and its exit code."""

    code: int
    out: str
    err: str


class LegacyClient:
    """Runs ``gradient`` 2.99.4 against a server.

    Parameters
    ----------
    venv : Path
        Where it is installed.
    server : JupyterServer
        What it talks to.
    folder : Path
        Where it runs.
    url : str, optional
        Another way to the server's ``/gradient``.
    """

    def __init__(self, venv: Path, server: JupyterServer, folder: Path, url: str = "") -> None:
        self._program = str(venv / "bin" / "gradient")
        self._server = server
        self.folder = folder
        self._environment = {
            "PATH": os.environ.get("PATH", os.defpath),
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONWARNINGS": "ignore",
            "PAPERSPACE_CONFIG_HOST": url or server.url,
            "PAPERSPACE_API_KEY": server.token,
        }

    def run(self, *arguments: str, answers: str = "", seconds: float = 120) -> Ran:
        """Run a command, with what is typed when it asks."""
        done = subprocess.run(
            [self._program, *arguments],
            env=self._environment,
            cwd=self.folder,
            input=answers,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        return Ran(done.returncode, _clean(done.stdout), _clean(done.stderr))

    def prints(self, *arguments: str, answers: str = "") -> str:
        """What a command prints when it works."""
        ran = self.run(*arguments, answers=answers)
        assert (ran.code, ran.err) == (0, ""), ran
        return ran.out

    def fails(self, *arguments: str) -> str:
        """What a command prints when the server refuses; its exit code says nothing."""
        ran = self.run(*arguments)
        assert (ran.code, ran.out) == (0, ""), ran
        return ran.err

    def made(self, *arguments: str) -> str:
        """The id that a command printed at the end of its first line."""
        return self.prints(*arguments).splitlines()[0].rpartition(" ")[2]

    def our_command_prints(self, *arguments: str) -> str:
        """What our own command prints on the state of the same server."""
        done = subprocess.run(
            [sys.executable, "-m", "jupyter_gradient_data.cli", *arguments],
            env={**os.environ, "GRADIENT_STATE_DIR": str(self._server.state)},
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout


def require_legacy_client(folder: Path) -> Path:
    """The environment that has the legacy client, made on first use; it needs an old Python."""
    return require_venv(folder / "legacy-client", LEGACY_CLIENT, ">=3.9,<3.12")


def _clean(text: str) -> str:
    lines = [_SPINNER.sub("", line).rstrip() for line in _CONTROL.sub("", text).split("\n")]
    return "".join(f"{line}\n" for line in lines if line)
