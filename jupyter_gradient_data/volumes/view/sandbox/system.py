"""The few system calls that Python's `os` lacks; only for `holder`, which runs it without the package."""

from __future__ import annotations

import ctypes
import os

NEW_MOUNTS, NEW_USER = 0x20000, 0x10000000  # kinds of namespaces

READ_ONLY, NO_SUID, NO_DEVICES, NO_EXEC, REMOUNT, NO_ATIME, NO_DIR_ATIME = 1, 2, 4, 8, 32, 1024, 2048
BIND, RECURSIVE, SLAVE, RELATIME = 4096, 16384, 1 << 19, 1 << 21
_STATVFS_RELATIME = 4096
_LOCKED = NO_SUID | NO_DEVICES | NO_EXEC | NO_ATIME | NO_DIR_ATIME  # the same numbers in statvfs and for mount

_DETACH = 2
_EXCHANGE = 2

_GENERIC = (41, 276)
_NUMBERS = {  # of pivot_root and renameat2, which C libraries do not always have
    "x86_64": (155, 316),
    "aarch64": _GENERIC,
    "riscv64": _GENERIC,
    "ppc64le": (203, 357),
    "s390x": (217, 347),
}

_libc = ctypes.CDLL(None, use_errno=True)


def unshare(kinds: int) -> None:
    """Leave namespaces for new ones."""
    _check(_libc.unshare(kinds), "unshare")


def enter(namespace: int, kind: int) -> None:
    """Go into a namespace, given by a descriptor."""
    _check(_libc.setns(namespace, kind), "setns")


def mount(source: str | None, target: str, kind: str | None = None, flags: int = 0, options: str | None = None) -> None:
    """Mount something, or change a mount."""
    arguments = (_bytes(source), _bytes(target), _bytes(kind), ctypes.c_ulong(flags), _bytes(options))
    _check(_libc.mount(*arguments), f"mount {source or kind} on {target}")


def make_read_only(path: str) -> None:
    """Make a bind mount read-only; what its file system forbids already stays so, or a user namespace is refused."""
    flags = os.statvfs(path).f_flag
    relatime = RELATIME if flags & _STATVFS_RELATIME else 0
    mount(None, path, None, REMOUNT | BIND | READ_ONLY | (flags & _LOCKED) | relatime)


def detach(path: str) -> None:
    """Take a mount away; who has something open there keeps it."""
    _check(_libc.umount2(_bytes(path), _DETACH), f"umount {path}")


def pivot_root(new: str, old: str) -> None:
    """Make ``new`` the root, and the present root appear at ``old``."""
    number, _ = _numbers()
    _check(_libc.syscall(number, _bytes(new), _bytes(old)), "pivot_root")


def rename(folder: int, old: str, new: str, *, exchange: bool) -> None:
    """Rename in a folder given by a descriptor; or exchange two names."""
    _, number = _numbers()
    flags = _EXCHANGE if exchange else 0
    _check(_libc.syscall(number, folder, _bytes(old), folder, _bytes(new), flags), f"rename {old} to {new}")


def _numbers() -> tuple[int, int]:
    machine = os.uname().machine
    if machine not in _NUMBERS:
        raise OSError(0, f"not known for {machine} processors", "mount namespaces")
    return _NUMBERS[machine]


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else os.fsencode(text)


def _check(result: int, what: str) -> None:
    if result != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number), what)
