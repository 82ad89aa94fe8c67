"""The rules for paths in a dataset, in one place: what may be stored, and what may be read back.

A path is kept as UTF-8 bytes and ordered bytewise.  `check_path` takes what a person or a file system gave; a tree that
is read back goes through `path_problem` again, before anything is written to disk.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from jupyter_gradient_data.errors import ErrorKind

MAX_PATH_BYTES = 4096
_SHOWN = 80  # characters of a path in an error sentence

# NUL stands between the paths of a batch, so one search finds a bad part in any of them.
_BAD_PART = re.compile(rb"(?:\A|[/\0])(\.{0,2})(?:[/\0]|\Z)")


def check_path(text: str) -> bytes:
    """Bring a path into the form that is stored: NFC, UTF-8.

    Parameters
    ----------
    text : str
        Relative, ``/``-separated.

    Returns
    -------
    bytes
        The normalised path.

    Raises
    ------
    Invalid
        ``INVALID_PATH``: absolute, too long, not Unicode, or with a NUL, an empty part, ``.`` or ``..``.
    """
    reason: str | None
    try:
        path = unicodedata.normalize("NFC", text).encode("utf-8")
    except UnicodeEncodeError:
        reason = "it is not valid UTF-8"
    else:
        reason = path_problem((path,))
        if reason is None:
            return path
        if not path:
            reason = "it is empty"
        elif path.startswith(b"/"):
            reason = "it is absolute"
    raise ErrorKind.INVALID_PATH(path=show_path(text), reason=reason)


def path_problem(paths: Sequence[bytes]) -> str | None:
    """Why one of ``paths`` may not be in a tree, or None when all may; one pass over the whole batch.

    Notes
    -----
    Normalisation is not looked at: it depends on the Unicode version at hand, and a tree that was written under one
    must stay readable under the next.
    """
    if not paths:
        return None
    if max(map(len, paths)) > MAX_PATH_BYTES:
        return f"it is longer than {MAX_PATH_BYTES:,} bytes"
    joined = b"\0".join(paths)
    if joined.count(b"\0") != len(paths) - 1:
        return "it has a NUL character"
    try:
        joined.decode("utf-8")
    except UnicodeDecodeError:
        return "it is not valid UTF-8"
    if found := _BAD_PART.search(joined):
        return f"it has a part {found[1].decode()!r}" if found[1] else "it has an empty part"
    return None


def show_path(path: str | bytes) -> str:
    """A path for a sentence: quoted, control characters escaped, shortened."""
    text = path.decode("utf-8", "backslashreplace") if isinstance(path, bytes) else path
    if len(text) > _SHOWN:
        text = text[: _SHOWN // 2] + "…" + text[-_SHOWN // 2 :]
    return repr(text)


def ancestors(path: bytes) -> list[bytes]:
    """The folders above a path, outermost first: ``b"a/b/c"`` lies below ``b"a"`` and ``b"a/b"``.

    None of them may be a file of the same version; nor may ``path`` be a folder of it.
    """
    return [path[: found.start()] for found in re.finditer(b"/", path)]


def folder_path(text: str) -> bytes:
    """A folder as the user named it, as a prefix: ends with ``/``, or is empty for the top."""
    inner = "/".join(part for part in text.split("/") if part not in ("", "."))
    return check_path(inner) + b"/" if inner else b""


def file_path(text: str) -> bytes:
    """A file as the user named it; a leading ``/`` means the top of the version."""
    return check_path(text.lstrip("/"))


def folder_end(folder: bytes) -> bytes | None:
    """The least path after all that is in a folder; None for the top."""
    return folder[:-1] + b"0" if folder else None
