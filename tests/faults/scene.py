"""A small state with a past, what can be seen of it, and what must always hold."""

from __future__ import annotations

import contextlib
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import Version, VersionState
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.local import open_service

LARGE = 1024 * 1024 + 77  # bytes; large enough to be an object of its own


class VersionPicture(NamedTuple):
    """What can be seen of a version, without times: equal pictures are equal versions."""

    committed: bool
    message: str
    tags: tuple[str, ...]
    root: str | None
    files: dict[str, tuple[int, str, bool]]


class DatasetPicture(NamedTuple):
    """What can be seen of a dataset."""

    description: str
    latest: str | None
    versions: dict[str, VersionPicture]


Picture = dict[str, DatasetPicture]


def config(state: Path, **settings: Any) -> Config:
    """Settings of a state directory for tests."""
    return Config.load({}, state_dir=state, author="tester", transfers=2, **settings)


@contextlib.contextmanager
def opened(state: Path, **settings: Any) -> Iterator[DataService]:
    """A service on a state directory."""
    service = open_service(config(state, **settings))
    try:
        yield service
    finally:
        service.close()


def picture(service: DataService) -> Picture:
    """All datasets that are not in the trash, by name."""
    found = {}
    for dataset in service.list_datasets().items:
        versions = service.list_versions(dataset.id, committed=None).items
        found[dataset.name] = DatasetPicture(
            dataset.description, dataset.latest, {version.version: _version(service, version) for version in versions}
        )
    return found


def files_of(service: DataService, reference: str) -> dict[str, tuple[int, str, bool]]:
    """Size, hash and executable flag of all files of a version, by path."""
    page = service.list_files(reference, recursive=True, limit=100_000)
    return {info.path: (info.size, info.hash, info.executable) for info in page.items}


def _version(service: DataService, version: Version) -> VersionPicture:
    committed = version.state is VersionState.COMMITTED
    files = files_of(service, version.reference)
    return VersionPicture(committed, version.message, version.tags, version.root, files)


def write_files(folder: Path, seed: int, *, large: bool = True) -> Path:
    """Files of all kinds below a folder: empty, small, equal, executable, in folders, and one large."""
    source = random.Random(seed)
    contents = {f"few/{number}.bin": source.randbytes(700) for number in range(5)}
    contents |= {"empty": b"", "text/a.txt": b"text " * 300, "text/Ümläut ☃.txt": b"snow", "text/copy": b"text " * 300}
    if large:
        contents["large.bin"] = source.randbytes(LARGE)
    for path, content in contents.items():
        local = folder / path
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
    (folder / "few" / "0.bin").chmod(0o755)
    return folder


def read_folder(folder: Path) -> dict[str, bytes]:
    """All files below a folder."""
    return {
        os.path.join(os.path.relpath(above, folder), name).removeprefix("./"): Path(above, name).read_bytes()
        for above, _, names in os.walk(folder)
        for name in names
    }


def check_whole(service: DataService) -> None:
    """`verify` finds nothing wrong, also with every byte."""
    report = service.verify(read_data=True).result()
    assert report.problems == ()
