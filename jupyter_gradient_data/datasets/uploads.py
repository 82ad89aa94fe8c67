"""Putting local files into an uncommitted version.

Files are hashed in batches; what the version or the provider already has is not sent; small blobs fill packs, large
ones travel alone.  Each pack's files become visible in one transaction after the store has acknowledged it, so that an
upload that is killed keeps what has arrived, and the same command sends only the rest.
"""

from __future__ import annotations

import os
import socket
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, wait
from os import PathLike

from jupyter_gradient_data.blobs.hashing import read_file_checked, show_local, stream_file_checked
from jupyter_gradient_data.blobs.packs import SMALL_BLOB, PackBuilder, encode
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Phase, TransferResult
from jupyter_gradient_data.progress import Progress

from . import staging
from .files import VersionFiles
from .nodes import Entry
from .repository import Repository
from .source_hashes import Content, HashedFile, SourceHasher
from .sources import SourceFile, SourcePlan, plan_sources
from .tree import EMPTY

_FILES_PER_PACK = 20_000  # many files of equal content add nothing to a pack, but wait for it
_IN_FLIGHT = 4  # packs or large files on their way at once; each pack is held in memory until it has arrived


def put(
    repository: Repository, reference: str, sources: Sequence[str | PathLike[str]], target: str, progress: Progress
) -> TransferResult:
    """Put files and folders into an uncommitted version.

    Raises
    ------
    Invalid
        A source or path is wrong; nothing has changed when it is known before reading.
    Conflict
        The version is committed, or a file changed while it was read.
    QuotaExceeded
        The new bytes do not fit; nothing was sent.
    """
    Reference.parse_version(reference)
    plan = plan_sources(sources, target)
    files = VersionFiles.open(repository, reference)
    promise = staging.promise_upload(repository.database, files.version.key, _describe(sources), target or "/")
    progress.start(Phase.SCANNING)
    count, size = plan.measure()
    _check_quota(files, plan, size, progress)
    progress.start(Phase.SENDING, count, size)
    files.read_ahead(count)
    result = _Upload(files, progress).run(plan)
    staging.keep_promise(repository.database, promise)
    progress.finish()
    return result


def _describe(sources: Sequence[str | PathLike[str]]) -> str:
    """The same words for the same sources on the same machine, so that a repeated upload fulfils the first."""
    paths = sorted(
        show_local(os.path.abspath(source)) + ("/" if os.fspath(source).endswith("/") else "") for source in sources
    )
    return f"{', '.join(paths)} on {socket.gethostname()}"


def _check_quota(files: VersionFiles, plan: SourcePlan, size: int, progress: Progress) -> None:
    """Refuse what does not fit before sending any of it; hashes everything first only when it could be too much."""
    index = files.blobs.index
    used, quota = index.room()
    if quota is None or used + size <= quota:
        return
    progress.start(Phase.HASHING)
    hasher = SourceHasher(files.repository.hash_cache, progress)
    new: dict[bytes, int] = {}
    try:
        for batch in hasher.batches(plan):
            known = index.known([hashed.hash for hashed in batch])
            new.update((hashed.hash, hashed.file.size) for hashed in batch if hashed.hash not in known)
            progress.advance(len(batch), sum(hashed.file.size for hashed in batch))
    finally:
        hasher.close()
    index.check_room(sum(new.values()))


class _Upload:
    """One run of `put`."""

    def __init__(self, files: VersionFiles, progress: Progress) -> None:
        self._files = files
        self._blobs = files.blobs
        self._database = files.repository.database
        self._progress = progress
        self._builder = PackBuilder()
        self._packed: list[Entry] = []  # files whose blobs are in the builder
        self._sending: deque[tuple[Future[None], set[bytes]]] = deque()
        self._recent: set[bytes] = set()  # blobs sent since the index was last asked
        self._waiting: list[HashedFile] = []  # files whose blobs were sent with another file
        self._is_fresh = files.base == EMPTY.hash and next(files.entries(), None) is None
        self._lost = self._blobs.index.condemned()  # sent again even when the version has them
        self._count = self._size = self._sent_count = self._sent_size = 0

    def run(self, plan: SourcePlan) -> TransferResult:
        hasher = SourceHasher(self._files.repository.hash_cache, self._progress)
        try:
            for batch in hasher.batches(plan):
                self._add(batch)
            self._finish()
        finally:
            hasher.close()
            self._abandon()
        return TransferResult(self._count, self._size, self._sent_count, self._sent_size)

    def _add(self, batch: list[HashedFile]) -> None:
        self._recent = set().union(*(hashes for _, hashes in self._sending))
        self._count += len(batch)
        self._size += sum(hashed.file.size for hashed in batch)
        changed = batch if self._is_fresh else self._changed(batch)
        known = self._blobs.index.known([hashed.hash for hashed in changed])
        here = [hashed for hashed in changed if hashed.hash in known]
        usable = self._stage_known(here)
        for hashed in changed:
            if hashed.hash not in usable:
                self._send(hashed)

    def _changed(self, batch: list[HashedFile]) -> list[HashedFile]:
        """Leave out what the version has already."""
        current = self._files.find_many(sorted(hashed.file.path for hashed in batch))
        changed = [
            hashed for hashed in batch if current.get(hashed.file.path) != _entry(hashed) or hashed.hash in self._lost
        ]
        skipped = len(batch) - len(changed)
        size = sum(hashed.file.size for hashed in batch) - sum(hashed.file.size for hashed in changed)
        self._progress.advance(skipped, size, skipped=True)
        return changed

    def _stage_known(self, here: list[HashedFile]) -> set[bytes]:
        """Stage files whose content the provider has; returns the hashes that could be used."""
        if not here:
            return set()
        with self._database.write() as connection:
            staging.fence(connection, self._files.version.key)
            usable = self._blobs.index.touch(connection, list({hashed.hash for hashed in here}))
            entries = [_entry(hashed) for hashed in here if hashed.hash in usable]
            staging.stage(self._database, connection, self._files.version.key, entries)
        self._progress.advance(len(entries), sum(entry.size for entry in entries), skipped=True)
        return usable

    def _send(self, hashed: HashedFile) -> None:
        if hashed.hash in self._recent:
            self._waiting.append(hashed)
        elif hashed.file.size >= SMALL_BLOB:
            self._sent_count += 1
            self._sent_size += hashed.file.size
            self._start(lambda: self._send_large(hashed), {hashed.hash})
        else:
            content = hashed.content or _read(hashed.file)
            self._builder.add(hashed.hash, hashed.file.size, content.encoding, content.stored)
            self._packed.append(_entry(hashed))
            if self._builder.is_full or len(self._packed) >= _FILES_PER_PACK:
                self._send_pack()

    def _send_pack(self) -> None:
        if not self._packed:
            return
        entries, self._packed = self._packed, []
        pack = self._builder.finish()

        def work() -> None:
            self._blobs.put_pack(pack)
            with self._database.write() as connection:
                staging.fence(connection, self._files.version.key)
                self._blobs.index.record_pack(connection, pack)
                staging.stage(self._database, connection, self._files.version.key, entries)
            self._progress.advance(len(entries), sum(entry.size for entry in entries))

        self._sent_count += len(entries)
        self._sent_size += sum(blob.size for blob in pack.blobs)
        self._start(work, {blob.hash for blob in pack.blobs})

    def _send_large(self, hashed: HashedFile) -> None:
        file = hashed.file
        self._blobs.put_large(hashed.hash, _Chunks(file, self._progress), file.size, lambda: _changed_while_read(file))
        with self._database.write() as connection:
            staging.fence(connection, self._files.version.key)
            self._blobs.index.record_object(connection, hashed.hash, file.size)
            staging.stage(self._database, connection, self._files.version.key, [_entry(hashed)])
        self._progress.advance(files=1)

    def _start(self, work: Callable[[], None], hashes: set[bytes]) -> None:
        while len(self._sending) >= _IN_FLIGHT:
            self._sending.popleft()[0].result()
        self._sending.append((self._blobs.pool.submit(work), hashes))
        self._recent |= hashes

    def _wait_for_all(self) -> None:
        while self._sending:
            self._sending.popleft()[0].result()

    def _finish(self) -> None:
        """Send and stage what is left; files whose content came with another file of this upload come last."""
        while True:
            self._send_pack()
            self._wait_for_all()
            waiting, self._waiting, self._recent = self._waiting, [], set()
            if not waiting:
                return
            usable = self._stage_known(waiting)
            for hashed in waiting:
                if hashed.hash not in usable:  # garbage collection took it: once more
                    self._send(hashed)

    def _abandon(self) -> None:
        """After an error: begin nothing more, and let what is on its way arrive."""
        for future, _ in self._sending:
            future.cancel()
        wait([future for future, _ in self._sending])


class _Chunks:
    """The bytes of a large file, each time from the beginning, counted as they are handed out."""

    def __init__(self, file: SourceFile, progress: Progress) -> None:
        self._file = file
        self._progress = progress

    def __iter__(self) -> Iterator[bytes]:
        for chunk in stream_file_checked(*_stat(self._file)):
            yield chunk
            self._progress.advance(bytes=len(chunk))


def _stat(file: SourceFile) -> tuple[str, int, int, int]:
    return file.local, file.size, file.mtime_ns, file.inode


def _read(file: SourceFile) -> Content:
    return Content(*encode(read_file_checked(*_stat(file))))


def _entry(hashed: HashedFile) -> Entry:
    return Entry(hashed.file.path, hashed.file.size, hashed.hash, hashed.file.executable)


def _changed_while_read(file: SourceFile) -> GradientDataError:
    return ErrorKind.SOURCE_CHANGED(path=file.local)
