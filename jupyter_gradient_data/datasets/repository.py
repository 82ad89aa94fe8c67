"""What every operation on datasets needs: the database, the providers, and a blob store per provider."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row, select

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.hash_cache import HashCache
from jupyter_gradient_data.blobs.index import BlobIndex
from jupyter_gradient_data.blobs.store import BlobStore
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.stores.database import Database
from jupyter_gradient_data.stores.layout import FEATURES, FORMAT, Layout
from jupyter_gradient_data.stores.objects import ObjectStore
from jupyter_gradient_data.stores.providers import ProviderRegistry
from jupyter_gradient_data.stores.schema import providers

if TYPE_CHECKING:
    from .gathering import Gathering

_Access = tuple[Any, ...]  # what of a provider's row decides how its store is reached


class Repository:
    """One team's data: opened once per process, shared by its threads.

    Parameters
    ----------
    config : Config
        Where everything is.
    """

    def __init__(self, config: Config) -> None:
        self.config = config
        state = config.state_path
        self.database = Database(config.database_url or f"sqlite:///{state / 'metadata.sqlite'}")
        self.providers = ProviderRegistry(self.database, config)
        self._stores: dict[int, tuple[_Access, BlobStore]] = {}
        self._lock = threading.Lock()
        self._hash_cache: HashCache | None = None
        self._gathering: Gathering | None = None
        self._disk_cache: DiskCache | None = None

    @property
    def team(self) -> str:
        """The team's id."""
        return self.providers.team

    @property
    def layout(self) -> Layout:
        """Key names at every provider."""
        return Layout(self.team)

    @property
    def hash_cache(self) -> HashCache:
        """Hashes of local files, remembered on this machine."""
        with self._lock:
            if self._hash_cache is None:
                self._hash_cache = HashCache(self.config.state_path / "hashes.sqlite")
            return self._hash_cache

    @property
    def disk_cache(self) -> DiskCache:
        """Contents of files, on this machine or shared with others; below it are the versions that are mounted."""
        root = self.config.state_path / "share-storage" / self.team / "datasets"
        if self._disk_cache is None or self._disk_cache.root != root:
            self._disk_cache = DiskCache(root, self.config.cache_bytes)
        return self._disk_cache

    @property
    def gathering(self) -> Gathering:
        """Where small files that are written at the same time meet."""
        from .gathering import Gathering  # imported here: it needs the files of versions, which need this

        with self._lock:
            if self._gathering is None:
                self._gathering = Gathering(self.database)
            return self._gathering

    def blobs(self, provider_key: int) -> BlobStore:
        """The blob store of a provider; another one after somebody, perhaps in another process, changed its access."""
        row = self._provider_row(provider_key)
        access = (row.name, row.config, row.secret, row.capabilities)
        with self._lock:
            known = self._stores.get(provider_key)
            if known is None or known[0] != access:  # who still uses the old one may finish
                known = self._stores[provider_key] = access, self._open(row)
            return known[1]

    def adopt_team(self, team: str) -> None:
        """Take the id of the team whose data a provider holds; only while this team has no datasets.

        The folder of this team on the disk goes along; who knows it by its old name, as kernels that run, finds it.
        """
        self._rename_folder(team)
        self.providers.adopt_team(team)
        with self._lock:
            for _, store in self._stores.values():
                store.layout = self.layout
                store.keep_in(self._disk_for(store.objects))

    def close(self) -> None:
        """End threads and connections."""
        with self._lock:
            for _, store in self._stores.values():
                store.close()
            self._stores.clear()
            if self._hash_cache is not None:
                self._hash_cache.close()
                self._hash_cache = None
        self.database.close()

    def _rename_folder(self, team: str) -> None:
        share = self.config.state_path / "share-storage"
        old, new = share / self.team, share / team
        if new.exists() or old.is_symlink():  # somebody has used this team's here already
            return
        with contextlib.suppress(OSError):  # there is none yet, or it is a volume: then the new one begins empty
            old.rename(new)
            old.symlink_to(team)

    def _provider_row(self, key: int) -> Row[Any]:
        with self.database.read() as connection:
            return connection.execute(select(providers).where(providers.c.key == key)).one()

    def _open(self, row: Row[Any]) -> BlobStore:
        index = BlobIndex(self.database, row.key, row.name)
        objects = self.providers.open(row)
        return BlobStore(objects, index, self.layout, self.config.transfers, self._disk_for(objects))

    def _disk_for(self, objects: ObjectStore) -> DiskCache | None:
        is_here = objects.local_file(self.layout.format) is not None  # then nothing is won by keeping it twice
        return None if is_here else self.disk_cache


def read_format(objects: ObjectStore, layout: Layout) -> bool:
    """Check the format marker of a provider.

    Returns
    -------
    bool
        Whether there is one.

    Raises
    ------
    StoreFailed
        It names a format or feature that this version of the program does not know.
    """
    if objects.head(layout.format) is None:
        return False
    try:
        marker = json.loads(objects.get(layout.format))
        found, features = marker["format"], set(marker["features"])
    except (ValueError, KeyError, TypeError):
        raise ErrorKind.STORE_CORRUPT(thing=layout.format, store=objects.name, reason="it is not readable") from None
    if found != FORMAT:
        raise ErrorKind.FORMAT_UNKNOWN(store=objects.name, reason=f"format {found}")
    if unknown := sorted(features - FEATURES):
        raise ErrorKind.FORMAT_UNKNOWN(store=objects.name, reason=f"feature {', '.join(map(str, unknown))}")
    return True


def ensure_format(objects: ObjectStore, layout: Layout) -> None:
    """Write the format marker of a provider that has none; check it otherwise."""
    if not read_format(objects, layout):
        marker = {"format": FORMAT, "features": sorted(FEATURES), "team": layout.team}
        objects.put_if_absent(layout.format, json.dumps(marker, sort_keys=True).encode())
