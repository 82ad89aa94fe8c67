"""Reading a bucket that is not ours: any keys, no layout, perhaps no key needed.

`S3Store` is for what this program has written itself; here nothing is known but what the listing says.  What is read is
compared with that: an object of another size or ETag has changed since.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import S3Config

from .keys import key_fault
from .retry import again
from .s3_address import resolve
from .s3_admin import CONNECT_SECONDS, explained, list_pages, make_client
from .s3_errors import explain, read_obstore

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from obstore.store import S3Credential
    from obstore.store import S3Store as ObstoreS3

_ANONYMOUS = "anonymous"  # stands for the access key where none is needed; never sent
_UNLIMITED = timedelta(days=7)  # for a whole request; silence is what ends one


class ObjectChanged(Exception):
    """An object is not any more what the listing said."""


@dataclass(frozen=True, slots=True)
class BucketObject:
    """One object, as the listing has it: its key, bytes, and ETag (empty when the service gives none)."""

    key: str
    size: int
    etag: str


class BucketReader:
    """Lists and reads objects; all methods may be called from any thread, and try again what may pass.

    Parameters
    ----------
    config : S3Config
        Where; an empty access key means that none is needed.
    secret : str
        The secret access key.
    patience : float
        Seconds of silence after which a request fails.

    Raises
    ------
    Invalid
        The configuration can never work.
    """

    def __init__(self, config: S3Config, secret: str, *, patience: float = 60.0) -> None:
        self._is_anonymous = not config.access_key
        self._config = replace(config, access_key=config.access_key or _ANONYMOUS)
        self._secret = secret or _ANONYMOUS
        self._address = resolve(self._config)
        self._patience = patience
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """How to call it in a sentence."""
        return self._address.name

    def list(self, prefix: str) -> list[BucketObject]:
        """All objects whose keys start with a prefix, by key."""
        return again(lambda: sorted(self._list(prefix), key=lambda found: found.key))

    def read(self, found: BucketObject, start: int, end: int) -> bytes:
        """The bytes ``start <= i < end`` of an object.

        Raises
        ------
        ObjectChanged
            It was replaced or removed since it was listed.
        """
        whole = start == 0 and end == found.size
        read = self._read_obstore if key_fault(found.key) is None else self._read_boto3
        return again(lambda: read(found, None if whole else (start, end)))

    def _list(self, prefix: str) -> Iterator[BucketObject]:
        with explained(self._address, self.name, "<id>", "list its objects"):
            for page in list_pages(self._admin, self._address.bucket, prefix, by_folder=False, store=self.name):
                for item in page.get("Contents", ()):
                    yield BucketObject(item["Key"], item["Size"], item.get("ETag", "").strip('"'))

    def _read_obstore(self, found: BucketObject, part: tuple[int, int] | None) -> bytes:
        import obstore
        from obstore.exceptions import BaseError

        try:
            answer = obstore.get(self._client, found.key, options={"range": part} if part else {})
            _compare(found, answer.meta["size"], answer.meta["e_tag"] or "")
            data = answer.bytes().to_bytes()
        except FileNotFoundError:
            raise ObjectChanged(found.key) from None
        except BaseError as error:
            if "non-partial response" in str(error):  # rclone answers with all of it
                return self._read_boto3(found, part)
            if read_obstore(error).status == 416:
                raise ObjectChanged(found.key) from None
            action = f"read {found.key}"
            raise explain(read_obstore(error), self._address, self.name, "<id>", action, found.key) from None
        return self._complete(found, data, part)

    def _read_boto3(self, found: BucketObject, part: tuple[int, int] | None) -> bytes:
        from botocore.exceptions import ClientError

        asked: dict[str, Any] = {"Range": f"bytes={part[0]}-{part[1] - 1}"} if part else {}
        with explained(self._address, self.name, "<id>", f"read {found.key}", found.key):
            try:
                answer = self._admin.get_object(Bucket=self._address.bucket, Key=found.key, **asked)
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") in ("NoSuchKey", "404", "InvalidRange"):
                    raise ObjectChanged(found.key) from None
                raise
            with answer["Body"] as body:
                data = body.read()
        is_part = "ContentRange" in answer
        _compare(found, found.size if is_part else answer["ContentLength"], answer.get("ETag", ""))
        return self._complete(found, data if is_part or not part else data[part[0] : part[1]], part)

    def _complete(self, found: BucketObject, data: bytes, part: tuple[int, int] | None) -> bytes:
        start, end = part or (0, found.size)
        if len(data) != end - start:
            reason = f"only {len(data):,} of {end - start:,} bytes arrived"
            raise ErrorKind.STORE_ERROR(store=self.name, action=f"read {found.key}", reason=reason)
        return data

    @cached_property
    def _admin(self) -> S3Client:
        from botocore.handlers import disable_signing

        with self._lock:  # boto3 does not make clients in several threads at once
            client = make_client(self._config, self._secret, patience=self._patience)
            if self._is_anonymous:
                client.meta.events.register("choose-signer.s3.*", disable_signing)
            return client

    @cached_property
    def _client(self) -> ObstoreS3:
        from obstore.store import S3Store as ObstoreS3

        address = self._address
        url = address.with_bucket if address.virtual else address.service
        key = {"access_key_id": self._config.access_key, "secret_access_key": self._secret}

        def credentials() -> S3Credential:  # the only way to have no session token, whatever the environment says
            return {**key, "token": None, "expires_at": None}  # type: ignore[typeddict-item]

        return ObstoreS3(
            address.bucket,
            config={
                "endpoint": url,
                "aws_endpoint_url_s3": url,
                "region": address.region,
                "virtual_hosted_style_request": address.virtual,
                "skip_signature": self._is_anonymous,
                "s3_express": False,
            },
            client_options={
                "allow_http": address.allow_http,
                "connect_timeout": timedelta(seconds=min(CONNECT_SECONDS, self._patience)),
                "read_timeout": timedelta(seconds=self._patience),
                "timeout": _UNLIMITED,
            },
            retry_config={"max_retries": 0, "retry_timeout": timedelta(minutes=10)},
            credential_provider=credentials,
        )


def _compare(found: BucketObject, size: int, etag: str) -> None:
    etag = etag.strip('"')
    if size != found.size or (etag and found.etag and etag != found.etag):
        raise ObjectChanged(found.key)
