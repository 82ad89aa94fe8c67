"""``gradient outputs``: folders under ``/outputs`` that become dataset versions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

import click

from .groups import group
from .options import message_option, tag_after_commit_option
from .progress import wait
from .session import Session
from .suggest import complete_dataset, complete_output
from .volume_paths import say_other_path

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Output

F = TypeVar("F", bound=Callable[..., object])

_NOTHING = "There are no outputs. `gradient outputs create DATASET` makes one, such as /outputs/flowers."


def _name_argument(function: F) -> F:
    return click.argument("name", shell_complete=complete_output)(function)


@group(
    "outputs",
    examples=[
        "gradient outputs create flowers",
        "cp -r photos/ /outputs/flowers/",
        "gradient outputs commit flowers --message 'first photos'",
    ],
)
def outputs() -> None:
    """Make dataset versions of folders: create an output, write files to /outputs/<name>, commit it.

    Each commit is a new version with exactly the files that are in the folder then.
    """


@outputs.command(
    "create", examples=["gradient outputs create flowers", "gradient outputs create flowers --name new-flowers"]
)
@click.argument("dataset", shell_complete=complete_dataset)
@click.option("--name", help="Name of the folder under /outputs; by default that of the dataset.")
@click.pass_obj
def create_output(session: Session, dataset: str, name: str | None) -> None:
    """Create a folder under /outputs for a dataset.

    What you write there becomes a new version when you commit it. The dataset is created as well when there is none of
    that name.
    """
    made = session.run_service.create_output(dataset, name=name)
    session.out.done(f"Created output: {made.path}", made)
    say_other_path(session, made.path, made.local_path)
    session.out.note(f"To make a version of the files you put there: gradient outputs commit {made.name}")


@outputs.command("list", examples=["gradient outputs list"])
@click.pass_obj
def list_outputs(session: Session) -> None:
    """List outputs and the last version that was made of each."""
    found = session.run_service.list_outputs()
    if found:
        session.out.table([("Name", "Dataset", "Last Version", "Path"), *map(_row, found)])
    else:
        session.out.say(_NOTHING)
    session.out.document(found)


@outputs.command(
    "commit",
    examples=[
        "gradient outputs commit flowers --message 'first photos'",
        "gradient outputs commit flowers --tag nightly",
    ],
)
@_name_argument
@message_option
@tag_after_commit_option
@click.pass_obj
def commit_output(session: Session, name: str, message: str | None, tag: str | None) -> None:
    """Make a new version of the files in an output.

    It has the files that are in the folder now and no others. They stay there, so that you can go on and commit again;
    content that is stored already is not sent.
    """
    version = wait(session, session.run_service.commit_output(name, message=message or "", tag=tag))
    session.out.done(f"Committed dataset version: {version.reference}", version)


@outputs.command("delete", examples=["gradient outputs delete flowers"])
@_name_argument
@click.pass_obj
def delete_output(session: Session, name: str) -> None:
    """Delete an output with the files in its folder. It does not ask.

    Versions that were made of it stay.
    """
    session.run_service.delete_output(name)
    session.out.done(f"Deleted output: {name}", {"deleted": name})


def _row(one: Output) -> tuple[str, ...]:
    return one.name, one.dataset_name, one.version or "none", one.path
