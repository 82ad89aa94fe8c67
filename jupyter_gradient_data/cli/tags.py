"""``gradient datasets tags``: movable names of committed versions."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import click

from .groups import DELETE, FETCH, group
from .options import dataset_option, tag_option, version_option
from .session import Session

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Tag


@group("tags", examples=["gradient datasets tags set --id flowers:klfoyy9 --name prod"])
def tags() -> None:
    """Manage tags, the movable names of committed versions.

    A tag is unique within its dataset; setting it again moves it.
    """


@tags.command("list", fails=FETCH, examples=["gradient datasets tags list --id flowers"])
@dataset_option
@click.pass_obj
def list_tags(session: Session, dataset: str) -> None:
    """List a dataset's tags by name."""
    session.out.listing(("ID", "Name"), _row, partial(session.service.list_tags, dataset))


@tags.command("set", fails=FETCH, examples=["gradient datasets tags set --id flowers:klfoyy9 --name prod"])
@version_option
@click.option("--name", required=True, help="Dataset tag name.")
@click.pass_obj
def set_tag(session: Session, reference: str, name: str) -> None:
    """Point a tag to a committed version, moving it when it exists."""
    tag = session.service.set_tag(reference, name)
    session.out.done(f"Set dataset tag: {tag.dataset}:{tag.name}", tag)


@tags.command("delete", fails=DELETE, examples=["gradient datasets tags delete --id flowers:prod"])
@tag_option
@click.pass_obj
def delete_tag(session: Session, tag: str) -> None:
    """Delete a tag; the version stays."""
    dataset, _, name = tag.partition(":")
    session.service.delete_tag(dataset, name)
    session.out.done(f"Deleted dataset tag: {tag}", {"deleted": tag})


def _row(tag: Tag) -> tuple[str, str]:
    return f"{tag.dataset}:{tag.version}", tag.name
