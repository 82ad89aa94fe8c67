"""Fixtures for all tests: an environment of their own, and real servers that start when first asked for."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.postgres import fresh_database, running_postgres
from tests.support.s3_servers import S3Server, running_rclone, running_seaweedfs

if TYPE_CHECKING:
    from tests.support.served import Jupyter

# No deadline: on a busy machine it fails what is right.  ``--hypothesis-profile=thorough`` looks longer.
settings.register_profile("usual", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=3000)
settings.load_profile("usual")

_FOREIGN = ("AWS_", "GRADIENT_", "JUPYTER_", "PAPERSPACE_", "PG", "XDG_")


@pytest.fixture(autouse=True)
def isolated_environment(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """No test sees the settings, credentials or data of whoever runs it; returns the home folder it has instead."""
    for name in [name for name in os.environ if name.startswith(_FOREIGN)]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.mktemp("home")
    own = {
        "HOME": home,
        "JUPYTER_CONFIG_DIR": home / "jupyter" / "config",
        "JUPYTER_DATA_DIR": home / "jupyter" / "data",
        "JUPYTER_RUNTIME_DIR": home / "jupyter" / "runtime",
        "XDG_CACHE_HOME": home / "xdg" / "cache",
        "XDG_CONFIG_HOME": home / "xdg" / "config",
        "XDG_DATA_HOME": home / "xdg" / "data",
        "XDG_STATE_HOME": home / "xdg" / "state",
        "AWS_CONFIG_FILE": home / "aws" / "config",
        "AWS_SHARED_CREDENTIALS_FILE": home / "aws" / "credentials",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name, value in own.items():
        monkeypatch.setenv(name, str(value))
    return home


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """URL of a private PostgreSQL cluster, one for each worker process."""
    with running_postgres() as url:
        yield url


@pytest.fixture
def postgres_database(postgres_url: str) -> Iterator[Callable[[], str]]:
    """Makes empty databases, each as a ``postgresql+psycopg://`` URL; they are gone after the test."""
    with contextlib.ExitStack() as databases:
        yield lambda: databases.enter_context(fresh_database(postgres_url))


@pytest.fixture(scope="session")
def seaweedfs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A SeaweedFS with one bucket, one for each worker process; tests take prefixes of their own."""
    with running_seaweedfs(tmp_path_factory.mktemp("seaweedfs")) as server:
        yield server


@pytest.fixture(scope="session")
def rclone_s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """rclone's S3 server with one bucket: the poor dialect, see `tests.support.s3_servers.POOR`."""
    with running_rclone(tmp_path_factory.mktemp("rclone")) as server:
        yield server


@pytest.fixture(scope="session")
def jupyter(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Jupyter]:
    """Jupyter in this process, for servers that start at once; see `tests.support.served`."""
    from tests.support.served import Jupyter  # imported here: it takes seconds

    jupyter = Jupyter(tmp_path_factory.mktemp("jupyter"))
    yield jupyter
    jupyter.close()
