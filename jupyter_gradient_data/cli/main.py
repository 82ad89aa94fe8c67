"""The ``gradient`` command: its root, and what happens around every run of it."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

import click

from jupyter_gradient_data import __version__

from .failures import exit_code_of
from .groups import group
from .session import Session


@group(
    "gradient",
    lazy={
        "datasets": ("datasets", "datasets", "Manage datasets, their versions, tags and files."),
        "storageProviders": ("providers", "storage_providers", "Manage storage providers, where bytes live."),
        "mount": ("mounts", "mount", "Mount a dataset version in kernels, at /inputs/<name>."),
        "unmount": ("mounts", "unmount", "Take a mounted dataset version out of kernels."),
        "mounts": ("mounts", "mounts", "Show, update and commit what is mounted."),
        "outputs": ("outputs", "outputs", "Make dataset versions of folders under /outputs."),
        "lock": ("lock", "lock", "Bring back and prove the data that a notebook used."),
        "public": ("public", "public", "Fetch public datasets, to /datasets/<name>."),
        "volumes": ("volumes", "volumes", "Show the directories that kernels have at fixed paths."),
        "notebooks": ("volumes", "notebooks", "Show and remove notebook runs."),
        "workspace": ("workspace", "workspace", "Show and update the git repository in /notebook."),
        "doctor": ("doctor", "doctor", "Check that everything works here, and say what to do."),
        "du": ("upkeep", "du", "Show what is stored and what deleting would free."),
        "gc": ("upkeep", "gc", "Find what no version uses any more."),
        "cache": ("cache", "cache", "Look after the cache of versions that are, or were, mounted."),
        "tokens": ("tokens", "tokens", "Manage API tokens, for jobs that talk to a server."),
        "trash": ("trash", "trash", "Show what was deleted, and take it out again."),
        "completion": ("completion", "completion", "Print the completion script of a shell."),
    },
    examples=[
        "gradient datasets create --name flowers",
        "gradient datasets versions create --id flowers --source-path ./photos/",
        "gradient datasets list",
        "gradient mount flowers",
        "gradient public fetch mnist",
        "gradient --url http://localhost:8888/?token=… datasets list",
        "gradient datasets versions --help",
    ],
)
@click.option(
    "--state-dir",
    type=click.Path(file_okay=False),
    help="Where the embedded state lives (GRADIENT_STATE_DIR).",
)
@click.option("--database-url", help="SQLAlchemy URL of the metadata database (GRADIENT_DATABASE_URL).")
@click.option("--team", help="Team id (GRADIENT_TEAM).")
@click.option("--url", help="Jupyter server to work on, as Jupyter or the browser shows its URL (GRADIENT_URL).")
@click.option("--token", help="Token for that server; others see it here, but not in GRADIENT_TOKEN.")
@click.version_option(__version__, message="%(prog)s %(version)s")
@click.pass_obj
def cli(session: Session, /, **settings: str | None) -> None:
    """Versioned datasets: immutable, verified, deduplicated and fast.

    Works on a state directory of its own, with no server and no configuration; with --url on the datasets of a Jupyter
    server.
    """
    session.settings = dict(settings)
    if settings["url"] is None and (settings["state_dir"] or settings["database_url"]):
        session.settings["url"] = ""  # who names a state wants that one, also where GRADIENT_URL is set
    if settings["url"] and settings["database_url"]:
        raise click.UsageError("--url and --database-url exclude each other: a server has its own database.")


@cli.command("version", examples=["gradient version"])
@click.pass_obj
def version(session: Session) -> None:
    """Show the version and exit."""
    session.out.done(__version__, {"version": __version__})


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command and end the program with its exit code."""
    # A command makes many small things and few circles: looking for those less often saves a tenth of its time.
    gc.set_threshold(50_000, 20, 100)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a name that the terminal's encoding lacks must not stop a listing
            stream.reconfigure(errors="backslashreplace")
    sys.exit(run([*sys.argv[1:]] if arguments is None else [*arguments], _program_name()))


def run(arguments: list[str], program: str = "gradient") -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str
        What follows the program's name.
    program : str
        That name, for help and completion.

    Returns
    -------
    int
        The exit code; nothing is raised.
    """
    complete_variable = "_" + program.replace("-", "_").upper() + "_COMPLETE"
    if instruction := os.environ.get(complete_variable):
        from .completion import complete  # here: only a completing shell needs it

        return complete(cli, program, complete_variable, instruction)
    session = Session()
    with exit_code_of(session, as_json="--json" in arguments) as outcome:
        try:
            with cli.make_context(program, arguments, obj=session) as context:
                cli.invoke(context)
        finally:
            session.close()
            sys.stdout.flush()  # a full disk or a closed pipe shows here at the latest
    return outcome.code


def _program_name() -> str:
    name = Path(sys.argv[0]).stem
    return name if name in ("gradient", "jupyter-gradient") else "gradient"
