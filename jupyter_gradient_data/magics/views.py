"""Tables and cards as something that a cell can show."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from .wording import for_a_cell

if TYPE_CHECKING:
    from jupyter_gradient_data.client.show.tables import Card, Table


class View:
    """What a person sees instead of a value.

    Parameters
    ----------
    shown : Table or Card
        As HTML where that can be shown, else as text.
    """

    def __init__(self, shown: Table | Card) -> None:
        self._shown = shown

    def __repr__(self) -> str:
        return self._shown.text()

    def _repr_html_(self) -> str:
        return self._shown.html()


def table_view(table: Table, *, empty: str, note: str = "") -> View:
    """A table that says what to do next: when it is empty, or below it."""
    return View(replace(table, empty=for_a_cell(empty), note=for_a_cell(note) or table.note))
