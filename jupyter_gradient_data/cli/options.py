"""Options that several commands share, with the checks of the original: wrong shapes never reach the service."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from .suggest import complete_dataset, complete_provider, complete_tag, complete_version

F = TypeVar("F", bound=Callable[..., Any])

EXAMPLE_DATASET = "dsr8k5qzn401lb5"
EXAMPLE_VERSION = f"{EXAMPLE_DATASET}:klfoyy9"
EXAMPLE_TAG = f"{EXAMPLE_DATASET}:prod"


def dataset_option(function: F) -> F:
    """``--id DATASET``, without a version."""
    return click.option(
        "--id",
        "dataset",
        required=True,
        metavar="DATASET",
        callback=_check_dataset,
        shell_complete=complete_dataset,
        help=f"Dataset, by id or name (ex: {EXAMPLE_DATASET}).",
    )(function)


def version_option(function: F) -> F:
    """``--id DATASET:VERSION``."""
    return click.option(
        "--id",
        "reference",
        required=True,
        metavar="DATASET:VERSION",
        callback=_check_version,
        shell_complete=complete_version,
        help=f"Dataset version: its id, a tag or latest (ex: {EXAMPLE_VERSION}).",
    )(function)


def tag_option(function: F) -> F:
    """``--id DATASET:TAG``."""
    return click.option(
        "--id",
        "tag",
        required=True,
        metavar="DATASET:TAG",
        callback=_check_tag,
        shell_complete=complete_tag,
        help=f"Dataset tag (ex: {EXAMPLE_TAG}).",
    )(function)


def provider_option(function: F) -> F:
    """``--id PROVIDER``."""
    return click.option(
        "--id",
        "provider",
        required=True,
        metavar="PROVIDER",
        shell_complete=complete_provider,
        help="Storage provider, by id or name.",
    )(function)


def storage_provider_option(meaning: str) -> Callable[[F], F]:
    """``--storageProviderId PROVIDER``, which may be left out; ``meaning`` says what then happens."""
    return click.option(
        "--storageProviderId",
        "provider",
        metavar="PROVIDER",
        shell_complete=complete_provider,
        help=f"Storage provider, by id or name; {meaning}.",
    )


def message_option(function: F) -> F:
    """``-m TEXT``, ``--message TEXT``."""
    return click.option("--message", "-m", help="Dataset version message.")(function)


def tag_after_commit_option(function: F) -> F:
    """``--tag NAME``."""
    return click.option("--tag", help="Tag to point to the new version; it moves when it exists.")(function)


def preview_option(function: F) -> F:
    """``--preview``."""
    return click.option("--preview", is_flag=True, help="Only say what this would remove and free.")(function)


def _check_dataset(ctx: click.Context, param: click.Parameter, value: str) -> str:
    return _check_shape(ctx, value, None, EXAMPLE_DATASET)


def _check_version(ctx: click.Context, param: click.Parameter, value: str) -> str:
    return _check_shape(ctx, value, "version", EXAMPLE_VERSION)


def _check_tag(ctx: click.Context, param: click.Parameter, value: str) -> str:
    return _check_shape(ctx, value, "tag", EXAMPLE_TAG)


def _check_shape(ctx: click.Context, value: str, part: str | None, example: str) -> str:
    """The original's check of ``--id``, in its words."""
    if ctx.resilient_parsing:  # while a shell completes the line, half a reference is no error
        return value
    dataset, _, selector = value.partition(":")
    if not dataset:
        raise click.UsageError(f"The '--id' option is missing the dataset ID (ex: {example})", ctx)
    if part and not selector:
        raise click.UsageError(f"The '--id' option is missing the {part} (ex: {example})", ctx)
    if not part and selector:
        raise click.UsageError(f"The '--id' option should not have a version/tag (ex: {example})", ctx)
    return value
