"""From the line of a magic to its words: ``$name`` and ``{expression}`` filled in, quotes as in a shell.

IPython would fill in values before the line is split, so that a folder with a space in its name became two words, and
would fill in none after an apostrophe. Here a value never ends a word, and single quotes keep text as it is.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

from jupyter_gradient_data.errors import ErrorKind

_NAME = re.compile(r"\$(\$?)([^\W\d]\w*(?:\.[^\W\d]\w*)*)")
_CONVERSION = re.compile(r"(.*)!([rsa])", re.DOTALL)
_CONVERT: dict[str, Callable[[object], str]] = {"r": repr, "s": str, "a": ascii}
_HELD = "\ue000{}\ue001"  # private characters, which no line has, around the number of a value
_HOLDER = re.compile("\ue000(\\d+)\ue001")


def words_of(line: str, names: Mapping[str, Any]) -> list[str]:
    """The words of a line.

    Parameters
    ----------
    line : str
        What follows ``%dataset``.
    names : mapping
        The variables that the cell sees. What names none of them stays as it was written.

    Raises
    ------
    Invalid
        A quotation mark has no partner.
    """
    reader = _Reader(line, names)
    try:
        words = shlex.split(reader.with_held_values())
    except ValueError:
        raise ErrorKind.MAGIC_USAGE(
            message=f"A quotation mark or a character after \\ is missing in: {line.strip()}",
            hint='Put text with spaces or apostrophes in double quotes: "it\'s done".',
        ) from None
    return [_HOLDER.sub(lambda found: reader.values[int(found[1])], word) for word in words]


class _Reader:
    """Goes through a line once and takes the values out of it."""

    def __init__(self, line: str, names: Mapping[str, Any]) -> None:
        self._line = line
        self._names = dict(names)
        self.values: list[str] = []

    def with_held_values(self) -> str:
        """The line with a holder in the place of each value."""
        text, place, quote = "", 0, ""
        while place < len(self._line):
            character = self._line[place]
            if character == "\\" and quote != "'":
                step, part = 2, self._line[place : place + 2]
            elif quote != "'" and character in "${}":
                step, part = self._dollar(place) if character == "$" else self._brace(place)
            else:
                step, part = 1, character
                if character in "'\"" and quote in ("", character):
                    quote = "" if quote else character
            text += part
            place += step
        return text

    def _dollar(self, place: int) -> tuple[int, str]:
        """What is read of ``$name`` at a place, and what stands for it; ``$name.csv`` may mean a name and an ending."""
        found = _NAME.match(self._line, place)
        if found is None:
            return 1, "$"
        if found[1]:  # $$name is $name
            return len(found[0]), f"${found[2]}"
        expression = found[2]
        while True:
            try:
                return 1 + len(expression), self._hold(self._value(expression))
            except Exception:
                expression, dot, _ = expression.rpartition(".")
                if not dot:
                    return 1, "$"

    def _brace(self, place: int) -> tuple[int, str]:
        """The same for ``{expression}``: up to the first brace that ends something which Python understands."""
        character = self._line[place]
        if self._line.startswith(character * 2, place):
            return 2, character
        end = self._line.find("}", place)
        while character == "{" and end > 0:
            try:
                return end + 1 - place, self._hold(self._braced(self._line[place + 1 : end].strip()))
            except Exception:  # as IPython does: what cannot be filled in stays
                end = self._line.find("}", end + 1)
        return 1, character

    def _braced(self, text: str) -> str:
        try:
            return self._value(text)
        except SyntaxError:
            found = _CONVERSION.fullmatch(text)
            if found is None:
                raise
            return _CONVERT[found[2]](eval(found[1], self._names))  # noqa: S307 - the user's own

    def _value(self, expression: str) -> str:
        return str(eval(expression, self._names))  # noqa: S307 - the user's own

    def _hold(self, value: str) -> str:
        self.values.append(value)
        return _HELD.format(len(self.values) - 1)
