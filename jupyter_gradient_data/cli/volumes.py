"""``gradient volumes`` and ``gradient notebooks``: directories with fixed paths in kernels, and whose they are."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .groups import command, group
from .session import Session
from .sizes import format_size
from .suggest import complete_notebook

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Notebook, Volume

_WAYS = {
    "namespace": "Kernels and terminals see them at these paths.",
    "links": "Kernels and terminals see them by links at these paths; nothing there refuses to be changed.",
    "environment": "Kernels and terminals find these paths in variables: GRADIENT_STORAGE and so on.",
    "off": "Kernels and terminals do not see them.",
}


@command("volumes", examples=["gradient volumes", "gradient volumes --measure", "gradient volumes --json"])
@click.option("--measure", is_flag=True, help="Also say what each takes on the disk, which may last.")
@click.pass_obj
def volumes(session: Session, measure: bool) -> None:
    """Show the directories that kernels and terminals of JupyterLab have at fixed paths, such as /storage.

    Below the table it says how they see them, and why that way.
    """
    found = session.run_service.list_volumes(measure=measure)
    header = ("Path", "On This Machine", "Access", *(("Used",) if measure else ()), "Limit", "Free")
    session.out.table([header, *(_row(volume, measure) for volume in found.volumes)])
    session.out.say(f"Notebook run {found.notebook}. {_WAYS[found.mode.value]}")
    session.out.say(f"Why this way: {found.reason}")
    session.out.document(found)


def _row(volume: Volume, measure: bool) -> tuple[str, ...]:
    used = (_size(volume.used_bytes),) if measure else ()
    access = "read and write" if volume.is_writable else "read"
    limit = "none" if volume.limit_bytes is None else format_size(volume.limit_bytes)
    return volume.path, volume.local_path, access, *used, limit, _size(volume.free_bytes)


def _size(count: int | None) -> str:
    return "unknown" if count is None else format_size(count)


@group("notebooks", examples=["gradient notebooks list", "gradient notebooks delete old-experiment"])
def notebooks() -> None:
    """Show and remove notebook runs: homes at /notebook, with what they have mounted.

    A JupyterLab works in one notebook run, which its settings name (GRADIENT_NOTEBOOK).
    """


@notebooks.command("list", examples=["gradient notebooks list", "gradient notebooks list --json"])
@click.pass_obj
def list_notebooks(session: Session) -> None:
    """List notebook runs; the one of this service is marked."""
    found = session.service.list_notebooks()
    rows = [("Name", "Mounts", "Home", "Changed", ""), *map(_notebook_row, found)]
    session.out.table(rows)
    session.out.document(found)


@notebooks.command("delete", examples=["gradient notebooks delete old-experiment"])
@click.argument("name", shell_complete=complete_notebook)
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.pass_obj
def delete_notebook(session: Session, name: str, yes: bool) -> None:
    """Remove a notebook run: its home with all files, its mounts and their changes, its outputs.

    /storage and all datasets stay. One that a server uses is refused.
    """
    if session.out.asks and not yes:
        click.confirm(f"All files in the home of {name} will be gone. Remove it?", abort=True)
    session.service.delete_notebook(name)
    session.out.done(f"Deleted notebook run: {name}", {"deleted": name})


def _notebook_row(notebook: Notebook) -> tuple[str, ...]:
    mark = "this one" if notebook.is_current else ""
    return notebook.name, f"{notebook.mounts:,}", notebook.local_path, f"{notebook.modified:%Y-%m-%d %H:%M}", mark
