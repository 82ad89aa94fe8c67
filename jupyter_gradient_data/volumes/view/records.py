"""What the server of a notebook run tells other processes of how it shows the volumes."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import msgspec

from .runs import is_in_use
from .ways import Places, Way, choose

_NAME = "view.json"


class Record(msgspec.Struct, frozen=True):
    """How the server that was started last shows a notebook run.

    Parameters
    ----------
    way : Way
        Mode and reason.
    how : list of str
        What the launcher needs to know.
    environment : dict
        Variables for programs.
    machine : str
        Where.
    """

    way: Way
    how: list[str]
    environment: dict[str, str]
    machine: str = msgspec.field(default_factory=socket.gethostname)

    @property
    def is_here(self) -> bool:
        """Whether a process of ours can be started there: the namespace is of this machine, and is still held."""
        if not self.how:
            return self.machine == socket.gethostname()
        mark, _, namespace, *_ = self.how
        try:
            return str(os.stat(namespace).st_ino) == mark
        except OSError:
            return False


def write_record(run: Path, record: Record) -> None:
    """Leave a record in the folder of a notebook run."""
    write_private(run / _NAME, msgspec.json.encode(record).decode())


def read_record(run: Path) -> Record | None:
    """The record of a notebook run; None when there is none that can be read."""
    try:
        return msgspec.json.decode((run / _NAME).read_bytes(), type=Record)
    except (OSError, msgspec.DecodeError):
        return None


def write_private(path: Path, text: str) -> None:
    """Write a file that only its owner can read, in one step."""
    new = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with open(descriptor, "w", encoding="utf-8") as file:
        file.write(text)
    new.rename(path)


def current_way(places: Places) -> Way:
    """How kernels of a notebook run see the volumes: as the server that runs it shows them, or as one would."""
    shown = way_shown(places)
    if shown is not None:
        return shown
    way, holder = choose(places, make_links=False)
    if holder is not None:
        holder.close()
    return way


def way_shown(places: Places) -> Way | None:
    """How a server shows the volumes of a notebook run now; None when none does."""
    record = read_record(places.run) if places.is_inside or is_in_use(places.run) else None
    return record.way if record is not None else None
