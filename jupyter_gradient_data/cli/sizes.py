"""Sizes as people write them; how they read them is in `plain`, for commands at hand here as well."""

from __future__ import annotations

import re

import click

from jupyter_gradient_data.plain import format_count, format_seconds, format_size

__all__ = ["format_count", "format_seconds", "format_size", "parse_size"]

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
