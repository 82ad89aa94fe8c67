"""``%dataset public``: the catalogue of public datasets, and fetching from it."""

from __future__ import annotations

import click

from jupyter_gradient_data.client.show.public import (
    licence_in_words,
    missing_files,
    public_file_row,
    public_row,
    size_in_words,
    state_in_words,
    weakly_proved,
    what_is_here,
)

from .answers import Answer, Done
from .groups import verbs
from .session import Session
from .suggest import complete_public, complete_public_file
from .views import View

_MOST = 100  # files that are shown


@verbs(
    "public",
    invoke_without_command=True,
    subcommand_metavar="[VERB …]",
    examples=[
        "%dataset public list",
        "%dataset public info mnist",
        "%dataset public fetch mnist",
    ],
)
@click.pass_context
def public(ctx: click.Context) -> Answer | None:
    """Show and fetch public datasets, which kernels then find at /datasets/<name>.

    NAME is that of the list; gradient/<name>, as references write it, means the same. Without a verb they are listed.
    """
    return None if ctx.invoked_subcommand else _listed(ctx.obj, here=False)


@public.command("list", examples=["%dataset public list", "%dataset public list --here"])
@click.option("--here", is_flag=True, help="Only those that are on this machine, at least in part.")
@click.pass_obj
def list_public(session: Session, here: bool) -> Answer:
    """List the public datasets of the catalogue, and those that the operator has put there.

    The value is a list of `PublicDataset`.
    """
    return _listed(session, here=here)


@public.command("info", examples=["%dataset public info mnist", "p = %dataset public info gradient/fastai"])
@click.argument("name", shell_complete=complete_public)
@click.pass_obj
def show_info(session: Session, name: str) -> Answer:
    """Show a public dataset: what it is, its licence, its files, and what of them is here.

    The last column says how what is fetched can be checked. The value is a `PublicDataset`.
    """
    from jupyter_gradient_data.client.show.tables import Card, Column, Table

    found = session.service.get_public(name)
    facts = [
        ("reference", f"gradient/{found.name}"),
        ("title", found.title),
        ("description", found.description),
        ("homepage", found.homepage),
        ("licence", licence_in_words(found)),
        ("size", size_in_words(found)),
        ("state", state_in_words(found)),
        ("path", found.path),
        ("on this machine", found.local_path),
        ("notes", found.notes),
    ]
    columns = [("file", Column.CODE), ("size", Column.NUMBER), ("here", Column.TEXT), ("checked by", Column.TEXT)]
    rows = [*map(public_file_row, found.files[:_MOST])]
    table = Table(columns, rows, more=max(0, len(found.files) - _MOST)) if rows else None
    return Answer(found, View(Card(f"Public dataset {found.name}", facts, table)))


@public.command("fetch", examples=["%dataset public fetch mnist", "%dataset public fetch coco --file val2017.zip"])
@click.argument("name", shell_complete=complete_public)
@click.option(
    "--file",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    shell_complete=complete_public_file,
    help="Fetch only files whose path matches, with * and ? as in a shell, or those of a folder; may be repeated.",
)
@click.pass_obj
def fetch(session: Session, name: str, patterns: tuple[str, ...]) -> Answer:
    """Fetch a public dataset from where the catalogue says; it appears at /datasets/<name> all at once.

    What was begun before is continued. Archives are unpacked. Files that are fetched later are added. The value is a
    `PublicDataset`.
    """
    from jupyter_gradient_data.client.progress import follow

    before = session.service.get_public(name)
    session.say(f"Licence of {before.name}: {licence_in_words(before)}")
    if before.homepage:
        session.say(f"Its terms are at {before.homepage}")
    found = follow(session.service.fetch_public(name, patterns), f"Fetching {before.name}")
    if missing_files(before) == missing_files(found) and before.state is found.state:
        session.say(f"Nothing to do: what you asked for of {found.name} is here already.")
    else:
        if weak := weakly_proved(before, found):
            session.say(f"{weak}; `%dataset public info {found.name}` shows how each is checked.")
        session.say(f"Fetched {found.name}: {what_is_here(found)} at {found.path}")
        session.say_other_path(found.path, found.local_path)
    return Done(found)


@public.command("remove", examples=["%dataset public remove coco"])
@click.argument("name", shell_complete=complete_public)
@click.pass_obj
def remove(session: Session, name: str) -> Answer:
    """Remove what was fetched of a public dataset, also what was not finished; it can be fetched again."""
    session.service.remove_public(name)
    session.say(f"Removed public dataset: {name}")
    return Done(None)


@public.command("verify", examples=["%dataset public verify mnist"])
@click.argument("name", shell_complete=complete_public)
@click.pass_obj
def verify(session: Session, name: str) -> Answer:
    """Read all that was fetched of a public dataset and compare it with its hashes.

    What is damaged is removed and named, so that the next fetch brings it again. The value is a `PublicDataset`.
    """
    from jupyter_gradient_data.client.progress import follow

    found = follow(session.service.verify_public(name), f"Verifying {name}")
    session.say(f"Verified {found.name}: {what_is_here(found)}, no problems.")
    return Done(found)


def _listed(session: Session, *, here: bool) -> Answer:
    from jupyter_gradient_data.client.show.tables import Column, Table

    found = session.service.list_public()
    if here:
        found = tuple(dataset for dataset in found if dataset.state.value != "absent")
    rows = [public_row(one) for one in found]
    columns = [("name", Column.TEXT), ("title", Column.TEXT), ("size", Column.NUMBER), ("licence", Column.TEXT)]
    table = Table(
        [*columns, ("state", Column.TEXT)],
        rows,
        empty="None is here. %dataset public list shows all, %dataset public fetch NAME fetches one.",
        note="%dataset public info NAME says more, %dataset public fetch NAME brings it to /datasets/NAME.",
    )
    return Answer(found, View(table))
