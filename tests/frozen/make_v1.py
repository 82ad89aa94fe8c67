"""Makes ``tests/frozen/v1``: ``python -m tests.frozen.make_v1 FOLDER``.

It was run once, when format 1 was frozen.  What it wrote is in the repository and is read for ever; it is kept to show
how, and because what it makes with the same libraries is the same to the byte.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from unittest.mock import patch

from jupyter_gradient_data import ids
from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets import source_hashes, uploads
from jupyter_gradient_data.models import Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.local import open_service

LARGE = 4096  # bytes: "large" blobs are small here, so that the repository is


def main(folder: Path) -> None:
    """Write the objects to ``folder/managed`` and what they hold to ``folder/expected.json``."""
    source = random.Random(1)
    clock = iter(range(1_790_000_000_000_000_000, 2**62, 1_000_000_000))

    def random_name(count: int) -> str:
        return "".join(source.choice("0123456789abcdefghijklmnopqrstuvwxyz") for _ in range(count))

    with (
        tempfile.TemporaryDirectory() as temporary,
        patch.object(ids, "_random", random_name),
        patch.object(time, "time_ns", lambda: next(clock)),
        patch.object(packs, "PACK_SIZE", 6000),
        patch.object(uploads, "SMALL_BLOB", LARGE),
        patch.object(source_hashes, "SMALL_BLOB", LARGE),
    ):
        state = Path(temporary) / "state"
        service = open_service(Config.load({}, state_dir=state, author="the maker of v1", transfers=1))
        try:
            fill(service, Path(temporary))
            expected = describe(service)
        finally:
            service.close()
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(state / "managed", folder / "managed", ignore=shutil.ignore_patterns(".tmp"))
    text = json.dumps(expected, indent=1, sort_keys=True, ensure_ascii=False)
    (folder / "expected.json").write_text(text + "\n", encoding="utf-8")


def fill(service: DataService, temporary: Path) -> None:
    """Datasets with one of everything that the format has."""
    flowers = service.create_dataset("Blumen 🌷", description='Tulpen,\nNelken und "andere"')
    one = put(
        service, flowers.id, make_files(temporary / "one", 300), message="first", metadata={"iso": [100, 0.5, None]}
    )
    two = service.create_version(flowers.id, message="without most, with one more", start_from=one.reference)
    service.delete_files(two.reference, ["many/1", "many/2", "many/3"]).result()
    service.write_file(two.reference, "many/2/new.txt", [b"new\n"])
    service.commit_version(two.reference).result()
    empty = service.commit_version(service.create_version(flowers.id, message="nothing").reference).result()
    trashed = put(service, flowers.id, make_files(temporary / "three", 3), message="in the trash")
    service.delete_version(trashed.reference)
    service.set_tag(one.reference, "v1.0")
    service.set_tag(two.reference, "best ☃")
    service.set_tag(empty.reference, "nothing")
    service.update_version(two.reference, message="without most, with one more (checked)", metadata={"ok": True})

    other = service.create_dataset("other")
    copy = service.create_version(other.id, start_from=two.reference)
    service.commit_version(copy.reference).result()
    service.create_dataset("empty", description="no version yet")
    gone = service.create_dataset("gone")
    put(service, gone.id, make_files(temporary / "gone", 1))
    service.delete_dataset(gone.id)


def put(service: DataService, dataset: str, folder: Path, **about: Any) -> Version:
    """A committed version of a folder."""
    version = service.create_version(dataset, **about)
    service.put_files(version.reference, [f"{folder}/"]).result()
    return service.commit_version(version.reference).result()


def make_files(folder: Path, many: int) -> Path:
    """Files of all kinds: empty, large, compressible or not, executable, equal, with unusual names."""
    source = random.Random(0)
    contents = {
        "empty": b"",
        "large.bin": source.randbytes(LARGE),
        "larger.bin": source.randbytes(3 * LARGE + 1),
        "noise.bin": source.randbytes(LARGE - 1),
        "text/repeated.txt": b"repeated " * 300,
        "text/Ümläut ☃.txt": "Ä".encode(),
        "text/with space and 'quotes'\n.txt": b"odd",
        "run.sh": b"#!/bin/sh\nexit 0\n",
    }
    contents |= {f"many/{number % 4}/{number:04}.txt": b"%d" % (number % 20) for number in range(many)}
    for path, content in contents.items():
        local = folder / path
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
    (folder / "run.sh").chmod(0o755)
    return folder


def describe(service: DataService) -> dict[str, Any]:
    """Everything that must be read from the objects alone."""
    return {
        dataset.name: {
            "id": dataset.id,
            "description": dataset.description,
            "created": dataset.created.isoformat(),
            "latest": dataset.latest,
            "tags": {tag.name: tag.version for tag in service.list_tags(dataset.id).items},
            "versions": {
                version.version: describe_version(service, version)
                for version in service.list_versions(dataset.id).items
            },
        }
        for dataset in service.list_datasets().items
    }


def describe_version(service: DataService, version: Version) -> dict[str, Any]:
    """A version with its files: size, hash and an x for an executable one, by path."""
    files = service.list_files(version.reference, recursive=True, limit=10_000).items
    assert version.committed is not None
    return {
        "message": version.message,
        "author": version.author,
        "metadata": version.metadata,
        "parent": version.parent,
        "root": version.root,
        "committed": version.committed.isoformat(),
        "files": {info.path: f"{info.size} {info.hash}{' x' if info.executable else ''}" for info in files},
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
