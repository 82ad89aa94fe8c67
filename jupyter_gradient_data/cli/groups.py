"""Our kinds of Click command and group: options that every command has, examples, late imports, suggestions."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import click

from .common_options import common_options

FETCH = "Failed to fetch data"  # what the original wrote before the reason, by kind of request
CREATE = "Failed to create resource"
DELETE = "Failed to delete resource"

C = TypeVar("C", bound=click.Command)


class Command(click.Command):
    """A command with the options common to all, and examples in its help.

    Parameters
    ----------
    examples : sequence of str
        Command lines to show below the options.
    fails : str
        What the original wrote before the reason of a failure; empty for commands it did not have.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), fails: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)
        self.fails = fails
        self.params.extend(common_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, after noting how its failures begin."""
        ctx.obj.failure_prefix = self.fails
        return super().invoke(ctx)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _format_examples(self.examples, formatter)


class Group(click.Group):
    """A group of commands, some of which are imported only when they run.

    Parameters
    ----------
    lazy : dict
        For each such command: the module (of this package) and name to import, and its line in the group's help.
    examples : sequence of str
        Command lines to show below the commands.
    """

    command_class = Command
    group_class = type

    def __init__(
        self,
        *args: Any,
        lazy: dict[str, tuple[str, str, str]] | None = None,
        examples: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lazy = lazy or {}
        self.examples = tuple(examples)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted({*self.commands, *self.lazy}, key=str.lower)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One command, imported if need be."""
        if cmd_name in self.lazy:
            module, attribute, _ = self.lazy[cmd_name]
            command = getattr(importlib.import_module(f".{module}", __package__), attribute)
            assert isinstance(command, click.Command)  # noqa: S101
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command that is named, or suggest what may have been meant."""
        name = args[0]
        known = self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"No such command {name!r}.{_suggestion(name, known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the commands, importing none of the lazy ones."""
        names = self.list_commands(ctx)
        width = formatter.width - 6 - max(map(len, names))
        with formatter.section("Commands"):
            formatter.write_dl([(name, self._short_help(name, width)) for name in names])

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        _format_examples(self.examples, formatter)

    def _short_help(self, name: str, width: int) -> str:
        return self.lazy[name][2] if name in self.lazy else self.commands[name].get_short_help_str(width)


def group(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a group of ours from a function."""
    return click.group(name, cls=Group, **attributes)


def command(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of ours from a function, outside any group."""
    return click.command(name, cls=Command, **attributes)


def _format_examples(examples: Sequence[str], formatter: click.HelpFormatter) -> None:
    if examples:
        with formatter.section("Examples" if len(examples) > 1 else "Example"):
            for example in examples:
                formatter.write(f"{' ' * formatter.current_indent}{example}\n")


def _suggestion(name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # here: only mistakes need it

    by_lower_case = {candidate.lower(): candidate for candidate in known}
    close = get_close_matches(name.lower(), by_lower_case, n=1)
    return f" Did you mean {by_lower_case[close[0]]!r}?" if close else ""
