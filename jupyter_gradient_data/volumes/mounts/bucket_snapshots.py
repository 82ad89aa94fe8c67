"""What is in a bucket, as a folder of the cache: all objects below a prefix as one listing had them.

The folder is named by what the listing says, so nothing is fetched when nothing has changed.  Of a newer listing only
the objects with another size or ETag are fetched; the others are hard links into the folder of the one before.
"""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import Row

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.datasets.paths import ancestors, path_problem, show_path
from jupyter_gradient_data.datasets.targets import TargetFolder
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.stores.buckets import BucketObject, BucketReader, ObjectChanged
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.settings.entries import BucketEntry
from jupyter_gradient_data.volumes.settings.file import SettingsFile

from .rows import Values

_PIECE = 8 * 1024 * 1024  # bytes of one request
_BATCH = 1000  # files that are under way at most
_TRIES = 3  # listings of a bucket that changes while it is read
_LONGEST_PART = 255  # bytes of a name in a folder

_Kept = dict[str, tuple[int, str]]


class Listing(msgspec.Struct, frozen=True):
    """What a snapshot was made of: its folder in the cache, and size and ETag of each file in it."""

    root: str
    files: _Kept


class BucketSource:
    """What is in a bucket below a prefix.

    Parameters
    ----------
    entry : BucketEntry
        Where, and with which key.
    cache : VersionCache
        Where it comes to.
    disk : DiskCache
        The disk it is on.
    listings : Path
        Folder for the listings that mounts were made of.
    at_once : int
        Requests at the same time.
    """

    def __init__(self, entry: BucketEntry, cache: VersionCache, disk: DiskCache, listings: Path, at_once: int) -> None:
        self._entry = entry
        self._cache = cache
        self._disk = disk
        self._listings = listings
        self._at_once = at_once
        self._counts: Values = {"files": None, "bytes": None}
        self.reference = entry.url
        self.default_name = entry.name
        self.root: str | None = None

    def values(self) -> Values:
        """What a row says of it."""
        return {"reference": self.reference, "dataset_id": None, "version": None, "root": self.root, **self._counts}

    def is_in(self, row: Row[Any]) -> bool:
        """Whether a row is about it."""
        return bool(row.dataset_id is None and row.reference == self.reference)

    is_same = is_in

    def bring(self, name: str, user: str, progress: Progress) -> Path:
        """List it, and fetch what is new; returns its folder in the cache."""
        reader = self._reader()
        for _ in range(_TRIES):
            progress.start(Phase.SCANNING)
            with self._explained():
                found = self._list(reader)
            listing = Listing(self._name(reader, found), {path: (each.size, each.etag) for path, each in found.items()})
            files = [each for path, each in found.items() if not path.endswith("/")]
            self.root = listing.root
            self._counts = {"files": len(files), "bytes": sum(each.size for each in files)}
            try:
                filling = _Filling(self, reader, found, self._before(name), progress)
                tree = self._cache.adopt(listing.root, filling.fill, user, progress)
            except ObjectChanged:
                self._cache.release(listing.root, user)
                continue
            self._keep(name, listing)
            return tree
        raise self._unreadable("it changes while it is read")

    def save(self, settings: SettingsFile, name: str, *, writable: bool) -> None:
        """Nothing: it comes from there."""

    # --- listing ----------------------------------------------------------------------------------------------------

    def _reader(self) -> BucketReader:
        with self._explained():
            return BucketReader(self._entry.config, self._entry.secret)

    def _list(self, reader: BucketReader) -> dict[str, BucketObject]:
        """Objects by their paths in the folder; a path that ends with ``/`` is a folder."""
        prefix = self._entry.prefix
        objects = reader.list(prefix)
        if prefix and not objects:  # it may be the name of one object
            objects = [each for each in reader.list(prefix[:-1]) if each.key == prefix[:-1]]
            if not objects:
                raise self._unreadable("there is nothing in it")
            prefix = prefix[: prefix.rfind("/", 0, -1) + 1]
        found = {each.key[len(prefix) :]: each for each in objects if each.key != prefix}
        self._check_paths(found)
        return found

    def _check_paths(self, found: Mapping[str, BucketObject]) -> None:
        paths = {path: path.removesuffix("/").encode(errors="surrogatepass") for path in found}
        files = {paths[path] for path in found if not path.endswith("/")}
        for path, raw in paths.items():
            reason = path_problem((raw,))
            if any(len(part) > _LONGEST_PART for part in raw.split(b"/")):
                reason = "a part of its name is too long for a file"
            elif clash := next((above for above in ancestors(raw) if above in files), None):
                reason = f"there is an object {show_path(clash)}, too"
            if reason:
                raise self._unreadable(f"its object {show_path(found[path].key)} cannot be a file: {reason}")

    def _name(self, reader: BucketReader, found: Mapping[str, BucketObject]) -> str:
        rows = [(path, each.size, each.etag) for path, each in found.items()]
        return hash_bytes(msgspec.json.encode((reader.name, self._entry.prefix, rows))).hex()

    # --- what was there before --------------------------------------------------------------------------------------

    def _before(self, name: str) -> Listing | None:
        try:
            return msgspec.json.decode((self._listings / name).read_bytes(), type=Listing)
        except (OSError, msgspec.DecodeError):
            return None

    def _keep(self, name: str, listing: Listing) -> None:
        """Remember what a mount was made of; when that fails, all is fetched the next time."""
        new = self._listings / f".{name}.{secrets.token_hex(4)}"
        with contextlib.suppress(OSError):
            new.write_bytes(msgspec.json.encode(listing))
            new.replace(self._listings / name)
        new.unlink(missing_ok=True)

    @contextlib.contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except GradientDataError as error:
            if error.kind in (ErrorKind.CANCELLED, ErrorKind.BUCKET_UNREADABLE):
                raise
            raise self._unreadable(error.message.rstrip(".")) from None

    def _unreadable(self, reason: str) -> GradientDataError:
        return ErrorKind.BUCKET_UNREADABLE(url=self.reference, reason=reason, name=self._entry.name)


class _Filling:
    """Fetches the objects of one listing into a folder."""

    def __init__(
        self,
        source: BucketSource,
        reader: BucketReader,
        found: Mapping[str, BucketObject],
        before: Listing | None,
        progress: Progress,
    ) -> None:
        self._source = source
        self._reader = reader
        self._found = found
        self._before = before
        self._progress = progress

    def fill(self, folder: Path) -> None:
        """Put all files there."""
        target = TargetFolder(folder)
        self._progress.start(Phase.FETCHING, files=self._source._counts["files"], bytes=self._source._counts["bytes"])
        fresh = [(path, each) for path, each in self._found.items() if not self._link(folder, path, each)]
        needed = sum(each.size for _, each in fresh)
        if needed > self._source._disk.room():
            raise ErrorKind.DISK_FULL(path=folder)
        small = iter([(path, each) for path, each in fresh if each.size <= _PIECE])
        with ThreadPoolExecutor(self._source._at_once, thread_name_prefix="gradient-bucket") as pool:
            while batch := list(islice(small, _BATCH)):
                for _ in pool.map(lambda pair: self._fetch(target, *pair), batch):
                    pass
            for path, each in fresh:
                if each.size > _PIECE:
                    self._fetch_large(pool, target, path, each)
        for above, _, names in os.walk(folder):
            for name in names:
                os.chmod(os.path.join(above, name), 0o444)
        self._source._disk.count(needed)
        self._progress.finish()

    def _link(self, folder: Path, path: str, found: BucketObject) -> bool:
        """Make what needs no fetching: folders, and files that are as they were."""
        local = folder / path
        if path.endswith("/"):
            local.mkdir(parents=True, exist_ok=True)
            return True
        if self._before is None or not found.etag or self._before.files.get(path) != (found.size, found.etag):
            return False
        local.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(self._source._cache.tree(self._before.root) / path, local)
        except OSError:  # it is not there any more, or links are not possible
            return False
        self._progress.advance(files=1, bytes=found.size, skipped=True)
        return True

    def _fetch(self, target: TargetFolder, path: str, found: BucketObject) -> None:
        self._progress.check()
        with self._source._explained():
            data = self._reader.read(found, 0, found.size) if found.size else b""
        target.write(path, data)
        self._progress.advance(files=1, bytes=found.size)

    def _fetch_large(self, pool: ThreadPoolExecutor, target: TargetFolder, path: str, found: BucketObject) -> None:
        with target.open_temporary(path) as part:

            def fetch(start: int) -> None:
                end = min(start + _PIECE, found.size)
                with self._source._explained():
                    data = self._reader.read(found, start, end)
                part.write_at(start, data)
                self._progress.advance(bytes=len(data))

            for _ in pool.map(fetch, range(0, found.size, _PIECE)):
                pass
        self._progress.advance(files=1)
