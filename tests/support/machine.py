"""Run a program on what is another machine to it: ``python machine.py [own-root] [ordinary] … -- PROGRAM ARGUMENTS``.

Each of these takes something away, for good; they have to be given in this order, and only root can give all:

own-root
    ``/`` is a file system of its own, with all of the real one's folders below; what is made there is gone afterwards.
read-only
    ``/`` cannot be written.
ordinary
    The user is not root.  An interpreter below a folder that only root can enter, as pyenv makes one in ``/root``, is
    shown to the user all the same.
no-mounts
    Root may not mount anything, unless in a user namespace.
no-namespaces
    No namespaces and no mounts, as in a container by default.
"""

from __future__ import annotations

import ctypes
import os
import struct
import sys
from pathlib import Path

USER = 1001

_NEW_MOUNTS = 0x20000
_READ_ONLY, _REMOUNT, _BIND, _RECURSIVE, _PRIVATE = 1, 32, 4096, 16384, 1 << 18
_DETACH = 2
_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}
_SYSTEM_ADMIN = 21  # CAP_SYS_ADMIN
_DROP = 24  # PR_CAPBSET_DROP

_libc = ctypes.CDLL(None, use_errno=True)


def command(*kinds: str) -> list[str]:
    """The beginning of a command line that runs the rest of it there."""
    return [sys.executable, __file__, *kinds, "--"] if kinds else []


def main() -> None:
    split = sys.argv.index("--")
    for kind in sys.argv[1:split]:
        _KINDS[kind]()
    os.execvp(sys.argv[split + 1], sys.argv[split + 1 :])


def _own_root() -> None:
    cwd = os.getcwd()
    _unshare()
    top = list(os.scandir("/"))
    _mount("none", "/tmp", b"tmpfs", 0)
    os.chmod("/tmp", 0o755)
    os.chdir("/tmp")
    os.mkdir("old")
    _check(_libc.syscall(_PIVOT_ROOT[os.uname().machine], b".", b"old"), "pivot_root")
    os.chdir("/")
    for entry in top:
        name = entry.name
        if entry.is_symlink():
            os.symlink(os.readlink(f"/old/{name}"), f"/{name}")
        elif entry.is_dir() and name != "old":
            os.mkdir(f"/{name}")
            _mount(f"/old/{name}", f"/{name}", None, _BIND | _RECURSIVE)
    _check(_libc.umount2(b"/old", _DETACH), "umount")
    os.rmdir("/old")
    os.chdir(cwd)


def _read_only() -> None:
    _mount("none", "/", None, _REMOUNT | _BIND | _READ_ONLY)


def _ordinary() -> None:
    if os.geteuid() != 0:
        return
    prefix = Path(os.path.realpath(sys.executable)).parent.parent
    closed = next((folder for folder in reversed(prefix.parents) if not folder.stat().st_mode & 0o001), None)
    if closed is not None:
        _unshare()
        inside = os.open(prefix, os.O_PATH)
        _mount("none", str(closed), b"tmpfs", 0)
        closed.chmod(0o755)
        prefix.mkdir(parents=True)
        _mount(f"/proc/self/fd/{inside}", str(prefix), None, _BIND | _RECURSIVE)
        os.close(inside)
    os.setgroups([])
    os.setresgid(USER, USER, USER)
    os.setresuid(USER, USER, USER)


def _no_mounts() -> None:
    _check(_libc.prctl(_DROP, _SYSTEM_ADMIN, 0, 0, 0), "prctl")  # gone with the next program


def _no_namespaces() -> None:
    """Deny what Docker's default filter denies; numbers are those of x86-64."""
    load, equal, any_of, answer = 0x20, 0x15, 0x45, 0x06
    denied, unknown, allowed = 0x00050001, 0x00050000 | 38, 0x7FFF0000  # EPERM, ENOSYS
    unshare, mount, set_namespace, clone3, clone, namespaces = 272, 165, 308, 435, 56, 0x7E020000
    filters = [(load, 0, 0, 0)]
    for number in (unshare, mount, set_namespace):
        filters += [(equal, 0, 1, number), (answer, 0, 0, denied)]
    filters += [(equal, 0, 1, clone3), (answer, 0, 0, unknown)]
    filters += [(equal, 0, 3, clone), (load, 0, 0, 16), (any_of, 0, 1, namespaces), (answer, 0, 0, denied)]
    filters += [(answer, 0, 0, allowed)]
    code = ctypes.create_string_buffer(b"".join(struct.pack("HBBI", *each) for each in filters))
    program = ctypes.create_string_buffer(struct.pack("HxxxxxxQ", len(filters), ctypes.addressof(code)))
    _check(_libc.prctl(38, 1, 0, 0, 0), "no new privileges")
    _check(_libc.prctl(22, 2, ctypes.byref(program), 0, 0), "seccomp")


def _unshare() -> None:
    _check(_libc.unshare(_NEW_MOUNTS), "unshare")
    _mount("none", "/", None, _RECURSIVE | _PRIVATE)


def _mount(source: str, target: str, kind: bytes | None, flags: int) -> None:
    _check(_libc.mount(source.encode(), target.encode(), kind, ctypes.c_ulong(flags), None), f"mount {target}")


def _check(result: int, what: str) -> None:
    if result != 0:
        sys.exit(f"{what}: {os.strerror(ctypes.get_errno())}")


_KINDS = {
    "own-root": _own_root,
    "read-only": _read_only,
    "ordinary": _ordinary,
    "no-mounts": _no_mounts,
    "no-namespaces": _no_namespaces,
}

if __name__ == "__main__":
    main()
