"""Reads a repository of format 1, written from docs/format/v1.md alone: nothing of this project is used.

``read(folder)`` takes the folder that holds the teams of an embedded store.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path
from typing import Any

import zstandard
from blake3 import blake3

MAGIC = b"jgdpack1"
ENTRY = struct.Struct("<32sIIB")
TRAILER = struct.Struct("<32sI8s")
EMPTY_TREE = "69c7b44a7a0e37dd59801dc424db48ef9c37c266afc8527056ce30d140e96db4"


def read(managed: Path) -> dict[str, Any]:
    """All datasets that are not in the trash, by name, with versions, tags and files."""
    (marker,) = managed.glob("t????????/format.json")
    found = json.loads(marker.read_bytes())
    assert (found["format"], found["features"], found["team"]) == (1, [], marker.parent.name)
    blobs = Blobs(marker.parent)
    cards = [json.loads(path.read_bytes()) for path in marker.parent.glob("datasets/*/dataset.json")]
    return {card["name"]: read_dataset(marker.parent, card, blobs) for card in cards if card["trashed"] is None}


def read_dataset(team: Path, card: dict[str, Any], blobs: Blobs) -> dict[str, Any]:
    """A card with the versions of its dataset that are not in the trash."""
    paths = sorted((team / "datasets" / card["id"] / "versions").glob("*.json"))
    records = [json.loads(path.read_bytes()) for path in paths]
    assert [(record["dataset"], f"{record['version']}.json") for record in records] == [
        (card["id"], path.name) for path in paths
    ]
    shown = {record["version"]: record for record in records if record["version"] not in card["trashed_versions"]}
    return {
        "id": card["id"],
        "description": card["description"],
        "created": card["created"],
        "latest": max(shown, key=lambda version: shown[version]["number"], default=None),
        "tags": {name: tag["version"] for name, tag in card["tags"].items() if tag["version"] in shown},
        "versions": {version: {**record, "files": read_files(record, blobs)} for version, record in shown.items()},
    }


def read_files(record: dict[str, Any], blobs: Blobs) -> dict[str, tuple[bytes, bool]]:
    """Content and executable flag of all files of a version, by path."""
    entries = [] if record["root"] == EMPTY_TREE else list(read_tree(bytes.fromhex(record["root"]), blobs))
    assert len(entries) == record["files"]
    assert sum(size for _, size, _, _ in entries) == record["bytes"]
    paths = [path for path, _, _, _ in entries]
    assert paths == sorted(set(paths))
    contents = {digest: blobs.content(digest) for _, _, digest, _ in entries}
    assert all(len(contents[digest]) == size for _, size, digest, _ in entries)
    return {path.decode(): (contents[digest], executable) for path, _, digest, executable in entries}


# --- blobs ------------------------------------------------------------------------------------------------------------


class Blobs:
    """Where each blob of a team is, from the footers of packs and the names of large blobs."""

    def __init__(self, team: Path) -> None:
        self._places: dict[bytes, tuple[Path, int, int, int, int]] = {}
        for path in team.glob("packs/*"):
            self._read_footer(path)
        for path in team.glob("blobs/??/*"):
            assert path.name.startswith(path.parent.name)
            size = path.stat().st_size
            self._places[bytes.fromhex(path.name)] = (path, 0, size, size, 0)

    def _read_footer(self, path: Path) -> None:
        data = path.read_bytes()
        digest, length, magic = TRAILER.unpack(data[-TRAILER.size :])
        assert magic == MAGIC == data[:8]
        footer = data[-TRAILER.size - length : -TRAILER.size]
        assert length == len(footer) > 0
        assert blake3(footer).digest() == digest
        assert blake3(data).hexdigest() == path.name
        offset = len(MAGIC)
        for name, stored, size, encoding in ENTRY.iter_unpack(footer):
            self._places[name] = (path, offset, stored, size, encoding)
            offset += stored
        assert offset + length + TRAILER.size == len(data)

    def content(self, name: bytes) -> bytes:
        """The content of a blob, checked."""
        path, offset, stored, size, encoding = self._places[name]
        data = path.read_bytes()[offset : offset + stored]
        if encoding == 1:
            assert zstandard.frame_content_size(data) == size
            data = zstandard.ZstdDecompressor().decompress(data)
        else:
            assert (encoding, stored) == (0, size)
        assert blake3(data).digest() == name
        return data


# --- trees ------------------------------------------------------------------------------------------------------------


class Cursor:
    """Takes a node apart from its beginning to its end."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        """The next bytes."""
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size : self.at]

    def hashes(self, count: int) -> list[bytes]:
        """So many hashes."""
        return [self.take(32) for _ in range(count)]

    def column(self, count: int) -> list[int]:
        """A column of numbers."""
        width = self.take(1)[0]
        return [int.from_bytes(self.take(width), "little") for _ in range(count)]

    def paths(self, count: int) -> list[bytes]:
        """Paths, each sharing its beginning with the one before."""
        shared, lengths = self.column(count), self.column(count)
        paths: list[bytes] = []
        for same, length in zip(shared, lengths, strict=True):
            paths.append((paths[-1] if paths else b"")[:same] + self.take(length))
        return paths


def read_tree(root: bytes, blobs: Blobs) -> list[tuple[bytes, int, bytes, bool]]:
    """Path, size, hash and executable flag of all files below a node."""
    cursor = Cursor(blobs.content(root))
    assert cursor.take(5) == b"GDTN\x01"
    level, count = cursor.take(1)[0], int.from_bytes(cursor.take(4), "little")
    hashes = cursor.hashes(count)
    if level == 0:
        flags = int.from_bytes(cursor.take((count + 7) // 8), "little")
        sizes, paths = cursor.column(count), cursor.paths(count)
        assert cursor.at == len(cursor.data)
        return [(path, sizes[i], hashes[i], bool(flags >> i & 1)) for i, path in enumerate(paths)]
    files, sizes, ends = cursor.column(count), cursor.column(count), cursor.paths(2 * count)
    assert cursor.at == len(cursor.data)
    found = []
    for i, child in enumerate(hashes):
        below = read_tree(child, blobs)
        assert (len(below), sum(size for _, size, _, _ in below)) == (files[i], sizes[i])
        assert (below[0][0], below[-1][0]) == (ends[2 * i], ends[2 * i + 1])
        found += below
    return found
