"""A list of rows to choose from, page by page: each row is a button, so that keyboard and screen reader know it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

import ipywidgets

from .panel import button, html, row, show

PAGE = 20
"""Rows of a page: a screenful, and as many messages as a slow connection takes well."""


@dataclass(frozen=True)
class Row:
    """What a row says.

    Parameters
    ----------
    label : str
        Its name.
    note : str
        A few words at its end.
    icon : str
        A name of Font Awesome 4.
    hint : str
        A sentence for who rests on it.
    """

    label: str
    note: str
    icon: str
    hint: str


class Rows(ipywidgets.VBox):
    """The rows of one page, and buttons to turn it.

    Parameters
    ----------
    choose : callable
        Told the place of the row that was chosen on its page.
    turn : callable
        Told by how many pages to go on.
    """

    def __init__(self, choose: Callable[[int], None], turn: Callable[[int], None]) -> None:
        self._choose = choose
        self._buttons: list[ipywidgets.Button] = []
        self._rows: Sequence[Row] = ()
        self._names = ipywidgets.VBox()
        self._notes = html()
        self._table = ipywidgets.Box((self._names, self._notes))
        self._table.add_class("gdw-rows")
        self._previous = button("Previous", icon="chevron-left", hint="Previous page")
        self._next = button("Next", icon="chevron-right", hint="Next page")
        self._previous.on_click(lambda _: turn(-1))
        self._next.on_click(lambda _: turn(1))
        self._place = html(classes="gdw-status")
        self._pager = row(self._previous, self._next)
        super().__init__((self._table, self._place, self._pager))
        self.say("")

    @property
    def first(self) -> ipywidgets.Button:
        """The first row."""
        return self._buttons[0]

    @property
    def labels(self) -> list[str]:
        """What the rows say now."""
        return [shown.description for shown in self._names.children]

    def click(self, label: str) -> None:
        """Choose a row by what it says, as a click on it does."""
        self._names.children[self.labels.index(label)].click()

    def turn(self, *, forward: bool) -> None:
        """Turn the page, as its buttons do."""
        (self._next if forward else self._previous).click()

    def show(self, rows: Sequence[Row], page: int, *, has_more: bool) -> None:
        """Show a page, counted from 0."""
        while len(self._buttons) < len(rows):
            self._buttons.append(self._new_button(len(self._buttons)))
        for shown, one in zip(self._buttons, rows, strict=False):
            with shown.hold_sync():
                shown.description, shown.icon, shown.tooltip = one.label, one.icon, one.hint
        self._names.children = tuple(self._buttons[: len(rows)])
        self._rows = rows
        self.mark(None)
        show(self._table, bool(rows))
        self._previous.disabled, self._next.disabled = page == 0, not has_more
        show(self._pager, page > 0 or has_more)
        first = page * PAGE
        place = f"{first + 1:,} to {first + len(rows):,}{', and more' if has_more else ''}"
        self.say(place if page or has_more else "")

    def say(self, sentence: str) -> None:
        """Say something below the rows."""
        self._place.value = f'<div role="status">{escape(sentence)}</div>' if sentence else ""
        show(self._place, sentence != "")

    def mark(self, place: int | None) -> None:
        """Mark the row at a place, and no other."""
        for number, shown in enumerate(self._buttons):
            shown.add_class("gdw-marked") if number == place else shown.remove_class("gdw-marked")
        looks = ["gdw-note gdw-marked" if number == place else "gdw-note" for number in range(len(self._rows))]
        notes = zip(looks, self._rows, strict=True)
        self._notes.value = "".join(f'<div class="{look}">{escape(one.note)}</div>' for look, one in notes)

    def _new_button(self, place: int) -> ipywidgets.Button:
        made = button("", hint=" ")
        made.on_click(lambda _: self._clicked(place))
        return made

    def _clicked(self, place: int) -> None:
        if place < len(self._rows):  # the list may have become shorter while the click was on its way
            self._choose(place)
