"""The blob index: which blobs a provider has, and where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple

from sqlalchemy import Connection, Table, bindparam, or_, select, update

from jupyter_gradient_data.stores.database import Database, now
from jupyter_gradient_data.stores.schema import blobs, packs, providers

from .packs import Encoding, Pack, PackedBlob
from .room import Room

_PAGE = 10_000  # rows read at a time when going over all blobs
_BATCH = 500  # hashes in one statement; more does not make it faster


class Location(NamedTuple):
    """Where a blob's bytes are.

    Parameters
    ----------
    pack : str or None
        Pack id; None for an object of its own.
    offset, length : int
        Place within the pack, in bytes.
    size : int
        Bytes of the content.
    encoding : int
        `packs.Encoding`.
    """

    pack: str | None
    offset: int
    length: int
    size: int
    encoding: int


class StoredBlob(NamedTuple):
    """A blob and what it takes: its hash, its pack (None: an object of its own), its bytes in the store."""

    hash: bytes
    pack: str | None
    length: int


# Made once: making it takes longer than executing it, and each small file that is read alone is looked up.
_FIND = (
    select(blobs.c.hash, packs.c.id, blobs.c.offset, blobs.c.length, blobs.c.size, blobs.c.encoding)
    .select_from(blobs.outerjoin(packs))
    .where(blobs.c.provider_key == bindparam("provider"), blobs.c.hash.in_(bindparam("hashes", expanding=True)))
)


class BlobIndex:
    """The rows of one provider in the tables ``blobs`` and ``packs``.

    Parameters
    ----------
    database : Database
        The metadata database.
    provider_key : int
        The provider's row.
    provider_name : str
        For error messages.
    """

    def __init__(self, database: Database, provider_key: int, provider_name: str) -> None:
        self._database = database
        self._provider = provider_key
        self._provider_name = provider_name

    def transaction(self) -> AbstractContextManager[Connection]:
        """A transaction that may change the index and whatever uses its blobs."""
        return self._database.write()

    def find(self, hashes: Sequence[bytes]) -> dict[bytes, Location]:
        """Where these blobs are; those the provider does not have are left out."""
        found: dict[bytes, Location] = {}
        with self._database.read() as connection:
            for batch in _batches(hashes):
                for row in connection.execute(_FIND, {"provider": self._provider, "hashes": batch}):
                    found[row[0]] = Location(*row[1:])
        return found

    def known(self, hashes: Sequence[bytes]) -> set[bytes]:
        """Which of these blobs need not be sent; `touch` them when staging them, for they may vanish until then."""
        found: set[bytes] = set()
        query = select(blobs.c.hash).where(blobs.c.provider_key == self._provider, blobs.c.condemned.is_(None))
        with self._database.read() as connection:
            for batch in _batches(hashes):
                found.update(connection.scalars(query.where(blobs.c.hash.in_(batch))))
        return found

    def touch(self, connection: Connection, hashes: Sequence[bytes]) -> set[bytes]:
        """Decide, in the caller's transaction, to use blobs that are there.

        Returns
        -------
        set of bytes
            Those that may be used.  The others are unknown or condemned by garbage collection: send them again.
        """
        # The update locks each row, so that garbage collection cannot condemn it between this decision and its commit.
        # Sorted, so that two writers lock in the same order and never wait for each other in a circle.
        usable: set[bytes] = set()
        statement = update(blobs).where(blobs.c.provider_key == self._provider, blobs.c.condemned.is_(None))
        for batch in _batches(sorted(hashes)):
            touched = statement.where(blobs.c.hash.in_(batch)).values(touched=now()).returning(blobs.c.hash)
            usable.update(connection.scalars(touched))
        return usable

    def distrust(self, hashes: Iterable[bytes]) -> None:
        """Note that the store has lost or damaged these blobs: whoever puts their content again sends it again."""
        with self._database.write() as connection:
            self._condemn(connection, sorted(set(hashes)))

    def distrust_packs(self, pack_ids: Iterable[str]) -> None:
        """The same for all that is in these packs."""
        query = select(blobs.c.hash).select_from(blobs.join(packs)).where(blobs.c.provider_key == self._provider)
        with self._database.write() as connection:
            for batch in _batches(sorted(set(pack_ids))):
                self._condemn(connection, sorted(connection.scalars(query.where(packs.c.id.in_(batch)))))

    def condemned(self) -> set[bytes]:
        """Blobs that must be sent again by whoever has their content."""
        query = select(blobs.c.hash).where(blobs.c.provider_key == self._provider, blobs.c.condemned.is_not(None))
        with self._database.read() as connection:
            return set(connection.scalars(query))

    def record_pack(self, connection: Connection, pack: Pack) -> None:
        """Note a pack that is in the store; counts its bytes against the quota.

        Raises
        ------
        QuotaExceeded
            They do not fit; the caller's transaction is rolled back.
        """
        self.record_blobs(connection, pack.id, len(pack.data), pack.blobs)

    def record_blobs(
        self,
        connection: Connection,
        pack_id: str,
        size: int,
        packed: Sequence[PackedBlob],
        *,
        quota: bool = True,
        replace: bool = True,
    ) -> None:
        """The same from what a pack's footer says.

        Without ``quota`` the pack is counted even when it does not fit; without ``replace`` blobs that are known stay
        where they are.
        """
        row = {
            "provider_key": self._provider,
            "id": pack_id,
            "size": size,
            "blobs": len(packed),
            "created": now(),
        }
        if self._is_new(connection, packs, row):
            self._use_bytes(connection, size, quota=quota)
        mine = (packs.c.provider_key == self._provider, packs.c.id == pack_id)
        key = connection.execute(select(packs.c.key).where(*mine)).scalar_one()
        touched = now()
        rows = [
            {
                "provider_key": self._provider,
                "hash": blob_hash,
                "pack_key": key,
                "offset": offset,
                "length": length,
                "size": blob_size,
                "encoding": encoding,
                "touched": touched,
                "condemned": None,
            }
            for blob_hash, offset, length, blob_size, encoding in sorted(packed)
        ]
        # Replaces: the row may be of a condemned blob, which this pack brings back.
        insert = self._database.insert_or_replace if replace else self._database.insert_missing
        connection.execute(insert(blobs), rows)

    def record_object(self, connection: Connection, blob_hash: bytes, size: int, *, quota: bool = True) -> None:
        """Note a large blob that is in the store; counts its bytes against the quota."""
        row = {
            "provider_key": self._provider,
            "hash": blob_hash,
            "pack_key": None,
            "offset": 0,
            "length": size,
            "size": size,
            "encoding": int(Encoding.RAW),
            "touched": now(),
            "condemned": None,
        }
        if self._is_new(connection, blobs, row):
            self._use_bytes(connection, size, quota=quota)
        else:  # perhaps condemned: it has just been sent again
            connection.execute(self._database.insert_or_replace(blobs), row)

    def pack_sizes(self, pack_ids: Iterable[str]) -> dict[str, int]:
        """Bytes of these packs."""
        sizes: dict[str, int] = {}
        query = select(packs.c.id, packs.c.size).where(packs.c.provider_key == self._provider)
        with self._database.read() as connection:
            for batch in _batches(sorted(pack_ids)):
                sizes.update((row[0], row[1]) for row in connection.execute(query.where(packs.c.id.in_(batch))))
        return sizes

    def pages(self) -> Iterator[list[StoredBlob]]:
        """All blobs in the order of their hashes, some thousand at a time."""
        query = select(blobs.c.hash, packs.c.id.label("pack"), blobs.c.length).select_from(blobs.outerjoin(packs))
        query = query.where(blobs.c.provider_key == self._provider).order_by(blobs.c.hash).limit(_PAGE)
        last = b""
        while True:
            with self._database.read() as connection:
                page = [StoredBlob(*row) for row in connection.execute(query.where(blobs.c.hash > last))]
            if not page:
                return
            yield page
            last = page[-1].hash

    def all_packs(self) -> dict[str, int]:
        """Ids and sizes in bytes of all packs."""
        query = select(packs.c.id, packs.c.size).where(packs.c.provider_key == self._provider)
        with self._database.read() as connection:
            return {row.id: row.size for row in connection.execute(query)}

    def room(self) -> Room:
        """Bytes used, and the quota."""
        query = select(providers.c.used_bytes, providers.c.quota_bytes).where(providers.c.key == self._provider)
        with self._database.read() as connection:
            row = connection.execute(query).one()
        return Room(self._provider_name, row[0], row[1])

    def check_room(self, needed: int) -> None:
        """Raise `QuotaExceeded` unless ``needed`` more bytes fit now."""
        self.room().check(needed)

    def _condemn(self, connection: Connection, hashes: Sequence[bytes]) -> None:
        trusted = update(blobs).where(blobs.c.provider_key == self._provider, blobs.c.condemned.is_(None))
        for batch in _batches(hashes):
            connection.execute(trusted.where(blobs.c.hash.in_(batch)).values(condemned=now()))

    def _is_new(self, connection: Connection, table: Table, row: dict[str, object]) -> bool:
        # Not by the row count: SQLAlchemy has none where it asks PostgreSQL for a new key.
        inserted = self._database.insert_missing(table).returning(*table.primary_key)
        return connection.execute(inserted, row).first() is not None

    def _use_bytes(self, connection: Connection, size: int, *, quota: bool) -> None:
        # One conditional statement, so that any number of clients together cannot exceed the quota.
        grown = update(providers).where(providers.c.key == self._provider)
        if quota:
            fits = providers.c.used_bytes + size <= providers.c.quota_bytes
            grown = grown.where(or_(providers.c.quota_bytes.is_(None), fits))
        if connection.execute(grown.values(used_bytes=providers.c.used_bytes + size)).rowcount == 0:
            raise self.room().refusal(size)


def _batches(items: Sequence[bytes] | Sequence[str]) -> Iterable[Sequence[bytes] | Sequence[str]]:
    return (items[i : i + _BATCH] for i in range(0, len(items), _BATCH))
