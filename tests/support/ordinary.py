"""Run a program as an ordinary user, whoever runs the tests: ``python ordinary.py PROGRAM ARGUMENTS``.

Root drops its rights for good.  An interpreter below a folder that only root can enter, as pyenv makes one in
``/root``, is shown to the user in a mount namespace of its own.
"""

from __future__ import annotations

import ctypes
import os
import sys
import tempfile
from pathlib import Path

USER = 1001
_NEW_MOUNTS, _BIND, _RECURSIVE, _PRIVATE = 0x20000, 4096, 16384, 1 << 18


def main() -> None:
    if os.geteuid() == 0:
        _show(Path(os.path.realpath(sys.executable)).parent.parent)
        os.setgroups([])
        os.setresgid(USER, USER, USER)
        os.setresuid(USER, USER, USER)
    os.execvp(sys.argv[1], sys.argv[1:])


def _show(prefix: Path) -> None:
    closed = next((folder for folder in reversed(prefix.parents) if not folder.stat().st_mode & 0o001), None)
    if closed is None:
        return
    libc = ctypes.CDLL(None, use_errno=True)

    def mount(source: str, target: Path, kind: bytes | None, flags: int) -> None:
        if libc.mount(source.encode(), bytes(target), kind, ctypes.c_ulong(flags), None) != 0:
            sys.exit(f"{source} cannot be mounted on {target}: {os.strerror(ctypes.get_errno())}")

    if libc.unshare(_NEW_MOUNTS) != 0:
        sys.exit("an ordinary user cannot reach the interpreter here")
    mount("none", Path("/"), None, _RECURSIVE | _PRIVATE)
    aside = Path(tempfile.mkdtemp())
    mount(str(prefix), aside, None, _BIND | _RECURSIVE)
    mount("none", closed, b"tmpfs", 0)
    closed.chmod(0o755)
    prefix.mkdir(parents=True)
    mount(str(aside), prefix, None, _BIND | _RECURSIVE)


if __name__ == "__main__":
    main()
