"""Our kinds of Click command and group for a cell: as wide as a cell, and no program to exit from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import click

from jupyter_gradient_data.teaching import TeachingCommand, TeachingGroup, closest

_WIDTH = 96  # characters of a line of help; a cell shows more


class _InACell(TeachingCommand):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"max_content_width": _WIDTH, "terminal_width": _WIDTH})
        super().__init__(*args, **kwargs)

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        """``--help``, in words for a cell, from which nothing exits."""
        option = super().get_help_option(ctx)
        if option is not None:
            option.help = "Show this help."
        return option


class Verb(_InACell):
    """What one can do with datasets."""


class Verbs(_InACell, TeachingGroup):
    """A group of verbs, in the order in which one needs them."""

    command_class = Verb
    group_class = type
    package = __package__
    heading = "Verbs"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, options_metavar=None, **kwargs)

    def unknown(self, ctx: click.Context, name: str, known: Sequence[str]) -> str:
        """What is said of a verb that does not exist; words of other tools are known, too."""
        path, meant = ctx.command_path, _OTHER_WORDS.get(name.lower())
        if meant not in known and meant != "--help":
            meant = closest(name, known)
        return f"There is no `{path} {name}`.{f' Did you mean `{path} {meant}`?' if meant else ''}"


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
