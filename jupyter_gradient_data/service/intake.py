"""What arrives through a server, piece by piece: single files, resumable uploads, uploads in parts.

Everything here blocks and may be called from any thread; a handler calls it piece by piece from the server's threads.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from jupyter_gradient_data.datasets import writing
from jupyter_gradient_data.datasets.incoming import Incoming
from jupyter_gradient_data.datasets.incoming_files import PartWriter
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.datasets.writing import FileWriter
from jupyter_gradient_data.models import FileInfo, Part, Upload


class Intake:
    """Takes files into uncommitted versions, however they come; raises only `GradientDataError`.

    Parameters
    ----------
    repository : Repository
        The team's data.

    Notes
    -----
    An upload is known by its id alone: whoever serves one checks that the client may write into its `reference`.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._incoming = Incoming(repository)

    # --- whole files --------------------------------------------------------------------------------------------------

    def write_small(self, reference: str, path: str, data: bytes, *, executable: bool = False) -> FileInfo:
        """Put one file of less than 1 MiB; those that come at the same time travel together (longer ones alone)."""
        return writing.write(self._repository, reference, path, [data], executable)

    def open_file(self, reference: str, path: str, *, executable: bool = False) -> FileWriter:
        """Put one file of any length: `FileWriter.append` its pieces, then `finish`; `close` it in any case."""
        return FileWriter(self._repository, reference, path, executable)

    def promise_files(self, reference: str, paths: Sequence[str]) -> None:
        """Note that URLs to put these files were handed out: until each is there, the version refuses to commit."""
        self._incoming.promise_files(reference, paths)

    def give_up_file(self, reference: str, path: str) -> None:
        """Give up what was promised at exactly this path and has not arrived; no error when that is nothing.

        Deleting a file, or a folder above it, does the same.
        """
        self._incoming.give_up_file(reference, path)

    # --- uploads that take more than one request ----------------------------------------------------------------------

    def begin(
        self,
        reference: str,
        path: str,
        *,
        size: int | None,
        executable: bool = False,
        details: Mapping[str, Any] | None = None,
    ) -> Upload:
        """Begin the upload of one file, which is promised from now on.

        Parameters
        ----------
        reference, path : str
            Where it goes; the version must be uncommitted.
        size : int or None
            Its bytes, to be appended in order; None for one that comes in parts.
        executable : bool
            Whether the file is a program.
        details : mapping, optional
            Anything JSON can say, see `details`.  A ``hash`` (BLAKE3 in hexadecimal) must be that of what arrives.
        """
        return self._incoming.begin(reference, path, size, executable, dict(details or {}))

    def get(self, upload_id: str) -> Upload:
        """One upload as it stands; of one that was finished a moment ago all bytes have arrived."""
        return self._incoming.get(upload_id)

    def details(self, upload_id: str) -> dict[str, Any]:
        """What was given as ``details`` when an upload began."""
        return self._incoming.details(upload_id)

    def list(self, reference: str) -> tuple[Upload, ...]:
        """Uploads into a version that can be continued here, oldest first."""
        return self._incoming.list(reference)

    def append(self, upload_id: str, offset: int, chunk: bytes) -> Upload:
        """Add a piece at the end, all or nothing; ``offset`` says where the client believes the end to be."""
        return self._incoming.append(upload_id, offset, chunk)

    def truncate(self, upload_id: str, offset: int) -> Upload:
        """Take back what came after ``offset``."""
        return self._incoming.truncate(upload_id, offset)

    def put_part(self, upload_id: str, number: int, chunks: Iterable[bytes]) -> Part:
        """Take one part (1 to 10,000) of an upload in parts; one that is sent again replaces the first."""
        part = self.begin_part(upload_id, number)
        try:
            for chunk in chunks:
                self.append_part(part, chunk)
            return self.end_part(part)
        finally:
            self.drop_part(part)

    def begin_part(self, upload_id: str, number: int) -> PartWriter:
        """The same piece by piece: `append_part` its bytes, then `end_part`; `drop_part` it in any case."""
        return self._incoming.begin_part(upload_id, number)

    def append_part(self, part: PartWriter, chunk: bytes) -> None:
        """Add a piece to a part."""
        part.append(chunk)

    def end_part(self, part: PartWriter) -> Part:
        """All of a part has come: from now on it counts."""
        return part.end()

    def drop_part(self, part: PartWriter) -> None:
        """Forget what came of a part that has not ended."""
        part.drop()

    def parts(self, upload_id: str) -> tuple[Part, ...]:
        """Parts that have arrived, by number."""
        return self._incoming.parts(upload_id)

    def finish(self, upload_id: str, parts: Sequence[tuple[int, str]] | None = None) -> FileInfo:
        """Put the file into its version; asked again a moment later, the answer is the same.

        Parameters
        ----------
        upload_id : str
            The upload.
        parts : sequence of (int, str), optional
            Of an upload in parts: the numbers, ascending, and ETags of those that make the file; all by default.
        """
        return self._incoming.finish(upload_id, parts)

    def cancel(self, upload_id: str) -> None:
        """Give an upload up, with all that has arrived."""
        self._incoming.cancel(upload_id)

    def expire(self) -> int:
        """Free the disk of uploads that have expired or were given up; returns how many.

        `begin` does it once an hour.  What has expired stays promised: the version lacks it, and says so.
        """
        return self._incoming.expire()
