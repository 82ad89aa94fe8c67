"""Folders of the drive that lie on the disk: storage, notebooks, public datasets."""

# mypy: disallow-untyped-calls=False
# Jupyter's managers have no type hints.

from __future__ import annotations

import errno
import functools
import os
import shutil
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from msgspec import UNSET
from tornado.web import HTTPError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

from .contents_jupyter import Manager
from .contents_models import MIB, Checkpoint, CreateRequest, GetQuery, Model, Readable, SaveRequest

_UNUSABLE = {errno.EISDIR, errno.ENOTDIR, errno.EEXIST, errno.ENAMETOOLONG, errno.EINVAL, errno.ELOOP, errno.ENOTEMPTY}


class DiskFolder:
    """One folder of the drive; what methods are given are paths in it.

    Parameters
    ----------
    name : str
        What the drive calls it.
    manager : Manager
        Who reads and writes.
    """

    def __init__(self, name: str, manager: Manager) -> None:
        self.name = name
        self._manager = manager

    @property
    def allow_hidden(self) -> bool:
        """Whether names that begin with a dot are shown."""
        return bool(self._manager.allow_hidden)

    @property
    def is_read_only(self) -> bool:
        """Whether nothing can be written there."""
        return bool(self._manager.is_read_only)

    # --- reading ------------------------------------------------------------------------------------------------------

    def get(self, path: str, query: GetQuery, limit: int) -> Model:
        """A file or folder, its content when that has no more than ``limit`` bytes."""
        with self._explained(path):
            content = query.content == "1"
            if content and (size := self._size(path)) > limit:
                raise too_large(self.show(path), size, limit)
            model = self._manager.get(path, content, query.wanted_type, query.format, require_hash=query.hash == "1")
            return self._to_model(model)

    def is_file(self, path: str) -> bool:
        """Whether a path is that of a file."""
        with self._explained(path):
            return bool(path) and bool(self._manager.file_exists(path))

    def open(self, path: str) -> Readable:
        """A file, to be read in pieces."""
        with self._explained(path):
            self._check_visible(path)
            if not self._manager.file_exists(path):
                raise ErrorKind.PATH_NOT_FOUND(path=self.show(path))
            os_path = self._manager._get_os_path(path)
            state = os.stat(os_path)
        return Readable(
            state.st_size, f'"{state.st_mtime_ns:x}-{state.st_size:x}"', functools.partial(self._read, path)
        )

    def checkpoints(self, path: str) -> list[Checkpoint]:
        """Earlier states of a file."""
        if self.is_read_only:
            return []
        with self._explained(path):
            self._check_visible(path)
            return [Checkpoint(**found) for found in self._manager.list_checkpoints(path)]

    # --- writing ------------------------------------------------------------------------------------------------------

    def save(self, path: str, request: SaveRequest) -> tuple[Model, bool]:
        """Save a file or make a folder; also says whether it is new."""
        self._check_writable(path)
        model: dict[str, Any] = {"type": request.type if request.type in ("notebook", "directory") else "file"}
        if request.type is None and path.endswith(".ipynb"):
            model["type"] = "notebook"
        if request.chunk is not None:
            model["chunk"] = request.chunk
        if request.content is not UNSET:
            model.update(content=request.content, format=request.format)
        with self._explained(path):
            self._check_visible(path)
            is_new = not self._manager.file_exists(path)
            save = self._manager.new if is_new else self._manager.save  # `new` makes up content that is not given
            return self._to_model(save(model, path)), is_new

    def create(self, path: str, request: CreateRequest) -> Model:
        """Make a file or folder whose name nobody has, in a folder."""
        self._check_writable(path)
        kind = request.type if request.type in (None, "", "notebook", "directory") else "file"
        with self._explained(path), self._manager.naming:
            self._check_visible(path)
            return self._to_model(self._manager.new_untitled(path=path, type=kind or "", ext=request.ext or ""))

    def take_copy(self, path: str, name: str, pieces: Iterable[bytes]) -> Model:
        """Write a file of bytes from elsewhere into a folder, under a name that is free; it appears when complete."""
        self._check_writable(path)
        with self._explained(path):
            self._check_visible(path)
            folder = self._manager._get_os_path(path)
            unfinished = os.path.join(folder, f".~{uuid.uuid4().hex}")
            try:
                with open(unfinished, "xb") as file:
                    for piece in pieces:
                        file.write(piece)
                with self._manager.naming:
                    name = self._manager.increment_filename(name, path, insert="-Copy")
                    os.rename(unfinished, os.path.join(folder, name))
            except BaseException:
                if os.path.exists(unfinished):
                    os.unlink(unfinished)
                raise
            return self._to_model(self._manager.get(f"{path}/{name}", content=False))

    def rename(self, path: str, new_path: str) -> Model:
        """Give a file or folder another path."""
        self._check_writable(path)
        with self._explained(path), self._manager.naming:
            self._check_visible(path)
            self._check_visible(new_path)
            if not path or not new_path:
                raise self._root_stays()
            return self._to_model(self._manager.update({"path": new_path}, path))

    def move(self, path: str, target: DiskFolder, new_path: str) -> Model:
        """Take a file or folder to another folder of the drive."""
        self._check_writable(path)
        target._check_writable(new_path)
        with self._explained(path):
            self._check_visible(path)
            source = self._manager._get_os_path(path)
        with target._explained(new_path), target._manager.naming:
            target._check_visible(new_path)
            if not path or not new_path:
                raise self._root_stays()
            if target._manager.exists(new_path):
                raise HTTPError(409)
            shutil.move(source, target._manager._get_os_path(new_path))
            return target._to_model(target._manager.get(new_path, content=False))

    def delete(self, path: str) -> None:
        """Delete a file or folder, as Jupyter is told to: by default it goes to the trash of the desktop."""
        self._check_writable(path)
        with self._explained(path):
            self._check_visible(path)
            self._manager.delete(path)

    def create_checkpoint(self, path: str) -> Checkpoint:
        """Keep a file as it is now."""
        self._check_writable(path)
        with self._explained(path):
            self._check_visible(path)
            return Checkpoint(**self._manager.create_checkpoint(path))

    def restore_checkpoint(self, path: str, checkpoint: str) -> None:
        """Bring a file back to what it was."""
        self._check_writable(path)
        with self._explained(path):
            self._manager.restore_checkpoint(checkpoint, path)

    def delete_checkpoint(self, path: str, checkpoint: str) -> None:
        """Forget what a file was."""
        self._check_writable(path)
        with self._explained(path):
            self._manager.delete_checkpoint(checkpoint, path)

    # --- inside -------------------------------------------------------------------------------------------------------

    def show(self, path: str) -> str:
        """A path as the drive says it."""
        return f"{self.name}/{path}".rstrip("/")

    def _to_model(self, found: dict[str, Any]) -> Model:
        model = Model(**found)
        model.path = self.show(model.path.strip("/"))
        model.name = model.path.rpartition("/")[2]
        if model.type == "directory" and model.content is not None:
            model.content = [self._to_model(child) for child in model.content]
        return model

    def _read(self, path: str, start: int, end: int) -> Iterator[bytes]:
        with self._explained(path), open(self._manager._get_os_path(path), "rb") as file:
            file.seek(start)
            while start < end:
                piece = file.read(min(MIB, end - start))
                if not piece:
                    raise ErrorKind.SOURCE_CHANGED(path=self.show(path))
                start += len(piece)
                yield piece

    def _size(self, path: str) -> int:
        os_path = self._manager._get_os_path(path)
        return os.stat(os_path).st_size if os.path.isfile(os_path) else 0

    def _check_visible(self, path: str) -> None:
        if not self._manager.allow_hidden and self._manager.is_hidden(path):
            raise ErrorKind.PATH_NOT_FOUND(path=self.show(path))

    def _check_writable(self, path: str) -> None:
        if self.is_read_only:
            raise ErrorKind.READ_ONLY(
                path=self.show(path), reason="public datasets are kept by the program", hint="Copy it to storage first."
            )

    def _root_stays(self) -> GradientDataError:
        return ErrorKind.READ_ONLY(
            path=self.name, reason="it belongs to the drive", hint="Move what is in it, one by one."
        )

    @contextmanager
    def _explained(self, path: str) -> Iterator[None]:
        """Turn what Jupyter and the system say into errors of ours, without paths of this machine."""
        try:
            yield
        except HTTPError as error:
            system = error.__cause__ if isinstance(error.__cause__, OSError) else None
            raise (self._of_system(path, system) if system else self._of_jupyter(path, error)) from None
        except OSError as error:
            raise self._of_system(path, error) from None

    def _of_jupyter(self, path: str, error: HTTPError) -> GradientDataError:
        if error.status_code == 404:
            return ErrorKind.PATH_NOT_FOUND(path=self.show(path))
        if error.status_code == 403:
            return self._denied(path)
        if error.status_code == 409:
            return ErrorKind.NAME_TAKEN(thing="file or folder", name=self.show(path))
        return self._refused(error.log_message or "it is not possible")

    def _of_system(self, path: str, error: OSError) -> GradientDataError:
        if isinstance(error, shutil.Error):
            return self._refused(str(error))
        if error.errno == errno.ENOENT:
            return ErrorKind.PATH_NOT_FOUND(path=self.show(path))
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            return self._denied(path)
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return ErrorKind.DISK_FULL(path=self.show(path))
        reason = os.strerror(error.errno) if error.errno else "the disk failed"
        if error.errno in _UNUSABLE:
            return self._refused(f"{self.show(path)}: {reason}")
        return ErrorKind.TARGET_UNWRITABLE(path=self.show(path), reason=reason)

    def _refused(self, reason: str) -> GradientDataError:
        reason = reason.replace(self._manager.root_dir, self.name).rstrip(".")
        return ErrorKind.INVALID_REQUEST(reason=reason, hint="Look at the file and at what was asked for.")

    def _denied(self, path: str) -> GradientDataError:
        return ErrorKind.READ_ONLY(
            path=self.show(path),
            reason="the server's user may not do that there",
            hint="Ask its owner for permission, or choose another place.",
        )


def too_large(path: str, size: int, limit: int) -> GradientDataError:
    """The error for content that would not fit into memory several times."""
    return ErrorKind.TOO_LARGE(
        thing=path,
        size=f"{size / MIB:,.1f} MiB",
        limit=f"{limit // MIB} MiB",
        hint="Download it, or read it in a notebook: the browser would hold all of it in memory.",
    )
