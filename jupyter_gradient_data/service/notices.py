"""What has changed, through whichever client and process: a feed for those who show it."""

from __future__ import annotations

import threading
import time

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.models import Action, Notice, Thing
from jupyter_gradient_data.stores import notices
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.providers import as_time

_OVERLAP = 60 * 1000  # milliseconds that a transaction may take to end after its notice was written
_KEPT = 7 * 24 * 3600 * 1000  # milliseconds; nobody asks for older ones
_PRUNE_EVERY = 3600.0  # seconds


class NoticeFeed:
    """Changes since the last look, whoever made them.

    Parameters
    ----------
    repository : Repository
        Whose changes.

    Notes
    -----
    Only the newest change of a thing is known: one that was made and changed between two looks shows as changed.  A
    notice means "look at it again".
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], int] | None = None  # times of notices within the overlap
        self._newest = 0
        self._pruned = time.monotonic()

    def poll(self) -> tuple[Notice, ...]:
        """Changes that were not returned before, oldest first; the first call only begins to watch."""
        with self._lock:
            self._prune()
            team = self._repository.team
            with self._repository.database.read() as connection:
                if self._seen is None:
                    self._newest = notices.newest(connection, team)
                rows = notices.later_than(connection, team, self._newest - _OVERLAP)
            begun, seen = self._seen is not None, self._seen or {}
            new = [row for row in rows if seen.get((row.thing, row.subject)) != row.time]
            self._newest = max((row.time for row in rows), default=self._newest)
            self._seen = {(row.thing, row.subject): row.time for row in rows if row.time > self._newest - _OVERLAP}
        if not begun:
            return ()
        return tuple(Notice(Thing(row.thing), row.subject, Action(row.action), as_time(row.time)) for row in new)

    def _prune(self) -> None:
        if time.monotonic() - self._pruned < _PRUNE_EVERY:
            return
        self._pruned = time.monotonic()
        with self._repository.database.write() as connection:
            notices.forget(connection, self._repository.team, now() - _KEPT)
