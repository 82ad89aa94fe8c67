"""The content of single files: read in whole or in ranges, written in one request of any length."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Literal, NamedTuple

import msgspec

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import is_version_id
from jupyter_gradient_data.models import Access, FileInfo
from jupyter_gradient_data.service.api import DataService

from .base import Handler
from .confined import media_type, set_confining_headers
from .operations import Content, operation
from .queries import reference_to
from .ranges import Selection, select
from .receiving import receive_file

_FOR_EVER = "private, max-age=31536000, immutable"
_CONDITIONS = {
    "Range": "One range of bytes; several are answered with the whole.",
    "If-Range": "The entity tag that the range was meant for.",
    "If-None-Match": "Entity tags of what the client has.",
}
_FACTS = {
    "ETag": "The BLAKE3 hash of the content.",
    "Accept-Ranges": "`bytes`",
    "Content-Range": "Which bytes these are.",
    "Content-Disposition": "The file's name.",
    "X-Executable": "Whether the file is a program: `true` or `false`.",
}
_ANSWERS = {206: "A part of the content.", 304: "The client has it already.", 416: "The content is not that long."}
_PUT_HEADERS = {
    "X-Executable": "`true` for a program.",
    "If-None-Match": "`*` to write only where there is no file yet.",
}


class ContentQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whether a browser should save the file or show it."""

    disposition: Literal["attachment", "inline"] = "attachment"


class _Found(NamedTuple):
    """A file, the part of it that was asked for, and whether it can never change under this URL."""

    info: FileInfo
    selection: Selection
    is_fixed: bool
    pieces: Iterator[bytes]

    @property
    def etag(self) -> str:
        return f'"{self.info.hash}"'


class ContentHandler(Handler):
    """The content of one file."""

    @operation(
        resource="datasets",
        query=ContentQuery,
        answer=Content("*/*"),
        request_headers=_CONDITIONS,
        response_headers=_FACTS,
        other_answers=_ANSWERS,
    )
    async def get(self, dataset: str, version: str, path: str, query: ContentQuery) -> None:
        """Read a file, or a range of it; it cannot run scripts whatever it is."""
        conditions = {name: value for name, value in self.request.headers.items() if self._counts(name)}
        found = await self.call(_find, self.service, dataset, version, path, conditions)
        self._set_headers(found, query)
        await self.send(found.pieces)
        await self.flush()  # what is empty has sent nothing yet, not even headers

    @operation(
        resource="datasets",
        body=bytes,
        body_media_type="application/octet-stream",
        streams=True,
        answer=FileInfo,
        status=201,
        request_headers=_PUT_HEADERS,
        other_answers={412: "There is a file already."},
    )
    async def put(self, dataset: str, version: str, path: str) -> FileInfo:
        """Write a file of any length into an uncommitted version; it is there when all of it has arrived."""
        reference = await self.call(
            self.host.check_reference, self.api_token, Access.WRITE, reference_to(dataset, version)
        )
        if self.request.headers.get("If-None-Match", "").strip() == "*":
            await self.call(_refuse_existing, self.service, reference, path)
        executable = self.request.headers.get("X-Executable", "").strip().lower() == "true"
        return await receive_file(self, reference, path, executable=executable)

    @operation(resource="datasets", status=204)
    async def delete(self, dataset: str, version: str, path: str) -> None:
        """Remove a file from an uncommitted version."""
        await self.call(_delete, self.service, reference_to(dataset, version), path)

    def _counts(self, condition: str) -> bool:
        """Ranges are only for GET."""
        return self.request.method == "GET" or condition == "If-None-Match"

    def _set_headers(self, found: _Found, query: ContentQuery) -> None:
        info, selection = found.info, found.selection
        self.set_status(selection.status)
        set_confining_headers(
            self, info.path.rpartition("/")[2], media_type(info.path), inline=query.disposition == "inline"
        )
        self.set_header("ETag", found.etag)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", _FOR_EVER if found.is_fixed else "private, no-cache")
        self.set_header("X-Executable", "true" if info.executable else "false")
        if (content_range := selection.content_range(info.size)) is not None:
            self.set_header("Content-Range", content_range)
        if selection.status != 304:
            self.set_header("Content-Length", str(selection.end - selection.start))


def _find(service: DataService, dataset: str, version: str, path: str, headers: Mapping[str, str]) -> _Found:
    """Look a file up and open what was asked of it; facts and bytes are of the same content."""
    found = service.get_version(reference_to(dataset, version))
    reference = found.reference  # `latest` or a tag may move between two looks
    info = service.get_file(reference, path)
    while True:
        selection = select(headers, f'"{info.hash}"', info.size)
        is_empty = selection.start == selection.end
        pieces = iter(()) if is_empty else service.read_file(reference, path, selection.start, selection.end)
        if found.is_committed:
            return _Found(info, selection, is_version_id(version), pieces)
        again = service.get_file(reference, path)
        if again == info:
            return _Found(info, selection, False, pieces)
        info = again  # somebody wrote it meanwhile


def _refuse_existing(service: DataService, reference: str, path: str) -> None:
    try:
        service.get_file(reference, path)
    except GradientDataError as error:
        if error.kind is ErrorKind.FILE_NOT_FOUND:
            return
        raise
    raise ErrorKind.FILE_EXISTS(path=repr(path), reference=reference)


def _delete(service: DataService, reference: str, path: str) -> None:
    service.get_file(reference, path)  # a folder of that name is not meant
    service.delete_files(reference, [path]).result()


ROUTES = [("/api/datasets/{dataset}/versions/{version}/content/{path*}", ContentHandler)]
