"""What travels in the body of a request to S3 or of its answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, NamedTuple

from .objects import Bytes

if TYPE_CHECKING:
    from obstore import GetResult


class Answer(NamedTuple):
    """What came of asking for a range: of the ``size`` bytes of the body, those with ``skip <= i < stop`` are it."""

    result: GetResult
    skip: int
    stop: int
    size: int

    @property
    def is_exact(self) -> bool:
        """Whether the body is what was asked for and nothing else."""
        return (self.skip, self.stop) == (0, self.size)


class Counted:
    """The pieces of an upload, counted; remembers an error of their source, to tell it from one of the store."""

    def __init__(self, chunks: Iterable[Bytes], mismatch: Callable[[int], Exception], size: int) -> None:
        self._chunks = iter(chunks)
        self._mismatch = mismatch
        self._size = size
        self._given = 0
        self.error: BaseException | None = None

    def __iter__(self) -> Counted:
        return self

    def __next__(self) -> Bytes:
        try:
            chunk = next(self._chunks, None)
            self._given += len(chunk) if chunk is not None else 0
            if self._given > self._size or (chunk is None and self._given < self._size):
                raise self._mismatch(self._given)
        except BaseException as error:
            self.error = error
            raise
        if chunk is None:
            raise StopIteration
        return chunk
