"""A process that mounts an overlay as kernels have it and changes files in it, as told on its standard input.

``python overlay_mount.py <uid> <lower> <upper> <work> <place> <options>``; with a user id it becomes that user first,
mounts in a user namespace of its own, and then gives its rights up, as a kernel has none.  One line of JSON is one
operation, one line is the answer: what it returned, or ``{"error": …}``.  The mount is gone when the process is.
"""

from __future__ import annotations

import base64
import ctypes
import json
import os
import shutil
import socket
import sys

_NEW_USERS, _NEW_MOUNTS = 0x10000000, 0x20000
_PRIVATE = 0x44000  # MS_REC | MS_PRIVATE
_CAPABILITIES = 0x20080522  # version 3

libc = ctypes.CDLL(None, use_errno=True)


def call(name: str, *arguments: object) -> None:
    if getattr(libc, name)(*arguments) != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{name}: {os.strerror(error)}")


def enter(uid: int) -> None:
    """Have a mount namespace; as somebody else than root with a user namespace."""
    if os.getuid() == 0 and uid:
        os.setresuid(uid, uid, uid)  # the group stays: it is that of the files which the tests made
        call("prctl", 4, 1, 0, 0, 0)  # PR_SET_DUMPABLE, or /proc/self belongs to root
    if os.getuid() == 0:
        call("unshare", _NEW_MOUNTS)
    else:
        user, group = os.getuid(), os.getgid()
        call("unshare", _NEW_USERS | _NEW_MOUNTS)
        for file, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
            with open(f"/proc/self/{file}", "w") as stream:
                stream.write(line)
    call("mount", b"none", b"/", None, _PRIVATE, None)


def give_up_rights() -> None:
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    call("capset", header, (ctypes.c_uint32 * 6)())


# --- operations -------------------------------------------------------------------------------------------------------


def write(path: str, content: str, mode: str = "wb") -> None:
    with open(path, mode) as stream:
        stream.write(base64.b64decode(content))


def put(path: str, content: str, mode: str = "wb") -> None:
    """Write a file, whatever is in its way."""
    parts = path.split("/")
    for count in range(1, len(parts)):
        above = "/".join(parts[:count])
        if os.path.isfile(above):
            os.unlink(above)
        os.makedirs(above, exist_ok=True)
    if os.path.isdir(path):
        shutil.rmtree(path)
    write(path, content, mode)


def truncate(path: str, size: int) -> None:
    os.truncate(path, size)


def move(source: str, target: str) -> None:
    shutil.move(source, target)


def remove(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    else:
        os.unlink(path)


def bind(path: str) -> None:
    socket.socket(socket.AF_UNIX).bind(path)


def read_all() -> dict[str, list[object]]:
    found = {}
    for above, _, names in os.walk("."):
        for name in names:
            path = os.path.join(above, name)
            with open(path, "rb") as stream:
                content = base64.b64encode(stream.read()).decode()
            found[os.path.relpath(path, ".")] = [content, os.stat(path).st_mode & 0o100 != 0]
    return found


OPERATIONS = {
    "write": write,
    "put": put,
    "truncate": truncate,
    "move": move,
    "remove": remove,
    "bind": bind,
    "read_all": read_all,
    "copy": shutil.copy2,
    "mkdir": os.mkdir,
    "chmod": os.chmod,
    "symlink": os.symlink,
    "mkfifo": os.mkfifo,
    "utime": lambda path, seconds: os.utime(path, (seconds, seconds)),
    "replace": os.replace,
}


def main(uid: str, place: str, *overlay: str) -> None:
    """Without an overlay only the operations, in ``place``."""
    if overlay:
        lower, upper, work, options = overlay
        enter(int(uid))
        given = f"lowerdir={lower},upperdir={upper},workdir={work},{options}"
        call("mount", b"overlay", place.encode(), b"overlay", 0, given.encode())
        if os.getuid() != 0:
            give_up_rights()
    elif os.getuid() == 0 and int(uid):
        os.setresuid(int(uid), int(uid), int(uid))
    os.chdir(place)
    print("{}", flush=True)
    for line in sys.stdin:
        operation, *arguments = json.loads(line)
        try:
            answer = OPERATIONS[operation](*arguments)
        except OSError as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
