"""An open service over one combination of database and store, and what nearly every test does with it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets import staging
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Dataset, FileInfo, ProviderKind, Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from tests.support.s3_servers import S3Server

if TYPE_CHECKING:
    from tests.support.served import Jupyter, Served

PROVIDER = "the bucket"
LONG_AGO = 1_600_000_000  # seconds; the hash cache trusts what was not written just now


class Place:
    """One state directory and database, and the service that is open on them now.

    Parameters
    ----------
    config : Config
        What the state is opened with: by the service, or by the Jupyter server that it talks to.
    server : S3Server or None
        Where datasets lie; None means Gradient Managed.
    jupyter : Jupyter or None
        Where a server with the state runs; the service is then a remote one.
    """

    def __init__(self, config: Config, server: S3Server | None = None, jupyter: Jupyter | None = None) -> None:
        self.config = config
        self.server = server
        self.jupyter = jupyter
        self._served: Served | None = None
        self.service = self._open()
        self.provider: str | None = None
        if server is not None:
            added = self.service.create_provider(
                PROVIDER, ProviderKind.S3_COMPATIBLE, server.config(), server.secret_key
            )
            self.provider = added.id

    def reopen(self) -> DataService:
        """Close the service (and its server) and open another one on the same state, as the next command does."""
        self.close()
        self.service = self._open()
        return self.service

    def close(self) -> None:
        """Close what is open."""
        self.service.close()
        if self._served is not None:
            self._served.close()  # nothing happens the second time

    @property
    def is_remote(self) -> bool:
        """Whether the service talks to a server."""
        return self.jupyter is not None

    @property
    def served(self) -> Served:
        """The server of a remote place."""
        assert self._served is not None
        return self._served

    @property
    def url(self) -> str:
        """That server's."""
        return self.served.url

    @property
    def repository(self) -> Repository:
        """What the service works on, for tests that look inside or break something; not opened before it is used."""
        if self._served is None:
            return self.service._repository  # type: ignore[attr-defined, no-any-return]
        self.service.list_providers()
        assert self.served.shared.host is not None
        return self.served.shared.host._repository

    @property
    def stored(self) -> int:
        """Bytes that were written to stores since this place was opened, by the service or its server."""
        return self.repository.providers.stats()["bytes_out"]

    def forget_cache(self) -> None:
        """Empty the cache on the disk, so that the store has to be asked for what was sent from here."""
        remove_tree(self.repository.disk_cache.root)

    def client(self, name: str = "") -> DataService:
        """One more service on this place, as that of another person; the caller closes it."""
        if self.jupyter is None:
            return open_service(self.config)
        folder = self.config.state_path.with_name(f"{self.config.state_path.name}-client{name}")
        settings = {"transfers": self.config.transfers, "url": self.served.url, "token": self.served.token}
        return open_service(Config(state_dir=folder, **settings))

    def _open(self) -> DataService:
        if self.jupyter is not None:
            from tests.support.served import Served  # imported here: it takes seconds

            self._served = Served(self.jupyter, self.config, 0 if self._served is None else self._served.port)
        return self.client()

    def dataset(self, name: str = "data") -> Dataset:
        """A dataset at the provider that this place is about."""
        return self.service.create_dataset(name, provider=self.provider)

    def version(self, files: Mapping[str, bytes] | None = None, dataset: str = "data", **options: Any) -> Version:
        """An uncommitted version that holds these files; its dataset is made when it is missing."""
        try:
            self.service.get_dataset(dataset)
        except GradientDataError:
            self.dataset(dataset)
        version = self.service.create_version(dataset, **options)
        self.fill(version.reference, files or {})
        return version

    def committed(self, files: Mapping[str, bytes] | None = None, dataset: str = "data", **options: Any) -> Version:
        """The same, committed."""
        return self.service.commit_version(self.version(files, dataset, **options).reference).result()

    def fill(self, reference: str, files: Mapping[str, bytes]) -> None:
        """Write files one by one; paths that end with ``*`` are executable."""
        for path, content in files.items():
            self.service.write_file(reference, path.rstrip("*"), [content], executable=path.endswith("*"))

    def files(self, reference: str, limit: int = 1000) -> list[FileInfo]:
        """All files of a version, page by page."""
        return list(self.all_rows(reference, recursive=True, limit=limit))

    def all_rows(self, reference: str, path: str = "", **options: Any) -> Iterator[FileInfo]:
        """All rows of a listing, page by page."""
        after = None
        while True:
            page = self.service.list_files(reference, path, after=after, **options)
            assert len(page.items) <= options.get("limit", 1000)
            yield from page.items
            after = page.next_token
            if after is None:
                return

    def contents(self, reference: str) -> dict[str, bytes]:
        """All files of a version with their bytes, as a model in a test has them."""
        return {info.path: self.read(reference, info.path) for info in self.files(reference)}

    def read(self, reference: str, path: str, start: int = 0, end: int | None = None) -> bytes:
        """Bytes of one file."""
        return b"".join(self.service.read_file(reference, path, start, end))


def stage_all(place: Place, reference: str, paths: Iterable[bytes]) -> None:
    """Many empty files at once, below the API, where one after the other would take too long."""
    repository = place.repository
    paths = list(paths)
    place.service.write_file(reference, paths[0].decode(), [b""])
    version = VersionFiles.open(repository, reference).version
    with repository.database.write() as connection:
        entries = [Entry(path, 0, hash_bytes(b""), False) for path in paths]
        staging.stage(repository.database, connection, version.key, entries)


def write_tree(folder: Path, files: Mapping[str, bytes], *, old: bool = False) -> Path:
    """Local files, by their paths below ``folder``; ``old`` ones were last written long ago."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, content in files.items():
        local = folder / path
        local.parent.mkdir(parents=True, exist_ok=True)
        local.write_bytes(content)
        if old:
            os.utime(local, (LONG_AGO, LONG_AGO))
    return folder


def read_tree(folder: Path) -> dict[str, bytes]:
    """What lies below a local folder, hidden files included."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def fails(kind: ErrorKind, *words: str) -> pytest.RaisesExc[GradientDataError]:
    """An error of exactly this kind whose sentence has these words, and which says what to do next."""

    def check(error: GradientDataError) -> bool:
        assert error.kind is kind, f"{error.kind}: {error.message}"
        for word in words:
            assert word in error.message, f"{word!r} is not in {error.message!r}"
        assert error.hint
        assert "Traceback" not in error.message
        return True

    return pytest.RaisesExc(GradientDataError, check=check)


def names(rows: Sequence[FileInfo]) -> list[str]:
    """The paths of a listing."""
    return [row.path for row in rows]
