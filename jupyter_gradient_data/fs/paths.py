"""Paths of the file system: ``name[:ref]/path``, with or without ``gradient://`` before it."""

from __future__ import annotations

from typing import NamedTuple

from jupyter_gradient_data.ids import LATEST, Reference, is_version_id

PROTOCOL = "gradient"
_PREFIX = f"{PROTOCOL}://"


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


def strip(path: str) -> str:
    """A path without protocol and outer slashes."""
    return path.removeprefix(_PREFIX).strip("/")


def split(path: str) -> Place:
    """Read a path.

    Raises
    ------
    Invalid
        Its first part is no reference.
    """
    reference, _, rest = strip(path).partition("/")
    if reference:
        Reference.parse(reference)
    return Place(reference, rest)


def join(reference: str, path: str) -> str:
    """The name of a file or folder of a version."""
    return f"{reference}/{path.rstrip('/')}" if path else reference


def moves(reference: str) -> bool:
    """Whether a reference may mean another version tomorrow: it names none, ``latest``, or a tag."""
    selector = Reference.parse(reference).selector or LATEST
    return not is_version_id(selector)
