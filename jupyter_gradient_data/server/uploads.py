"""Resumable uploads by the tus 1.0 protocol: one upload for each file, into an uncommitted version.

An upload outlives connections and servers.  What has arrived of it is kept; when the last byte is there, the file is
put into its version before the answer.  A folder is one upload for each of its files, with their paths.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from datetime import datetime, timezone
from email.utils import format_datetime

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import url_path_join
from tornado.web import HTTPError

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Access, ErrorInfo, Page, Upload

from . import tus
from .base import PREFIX, Handler
from .incoming import PIECE
from .operations import Content, operation
from .queries import PageQuery, reference_to
from .receiving import announced_length

_RESUMABLE = {"Tus-Resumable": "`1.0.0`"}
_LENGTH = {"Upload-Length": "Bytes of the file."}
_OFFSET = {"Upload-Offset": "Bytes that have arrived."}
_METADATA = {
    "Upload-Metadata": "`reference` (<dataset>:<version>) and `path`; also `executable` and `hash` (BLAKE3). In Base64."
}
_CHECKSUM = {"Upload-Checksum": "`sha1`, `md5` or `sha256` of this body, in Base64."}
_EXPIRES = {"Upload-Expires": "When what has arrived is thrown away."}
_OVERRIDE = {"X-HTTP-Method-Override": "`PATCH` or `DELETE`, where a proxy lets only POST through."}
_WRONG_PROTOCOL = {412: "Another version of tus.", 415: f"The body is not `{tus.CONTENT_TYPE}`."}
_DAMAGED = {460: "The bytes do not have the checksum they were sent with; they were thrown away."}
_OVERRIDES = ("PATCH", "DELETE")


class TusHandler(Handler):
    """What both kinds of resources of the protocol have in common."""

    def set_default_headers(self) -> None:
        """Say which protocol this is, in every answer."""
        super().set_default_headers()
        self.set_header("Tus-Resumable", tus.VERSION)
        self.set_header("Tus-Version", tus.VERSION)

    @allow_unauthenticated
    def options(self, *args: object, **kwargs: object) -> None:
        """Tell what this server can do of the protocol."""
        super().options(*args, **kwargs)
        self.set_header("Tus-Extension", tus.EXTENSIONS)
        self.set_header("Tus-Max-Size", str(tus.MAX_SIZE))
        self.set_header("Tus-Checksum-Algorithm", ",".join(tus.ALGORITHMS))
        self.set_status(204)

    def check_protocol(self) -> None:
        """Refuse a client of another version of the protocol."""
        if (version := self.request.headers.get("Tus-Resumable")) != tus.VERSION:
            raise HTTPError(412, f"Tus-Resumable is {version or 'missing'}; this server speaks {tus.VERSION}.")

    def check_content_type(self) -> None:
        """Refuse a body that is not what the protocol says."""
        if self.request.headers.get("Content-Type", "").partition(";")[0].strip() != tus.CONTENT_TYPE:
            raise HTTPError(415, f"The body must be {tus.CONTENT_TYPE}.")

    async def receive(self, upload: Upload, checksum: tus.Checksum | None) -> Upload:
        """Add the body of this request to an upload; without a checksum also what came before the client went."""
        intake, start = self.host.intake, upload.offset

        def add(offset: int, piece: bytes) -> Upload:
            if checksum is not None:
                checksum.update(piece)
            return intake.append(upload.id, offset, piece)

        try:
            async for piece in self.incoming:
                upload = await self.move(add, upload.offset, piece)
            if checksum is not None:
                checksum.check(upload.path)
        except BaseException:
            if checksum is not None:  # what could not be verified does not count
                with suppress(GradientDataError):  # it has ended meanwhile
                    await self.call(intake.truncate, upload.id, start)
            raise
        return upload

    async def finish_if_complete(self, upload: Upload) -> None:
        """Put a file that has arrived into its version."""
        if upload.offset == upload.size:
            await self.call(self.host.intake.finish, upload.id)

    def show(self, upload: Upload) -> None:
        """Set the headers that say how far an upload is."""
        self.set_header("Upload-Offset", str(upload.offset))
        if upload.offset != upload.size:
            self.set_header("Upload-Expires", format_datetime(upload.expires.astimezone(timezone.utc), usegmt=True))

    def _explain(self, status: int, error: BaseException | None) -> tuple[int, ErrorInfo]:
        status, info = super()._explain(status, error)
        is_damaged = isinstance(error, GradientDataError) and error.kind is ErrorKind.UPLOAD_CHECKSUM
        return (460 if is_damaged else status), info


class UploadsHandler(TusHandler):
    """Where uploads begin."""

    @operation(
        resource="datasets",
        body=bytes,
        body_media_type=tus.CONTENT_TYPE,
        streams=True,
        answer=Upload,
        status=201,
        request_headers={**_RESUMABLE, **_LENGTH, **_METADATA, **_CHECKSUM},
        response_headers={"Location": "The upload.", **_OFFSET, **_EXPIRES},
        other_answers={**_WRONG_PROTOCOL, **_DAMAGED},
    )
    async def post(self) -> Upload:
        """Begin an upload; the body may hold its first bytes, or all.

        What is small and complete is written at once.
        """
        self.check_protocol()
        wanted = tus.read_creation(self.request.headers)
        checksum = tus.Checksum.read(self.request.headers)
        length = announced_length(self.request.headers)
        if length != 0:
            self.check_content_type()
        reference = await self.call(self.host.check_reference, self.api_token, Access.WRITE, wanted.reference)
        wanted = wanted._replace(reference=reference)
        is_small = wanted.size == length and wanted.size < PIECE and wanted.hash is None
        upload = await (self._write_small(wanted, checksum) if is_small else self._begin(wanted, checksum))
        self.show(upload)
        self.set_header("Location", url_path_join(self.base_url, PREFIX, "api/uploads", upload.id))
        return upload

    async def _write_small(self, wanted: tus.Creation, checksum: tus.Checksum | None) -> Upload:
        """Write a file that came whole; its upload has ended before anybody could ask for it."""
        data = await self.incoming.read(PIECE)
        if checksum is not None:
            checksum.update(data)
            checksum.check(wanted.path)
        info = await self.call(
            self.host.intake.write_small, wanted.reference, wanted.path, data, executable=wanted.executable
        )
        now = datetime.now(timezone.utc)
        upload_id = secrets.token_hex(16)
        return Upload(upload_id, wanted.reference, info.path, info.size, info.size, info.executable, now, now)

    async def _begin(self, wanted: tus.Creation, checksum: tus.Checksum | None) -> Upload:
        intake = self.host.intake
        upload = await self.call(
            intake.begin,
            wanted.reference,
            wanted.path,
            size=wanted.size,
            executable=wanted.executable,
            details=wanted.details,
        )
        try:
            upload = await self.receive(upload, checksum)
            await self.finish_if_complete(upload)
        except BaseException:  # nobody has heard of it, so nobody could continue it
            with suppress(GradientDataError):  # it has ended by itself
                await self.call(intake.cancel, upload.id)
            raise
        return upload


class UploadHandler(TusHandler):
    """One upload."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Let clients behind proxies that know only POST say what they mean."""
        wanted = self.request.headers.get("X-HTTP-Method-Override", "").upper()
        if self.request.method == "POST" and wanted in _OVERRIDES:
            self.request.method = wanted
        await super().prepare()

    @operation(
        resource="datasets",
        action="write",
        answer=Content(),
        request_headers=_RESUMABLE,
        response_headers={**_OFFSET, **_LENGTH, **_METADATA, **_EXPIRES},
        other_answers={412: _WRONG_PROTOCOL[412]},
    )
    async def head(self, upload: str) -> None:
        """Ask how far an upload is.

        One that has all its bytes is finished first: the server may have died between the last byte and that.
        """
        self.check_protocol()
        found = await self._find(upload)
        with suppress(GradientDataError):  # of what has ended nothing more is known
            details = await self.call(self.host.intake.details, upload)
            self.set_header("Upload-Metadata", details["metadata"])
        await self.finish_if_complete(found)
        self.show(found)
        if found.size is not None:
            self.set_header("Upload-Length", str(found.size))
        self.set_header("Cache-Control", "no-store")

    @operation(
        resource="datasets",
        body=bytes,
        body_media_type=tus.CONTENT_TYPE,
        streams=True,
        status=204,
        request_headers={**_RESUMABLE, **_OFFSET, **_CHECKSUM, **_OVERRIDE},
        response_headers={**_OFFSET, **_EXPIRES},
        other_answers={**_WRONG_PROTOCOL, **_DAMAGED},
    )
    async def patch(self, upload: str) -> None:
        """Add bytes to an upload; with the last of them the file is there.

        An empty body at the end tries again to finish what could not be finished.
        """
        self.check_protocol()
        self.check_content_type()
        offset = tus.read_number(self.request.headers, "Upload-Offset")
        checksum = tus.Checksum.read(self.request.headers)
        found = await self._find(upload)
        if offset != found.offset:
            raise ErrorKind.UPLOAD_OFFSET(path=repr(found.path), offset=f"{found.offset:,}", wanted=f"{offset:,}")
        length = announced_length(self.request.headers)
        if found.size is not None and length is not None and offset + length > found.size:
            raise ErrorKind.UPLOAD_TOO_LONG(path=repr(found.path), size=f"{found.size:,} bytes")
        found = await self.receive(found, checksum)
        await self.finish_if_complete(found)
        self.show(found)

    @operation(resource="datasets", status=204, request_headers=_RESUMABLE, other_answers={412: _WRONG_PROTOCOL[412]})
    async def delete(self, upload: str) -> None:
        """Give an upload up, with all that has arrived."""
        self.check_protocol()
        await self._find(upload)
        await self.call(self.host.intake.cancel, upload)

    async def _find(self, upload_id: str) -> Upload:
        upload = await self.call(self.host.intake.get, upload_id)
        await self.call(self.host.check_reference, self.api_token, Access.WRITE, upload.reference)
        return upload


class VersionUploadsHandler(Handler):
    """Uploads into one version."""

    @operation(resource="datasets", action="write", query=PageQuery, answer=Page[Upload])
    async def get(self, dataset: str, version: str, query: PageQuery) -> Page[Upload]:
        """List uploads that have not ended, oldest first: what a client may continue, or give up."""
        reference = await self.call(
            self.host.check_reference, self.api_token, Access.WRITE, reference_to(dataset, version)
        )
        return _page(await self.call(self.host.intake.list, reference), query)


def _page(uploads: tuple[Upload, ...], query: PageQuery) -> Page[Upload]:
    """One page of the uploads of a version; one that the page before ended with may be gone by now."""
    if query.after is not None:
        started, _, last = query.after.partition(" ")
        uploads = tuple(upload for upload in uploads if (upload.created.isoformat(), upload.id) > (started, last))
    rows = uploads[: query.limit]
    more = len(uploads) > query.limit
    return Page(rows, f"{rows[-1].created.isoformat()} {rows[-1].id}" if more else None)


ROUTES = [
    ("/api/uploads", UploadsHandler),
    ("/api/uploads/{upload}", UploadHandler),
    ("/api/datasets/{dataset}/versions/{version}/uploads", VersionUploadsHandler),
]
