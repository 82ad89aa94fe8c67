"""Answers to requests with an idempotency key, so that a request that is sent twice is done once."""

from __future__ import annotations

import hashlib
import threading
import time
from typing import Any

from sqlalchemy import Row, delete, select, update

from jupyter_gradient_data.errors import ErrorKind

from .database import Database, now
from .schema import answers

_KEPT = 24 * 3600 * 1000  # milliseconds for which an answer is given again
_PATIENCE = 60 * 1000  # milliseconds after which a request that was not answered counts as dead
_PRUNE_EVERY = 3600.0  # seconds


class Answers:
    """What was answered to whom, kept for a day.

    The first request calls `begin`, does its work and calls `finish`; when it fails in a way that may be tried again,
    `forget`.  Whoever sends the same request with the same key meanwhile or later is told so by `begin`.

    Parameters
    ----------
    database : Database
        The metadata database.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._pruned = -_PRUNE_EVERY

    def begin(self, who: str, key: str, request: bytes) -> tuple[int, bytes] | None:
        """Status and body of the answer already given; None when this request is the first and has to be done.

        Parameters
        ----------
        who : str
            User and route: the same key of others, or to another route, is another key.
        key : str
            As the client chose it.
        request : bytes
            All that makes the request what it is.

        Raises
        ------
        Conflict
            The key was used for another request, or the first one is still being answered.
        """
        self._prune()
        digest, asked, when = _digest(who, key), hashlib.sha256(request).digest(), now()
        mine = select(answers).where(answers.c.key == digest)
        with self._database.read() as connection:  # who only asks again keeps nobody from writing
            row = connection.execute(mine).first()
        if row is not None and (given := _given(row, asked, when)):
            return given
        fresh = {"request": asked, "status": None, "body": None, "created": when}
        with self._database.write() as connection:
            added = self._database.insert_missing(answers).values(key=digest, **fresh)
            if connection.execute(added.returning(answers.c.key)).first() is not None:
                return None
            row = connection.execute(mine.with_for_update()).first()
            if row is None:  # forgotten at this moment: whoever asks again is the first
                raise ErrorKind.KEY_IN_USE()
            if given := _given(row, asked, when):
                return given
            connection.execute(update(answers).where(answers.c.key == digest).values(fresh))
        return None

    def finish(self, who: str, key: str, status: int, body: bytes) -> None:
        """Keep the answer, to be given again."""
        given = update(answers).where(answers.c.key == _digest(who, key))
        with self._database.write() as connection:
            connection.execute(given.values(status=status, body=body))

    def forget(self, who: str, key: str) -> None:
        """The request failed and may be sent again with the same key."""
        unanswered = delete(answers).where(answers.c.key == _digest(who, key), answers.c.status.is_(None))
        with self._database.write() as connection:
            connection.execute(unanswered)

    def _prune(self) -> None:
        with self._lock:
            if time.monotonic() - self._pruned < _PRUNE_EVERY:
                return
            self._pruned = time.monotonic()
        with self._database.write() as connection:
            connection.execute(delete(answers).where(answers.c.created < now() - _KEPT))


def _given(row: Row[Any], asked: bytes, when: int) -> tuple[int, bytes] | None:
    """The answer that a row holds; None when the request may be done anew, because it died or was long ago."""
    if row.created < when - _KEPT:
        return None
    if row.request != asked:
        raise ErrorKind.KEY_REUSED()
    if row.status is not None:
        return row.status, row.body
    if row.created >= when - _PATIENCE:
        raise ErrorKind.KEY_IN_USE()
    return None


def _digest(who: str, key: str) -> bytes:
    # The length keeps "a" + "bc" and "ab" + "c" apart.
    return hashlib.sha256(f"{len(who)}:{who}:{key}".encode(errors="surrogatepass")).digest()
