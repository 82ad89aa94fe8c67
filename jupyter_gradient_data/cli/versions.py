"""``gradient datasets versions``: create, fill in one go, commit."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.errors import Cancelled, ErrorKind, GradientDataError

from .datasets import show_preview
from .files import put
from .groups import CREATE, DELETE, FETCH, group
from .options import dataset_option, message_option, preview_option, version_option
from .progress import check_not_stopped, wait
from .provenance import provenance_rows
from .session import Session
from .suggest import complete_version
from .tables import Cell

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Version


@group(
    "versions",
    examples=[
        "gradient datasets versions create --id flowers --from flowers:latest --message 'more tulips'",
        "gradient datasets versions commit --id flowers:klfoyy9",
    ],
)
def versions() -> None:
    """Manage versions.

    Create one (empty, or --from another at no cost), put and delete files, commit it. From then on it never changes.
    """


@versions.command("list", fails=FETCH, examples=["gradient datasets versions list --id flowers --isCommitted false"])
@dataset_option
@click.option(
    "--isCommitted",
    "committed",
    type=bool,
    default=True,
    metavar="BOOLEAN",
    help="true: the committed ones; false: the others.  [default: true]",
)
@click.pass_obj
def list_versions(session: Session, dataset: str, committed: bool) -> None:
    """List a dataset's versions, newest first."""
    session.out.listing(
        ("ID", "Message", "Tags"), _row, partial(session.service.list_versions, dataset, committed=committed)
    )


@versions.command("details", fails=FETCH, examples=["gradient datasets versions details --id flowers:latest"])
@version_option
@click.pass_obj
def show_details(session: Session, reference: str) -> None:
    """Show version details; of one that was committed in a notebook also of what it was made."""
    version = session.service.get_version(reference)
    session.out.table(
        [
            ("ID", version.reference),
            ("Message", _message(version)),
            ("Committed", str(version.is_committed).lower()),
            ("Tags", ", ".join(version.tags)),
            *provenance_rows(version.metadata),
        ]
    )
    session.out.document(version)


@versions.command(
    "create",
    fails=CREATE,
    examples=[
        "gradient datasets versions create --id flowers --message 'first photos'",
        "gradient datasets versions create --id flowers --source-path ./photos/",
        "gradient datasets versions create --id flowers --from flowers:latest --source-path ./new-photos/",
    ],
)
@dataset_option
@message_option
@click.option(
    "--source-path",
    "sources",
    multiple=True,
    type=click.Path(),
    help="File or folder to put into the version, which is then committed; may be repeated.",
)
@click.option(
    "--from",
    "start_from",
    metavar="REFERENCE",
    shell_complete=complete_version,
    help="Begin with all files of this committed version; nothing is copied.",
)
@click.pass_obj
def create_version(
    session: Session, dataset: str, message: str | None, sources: tuple[str, ...], start_from: str | None
) -> None:
    """Create a version; with --source-path also fill and commit it."""
    _check_sources(sources)
    version = session.service.create_version(dataset, message=message or "", start_from=start_from)
    session.out.say(f"Created dataset version: {version.reference}")
    if sources:
        session.failure_prefix = FETCH
        with _saying_how_to_finish(version.reference, sources):
            put(session, version.reference, sources, "/")
            check_not_stopped(session)
            version = wait(session, session.service.commit_version(version.reference))
        session.out.say(f"Committed dataset version: {version.reference}")
    session.out.document(version)


@versions.command("update", fails=FETCH, examples=["gradient datasets versions update --id flowers:v1 --message 'raw'"])
@version_option
@message_option
@click.pass_obj
def update_version(session: Session, reference: str, message: str | None) -> None:
    """Update a version's message; it may change after the commit."""
    version = session.service.update_version(reference, message=message)
    session.out.done(f"Updated dataset version: {version.reference}", version)


@versions.command("commit", fails=FETCH, examples=["gradient datasets versions commit --id flowers:klfoyy9"])
@version_option
@click.option(
    "--abandon-uploads", is_flag=True, help="Commit without the files whose upload began and has not finished."
)
@click.pass_obj
def commit_version(session: Session, reference: str, abandon_uploads: bool) -> None:
    """Commit a version: it never changes again. Committing twice does no harm."""
    version = session.service.get_version(reference)
    if version.is_committed:
        session.out.done("Dataset version already committed", version)
        return
    version = wait(session, session.service.commit_version(version.reference, abandon_uploads=abandon_uploads))
    session.out.done(f"Committed dataset version: {version.reference}", version)


@versions.command(
    "delete",
    fails=DELETE,
    examples=[
        "gradient datasets versions delete --id flowers:klfoyy9 --preview",
        "gradient datasets versions delete --id flowers:klfoyy9",
    ],
)
@version_option
@preview_option
@click.pass_obj
def delete_version(session: Session, reference: str, preview: bool) -> None:
    """Delete a version; it stays in the trash for a while. It does not ask."""
    if preview:
        show_preview(session, reference)
        return
    version = session.service.get_version(reference)
    session.service.delete_version(version.reference)
    session.out.done(f"Deleted dataset version: {version.reference}", {"deleted": version.reference})


def _check_sources(sources: Sequence[str]) -> None:
    """Before anything is made: all of them exist."""
    for source in sources:
        if not os.path.lexists(source):
            raise ErrorKind.SOURCE_NOT_FOUND(path=source)


@contextmanager
def _saying_how_to_finish(reference: str, sources: Sequence[str]) -> Iterator[None]:
    """Add to a failure how to go on with the version that was made: the same command would make another one."""
    try:
        yield
    except GradientDataError as error:
        again = " ".join(f"--source-path {shlex.quote(source)}" for source in sources)
        finish = (
            f"Version {reference} is there, uncommitted. Finish it with "
            f"`gradient datasets files put --id {reference} {again}` and "
            f"`gradient datasets versions commit --id {reference}`."
        )
        error.hint = finish if isinstance(error, Cancelled) else f"{error.hint}\n{finish}"
        raise


def _row(version: Version) -> tuple[Cell, ...]:
    return version.reference, _message(version), ", ".join(version.tags)


def _message(version: Version) -> Cell:
    return tuple(version.message.split("\n"))
