"""Which notebooks the user trusts, so that JupyterLab shows their outputs as they are: what Jupyter itself keeps."""

# mypy: disallow-untyped-calls=False
# Jupyter's managers have no type hints.

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TypeVar

from nbformat.sign import MemorySignatureStore, NotebookNotary, SignatureStore, SQLiteSignatureStore
from traitlets.config import Config as Traits

T = TypeVar("T")


def make_notary(traits: Traits) -> NotebookNotary:
    """Jupyter's notary, for use by many threads."""
    notary = NotebookNotary(config=traits, store_factory=MemorySignatureStore)
    if notary.db_file != ":memory:":
        notary.store = _Signatures(notary.db_file)
    notary.secret  # noqa: B018  made here, by one thread, when there is none yet
    return notary


class _Signatures(SignatureStore):
    """The signatures of trusted notebooks that Jupyter keeps; SQLite wants a connection for each thread."""

    def __init__(self, db_file: str) -> None:
        super().__init__()
        self._db_file = db_file

    def store_signature(self, digest: str, algorithm: str) -> None:
        self._do(lambda store: store.store_signature(digest, algorithm))

    def check_signature(self, digest: str, algorithm: str) -> bool:
        return self._do(lambda store: bool(store.check_signature(digest, algorithm)))

    def remove_signature(self, digest: str, algorithm: str) -> None:
        self._do(lambda store: store.remove_signature(digest, algorithm))

    def _do(self, act: Callable[[SQLiteSignatureStore], T]) -> T:
        with closing(SQLiteSignatureStore(self._db_file)) as store:
            return act(store)
