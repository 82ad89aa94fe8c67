"""git as a program that can do no harm: no hooks, no prompts, no foreign transports, no password where others see it.

What a user has configured for themselves (a proxy, certificates, SSH keys) counts; what would run a program of theirs
at a moment they do not expect (hooks, filters, fsmonitor) does not.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from jupyter_gradient_data.progress import Progress

from .git_url import SCHEMES, hide_user

NOT_INSTALLED = "git is not installed"
TIMED_OUT = "timed out: nothing was heard for too long"

_SILENT = 600.0  # seconds without a word from git on the network after which it counts as lost
_LOOK_EVERY = 0.1  # seconds between two looks whether to stop
_TERM_PATIENCE = 2.0  # seconds for git to end by itself
_LONGEST_ERROR = 64 * 1024  # bytes of what git says that are kept

# Of the GIT_ variables of this process those that say how the network is reached; others could lead git elsewhere.
_KEPT = ("GIT_SSH", "GIT_SSL", "GIT_PROXY", "GIT_HTTP", "GIT_CONFIG_")
_DROPPED = ("GIT_", "GRADIENT_", "SSH_ASKPASS", "JUPYTER_TOKEN", "JPY_API_TOKEN", "JUPYTERHUB_API_TOKEN")
_USER, _PASSWORD = "GRADIENT_GIT_USERNAME", "GRADIENT_GIT_PASSWORD"

_OPTIONS = {
    "core.hooksPath": "/dev/null",
    "core.fsmonitor": "false",
    "core.quotePath": "false",
    "core.logAllRefUpdates": "true",
    "credential.interactive": "false",
    "fetch.recurseSubmodules": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "http.lowSpeedLimit": "1",
    "http.lowSpeedTime": "60",
    "protocol.ext.allow": "never",
    "submodule.recurse": "false",
}
_ENVIRONMENT = {
    "LC_ALL": "C",
    "LANGUAGE": "C",
    "GIT_ALLOW_PROTOCOL": ":".join(SCHEMES),
    "GIT_ASKPASS": "",  # empty, so that no other program is asked
    "GIT_LFS_SKIP_SMUDGE": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "SSH_ASKPASS_REQUIRE": "never",
    **{f"GIT_{who}_NAME": "Gradient workspace" for who in ("AUTHOR", "COMMITTER")},
    **{f"GIT_{who}_EMAIL": "workspace@gradient.invalid" for who in ("AUTHOR", "COMMITTER")},
}
# git runs it with a shell; the secrets are in that shell's environment, never in its arguments.
_HELPER = f"""!f() {{ test "$1" = get && printf 'username=%s\\npassword=%s\\n' "${_USER}" "${_PASSWORD}"; }}; f"""


class Credentials(NamedTuple):
    """User and password, and scheme, host and port of whom they may be shown to."""

    origin: str
    username: str
    password: str


class GitFailed(Exception):
    """git ended with an error; ``text`` is what it said, without secrets."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text


class Git:
    """One repository, by its ``.git`` folder.

    Parameters
    ----------
    folder : Path
        That folder; may be moved by whoever then sets `folder`.
    credentials : Credentials, optional
        For the host they name; then no credential helper of the user learns them.
    hold : int, optional
        A descriptor that each git keeps open: a lock on it lasts until no git works any more, even when this process
        is killed.
    silent : float
        Seconds without a word from git on the network after which it is ended.
    """

    def __init__(
        self,
        folder: Path,
        credentials: Credentials | None = None,
        hold: int | None = None,
        silent: float = _SILENT,
    ) -> None:
        self.folder = folder
        self._credentials = credentials
        self._hold = () if hold is None else (hold,)
        self._silent = silent

    def run(
        self, *arguments: str, data: bytes = b"", index: Path | None = None, expected: Sequence[int] = (0,)
    ) -> bytes:
        """Run what needs no network.

        Parameters
        ----------
        arguments : str
            Command and its arguments.
        data : bytes
            What it reads.
        index : Path, optional
            The index to work on; never the repository's own by chance.
        expected : sequence of int
            Exit codes that are no failure.

        Raises
        ------
        GitFailed
            It failed.
        """
        # Files of the home are not git's business here, so any folder will do; commands that need none would refuse.
        environment = {} if index is None else {"GIT_INDEX_FILE": str(index), "GIT_WORK_TREE": "/"}
        with self._start(arguments, environment) as process:
            out, err = process.communicate(data)
        if process.returncode not in expected:
            raise GitFailed(self._clean(err))
        return out

    def text(self, *arguments: str, index: Path | None = None) -> str:
        """The same for one line of text; empty when it says nothing, or fails without a word."""
        return self.run(*arguments, index=index, expected=(0, 1)).decode("utf-8", "surrogateescape").strip()

    def lines(self, *arguments: str, index: Path | None = None) -> list[bytes]:
        """The same for what ``-z`` makes of a list."""
        return self.run(*arguments, index=index).rstrip(b"\0").split(b"\0")

    def talk(self, progress: Progress, said: Callable[[str], None], *arguments: str) -> str:
        """Run what speaks with another machine; it can be stopped, and is ended when nothing is heard for long.

        Parameters
        ----------
        progress : Progress
            Asked now and then whether to stop.
        said : callable
            Told each line of git's progress.
        arguments : str
            Command and its arguments.

        Returns
        -------
        str
            What it wrote.

        Raises
        ------
        Cancelled
            It was stopped; its processes are gone.
        GitFailed
            It failed.
        """
        process = self._start(arguments, self._secrets(), self._helpers())
        try:
            out, err = self._listen(process, progress, said)
            code = process.wait()
        except BaseException:
            _end(process)
            raise
        finally:
            for stream in (process.stdin, process.stdout, process.stderr):
                if stream is not None:
                    stream.close()
        if code != 0:
            raise GitFailed(self._clean(err))
        return out.decode("utf-8", "replace")

    def start(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Begin a command that is fed and read by the caller, who ends it; what it says of errors is dropped."""
        return self._start(arguments, {}, errors=subprocess.DEVNULL)

    def _start(
        self,
        arguments: Sequence[str],
        environment: Mapping[str, str],
        options: Sequence[str] = (),
        errors: int = subprocess.PIPE,
    ) -> subprocess.Popen[bytes]:
        settings = [text for name, value in _OPTIONS.items() for text in ("-c", f"{name}={value}")]
        try:
            return subprocess.Popen(  # noqa: S603 - a list, no shell; see git_url for what comes from users
                ["git", *settings, *options, f"--git-dir={self.folder}", *arguments],  # noqa: S607 - the user's git
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                cwd="/",
                env={**_inherited(), **_ENVIRONMENT, **environment},
                start_new_session=True,  # a group to end at once, and no terminal that SSH could ask on
                pass_fds=self._hold,
            )
        except FileNotFoundError:
            raise GitFailed(NOT_INSTALLED) from None

    def _listen(
        self, process: subprocess.Popen[bytes], progress: Progress, said: Callable[[str], None]
    ) -> tuple[bytes, bytes]:
        """Read both outputs to their ends."""
        assert process.stdout is not None  # noqa: S101 - all are pipes
        assert process.stderr is not None  # noqa: S101
        out, err, rest = bytearray(), bytearray(), b""
        heard = time.monotonic()
        with selectors.DefaultSelector() as waiting:
            waiting.register(process.stdout, selectors.EVENT_READ)
            waiting.register(process.stderr, selectors.EVENT_READ)
            while waiting.get_map():
                progress.check()
                for key, _ in waiting.select(_LOOK_EVERY):
                    piece = os.read(key.fd, 64 * 1024)
                    heard = time.monotonic()
                    if not piece:
                        waiting.unregister(key.fileobj)
                    elif key.fileobj is process.stdout:
                        out += piece
                    else:
                        err = (err + piece)[-_LONGEST_ERROR:]
                        *lines, rest = (rest + piece).replace(b"\r", b"\n").split(b"\n")
                        for line in lines:
                            said(line.decode("utf-8", "replace"))
                if time.monotonic() - heard > self._silent:
                    raise GitFailed(TIMED_OUT)
        return bytes(out), bytes(err)

    def _helpers(self) -> list[str]:
        if self._credentials is None:
            return []
        helper = f"credential.{self._credentials.origin}.helper={_HELPER}"
        return ["-c", f"credential.{self._credentials.origin}.helper=", "-c", helper]  # the first forgets all others

    def _secrets(self) -> dict[str, str]:
        if self._credentials is None:
            return {}
        return {_USER: self._credentials.username, _PASSWORD: self._credentials.password}

    def _clean(self, said: bytes) -> str:
        text = hide_user(said.decode("utf-8", "replace"))
        if self._credentials is not None and self._credentials.password:
            text = text.replace(self._credentials.password, "…")
        return text


def _inherited() -> dict[str, str]:
    return {
        name: value for name, value in os.environ.items() if name.startswith(_KEPT) or not name.startswith(_DROPPED)
    }


def _end(process: subprocess.Popen[bytes]) -> None:
    """End git and what it has started."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(_TERM_PATIENCE)
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
