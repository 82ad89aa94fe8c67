"""What our kinds of Click command share, in a terminal and in a cell: examples, late imports, suggestions."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any, ClassVar

import click


class TeachingCommand(click.Command):
    """A command with examples in its help.

    Parameters
    ----------
    examples : sequence of str
        Lines as one types them, shown below the options.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                for example in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{example}\n")


class TeachingGroup(TeachingCommand, click.Group):
    """A group of commands with examples, some of which are imported only when they run.

    Parameters
    ----------
    lazy : dict
        For each such command: the module (of `package`) and name to import, and its line in the group's help.
    """

    package: ClassVar[str]
    """Where the lazy commands are."""
    heading: ClassVar[str] = "Commands"
    """What they are called in the group's help."""

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported if need be."""
        if cmd_name in self.lazy:
            module, attribute, _ = self.lazy[cmd_name]
            command = getattr(importlib.import_module(f".{module}", self.package), attribute)
            assert isinstance(command, click.Command)  # noqa: S101
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named, or suggest what may have been meant."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(self.unknown(ctx, name, known))
        return super().resolve_command(ctx, args)

    def unknown(self, ctx: click.Context, name: str, known: Sequence[str]) -> str:
        """What is said of a command that does not exist."""
        meant = closest(name, known)
        return f"No such command {name!r}.{f' Did you mean {meant!r}?' if meant else ''}"

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, importing none of the lazy ones."""
        names = self.list_commands(ctx)
        width = formatter.width - 6 - max(map(len, names))
        with formatter.section(self.heading):
            formatter.write_dl([(name, self._short_help(name, width)) for name in names])

    def _short_help(self, name: str, width: int) -> str:
        return self.lazy[name][2] if name in self.lazy else self.commands[name].get_short_help_str(width)


def closest(name: str, known: Sequence[str]) -> str | None:
    """The known name that was probably meant, whatever its case; None when none is like it."""
    from difflib import get_close_matches  # here: only mistakes need it

    by_lower_case = {candidate.lower(): candidate for candidate in known}
    return next((by_lower_case[found] for found in get_close_matches(name.lower(), by_lower_case, n=1)), None)
