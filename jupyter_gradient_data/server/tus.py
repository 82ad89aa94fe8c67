"""The headers of tus 1.0 (https://tus.io/protocols/resumable-upload), read and written."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from jupyter_gradient_data.errors import ErrorKind, GradientDataError

VERSION = "1.0.0"
EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
MAX_SIZE = 5 * 1024**4  # bytes; the longest object that S3 keeps
CONTENT_TYPE = "application/offset+octet-stream"
ALGORITHMS = ("sha1", "md5", "sha256")

_NUMBER = re.compile(r"[0-9]{1,18}")
_BLAKE3 = re.compile(r"[0-9a-f]{64}")
_KEYS = frozenset({"reference", "path", "executable", "hash"})


class Creation(NamedTuple):
    """What a client wants to upload.

    Parameters
    ----------
    metadata : str
        ``Upload-Metadata`` as it came, to be given back.
    details : dict
        What is kept with the upload.
    """

    reference: str
    path: str
    size: int
    executable: bool
    hash: str | None
    metadata: str

    @property
    def details(self) -> dict[str, Any]:
        """What to keep with the upload."""
        return {"metadata": self.metadata} | ({"hash": self.hash} if self.hash else {})


def read_creation(headers: Mapping[str, str]) -> Creation:
    """Read the headers of a POST.

    Raises
    ------
    Invalid
        Length or metadata are missing or cannot be read.
    QuotaExceeded
        The length is more than is ever accepted.
    """
    if "Upload-Defer-Length" in headers:
        raise _refusal("Upload-Defer-Length is not supported", "Send Upload-Length.")
    size = read_number(headers, "Upload-Length")
    raw = headers.get("Upload-Metadata", "")
    given = read_metadata(raw)
    if size > MAX_SIZE:
        raise ErrorKind.TOO_LARGE(
            thing=repr(given.get("path", "the file")),
            size=f"{size:,} bytes",
            limit=f"{MAX_SIZE:,} bytes",
            hint="Split it.",
        )
    for name in ("reference", "path"):
        if not given.get(name):
            raise _refusal(f"Upload-Metadata has no {name}", "Give `reference` (<dataset>:<version>) and `path`.")
    digest = given.get("hash", "").lower() or None
    if digest is not None and not _BLAKE3.fullmatch(digest):
        raise _refusal("the hash in Upload-Metadata is not BLAKE3 in hexadecimal", "Correct it or leave it out.")
    executable = given.get("executable", "false").lower() in ("", "true", "1")
    return Creation(given["reference"], given["path"], size, executable, digest, raw)


def read_metadata(text: str) -> dict[str, str]:
    """Read ``Upload-Metadata``: pairs of a key and a value in Base64, separated by commas; the value may be missing."""
    found: dict[str, str] = {}
    for pair in filter(None, map(str.strip, text.split(","))):
        key, _, encoded = pair.partition(" ")
        if key in found:
            raise _refusal(f"Upload-Metadata has {key!r} twice", "Give each key once.")
        try:
            value = base64.b64decode(encoded.strip(), validate=True)
            found[key] = value.decode() if key in _KEYS else ""  # what is not ours may be anything
        except (binascii.Error, ValueError):
            raise _refusal(f"the value of {key!r} in Upload-Metadata is not Base64 of UTF-8", "Encode it.") from None
    return found


def read_number(headers: Mapping[str, str], name: str) -> int:
    """Read a header that must be there and be a number."""
    value = headers.get(name)
    if value is None:
        raise _refusal(f"the header {name} is missing", "Send it.")
    if not _NUMBER.fullmatch(value.strip()):
        raise _refusal(f"the header {name} is not a number", "Send a whole number from 0.")
    return int(value)


class Checksum:
    """The checksum of the bytes of one request, and what it should be.

    Parameters
    ----------
    algorithm : str
        One of `ALGORITHMS`.
    expected : bytes
        What the client has computed.
    """

    def __init__(self, algorithm: str, expected: bytes) -> None:
        self._hasher = hashlib.new(algorithm, usedforsecurity=False)
        self._expected = expected

    @classmethod
    def read(cls, headers: Mapping[str, str]) -> Checksum | None:
        """Read ``Upload-Checksum``; None when there is none.

        Raises
        ------
        Invalid
            It cannot be read, or the algorithm is not supported.
        """
        if (text := headers.get("Upload-Checksum")) is None:
            return None
        algorithm, _, encoded = text.strip().partition(" ")
        if algorithm not in ALGORITHMS:
            raise _refusal(f"the checksum algorithm {algorithm!r} is not supported", f"Use {', '.join(ALGORITHMS)}.")
        try:
            return cls(algorithm, base64.b64decode(encoded.strip(), validate=True))
        except (binascii.Error, ValueError):
            raise _refusal("the checksum is not Base64", "Encode its bytes.") from None

    def update(self, piece: bytes) -> None:
        """Add the next bytes."""
        self._hasher.update(piece)

    def check(self, path: str) -> None:
        """Raise `UPLOAD_CHECKSUM` unless what came is what was sent."""
        if self._hasher.digest() != self._expected:
            raise ErrorKind.UPLOAD_CHECKSUM(path=repr(path))


def _refusal(reason: str, hint: str) -> GradientDataError:
    return ErrorKind.INVALID_REQUEST(reason=reason, hint=hint)
