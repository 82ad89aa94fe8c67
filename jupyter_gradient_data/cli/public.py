"""``gradient public``: the catalogue of public datasets, and fetching from it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import click

from jupyter_gradient_data.client.show.public import (
    UNKNOWN,
    licence_in_words,
    missing_files,
    public_file_row,
    public_row,
    size_in_words,
    state_in_words,
    weakly_proved,
    what_is_here,
)
from jupyter_gradient_data.plain import printable

from .groups import group
from .progress import wait
from .session import Session
from .suggest import complete_public, complete_public_file

F = TypeVar("F", bound=Callable[..., object])


def _name_argument(function: F) -> F:
    return click.argument("name", shell_complete=complete_public)(function)


@group(
    "public",
    examples=[
        "gradient public list",
        "gradient public info mnist",
        "gradient public fetch mnist",
        "gradient public fetch coco --file 'val2017.zip' --file 'annotations/*'",
    ],
)
def public() -> None:
    """Show and fetch public datasets, which kernels then find at /datasets/<name>.

    NAME is that of the list; gradient/<name>, as references write it, means the same.
    """


@public.command("list", examples=["gradient public list", "gradient public list --here", "gradient public list --json"])
@click.option("--here", is_flag=True, help="Only those that are on this machine, at least in part.")
@click.pass_obj
def list_public(session: Session, here: bool) -> None:
    """List the public datasets of the catalogue, and those that the operator has put there."""
    found = session.service.list_public()
    if here:
        found = tuple(dataset for dataset in found if dataset.state.value != "absent")
    if found:
        session.out.table([("Name", "Title", "Size", "Licence", "State"), *map(public_row, found)])
    else:
        session.out.say("No data found")
    session.out.document(found)


@public.command("info", examples=["gradient public info mnist", "gradient public info gradient/fastai"])
@_name_argument
@click.pass_obj
def show_info(session: Session, name: str) -> None:
    """Show a public dataset: what it is, its licence, its files, and what of them is here.

    The last column says how what is fetched can be checked.
    """
    found = session.service.get_public(name)
    rows: list[tuple[str, str | tuple[str, ...]]] = [
        ("Name", found.name),
        ("Reference", f"gradient/{found.name}"),
        ("Title", found.title),
        ("Description", found.description),
        ("Homepage", found.homepage or UNKNOWN),
        ("Licence", licence_in_words(found)),
        ("Size", size_in_words(found)),
        ("State", state_in_words(found)),
        ("Path", found.path),
        ("Local Path", found.local_path),
        ("Source", found.source),
        ("Notes", tuple(found.notes.splitlines())),
    ]
    session.out.table(rows)
    if found.files:
        session.out.say("")
        session.out.table([("File", "Size", "Here", "Checked By"), *map(public_file_row, found.files)])
    session.out.document(found)


@public.command(
    "fetch",
    examples=[
        "gradient public fetch mnist",
        "gradient public fetch coco --file val2017.zip --file 'annotations_*2017.zip'",
        "gradient public fetch lsun --file 'scenes/tower_*'",
    ],
)
@_name_argument
@click.option(
    "--file",
    "patterns",
    multiple=True,
    metavar="PATTERN",
    shell_complete=complete_public_file,
    help="Fetch only files whose path matches, with * and ? as in a shell, or those of a folder; may be repeated.",
)
@click.pass_obj
def fetch(session: Session, name: str, patterns: tuple[str, ...]) -> None:
    """Fetch a public dataset from where the catalogue says; it appears at /datasets/<name> all at once.

    What was begun before is continued. Archives are unpacked. Files that are fetched later are added.
    """
    before = session.service.get_public(name)
    session.out.say(f"Licence of {before.name}: {printable(licence_in_words(before))}")
    if before.homepage:
        session.out.say(f"Its terms are at {before.homepage}")
    found = wait(session, session.service.fetch_public(name, patterns))
    if missing_files(before) == missing_files(found) and before.state is found.state:
        session.out.done(f"Nothing to do: what you asked for of {found.name} is here already.", found)
    else:
        if weak := weakly_proved(before, found):
            session.out.say(f"{weak}; `gradient public info {found.name}` shows how each is checked.")
        session.out.done(f"Fetched {found.name}: {what_is_here(found)} at {found.path}", found)


@public.command("remove", examples=["gradient public remove coco"])
@_name_argument
@click.pass_obj
def remove(session: Session, name: str) -> None:
    """Remove what was fetched of a public dataset, also what was not finished; it can be fetched again."""
    session.service.remove_public(name)
    session.out.done(f"Removed public dataset: {name}", {"removed": name})


@public.command("verify", examples=["gradient public verify mnist"])
@_name_argument
@click.pass_obj
def verify(session: Session, name: str) -> None:
    """Read all that was fetched of a public dataset and compare it with its hashes.

    What is damaged is removed and named, so that the next fetch brings it again.
    """
    found = wait(session, session.service.verify_public(name))
    session.out.done(f"Verified {found.name}: {what_is_here(found)}, no problems.", found)
