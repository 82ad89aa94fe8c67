"""``%dataset``: all its verbs, in the order in which one meets them."""

from __future__ import annotations

import click

from .answers import Answer
from .groups import verbs
from .session import Session


@verbs(
    "%dataset",
    invoke_without_command=True,
    subcommand_metavar="VERB …",
    lazy={
        "status": ("verbs_start", "status", "Say where you are: current dataset, what is not committed, mounts."),
        "list": ("verbs_start", "list_datasets", "List datasets."),
        "info": ("verbs_start", "info", "Show a dataset with its versions, or one version."),
        "create": ("verbs_start", "create", "Create a dataset."),
        "use": ("verbs_start", "use", "Choose the dataset that later verbs mean."),
        "new": ("verbs_change", "new", "Begin an uncommitted version: from latest, from another, or empty."),
        "put": ("verbs_change", "put", "Put files and folders into the uncommitted version."),
        "rm": ("verbs_change", "rm", "Remove files from the uncommitted version."),
        "commit": ("verbs_change", "commit", "Commit the uncommitted version: it never changes again."),
        "tag": ("verbs_change", "tag", "Point a tag to a version; list and delete tags."),
        "ls": ("verbs_read", "ls", "List files and folders of a version."),
        "cat": ("verbs_read", "cat", "Show a file: text, or a picture."),
        "head": ("verbs_read", "head", "Show the first lines of a file."),
        "get": ("verbs_read", "get", "Get files to a folder of this machine."),
        "diff": ("verbs_read", "diff", "Show which files differ between two versions."),
        "mount": ("verbs_mounts", "mount", "Mount a version as a folder: /inputs/<name>."),
        "unmount": ("verbs_mounts", "unmount", "Take a mounted version out of kernels."),
        "mounts": ("verbs_mounts", "mounts", "List what is mounted."),
        "update": ("verbs_mounts", "update", "Move on to the newest version, and mount it where it was mounted."),
        "outputs": ("verbs_outputs", "outputs", "Make versions of folders under /outputs."),
        "public": ("verbs_public", "public", "Show and fetch public datasets."),
        "lock": ("verbs_lock", "lock", "Show exactly which data this notebook used."),
        "restore": ("verbs_lock", "restore", "Bring back exactly that data."),
        "verify": ("verbs_lock", "verify", "Prove that it is that data, byte for byte."),
    },
    examples=[
        "%dataset create flowers",
        "%dataset put flowers ./photos/ --to raw",
        '%dataset commit flowers -m "first photos"',
        "%dataset mount flowers",
        "d = %dataset info flowers",
        "%dataset put --help",
    ],
)
@click.pass_context
def root(ctx: click.Context) -> Answer | None:
    """Versioned datasets: immutable, verified, deduplicated.

    A dataset is a named line of versions. A version is uncommitted while files come and go; committed, it never
    changes again. Write flowers, flowers:latest, flowers:<version> or flowers:<tag>, and a path after that:
    flowers:latest/tulips/1.jpg. After `%dataset use flowers` the name may be left out.

    Tab completes verbs, datasets, versions, tags and paths. $name and {expression} stand for values of Python. Words
    with spaces stand in quotes.
    """
    session: Session = ctx.obj
    if session.cell is not None and ctx.invoked_subcommand != "put":
        raise click.UsageError("`%%dataset` writes the text of a cell: `%%dataset put NAME path`.", ctx)
    if ctx.invoked_subcommand is not None:
        return None
    from .verbs_start import overview

    return overview(session)
