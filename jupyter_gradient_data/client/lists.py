"""Lists that come in pages: asked for as they are read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar, overload

from jupyter_gradient_data.models import Page

from .show.tables import ROWS, Table

T = TypeVar("T")

_PAGE = 1000  # items asked for at once


class Listing(Sequence[T], Generic[T]):
    """A list of handles; what was read of it is kept, so it is the list as it was then.

    Parameters
    ----------
    fetch : callable
        Gives the page that begins after a token: ``fetch(limit, after)``.
    table : callable
        What is shown of the first items, and how many there are beside them.
    """

    def __init__(self, fetch: Callable[[int, str | None], Page[T]], table: Callable[[Sequence[T], int], Table]) -> None:
        self._fetch = fetch
        self._table = table
        self._seen: list[T] = []
        self._after: str | None = None
        self._is_whole = False

    def __len__(self) -> int:
        self._read(None)
        return len(self._seen)

    def __iter__(self) -> Iterator[T]:
        place = 0
        while self._read(place + 1):
            yield self._seen[place]
            place += 1

    @overload
    def __getitem__(self, key: int) -> T: ...

    @overload
    def __getitem__(self, key: slice) -> Sequence[T]: ...

    def __getitem__(self, key: int | slice) -> T | Sequence[T]:
        if isinstance(key, slice):
            ends_early = key.stop is not None and key.stop >= 0 and (key.start is None or key.start >= 0)
            self._read(key.stop if ends_early else None)
            return self._seen[key]
        self._read(key + 1 if key >= 0 else None)
        return self._seen[key]

    def __bool__(self) -> bool:
        return self._read(1)

    def __repr__(self) -> str:
        return self.table().text()

    def _repr_html_(self) -> str:
        return self.table().html()

    def table(self) -> Table:
        """The first items as a table, for whoever shows them otherwise."""
        count = len(self)
        return self._table(self._seen[:ROWS], max(0, count - ROWS))

    def _read(self, count: int | None) -> bool:
        """Read until there are so many (None: all); whether there are."""
        while not self._is_whole and (count is None or len(self._seen) < count):
            page = self._fetch(_PAGE, self._after)
            self._seen += page.items
            self._after = page.next_token
            self._is_whole = page.next_token is None
        return count is None or len(self._seen) >= count


def all_items(fetch: Callable[[str | None], Page[T]], most: int | None = None) -> Iterator[T]:
    """The items of all pages of a list of the service, or the first ``most`` of them."""
    after, count = None, 0
    while True:
        page = fetch(after)
        for item in page.items:
            if most is not None and count >= most:
                return
            yield item
            count += 1
        after = page.next_token
        if after is None:
            return
