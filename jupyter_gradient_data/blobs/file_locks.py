"""Locks between processes, and machines, that share a folder: files, because a network file system may lack locks.

Whoever creates the file has the lock, and touches it again and again.  When its process has ended, or nobody touched
it for some time, the next one takes it over.  That time is measured by whoever waits, so clocks need not agree.

A machine that was suspended for longer than that still believes to have its lock: what is done under one must be
harmless when two do it at once.  It only must not be done twice without need.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec

from jupyter_gradient_data.models import ProgressEvent
from jupyter_gradient_data.progress import Progress

from .hashing import unwritable
from .owners import has_ended, own_name

BEAT = 2.0  # seconds between two touches
PATIENCE = 20.0  # seconds without a touch after which a lock is taken over
_POLLS = (0.01, 0.25)  # seconds between two looks of who waits: at first, and at most
_FLAGS = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FileLocks:
    """Named locks in one folder, which must exist.

    Parameters
    ----------
    folder : Path
        Where their files are.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def hold(self, name: str, progress: Progress) -> Iterator[None]:
        """Have a lock; waits for whoever has it, and shows their progress meanwhile.

        Raises
        ------
        Cancelled
            The work was stopped while it waited.
        StoreFailed
            The folder cannot be written.
        """
        path = self._folder / name
        waiting = _Waiting(path, progress)
        while (lock := _Lock.take(path)) is None:
            waiting.look()
        with lock.held(progress):
            yield

    @contextlib.contextmanager
    def try_hold(self, name: str) -> Iterator[bool]:
        """Have a lock if nobody has it now, or whoever had it has ended; says whether.

        Raises
        ------
        StoreFailed
            The folder cannot be written.
        """
        path = self._folder / name
        lock = _Lock.take(path)
        if lock is None and (seen := _read(path)) is not None and has_ended(seen.owner):
            _remove(path, seen)
            lock = _Lock.take(path)
        if lock is None:
            yield False
            return
        with lock.held(Progress()):
            yield True


class _Lock:
    """A lock file that this process has made."""

    def __init__(self, path: Path, descriptor: int, head: bytes) -> None:
        self._path = path
        self._descriptor = descriptor
        self._head = head

    @classmethod
    def take(cls, path: Path) -> _Lock | None:
        """Make the file; None when there is one."""
        try:
            descriptor = os.open(path, _FLAGS, 0o600)
        except FileExistsError:
            return None
        except OSError as error:
            raise unwritable(path, error) from error
        head = f"{own_name()} {secrets.token_hex(8)}\n".encode()
        with contextlib.suppress(OSError):  # on a full disk a lock without words still is one
            os.write(descriptor, head)
        return cls(path, descriptor, head)

    @contextlib.contextmanager
    def held(self, progress: Progress) -> Iterator[None]:
        """Touch the file until the block ends, then remove it."""
        over = threading.Event()
        beating = threading.Thread(target=self._beat, args=(over, progress), name="gradient-lock", daemon=True)
        beating.start()
        try:
            yield
        finally:
            over.set()
            beating.join()
            with contextlib.suppress(OSError):  # it may have been taken over, or its folder be gone
                if os.path.samestat(os.fstat(self._descriptor), os.lstat(self._path)):
                    self._path.unlink()
            os.close(self._descriptor)

    def _beat(self, over: threading.Event, progress: Progress) -> None:
        while not over.wait(BEAT):
            with contextlib.suppress(OSError):
                words = msgspec.json.encode(progress.event)
                os.pwrite(self._descriptor, words, len(self._head))
                os.ftruncate(self._descriptor, len(self._head) + len(words))
                os.utime(self._descriptor)


class _Seen(msgspec.Struct, frozen=True):
    """What is in a lock file: who made it, a word of its own, when it was touched, and how far the work is."""

    owner: str
    token: str
    touched: int
    event: ProgressEvent | None


class _Waiting:
    """Waiting for one lock."""

    def __init__(self, path: Path, progress: Progress) -> None:
        self._path = path
        self._progress = progress
        self._last: _Seen | None = None
        self._since = time.monotonic()
        self._poll = _POLLS[0]

    def look(self) -> None:
        """Wait a moment; remove the lock when nobody has it any more."""
        self._progress.check()
        seen = _read(self._path)
        if seen is None:
            return
        if seen != self._last:
            self._last, self._since = seen, time.monotonic()
            if seen.event is not None:
                self._progress.relay(seen.event)
        if has_ended(seen.owner) or time.monotonic() - self._since > PATIENCE:
            _remove(self._path, seen)
            return
        time.sleep(self._poll)
        self._poll = min(self._poll * 1.5, _POLLS[1])


def _read(path: Path) -> _Seen | None:
    """A lock file; None when there is none."""
    try:
        # A network file system asks its server only when a file is opened.
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            words, touched = os.read(descriptor, 4096), os.fstat(descriptor).st_mtime_ns
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        return None
    head, _, rest = words.partition(b"\n")
    owner, _, token = head.decode(errors="replace").partition(" ")
    try:
        event = msgspec.json.decode(rest, type=ProgressEvent)
    except msgspec.DecodeError:  # nothing yet, or half of it
        event = None
    return _Seen(owner, token, touched, event)


def _remove(path: Path, seen: _Seen) -> None:
    """Remove a lock that nobody has; another one that came into its place meanwhile is put back."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        path.rename(aside)
    except FileNotFoundError:
        return
    found = _read(aside)
    if found is not None and found.token != seen.token:
        with contextlib.suppress(OSError):  # a third one has made its own: two work at once, which is harmless
            os.link(aside, path)
    aside.unlink(missing_ok=True)
