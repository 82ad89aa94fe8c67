"""Sizes, counts and durations as people write and read them."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "b": 1}
_UNITS |= {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", start=1)}
_UNITS |= {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", start=1)}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([a-z]*)", re.IGNORECASE)


def parse_size(ctx: click.Context, param: click.Parameter, value: str | None) -> int | None:
    """Read ``1000000``, ``50GB`` (powers of 1000) or ``50GiB`` (powers of 1024), as the callback of an option."""
    if value is None:
        return None
    match = _SIZE.fullmatch(value.strip())
    if match is None or match[2].lower() not in _UNITS:
        raise click.BadParameter(f"{value!r} is not a size: write 50GB, 50GiB or a number of bytes.", ctx, param)
    return int(float(match[1]) * _UNITS[match[2].lower()])


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
