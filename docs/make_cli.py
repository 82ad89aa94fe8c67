"""Writes docs/users/cli.md from the Click commands; a test fails when it is out of date.

It reads what the commands declare, not what `--help` prints: that changes with the version of Click.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from jupyter_gradient_data.cli.common_options import common_options
from jupyter_gradient_data.cli.main import cli

PAGE = Path(__file__).parent / "users" / "cli.md"

_HEAD = """\
# The `gradient` command

<!-- Written by docs/make_cli.py: run `make docs` after a change of the command. -->

`jupyter gradient` is the same command, for environments where another package owns the name `gradient`
({doc}`coming-from-gradient`). Every command ends with exit code 0 only when all of it was done; {doc}`../errors` lists
the other codes. Every command takes `--help` and these options:
"""


def render() -> str:
    """The text of the page."""
    sections = [_section(path, command) for path, command in commands(cli)]
    return "\n".join([_HEAD, _table(common_options()) + "\n", *sections])


def commands(command: click.Command, path: tuple[str, ...] = ("gradient",)) -> Iterator[tuple[str, click.Command]]:
    """Every command that is shown in a list of commands, with the words that call it."""
    yield " ".join(path), command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            if child is not None and not child.hidden:
                yield from commands(child, (*path, name))


def _section(path: str, command: click.Command) -> str:
    depth = "##" if len(path.split()) <= 2 else "###"
    arguments = [_placeholder(parameter) for parameter in command.params if isinstance(parameter, click.Argument)]
    common = {option.name for option in common_options()}
    options = [option for option in command.params if isinstance(option, click.Option) and option.name not in common]
    examples = "\n".join(getattr(command, "examples", ()))
    parts = [
        f"{depth} `{' '.join([path, *arguments])}`",
        _help(command.help),
        _table(options),
        f"```text\n{examples}\n```" if examples else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _placeholder(argument: click.Argument) -> str:
    name = argument.metavar or str(argument.name).upper()
    return name if argument.required or name.startswith("[") else f"[{name}]"


def _table(options: Sequence[click.Option]) -> str:
    rows = [_row(option) for option in options if not option.hidden]
    return "\n".join(["| Option | Meaning |", "| --- | --- |", *rows]) if rows else ""


def _row(option: click.Option) -> str:
    names = ", ".join(f"`{name}`" for name in [*option.opts, *option.secondary_opts])
    meaning = _escape(" ".join((option.help or "").split()))
    return f"| {names} | {meaning}{' (required)' if option.required else ''} |"


def _help(text: str | None) -> str:
    """A help text as Markdown: Click's mark for a literal block becomes a fence."""
    blocks = inspect.cleandoc(text or "").split("\f")[0].split("\n\n")
    return "\n\n".join(
        f"```text\n{block.removeprefix(chr(8)).strip(chr(10))}\n```" if block.startswith("\b") else _escape(block)
        for block in blocks
        if block
    )


def _escape(text: str) -> str:
    parts = text.split("`")  # what stands in backticks needs no escape
    parts[::2] = [re.sub(r"([<>*_|\[\]])", r"\\\1", part) for part in parts[::2]]
    return "`".join(parts)


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
