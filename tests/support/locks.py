"""Locks as a notebook would have them, and data that somebody else has changed at a storage provider."""

from __future__ import annotations

from jupyter_gradient_data.models import LockEntry
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.stores.layout import Layout
from tests.support.s3_servers import S3Server


def locked(service: DataService, reference: str, path: str | None = None) -> LockEntry:
    """What a notebook remembers that has just used this."""
    version = service.get_version(reference)
    assert version.root is not None
    assert version.files is not None
    assert version.bytes is not None
    name = service.get_dataset(version.dataset).name
    return LockEntry(
        *(reference, version.dataset, name, version.version, version.root, path, version.files, version.bytes)
    )


class Vandal:
    """Changes one byte of what a bucket holds of a team."""

    def __init__(self, server: S3Server, team: str) -> None:
        self._client = server.client()
        self._bucket = server.bucket
        self._layout = Layout(team)

    def change_blob(self, digest: str, at: int) -> None:
        """One byte of a large file."""
        self._change(self._layout.blob(bytes.fromhex(digest)), at)

    def change_packed(self, content: bytes) -> None:
        """The first byte of a small file, which is stored as it is in one of the packs."""
        listed = self._client.list_objects_v2(Bucket=self._bucket, Prefix=self._layout.packs)["Contents"]
        for key in [found["Key"] for found in listed]:
            place = self._read(key).find(content)
            if place >= 0:
                self._change(key, place)
                return
        raise AssertionError("no pack has it")

    def _read(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())

    def _change(self, key: str, at: int) -> None:
        data = bytearray(self._read(key))
        data[at] ^= 1
        self._client.put_object(Bucket=self._bucket, Key=key, Body=bytes(data))
