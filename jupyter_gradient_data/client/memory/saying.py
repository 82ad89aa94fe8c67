"""A line for whoever runs a notebook or script, where it disturbs nothing."""

from __future__ import annotations

import sys

from .place import shell_of_kernel


def say(line: str) -> None:
    """Show a line: below the cell, or on the error stream of a script, whose output may be data."""
    print(line, file=sys.stdout if shell_of_kernel() is not None else sys.stderr, flush=True)
