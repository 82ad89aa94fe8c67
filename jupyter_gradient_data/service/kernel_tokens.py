"""API tokens of a server's kernels: one for each, made when it starts and revoked when it ends.

A token's name says which process made it, so that the next server of the notebook run finds what one that was killed
has left behind.
"""

from __future__ import annotations

import re
import socket
import threading
from contextlib import suppress

from jupyter_gradient_data.blobs.owners import has_ended, own_name
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import Access, NewToken

from .tokens import TokenRegistry

_DAYS = 90
_NAME = re.compile(r"Kernel of notebook run (.+) on (\S+) \(([0-9a-f]+)-(\d+-\d+)\)")
_RUN, _HOST = 36, 22  # characters of them that a name has room for
_PAGE = 1000


class KernelTokens:
    """Those of one server; from any thread.

    Parameters
    ----------
    tokens : TokenRegistry
        Of the team.
    notebook : str
        The server's notebook run.
    """

    def __init__(self, tokens: TokenRegistry, notebook: str) -> None:
        self._tokens = tokens
        self._run = notebook[:_RUN]
        self._host = re.sub(r"[^\w.-]", "_", socket.gethostname())[:_HOST] or "localhost"
        self._lock = threading.Lock()
        self._made: set[str] = set()
        self._is_closed = False

    def create(self) -> NewToken:
        """Make one: it reads and writes all datasets and changes nothing else."""
        name = f"Kernel of notebook run {self._run} on {self._host} ({own_name()})"
        made = self._tokens.create(name, Access.WRITE, (), _DAYS)
        with self._lock:
            self._made.add(made.token.id)
            is_late = self._is_closed
        if is_late:
            self.revoke(made.token.id)
        return made

    def revoke(self, token: str) -> None:
        """End one, by its id; one that has ended is no error."""
        with self._lock:
            self._made.discard(token)
        with suppress(GradientDataError):  # it expires
            self._tokens.delete(token)

    def revoke_leftovers(self) -> int:
        """End those of killed servers of this notebook run on this machine; returns how many."""
        count = 0
        after: str | None = None
        while True:
            page = self._tokens.page(_PAGE, after)
            for token in page.items:
                if self._is_left(token.name):
                    self.revoke(token.id)
                    count += 1
            if (after := page.next_token) is None:
                return count

    def close(self) -> None:
        """End all: so do their kernels."""
        with self._lock:
            self._is_closed = True
            made = list(self._made)
        for token in made:
            self.revoke(token)

    def _is_left(self, name: str) -> bool:
        found = _NAME.fullmatch(name)
        if found is None or found[1] != self._run or found[2] != self._host:
            return False
        place, process = found[3], found[4]
        # Of another place under the same name: this machine, before it was started again.
        return place != own_name().partition("-")[0] or has_ended(f"{place}-{process}")
