"""Running the words of a line."""

from __future__ import annotations

from .answers import Answer, Done
from .session import SESSION
from .verbs import root


def run(words: list[str], cell: str | None) -> Answer:
    """Call the verb that the words name.

    Parameters
    ----------
    words : list of str
        What follows ``%dataset``.
    cell : str, optional
        The text of the cell, under ``%%dataset``.
    """
    SESSION.cell = cell
    name = "%dataset" if cell is None else "%%dataset"
    # Not `root.main`: that would turn an interrupt into something else, and look for a program's arguments.
    with root.make_context(name, words, obj=SESSION) as context:
        answer = root.invoke(context)
    from .suggest import forget

    forget()
    return answer if isinstance(answer, Answer) else Done(None)
