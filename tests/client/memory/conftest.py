"""One real service for all tests of a module, and datasets of a test's own."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The state directory of `service`, for other processes."""
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def service(state: Path) -> Iterator[DataService]:
    """The embedded one."""
    service = open_service(Config(state_dir=state, author="tester", view="off"))
    yield service
    service.close()


@pytest.fixture
def name() -> str:
    """Of a dataset that no other test uses."""
    return f"data-{secrets.token_hex(5)}"


@pytest.fixture
def commit(service: DataService) -> Callable[..., Version]:
    """Commits a version of a dataset, which is made when there is none, with one file; tags it if asked."""

    def make(name: str, text: str, tag: str | None = None) -> Version:
        if all(dataset.name != name for dataset in service.list_datasets(limit=1000).items):
            service.create_dataset(name)
        version = service.create_version(name)
        service.write_file(version.reference, "a.txt", [text.encode()])
        version = service.commit_version(version.reference).result()
        if tag:
            service.set_tag(version.reference, tag)
        return service.get_version(version.reference)

    return make
