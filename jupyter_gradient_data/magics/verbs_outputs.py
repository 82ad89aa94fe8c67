"""``%dataset outputs``: folders under ``/outputs`` that become dataset versions."""

from __future__ import annotations

import click

from .answers import Answer, Done
from .groups import verbs
from .options import message_option, reference_argument, tag_after_commit_option
from .session import Session
from .suggest import complete_dataset, complete_output
from .views import table_view

_NOTHING = "There are no outputs. `%dataset outputs create NAME` makes one, such as /outputs/flowers."


@verbs(
    "outputs",
    invoke_without_command=True,
    subcommand_metavar="[VERB …]",
    examples=[
        "%dataset outputs create flowers",
        "model.save('/outputs/flowers/model.pt')",
        '%dataset outputs commit flowers -m "first model"',
    ],
)
@click.pass_context
def outputs(ctx: click.Context) -> Answer | None:
    """Make dataset versions of folders: create an output, write files to /outputs/<name>, commit it.

    Each commit is a new version with exactly the files that are in the folder then. Without a verb, outputs are listed.
    """
    return None if ctx.invoked_subcommand else _listed()


@outputs.command("list", examples=["%dataset outputs list"])
def list_outputs() -> Answer:
    """List outputs and the last version that was made of each.

    The value is a list of `Output`.
    """
    return _listed()


@outputs.command(
    "create", examples=["%dataset outputs create flowers", "%dataset outputs create flowers --name new-flowers"]
)
@reference_argument("NAME", complete_dataset)
@click.option("--name", help="Name of the folder under /outputs; by default that of the dataset.")
@click.pass_obj
def create_output(session: Session, reference: str | None, name: str | None) -> Answer:
    """Create a folder under /outputs for a dataset.

    What you write there becomes a new version when you commit it. The dataset is created as well when there is none of
    that name. The value is an `Output`, which can be used as a path: o / "model.pt".
    """
    from jupyter_gradient_data.client.outputs import output

    made = output(session.full_reference(reference), name)
    session.say(f"Created output: {made.info.path}")
    session.say_other_path(made.info.path, made.info.local_path)
    session.say(f"To make a version of the files you put there: %dataset outputs commit {made.name}")
    return Done(made)


@outputs.command(
    "commit",
    examples=[
        '%dataset outputs commit flowers -m "first model"',
        "%dataset outputs commit flowers --tag nightly",
    ],
)
@click.argument("name", shell_complete=complete_output)
@message_option
@tag_after_commit_option
@click.pass_obj
def commit_output(session: Session, name: str, message: str | None, tag: str | None) -> Answer:
    """Make a new version of the files in an output.

    It has the files that are in the folder now and no others. They stay there, so that you can go on and commit again;
    content that is stored already is not sent. The value is the `Version`.
    """
    from jupyter_gradient_data.client.outputs import outputs as all_outputs

    for one in all_outputs():
        if one.name == name:
            before = one.info.version
            version = one.commit(message or "", tag)
            if version.id == before:
                session.say(f"Nothing has changed: {one.info.path} is version {version.reference}")
            else:
                session.say(f"Committed dataset version: {version.reference}")
            return Done(version)
    from jupyter_gradient_data.errors import ErrorKind

    raise ErrorKind.OUTPUT_NOT_FOUND(name=name)


@outputs.command("delete", examples=["%dataset outputs delete flowers"])
@click.argument("name", shell_complete=complete_output)
@click.pass_obj
def delete_output(session: Session, name: str) -> Answer:
    """Delete an output with the files in its folder. It does not ask.

    Versions that were made of it stay.
    """
    session.service.delete_output(name)
    session.say(f"Deleted output: {name}")
    return Done(None)


def _listed() -> Answer:
    from jupyter_gradient_data.client.outputs import outputs as all_outputs

    found = all_outputs()
    return Answer(found, table_view(found.table(), empty=_NOTHING))
