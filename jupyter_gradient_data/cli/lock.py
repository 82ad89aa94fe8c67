"""``gradient lock``: the data that a notebook or script used, shown, brought back, proved."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import click

from .groups import group
from .progress import wait
from .session import Session
from .sizes import format_count, format_size
from .upkeep import show_problems, verdict

if TYPE_CHECKING:
    from jupyter_gradient_data.models import LockCheck, LockEntry

F = TypeVar("F", bound=Callable[..., object])

_HEADER = ("Reference", "Dataset", "Version", "Files", "Files' Size", "Path", "State")


def _path_argument(function: F) -> F:
    return click.argument("path", required=False, type=click.Path())(function)


@group(
    "lock",
    examples=[
        "gradient lock show analysis.ipynb",
        "gradient lock restore analysis.ipynb",
        "gradient lock verify",
    ],
)
def lock() -> None:
    """Show, bring back and prove the data that a notebook or script used.

    A notebook remembers in its metadata which dataset versions it read; scripts do in gradient.lock beside them. PATH
    is a notebook, a gradient.lock, a script, or a folder; by default the current folder, with its gradient.lock or else
    its only notebook that has a lock.
    """


@lock.command("show", examples=["gradient lock show", "gradient lock show analysis.ipynb", "gradient lock show --json"])
@_path_argument
@click.pass_obj
def show(session: Session, path: str | None) -> None:
    """Show what is locked, whether it is here, and what is newer."""
    entries = _read(path)
    _show(session, session.run_service.check_lock(entries))


@lock.command("restore", examples=["gradient lock restore", "gradient lock restore analysis.ipynb"])
@_path_argument
@click.pass_context
def restore(ctx: click.Context, path: str | None) -> None:
    """Bring back exactly the data of a lock, also on another machine.

    What is not known here is looked for at the storage providers. What was mounted is mounted again, in place of
    another version; a writable mount with changes is left alone. The exit code is 1 when something is not as it was.
    """
    from jupyter_gradient_data.models import LockState

    session: Session = ctx.obj
    entries = _read(path)
    done = wait(session, session.run_service.restore_lock(entries))
    _show(session, done)
    ready = sum(one.state is LockState.READY for one in done)
    session.out.say(f"Restored: {ready} of {format_count(len(done), 'reference')}.")
    ctx.exit(0 if ready == len(done) else 1)


@lock.command("verify", examples=["gradient lock verify", "gradient lock verify analysis.ipynb"])
@_path_argument
@click.pass_context
def verify(ctx: click.Context, path: str | None) -> None:
    """Prove that the data here is that of a lock: read every byte, and name each file that differs.

    Both what the storage provider holds and, where it is mounted, what is on the disk of this machine is read. The
    exit code is 1 when something is wrong.
    """
    session: Session = ctx.obj
    entries = _read(path)
    report = wait(session, session.run_service.verify_lock(entries))
    show_problems(session, report.problems)
    session.out.done(
        f"Verified {format_count(report.entries, 'reference')}, {format_count(report.files, 'file')}, "
        f"{format_size(report.bytes_read)} read: {verdict(report.problems)}.",
        report,
    )
    ctx.exit(0 if report.ok else 1)


def _read(path: str | None) -> tuple[LockEntry, ...]:
    from jupyter_gradient_data.client.memory.documents import LOCK_FILE, NOTEBOOK, read_lock

    place = Path(path or ".")
    if not place.is_dir() or (place / LOCK_FILE).exists():
        return read_lock(place)
    found = {notebook: entries for notebook in sorted(place.glob(f"*{NOTEBOOK}")) if (entries := read_lock(notebook))}
    if len(found) > 1:
        names = ", ".join(notebook.name for notebook in found)
        raise click.UsageError(f"Several notebooks here have a lock: {names}. Say which.")
    return next(iter(found.values())) if found else read_lock(place)


def _show(session: Session, found: tuple[LockCheck, ...]) -> None:
    if not found:
        session.out.say("Nothing is locked: no dataset was used.")
    else:
        session.out.table([_HEADER, *map(_row, found)])
    for one in found:
        if one.error is not None:
            session.out.say(f"{one.entry.reference}: {one.error.message} {one.error.hint}".rstrip())
        elif one.newer is not None:
            session.out.say(f"{one.entry.reference} means version {one.newer} by now; locked is {one.entry.version}.")
    session.out.document(found)


def _row(one: LockCheck) -> tuple[str, ...]:
    entry = one.entry
    version = f"{entry.version} (newer: {one.newer})" if one.newer else entry.version
    size = format_size(entry.bytes)
    return (
        *(entry.reference, entry.dataset_name, version, f"{entry.files:,}", size, entry.path or ""),
        one.state.value,
    )
