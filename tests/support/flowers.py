"""Real files of all the kinds that the front end shows, as a data scientist has them in a folder."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path


def picture(width: int, height: int, colour: tuple[int, int, int]) -> bytes:
    """A PNG with a frame around one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    def pixel(x: int, y: int) -> bytes:
        is_frame = min(x, y, width - 1 - x, height - 1 - y) < min(width, height) // 12
        return bytes(255 - part for part in colour) if is_frame else bytes(colour)

    rows = b"".join(b"\0" + b"".join(pixel(x, y) for x in range(width)) for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def table(count: int, *, taller: float = 0.0) -> bytes:
    """A CSV with one row for each of so many flowers."""
    kinds = ("rose", "tulip", "lily")
    rows = [
        f"F{number:04},{kinds[number % 3]},{3 + number % 5},{20 + number * 0.25 + (taller if number < 3 else 0):.2f}"
        for number in range(count)
    ]
    return "\n".join(["id,kind,petals,height_cm", *rows, ""]).encode()


def first_photos() -> dict[str, bytes]:
    """Path and content of each file."""
    return {
        "README.md": b"# Flowers\n\nPhotographed in **May**.\n",
        "labels.json": json.dumps({"classes": ["rose", "tulip"], "source": {"camera": "X100", "year": 2026}}).encode(),
        "train.csv": table(300),
        "photos/red/rose.png": picture(160, 120, (200, 40, 60)),
        "photos/yellow/tulip.png": picture(120, 160, (230, 180, 30)),
        "photos/notes.txt": b"sunny\n",
    }


def write(folder: Path, files: Mapping[str, bytes]) -> Path:
    """The files below a folder."""
    for path, data in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(data)
    return folder
