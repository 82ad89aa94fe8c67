"""``%dataset`` and ``%%dataset``: the vocabulary of the command in a cell.

Loading them must cost next to nothing, since every kernel does it: what a verb needs is imported when it runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .magic import dataset
from .matcher import match_dataset_line

if TYPE_CHECKING:
    from IPython.core.interactiveshell import InteractiveShell

NAME = "dataset"


def load(ipython: InteractiveShell) -> None:
    """Give a shell the magics and their completion."""
    ipython.register_magic_function(dataset, magic_kind="line_cell", magic_name=NAME)  # type: ignore[call-arg, arg-type]
    if ipython.Completer is not None and match_dataset_line not in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.append(match_dataset_line)


def unload(ipython: InteractiveShell) -> None:
    """Take both away again."""
    for kind in ("line", "cell"):
        ipython.magics_manager.magics[kind].pop(NAME, None)
    if ipython.Completer is not None and match_dataset_line in ipython.Completer.custom_matchers:
        ipython.Completer.custom_matchers.remove(match_dataset_line)
