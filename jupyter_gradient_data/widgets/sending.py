"""What the upload widget does in a thread: files from the page into a version, and the commit."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.client.memory.provenance import provenance
from jupyter_gradient_data.errors import Cancelled, ErrorKind, GradientDataError
from jupyter_gradient_data.ids import LATEST
from jupyter_gradient_data.models import PROVENANCE, Dataset, Phase, Version
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.api import DataService

from .work import one_line

EMPTY = "empty"
"""What a version starts from when it starts from nothing."""

_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Incoming:
    """A file that the page has sent."""

    name: str
    content: memoryview


@dataclass(frozen=True)
class Sent:
    """What became of it: where it is in the version, or why it is not."""

    path: str
    size: int
    problem: str = ""


def dataset_for(service: DataService, name: str) -> Dataset:
    """The dataset of this name; made when there is none."""
    try:
        return service.get_dataset(name)
    except GradientDataError as error:
        if error.kind is not ErrorKind.DATASET_NOT_FOUND:
            raise
    return service.create_dataset(name)


def version_for(service: DataService, dataset: Dataset, start: str) -> Version:
    """A new version that starts from ``latest``, as far as there is one, or from nothing."""
    is_first = dataset.latest is None or start != LATEST
    return service.create_version(dataset.id, start_from=None if is_first else f"{dataset.id}:{dataset.latest}")


def send(
    service: DataService, version: Version, files: Sequence[Incoming], folder: str, progress: Progress
) -> list[Sent]:
    """Put files into a version; one that is refused does not hold up the others.

    Parameters
    ----------
    service : DataService
        Takes them.
    version : Version
        Uncommitted.
    files : sequence of Incoming
        Read piece by piece where they are; no second copy of a whole file is made.
    folder : str
        Where in the version.
    progress : Progress
        Told, and asked whether to go on.

    Returns
    -------
    list of Sent
        One for each.
    """
    progress.start(Phase.SENDING, len(files), sum(file.content.nbytes for file in files))
    return [_send_one(service, version, file, folder, progress) for file in files]


def commit(service: DataService, version: Version, message: str, tag: str, progress: Progress) -> Version:
    """Commit a version, with what the notebook knows of where it comes from."""
    kept: dict[str, Any] = {**version.metadata, PROVENANCE: provenance(service)}
    service.update_version(version.reference, message=message, metadata=kept)
    task = service.commit_version(version.reference)
    for event in task:
        if progress.is_cancelled:
            task.cancel()
        progress.relay(event)
    committed = task.result()
    if tag:
        service.set_tag(committed.reference, tag)
        committed = service.get_version(committed.reference)
    MEMORY.committed(service, committed)
    return committed


def most_at_once() -> str:
    """How much the page can send to a kernel at once, in words: the server sets it."""
    return "10 MB" if os.environ.get("SERVER_SOFTWARE", "").startswith("voila") else "100 MB"


def _send_one(service: DataService, version: Version, file: Incoming, folder: str, progress: Progress) -> Sent:
    path = "/".join(part for part in (folder.strip("/"), file.name) if part)
    try:
        service.write_file(version.reference, path, _pieces(file.content, progress))
    except Cancelled:
        raise
    except GradientDataError as error:
        return Sent(path, file.content.nbytes, one_line(error))
    progress.advance(files=1)
    return Sent(path, file.content.nbytes)


def _pieces(content: memoryview, progress: Progress) -> Iterator[bytes]:
    for start in range(0, content.nbytes, _PIECE):
        piece = bytes(content[start : start + _PIECE])
        yield piece
        progress.advance(bytes=len(piece))
