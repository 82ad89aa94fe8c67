"""Objects in an S3 bucket.

Requests go through obstore, which costs a fifth to a half of boto3's processor time and starts in 10 ms; every write
carries its SHA-256, which the service compares.  Listings go through boto3 (see `s3_admin.list_pages`).
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import S3Config

from .keys import check_key, key_fault, split_prefix
from .objects import Bytes, Capabilities, ObjectInfo, size_mismatch
from .s3_address import resolve
from .s3_admin import explained, list_pages, make_client
from .s3_bodies import Answer, Counted
from .s3_errors import explain, read_obstore
from .s3_forked import ForkedReader, is_fork, note_use
from .s3_obstore import make_obstore

if TYPE_CHECKING:
    from pathlib import Path

    from mypy_boto3_s3 import S3Client
    from obstore import GetResult
    from obstore.store import S3Store as ObstoreS3

_MIB = 1024 * 1024
PART_SIZE = 16 * _MIB
_PARTS_AT_ONCE = 4
_MAX_PARTS = 9_000  # S3 allows 10,000
_PIECE = 8 * _MIB
_SMALL = _MIB  # a larger body may take long on a slow line, and the time to send it counts as silence
_BULK_PATIENCE = 10  # so it is waited for this many times longer


class S3Store:
    """An object store in an S3 bucket.

    Parameters
    ----------
    config : S3Config
        Where and how.
    secret : str
        The secret access key.
    name : str, optional
        How to call this store in a sentence; ``bucket … at …`` by default.
    capabilities : Capabilities
        What a check found; see `check_bucket`.
    provider : str
        Id of the storage provider, for the next step in error messages.
    patience : float
        Seconds of silence after which a request fails.
    part_size : int
        Bytes; larger uploads are sent in parts of this size, 5 MiB at least.

    Raises
    ------
    Invalid
        The configuration can never work.

    Notes
    -----
    Single requests are not retried here: that is what `RetryingStore` is for.  Parts of an upload are, three times,
    because it cannot be begun again when its pieces come from an iterator.
    """

    def __init__(
        self,
        config: S3Config,
        secret: str,
        *,
        name: str | None = None,
        capabilities: Capabilities | None = None,
        provider: str = "<id>",
        patience: float = 60.0,
        part_size: int = PART_SIZE,
    ) -> None:
        self._address = resolve(config)
        self._config = config
        self._secret = secret
        self._name = name or self._address.name
        self._capabilities = capabilities or Capabilities()
        self._provider = provider
        self._patience = patience
        self._part_size = part_size
        self._ranges_work = True
        self._lock = threading.Lock()

    @property
    def name(self) -> str:
        """How to call this store in a sentence."""
        return self._name

    @property
    def capabilities(self) -> Capabilities:
        """What a check of this bucket found."""
        return self._capabilities

    @property
    def ranges_work(self) -> bool:
        """Whether no range request was answered with a whole object so far; if one was, whole objects are read."""
        return self._ranges_work

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        """The bytes ``start <= i < end`` of an object; see `ObjectStore.get`."""
        check_key(key)
        if is_fork():
            return self._forked.get(key, start, end)
        with self._explained(f"read {key}", key):
            answer = self._ask(key, start, end)
            if answer is None:
                return b""
            if answer.is_exact:  # copied once: a second copy costs a large download a tenth of its time
                return answer.result.bytes().to_bytes()
            return b"".join(self._pieces(key, answer))

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        """The same bytes in pieces of at most 8 MiB; see `ObjectStore.stream`."""
        check_key(key)
        if is_fork():
            yield self._forked.get(key, start, end)
            return
        with self._explained(f"read {key}", key):
            answer = self._ask(key, start, end)
            if answer is not None:
                yield from self._pieces(key, answer)

    def put(self, key: str, data: Bytes) -> None:
        """Write an object with its SHA-256; see `ObjectStore.put`."""
        self._put(key, data, "overwrite")

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        """Write an object unless the key exists; see `ObjectStore.put_if_absent`."""
        from obstore.exceptions import AlreadyExistsError

        if not self._capabilities.conditional_put:
            if self.head(key) is not None:
                return False
            self._put(key, data, "overwrite")
            return True
        try:
            self._put(key, data, "create", passing=AlreadyExistsError)
        except AlreadyExistsError:
            # obstore says so also when the service answers 409: then another write was under way, and may have failed.
            if self.head(key) is None:
                reason = "another write to it was under way"
                raise ErrorKind.STORE_ERROR(store=self._name, action=f"write {key}", reason=reason) from None
            return False
        return True

    def upload(self, key: str, chunks: Iterable[Bytes], size: int) -> None:
        """Write a large object, in parts when it is larger than one; see `ObjectStore.upload`."""
        import obstore

        check_key(key)
        counted = Counted(chunks, lambda given: size_mismatch(self._name, key, given, size), size)
        if size <= self._part_size:
            self._put(key, b"".join(counted), "overwrite")
            return
        part_size = max(self._part_size, -(-size // _MAX_PARTS // _MIB) * _MIB)
        try:
            with self._explained(f"write {key}", key):
                obstore.put(
                    self._uploader,
                    key,
                    counted,
                    use_multipart=True,  # on any error obstore gives the upload up and removes its parts
                    chunk_size=part_size,
                    max_concurrency=_PARTS_AT_ONCE,
                )
        except BaseException:
            if counted.error is not None:  # the source failed, not the store
                raise counted.error from None
            raise

    def adopt(self, key: str, file: Path) -> bool:
        """Not possible: the bytes have to travel."""
        return False

    def local_file(self, key: str) -> None:
        """Objects are no files here."""

    def head(self, key: str) -> ObjectInfo | None:
        """What is known of an object, or None when there is none."""
        import obstore

        check_key(key)
        if is_fork():
            return self._forked.head(key)
        with self._explained(f"look at {key}", key):
            try:
                meta = obstore.head(self._client, key)
            except FileNotFoundError:
                return None
            if meta["e_tag"] is None:
                raise ErrorKind.STORE_NOT_S3(store=self._name, reason="its answer is not an object")
        return ObjectInfo(key, meta["size"], meta["last_modified"].timestamp())

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        """All objects whose keys start with ``prefix``, in bytewise order; leaves out what is no key of ours."""
        split_prefix(prefix)
        with explained(self._address, self._name, self._provider, "list its objects"):
            yield from (self._list_flat if self._capabilities.ordered_list else self._list_folder)(prefix)

    def folders(self, prefix: str = "") -> Iterator[str]:
        """The names of the folders directly in a folder; see `ObjectStore.folders`."""
        with explained(self._address, self._name, self._provider, "list its folders"):
            pages = list_pages(self._admin, self._address.bucket, prefix, by_folder=True, store=self._name)
            names = {found["Prefix"][len(prefix) : -1] for page in pages for found in page.get("CommonPrefixes", ())}
        yield from sorted(name for name in names if key_fault(name) is None)

    def delete(self, key: str) -> None:
        """Remove an object; it is no error when there is none."""
        import obstore

        check_key(key)
        with self._explained(f"delete {key}", key):
            try:
                obstore.delete(self._client, key)
            except FileNotFoundError as error:
                failure = read_obstore(error)
                if failure.code == "NoSuchBucket" or failure.is_page:
                    raise

    # --- reading ----------------------------------------------------------------------------------------------------

    def _ask(self, key: str, start: int, end: int | None) -> Answer | None:
        """Ask for a range and check what the answer says of itself; None when there is nothing to read."""
        if end is not None and end <= start:
            self._check_end(key, start)
            return None
        result = self._open(key, start, end)
        if result is None:
            return None
        first, last = result.range
        size = result.meta["size"]
        if result.meta["e_tag"] is None:
            raise ErrorKind.STORE_NOT_S3(store=self._name, reason="its answer is not an object")
        if last < (size if end is None else end) or start > size:
            asked = start if end is None else end
            reason = f"it has {size:,} bytes, and byte {asked:,} was asked for"
            raise ErrorKind.STORE_CORRUPT(thing=key, store=self._name, reason=reason)
        return Answer(result, start - first, (last if end is None else end) - first, last - first)

    def _open(self, key: str, start: int, end: int | None) -> GetResult | None:
        """Ask for a range; None when it begins right at the end of the object, so that there is nothing to read."""
        import obstore

        if self._ranges_work and (start > 0 or end is not None):
            try:
                wanted: Any = {"offset": start} if end is None else (start, end)
                return obstore.get(self._client, key, options={"range": wanted})
            except Exception as error:
                if "non-partial response" in str(error):  # rclone does that: from now on read whole objects
                    self._ranges_work = False
                elif read_obstore(error).status == 416:
                    self._check_end(key, start if end is None else end)
                    return None
                else:
                    raise
        return obstore.get(self._client, key)

    def _check_end(self, key: str, end: int) -> None:
        """Raise unless an object has ``end`` bytes at least."""
        info = self.head(key)
        if info is None:
            raise ErrorKind.OBJECT_NOT_FOUND(store=self._name, key=key)
        if info.size < end:
            reason = f"it has {info.size:,} bytes, and byte {end:,} was asked for"
            raise ErrorKind.STORE_CORRUPT(thing=key, store=self._name, reason=reason)

    def _pieces(self, key: str, answer: Answer) -> Iterator[bytes]:
        """The bytes of an answer's body that were asked for."""
        position, skip, stop = 0, answer.skip, answer.stop
        for chunk in answer.result.stream(min_chunk_size=_PIECE // 2):
            view = memoryview(chunk)[max(0, skip - position) : max(0, stop - position)]
            position += len(chunk)
            while view:
                yield bytes(view[:_PIECE])
                view = view[_PIECE:]
            if position >= stop:
                return
        if position < stop:
            reason = f"only {max(0, position - skip):,} of {stop - skip:,} bytes arrived"
            raise ErrorKind.STORE_ERROR(store=self._name, action=f"read {key}", reason=reason)

    # --- writing ----------------------------------------------------------------------------------------------------

    def _put(self, key: str, data: Bytes, mode: Any, passing: type[BaseException] | tuple[()] = ()) -> None:
        import obstore

        check_key(key)
        client = self._client if len(data) <= _SMALL else self._bulk_client
        with self._explained(f"write {key}", key, passing):
            obstore.put(client, key, data, mode=mode, use_multipart=False)

    # --- listing ----------------------------------------------------------------------------------------------------

    def _list_flat(self, prefix: str) -> Iterator[ObjectInfo]:
        last = ""
        for page in list_pages(self._admin, self._address.bucket, prefix, by_folder=False, store=self._name):
            for info in _objects(page):
                if info.key <= last:
                    reason = "its listings are not in the order of the keys, so check the storage provider again"
                    raise ErrorKind.STORE_NOT_S3(store=self._name, reason=reason)
                last = info.key
                yield info

    def _list_folder(self, prefix: str) -> Iterator[ObjectInfo]:
        """Folder by folder, each sorted: a folder sorts with its slash, which is the order of the keys below it."""
        found: dict[str, ObjectInfo | None] = {}
        for page in list_pages(self._admin, self._address.bucket, prefix, by_folder=True, store=self._name):
            found.update((info.key, info) for info in _objects(page))
            found.update((folder["Prefix"], None) for folder in page.get("CommonPrefixes", ()))
        for key in sorted(found):
            info = found[key]
            if info is not None:
                yield info
            elif key_fault(key[:-1]) is None and key != prefix:
                yield from self._list_folder(key)

    # --- clients ----------------------------------------------------------------------------------------------------

    @cached_property
    def _client(self) -> ObstoreS3:
        return self._make_client(self._patience, retries=0)

    @cached_property
    def _bulk_client(self) -> ObstoreS3:
        return self._make_client(self._patience * _BULK_PATIENCE, retries=0)

    @cached_property
    def _uploader(self) -> ObstoreS3:
        return self._make_client(self._patience * _BULK_PATIENCE, retries=3)

    @cached_property
    def _admin(self) -> S3Client:
        with self._lock:  # boto3 does not make clients in several threads at once
            return make_client(self._config, self._secret, patience=self._patience)

    @property
    def _forked(self) -> ForkedReader:
        return ForkedReader(self._config, self._secret, self._name, self._provider)

    def _make_client(self, patience: float, *, retries: int) -> ObstoreS3:
        note_use()
        return make_obstore(self._address, self._config.access_key, self._secret, patience, retries)

    @contextlib.contextmanager
    def _explained(self, action: str, key: str, passing: type[BaseException] | tuple[()] = ()) -> Iterator[None]:
        """Turn obstore's exceptions into ours; those named in ``passing`` go on as they are."""
        from obstore.exceptions import BaseError

        if is_fork():
            raise self._forked.refused(action)
        try:
            yield
        except (BaseError, FileNotFoundError) as error:
            if isinstance(error, passing):
                raise
            failure = read_obstore(error)
            raise explain(failure, self._address, self._name, self._provider, action, key) from None


def _objects(page: Any) -> Iterator[ObjectInfo]:
    for item in page.get("Contents", ()):
        if key_fault(item["Key"]) is None:
            yield ObjectInfo(item["Key"], item["Size"], item["LastModified"].timestamp())
