"""Large files to a server, by the tus 1.0 protocol: what has arrived stays, whoever lost the connection."""

from __future__ import annotations

import base64
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

from jupyter_gradient_data.datasets.ends import LargeContent
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Page, Upload

from .remote_http import Connection, Repeat, join
from .remote_paths import version_url

_FAILURES = 5  # in a row, without a byte between them
_PAUSE = 0.2  # seconds; grows with each failure
_TUS = {"Tus-Resumable": "1.0.0"}
_LOST = frozenset({ErrorKind.SERVER_UNREACHABLE, ErrorKind.REPLY_LOST, ErrorKind.UPLOAD_OFFSET})


class LargeFiles:
    """Sends large files into one version; methods may be called from any thread.

    Parameters
    ----------
    connection : Connection
        To the server.
    reference : str
        The version.
    """

    def __init__(self, connection: Connection, reference: str) -> None:
        self._connection = connection
        self._reference = reference
        self._lock = threading.Lock()
        self._left: dict[tuple[bytes, int], list[str]] | None = None  # uploads that were begun before

    def send(self, entry: Entry, content: LargeContent) -> bool:
        """Send one file and put it; goes on where an earlier upload of it ended.

        Returns
        -------
        bool
            False when the upload is no more, as after somebody else has put the file: look whether it is there.

        Raises
        ------
        Conflict
            The file changed while it was read.
        """
        upload = self._find(entry) or self._begin(entry)
        try:
            self._send_all(upload, entry, content)
        except GradientDataError as error:
            if error.kind is ErrorKind.UPLOAD_NOT_FOUND:
                return False
            if error.kind in (ErrorKind.CONTENT_UNEXPECTED, ErrorKind.SOURCE_CHANGED):
                with suppress(GradientDataError):  # it is of no use to anybody
                    self._connection.tell("DELETE", _url(upload), headers=_TUS)
            if error.kind is ErrorKind.CONTENT_UNEXPECTED:
                raise content.changed() from None
            raise
        return True

    # --- one upload ---------------------------------------------------------------------------------------------------

    def _begin(self, entry: Entry) -> str:
        headers = {**_TUS, "Upload-Length": str(entry.size), "Upload-Metadata": self._metadata(entry)}
        upload = self._connection.ask("POST", "/api/uploads", Upload, headers=headers, repeat=Repeat.YES)
        return upload.id

    def _send_all(self, upload: str, entry: Entry, content: LargeContent) -> None:
        """Send what is missing, as often as the connection is lost; several failures without a byte end it."""
        offset, failures = self._offset(upload), 0
        while offset < entry.size:
            try:
                self._append(upload, offset, entry.size, content)
                return
            except GradientDataError as error:
                if error.kind not in _LOST:
                    raise
                failures += 1
                if failures > _FAILURES:
                    raise
            before, offset = offset, self._settled_offset(upload, _PAUSE * failures)
            if offset > before:
                failures = 0

    def _append(self, upload: str, offset: int, size: int, content: LargeContent) -> None:
        headers = {
            **_TUS,
            "Upload-Offset": str(offset),
            "Content-Type": "application/offset+octet-stream",
            "Content-Length": str(size - offset),
        }
        self._connection.tell("PATCH", _url(upload), data=lambda: _held_back(content.start_at(offset)), headers=headers)

    def _offset(self, upload: str) -> int:
        """How much has arrived; when it is all, the file is in its version."""
        return int(self._head(upload)["Upload-Offset"])

    def _settled_offset(self, upload: str, pause: float) -> int:
        """The same after a lost connection: the server may still be writing what had come."""
        offset = -1
        while offset != (offset := self._offset(upload)):
            time.sleep(pause)
        return offset

    def _head(self, upload: str) -> dict[str, str]:
        with self._connection.open("HEAD", _url(upload), headers=_TUS) as response:
            return dict(response.headers)

    # --- earlier uploads ----------------------------------------------------------------------------------------------

    def _find(self, entry: Entry) -> str | None:
        """An upload of just this that did not end."""
        with self._lock:
            if self._left is None:
                self._left = self._list()
            candidates = self._left.pop((entry.path, entry.size), [])
        for upload in candidates:
            with suppress(GradientDataError):  # it has ended or expired meanwhile
                metadata = self._head(upload).get("Upload-Metadata", "")
                if metadata.partition(",")[2] == self._metadata(entry).partition(",")[2]:
                    return upload
        return None

    def _list(self) -> dict[tuple[bytes, int], list[str]]:
        found: dict[tuple[bytes, int], list[str]] = {}
        url, after = version_url(self._reference) + "/uploads", None
        while True:
            page = self._connection.ask("GET", url, Page[Upload], query={"limit": 1000, "after": after})
            for upload in page.items:
                if upload.size is not None:
                    found.setdefault((upload.path.encode(), upload.size), []).append(upload.id)
            if page.next_token is None:
                return found
            after = page.next_token

    def _metadata(self, entry: Entry) -> str:
        """What is uploaded; behind the reference, which has several names, always the same for the same file."""
        values = {
            "reference": self._reference,
            "path": entry.path.decode(),
            "executable": str(entry.executable).lower(),
            "hash": entry.hash.hex(),
        }
        return ",".join(f"{name} {base64.b64encode(value.encode()).decode()}" for name, value in values.items())


def _url(upload: str) -> str:
    return "/api/uploads" + join(upload)


def _held_back(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """The same, but the last piece only when it is known that the file did not change: without it, nothing is put."""
    held = b""
    for piece in pieces:
        if held:
            yield held
        held = piece
    if held:
        yield held
