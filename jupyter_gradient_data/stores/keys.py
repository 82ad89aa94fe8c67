"""Which strings are keys: checked by every store before a disk or a bucket sees them."""

from __future__ import annotations

from jupyter_gradient_data.errors import ErrorKind

MAX_KEY = 1024  # bytes; the limit of S3
MAX_PART = 255  # bytes between two slashes; the limit of nearly every file system
RESERVED = ".tmp"  # first part of keys that `LocalStore` keeps for unfinished writes


def key_fault(key: str) -> str | None:
    """Why ``key`` cannot be a key, or None when it can.

    Keys are relative, of printable ASCII characters without the backslash, at most 1,024 bytes, in non-empty parts of
    at most 255 bytes separated by ``/``, none of them ``.`` or ``..``, the first one not ``.tmp``.
    """
    if not key or len(key) > MAX_KEY:
        return f"keys have 1 to {MAX_KEY} characters"
    if not key.isascii() or not key.isprintable() or "\\" in key:
        return "keys are of printable ASCII characters without the backslash"
    parts = key.split("/")
    if any(not part or part in (".", "..") or len(part) > MAX_PART for part in parts):
        return f"each part of a key has 1 to {MAX_PART} characters and is neither '.' nor '..'"
    if parts[0] == RESERVED:
        return f"{RESERVED!r} is reserved"
    return None


def check_key(key: str) -> str:
    """``key`` itself, when it is one.

    Raises
    ------
    Invalid
        It is no key.
    """
    if fault := key_fault(key):
        raise ErrorKind.INVALID_PATH(path=repr(key), reason=fault)
    return key


def split_prefix(prefix: str) -> tuple[str, str]:
    """A prefix as the folder it names (empty, or ending with ``/``) and what names in it start with.

    Raises
    ------
    Invalid
        No key can start like this.
    """
    folder, slash, start = prefix.rpartition("/")
    if slash:
        check_key(folder)
    return folder + slash, start
