"""Tables as the original command drew them: ``+---+`` rules around the first row and at the end."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jupyter_gradient_data.plain import display_width, printable

Cell = str | tuple[str, ...]  # one line, or several


class Table:
    """Draws a table piece by piece, so that a million rows need not be in memory.

    Columns are as wide as what was seen so far; a later piece can only widen them.
    """

    def __init__(self) -> None:
        self._widths: list[int] = []
        self._begun = False

    def draw(self, rows: Iterable[Sequence[Cell]]) -> list[str]:
        """Lines for the next rows; the very first row is the one that gets a rule below it."""
        cells = [[_lines(cell) for cell in row] for row in rows]
        self._widen(cells)
        drawn: list[str] = []
        for row in cells:
            if not self._begun:
                drawn += [self._rule(), *self._row(row), self._rule()]
                self._begun = True
            else:
                drawn += self._row(row)
        return drawn

    def end(self) -> str:
        """The rule below the last row."""
        return self._rule()

    def _widen(self, rows: list[list[tuple[str, ...]]]) -> None:
        for row in rows:
            self._widths += [0] * (len(row) - len(self._widths))
            for column, lines in enumerate(row):
                self._widths[column] = max(self._widths[column], *map(display_width, lines))

    def _rule(self) -> str:
        return "+" + "+".join("-" * (width + 2) for width in self._widths) + "+"

    def _row(self, row: list[tuple[str, ...]]) -> Iterable[str]:
        for number in range(max(map(len, row))):
            line = [lines[number] if number < len(lines) else "" for lines in row]
            padded = (
                text + " " * (width - display_width(text)) for text, width in zip(line, self._widths, strict=True)
            )
            yield "| " + " | ".join(padded) + " |"


def draw_table(rows: Iterable[Sequence[Cell]]) -> str:
    """A whole table; the first row is a list's header, or the first pair of a *details* table."""
    table = Table()
    return "\n".join([*table.draw(rows), table.end()])


def _lines(cell: Cell) -> tuple[str, ...]:
    if isinstance(cell, str):
        return (printable(cell),)
    return tuple(printable(line) for line in cell) or ("",)
