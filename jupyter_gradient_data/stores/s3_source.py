"""Reading objects of any bucket, with keys from the environment where it has some, else as anybody may.

Storage providers are read by `s3`; this is for buckets that somebody else fills, such as those of public datasets.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from .s3_errors import Trouble, read_boto3

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CONNECT_SECONDS = 10
_PIECE = 1024 * 1024
_AGAIN = frozenset({408, 412, 429})  # 412: it was replaced meanwhile
_REASONS = {
    Trouble.SILENT: "it did not answer in time",
    Trouble.BROKEN: "the connection broke",
    Trouble.NOT_S3: "it does not answer as S3 does",
}


class S3ReadError(Exception):
    """An object or listing cannot be had; the text is the reason.

    Attributes
    ----------
    may_pass : bool
        Whether the same request may succeed later.
    """

    def __init__(self, reason: str, *, may_pass: bool) -> None:
        super().__init__(reason)
        self.may_pass = may_pass


class Found(NamedTuple):
    """An object: its size and what tells that it is still the same one."""

    size: int
    etag: str


class S3Source:
    """Reads buckets of one service.

    Parameters
    ----------
    endpoint, region : str, optional
        Where; by default as the environment says, else Amazon's.
    patience : float
        Seconds of silence after which a request fails.

    Notes
    -----
    All methods may be called from any thread; all raise `S3ReadError`.
    """

    def __init__(self, endpoint: str | None = None, region: str | None = None, *, patience: float = 60.0) -> None:
        self._endpoint = endpoint
        self._region = region
        self._patience = patience
        self._lock = threading.Lock()
        self._made: S3Client | None = None

    def look(self, bucket: str, key: str) -> Found:
        """An object's size and ETag."""
        with _explained():
            answer = self._client.head_object(Bucket=bucket, Key=key)
            return Found(answer["ContentLength"], answer["ETag"])

    def read(self, bucket: str, key: str, start: int, etag: str) -> Iterator[bytes]:
        """The bytes of an object from ``start``; fails when it is not the one that has this ETag any more."""
        with _explained():
            # A range of nothing would be an error.
            body = self._client.get_object(Bucket=bucket, Key=key, Range=f"bytes={start}-", IfMatch=etag)["Body"]
            with contextlib.closing(body):
                yield from body.iter_chunks(_PIECE)

    def list(self, bucket: str, prefix: str) -> Iterator[tuple[str, int]]:
        """Keys and sizes of all objects whose keys begin with a prefix."""
        with _explained():
            for page in self._client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"], item["Size"]

    @property
    def _client(self) -> S3Client:
        with self._lock:  # boto3 does not make clients in several threads at once
            if self._made is None:
                self._made = self._make()
            return self._made

    def _make(self) -> S3Client:
        import boto3  # here: it takes 140 ms
        from botocore import UNSIGNED
        from botocore.config import Config

        session = boto3.session.Session()
        config = Config(
            retries={"total_max_attempts": 1},
            connect_timeout=min(_CONNECT_SECONDS, self._patience),
            read_timeout=self._patience,
            response_checksum_validation="when_required",
            s3={"addressing_style": "path"} if self._endpoint else None,
        )
        if session.get_credentials() is None:
            config = config.merge(Config(signature_version=UNSIGNED))
        region = self._region or session.region_name or "us-east-1"
        return session.client("s3", endpoint_url=self._endpoint, region_name=region, config=config)


@contextlib.contextmanager
def _explained() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError
    from botocore.parsers import ResponseParserError
    from urllib3.exceptions import HTTPError

    try:
        yield
    except (BotoCoreError, ClientError, ResponseParserError) as error:
        failure = read_boto3(error)
        if failure.status is None:
            reason = _REASONS.get(failure.trouble) if failure.trouble else None
            raise S3ReadError(reason or failure.message or "no connection", may_pass=True) from None
        if failure.status == 404:
            raise S3ReadError("there is no such object or bucket", may_pass=False) from None
        reason = f"it answered {failure.status}" + (f" ({failure.code})" if failure.code else "")
        raise S3ReadError(reason, may_pass=failure.status >= 500 or failure.status in _AGAIN) from None
    except (HTTPError, OSError):  # while the body was read
        raise S3ReadError("the connection broke", may_pass=True) from None
