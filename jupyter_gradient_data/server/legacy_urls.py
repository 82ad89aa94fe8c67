"""The legacy API: pre-signed URLs, by which the legacy client moves files.

What needs one request of its own gets a URL of `signed`; beginning and completing an upload in parts happens here.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated, Literal

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Access, Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.host import Host

from .legacy_base import LegacyHandler
from .operations import operation
from .queries import reference_to
from .signed_urls import SignedCall

_BODY_LIMIT = 4 * 1024 * 1024  # bytes: completing an upload in 10,000 parts takes less than one MiB
_VERBS = {
    "headObject": "HEAD",
    "getObject": "GET",
    "listObjectsV2": "GET",
    "putObject": "PUT",
    "uploadPart": "PUT",
    "deleteObject": "DELETE",
}
_READING = frozenset({"headObject", "getObject", "listObjectsV2"})

Method = Literal[
    "headObject",
    "getObject",
    "listObjectsV2",
    "putObject",
    "deleteObject",
    "createMultipartUpload",
    "uploadPart",
    "completeMultipartUpload",
]


class CompletedPart(msgspec.Struct, rename="pascal"):
    """A part that arrived, by the ETag it was answered with."""

    etag: str = msgspec.field(name="ETag")
    part_number: int


class CompletedUpload(msgspec.Struct, rename="pascal"):
    """The parts that make the file."""

    parts: list[CompletedPart]


class CallParameters(msgspec.Struct, rename="pascal", omit_defaults=True):
    """Parameters of the calls, as S3 names them; which ones a call needs depends on it."""

    key: str | None = None
    prefix: str = ""
    content_type: str | None = None
    max_keys: Annotated[int, msgspec.Meta(ge=1)] = 1000
    continuation_token: str | None = None
    delimiter: Literal["/", ""] = "/"
    upload_id: str | None = None
    part_number: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    multipart_upload: CompletedUpload | None = None


class Call(msgspec.Struct):
    """One call."""

    method: Method
    params: CallParameters


class Calls(msgspec.Struct):
    """Calls on the files of one version."""

    calls: Annotated[list[Call], msgspec.Meta(max_length=1000)]


class NewUploadId(msgspec.Struct, rename="pascal"):
    """The answer to ``createMultipartUpload``."""

    upload_id: str


class SignedUrl(msgspec.Struct, rename="camel"):
    """Where to send a call; empty for one that is done already."""

    url: str | NewUploadId
    expires_in: int


class PreSignedUrlsHandler(LegacyHandler):
    """URLs for the files of one version."""

    @operation(resource="datasets", action="read", body=Calls, body_limit=_BODY_LIMIT, answer=list[SignedUrl])
    async def post(self, dataset: str, version: str, body: Calls) -> list[SignedUrl]:
        """Make a URL for each call, in the same order; they are good for some minutes.

        Calls that write need write access, and an uncommitted version.
        """
        reference = reference_to(dataset, version)
        if any(call.method not in _READING for call in body.calls):
            await self.check_allowed("write", "datasets")
            reference = await self.call(self.host.check_reference, self.api_token, Access.WRITE, reference)
        found = await self.call(self.service.get_version, reference)
        seconds = self.shared.config.signed_seconds
        work = partial(_answer, self.host, self.service, found, body.calls, self.absolute_url("/s3"), seconds)
        return [SignedUrl(url, seconds) for url in await self.call(work)]


def _answer(
    host: Host, service: DataService, version: Version, calls: list[Call], root: str, seconds: int
) -> list[str | NewUploadId]:
    if version.is_committed and any(call.method not in _READING for call in calls):
        raise ErrorKind.VERSION_COMMITTED(reference=version.reference, dataset=version.dataset)
    signed = [_to_signed(version, call) for call in calls]
    promised = [_path(call) for call in calls if call.method == "putObject"]
    if promised:
        host.intake.promise_files(version.reference, promised)
    answers: list[str | NewUploadId] = []
    for call, signed_call in zip(calls, signed, strict=True):
        if signed_call is not None:
            if call.method == "listObjectsV2":
                _check_folder(service, version, call.params)
            if call.method == "uploadPart":
                check_upload(host, version.reference, signed_call.parameters["upload-token"])
            answers.append(signed_call.url(root, host.signer, seconds))
        elif call.method == "createMultipartUpload":
            answers.append(NewUploadId(host.intake.begin(version.reference, _path(call), size=None).id))
        else:
            _complete(host, version, call)
            answers.append("")
    return answers


def _to_signed(version: Version, call: Call) -> SignedCall | None:
    """The call that a URL is made for; None for those that are done here."""
    given = call.params
    parameters: dict[str, str] = {"call": call.method}
    if call.method == "listObjectsV2":
        parameters |= {"prefix": _folder(given), "max-keys": str(min(given.max_keys, 1000))}
        parameters["delimiter"] = given.delimiter
        if given.continuation_token:
            parameters["continuation-token"] = given.continuation_token
    else:
        parameters["path"] = _path(call)
    if call.method == "putObject" and given.content_type:
        parameters["content-type"] = given.content_type
    if call.method == "uploadPart":
        if given.upload_id is None or given.part_number is None:
            raise _missing(call, "UploadId and PartNumber")
        parameters |= {"upload-token": given.upload_id, "part": str(given.part_number)}
    verb = _VERBS.get(call.method)
    return SignedCall(verb, version.dataset, version.version, parameters) if verb else None


def _path(call: Call) -> str:
    """The legacy client begins the keys of what it puts with ``/``, and no others."""
    path = (call.params.key or "").lstrip("/")
    if not path:
        raise _missing(call, "Key")
    return path


def _folder(given: CallParameters) -> str:
    inner = given.prefix.strip("/")
    return f"{inner}/" if inner else ""


def _check_folder(service: DataService, version: Version, given: CallParameters) -> None:
    """Say now that there is no such folder: an empty listing would look like one that is empty."""
    if not given.continuation_token and (folder := _folder(given)):
        service.list_files(version.reference, folder, limit=1)


def _complete(host: Host, version: Version, call: Call) -> None:
    given = call.params
    if given.upload_id is None or given.multipart_upload is None:
        raise _missing(call, "UploadId and MultipartUpload")
    check_upload(host, version.reference, given.upload_id)
    parts = [(part.part_number, part.etag.strip('"')) for part in given.multipart_upload.parts]
    host.intake.finish(given.upload_id, sorted(parts))


def check_upload(host: Host, reference: str, upload_id: str) -> None:
    """Refuse an upload into another version than the one that access was checked for.

    Raises
    ------
    NotFound
        There is no such upload into this version.
    """
    if host.intake.get(upload_id).reference != reference:
        raise ErrorKind.UPLOAD_NOT_FOUND(upload=upload_id)


def _missing(call: Call, names: str) -> Exception:
    return ErrorKind.INVALID_REQUEST(reason=f"{call.method} needs {names}", hint="Add what is missing.")


ROUTES = [("/datasets/{dataset*}/versions/{version*}/s3/preSignedUrls", PreSignedUrlsHandler)]
