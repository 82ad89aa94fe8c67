"""Sentences for a cell: the commands that an error or note advises, as magics where there is one."""

from __future__ import annotations

import re

# From the command of a terminal to the magic that does the same; the most special first.
_MAGICS = (
    (r"datasets create --name (\S+)", r"create \1"),
    (r"datasets list", "list"),
    (r"datasets versions list --id (\S+)", r"info \1"),
    (r"datasets versions commit --id (\S+)", r"commit \1"),
    (r"datasets versions create --id (\S+) --from (\S+)", r"new \1 --from \2"),
    (r"datasets tags list --id (\S+)", r"info \1"),
    (r"datasets files list --id (\S+)", r"ls \1"),
    (r"datasets verify\b", "verify"),
    (r"mounts list", "mounts"),
    (r"mounts update\b", "update"),
    (r"mounts commit\b", "commit"),
    (r"(mount|unmount|outputs|public)\b", r"\1"),
)
_COMMAND = re.compile(r"`gradient ([^`]*)`")


def for_a_cell(text: str) -> str:
    """``text`` with commands as one writes them in a cell: as a magic, or with ``!`` before them."""
    return _COMMAND.sub(lambda found: f"`{_magic(found[1])}`", text)


def _magic(command: str) -> str:
    for pattern, verb in _MAGICS:
        found = re.match(pattern, command)
        if found:
            return f"%dataset {found.expand(verb)}{command[found.end() :]}"
    return f"!gradient {command}"
