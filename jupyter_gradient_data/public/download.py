"""Bringing one file here, whatever its sources do: parts are kept and continued, mirrors tried, bytes checked.

Of each file there are two things while it is fetched: the bytes that have arrived, and what was said of the file they
are of.  They are enough to go on after any end of the program.
"""

from __future__ import annotations

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from urllib3.exceptions import MaxRetryError
from urllib3.util.retry import Retry

from jupyter_gradient_data.progress import Progress

from .checking import Checker, Expected
from .items import Item
from .manifests import read_struct, write_struct
from .opened import Opened, SourceError
from .sources import Place, Sources

_PIECE = 1024 * 1024
_GAIN = 1024 * 1024  # new bytes after which a source has all its tries again
_SLICE = 0.1  # seconds between two looks at whether to stop


class StoppedError(Exception):
    """Another file has failed in a way that makes this one pointless."""


class Fetched(msgspec.Struct, frozen=True):
    """Where a file was fetched from, its size and SHA-256."""

    url: str
    size: int
    sha256: str


class _State(msgspec.Struct, frozen=True):
    """What was said of the file whose first bytes are here."""

    url: str
    validator: str | None
    expected: Expected


class Downloads:
    """Fetches files into one folder, several at a time.

    Parameters
    ----------
    sources : Sources
        Where from.
    folder : Path
        Where what has arrived is kept.
    progress : Progress
        Told of bytes; stops all when it is told to stop.
    retries : Retry
        How often and how patiently a source is asked again.
    """

    def __init__(self, sources: Sources, folder: Path, progress: Progress, retries: Retry) -> None:
        self.stop = threading.Event()
        self._sources = sources
        self._folder = folder
        self._progress = progress
        self._retries = retries

    def part(self, item: Item) -> Path:
        """Where the bytes of a file are."""
        return self._folder / f"{item.key}.part"

    def arrived(self, item: Item) -> int:
        """How many of its bytes are here and can be used."""
        if self._state(item) is None:
            return 0
        try:
            return self.part(item).stat().st_size
        except OSError:
            return 0

    def fetch(self, item: Item) -> Fetched:
        """Fetch a file; its bytes are then in `part`.

        Raises
        ------
        SourceError
            No source gives it; the text has the reasons of each.
        Cancelled, StoppedError
            It was told to stop.
        OSError
            The disk is full, or cannot be written.
        """
        self.check()
        reasons = []
        for place in item.places:
            try:
                return _Attempt(self, item, place).run()
            except SourceError as error:
                reasons.append(f"{place.shown}: {error}")
        raise SourceError("; ".join(reasons))

    def check(self) -> None:
        """Raise `Cancelled` or `StoppedError` when it was told to stop."""
        self._progress.check()
        if self.stop.is_set():
            raise StoppedError

    def forget(self, item: Item) -> None:
        """Remove what is kept of a file."""
        self.part(item).unlink(missing_ok=True)
        self._state_file(item).unlink(missing_ok=True)

    def _state_file(self, item: Item) -> Path:
        return self._folder / f"{item.key}.json"

    def _state(self, item: Item) -> _State | None:
        state: _State | None = read_struct(self._state_file(item), _State)
        return state if state is not None and state.expected == item.expected else None


class _Attempt:
    """One file from one source."""

    def __init__(self, downloads: Downloads, item: Item, place: Place) -> None:
        self._all = downloads
        self._item = item
        self._place = place
        self._expected = item.expected
        self._checker = Checker(self._expected)
        self._validator: str | None = None
        self._was_resumed = False
        self._second_chance = True

    def run(self) -> Fetched:
        """Ask until the file is complete, or it is hopeless."""
        with self._open_part() as part:
            self._take_up(part)
            retries, best = self._all._retries, self._checker.count
            while True:
                try:
                    if self._expected.size is None or self._checker.count != self._expected.size:
                        self._receive(part)
                    return self._finish(part)
                except SourceError as error:
                    if isinstance(error, _WrongContentError):
                        is_hopeless = not (self._was_resumed and self._second_chance)
                        self._begin_again(part)  # what was here before may be to blame
                        self._second_chance = False
                        if not is_hopeless:
                            continue
                    if not error.may_pass:
                        raise
                    if self._checker.count >= best + _GAIN:
                        retries, best = self._all._retries, self._checker.count
                    try:
                        retries = retries.increment("GET", self._place.url, error=error)
                    except MaxRetryError:
                        raise error from None
                    self._pause(max(error.pause, retries.get_backoff_time()))

    # --- what is here already ---------------------------------------------------------------------------------------

    def _take_up(self, part: _Part) -> None:
        """Read what is here, when it can be continued."""
        state = self._all._state(self._item)
        if state is None:
            part.truncate()
            return
        same = state.url == self._place.url
        if not self._expected.is_whole and not (same and state.validator):
            part.truncate()  # nobody could tell afterwards whether the two halves fit
            return
        self._validator = state.validator if same else None
        for piece in part.pieces():
            self._all.check()
            self._checker.update(piece)
            self._all._progress.advance(bytes=len(piece), skipped=True)
        self._was_resumed = self._checker.count > 0
        if self._checker.early_problem():
            self._begin_again(part)

    def _begin_again(self, part: _Part) -> None:
        self._all._progress.advance(bytes=-self._checker.count)
        part.truncate()
        self._checker = Checker(self._expected)
        self._validator = None
        self._was_resumed = False

    # --- what comes -------------------------------------------------------------------------------------------------

    def _receive(self, part: _Part) -> None:
        """Read from the source until it ends."""
        if self._checker.count and self._validator is None and not self._expected.is_whole:
            self._begin_again(part)
        opened = self._all._sources.open(self._place, self._checker.count, self._validator)
        with contextlib.closing(opened):
            self._accept(part, opened)
            for piece in opened.pieces:
                self._all.check()
                part.write(piece)
                self._checker.update(piece)
                self._all._progress.advance(bytes=len(piece))
                if problem := self._checker.early_problem():
                    raise _WrongContentError(problem)
        if opened.size is not None and self._checker.count < opened.size:
            raise SourceError("the connection broke", may_pass=True)

    def _accept(self, part: _Part, opened: Opened) -> None:
        """Compare what the source says of the file with what is known, before anything of it is read."""
        known = self._expected.size
        if None not in (opened.size, known) and opened.size != known:
            raise SourceError(f"it has {opened.size:,} bytes there, and the catalogue says {known:,}")
        if opened.start and self._validator is not None and opened.validator != self._validator:
            self._begin_again(part)  # it was asked not to go on with another file, and does
            raise SourceError("it changed while it was fetched", may_pass=True)
        if opened.start != self._checker.count:
            self._begin_again(part)
        self._validator = opened.validator
        self._was_resumed = self._was_resumed or opened.start > 0
        state = _State(self._place.url, opened.validator, self._expected)
        write_struct(self._all._state_file(self._item), state)

    def _finish(self, part: _Part) -> Fetched:
        if problem := self._checker.problem():
            raise _WrongContentError(problem)
        part.sync()
        return Fetched(self._place.url, self._checker.count, self._checker.sha256)

    # --- stopping ---------------------------------------------------------------------------------------------------

    def _pause(self, seconds: float) -> None:
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0:
            self._all.check()
            self._all.stop.wait(min(left, _SLICE))
        self._all.check()

    def _open_part(self) -> _Part:
        return _Part(self._all.part(self._item))


class _WrongContentError(SourceError):
    """All came, and it is not the file."""


class _Part:
    """The file that bytes go into, open for as long as it grows."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def __enter__(self) -> _Part:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)

    def pieces(self) -> Iterator[bytes]:
        """All of it; writing goes on behind."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while piece := os.read(self._descriptor, _PIECE):
            yield piece

    def write(self, piece: bytes) -> None:
        """Append."""
        view = memoryview(piece)
        while view:
            view = view[os.write(self._descriptor, view) :]

    def truncate(self) -> None:
        """Begin again."""
        os.ftruncate(self._descriptor, 0)
        os.lseek(self._descriptor, 0, os.SEEK_SET)

    def sync(self) -> None:
        """Let it reach the disk."""
        os.fsync(self._descriptor)
