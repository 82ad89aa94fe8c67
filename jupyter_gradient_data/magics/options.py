"""Arguments and options that several verbs share, called as those of the command are."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .suggest import complete_tag

F = TypeVar("F", bound=Callable[..., Any])


def words_argument(metavar: str, complete: Callable[..., Any]) -> Callable[[F], F]:
    """Words of which the first may name a dataset."""
    return click.argument("words", nargs=-1, metavar=metavar, shell_complete=complete, type=click.UNPROCESSED)


def reference_argument(metavar: str, complete: Callable[..., Any]) -> Callable[[F], F]:
    """One word, which may be left out after ``%dataset use``."""
    return click.argument("reference", required=False, metavar=f"[{metavar}]", shell_complete=complete)


def message_option(function: F) -> F:
    """``--message TEXT``."""
    return click.option("--message", "-m", metavar="TEXT", help="Dataset version message.")(function)


def tag_after_commit_option(function: F) -> F:
    """``--tag NAME``."""
    return click.option(
        "--tag",
        metavar="NAME",
        shell_complete=complete_tag,
        help="Tag to point to the new version; it moves when it exists.",
    )(function)


def target_option(help_text: str, complete: Callable[..., Any]) -> Callable[[F], F]:
    """``--to FOLDER``."""
    return click.option(
        "--to", "--target-path", "target", metavar="FOLDER", shell_complete=complete, help=help_text
    )
