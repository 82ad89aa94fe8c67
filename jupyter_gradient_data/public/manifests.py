"""What is known of the files that are here: of each item where it is from and how it was checked, of each file a hash.

An *item* is what is fetched as one: a file that is kept, or an archive that is unpacked.  The files of archives are in
*records* of their own, so that looking at a dataset does not read the names of a million files.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Any

import msgspec

from .unpacking import Unpacked


class HeldItem(msgspec.Struct, frozen=True):
    """An item that is here.

    Parameters
    ----------
    path : str
        In the catalogue, or below a folder of it.
    origin : str
        The catalogue's path that it belongs to; the same for a single file.
    url : str
        Where it was fetched from.
    size, sha256 : int, str
        Of the file that was fetched.
    proof : str
        What it was checked by; see `checking.Expected`.
    record : str
        Name of the record with the files that came out of it; empty for a file that was kept as it is.
    """

    path: str
    origin: str
    url: str
    size: int
    sha256: str
    proof: str
    record: str = ""


class Held(msgspec.Struct, frozen=True):
    """A dataset as it is here.

    Parameters
    ----------
    tree : int
        Inode of its folder: which of two manifests is about the folder that is there after a crash.
    items : list of HeldItem
        By path.
    folders : list of str
        Catalogue paths of folders of which all files are here.
    """

    tree: int
    items: list[HeldItem]
    folders: list[str] = []
    format: int = 1

    def item(self, path: str) -> HeldItem | None:
        """The item of this path."""
        return next((item for item in self.items if item.path == path), None)


def write_json(path: Path, content: bytes) -> None:
    """Write a small file as a whole or not at all."""
    new = path.with_name(f"{path.name}.new")  # whoever has the dataset's lock is the only one who writes
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    os.replace(new, path)


def read_struct(path: Path, kind: Any) -> Any:
    """A struct from a file; None when there is none, or it cannot be read."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=kind)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return None


def write_struct(path: Path, value: msgspec.Struct) -> None:
    """Write a struct for `read_struct`."""
    write_json(path, msgspec.json.encode(value))


def write_record(folder: Path, files: list[Unpacked]) -> str:
    """Write the files of an item; the name of the record."""
    name = f"{secrets.token_hex(8)}.files"
    # Not msgspec: names from archives need not be Unicode.
    write_json(folder / name, json.dumps(files, separators=(",", ":")).encode())
    return name


def read_record(folder: Path, item: HeldItem) -> list[Unpacked] | None:
    """The files of an item; None when the record is damaged."""
    if not item.record:
        return [Unpacked(item.path, item.size, item.sha256)]
    try:
        return [Unpacked(*row) for row in json.loads((folder / item.record).read_bytes())]
    except (OSError, ValueError, TypeError):
        return None
