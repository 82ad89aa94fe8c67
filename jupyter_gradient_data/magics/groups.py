"""Our kinds of Click command and group for a cell: help that teaches, suggestions, no program to exit from."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from typing import Any

import click

_WIDTH = 96  # characters of a line of help; a cell shows more


class _Teaching(click.Command):
    """Examples below the options.

    Parameters
    ----------
    examples : sequence of str
        Lines as one types them into a cell.
    """

    def __init__(self, *args: Any, examples: Sequence[str] = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"max_content_width": _WIDTH, "terminal_width": _WIDTH})
        super().__init__(*args, **kwargs)
        self.examples = tuple(examples)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, in words for a cell, from which nothing exits."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Show this help."
        return option

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the examples."""
        if self.examples:
            with formatter.section("Examples" if len(self.examples) > 1 else "Example"):
                for example in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{example}\n")


class Verb(_Teaching):
    """What one can do with datasets."""


class Verbs(_Teaching, click.Group):
    """A group of verbs, in the order in which one needs them; some are imported only when they run.

    Parameters
    ----------
    lazy : dict
        For each such verb: the module (of this package) and name to import, and its line in the help.
    """

    command_class = Verb
    group_class = type

    def __init__(self, *args: Any, lazy: dict[str, tuple[str, str, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, options_metavar=None, **kwargs)
        self.lazy = lazy or {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names."""
        return [*self.lazy, *self.commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """One verb, imported if need be."""
        if cmd_name in self.lazy:
            module, attribute, _ = self.lazy[cmd_name]
            command = getattr(importlib.import_module(f".{module}", __package__), attribute)
            assert isinstance(command, click.Command)  # noqa: S101
            return command
        return super().get_command(ctx, cmd_name)

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb that is named, or suggest what may have been meant."""
        name, known = args[0], self.list_commands(ctx)
        if name not in known and not name.startswith("-") and not ctx.resilient_parsing:
            ctx.fail(f"There is no `{ctx.command_path} {name}`.{_suggestion(ctx.command_path, name, known)}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the verbs, importing none of the lazy ones."""
        names = self.list_commands(ctx)
        width = formatter.width - 6 - max(map(len, names))
        with formatter.section("Verbs"):
            formatter.write_dl([(name, self._short_help(name, width)) for name in names])

    def _short_help(self, name: str, width: int) -> str:
        return self.lazy[name][2] if name in self.lazy else self.commands[name].get_short_help_str(width)


def verb(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Verb]:
    """Make a verb from a function."""
    return click.command(name, cls=Verb, **attributes)


def verbs(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Verbs]:
    """Make a group of verbs from a function."""
    return click.group(name, cls=Verbs, **attributes)


# What users of other tools, and of the command, may type.
_OTHER_WORDS = {
    "add": "put", "upload": "put", "delete": "rm", "remove": "rm", "details": "info", "show": "info",
    "files": "ls", "download": "get", "versions": "info", "tags": "tag", "select": "use", "help": "--help",
    "init": "create", "freeze": "lock", "pull": "update", "branch": "new", "datasets": "list",
}  # fmt: skip


def _suggestion(path: str, name: str, known: Sequence[str]) -> str:
    from difflib import get_close_matches  # here: only mistakes need it

    meant = _OTHER_WORDS.get(name.lower())
    if meant not in known and meant != "--help":
        meant = next(iter(get_close_matches(name.lower(), known, n=1)), None)
    return f" Did you mean `{path} {meant}`?" if meant else ""
