"""The drive: which folder a path is in, what may be seen of it, and work that concerns two folders."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
from nbformat.sign import NotebookNotary
from traitlets.config import Config as Traits

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import is_text
from jupyter_gradient_data.models import ApiToken
from jupyter_gradient_data.service.host import Host, TeamFolders

from .contents_datasets import BEGINNING, DatasetFolder, folder_model
from .contents_disk import DiskFolder, too_large
from .contents_jupyter import Manager
from .contents_models import (
    MAX_CONTENT,
    MAX_ENTRIES,
    MORE,
    Checkpoint,
    CreateRequest,
    GetQuery,
    Model,
    Readable,
    SaveRequest,
)
from .contents_stream import stream_model
from .contents_trust import make_notary

_CHECKPOINTS = "checkpoints"


class Drives:
    """What the drives of all requests share.

    Parameters
    ----------
    traits : Config
        How this Jupyter server is configured: its settings for files hold here as well.
    """

    def __init__(self, traits: Traits) -> None:
        self.sending = asyncio.Semaphore(2)  # long contents on their way out
        self.saving = asyncio.Semaphore(1)  # and on their way in: these are in memory several times
        # One thread for these, since the C library keeps for each thread what it has once had.
        self.saver = ThreadPoolExecutor(1, thread_name_prefix="gradient-save")
        self._traits = traits
        self._lock = threading.Lock()
        self._notary: NotebookNotary | None = None
        self._managers: dict[Path, Manager] = {}

    def open(self, host: Host, token: ApiToken | None) -> Drive:
        """The drive as whoever asks may see it; a token that is limited to datasets sees only those."""
        with self._lock:
            if self._notary is None:
                self._notary = make_notary(self._traits)
            disks = tuple(self._disk_folders(host.folders, self._notary))
        is_limited = token is not None and bool(token.datasets)
        datasets = DatasetFolder(host.service_for(token), self._notary, allow_hidden=disks[0].allow_hidden)
        return Drive(datasets, () if is_limited else disks)

    def _disk_folders(self, folders: TeamFolders, notary: NotebookNotary) -> Iterator[DiskFolder]:
        places = ("public", folders.public()), ("storage", folders.storage()), ("notebook", folders.notebooks())
        for name, path in places:
            if path not in self._managers:
                self._managers[path] = Manager(
                    root_dir=str(path), config=self._traits, notary=notary, is_read_only=name == "public"
                )
            yield DiskFolder(name, self._managers[path])


class Drive:
    """What one request sees; paths are relative, ``/``-separated, and begin with the name of a folder.

    Parameters
    ----------
    datasets : DatasetFolder
        The datasets.
    disks : iterable of DiskFolder
        The other folders.
    """

    def __init__(self, datasets: DatasetFolder, disks: Iterable[DiskFolder]) -> None:
        self._folders: dict[str, DatasetFolder | DiskFolder] = {datasets.name: datasets}
        self._folders.update({disk.name: disk for disk in disks})

    def get(self, path: str, query: GetQuery, limit: int) -> Model | list[Checkpoint]:
        """A file or folder, or the checkpoints of a file.

        Raises
        ------
        QuotaExceeded
            ``TOO_LARGE``: the content has more than ``limit`` bytes.
        """
        path = _checked(path)
        if not path:
            return self._root(query)
        if (found := self._checkpoint(path)) is not None and not found[2]:
            folder, inner, _ = found
            return folder.checkpoints(inner) if isinstance(folder, DiskFolder) else []
        folder, inner = self._find(path)
        if inner.rpartition("/")[2] == MORE:
            raise ErrorKind.FOLDER_CUT(
                folder=path.rpartition("/")[0],
                limit=MAX_ENTRIES,
                hint="`gradient datasets files list` and the side bar show all of a dataset; a terminal those on disk.",
            )
        return folder.get(inner, query, limit)

    def stream(self, path: str, query: GetQuery) -> Iterator[bytes]:
        """What `get` answers for a file, as JSON in pieces.

        Raises
        ------
        QuotaExceeded
            ``TOO_LARGE``: no browser should hold that much.
        """
        folder, inner = self._find(_checked(path))
        model = folder.get(inner, msgspec.structs.replace(query, content="0"), 0)
        if model.type == "notebook":  # its JSON is that of Jupyter, not what is in the file
            return iter((msgspec.json.encode(folder.get(inner, query, MAX_CONTENT)),))
        file = folder.open(inner)
        if file.size > MAX_CONTENT:
            raise too_large(model.path, file.size, MAX_CONTENT)
        return stream_model(model, file, query.format)

    def open(self, path: str) -> tuple[str, Readable]:
        """A file's name, and the file to be read in pieces."""
        path = _checked(path)
        folder, inner = self._find(path)
        return path.rpartition("/")[2], folder.open(inner)

    def save(self, path: str, request: SaveRequest | None) -> tuple[Model, bool]:
        """Save a file or make a folder; also says whether it is new.  With no request as `create` does."""
        disk, inner = self._writable(_checked(path))
        if request is None:
            return disk.create(inner, CreateRequest()), True
        return disk.save(inner, request)

    def create(self, path: str, request: CreateRequest) -> Model | Checkpoint | None:
        """Make a file, a folder, a copy or a checkpoint; or bring a checkpoint back, which has no answer."""
        path = _checked(path)
        if (found := self._checkpoint(path)) is not None:
            _, inner, checkpoint = found
            disk, _ = self._writable(path)
            if not checkpoint:
                return disk.create_checkpoint(inner)
            disk.restore_checkpoint(inner, checkpoint)
            return None
        disk, inner = self._writable(path)
        return (
            self._copy(_checked(request.copy_from), disk, inner) if request.copy_from else disk.create(inner, request)
        )

    def rename(self, path: str, new_path: str) -> Model:
        """Give a file or folder another path, perhaps in another folder of the drive."""
        disk, inner = self._writable(_checked(path))
        target, new_inner = self._writable(_checked(new_path))
        return disk.rename(inner, new_inner) if target is disk else disk.move(inner, target, new_inner)

    def delete(self, path: str) -> None:
        """Delete a file, a folder or a checkpoint."""
        path = _checked(path)
        disk, inner = self._writable(path)
        if (found := self._checkpoint(path)) is not None and found[2]:
            disk.delete_checkpoint(found[1], found[2])
        else:
            disk.delete(inner)

    # --- inside -------------------------------------------------------------------------------------------------------

    def _root(self, query: GetQuery) -> Model:
        root = folder_model("", BEGINNING, BEGINNING)
        if query.wanted_type not in (None, "directory"):
            raise ErrorKind.INVALID_REQUEST(reason="the drive is a folder", hint="Ask for it as one.")
        if query.content == "1":
            root.format = "json"
            bare = GetQuery(content="0")
            root.content = [folder.get("", bare, 0) for folder in self._folders.values()]
        return root

    def _find(self, path: str) -> tuple[DatasetFolder | DiskFolder, str]:
        name, _, inner = path.partition("/")
        if name not in self._folders:
            raise ErrorKind.PATH_NOT_FOUND(path=path)
        return self._folders[name], inner

    def _writable(self, path: str) -> tuple[DiskFolder, str]:
        if "/" not in path and path not in self._folders:
            raise ErrorKind.READ_ONLY(
                path=path or "the drive", reason="its folders are fixed", hint="Choose a folder in storage."
            )
        folder, inner = self._find(path)
        if isinstance(folder, DatasetFolder):
            raise folder.refusal(inner)
        return folder, inner

    def _checkpoint(self, path: str) -> tuple[DatasetFolder | DiskFolder, str, str] | None:
        """Folder, file and checkpoint that a path ``<file>/checkpoints[/<checkpoint>]`` names.

        In a folder, ``checkpoints`` is an ordinary name: that of many a folder of trained models.
        """
        parts = path.split("/")
        for count in (1, 2):
            if len(parts) > count and parts[-count] == _CHECKPOINTS:
                folder, inner = self._find("/".join(parts[:-count]))
                if folder.is_file(inner):
                    return folder, inner, parts[-1] if count == 2 else ""
        return None

    def _copy(self, source: str, target: DiskFolder, inner: str) -> Model:
        """Copy one file from anywhere in the drive into a folder; it travels in pieces."""
        folder, path = self._find(source)
        if not folder.is_file(path):
            raise ErrorKind.INVALID_REQUEST(
                reason=f"{source} is a folder, and only files can be copied here",
                hint="`gradient datasets files get` copies folders of a dataset, `cp -r` those of storage.",
            )
        file = folder.open(path)
        return target.take_copy(inner, source.rpartition("/")[2], file.read(0, file.size))


def _checked(path: str) -> str:
    """A path without slashes around it; one that goes up or cannot be is not there."""
    path = path.strip("/")
    parts = path.split("/") if path else []
    if not is_text(path) or any(part in ("", ".", "..") for part in parts):
        raise ErrorKind.PATH_NOT_FOUND(path=repr(path))
    return path
