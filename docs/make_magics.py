"""Writes the list of verbs in docs/users/magics.md from the Click verbs; a test fails when it is out of date.

What stands above the mark is written by hand.
"""

from __future__ import annotations

from pathlib import Path

import click

from docs.make_cli import _help, _placeholder, _table, commands
from jupyter_gradient_data.magics.verbs import root

PAGE = Path(__file__).parent / "users" / "magics.md"

_MARK = "<!-- From here on written by docs/make_magics.py: run `make docs` after a change of a verb. -->\n"


def render() -> str:
    """The text of the page."""
    head, _, _ = PAGE.read_text(encoding="utf-8").partition(_MARK)
    sections = [_section(path, command) for path, command in commands(root, ("%dataset",)) if command is not root]
    return "\n".join([head + _MARK, "## All verbs\n", *sections])


def _section(path: str, command: click.Command) -> str:
    arguments = [_placeholder(parameter) for parameter in command.params if isinstance(parameter, click.Argument)]
    options = [option for option in command.params if isinstance(option, click.Option)]
    examples = "\n".join(getattr(command, "examples", ()))
    parts = [
        f"### `{' '.join([path, *arguments])}`",
        _help(command.help),
        _table(options),
        f"```text\n{examples}\n```" if examples else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
