"""What git says when it fails, as one sentence for people and what to do next."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .git import NOT_INSTALLED, TIMED_OUT, GitFailed

_AGAIN = "Update the workspace again: it begins where it stopped."
_CREDENTIALS = (
    "Set GRADIENT_WORKSPACE_URL to the repository, and GRADIENT_WORKSPACE_USERNAME and GRADIENT_WORKSPACE_PASSWORD "
    "(a password or token) in the environment of the server."
)
_SSH = "Put a key that the repository knows where ssh finds it, or use the repository's https URL."
_KNOWN_HOSTS = "Check the host's key and add it to ~/.ssh/known_hosts, or use the repository's https URL."

# The first that is found in what git says counts: (pattern, reason, next step).
_DENIED = [
    (r"could not read Username|could not read Password|terminal prompts disabled", "it asks who you are", _CREDENTIALS),
    (r"Authentication failed|returned error: 40[13]|HTTP 40[13]", "user and password are not accepted", _CREDENTIALS),
    (r"Permission denied \(|Too many authentication failures", "the host does not accept your SSH key", _SSH),
    (r"Host key verification failed", "the key of its host is not known here", _KNOWN_HOSTS),
]
_NOT_FOUND = (
    r"[Rr]epository .*not found|does not appear to be a git repository|returned error: 404|HTTP 404"
    r"|repository '.*' does not exist|not found: did you run|access denied or repository not exported"
)
_FAILED = [
    (
        NOT_INSTALLED,
        NOT_INSTALLED,
        "Install git on the machine of the server, then update the workspace again.",
    ),
    (
        r"Could not resolve (host|proxy)|Name or service not known|nodename nor servname|Temporary failure in name",
        "its host is not known",
        "Check the URL and the network, then update the workspace again.",
    ),
    (r"cannot run ssh", "ssh is not installed", "Install ssh, or use the repository's https URL."),
    (
        r"SSL certificate|server certificate|certificate verif",
        "the certificate of its host is not trusted",
        "Let git know the authority that signed it: git config --global http.sslCAInfo FILE.",
    ),
    (
        r"Connection refused|Failed to connect|Couldn't connect|No route to host|unreachable|Connection timed out",
        "its host cannot be reached",
        _AGAIN,
    ),
    (rf"{TIMED_OUT}|Operation too slow", "nothing was heard from its host for too long", _AGAIN),
    (
        r"early EOF|hung up unexpectedly|unexpected disconnect|RPC failed|Connection reset|Empty reply|transfer closed",
        "the connection was lost",
        _AGAIN,
    ),
    (
        r"dubious ownership",
        "its folder belongs to somebody else",
        "Let git know that it may be read: git config --global --add safe.directory FOLDER.",
    ),
    (
        r"transport '.*' not allowed",
        "its URL leads to a way that is not allowed here",
        "Check its URL, and url.*.insteadOf.",
    ),
    (
        r"Invalid path|invalid path|is beyond a symbolic link",
        "it has files whose paths could do harm",
        "Ask whoever looks after the repository.",
    ),
    (
        r"Unable to create '.*\.lock'|cannot lock ref|could not lock config file",
        "another git works in its folder, or was killed there",
        "When none runs, remove the .lock file in .git that `git status` or the server's log names, and update again.",
    ),
]


def explain(failure: GitFailed, url: str, home: Path) -> GradientDataError:
    """The error to raise for a failure of git.

    Parameters
    ----------
    failure : GitFailed
        What git said.
    url : str
        Which repository it was about.
    home : Path
        The folder it was to be in.
    """
    said = _finder(failure.text)
    if said(r"No space left on device|Disk quota exceeded|ENOSPC"):
        return ErrorKind.DISK_FULL(path=home)
    for pattern, reason, hint in _DENIED:
        if said(pattern):
            return ErrorKind.WORKSPACE_DENIED(url=url, reason=reason, hint=hint)
    if said(_NOT_FOUND):
        return ErrorKind.WORKSPACE_NOT_FOUND(url=url)
    for pattern, reason, hint in _FAILED:
        if said(pattern):
            return ErrorKind.WORKSPACE_FAILED(url=url, reason=reason, hint=hint)
    return ErrorKind.WORKSPACE_FAILED(url=url, reason=f"git says {_last(failure.text)!r}", hint=_AGAIN)


def of_system(error: OSError, path: Path) -> GradientDataError:
    """The error to raise when the system refuses something in the workspace."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return ErrorKind.DISK_FULL(path=path)
    return ErrorKind.TARGET_UNWRITABLE(path=error.filename or path, reason=error.strerror or str(error))


def _finder(text: str) -> Callable[[str], re.Match[str] | None]:
    return lambda pattern: re.search(pattern, text)


def _last(text: str) -> str:
    """The line that says most: the last that git calls fatal, an error, or what the other side says."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    telling = [line for line in lines if re.match(r"(fatal|error|remote|ERROR):", line)]
    return ((telling or lines or ["nothing"])[-1])[:300]
