"""Our kinds of Click command and group for the terminal: with the options that every command has."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from jupyter_gradient_data.teaching import TeachingCommand, TeachingGroup

from .common_options import common_options

FETCH = "Failed to fetch data"  # what the original wrote before the reason, by kind of request
CREATE = "Failed to create resource"
DELETE = "Failed to delete resource"


class Command(TeachingCommand):
    """A command with the options common to all.

    Parameters
    ----------
    fails : str
        What the original wrote before the reason of a failure; empty for commands it did not have.
    """

    def __init__(self, *args: Any, fails: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fails = fails
        self.params.extend(common_options())

    def invoke(self, ctx: click.Context) -> Any:
        """Run it, after noting how its failures begin."""
        ctx.obj.failure_prefix = self.fails
        return super().invoke(ctx)


class Group(TeachingGroup):
    """A group of commands, in the order of the alphabet."""

    command_class = Command
    group_class = type
    package = __package__

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All names, in the order of the alphabet."""
        return sorted(super().list_commands(ctx), key=str.lower)


def group(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Group]:
    """Make a group of ours from a function."""
    return click.group(name, cls=Group, **attributes)


def command(name: str, **attributes: Any) -> Callable[[Callable[..., Any]], Command]:
    """Make a command of ours from a function, outside any group."""
    return click.command(name, cls=Command, **attributes)
