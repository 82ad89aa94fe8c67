"""Reading in a fork of a process that has used obstore, as data loaders of PyTorch do it.

obstore's threads stay with the parent, and whoever waits for them in the child waits for ever.  So there boto3 reads;
writing is refused.
"""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import S3Config

from .objects import ObjectInfo
from .s3_address import resolve
from .s3_admin import explained, make_client

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_user: int | None = None  # process in which obstore was first used


def note_use() -> None:
    """Note that this process uses obstore."""
    global _user
    _user = _user or os.getpid()


def is_fork() -> bool:
    """Whether this process is a fork of one that used obstore, so that it cannot."""
    return _user not in (None, os.getpid())


class ForkedReader:
    """Reads objects with boto3.

    Parameters
    ----------
    config, secret
        Where and how.
    name : str
        How to call the store in a sentence.
    provider : str
        Id of the storage provider, for the next step in error messages.
    """

    def __init__(self, config: S3Config, secret: str, name: str, provider: str) -> None:
        self._config = config
        self._secret = secret
        self._address = resolve(config)
        self._name = name
        self._provider = provider

    def get(self, key: str, start: int, end: int | None) -> bytes:
        """The bytes ``start <= i < end`` of an object."""
        info = self.head(key) if end is None else None
        if end is None:
            if info is None:
                raise ErrorKind.OBJECT_NOT_FOUND(store=self._name, key=key)
            end = info.size
        if end <= start:
            return b""
        with explained(self._address, self._name, self._provider, f"read {key}", key):
            part = f"bytes={start}-{end - 1}"
            answer = self._client.get_object(Bucket=self._address.bucket, Key=key, Range=part)
            data = answer["Body"].read()
        if answer["ResponseMetadata"]["HTTPStatusCode"] != 206:  # a service that knows no ranges
            data = data[start:end]
        if len(data) != end - start:
            reason = f"only {len(data):,} of {end - start:,} bytes arrived"
            raise ErrorKind.STORE_ERROR(store=self._name, action=f"read {key}", reason=reason)
        return data

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none."""
        from botocore.exceptions import ClientError

        with explained(self._address, self._name, self._provider, f"look at {key}", key):
            try:
                found = self._client.head_object(Bucket=self._address.bucket, Key=key)
            except ClientError as error:
                if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") == 404:
                    return None
                raise
        return ObjectInfo(key, found["ContentLength"], found["LastModified"].timestamp())

    def refused(self, action: str) -> Exception:
        """The error of anything else."""
        return ErrorKind.FORK_READS_ONLY(store=self._name, action=action)

    @property
    def _client(self) -> S3Client:
        return _client_of(os.getpid(), self._config, self._secret)


@lru_cache(maxsize=8)
def _client_of(pid: int, config: S3Config, secret: str) -> S3Client:
    """One for each process: connections cannot be shared."""
    return make_client(config, secret)
