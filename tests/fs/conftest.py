"""File systems to test: on an embedded state, on one whose bytes are in S3, and on a server."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from jupyter_gradient_data.client.memory.memory import Memory
from jupyter_gradient_data.client.memory.place import Kind, Place
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.fs import session
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
from jupyter_gradient_data.models import ProviderKind, Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from tests.support.s3_servers import S3Server

if TYPE_CHECKING:
    from tests.support.served import Jupyter, Served

# The environment that tests run in may have been installed before there was an entry point.
fsspec.register_implementation("gradient", GradientFileSystem, clobber=True)


@pytest.fixture(autouse=True)
def memory(monkeypatch: pytest.MonkeyPatch) -> Memory:
    """What a process remembers that runs nothing: each test begins anew."""
    memory = Memory(lambda: Place(Kind.NOTHING))
    monkeypatch.setattr(session, "MEMORY", memory)
    return memory


@dataclass
class World:
    """A state, a service on it, and how a file system gets there."""

    config: Config
    service: DataService
    provider: str | None
    options: dict[str, Any]
    served: Served | None = None
    count: int = 0

    def fs(self, **changes: Any) -> GradientFileSystem:
        """A new file system, which has seen nothing."""
        return GradientFileSystem(**{**self.options, "skip_instance_cache": True, **changes})

    def draft(self, files: dict[str, bytes] | None = None) -> str:
        """An uncommitted version of a new dataset: ``name:version``."""
        self.count += 1
        name = f"data-{self.count}"
        self.service.create_dataset(name, provider=self.provider)
        reference = f"{name}:{self.service.create_version(name).version}"
        self.fill(reference, files or {})
        return reference

    def fill(self, reference: str, files: dict[str, bytes]) -> None:
        """Write files."""
        for path, content in files.items():
            self.service.write_file(reference, path, [content])

    def committed(self, files: dict[str, bytes]) -> str:
        """The same, committed."""
        reference = self.draft(files)
        self.service.commit_version(reference).result()
        return reference

    def forget(self) -> None:
        """Empty the service's own cache, in which it has what was sent from here."""
        remove_tree(self.config.state_path / "share-storage")

    def next_version(self, reference: str, files: dict[str, bytes]) -> Version:
        """A version after this one with files on top, committed."""
        version = self.service.create_version(reference.partition(":")[0], start_from=reference)
        self.fill(version.reference, files)
        return self.service.commit_version(version.reference).result()


def _world(config: Config, seaweedfs: S3Server | None) -> World:
    service = open_service(config)
    provider = None
    if seaweedfs is not None:
        provider = "bucket"
        service.create_provider(provider, ProviderKind.S3_COMPATIBLE, seaweedfs.config(), seaweedfs.secret_key)
    return World(config, service, provider, {"state_dir": str(config.state_dir)})


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Everything on this machine's disk."""
    world = _world(Config(state_dir=tmp_path_factory.mktemp("embedded")), None)
    yield world
    world.service.close()


@pytest.fixture(scope="module")
def bucket(tmp_path_factory: pytest.TempPathFactory, seaweedfs: S3Server) -> Iterator[World]:
    """The bytes in S3; the service keeps nothing of them on the disk."""
    world = _world(Config(state_dir=tmp_path_factory.mktemp("bucket"), cache_bytes=1), seaweedfs)
    yield world
    world.service.close()


@pytest.fixture(scope="module")
def remote(tmp_path_factory: pytest.TempPathFactory, jupyter: Jupyter) -> Iterator[World]:
    """A server with its own state."""
    from tests.support.served import Served  # imported here: it takes seconds

    served = Served(jupyter, Config(state_dir=tmp_path_factory.mktemp("served")))
    options = {"url": served.url, "token": served.token}
    config = Config(state_dir=tmp_path_factory.mktemp("client"), **options)
    world = World(config, open_service(config), None, options, served)
    yield world
    world.service.close()
    served.close()


@pytest.fixture(scope="module", params=["embedded", "bucket", "remote"])
def world(request: pytest.FixtureRequest) -> World:
    """Each of them."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]
