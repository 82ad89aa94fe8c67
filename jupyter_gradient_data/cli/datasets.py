"""``gradient datasets``: the named lines of versions themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .groups import CREATE, DELETE, FETCH, group
from .options import dataset_option, preview_option, storage_provider_option
from .session import Session
from .sizes import format_count, format_size

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Dataset, DeletePreview


@group(
    "datasets",
    lazy={
        "versions": ("versions", "versions", "Manage versions: create, list, commit, delete."),
        "tags": ("tags", "tags", "Manage tags, the movable names of committed versions."),
        "files": ("files", "files", "Manage files: list, get, put, move, delete."),
        "diff": ("upkeep", "diff", "Show which files differ between two versions."),
        "verify": ("upkeep", "verify", "Check that committed versions are whole."),
        "recover": ("upkeep", "recover", "Rebuild the metadata database from a storage provider."),
    },
    examples=[
        "gradient datasets create --name flowers",
        "gradient datasets versions create --id flowers --source-path ./photos/",
        "gradient datasets files get --id flowers:latest --target-path ./copy",
    ],
)
def datasets() -> None:
    """Manage datasets.

    A dataset is a named line of versions. A version is uncommitted while files come and go; committed, it never
    changes again. Write <dataset>, <dataset>:latest, <dataset>:<version> or <dataset>:<tag>, with a dataset's id or
    its name.
    """


@datasets.command("list", fails=FETCH, examples=["gradient datasets list"])
@click.pass_obj
def list_datasets(session: Session) -> None:
    """List datasets by name."""
    session.out.listing(("Name", "ID", "Storage Provider"), _row, session.service.list_datasets)


@datasets.command("details", fails=FETCH, examples=["gradient datasets details --id dsr8k5qzn401lb5"])
@dataset_option
@click.pass_obj
def show_details(session: Session, dataset: str) -> None:
    """Show dataset details."""
    found = session.service.get_dataset(dataset)
    session.out.table(
        [
            ("Name", found.name),
            ("ID", found.id),
            ("Description", tuple(found.description.split("\n"))),
            ("StorageProvider", _provider(found)),
        ]
    )
    session.out.document(found)


@datasets.command(
    "create",
    fails=CREATE,
    examples=[
        "gradient datasets create --name flowers",
        "gradient datasets create --name flowers --storageProviderId spdijd9xbbrjqj1 --description 'Iris photos'",
    ],
)
@click.option("--name", required=True, help="Dataset name.")
@storage_provider_option("without it, the team's default (at first Gradient Managed)")
@click.option("--description", default="", help="Dataset description.")
@click.pass_obj
def create_dataset(session: Session, name: str, provider: str | None, description: str) -> None:
    """Create a dataset; it has no versions yet."""
    made = session.service.create_dataset(name, description=description, provider=provider)
    session.out.done(f"Created dataset: {made.id}", made)


@datasets.command("update", fails=FETCH, examples=["gradient datasets update --id flowers --description 'Iris photos'"])
@dataset_option
@click.option("--name", help="New dataset name.")
@click.option("--description", help="New dataset description.")
@click.pass_obj
def update_dataset(session: Session, dataset: str, name: str | None, description: str | None) -> None:
    """Update a dataset's name or description."""
    updated = session.service.update_dataset(dataset, name=name, description=description)
    session.out.done(f"Updated dataset: {updated.id}", updated)


@datasets.command(
    "delete",
    fails=DELETE,
    examples=["gradient datasets delete --id flowers --preview", "gradient datasets delete --id flowers"],
)
@dataset_option
@preview_option
@click.pass_obj
def delete_dataset(session: Session, dataset: str, preview: bool) -> None:
    """Delete a dataset with all its versions; they stay in the trash for a while. It does not ask."""
    if preview:
        show_preview(session, dataset)
        return
    found = session.service.get_dataset(dataset)
    session.service.delete_dataset(found.id)
    session.out.done(f"Deleted dataset: {found.id}", {"deleted": found.id})


def show_preview(session: Session, reference: str) -> None:
    """Say what deleting a dataset or version would remove and free."""
    preview = session.service.preview_delete(reference)
    session.out.done(_preview_sentence(preview), preview)


def _preview_sentence(preview: DeletePreview) -> str:
    versions, files = format_count(preview.versions, "version"), format_count(preview.files, "file")
    freed = format_size(preview.freed_bytes)
    return f"Deleting {preview.thing} would remove {versions} with {files} and free {freed}."


def _row(dataset: Dataset) -> tuple[str, ...]:
    return dataset.name, dataset.id, _provider(dataset)


def _provider(dataset: Dataset) -> str:
    return f"{dataset.provider.name} ({dataset.provider.id})"
