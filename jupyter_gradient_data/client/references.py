"""A reference and a path in one line of text: ``flowers:latest/train.csv``."""

from __future__ import annotations

import re
import shlex

from jupyter_gradient_data.ids import is_team_id

SCHEME = "gradient://"

_PLAIN = re.compile(r"[\w@%+=:,./~-]+")
_SPECIAL = re.compile(r'["$\\{}]')  # also between double quotes


def split_reference(text: str) -> tuple[str, str]:
    """Take ``[namespace/]dataset[:version]/path`` apart.

    Parameters
    ----------
    text : str
        Also with ``gradient://`` in front; the path may be missing.

    Returns
    -------
    tuple of str
        Reference and path; neither was checked.
    """
    text = text.removeprefix(SCHEME)
    head, slash, rest = text.partition("/")
    if slash and is_team_id(head):
        middle, _, rest = rest.partition("/")
        return f"{head}/{middle}", rest
    return head, rest


def quoted(word: str) -> str:
    """A word as it is typed after ``%dataset``: in quotes when it has a character that means something there."""
    if _PLAIN.fullmatch(word):
        return word
    return f'"{word}"' if "'" in word and not _SPECIAL.search(word) else shlex.quote(word)
