"""How much one user may ask at once, and how often anybody may guess."""

from __future__ import annotations

import functools
import hashlib
import time
from collections.abc import Callable

from jupyter_gradient_data.errors import ErrorKind

_KNOWN = 10_000  # users or addresses remembered at most; those at rest are forgotten first
_MINUTE = 60.0


class Limits:
    """Bounds the requests of each user: at the same time, and in a minute.

    Parameters
    ----------
    at_once : int
        Requests that may be on their way.
    per_minute : int
        Requests in a minute; whoever was silent for a minute may send as many at once.
    clock : callable
        Seconds; only differences count.
    """

    def __init__(self, at_once: int, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._at_once = at_once
        self._per_minute = per_minute
        self._clock = clock
        self._users: dict[str, _User] = {}

    def enter(self, who: str) -> Callable[[], None]:
        """Count a request in; call what it returns when the request has ended.

        Raises
        ------
        TooMany
            The user has too many on their way, or had too many in the last minute.
        """
        now = self._clock()
        user = self._users.get(who)
        if user is None:
            if len(self._users) >= _KNOWN:
                self._users = {name: user for name, user in self._users.items() if user.running}
            user = self._users[who] = _User(self._per_minute, now)
        user.left = min(self._per_minute, user.left + (now - user.seen) * self._per_minute / _MINUTE)
        user.seen = now
        if user.left < 1 or user.running >= self._at_once:
            raise ErrorKind.TOO_MANY_REQUESTS(seconds=1)
        user.left -= 1
        user.running += 1
        return functools.partial(_leave, user)


class Attempts:
    """Bounds how often wrong tokens are tried from one address; a token that was right before is let through.

    Parameters
    ----------
    per_minute : int
        Wrong tokens; after that many, tokens that are not known to be right are refused unseen.
    clock : callable
        Seconds; only differences count.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._failures: dict[str, tuple[float, int]] = {}  # since when, how many
        self._right: dict[bytes, None] = {}  # digests, the oldest first

    def check(self, address: str, token: str) -> None:
        """Refuse a token of which nothing is known when too many from this address were wrong.

        Raises
        ------
        TooMany
            They were; it says when to try again.
        """
        since, count = self._failures.get(address, (0.0, 0))
        left = since + _MINUTE - self._clock()
        if count >= self._per_minute and left > 0 and _digest(token) not in self._right:
            raise ErrorKind.TOO_MANY_REQUESTS(seconds=max(1, left))

    def failed(self, address: str) -> None:
        """A token from this address was wrong."""
        now = self._clock()
        since, count = self._failures.get(address, (now, 0))
        if now - since >= _MINUTE:
            since, count = now, 0
        if len(self._failures) >= _KNOWN:
            self._failures = {name: entry for name, entry in self._failures.items() if now - entry[0] < _MINUTE}
        self._failures[address] = since, count + 1

    def succeeded(self, token: str) -> None:
        """A token was right."""
        self._right[_digest(token)] = None
        if len(self._right) > _KNOWN:
            del self._right[next(iter(self._right))]


class _User:
    __slots__ = ("left", "running", "seen")

    def __init__(self, left: float, seen: float) -> None:
        self.left = left
        self.seen = seen
        self.running = 0


def _leave(user: _User) -> None:
    user.running -= 1


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
