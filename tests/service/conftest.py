"""Services to test: every test of what a service promises runs over each pairing of database and store."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.host import Host, open_host
from jupyter_gradient_data.stores import check, providers
from tests.service.place import Place
from tests.support.postgres import fresh_database

EVERYWHERE = ["embedded", "sqlite-seaweedfs", "postgresql-seaweedfs", "sqlite-rclone", "remote"]


@functools.cache
def _checked(*arguments: object, **options: object) -> object:
    return check.check_bucket(*arguments, **options)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def one_check_per_bucket(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the first check of a bucket found holds for all tests: it takes longer than most of them."""
    monkeypatch.setattr(
        providers, "check_bucket", lambda config, secret, *, prefix="", **more: _checked(config, secret, **more)
    )


@pytest.fixture
def make_place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Callable[[str], Place]]:
    """Opens services on one of `EVERYWHERE`, each on a state of its own; they are closed after the test."""
    count = 0
    with contextlib.ExitStack() as opened:

        def make(kind: str, **settings: object) -> Place:
            nonlocal count
            count += 1
            database, _, store = kind.rpartition("-")
            url, server, jupyter = None, None, None
            if database == "postgresql":
                url = opened.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
            if store == "remote":
                jupyter = request.getfixturevalue("jupyter")
            elif store != "embedded":
                server = request.getfixturevalue("seaweedfs" if store == "seaweedfs" else "rclone_s3")
            config = Config(state_dir=tmp_path / f"state-{count}", database_url=url, author="tester", **settings)
            place = Place(config, server, jupyter)
            opened.callback(place.close)
            return place

        yield make


@pytest.fixture(params=EVERYWHERE)
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """A fresh state on each pairing of database and store."""
    return make_place(request.param)


@pytest.fixture
def service(place: Place) -> DataService:
    """The service that is open in `place`."""
    return place.service


@pytest.fixture(params=["embedded", "remote"])
def local(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """A fresh state in the simplest place, for what cannot depend on database or store; in this process or served."""
    return make_place(request.param)


@pytest.fixture(params=["sqlite", "postgresql"])
def config(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Config]:
    """Settings of a fresh state on each database."""
    with contextlib.ExitStack() as opened:
        url = None
        if request.param == "postgresql":
            url = opened.enter_context(fresh_database(request.getfixturevalue("postgres_url")))
        yield Config(state_dir=tmp_path / "state", database_url=url, author="tester")


@pytest.fixture
def make_host(config: Config) -> Iterator[Callable[[], Host]]:
    """Opens what servers on one state have; all are closed after the test."""
    with contextlib.ExitStack() as opened:

        def make() -> Host:
            host = open_host(config)
            opened.callback(host.close)
            return host

        yield make


@pytest.fixture
def host(make_host: Callable[[], Host]) -> Host:
    """One of them."""
    return make_host()
