"""Paths of the file system: ``name[:ref]/path``, with or without ``gradient://`` before it."""

from __future__ import annotations

import errno
import re
import unicodedata
from typing import Any, NamedTuple

from fsspec.utils import stringify_path  # type: ignore[import-untyped]

from jupyter_gradient_data.ids import LATEST, Reference, is_version_id

from .errors import translated

PROTOCOL = "gradient"
_PREFIX = f"{PROTOCOL}://"
_SLASHES = re.compile("//+")


class Place(NamedTuple):
    """Where a path leads.

    Parameters
    ----------
    reference : str
        Which version; empty for the root, whose folders are the datasets.
    path : str
        Below it, without ``/`` at either end; empty for all of the version.
    """

    reference: str
    path: str


def strip(path: Any) -> str:
    """A path without protocol and needless slashes, in NFC as in versions; it may be one of `pathlib`."""
    path = stringify_path(path)
    if not isinstance(path, str):
        raise TypeError(f"a path is text, not {type(path).__name__}")
    path = path.removeprefix(_PREFIX).strip("/")
    if "//" in path:
        path = _SLASHES.sub("/", path)
    return path if path.isascii() else unicodedata.normalize("NFC", path)


def split(path: Any) -> Place:
    """Read a path.

    Raises
    ------
    Invalid
        Its first part is no reference.  It is an `OSError` as well.
    """
    reference, _, rest = strip(path).partition("/")
    if reference:
        with translated():
            Reference.parse(reference)
    return Place(reference, rest)


def split_file(path: Any) -> Place:
    """Read the path of a file.

    Raises
    ------
    IsADirectoryError
        It is all of a version, or of everything.
    """
    place = split(path)
    if not place.path:
        raise IsADirectoryError(errno.EISDIR, "That is a version, not a file in it", place.reference or _PREFIX)
    return place


def join(reference: str, path: str) -> str:
    """The name of a file or folder of a version."""
    return f"{reference}/{path.rstrip('/')}" if path else reference


def moves(reference: str) -> bool:
    """Whether a reference may mean another version tomorrow: it names none, ``latest``, or a tag."""
    selector = Reference.parse(reference).selector or LATEST
    return not is_version_id(selector)
