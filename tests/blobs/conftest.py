"""A provider in an empty database, over both kinds of database where a test asks for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import insert, select, update

from jupyter_gradient_data.blobs.index import BlobIndex
from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.stores.database import Database
from jupyter_gradient_data.stores.layout import Layout
from jupyter_gradient_data.stores.local import LocalStore
from jupyter_gradient_data.stores.schema import blobs, providers, teams

TEAM = "t00000001"


@dataclass
class Place:
    """One provider's row and what stands on it."""

    database: Database
    key: int

    @property
    def index(self) -> BlobIndex:
        """The blob index of the provider."""
        return BlobIndex(self.database, self.key, "the provider")

    @property
    def used(self) -> int:
        """Bytes counted against the quota."""
        return self.index.room().used

    def set_quota(self, quota: int | None) -> None:
        """Bytes that the provider may hold."""
        with self.database.write() as connection:
            connection.execute(update(providers).where(providers.c.key == self.key).values(quota_bytes=quota))

    def condemn(self, *hashes: bytes) -> None:
        """What garbage collection does to blobs that nobody uses."""
        with self.database.write() as connection:
            mine = (blobs.c.provider_key == self.key, blobs.c.hash.in_(hashes))
            connection.execute(update(blobs).where(*mine).values(condemned=1))


def make_place(database: Database, name: str = "one") -> Place:
    """Add a provider to a database."""
    row = {
        "id": f"sp{name}",
        "team_id": TEAM,
        "name": name,
        "kind": "managed",
        "config": {},
        "capabilities": {},
        "is_default": False,
        "used_bytes": 0,
        "created": 0,
        "modified": 0,
    }
    with database.write() as connection:
        if connection.scalar(select(teams.c.id)) is None:
            connection.execute(insert(teams), {"id": TEAM, "created": 0})
        connection.execute(insert(providers), row)
        key = connection.execute(select(providers.c.key).where(providers.c.name == name)).scalar_one()
    return Place(database, key)


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty metadata database of each kind."""
    if request.param == "sqlite":
        url = f"sqlite:///{tmp_path / 'metadata.sqlite'}"
    else:
        make: Callable[[], str] = request.getfixturevalue("postgres_database")
        url = make()
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def place(database: Database) -> Place:
    """A provider in it."""
    return make_place(database)


@dataclass
class LocalBlobs:
    """A blob store over a local folder."""

    store: BlobStore
    place: Place
    root: Path

    def file(self, key: str) -> Path:
        """The file behind an object."""
        return self.root / key


@pytest.fixture
def local(tmp_path: Path) -> Iterator[LocalBlobs]:
    """A blob store in a folder, its index in SQLite."""
    database = Database(f"sqlite:///{tmp_path / 'metadata.sqlite'}")
    place = make_place(database)
    store = BlobStore(LocalStore(tmp_path / "objects", "the local store"), place.index, Layout(TEAM), 4)
    yield LocalBlobs(store, place, tmp_path / "objects")
    store.close()
    database.close()
