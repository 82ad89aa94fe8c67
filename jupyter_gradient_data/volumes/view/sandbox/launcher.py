"""Take this process to where the volumes are and become the program: same process, so its parent notices nothing.

``launcher.py MARK USER MOUNTS [LOCAL FIXED]… -- PROGRAM ARGUMENTS`` goes into the namespaces that the paths USER (``-``
when there is none) and MOUNTS name, if the latter is still the one whose inode is MARK.  A working directory below the
folder LOCAL of this machine becomes the same below FIXED.

``launcher.py --ask FILE SECONDS -- PROGRAM ARGUMENTS`` waits for a server to write how into FILE, and does that.

Whatever goes wrong, the program starts, and standard error says what is missing.
"""

from __future__ import annotations

import os
import sys

# All else is imported where it is needed: every kernel and terminal waits for it.

_NEW_MOUNTS, _NEW_USER = 0x20000, 0x10000000


def main(arguments: list[str]) -> None:
    """Run the program that the arguments name."""
    split = arguments.index("--")
    how, program = arguments[:split], arguments[split + 1 :]
    try:
        if how[:1] == ["--ask"]:
            how = _ask(how[1], float(how[2]))
        if how:
            _enter(*how)
    except (OSError, ValueError, TypeError) as error:
        print(f"gradient: started without the volumes: {error}", file=sys.stderr, flush=True)
    try:
        os.execvp(program[0], program)  # noqa: S606  - the program that Jupyter wants
    except OSError as error:
        sys.exit(f"gradient: {program[0]} cannot be started: {error.strerror}")


def _ask(path: str, seconds: float) -> list[str]:
    """How to get there: what a server has written, and takes into the environment of the program."""
    import json
    import time

    deadline = time.monotonic() + seconds
    while True:
        try:
            with open(path, encoding="utf-8") as file:
                plan = json.load(file)
            break
        except FileNotFoundError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.02)
    os.environ.update(plan["environment"])
    for name in plan["hidden"]:
        os.environ.pop(name, None)
    return [str(part) for part in plan["how"]]


def _enter(mark: str, user: str, mounts: str, *folders: str) -> None:
    cwd = os.getcwd()
    mount_namespace = os.open(mounts, os.O_RDONLY)
    if str(os.fstat(mount_namespace).st_ino) != mark:
        raise OSError(0, "the server that showed them has ended")
    if user != "-":
        user_namespace = os.open(user, os.O_RDONLY)
        _go_into(user_namespace, _NEW_USER)
        os.close(user_namespace)
    _go_into(mount_namespace, _NEW_MOUNTS)
    os.close(mount_namespace)
    _go_to(_fixed(cwd, folders))


def _fixed(cwd: str, folders: tuple[str, ...]) -> str:
    """The working directory by its fixed path, where it has one."""
    for local, fixed in zip(folders[::2], folders[1::2], strict=True):
        if cwd == local or cwd.startswith(local + "/"):
            return fixed + cwd[len(local) :]
    return cwd


def _go_to(folder: str) -> None:
    try:
        os.chdir(folder)
    except OSError:  # as it may be below what a volume hides
        os.chdir("/")
    if "PWD" in os.environ:
        os.environ["PWD"] = folder


def _go_into(namespace: int, kind: int) -> None:
    if sys.version_info >= (3, 12):
        os.setns(namespace, kind)
        return
    import ctypes

    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(namespace, kind) != 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


if __name__ == "__main__":
    main(sys.argv[1:])
