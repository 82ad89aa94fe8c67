"""A version that is not committed: files come and go; ``with`` commits it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from types import TracebackType
from typing import IO, Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import check_tag
from jupyter_gradient_data.models import PROVENANCE, FileInfo, TransferResult
from jupyter_gradient_data.models import Version as VersionInfo
from jupyter_gradient_data.service.api import DataService, PathName

from .memory.memory import MEMORY
from .memory.provenance import provenance
from .progress import follow
from .versions import Version


class NewVersion(Version):
    """An uncommitted version; afterwards it is an ordinary `Version`.

    You get one from `Dataset.new_version`, and back by its id from `Dataset.version`.  As a context manager it is
    committed at the end, unless the body fails: then it stays as it is, and the error says how to go on::

        with ds.new_version(from_="latest", message="Better labels") as v:
            v.put("labels/")
            v.remove("old.csv")

    Parameters
    ----------
    service : DataService
        Where it is.
    info : jupyter_gradient_data.models.Version
        Its facts.
    name : str
        Of its dataset.
    tag : str, optional
        To point to it when it is committed.
    """

    def __init__(self, service: DataService, info: VersionInfo, name: str, tag: str | None = None) -> None:
        super().__init__(service, info, name)
        self._tag = tag

    def put(self, sources: PathName | Sequence[PathName], target: str = "/") -> TransferResult:
        """Put files and folders of this machine into the version, as rsync names them.

        ``photos`` becomes ``photos/…`` in the target, of ``photos/`` the contents go directly there, and a file is put
        under its name.  What the store has already is not sent, what has not changed is not read.

        Parameters
        ----------
        sources : path or sequence of paths
            On this machine.
        target : str
            Folder in the version.

        Raises
        ------
        Invalid
            A source is not there or cannot be read.
        Conflict
            The version is committed.
        """
        several = [sources] if isinstance(sources, (str, os.PathLike)) else list(sources)
        names = ", ".join(map(str, several[:3])) + (", …" if len(several) > 3 else "")
        return follow(self._service.put_files(self._exact, several, target), f"Putting {names}")

    def write(self, path: str, data: bytes | str | Iterable[bytes], *, executable: bool = False) -> FileInfo:
        """Write one file.

        Parameters
        ----------
        path : str
            In the version; a file that is there is replaced.
        data : bytes, str or iterable of bytes
            Text is written in UTF-8; pieces are sent as they come, such as those of an open binary file.
        executable : bool
            Whether its owner may execute it.
        """
        chunks = [data.encode()] if isinstance(data, str) else data
        chunks = [bytes(chunks)] if isinstance(chunks, (bytes, bytearray, memoryview)) else chunks
        return self._service.write_file(self._exact, path, chunks, executable=executable)

    def open(
        self,
        path: str,
        mode: str = "rb",
        *,
        buffering: int = -1,
        encoding: str | None = None,
        errors: str | None = None,
        newline: str | None = None,
    ) -> IO[Any]:
        """Open a file for reading, or with ``"wb"`` or ``"w"`` for writing a new one.

        What is written is stored as a whole when the file is closed, and not at all when the body of ``with`` fails.
        """
        from .writing import WRITING, open_writing

        options: dict[str, Any] = {"encoding": encoding, "errors": errors, "newline": newline}
        if mode not in WRITING:
            return super().open(path, mode, buffering=buffering, **options)
        return open_writing(lambda chunks: self.write(path, chunks), path, mode, **options)

    def remove(self, *paths: str) -> int:
        """Remove files and folders (``"/"``: everything); returns how many files went."""
        return follow(self._service.delete_files(self._exact, paths), f"Removing {', '.join(paths[:3])}")

    def move(self, source: str, target: str) -> int:
        """Give a file or folder another path; returns how many files moved.  No bytes are."""
        return follow(self._service.move_files(self._exact, source, target), f"Moving {source}")

    def commit(
        self,
        message: str | None = None,
        tag: str | None = None,
        *,
        metadata: Mapping[str, Any] | None = None,
        abandon_uploads: bool = False,
    ) -> Version:
        """Make it immutable, for ever; committing twice is no error.

        From which notebook and data it was made is noted as its metadata ``provenance``.

        Parameters
        ----------
        message : str, optional
            Instead of the one it has.
        tag : str, optional
            To point to it.
        metadata : mapping, optional
            More to note about it.
        abandon_uploads : bool
            Whether to leave out what others began to upload into it and did not finish.

        Returns
        -------
        Version
            Itself.

        Raises
        ------
        Conflict
            An upload into it has begun and not finished, or content is missing.
        """
        tags = [check_tag(name) for name in dict.fromkeys((self._tag, tag)) if name is not None]  # while it can fail
        if not self.is_committed:
            noted = {**self.metadata, **checked_metadata(metadata or {}), PROVENANCE: provenance(self._service)}
            self._service.update_version(self._exact, message=message, metadata=noted)
        task = self._service.commit_version(self._exact, abandon_uploads=abandon_uploads)
        self.info = follow(task, f"Committing {self.reference}")
        for name in tags:
            self._service.set_tag(self._exact, name)
        self._tag = None
        self.refresh()  # with its tags
        MEMORY.committed(self._service, self.info)
        return self

    def __enter__(self) -> NewVersion:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._say_left(error)
            return
        if self.is_committed:  # in the body
            return
        try:
            self.commit()
        except BaseException as failure:
            self._say_left(failure)
            raise

    def _say_left(self, error: BaseException) -> None:
        """Tell with an error what became of the version; the error itself goes on."""
        if self.is_committed:
            return
        line = (
            f"Version {self.reference} is not committed; what is in it stays. Go on with "
            f"v = jupyter_gradient_data.dataset({self._name!r}).version({self.id!r}), then v.commit() or v.delete()."
        )
        if sys.version_info >= (3, 11):
            error.add_note(line)
        else:
            print(line, file=sys.stderr)


def checked_metadata(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """What is to be noted about a version, which must be JSON.

    Raises
    ------
    Invalid
        A value cannot be written so: one of numpy, a date, NaN.
    """
    for name, value in metadata.items():
        try:
            json.dumps({name: value}, allow_nan=False, ensure_ascii=False).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise ErrorKind.INVALID_OPTION(
                option="metadata",
                value={name: value},
                reason=f"it is not JSON ({error})",
                hint="Use text, numbers, lists and mappings: `str(...)` or `float(...)` makes one of another value.",
            ) from None
    return metadata
