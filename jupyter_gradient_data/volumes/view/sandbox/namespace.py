"""A mount namespace with the machine's ``/`` rebuilt and the volumes in it.

There are two of them.  In the one that is *shown* programs run.  The *hidden* one has the same small file system in
memory that ``/inputs`` and ``/datasets`` are folders of, but nothing mounted there: Linux refuses to rename a folder
that something is mounted on, unless that is so in another namespace only.  So a folder is made under a hidden name,
what it shows is mounted there, and one rename from the hidden namespace makes it appear, complete.
"""

from __future__ import annotations

import contextlib
import os

from . import system
from .plan import Plan

MIRRORED = ("inputs", "datasets")
MACHINE = "/.machine"  # where the machine's own folders are whose names the volumes took


class Namespaces:
    """The two namespaces; this process is in the shown one, except in `hidden`.

    Attributes
    ----------
    user : int
        Descriptor of the user namespace; -1 where there is no own one.
    shown, hidden : int
        Descriptors of the mount namespaces.
    folders : dict
        For ``inputs`` and ``datasets`` a descriptor of the folder in memory, as the hidden namespace has it.
    """

    def __init__(self, user: int, shown: int, hidden: int, folders: dict[str, int]) -> None:
        self.user, self.shown, self.hidden = user, shown, hidden
        self.folders = folders

    def rename(self, part: str, old: str, new: str, *, exchange: bool) -> None:
        """Rename a folder below ``/inputs`` or ``/datasets`` with whatever is mounted on it."""
        system.enter(self.hidden, system.NEW_MOUNTS)
        try:
            system.rename(self.folders[part], old, new, exchange=exchange)
        finally:
            system.enter(self.shown, system.NEW_MOUNTS)


def create(plan: Plan) -> Namespaces:
    """Make both, with everything shown but what links name."""
    volumes = {"storage": plan.storage, "notebook": plan.notebook, "outputs": plan.outputs}
    top = _top_level()
    user = _leave(plan.user_namespace)
    system.mount(None, "/", None, system.SLAVE | system.RECURSIVE)  # what is mounted on the machine later may appear
    base = "/tmp" if os.path.isdir("/tmp") else next(f"/{name}" for name, link, is_folder in top if is_folder)  # noqa: S108
    system.mount("gradient", base, "tmpfs", system.NO_SUID | system.NO_DEVICES, "mode=0755,size=4m")
    os.chdir(base)
    for name in ("root", "machine", *MIRRORED):
        os.mkdir(name, 0o755)
    folders = {name: os.open(name, os.O_RDONLY | os.O_DIRECTORY) for name in MIRRORED}
    hidden = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    system.unshare(system.NEW_MOUNTS)
    shown = os.open("/proc/self/ns/mnt", os.O_RDONLY)
    system.mount("root", "root", None, system.BIND | system.RECURSIVE)
    system.pivot_root(".", "machine")
    os.chdir("/")
    _copy_top_level(top, {*volumes, *MIRRORED})
    for name, folder in volumes.items():
        _bind(f"/machine{folder}", f"/root/{name}")
    for name in MIRRORED:
        _bind(f"/{name}", f"/root/{name}", read_only=True)
    for folder in plan.read_only:
        if os.path.isdir(f"/root{folder}"):
            system.mount(f"/machine{folder}", f"/root{folder}", None, system.BIND | system.RECURSIVE)
            system.make_read_only(f"/root{folder}")
    system.make_read_only("/root")
    system.detach("/machine")
    os.chdir("/root")
    system.pivot_root(".", ".")
    system.detach(".")
    os.chdir("/")
    _check_read_only()
    return Namespaces(user, shown, hidden, folders)


def join(plan: Plan) -> Namespaces:
    """Go into those that an earlier holder has made."""
    user, shown, hidden, *folders = plan.join
    if user >= 0:
        system.enter(user, system.NEW_USER)
    system.enter(shown, system.NEW_MOUNTS)
    return Namespaces(user, shown, hidden, dict(zip(MIRRORED, folders, strict=True)))


def reachable(path: str) -> str:
    """Where the shown namespace has a folder of this machine: a volume may have its name."""
    name = path.split("/", 2)[1]
    aside = f"{MACHINE}/{name}"
    return f"{MACHINE}{path}" if os.path.isdir(aside) else path


def _top_level() -> list[tuple[str, str | None, bool]]:
    """Name, what it links to, and whether it is a folder, of everything at ``/``."""
    with os.scandir("/") as entries:
        return [
            (entry.name, os.readlink(entry) if entry.is_symlink() else None, entry.is_dir(follow_symlinks=False))
            for entry in entries
        ]


def _leave(user_namespace: bool) -> int:
    """Get a mount namespace; as an ordinary user in a user namespace, whose descriptor is returned."""
    uid, gid = os.geteuid(), os.getegid()
    if uid == 0 and not user_namespace:
        try:
            system.unshare(system.NEW_MOUNTS)
        except OSError:  # root of a container has fewer rights
            pass
        else:
            return -1
    system.unshare(system.NEW_USER | system.NEW_MOUNTS)
    for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} {uid} 1"), ("gid_map", f"{gid} {gid} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)
    return os.open("/proc/self/ns/user", os.O_RDONLY)


def _copy_top_level(top: list[tuple[str, str | None, bool]], taken: set[str]) -> None:
    """Make all of the machine's ``/`` in the new root, but for names that volumes take."""
    for name, link, is_folder in top:
        new, old = f"/root/{name}", f"/machine/{name}"
        if name in taken:
            if link is None and is_folder:
                new = f"/root{MACHINE}/{name}"
            else:
                continue
        if link is not None:
            os.symlink(link, new)
        else:
            _mount_if_allowed(old, new, is_folder)


def _mount_if_allowed(old: str, new: str, is_folder: bool) -> None:
    if is_folder:
        os.makedirs(new, exist_ok=True)
    else:
        os.close(os.open(new, os.O_CREAT | os.O_WRONLY, 0o444))
    with contextlib.suppress(OSError):  # as for somebody else's FUSE file system: it stays empty
        system.mount(old, new, None, system.BIND | system.RECURSIVE)


def _bind(source: str, target: str, *, read_only: bool = False) -> None:
    os.makedirs(target, exist_ok=True)
    system.mount(source, target, None, system.BIND | system.RECURSIVE)
    if read_only:
        system.make_read_only(target)


def _check_read_only() -> None:
    """Some systems allow all of the above and then do not do it."""
    for name in MIRRORED:
        try:
            os.mkdir(f"/{name}/.check")
        except OSError:
            continue
        raise OSError(0, "what should be read-only is not", f"/{name}")
