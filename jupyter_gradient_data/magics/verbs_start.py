"""``%dataset list``, ``info``, ``create``, ``use`` and ``status``: which datasets there are, and where one is."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.client.references import quoted

from .answers import Answer, Done
from .groups import verb
from .options import reference_argument
from .session import Session
from .suggest import complete_dataset, complete_provider, complete_reference
from .views import View, table_view

if TYPE_CHECKING:
    from jupyter_gradient_data.client.datasets import Dataset
    from jupyter_gradient_data.client.show.tables import Card

_NO_DATASETS = "There are no datasets yet. `%dataset create NAME` makes one."
_NO_VERSIONS = "It has no version yet. `%dataset put {name} FILES` begins one, `%dataset commit {name}` makes it last."


@verb("list", examples=["%dataset list", "found = %dataset list"])
@click.pass_obj
def list_datasets(session: Session) -> Answer:
    """List datasets by name.

    The value is a list of `Dataset`.
    """
    from jupyter_gradient_data.client.datasets import datasets

    found = datasets()
    return Answer(found, table_view(found.table(), empty=_NO_DATASETS))


@verb("info", examples=["%dataset info flowers", "%dataset info flowers:latest", "d = %dataset info flowers"])
@reference_argument("NAME[:VERSION]", complete_reference)
@click.pass_obj
def info(session: Session, reference: str | None) -> Answer:
    """Show a dataset with its tags and versions, or one version with its files.

    The value is a `Dataset` or a `Version`.
    """
    reference = session.full_reference(reference)
    if ":" in reference:
        version = session.version(reference)
        return Answer(version, View(version.card()))
    dataset = session.dataset(reference)
    return Answer(dataset, View(_dataset_card(dataset)))


@verb(
    "create",
    examples=["%dataset create flowers", '%dataset create flowers --description "Iris photos"'],
)
@click.argument("name")
@click.option(
    "--storageProviderId",
    "provider",
    metavar="PROVIDER",
    shell_complete=complete_provider,
    help="Storage provider, by id or name; without it, the team's default (at first Gradient Managed).",
)
@click.option("--description", default="", metavar="TEXT", help="Dataset description.")
@click.pass_obj
def create(session: Session, name: str, provider: str | None, description: str) -> Answer:
    """Create a dataset; it has no versions yet.

    The value is a `Dataset`.
    """
    from jupyter_gradient_data.client.datasets import create_dataset

    made = create_dataset(name, description, provider)
    session.say(f"Created dataset: {made.name} ({made.id})")
    session.say(f"To put files into it: %dataset put {quoted(made.name)} FILES")
    return Done(made)


@verb("use", examples=["%dataset use flowers", "%dataset put ./photos/ --to raw", "%dataset use --none"])
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_dataset)
@click.option("--none", "is_none", is_flag=True, help="Choose no dataset: verbs then want a name again.")
@click.pass_obj
def use(session: Session, name: str | None, is_none: bool) -> Answer:
    """Choose the dataset that later verbs mean where they name none.

    `%dataset put ./photos/` then puts into it, `%dataset ls tulips` lists a folder of it, and :v1 is a version of it.
    Without NAME it says which one that is. It holds until the kernel ends.
    """
    if is_none:
        session.current = None
        session.say("No current dataset any more: verbs want a name again.")
        return Done(None)
    if name is None:
        if session.current is None:
            session.say("There is no current dataset. `%dataset use NAME` chooses one.")
            return Done(None)
        name = session.current
    dataset = session.dataset(name)
    session.current = dataset.name
    session.say(f"Current dataset: {_line(dataset)}")
    return Done(dataset)


@verb("status", examples=["%dataset status"])
@click.pass_obj
def status(session: Session) -> Answer:
    """Say where you are: the current dataset, versions that are not committed, mounts, and what this notebook used."""
    return Answer(None, View(_status_card(session)))


def overview(session: Session) -> Answer:
    """What ``%dataset`` alone shows: the status, and what one can do."""
    from dataclasses import replace

    from jupyter_gradient_data.client.show.tables import Column, Table

    steps = [
        ("%dataset list", "which datasets there are"),
        ("%dataset create NAME", "a new one"),
        ("%dataset put NAME FILES", "files and folders into its uncommitted version"),
        ('%dataset commit NAME -m "…"', "that version never changes again"),
        ("%dataset ls NAME", "what is in the newest version"),
        ("%dataset mount NAME", "as a folder: /inputs/NAME"),
        ("%dataset --help", "all verbs"),
    ]
    table = Table([("what to type", Column.CODE), ("what it does", Column.TEXT)], steps)
    return Answer(None, View(replace(_status_card(session), table=table)))


def _status_card(session: Session) -> Card:
    from jupyter_gradient_data.client.show.tables import Card

    facts = [("current dataset", _current(session))]
    if session.current is not None:
        dataset = session.dataset(session.current)
        facts += [("uncommitted", _draft_line(session, one)) for one in dataset.list_versions(committed=False)[:5]]
    facts += [("mounted", _mount_lines(session)), ("used so far", _used(session))]
    return Card("Datasets in this notebook", facts)


def _current(session: Session) -> str:
    if session.current is None:
        return "none; %dataset use NAME chooses one"
    return _line(session.dataset(session.current))


def _line(dataset: Dataset) -> str:
    """A dataset in some words."""
    from jupyter_gradient_data.plain import format_count, format_size

    found = dataset.info
    if found.latest is None or found.files is None or found.bytes is None:
        return f"{found.name}, nothing committed yet"
    tags = f" ({', '.join(found.tags)})" if found.tags else ""
    content = f"{format_count(found.files, 'file')}, {format_size(found.bytes)}"
    return f"{found.name}, latest is {found.latest}{tags}: {content}"


def _draft_line(session: Session, version: object) -> str:
    from jupyter_gradient_data.client.show.things import summary_sentence
    from jupyter_gradient_data.client.versions import Version

    assert isinstance(version, Version)  # noqa: S101
    summary = summary_sentence(session.service.summarize_changes(version.info.reference))
    said = f" {version.message!r}" if version.message else ""
    return f"{version.id}{said}: {summary}; %dataset commit {quoted(version.reference)}"


def _mount_lines(session: Session) -> str:
    lines = []
    for one in session.service.list_mounts():
        what = f"{one.dataset_name}:{one.version}" if one.version else one.reference
        newer = f"; {one.newer} is newer: %dataset update {one.name}" if one.newer else ""
        changes = f", writable: %dataset commit {one.name}" if one.is_writable else ""
        failed = f", {one.error.message}" if one.error else ""
        lines.append(f"{one.path} is {what}{changes}{newer}{failed}")
    return "\n".join(lines) or "nothing; %dataset mount NAME makes a folder of a version"


def _used(session: Session) -> str:
    from jupyter_gradient_data.client.memory.memory import MEMORY
    from jupyter_gradient_data.plain import format_count

    count = len(MEMORY.entries)
    if not count:
        return "no data yet"
    return f"{format_count(count, 'reference')}; %dataset lock shows which versions"


def _dataset_card(dataset: Dataset) -> Card:
    from dataclasses import replace

    card = dataset.card()
    tags = ", ".join(f"{name} → {version}" for name, version in dataset.tags.items())
    facts = [("tags", tags) if name == "tags of it" else (name, value) for name, value in card.facts]
    every = dataset.list_versions(committed=None).table()
    return replace(card, facts=facts, table=replace(every, empty=_NO_VERSIONS.format(name=quoted(dataset.name))))
