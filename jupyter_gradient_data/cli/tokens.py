"""``gradient tokens``: API tokens for jobs and kernels that talk to a server."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from .groups import group
from .session import Session
from .suggest import complete_dataset

if TYPE_CHECKING:
    from jupyter_gradient_data.models import ApiToken

_NEVER = "never"


@group(
    "tokens",
    examples=[
        "gradient tokens create --name 'nightly training' --access write --dataset flowers --days 30",
        "gradient tokens list",
        "gradient tokens delete --id tk5f0c2m81xq9ab",
    ],
)
def tokens() -> None:
    """Manage API tokens, with which jobs and kernels talk to a server.

    A token is for reading, for writing, or for all (admin); it can be limited to some datasets and ends by itself.
    """


@tokens.command(
    "create",
    examples=[
        "gradient tokens create --name ci",
        "gradient tokens create --name 'nightly training' --access write --dataset flowers --days 30",
        "export GRADIENT_TOKEN=$(gradient tokens create --name kernel)",
    ],
)
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--access",
    type=click.Choice(["read", "write", "admin"]),
    default="read",
    help="What it allows: read (the default), write, or admin, which includes storage providers, tokens and upkeep.",
)
@click.option(
    "--dataset",
    "datasets",
    multiple=True,
    shell_complete=complete_dataset,
    help="Dataset, by id or name, to which it is limited; may be repeated. Without it, all.",
)
@click.option("--days", default="90", metavar="NUMBER", help="Days until it ends (90 by default), or 'never'.")
@click.pass_context
def create_token(ctx: click.Context, name: str, access: str, datasets: tuple[str, ...], days: str) -> None:
    """Create a token and print its secret, which is shown this once and kept nowhere."""
    from jupyter_gradient_data.models import Access  # here: `--help` does not need it

    session: Session = ctx.obj
    lifetime = _parse_days(ctx, days)
    made = session.service.create_token(name, access=Access(access), datasets=datasets, days=lifetime)
    session.out.note(f"This is the only time that the secret of token {made.token.id} is shown:")
    session.out.done(made.secret, made)


@tokens.command("list", examples=["gradient tokens list"])
@click.pass_obj
def list_tokens(session: Session) -> None:
    """List tokens; their secrets are kept nowhere."""
    session.out.listing(("Name", "ID", "Access", "Datasets", "Ends", "Last Used"), _row, session.service.list_tokens)


@tokens.command("delete", examples=["gradient tokens delete --id tk5f0c2m81xq9ab"])
@click.option("--id", "token", required=True, metavar="TOKEN", help="Token, by the id that the list shows.")
@click.pass_obj
def delete_token(session: Session, token: str) -> None:
    """Delete a token; whoever uses it is refused from then on."""
    session.service.delete_token(token)
    session.out.done(f"Deleted token: {token}", {"deleted": token})


def _parse_days(ctx: click.Context, text: str) -> float | None:
    if text == _NEVER:
        return None
    if not re.fullmatch(r"[0-9]+(\.[0-9]+)?", text):
        raise click.UsageError(f"The '--days' option must be a number or '{_NEVER}', not {text!r}.", ctx)
    return float(text)


def _row(token: ApiToken) -> tuple[str | tuple[str, ...], ...]:
    ends = f"{token.expires:%Y-%m-%d}" if token.expires else _NEVER
    used = f"{token.used:%Y-%m-%d %H:%M} UTC" if token.used else _NEVER
    return token.name, token.id, token.access.value, token.datasets or "all", ends, used
