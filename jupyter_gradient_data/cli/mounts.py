"""``gradient mount``, ``gradient unmount`` and ``gradient mounts``: dataset versions under ``/inputs``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

import click

from jupyter_gradient_data.plain import printable

from .groups import command, group
from .options import message_option, tag_after_commit_option
from .progress import wait
from .session import Session
from .sizes import format_size
from .suggest import complete_mount, complete_version
from .volume_paths import say_other_path

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Mount

F = TypeVar("F", bound=Callable[..., object])

_HEADER = ("Name", "Dataset", "Version", "Path", "State")
_NOTHING = "Nothing is mounted. `gradient mount REFERENCE` gives a dataset version a path, such as /inputs/flowers."


def _name_argument(function: F) -> F:
    return click.argument("name", shell_complete=complete_mount)(function)


@command(
    "mount",
    examples=[
        "gradient mount flowers",
        "gradient mount flowers:v1 --name flowers-v1",
        "gradient mount flowers --writable",
    ],
)
@click.argument("reference", shell_complete=complete_version)
@click.option("--name", help="Name of the folder under /inputs; by default that of the dataset.")
@click.option("--writable", is_flag=True, help="Let files be changed; `gradient mounts commit` makes a version.")
@click.pass_obj
def mount(session: Session, reference: str, name: str | None, writable: bool) -> None:
    """Mount a dataset version in kernels and terminals of JupyterLab, at /inputs/<name> and /datasets/<name>.

    REFERENCE is a dataset, which means its newest version, or dataset:version, or dataset:tag. Its files appear all at
    once, also in kernels that run already, and stay until you unmount it, over restarts as well.
    """
    done = wait(session, session.run_service.mount(reference, name=name, writable=writable))
    _tell_mounted(session, done)


@command("unmount", examples=["gradient unmount flowers", "gradient unmount flowers --discard"])
@_name_argument
@click.option("--discard", is_flag=True, help="Throw away what was changed in a writable mount and not committed.")
@click.pass_obj
def unmount(session: Session, name: str, discard: bool) -> None:
    """Take a mounted dataset version out of kernels and terminals; the dataset itself stays.

    Files that are open stay readable.
    """
    session.run_service.unmount(name, discard=discard)
    session.out.done(f"Unmounted: {name}", {"unmounted": name})


@group(
    "mounts",
    examples=[
        "gradient mounts list",
        "gradient mounts update flowers",
        "gradient mounts commit flowers --message 'labels corrected'",
    ],
)
def mounts() -> None:
    """Show, update and commit what is mounted: the dataset versions under /inputs and /datasets.

    `gradient mount` adds one, `gradient unmount` takes it away. The list is kept in .gradient/settings.yaml of the
    notebook run's home, /notebook.
    """


@mounts.command("list", examples=["gradient mounts list", "gradient mounts list --json"])
@click.pass_obj
def list_mounts(session: Session) -> None:
    """List what is mounted, and why something could not be.

    A version that is not the newest any more is marked.
    """
    _show(session, session.run_service.list_mounts())


@mounts.command("details", examples=["gradient mounts details flowers"])
@_name_argument
@click.pass_obj
def show_details(session: Session, name: str) -> None:
    """Show a mount in full.

    Its local path is the folder that its files are in on this machine, or on that of the server.
    """
    found = session.run_service.get_mount(name)
    dataset = f"{found.dataset_name} ({found.dataset})" if found.dataset else ""
    rows = [
        ("Name", found.name),
        ("Reference", found.reference),
        ("Dataset", dataset),
        ("Version", found.version or ""),
        ("Newer Version", found.newer or "none"),
        ("State", _state(found)),
        ("Files", "" if found.files is None else f"{found.files:,}"),
        ("Files' Size", "" if found.bytes is None else format_size(found.bytes)),
        ("Path", found.path),
        ("Local Path", found.local_path),
        ("Mounted", f"{found.created:%Y-%m-%d %H:%M} UTC"),
    ]
    session.out.table(rows)
    _explain(session, [found])
    session.out.document(found)


@mounts.command(
    "update",
    examples=["gradient mounts update flowers", "gradient mounts update flowers flowers:v1"],
)
@_name_argument
@click.argument("reference", required=False, shell_complete=complete_version)
@click.pass_obj
def update_mount(session: Session, name: str, reference: str | None) -> None:
    """Change a mount to the newest version, or to REFERENCE.

    Files that are open stay what they were; whoever opens one from then on gets the other version. What could not be
    mounted is tried again.
    """
    before = session.run_service.get_mount(name)
    done = wait(session, session.run_service.update_mount(name, reference))
    if before.error is None and (before.dataset, before.version) == (done.dataset, done.version):
        session.out.done(f"Nothing to do: {name} is at version {done.version} already.", done)
    else:
        _tell_mounted(session, done)


@mounts.command(
    "commit",
    examples=[
        "gradient mounts commit flowers --message 'labels corrected'",
        "gradient mounts commit flowers --tag reviewed",
    ],
)
@_name_argument
@message_option
@tag_after_commit_option
@click.pass_obj
def commit_mount(session: Session, name: str, message: str | None, tag: str | None) -> None:
    """Make a new version of what was changed in a writable mount.

    Only changes are stored. The version that it began with stays as it is.
    """
    version = wait(session, session.run_service.commit_mount(name, message=message or "", tag=tag))
    session.out.done(f"Committed dataset version: {version.reference}", version)


@mounts.command("discard", examples=["gradient mounts discard flowers"])
@_name_argument
@click.pass_obj
def discard_changes(session: Session, name: str) -> None:
    """Throw away what was changed in a writable mount. It does not ask."""
    session.out.done(f"Discarded changes: {name}", session.run_service.discard_changes(name))


@mounts.command("restore", examples=["gradient mounts restore"])
@click.pass_context
def restore_mounts(ctx: click.Context) -> None:
    """Mount what .gradient/settings.yaml lists.

    What it does not list any more is unmounted. Servers do so when they start; do it yourself when you have edited that
    file. The exit code is 1 when something could not be mounted.
    """
    session: Session = ctx.obj
    found = wait(session, session.run_service.restore_mounts())
    _show(session, found)
    ctx.exit(1 if any(one.error for one in found) else 0)


def _show(session: Session, found: tuple[Mount, ...]) -> None:
    if found:
        session.out.table([_HEADER, *map(_row, found)])
        _explain(session, found)
    else:
        session.out.say(_NOTHING)
    session.out.document(found)


def _row(one: Mount) -> tuple[str, ...]:
    version = one.version or ""
    if one.newer:
        version += f" (newer: {one.newer})"
    return one.name, one.dataset_name or one.reference, version, one.path, _state(one)


def _state(one: Mount) -> str:
    return f"{one.state.value}, writable" if one.is_writable else one.state.value


def _explain(session: Session, found: Iterable[Mount]) -> None:
    """Below a table: why something failed, and how to get a newer version."""
    from jupyter_gradient_data.models import MountState

    for one in found:
        if one.error:
            what = "is mounted, but" if one.state is MountState.MOUNTED else "could not be mounted"
            why = f"{one.error.message} {one.error.hint}".rstrip()  # with what a settings file has
            session.out.say(f"{one.name} {what}: {printable(why)}")
            session.out.say(f"To try again: gradient mounts update {one.name}")
        elif one.newer:
            session.out.say(f"{one.name} has a newer version. To mount it: gradient mounts update {one.name}")


def _tell_mounted(session: Session, done: Mount) -> None:
    what = f"{done.dataset_name}:{done.version}" if done.version else done.reference
    session.out.done(f"Mounted {what} at {done.path}", done)
    say_other_path(session, done.path, done.local_path)
    if done.is_writable:
        session.out.note(f"To make a version of what you change: gradient mounts commit {done.name}")
