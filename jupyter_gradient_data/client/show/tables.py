"""Tables and cards: the few shapes in which everything is shown, as HTML and as plain text; all text is escaped."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from html import escape

from jupyter_gradient_data.plain import display_width, printable

from .style import STYLE

ROWS = 20
"""How many rows of a long list are shown."""


class Column(Enum):
    """What a column holds, and so how it is set."""

    TEXT = "text"
    CODE = "code"  # ids, paths
    NUMBER = "number"  # counts, sizes: to the right


_HEADS = {Column.TEXT: Column.TEXT, Column.CODE: Column.TEXT, Column.NUMBER: Column.NUMBER}


@dataclass(frozen=True)
class Table:
    """Rows below headings.

    Parameters
    ----------
    columns : sequence of (str, Column)
        Heading and kind of each.
    rows : sequence of sequence of str
        Cells as plain text; they are escaped here.
    title : str
        A line above it.
    more : int
        How many rows there are beside these.
    is_cut : bool
        Whether there are more, nobody knows how many.
    empty : str
        What is said instead when there are no rows.
    note : str
        A line below it.
    """

    columns: Sequence[tuple[str, Column]]
    rows: Sequence[Sequence[str]]
    title: str = ""
    more: int = 0
    is_cut: bool = False
    empty: str = "Nothing here yet."
    note: str = ""

    def html(self) -> str:
        """As a ``div`` with its style."""
        return _block(self._html())

    def text(self) -> str:
        """As lines of plain text."""
        return "\n".join(self._lines())

    def _html(self) -> Iterator[str]:
        yield _line("title", self.title)
        if self.rows:
            head = "".join(f"<th{_class(_HEADS[kind])}>{escape(name)}</th>" for name, kind in self.columns)
            yield f'<table class="jgd-table"><thead><tr>{head}</tr></thead><tbody>'
            kinds = [kind for _, kind in self.columns]
            for row in self.rows:
                cells = zip(row, kinds, strict=True)
                yield f"<tr>{''.join(f'<td{_class(kind)}>{_cell(cell)}</td>' for cell, kind in cells)}</tr>"
            yield "</tbody></table>"
        for line in self._last_lines():
            yield _line("quiet", line)

    def _lines(self) -> Iterator[str]:
        if self.title:
            yield printable(self.title)
        if self.rows:
            head = [name for name, _ in self.columns]
            yield from _aligned([head, *self.rows], [kind for _, kind in self.columns])
        yield from map(printable, self._last_lines())

    def _last_lines(self) -> Iterator[str]:
        if not self.rows:
            yield self.empty
        if self.more:
            yield f"… and {self.more:,} more"
        elif self.is_cut:
            yield "… and more"
        if self.note:
            yield self.note


@dataclass(frozen=True)
class Card:
    """Facts about one thing, and a table of what it has.

    Parameters
    ----------
    title : str
        What it is.
    facts : sequence of (str, str)
        Names and values; those without a value are left out.
    table : Table, optional
        Below them.
    """

    title: str
    facts: Sequence[tuple[str, str]]
    table: Table | None = None

    def html(self) -> str:
        """As a ``div`` with its style."""
        return _block(self._html())

    def text(self) -> str:
        """As lines of plain text."""
        rows = [(f"{name}:", value) for name, value in self._facts()]
        lines = [printable(self.title), *_aligned(rows, [Column.TEXT, Column.TEXT])]
        return "\n".join(lines + ([self.table.text()] if self.table is not None else []))

    def _facts(self) -> list[tuple[str, str]]:
        return [(name, value) for name, value in self.facts if value]

    def _html(self) -> Iterator[str]:
        yield _line("title", self.title)
        rows = "".join(f"<tr><th>{escape(name)}</th><td>{_cell(value)}</td></tr>" for name, value in self._facts())
        if rows:
            yield f'<table class="jgd-table"><tbody>{rows}</tbody></table>'
        if self.table is not None:
            yield from self.table._html()


def message_html(text: str) -> str:
    """One line of text as HTML of our style."""
    return _block(iter([_line("quiet", text)]))


def _block(parts: Iterator[str]) -> str:
    return f'{STYLE}<div class="jgd-show">{"".join(parts)}</div>'


def _line(kind: str, text: str) -> str:
    return f'<div class="jgd-{kind}">{_cell(text)}</div>' if text else ""


def _cell(text: str) -> str:
    """Escaped, with line breaks kept and other control characters written out."""
    return "\n".join(escape(printable(line)) for line in text.split("\n"))


def _class(kind: Column) -> str:
    return "" if kind is Column.TEXT else f' class="jgd-{kind.value}"'


def _aligned(rows: Sequence[Sequence[str]], kinds: Sequence[Column]) -> Iterator[str]:
    shown = [[printable(" ".join(cell.split("\n"))) for cell in row] for row in rows]
    widths = [max(map(display_width, column)) for column in zip(*shown, strict=True)]
    for row in shown:
        yield "  ".join(map(_padded, row, widths, kinds)).rstrip()


def _padded(cell: str, width: int, kind: Column) -> str:
    blank = " " * (width - display_width(cell))
    return blank + cell if kind is Column.NUMBER else cell + blank
