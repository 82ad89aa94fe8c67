"""Putting local files into an uncommitted version, of this process's own database or on a server.

Files are hashed in batches; what the version or the provider already has is not sent; small blobs fill packs, large
ones travel alone.  Each pack's files become visible in one transaction after the store has acknowledged it, so that an
upload that is killed keeps what has arrived, and the same command sends only the rest.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from os import PathLike

from jupyter_gradient_data.blobs.hash_cache import HashCache
from jupyter_gradient_data.blobs.hashing import read_file_checked, show_local, stream_file_checked
from jupyter_gradient_data.blobs.packs import SMALL_BLOB, PackBuilder, encode
from jupyter_gradient_data.blobs.room import Room
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Phase, TransferResult
from jupyter_gradient_data.progress import Progress

from .ends import Inbox
from .nodes import Entry
from .source_hashes import Content, HashedFile, SourceHasher
from .sources import Plan, SourceFile, plan_sources

FILES_PER_PACK = 20_000  # many files of equal content add nothing to a pack, but wait for it
_IN_FLIGHT = 4  # packs or large files on their way at once; each pack is held in memory until it has arrived


def put(
    open_inbox: Callable[[], Inbox],
    cache: HashCache,
    reference: str,
    sources: Sequence[str | PathLike[str]],
    target: str,
    progress: Progress,
) -> TransferResult:
    """Put files and folders into an uncommitted version.

    Parameters
    ----------
    open_inbox : callable
        Opens the end that takes them.
    cache : HashCache
        What this machine remembers of local files.
    reference : str
        The version.
    sources, target : sequence of paths, str
        As `DataService.put_files` says.
    progress : Progress
        Told what was done.

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
    return put_plan(open_inbox, cache, plan_sources(sources, target), _describe(sources), target or "/", progress)


def put_plan(
    open_inbox: Callable[[], Inbox], cache: HashCache, plan: Plan, source: str, target: str, progress: Progress
) -> TransferResult:
    """Put the files of a plan; ``source`` and ``target`` say, for people, from where to where.

    Another put of the same source to the same target fulfils one that did not end.  Raises what `put` raises.
    """
    inbox = open_inbox()
    room = inbox.begin(source, target)
    progress.start(Phase.SCANNING)
    count, size = plan.measure()
    if not room.has(size):
        _check_quota(inbox, room, SourceHasher(cache, progress, inbox.files_at_once), plan, progress)
    progress.start(Phase.SENDING, count, size)
    inbox.expect(count)
    result = _Upload(inbox, progress).run(plan, SourceHasher(cache, progress, inbox.files_at_once))
    inbox.end()
    progress.finish()
    return result


def _describe(sources: Sequence[str | PathLike[str]]) -> str:
    """The same words for the same sources on the same machine, so that a repeated upload fulfils the first."""
    paths = sorted(
        show_local(os.path.abspath(source)) + ("/" if os.fspath(source).endswith("/") else "") for source in sources
    )
    return f"{', '.join(paths)} on {socket.gethostname()}"


def _check_quota(inbox: Inbox, room: Room, hasher: SourceHasher, plan: Plan, progress: Progress) -> None:
    """Refuse what does not fit before sending any of it: all of it is hashed to know what is new."""
    progress.start(Phase.HASHING)
    new: dict[bytes, int] = {}
    try:
        for batch in hasher.batches(plan):
            known = inbox.known([hashed.hash for hashed in batch])
            new.update((hashed.hash, hashed.file.size) for hashed in batch if hashed.hash not in known)
            progress.advance(len(batch), sum(hashed.file.size for hashed in batch))
    finally:
        hasher.close()
    room.check(sum(new.values()))


class _Upload:
    """One run of `put`."""

    def __init__(self, inbox: Inbox, progress: Progress) -> None:
        self._inbox = inbox
        self._progress = progress
        self._pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="gradient-send")
        self._builder = PackBuilder()
        self._packed: list[Entry] = []  # files whose blobs are in the builder
        self._sending: dict[Future[None], set[bytes]] = {}
        self._recent: set[bytes] = set()  # blobs sent since the index was last asked
        self._waiting: list[HashedFile] = []  # files whose blobs were sent with another file
        self._count = self._size = self._sent_count = self._sent_size = 0

    def run(self, plan: Plan, hasher: SourceHasher) -> TransferResult:
        try:
            for batch in hasher.batches(plan):
                self._add(batch)
            self._finish()
        finally:
            hasher.close()
            self._pool.shutdown(cancel_futures=True)  # after an error: what is on its way may arrive
        return TransferResult(self._count, self._size, self._sent_count, self._sent_size)

    def _add(self, batch: list[HashedFile]) -> None:
        self._recent = set().union(*self._sending.values())
        self._count += len(batch)
        self._size += sum(hashed.file.size for hashed in batch)
        self._offer(batch)

    def _offer(self, batch: list[HashedFile]) -> None:
        """Put files without sending anything where that is possible; send the others."""
        wanted = self._inbox.offer([_entry(hashed) for hashed in batch])
        size = sum(hashed.file.size for hashed in batch) - sum(entry.size for entry in wanted)
        self._progress.advance(len(batch) - len(wanted), size, skipped=True)
        paths = {entry.path for entry in wanted}
        for hashed in batch:
            if hashed.file.path in paths:
                self._send(hashed)

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
            if self._builder.is_full or len(self._packed) >= FILES_PER_PACK:
                self._send_pack()

    def _send_pack(self) -> None:
        if not self._packed:
            return
        entries, self._packed = self._packed, []
        pack = self._builder.finish()

        def work() -> None:
            self._inbox.send_pack(pack, entries)
            self._progress.advance(len(entries), sum(entry.size for entry in entries))

        self._sent_count += len(entries)
        self._sent_size += sum(blob.size for blob in pack.blobs)
        self._start(work, {blob.hash for blob in pack.blobs})

    def _send_large(self, hashed: HashedFile) -> None:
        self._inbox.send_large(_entry(hashed), _FileContent(hashed.file, self._progress))
        self._progress.advance(files=1)

    def _start(self, work: Callable[[], None], hashes: set[bytes]) -> None:
        self._wait_until(_IN_FLIGHT - 1)
        self._sending[self._pool.submit(work)] = hashes
        self._recent |= hashes

    def _wait_until(self, left: int) -> None:
        """Wait until no more than so many are on their way."""
        while len(self._sending) > left:
            for future in wait(self._sending, return_when=FIRST_COMPLETED).done:
                del self._sending[future]
                future.result()

    def _finish(self) -> None:
        """Send and stage what is left; files whose content came with another file of this upload come last."""
        while True:
            self._send_pack()
            self._wait_until(0)
            waiting, self._waiting, self._recent = self._waiting, [], set()
            if not waiting:
                return
            self._offer(waiting)  # what garbage collection took meanwhile is sent once more


class _FileContent:
    """The bytes of a large file; each is counted when it is first handed out."""

    def __init__(self, file: SourceFile, progress: Progress) -> None:
        self._file = file
        self._progress = progress
        self._counted = 0

    def __iter__(self) -> Iterator[bytes]:
        return self.start_at(0)

    def start_at(self, offset: int) -> Iterator[bytes]:
        self._count(offset, skipped=True)
        for chunk in stream_file_checked(*_stat(self._file), start=offset):
            yield chunk
            offset += len(chunk)
            self._count(offset)

    def changed(self) -> GradientDataError:
        return ErrorKind.SOURCE_CHANGED(path=self._file.local)

    def _count(self, end: int, *, skipped: bool = False) -> None:
        new, self._counted = max(0, end - self._counted), max(end, self._counted)
        self._progress.advance(bytes=new, skipped=skipped)


def _stat(file: SourceFile) -> tuple[str, int, int, int]:
    return file.local, file.size, file.mtime_ns, file.inode


def _read(file: SourceFile) -> Content:
    return Content(*encode(read_file_checked(*_stat(file))))


def _entry(hashed: HashedFile) -> Entry:
    return Entry(hashed.file.path, hashed.file.size, hashed.hash, hashed.file.executable)
