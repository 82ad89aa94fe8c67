"""What S3 answers in XML: listings and errors."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from xml.sax.saxutils import escape

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import ErrorInfo, FileInfo

from .legacy_base import to_time

MEDIA_TYPE = "application/xml"
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# What XML 1.0 has no way to write.
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

_CODES = {
    "url_expired": "AccessDenied",
    "url_invalid": "SignatureDoesNotMatch",
    "file_not_found": "NoSuchKey",
    "version_not_found": "NoSuchBucket",
    "dataset_not_found": "NoSuchBucket",
    "upload_not_found": "NoSuchUpload",
    "upload_checksum": "BadDigest",
    "quota_exceeded": "QuotaExceeded",
    "too_large": "EntityTooLarge",
}
_CODES_BY_STATUS = {
    400: "InvalidRequest",
    403: "AccessDenied",
    404: "NoSuchKey",
    405: "MethodNotAllowed",
    409: "OperationAborted",
    416: "InvalidRange",
    429: "SlowDown",
    500: "InternalError",
}


def error_xml(status: int, error: ErrorInfo) -> bytes:
    """An error as S3 sends it."""
    code = _CODES.get(error.code) or _CODES_BY_STATUS.get(status, "ServiceUnavailable" if status > 500 else "Error")
    message = f"{error.message} {error.hint}".strip()
    return (_HEAD + f"<Error>{_element('Code', code)}{_element('Message', _writable(message))}</Error>").encode()


def listing_xml(
    *,
    root: str,
    folder: str,
    files: Sequence[FileInfo],
    time: datetime,
    max_keys: int,
    delimiter: str,
    token: str | None,
    next_token: str | None,
) -> bytes:
    """An answer to ``ListObjectsV2``.

    Parameters
    ----------
    root : str
        What stands before all keys; not empty, as the legacy client needs a prefix.
    folder : str
        The folder listed, as a prefix: empty or with ``/`` at its end.
    files : sequence of FileInfo
        The page.
    time : datetime
        When the files were last changed, for all that is known.
    max_keys, delimiter, token : int, str, str or None
        As they were asked for.
    next_token : str or None
        What the next page is asked for with; None on the last one.

    Raises
    ------
    GradientDataError
        A key would lead a client out of its target folder, or XML cannot hold it.
    """
    parts = [
        _element("Name", "gradient"),
        _element("Prefix", root + folder),
        _element("KeyCount", str(len(files))),
        _element("MaxKeys", str(max_keys)),
        _element("Delimiter", delimiter) if delimiter else "",
        _element("IsTruncated", "true" if next_token else "false"),
        _element("ContinuationToken", token) if token else "",
        _element("NextContinuationToken", next_token) if next_token else "",
    ]
    modified = to_time(time)
    parts += [_row(root, info, modified) for info in files]
    return (_HEAD + f'<ListBucketResult xmlns="{_NAMESPACE}">{"".join(parts)}</ListBucketResult>').encode()


def _row(root: str, info: FileInfo, modified: str) -> str:
    _check(info.path)
    key = root + info.path
    if info.is_folder:
        return f"<CommonPrefixes>{_element('Prefix', key)}</CommonPrefixes>"
    fields = {
        "Key": key,
        "LastModified": modified,
        "ETag": f'"{info.hash}"',
        "Size": str(info.size),
        "StorageClass": "STANDARD",
    }
    return f"<Contents>{''.join(_element(name, text) for name, text in fields.items())}</Contents>"


def _check(path: str) -> None:
    if any(part in ("..", ".", "") for part in path.removesuffix("/").split("/")):
        raise ErrorKind.STORE_CORRUPT(thing=repr(path), store="this version", reason="it leads out of its folder")
    if _UNWRITABLE.search(path):
        raise ErrorKind.INVALID_PATH(path=repr(path), reason="the XML of S3 has no way to write its name")


def _element(name: str, text: str) -> str:
    return f"<{name}>{escape(text, {chr(13): '&#13;'})}</{name}>"


def _writable(text: str) -> str:
    return _UNWRITABLE.sub("?", text)
