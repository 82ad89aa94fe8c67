"""What people read, as plain text: sizes, counts, durations, how far work is, and names that cannot break a line."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import ProgressEvent


def format_size(count: float) -> str:
    """Bytes in the largest unit that keeps the number above one: ``1.5 GiB``."""
    if count < 1024:
        return f"{count:.0f} B"
    for unit in ("KiB", "MiB", "GiB"):
        count /= 1024
        if count < 1024:
            return f"{count:.1f} {unit}"
    return f"{count / 1024:,.1f} TiB"


def format_count(count: int, thing: str) -> str:
    """``1 file``, ``2,000 files``."""
    return f"{count:,} {thing}{'' if count == 1 else 's'}"


def format_seconds(seconds: float) -> str:
    """``0:07``, ``12:34`` or ``1:02:03``."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def figures(event: ProgressEvent) -> str:
    """The numbers beside a progress bar."""
    parts = []
    if event.files_done or event.files_total:
        total = f"/{event.files_total:,}" if event.files_total else ""
        parts.append(f"{event.files_done:,}{total} files")
    if event.bytes_done or event.bytes_total:
        of = f" of {format_size(event.bytes_total)}" if event.bytes_total else ""
        parts.append(format_size(event.bytes_done) + of)
    if event.rate:
        parts.append(f"{format_size(event.rate)}/s")
    if event.seconds_left is not None:
        parts.append(f"{format_seconds(event.seconds_left)} left")
    return ", ".join(parts)


def display_width(text: str) -> int:
    """Columns of a terminal that ``text`` takes: two for wide East Asian characters, none for combining ones."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def printable(text: str) -> str:
    """``text`` with control characters written out, so that no file name can move the cursor or break a row."""
    if text.isprintable():
        return text
    return "".join(_written_out(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _written_out(character: str) -> str:
    category = unicodedata.category(character)
    if category.startswith("C") or category in ("Zl", "Zp"):
        return character.encode("unicode_escape").decode("ascii")
    return character
