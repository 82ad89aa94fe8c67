"""What pre-signed URLs lead to: the files of one version, as S3 would serve them.

A URL is its own permission, see `signed_urls`.  What writes ends when the version is committed or deleted, because the
version then takes nothing any more.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any, NamedTuple

import msgspec
from tornado.httputil import HTTPServerRequest, format_timestamp

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import FileInfo, Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.host import Host

from .base import Handler
from .confined import media_type, set_confining_headers
from .incoming import PIECE
from .operations import Content, Operation, operation
from .queries import reference_to
from .ranges import Selection, select
from .receiving import announced_length
from .s3_xml import MEDIA_TYPE, error_xml, listing_xml
from .signed_urls import SignedCall

_AT_ONCE = 1024 * 1024  # bytes up to which a file is read in the step that finds it
_ETAG = {"ETag": "The MD5 of what arrived, in hexadecimal."}


class SignedQuery(msgspec.Struct):
    """Made by the server, used as it is."""

    auth: Annotated[str, msgspec.Meta(description="The signature.")]
    expires: Annotated[int, msgspec.Meta(description="Until when it is good, in seconds since 1970.")]
    call: Annotated[str, msgspec.Meta(description="What it is good for, as S3 names it.")]
    path: Annotated[str, msgspec.Meta(description="The file.")] = ""


class SignedHandler(Handler):
    """The files of one version, by pre-signed URL."""

    error_answer = Content(MEDIA_TYPE)
    signed: SignedCall

    async def check_signature(self, operation: Operation, path: dict[str, str]) -> None:
        """Accept what `signed_urls` made for this request."""
        if "signer" not in vars(self.host):  # its key is derived once, which takes a moment
            await self.call(getattr, self.host, "signer")
        method, query = self.request.method or "", self.request.query_arguments
        self.signed = SignedCall.read(method, path["dataset"], path["version"], query, self.host.signer)
        kind = self.signed.parameters.get("content-type")
        if kind is not None and self.request.headers.get("Content-Type") != kind:
            raise ErrorKind.URL_INVALID()

    @operation(
        resource="datasets",
        query=SignedQuery,
        answer=Content("*/*"),
        request_headers={"Range": "One range of bytes."},
        response_headers={"ETag": "The BLAKE3 hash of the content."},
        other_answers={206: "A part of the content.", 304: "The client has it already.", 416: "It is not that long."},
        signed=True,
    )
    async def get(self, dataset: str, version: str, query: SignedQuery) -> None:
        """Read a file, or a range of it; or list a folder as ``ListObjectsV2`` does."""
        reference = reference_to(dataset, version)
        if query.call == "listObjectsV2":
            self.set_header("Content-Type", MEDIA_TYPE)
            self.finish(await self.call(_list, self.service, reference, self.signed.parameters))
            return
        found = await self.call(_find, self.host, reference, query.path, self.request)
        self._set_headers(found)
        if isinstance(found.content, bytes):
            self.finish(found.content or None)
        else:
            await self.send(found.content)

    @operation(
        resource="datasets",
        query=SignedQuery,
        body=bytes,
        body_media_type="application/octet-stream",
        streams=True,
        answer=Content(MEDIA_TYPE),
        response_headers=_ETAG,
        signed=True,
    )
    async def put(self, dataset: str, version: str, query: SignedQuery) -> None:
        """Write a file, or one part of it, in any order; it counts when all of it has arrived."""
        given = self.signed.parameters
        if query.call == "uploadPart":
            etag = await self._receive_part(given["upload-token"], int(given["part"]))
        else:
            etag = await self._receive_file(reference_to(dataset, version), query.path)
        self.set_header("ETag", f'"{etag}"')

    @operation(resource="datasets", query=SignedQuery, status=204, signed=True)
    async def delete(self, dataset: str, version: str, query: SignedQuery) -> None:
        """Remove a file, or the promise of one that never arrived; one that is gone already is no error."""
        await self.call(_delete, self.host, reference_to(dataset, version), query.path)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Answer an exception as S3 does."""
        status, info = self._explain(status_code, kwargs.get("exc_info", (None, None, None))[1])
        self.set_status(status)
        self.set_header("Content-Type", MEDIA_TYPE)
        if status == 429:
            self.set_header("Retry-After", "1")
        if status == 405:
            self.set_header("Allow", self._allowed())
        self.finish(error_xml(status, info))

    # --- inside -----------------------------------------------------------------------------------------------------

    def _set_headers(self, found: _Found) -> None:
        info, selection = found.info, found.selection
        self.set_status(selection.status)
        set_confining_headers(self, info.path.rpartition("/")[2], media_type(info.path))
        self.set_header("ETag", f'"{info.hash}"')
        self.set_header("Last-Modified", format_timestamp(found.modified))
        self.set_header("Accept-Ranges", "bytes")
        if (content_range := selection.content_range(info.size)) is not None:
            self.set_header("Content-Range", content_range)
        if selection.status != 304:
            self.set_header("Content-Length", str(selection.end - selection.start))

    async def _receive_file(self, reference: str, path: str) -> str:
        intake = self.host.intake
        digest = hashlib.md5(usedforsecurity=False)
        length = announced_length(self.request.headers)
        if length is not None and length < PIECE:
            data = await self.incoming.read(PIECE)
            digest.update(data)
            await self.call(intake.write_small, reference, path, data)
            return digest.hexdigest()
        file = await self.call(intake.open_file, reference, path)

        def take(piece: bytes) -> None:
            digest.update(piece)
            file.append(piece)

        try:
            async for piece in self.incoming:
                await self.move(take, piece)
            await self.call(file.finish)
        finally:
            await self.call(file.close)
        return digest.hexdigest()

    async def _receive_part(self, upload: str, number: int) -> str:
        intake = self.host.intake
        part = await self.call(intake.begin_part, upload, number)
        try:
            async for piece in self.incoming:
                await self.move(intake.append_part, part, piece)
            return (await self.call(intake.end_part, part)).etag
        finally:
            await self.call(intake.drop_part, part)


class _Found(NamedTuple):
    """A file, and what of it was asked for: bytes when they are few."""

    info: FileInfo
    modified: datetime
    selection: Selection
    content: bytes | Iterator[bytes]


def _find(host: Host, reference: str, path: str, request: HTTPServerRequest) -> _Found:
    try:
        file = host.open_file(reference, path)
    except GradientDataError as error:
        if error.kind is ErrorKind.INVALID_PATH:  # for S3 any key is one that may not exist
            raise ErrorKind.FILE_NOT_FOUND(path=repr(path), reference=reference) from None
        raise
    info = file.info
    selection = select(request.headers, f'"{info.hash}"', info.size)
    start, end = selection.start, selection.end
    if request.method == "HEAD" or start == end:
        return _Found(info, file.modified, selection, b"")
    pieces = file.read(start, end)
    content = b"".join(pieces) if end - start <= _AT_ONCE else pieces
    return _Found(info, file.modified, selection, content)


def _list(service: DataService, reference: str, given: Mapping[str, str]) -> bytes:
    folder, token, limit = given["prefix"], given.get("continuation-token"), int(given["max-keys"])
    found = service.get_version(reference)
    try:
        recursive = given["delimiter"] == ""
        page = service.list_files(reference, folder, recursive=recursive, limit=limit, after=token)
        files, next_token = page.items, page.next_token
    except GradientDataError as error:
        if error.kind is not ErrorKind.FILE_NOT_FOUND:
            raise
        files, next_token = (), None  # for S3 a folder that has nothing in it is not there, which is no error
    return listing_xml(
        root=f"datasets/{found.dataset}/versions/{found.version}/",
        folder=folder,
        files=files,
        time=_changed(found),
        max_keys=limit,
        delimiter=given["delimiter"],
        token=token,
        next_token=next_token,
    )


def _delete(host: Host, reference: str, path: str) -> None:
    try:
        host.service.get_file(reference, path)  # a folder of that name is not meant
        host.service.delete_files(reference, [path]).result()
    except GradientDataError as error:
        if error.kind is not ErrorKind.FILE_NOT_FOUND:
            raise
        host.intake.give_up_file(reference, path)


def _changed(version: Version) -> datetime:
    return version.committed or version.modified


ROUTES = [("/s3/{dataset}/{version}", SignedHandler)]
