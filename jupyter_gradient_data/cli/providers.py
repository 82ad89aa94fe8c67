"""``gradient storageProviders``: where bytes live."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .groups import CREATE, DELETE, FETCH, group
from .options import provider_option
from .session import Session
from .sizes import format_size, parse_size
from .tables import Cell

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Provider, ProviderKind

F = TypeVar("F", bound=Callable[..., Any])

_CONFIG_LINES = 5  # of a list's config cell, as in the original
_SECRET_VARIABLE = "GRADIENT_SECRET_ACCESS_KEY"  # noqa: S105 - the variable's name
_KINDS = ("aws-s3", "spaces", "s3-compatible")


@group(
    "storageProviders",
    examples=[
        "gradient storageProviders create s3 --name lab --bucket lab-data --accessKey AKIA... --endpoint https://...",
        "gradient storageProviders check --id lab",
    ],
)
def storage_providers() -> None:
    """Manage storage providers, where the bytes of datasets live.

    Gradient Managed is there from the start. Others are DigitalOcean Spaces, AWS S3 and any S3-compatible service.
    """


@storage_providers.group("create", examples=["gradient storageProviders create s3 --help"])
def create() -> None:
    """Create storage providers."""


@storage_providers.group("update", examples=["gradient storageProviders update s3 --help"])
def update() -> None:
    """Update storage providers."""


@storage_providers.command("list", fails=FETCH, examples=["gradient storageProviders list"])
@click.pass_obj
def list_providers(session: Session) -> None:
    """List storage providers by name."""
    session.out.listing(("Name", "ID", "Type", "Config"), _row, session.service.list_providers)


@storage_providers.command("details", fails=FETCH, examples=["gradient storageProviders details --id lab"])
@provider_option
@click.pass_obj
def show_details(session: Session, provider: str) -> None:
    """Show storage provider details; the secret is never shown."""
    found = session.service.get_provider(provider)
    session.out.table([("Name", found.name), ("ID", found.id), ("Type", "s3"), ("Config", _config(found))])
    session.out.document(found)


@storage_providers.command("delete", fails=DELETE, examples=["gradient storageProviders delete --id lab"])
@provider_option
@click.pass_obj
def delete_provider(session: Session, provider: str) -> None:
    """Delete a storage provider that holds no datasets; its bucket is not touched."""
    found = session.service.get_provider(provider)
    session.service.delete_provider(found.id)
    session.out.done(f"Deleted storage provider: {found.id}", {"deleted": found.id})


@storage_providers.command("check", examples=["gradient storageProviders check --id lab"])
@provider_option
@click.pass_context
def check_provider(ctx: click.Context, provider: str) -> None:
    """Check a storage provider's bucket by trying everything that is needed of it.

    The exit code is 1 when something that is needed does not work.
    """
    session: Session = ctx.obj
    found = session.service.check_provider(provider)
    steps = [(step.name, _verdict(step.ok, step.required), step.remark) for step in found.steps]
    if steps:
        session.out.table([("Check", "Result", "Remark"), *steps])
    session.out.done(found.summary, found)
    ctx.exit(0 if found.ok else 1)


def _s3_options(function: F) -> F:
    """The options of `create s3` and `update s3` that say where the bucket is and how to talk to it."""
    for option in reversed(
        [
            click.option("--endpoint", help="S3 endpoint URL, without the bucket; none for AWS."),
            click.option("--region", help="S3 region."),
            click.option("--signatureVersion", "signature_version", help="S3 signature version (ex: v4)."),
            click.option(
                "--addressing",
                type=click.Choice(["auto", "path", "virtual"]),
                help="How the bucket is named in URLs: in the path, or as virtual host.  [default: auto]",
            ),
            click.option(
                "--quota",
                callback=parse_size,
                metavar="SIZE",
                help="Most it may hold (ex: 50GB, 50GiB); 0 for no limit.",
            ),
        ]
    ):
        function = option(function)
    return function


@create.command(
    "s3",
    fails=CREATE,
    examples=[
        "gradient storageProviders create s3 --name lab --bucket lab-data --accessKey AKIAIOSFODNN7EXAMPLE",
        "gradient storageProviders create s3 --name minio --bucket data --accessKey me --endpoint http://minio:9000",
    ],
)
@click.option("--name", required=True, help="Storage provider name.")
@click.option("--bucket", required=True, help="S3 bucket; it must exist.")
@click.option("--accessKey", "access_key", required=True, help="S3 access key ID.")
@click.option(
    "--secretAccessKey",
    "secret",
    envvar=_SECRET_VARIABLE,
    help=f"S3 secret access key. Better left out: it is then taken from {_SECRET_VARIABLE} or asked for.",
)
@click.option("--kind", type=click.Choice(_KINDS), help="What it is.  [default: read from the endpoint]")
@_s3_options
@click.pass_context
def create_s3(
    ctx: click.Context,
    name: str,
    bucket: str,
    access_key: str,
    secret: str | None,
    kind: str | None,
    endpoint: str | None,
    region: str | None,
    signature_version: str | None,
    addressing: str | None,
    quota: int | None,
) -> None:
    """Create an S3 storage provider, after checking that its bucket can do what is needed."""
    from jupyter_gradient_data.models import S3Config

    session: Session = ctx.obj
    secret = secret or _ask_for_secret(ctx)
    config = S3Config(bucket, access_key, endpoint or None, region or None, signature_version, addressing or "auto")
    made = session.service.create_provider(
        name, provider_kind(kind, endpoint), config, secret, quota_bytes=quota or None
    )
    session.out.done(f"Created new storage provider with id: {made.id}", made)


@update.command(
    "s3",
    fails=FETCH,
    examples=[
        "gradient storageProviders update s3 --id lab --quota 500GB",
        "gradient storageProviders update s3 --id lab --region ''",
    ],
)
@provider_option
@click.option("--name", help="Storage provider name.")
@click.option("--bucket", help="S3 bucket.")
@click.option("--accessKey", "access_key", help="S3 access key ID.")
@click.option("--secretAccessKey", "secret", help="S3 secret access key; '-' asks for it.")
@_s3_options
@click.pass_context
def update_s3(
    ctx: click.Context,
    provider: str,
    name: str | None,
    bucket: str | None,
    access_key: str | None,
    secret: str | None,
    endpoint: str | None,
    region: str | None,
    signature_version: str | None,
    addressing: str | None,
    quota: int | None,
) -> None:
    """Update an S3 storage provider: what is given changes, an empty value clears."""
    session: Session = ctx.obj
    if secret == "-":  # noqa: S105
        secret = _ask_for_secret(ctx)
    config = {
        "bucket": bucket,
        "access_key": access_key,
        "endpoint": endpoint,
        "region": region,
        "signature_version": signature_version,
        "addressing": addressing,
    }
    changes = {field: value for field, value in config.items() if value is not None}
    updated = session.service.update_provider(
        provider, name=name, config=changes or None, secret=secret, quota_bytes=quota
    )
    session.out.done("Updated storage provider", updated)


def provider_kind(name: str | None, endpoint: str | None) -> ProviderKind:
    """The kind that was named, or else what the endpoint's host says."""
    from jupyter_gradient_data.models import ProviderKind

    return ProviderKind(name) if name else ProviderKind.of_endpoint(endpoint)


def _ask_for_secret(ctx: click.Context) -> str:
    if not sys.stdin.isatty():
        raise click.UsageError(f"Missing option '--secretAccessKey' (or {_SECRET_VARIABLE}).", ctx)
    secret: str = click.prompt("Secret access key", hide_input=True, err=True)
    return secret


def _row(provider: Provider) -> tuple[Cell, ...]:
    config = _config(provider)
    if len(config) > _CONFIG_LINES:
        config = (*config[:_CONFIG_LINES], "...")
    return provider.name, provider.id, "s3", config


def _config(provider: Provider) -> tuple[str, ...]:
    """Sorted ``key: value`` lines, by the keys of the original."""
    values: dict[str, str | None]
    if provider.s3 is None:
        values = {"managed": "true", "used": format_size(provider.used_bytes)}
    else:
        values = {
            "accessKey": provider.s3.access_key,
            "addressing": None if provider.s3.addressing == "auto" else provider.s3.addressing,
            "bucket": provider.s3.bucket,
            "endpoint": provider.s3.endpoint,
            "region": provider.s3.region,
            "secretAccessKey": "********",
            "signatureVersion": provider.s3.signature_version,
        }
    values["quota"] = format_size(provider.quota_bytes) if provider.quota_bytes else None
    return tuple(f"{key}: {value}" for key, value in sorted(values.items()) if value)


def _verdict(ok: bool, required: bool) -> str:
    if ok:
        return "ok"
    return "FAILED" if required else "not available"
