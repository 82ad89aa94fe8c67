"""The one place from which commands write: sentences and tables for people, one JSON document for programs.

Results go to stdout, everything else to stderr.  A command says both what a person reads and what a program gets, and
this decides which of the two appears.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol, TypeVar

import click

from .tables import Cell, Table, draw_table

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Page

T = TypeVar("T")

TERMINAL_PAGE = 20  # rows before the question whether to continue, as in the original
STREAM_PAGE = 1000  # rows asked for at once where nobody is asked


class Fetch(Protocol[T]):
    """A list method of the service with everything but the page filled in."""

    def __call__(self, *, limit: int, after: str | None) -> Page[T]: ...


class Output:
    """Writes results to stdout, as text or (``as_json``) as one JSON document, and notes to stderr."""

    def __init__(self) -> None:
        self.as_json = False

    @property
    def asks(self) -> bool:
        """Whether a person is there to answer: stdin and stdout are terminals."""
        return sys.stdin.isatty() and sys.stdout.isatty() and not self.as_json

    @property
    def watched(self) -> bool:
        """Whether a person sees stderr."""
        return sys.stderr.isatty()

    def say(self, sentence: str) -> None:
        """Print a line for people."""
        if not self.as_json:
            click.echo(sentence)

    def document(self, value: object) -> None:
        """Print the one document for programs."""
        if self.as_json:
            from .json_values import to_json

            click.echo(json.dumps(to_json(value), indent=2, ensure_ascii=False))

    def done(self, sentence: str, value: object) -> None:
        """Tell the result of a command: a sentence, or the value it is about."""
        self.say(sentence)
        self.document(value)

    def table(self, rows: Iterable[Sequence[Cell]]) -> None:
        """Print a table for people; the first row gets a rule below it."""
        if not self.as_json:
            click.echo(draw_table(rows))

    def note(self, sentence: str) -> None:
        """Tell a person at a terminal something that is not the result."""
        if self.watched and not self.as_json:
            click.echo(sentence, err=True)

    def listing(self, header: Sequence[str], row: Callable[[T], Sequence[Cell]], fetch: Fetch[T]) -> None:
        """Print a list of any length: page by page for a person, without stopping for anything else.

        Parameters
        ----------
        header : sequence of str
            Titles of the columns.
        row : callable
            The cells of one item.
        fetch : callable
            Gives the page that begins after a token.
        """
        if self.as_json:
            self._stream_json(fetch)
        elif self.asks:
            self._ask_for_pages(header, row, fetch)
        else:
            self._stream_table(header, row, fetch)

    def lines(self, line: Callable[[T], str], fetch: Fetch[T]) -> None:
        """Print one line per item of a list, without stopping."""
        if self.as_json:
            self._stream_json(fetch)
            return
        for page in pages(fetch):
            if page.items:
                click.echo("\n".join(map(line, page.items)))

    def _ask_for_pages(self, header: Sequence[str], row: Callable[[T], Sequence[Cell]], fetch: Fetch[T]) -> None:
        page = fetch(limit=TERMINAL_PAGE, after=None)
        self._page_table(header, row, page)
        while page.next_token is not None:
            click.echo()
            click.confirm("Do you want to continue?", abort=True)
            click.echo()
            page = fetch(limit=TERMINAL_PAGE, after=page.next_token)
            self._page_table(header, row, page)

    def _page_table(self, header: Sequence[str], row: Callable[[T], Sequence[Cell]], page: Page[T]) -> None:
        if page.items:
            self.table([header, *map(row, page.items)])
        else:
            self.say("No data found")

    def _stream_table(self, header: Sequence[str], row: Callable[[T], Sequence[Cell]], fetch: Fetch[T]) -> None:
        table, empty = Table(), True
        for page in pages(fetch):
            if page.items:
                rows = [*map(row, page.items)]
                click.echo("\n".join(table.draw([header, *rows] if empty else rows)))
                empty = False
        click.echo("No data found" if empty else table.end())

    def _stream_json(self, fetch: Fetch[T]) -> None:
        from .json_values import to_json

        encode = json.JSONEncoder(ensure_ascii=False).encode
        opening = "[\n  "
        for page in pages(fetch):
            if page.items:
                click.echo(opening + ",\n  ".join(encode(to_json(item)) for item in page.items), nl=False)
                opening = ",\n  "
        click.echo("[]" if opening.startswith("[") else "\n]")


def pages(fetch: Fetch[T]) -> Iterator[Page[T]]:
    """A whole list, in pages as large as the service gives."""
    page = fetch(limit=STREAM_PAGE, after=None)
    yield page
    while page.next_token is not None:
        page = fetch(limit=STREAM_PAGE, after=page.next_token)
        yield page
