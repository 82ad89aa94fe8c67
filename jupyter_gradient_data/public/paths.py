"""Which paths may be written below a dataset's folder, whoever names them: a catalogue, an archive, a bucket."""

from __future__ import annotations

import os

_LONGEST_PATH, _LONGEST_PART = 4096, 255  # bytes, as file systems have it
_DEEPEST = 100  # folders in folders


class UnsafePathError(ValueError):
    """A path leads elsewhere, or cannot be one; the text is the reason."""


def safe_path(name: str) -> str:
    """A relative path as it is written to disk: without ``.``, double slashes and a slash at its end.

    Returns
    -------
    str
        Empty for the folder itself.

    Raises
    ------
    UnsafePathError
        It is absolute, has ``..`` in it, or no file system would take it.
    """
    if "\0" in name:
        raise UnsafePathError("it has a NUL character")
    if name.startswith("/"):
        raise UnsafePathError("it is absolute")
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if ".." in parts:
        raise UnsafePathError("it has a part '..'")
    try:
        lengths = [len(os.fsencode(part)) for part in parts]
    except UnicodeEncodeError:
        raise UnsafePathError("it is not valid Unicode") from None
    if sum(lengths) + len(lengths) > _LONGEST_PATH or max(lengths, default=0) > _LONGEST_PART or len(parts) > _DEEPEST:
        raise UnsafePathError("it is too long")
    return "/".join(parts)


def safe_link(path: str, target: str) -> str:
    """Where a symbolic link at ``path`` may point to: inside, and nowhere else on any way there.

    ``..`` is only allowed at the beginning: after the name of another link it would not mean what it seems to.

    Raises
    ------
    UnsafePathError
        It may lead out.
    """
    if not target or target.startswith("/"):
        raise UnsafePathError("it is a link to an absolute path" if target else "it is a link to nothing")
    parts = target.split("/")
    up = 0
    while up < len(parts) and parts[up] == "..":
        up += 1
    if up > path.count("/"):
        raise UnsafePathError("it is a link that leads out")
    rest = safe_path("/".join(parts[up:]))  # raises when there is another ".."
    return "/".join([*[".."] * up, *([rest] if rest else [])]) or "."


def parents(path: str) -> list[str]:
    """The folders above a path, outermost first."""
    parts = path.split("/")
    return ["/".join(parts[:count]) for count in range(1, len(parts))]


def clash(path: str, files: dict[str, str], folders: set[str], sha256: str) -> bool:
    """Whether a file cannot be at ``path`` beside others: another content, or a folder, is there.

    Parameters
    ----------
    path, sha256 : str
        The file and what identifies its content.
    files : dict
        The contents of those that are there, by path.
    folders : set
        The folders that those are in.
    """
    if path in folders or any(parent in files for parent in parents(path)):
        return True
    return files.get(path, sha256) != sha256
