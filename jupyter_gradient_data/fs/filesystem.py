"""The file system that fsspec finds under ``gradient://``."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from fsspec.callbacks import DEFAULT_CALLBACK, Callback  # type: ignore[import-untyped]
from fsspec.compression import compr  # type: ignore[import-untyped]
from fsspec.core import get_compression  # type: ignore[import-untyped]
from fsspec.utils import tokenize  # type: ignore[import-untyped]

from jupyter_gradient_data.errors import ErrorKind, Invalid, NotFound
from jupyter_gradient_data.models import FileInfo, Version

from .bulk import BulkFileSystem
from .errors import translated
from .paths import PROTOCOL, join, split, split_file, strip
from .reading import READ_AHEAD, GradientFile
from .session import Newest, Session
from .writers import GradientWriter, PackedWriter, TextWriter

Info = dict[str, Any]


class GradientFileSystem(BulkFileSystem):
    """Datasets as folders: ``gradient://name[:ref]/path``.

    ``ref`` is a version, a tag or ``latest``, which is also meant without one.  The folders of the root are the
    datasets.  In a notebook, references keep to the version that they meant first (see `client.memory`); committed
    versions can only be read, others be written as well.

    Parameters
    ----------
    url, token : str, optional
        A Jupyter server to work on, and what lets in there; by default the service of this process.
    state_dir : str, optional
        An embedded state to work on instead.
    keep : bool
        Whether what is read of committed versions stays on the disk, so that it is never fetched again.
    block_size : int, optional
        Bytes that open files read ahead at most; 8 MiB.
    cache_type : str
        How they do that; by default ``adaptive``, see `caching.AdaptiveCache`.
    **options : any
        Those of all file systems of fsspec.
    """

    protocol = PROTOCOL
    root_marker = ""

    def __init__(
        self,
        *,
        url: str | None = None,
        token: str | None = None,
        state_dir: str | os.PathLike[str] | None = None,
        keep: bool = True,
        block_size: int | None = None,
        cache_type: str | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        given = {"url": url, "token": token, "state_dir": None if state_dir is None else os.fspath(state_dir)}
        self._changes = {name: value for name, value in given.items() if value is not None}
        self._keep = keep
        self._block_size = block_size
        self._file_options = {} if cache_type is None else {"cache_type": cache_type}
        self._pins: dict[str, str] = {}
        self._session: Session | None = None

    # --- this process -------------------------------------------------------------------------------------------------

    @property
    def session(self) -> Session:
        """What it has in this process."""
        session = self._session
        if session is None or session.pid != os.getpid():
            pins = self._pins if session is None else session.pins
            with translated():
                session = Session(self._changes, keep=self._keep, pins=pins)
            self._session = session
        return session

    def __reduce__(self) -> tuple[Any, ...]:
        # A worker reads the versions that were read here, whatever is committed meanwhile.
        pins = self._pins if self._session is None else self._session.pins
        return _restored, (type(self), self.storage_args, self.storage_options, dict(pins))

    # --- paths --------------------------------------------------------------------------------------------------------

    @classmethod
    def _strip_protocol(cls, path: Any) -> Any:
        if isinstance(path, list):
            return [cls._strip_protocol(one) for one in path]
        return strip(path)

    @classmethod
    def _parent(cls, path: str) -> str:
        return strip(path).rpartition("/")[0]

    # --- looking ------------------------------------------------------------------------------------------------------

    def ls(self, path: str, detail: bool = True, **options: Any) -> list[Any]:
        """What is directly in a folder, by name; of the root, the datasets."""
        with translated():
            place = split(path)
            if not place.reference:
                found = [_dataset_info(dataset) for dataset in self.session.datasets()]
            else:
                version = self.session.version(place.reference)
                rows = self.session.tree(version, place.reference).rows(place.path)
                found = [_info(place.reference, version, row) for row in rows]
        return found if detail else [info["name"] for info in found]

    def info(self, path: str, **options: Any) -> Info:
        """Facts of a file or folder: name, size, type, and of a file its hash and version."""
        with translated():
            place = split(path)
            if not place.reference:
                return {"name": "", "size": 0, "type": "directory"}
            version = self.session.version(place.reference)
            if not place.path:
                return {**_dataset_row(place.reference), **_version_facts(version)}
            return _info(place.reference, version, self.session.tree(version, place.reference).find(place.path))

    def exists(self, path: str, **options: Any) -> bool:
        """Whether there is a file or folder; raises when that cannot be found out."""
        try:
            self.info(path)
        except FileNotFoundError:
            return False
        return True

    def isdir(self, path: str) -> bool:
        """Whether that is a folder; raises when that cannot be found out."""
        return self._type(path) == "directory"

    def isfile(self, path: str) -> bool:
        """Whether that is a file; raises when that cannot be found out."""
        return self._type(path) == "file"

    def _type(self, path: str) -> str | None:
        try:
            return str(self.info(path)["type"])
        except OSError as error:
            if isinstance(error, FileNotFoundError | Invalid):  # there is nothing, or can be nothing
                return None
            raise

    def walk(
        self, path: str, maxdepth: int | None = None, topdown: bool = True, on_error: Any = "omit", **options: Any
    ) -> Any:
        """Folder by folder; one that is not there is left out, one that cannot be read is not."""
        on_error = _raise_unless_missing if on_error == "omit" else on_error
        return super().walk(path, maxdepth, topdown, on_error, **options)

    def find(
        self, path: str, maxdepth: int | None = None, withdirs: bool = False, detail: bool = False, **options: Any
    ) -> Any:
        """All files below a path; with a version, a hundred thousand take less than a second."""
        place = split(path)
        if maxdepth is not None or withdirs or not place.reference:
            return super().find(path, maxdepth, withdirs, detail, **options)
        with translated():
            version = self.session.version(place.reference)
            try:
                files, low, high = self.session.tree(version, place.reference).below(place.path)
            except NotFound as error:
                if error.kind is not ErrorKind.FILE_NOT_FOUND:
                    raise
                return {} if detail else []  # as fsspec has it
            if low == high and place.path:
                return self._find_file(path, detail)
            prefix = place.reference + "/"
            if not detail:
                return [prefix + name for name in files.paths[low:high]]
            facts = _version_facts(version)
            rows = zip(files.paths[low:high], files.sizes[low:high], files.hashes[low:high], strict=True)
            return {
                prefix + name: {"name": prefix + name, "size": size, "type": "file", "hash": found, **facts}
                for name, size, found in rows
            }

    def _find_file(self, path: str, detail: bool) -> Any:
        try:
            info = self.info(path)
        except FileNotFoundError:
            return {} if detail else []
        found = {info["name"]: info} if info["type"] == "file" else {}
        return found if detail else list(found)

    def du(
        self, path: str, total: bool = True, maxdepth: int | None = None, withdirs: bool = False, **options: Any
    ) -> Any:
        """Bytes of all files below a path, or of each."""
        found = self.find(path, maxdepth, withdirs, detail=True, **options)
        sizes = {name: info["size"] for name, info in found.items()}
        return sum(sizes.values()) if total else sizes

    def created(self, path: str) -> datetime:
        """When the version of a path was committed; files have no times of their own."""
        return self.modified(path)

    def modified(self, path: str) -> datetime:
        """When the version of a path was committed, or last changed while it is not."""
        self.info(path)  # or it is not there
        with translated():
            version = self.session.version(split(path).reference)
        return version.committed or version.modified

    def checksum(self, path: str) -> int:
        """A number of a file's content."""
        return int(self.ukey(path), 16)

    def ukey(self, path: str) -> str:
        """The hash of a file; of a folder, what names its version."""
        info = self.info(path)
        return str(info.get("hash") or super().ukey(path))

    # --- reading ------------------------------------------------------------------------------------------------------

    def open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        cache_options: Info | None = None,
        compression: str | None = None,
        **options: Any,
    ) -> Any:
        """An open file; one that is written is seen when it is closed, and not at all when its ``with`` fails."""
        if "r" in mode:
            return super().open(path, mode, block_size, cache_options, compression, **options)
        names = () if "b" in mode else ("encoding", "errors", "newline")
        of_text = {name: options.pop(name) for name in names if name in options}
        binary = mode if "b" in mode else mode.replace("t", "") + "b"
        packed = get_compression(path, compression)
        file = super().open(path, binary, block_size, cache_options, **options)
        try:
            made: Any = file if packed is None else PackedWriter(file, compr[packed])
            return made if "b" in mode else TextWriter(made, **of_text)
        except BaseException:  # no such encoding
            file.drop()
            raise

    def _open(
        self,
        path: str,
        mode: str = "rb",
        block_size: int | None = None,
        autocommit: bool = True,
        cache_options: dict[str, Any] | None = None,
        **options: Any,
    ) -> GradientFile | GradientWriter:
        block_size = block_size or self._block_size
        if mode != "rb":
            return self._open_writer(path, mode, block_size, autocommit)
        place, options = split_file(path), {**self._file_options, **options}
        with translated():
            version = self.session.version(place.reference)
            content = self.session.content(version, place)
        info = _info(place.reference, version, content.info)
        return GradientFile(self, path, content, info, block_size or READ_AHEAD, cache_options=cache_options, **options)

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        """The bytes of a file, or some of them; negative places count from its end."""
        place = split_file(path)
        with translated():
            content = self.session.content(self.session.version(place.reference), place)
            size = content.info.size
            first, last = (
                0 if start is None else start if start >= 0 else max(0, size + start),
                size if end is None else end if end >= 0 else size + end,
            )
            return content.read(first, last)

    def get_file(
        self, rpath: str, lpath: Any, callback: Callback = DEFAULT_CALLBACK, outfile: Any = None, **options: Any
    ) -> None:
        """Write a file to a local path, where it appears when it is complete and verified."""
        if self.isdir(rpath):
            os.makedirs(lpath, exist_ok=True)
            return
        place = split(rpath)
        with translated():
            content = self.session.content(self.session.version(place.reference), place)
        callback.set_size(content.info.size)
        if outfile is not None or hasattr(lpath, "write"):
            self._copy_out(content.pieces(), outfile if outfile is not None else lpath, callback)
            return
        os.makedirs(os.path.dirname(os.path.abspath(lpath)), exist_ok=True)
        new = f"{os.fspath(lpath)}.{os.getpid()}-{threading.get_ident()}.part"
        try:
            with open(new, "wb") as file:
                self._copy_out(content.pieces(), file, callback)
                if content.info.executable:
                    mode = os.fstat(file.fileno()).st_mode
                    os.fchmod(file.fileno(), mode | (mode & 0o444) >> 2)  # for whom it may read
            os.replace(new, lpath)
        except BaseException:
            if os.path.exists(new):
                os.unlink(new)
            raise

    @staticmethod
    def _copy_out(pieces: Iterator[bytes], file: Any, callback: Callback) -> None:
        with translated():
            for piece in pieces:
                file.write(piece)
                callback.relative_update(len(piece))


def _restored(kind: type[GradientFileSystem], args: Sequence[Any], options: Info, pins: dict[str, str]) -> Any:
    """What a pickle becomes: never an instance that this process has made itself, which may mean other versions."""

    def make() -> GradientFileSystem:
        made = kind(*args, **options, skip_instance_cache=True)
        made._pins.update(pins)
        return made

    return _RESTORED.get(tokenize(os.getpid(), kind, args, options, pins), make)


_RESTORED: Newest[GradientFileSystem] = Newest(16)


def _raise_unless_missing(error: Exception) -> None:
    if not isinstance(error, FileNotFoundError):
        raise error


def _dataset_row(name: str) -> Info:
    return {"name": name, "size": 0, "type": "directory"}


def _dataset_info(dataset: Any) -> Info:
    return {**_dataset_row(dataset.name), "dataset": dataset.id, "description": dataset.description}


def _version_facts(version: Version) -> Info:
    return {"dataset": version.dataset, "version": version.version, "is_committed": version.is_committed}


def _info(reference: str, version: Version, row: FileInfo) -> Info:
    name = join(reference, row.path)
    if row.is_folder:
        return {"name": name, "size": 0, "type": "directory", **_version_facts(version)}
    facts = {"hash": row.hash, "executable": row.executable, **_version_facts(version)}
    return {"name": name, "size": row.size, "type": "file", **facts}
