"""``%dataset mount``, ``unmount``, ``mounts`` and ``update``: versions as folders, and moving on to newer ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import LATEST

from .answers import Answer, Done
from .groups import verb
from .options import reference_argument
from .session import Session
from .suggest import complete_dataset_or_mount, complete_mount, complete_mountable, complete_reference
from .views import table_view

if TYPE_CHECKING:
    from jupyter_gradient_data.client.mounts import Mount

_NOTHING = "Nothing is mounted. `%dataset mount NAME` gives a version a path, such as /inputs/flowers."


@verb(
    "mount",
    examples=[
        "%dataset mount flowers",
        "%dataset mount flowers:v1 --name flowers-v1",
        "%dataset mount flowers --writable",
        "m = %dataset mount flowers",
    ],
)
@reference_argument("NAME[:VERSION]", complete_mountable)
@click.option("--name", help="Name of the folder under /inputs; by default that of the dataset.")
@click.option("--writable", is_flag=True, help="Let files be changed; `%dataset commit NAME` makes a version.")
@click.pass_obj
def mount(session: Session, reference: str | None, name: str | None, writable: bool) -> Answer:
    """Mount a dataset version in kernels and terminals of JupyterLab, at /inputs/<name> and /datasets/<name>.

    Its files appear all at once, also in kernels that run already, and stay until you unmount it, over restarts as
    well. The value is a `Mount`, which can be used as a path: m / "train.csv".
    """
    from jupyter_gradient_data.client.mounts import mount as mount_it

    done = mount_it(session.full_reference(reference), name, writable=writable, service=session.service)
    _tell_mounted(session, done)
    return Done(done)


@verb("unmount", examples=["%dataset unmount flowers", "%dataset unmount flowers --discard"])
@click.argument("name", required=False, metavar="[NAME]", shell_complete=complete_mount)
@click.option("--discard", is_flag=True, help="Throw away what was changed in a writable mount and not committed.")
@click.pass_obj
def unmount(session: Session, name: str | None, discard: bool) -> Answer:
    """Take a mounted dataset version out of kernels and terminals; the dataset itself stays.

    NAME is that of the folder under /inputs. Files that are open stay readable.
    """
    name = _mount_name(session.full_reference(name))
    session.service.unmount(name, discard=discard)
    session.say(f"Unmounted: {name}")
    return Done(None)


@verb("mounts", examples=["%dataset mounts"])
@click.pass_obj
def mounts(session: Session) -> Answer:
    """List what is mounted, and why something could not be.

    The value is a list of `Mount`.
    """
    from jupyter_gradient_data.client.mounts import mounts as all_mounts

    found = all_mounts()
    advice = [
        f"{'To try it again' if one.info.error else 'To move on'}: %dataset update {one.name}"
        for one in found
        if one.info.error or one.newer
    ]
    return Answer(found, table_view(found.table(), empty=_NOTHING, note="\n".join(advice)))


@verb("update", examples=["%dataset update flowers", "%dataset update flowers flowers:v1", "%dataset update"])
@reference_argument("NAME", complete_dataset_or_mount)
@click.argument("version", required=False, metavar="[REFERENCE]", shell_complete=complete_reference)
@click.pass_obj
def update(session: Session, reference: str | None, version: str | None) -> Answer:
    """Move on to the newest version of a dataset, or to REFERENCE; a mount of that name then shows it.

    In a notebook `latest` and tags stay at what they meant first, so that running it again gives the same. This lets
    them mean what they mean now. Files that are open stay what they were; what could not be mounted is tried again.
    """
    name = session.full_reference(reference)
    if version is not None and version.startswith(":"):
        version = session.full_reference(version)
    found = _mount_of(session, name)
    before = _locked(name)
    if found is not None:
        return Done(_update_mount(session, found, version))
    if version is not None:
        raise ErrorKind.MOUNT_NOT_FOUND(name=name)
    return Done(_follow(session, name, before))


def _follow(session: Session, name: str, before: str | None) -> object:
    """Let a reference that is read, and not mounted, mean what it means now."""
    from jupyter_gradient_data.client.memory.memory import MEMORY

    newest = session.version(name)
    MEMORY.follow(name, still_mounted={one.path for one in session.service.list_mounts()})
    MEMORY.record(session.service, name, newest.info)
    if before is None or before == newest.id:
        session.say(f"Nothing to do: {name} means {newest.reference} already.")
    else:
        session.say(f"{name} now means {newest.reference}; it was {before}")
    return newest


def _update_mount(session: Session, found: Mount, version: str | None) -> Mount:
    before, failed = found.info.version, found.info.error
    done = found.update(version)
    if failed is None and before == done.info.version:
        session.say(f"Nothing to do: {done.name} is at version {done.info.version} already.")
    else:
        _tell_mounted(session, done)
    return done


def _mount_of(session: Session, name: str) -> Mount | None:
    """The mount of this name, or the only one of what is named."""
    from jupyter_gradient_data.client.mounts import Mount

    every = session.service.list_mounts()
    named = [one for one in every if one.name == _mount_name(name)]
    meant = name.removesuffix(f":{LATEST}")
    same = [one for one in every if meant in (one.reference.removesuffix(f":{LATEST}"), one.dataset, one.dataset_name)]
    found = named or (same if len(same) == 1 else [])
    return Mount(session.service, found[0]) if found else None


def _locked(name: str) -> str | None:
    """The version that a reference means in this notebook, when it was used."""
    from jupyter_gradient_data.client.memory.memory import MEMORY

    try:
        entry = MEMORY.locked(name)
    except GradientDataError:  # the name of a folder need not be a reference
        return None
    return entry.version if entry else None


def _mount_name(word: str) -> str:
    """The name of a folder, also where its whole path is written."""
    for volume in ("/inputs/", "/datasets/"):
        if word.startswith(volume):
            return word.removeprefix(volume).strip("/")
    return word


def _tell_mounted(session: Session, done: Mount) -> None:
    info = done.info
    what = f"{info.dataset_name}:{info.version}" if info.version else info.reference
    session.say(f"Mounted {what} at {info.path}")
    session.say_other_path(info.path, info.local_path)
    if info.is_writable:
        session.say(f"To make a version of what you change: %dataset commit {info.name}")
