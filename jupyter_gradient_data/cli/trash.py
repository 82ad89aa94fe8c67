"""``gradient trash``: what was deleted, and taking it out again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .groups import group
from .session import Session
from .sizes import format_size

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Trashed


@group(
    "trash",
    examples=[
        "gradient trash list",
        "gradient trash restore --id dsr8k5qzn401lb5",
        "gradient trash restore --id dsr8k5qzn401lb5:klfoyy9",
    ],
)
def trash() -> None:
    """Show what was deleted, and take it out again.

    Deleted datasets and versions keep their content for a time that the settings say; after it, it may go at any time.
    """


@trash.command("list", examples=["gradient trash list", "gradient trash list --json"])
@click.pass_obj
def list_trash(session: Session) -> None:
    """List deleted datasets and versions, the last deleted first."""
    header = ("Name", "ID", "Message", "Files", "Files' Size", "Deleted", "Kept Until")
    session.out.listing(header, _row, session.service.list_trash)


@trash.command(
    "restore",
    examples=[
        "gradient trash restore --id dsr8k5qzn401lb5",
        "gradient trash restore --id flowers --name 'old flowers'",
        "gradient trash restore --id dsr8k5qzn401lb5:klfoyy9",
    ],
)
@click.option(
    "--id",
    "reference",
    required=True,
    metavar="DATASET[:VERSION]",
    help="What to take out, as the list shows it (ex: dsr8k5qzn401lb5); a dataset also by the name it had.",
)
@click.option("--name", help="New name for a dataset whose old one is taken by now.")
@click.pass_obj
def restore(session: Session, reference: str, name: str | None) -> None:
    """Take a dataset with all its versions, or one version with its tags, out of the trash.

    Tags whose name was given to another version since then stay there.
    """
    session.service.restore(reference, name=name)
    session.out.done(f"Restored: {reference}", {"restored": reference})


def _row(item: Trashed) -> tuple[str, ...]:
    message, files, size = item.message.partition("\n")[0], f"{item.files:,}", format_size(item.bytes)
    return item.name, item.reference, message, files, size, f"{item.trashed:%Y-%m-%d}", f"{item.expires:%Y-%m-%d}"
