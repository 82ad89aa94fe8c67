"""How one file differs between two versions: lines, pictures, rows of a table; no more of it than can be looked at."""

from __future__ import annotations

import csv
import difflib
import io
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from jupyter_gradient_data.errors import ErrorKind, NotFound
from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.plain import format_count, format_size
from jupyter_gradient_data.service.api import DataService

from .content import IMAGE_BYTES, as_text, picture_format, read_head, separator, suffix

TEXT_BYTES = 256 * 1024
"""A larger text is not compared line by line."""

MOST_LINES = 4000
"""Of each side; comparing takes time that grows with their product."""

MOST_SHOWN = 600
"""Lines of a difference."""

COUNT_BYTES = 32 * 1024 * 1024
"""Of a larger CSV file the rows are not counted."""

_TABLES = ("csv", "tsv", "tab")


@dataclass(frozen=True)
class Side:
    """A file in one of the versions."""

    reference: str
    info: FileInfo


@dataclass(frozen=True)
class Comparison:
    """What differs.

    Parameters
    ----------
    facts : tuple of str
        A few words each.
    lines : tuple of str
        A unified difference; empty when it is not a text, or too long.
    pictures : tuple of (str, bytes, str)
        What to call it, its bytes, its format.
    """

    facts: tuple[str, ...]
    lines: tuple[str, ...] = ()
    pictures: tuple[tuple[str, bytes, str], ...] = ()


def compare(service: DataService, old_reference: str, new_reference: str, path: str) -> Comparison:
    """Compare a file.

    Raises
    ------
    NotFound
        It is in neither version.
    """
    old = _side(service, old_reference, path)
    new = _side(service, new_reference, path, is_there=old is None)
    sides = [side for side in (old, new) if side is not None]
    if len(sides) == 2 and sides[0].info.hash == sides[1].info.hash:
        return Comparison((format_size(sides[0].info.size), "the same in both"))
    facts = [_sizes(old, new)]
    pictures = tuple(_pictures(service, old, new))
    if pictures:
        return Comparison(tuple(facts), pictures=pictures)
    if suffix(path) in _TABLES:
        facts += _table_facts(service, old, new)
    if max(side.info.size for side in sides) > TEXT_BYTES:
        limit = format_size(TEXT_BYTES)
        return Comparison((*facts, f"Larger than {limit}: not compared line by line."))
    texts = [as_text(_whole(service, side)) if side is not None else "" for side in (old, new)]
    if texts[0] is None or texts[1] is None:
        return Comparison((*facts, "This is not text."))
    return _lines(facts, texts[0].splitlines(), texts[1].splitlines())


def _side(service: DataService, reference: str, path: str, *, is_there: bool = False) -> Side | None:
    """The file in a version; None where it is not, unless it has to be there."""
    try:
        return Side(reference, service.get_file(reference, path))
    except NotFound as error:
        if is_there or error.kind is not ErrorKind.FILE_NOT_FOUND:
            raise
        return None


def _sizes(old: Side | None, new: Side | None) -> str:
    sizes = [format_size(side.info.size) if side is not None else "" for side in (old, new)]
    return " → ".join(sizes) if all(sizes) else f"new, {sizes[1]}" if old is None else f"removed, was {sizes[0]}"


def _whole(service: DataService, side: Side) -> bytes:
    return read_head(service, side.reference, side.info, side.info.size)


def _pictures(service: DataService, old: Side | None, new: Side | None) -> Iterator[tuple[str, bytes, str]]:
    for name, side in (("Before", old), ("After", new)):
        if side is None or side.info.size > IMAGE_BYTES:
            continue
        if image := picture_format(read_head(service, side.reference, side.info, 16)):
            yield name, _whole(service, side), image


def _lines(facts: list[str], old: list[str], new: list[str]) -> Comparison:
    if max(len(old), len(new)) > MOST_LINES:
        return Comparison((*facts, f"More than {MOST_LINES:,} lines: not compared line by line."))
    lines = list(difflib.unified_diff(old, new, lineterm="", n=3))[2:]  # without the names of files
    if len(lines) > MOST_SHOWN:
        facts.append(f"The first {MOST_SHOWN} lines of the difference.")
    return Comparison(tuple(facts), tuple(lines[:MOST_SHOWN]))


def _table_facts(service: DataService, old: Side | None, new: Side | None) -> list[str]:
    if any(side is not None and side.info.size > COUNT_BYTES for side in (old, new)):
        return [f"Larger than {format_size(COUNT_BYTES)}: rows are not counted."]
    try:
        before, after = _columns_and_rows(service, old), _columns_and_rows(service, new)
    except (csv.Error, UnicodeDecodeError):
        return []
    facts = [f"{before[1]:,} → {format_count(after[1], 'row')}"] if old and new else []
    if old is None or new is None:
        return [format_count(max(before[1], after[1]), "row")]
    if added := [name for name in after[0] if name not in before[0]]:
        facts.append(f"new columns: {', '.join(added[:10])}")
    if removed := [name for name in before[0] if name not in after[0]]:
        facts.append(f"columns removed: {', '.join(removed[:10])}")
    return facts


def _columns_and_rows(service: DataService, side: Side | None) -> tuple[list[str], int]:
    """The first row, and how many follow."""
    if side is None:
        return [], 0
    text = _whole(service, side).decode("utf-8-sig")
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=separator(text))
    header = next(rows, [])
    return header, sum(bool(row) for row in rows)


def diff_html(lines: tuple[str, ...], label: str) -> str:
    """A difference with its lines coloured, and marked by the sign they begin with."""
    inner = "".join(f'<div class="{_look(line)}">{escape(line) or " "}</div>' for line in lines)
    return (
        f'<div class="gdw-scroll" tabindex="0" role="region" aria-label="{escape(label)}">'
        f'<pre class="gdw-text gdw-diff">{inner}</pre></div>'
    )


def _look(line: str) -> str:
    return {"+": "gdw-plus", "-": "gdw-minus", "@": "gdw-hunk"}.get(line[:1], "gdw-same")
