"""From the line of a magic to its words: ``$name`` and ``{expression}`` filled in, quotes as in a shell.

IPython would fill in values before the line is split, so that a folder with a space in its name became two words. Here
a value never ends a word.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from string import Formatter
from typing import Any

from IPython.utils.text import DollarFormatter

from jupyter_gradient_data.errors import ErrorKind

_FORMATTER = DollarFormatter()
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
    text, values = _hold_values(line, names)
    try:
        words = shlex.split(text)
    except ValueError:
        raise ErrorKind.MAGIC_USAGE(
            message=f"A quotation mark or a character after \\ is missing in: {line.strip()}",
            hint="Put text with spaces or apostrophes in double quotes: \"it's done\".",
        ) from None
    return [_HOLDER.sub(lambda found: values[int(found[1])], word) for word in words]


def _hold_values(line: str, names: Mapping[str, Any]) -> tuple[str, list[str]]:
    """The line with a holder for each value, and the values."""
    text, values = "", []
    try:
        pieces = [*_FORMATTER.parse(line)]
    except ValueError:  # a brace without a partner is a character like any other
        return line, []
    for literal, field, slice_end, conversion in pieces:
        text += literal
        if field is None:
            continue
        expression = f"{field}:{slice_end}" if slice_end else field
        try:
            value = _FORMATTER.convert_field(eval(expression, dict(names)), conversion)  # noqa: S307 - the user's own
        except Exception:  # as IPython does: what cannot be filled in stays
            text += _as_written(line, expression, conversion)
            continue
        text += _HELD.format(len(values))
        values.append(str(value))
    return text, values


def _as_written(line: str, expression: str, conversion: str | None) -> str:
    braced = f"{{{expression}{f'!{conversion}' if conversion else ''}}}"
    return braced if braced in line else f"${expression}"
