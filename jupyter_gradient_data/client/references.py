"""A reference and a path in one line of text: ``flowers:latest/train.csv``."""

from __future__ import annotations

from jupyter_gradient_data.ids import is_team_id

SCHEME = "gradient://"


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
