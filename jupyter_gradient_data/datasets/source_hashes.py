"""Hashes of all files of a source, in batches; small files come with their content, read once."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from jupyter_gradient_data.blobs.hash_cache import CachedHash, HashCache
from jupyter_gradient_data.blobs.hashing import hash_bytes, hash_file, read_file_checked
from jupyter_gradient_data.blobs.packs import SMALL_BLOB, Encoding, encode
from jupyter_gradient_data.progress import Progress

from .sources import Plan, SourceFile, SourceFolder

_BYTES = 8 * 1024 * 1024  # bytes read for a batch, at most (one large file is hashed without being kept)
_PER_THREAD = 32  # files one thread reads at a time: handing out single small files costs more than reading them
_READERS = 4  # threads; more only help where the disk is far away


class Content(NamedTuple):
    """A small file's content as it goes into a pack."""

    encoding: Encoding
    stored: bytes


class HashedFile(NamedTuple):
    """A source file, its hash, and its content when that had to be read and is small."""

    file: SourceFile
    hash: bytes
    content: Content | None


class SourceHasher:
    """Hashes the files of a source; those that have not changed since they were last hashed are not read.

    Parameters
    ----------
    cache : HashCache
        What this machine remembers.
    progress : Progress
        Asked between files whether to stop.
    files : int
        How many are in a batch, at most.
    """

    def __init__(self, cache: HashCache, progress: Progress, files: int) -> None:
        self._cache = cache
        self._files = files
        self._progress = progress
        self._pool = ThreadPoolExecutor(_READERS, thread_name_prefix="gradient-read")

    def close(self) -> None:
        """Write what was remembered and end the threads."""
        self._pool.shutdown(cancel_futures=True)
        self._cache.flush()

    def batches(self, plan: Plan) -> Iterator[list[HashedFile]]:
        """All files of a plan, some hundred at a time."""
        waiting: list[_Waiting] = []
        complete: list[_FolderHashes] = []
        size = 0
        for folder in plan.folders():
            hashes = _FolderHashes(folder, self._cache.load(folder.local))
            for file in folder.files:
                known = hashes.find(file)
                waiting.append(_Waiting(file, hashes, known))
                size += file.size if known is None else 0
                if len(waiting) >= self._files or size >= _BYTES:
                    yield self._hash(waiting, complete)
                    waiting, complete, size = [], [], 0
            complete.append(hashes)
        if waiting:
            yield self._hash(waiting, complete)

    def _hash(self, waiting: list[_Waiting], complete: list[_FolderHashes]) -> list[HashedFile]:
        read = iter(self._read_all([item.file for item in waiting if item.hash is None]))
        done = []
        for file, folder, known in waiting:
            if known is None:
                hashed = next(read)
                folder.add(hashed)
            else:
                hashed = HashedFile(file, known, None)
            done.append(hashed)
        for folder in complete:
            folder.remember(self._cache)
        return done

    def _read_all(self, files: list[SourceFile]) -> list[HashedFile]:
        if len(files) <= _PER_THREAD:
            return self._read_part(files)
        parts = [files[i : i + _PER_THREAD] for i in range(0, len(files), _PER_THREAD)]
        return [hashed for part in self._pool.map(self._read_part, parts) for hashed in part]

    def _read_part(self, files: list[SourceFile]) -> list[HashedFile]:
        self._progress.check()
        return [self._read(file) for file in files]

    def _read(self, file: SourceFile) -> HashedFile:
        if file.size >= SMALL_BLOB:
            digest = hash_file(file.local, file.size, file.mtime_ns, file.inode, lambda _: self._progress.check())
            return HashedFile(file, digest, None)
        content = read_file_checked(file.local, file.size, file.mtime_ns, file.inode)
        return HashedFile(file, hash_bytes(content), Content(*encode(content)))


class _FolderHashes:
    """What was known of one folder's hashes, and what has become known."""

    def __init__(self, folder: SourceFolder, known: dict[str, CachedHash]) -> None:
        self._folder = folder
        self._known = known
        self._new: dict[str, CachedHash] = {}
        self._since = time.time_ns()
        self._name_at = len(folder.local.rstrip("/")) + 1

    def find(self, file: SourceFile) -> bytes | None:
        known = self._known.get(file.local[self._name_at :])
        if known is not None and known[:3] == (file.size, file.mtime_ns, file.inode):
            return known.hash
        return None

    def add(self, hashed: HashedFile) -> None:
        file = hashed.file
        self._new[file.local[self._name_at :]] = CachedHash(file.size, file.mtime_ns, file.inode, hashed.hash)

    def remember(self, cache: HashCache) -> None:
        """When all files of the folder have been seen: keep what is true of them, if that is anything new."""
        if not self._new and len(self._known) == len(self._folder.files):
            return
        names = {file.local[self._name_at :] for file in self._folder.files}
        hashes = {name: known for name, known in self._known.items() if name in names} | self._new
        cache.remember(self._folder.local, hashes, self._since, complete=self._folder.complete)


class _Waiting(NamedTuple):
    file: SourceFile
    folder: _FolderHashes
    hash: bytes | None
