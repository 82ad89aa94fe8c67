"""The magic itself: a line becomes words, the words a call of a verb, its answer what the cell shows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from IPython.core.magic import needs_local_scope, no_var_expand

if TYPE_CHECKING:
    from .statement import Fate


_RUN_BY = ("run_line_magic", "run_cell_magic")


@no_var_expand
@needs_local_scope
def dataset(line: str, cell: str | None = None, local_ns: dict[str, Any] | None = None) -> object:
    """Versioned datasets: immutable, verified, deduplicated.

    ::

        %dataset create flowers                     a named line of versions
        %dataset put flowers ./photos/ --to raw     files and folders into an uncommitted version
        %dataset commit flowers -m "first photos"   now it never changes again
        %dataset ls flowers:latest/raw              what is in it
        %dataset mount flowers                      as a folder: /inputs/flowers
        d = %dataset info flowers                   an object to go on with in Python

        %%dataset put flowers notes/readme.md
        The text of the cell, as a file.

    `%dataset` alone says where you are, `%dataset --help` lists all verbs, `%dataset VERB --help` teaches one. Tab
    completes verbs, datasets, versions, tags and paths; `$name` and `{expression}` stand for values of Python.
    """
    words_only = line.rstrip()
    is_silent = words_only.endswith(";")
    if is_silent:
        words_only = words_only[:-1]
    from IPython import get_ipython  # here: loading the magics needs nothing of what follows

    from .failures import told_briefly
    from .run import run
    from .words import words_of

    with told_briefly():
        shell = get_ipython()
        names = {**(shell.user_ns if shell else {}), **(local_ns or {})}
        answer = run(words_of(words_only, names), cell)
        return answer.give(_fate(), is_silent=is_silent)
    return None


def _fate() -> Fate:
    """What the cell does with the value of this magic."""
    from .statement import Fate, fate_of_value

    caller = sys._getframe(2)  # _fate, dataset, whoever runs magics
    if caller.f_code.co_name not in _RUN_BY or caller.f_back is None:
        return Fate.USED
    return fate_of_value(caller.f_back)
