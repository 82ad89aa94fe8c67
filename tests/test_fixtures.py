"""The fixtures keep what they promise: servers that are real, and nothing of the machine's owner in sight."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from jupyter_gradient_data.config import Config
from tests.support.postgres import fresh_database


def test_databases_are_real_empty_and_apart(postgres_database: Callable[[], str]) -> None:
    engines = [sa.create_engine(postgres_database()) for _ in range(2)]
    try:
        with engines[0].begin() as connection:
            connection.execute(sa.text("CREATE TABLE thing (id integer)"))
        assert [sa.inspect(engine).get_table_names() for engine in engines] == [["thing"], []]
    finally:
        for engine in engines:
            engine.dispose()


def test_a_database_is_dropped_while_somebody_is_connected(postgres_url: str) -> None:
    names = sa.text("SELECT count(*) FROM pg_database WHERE datname LIKE 'test_%'")
    engine = sa.create_engine(postgres_url, poolclass=sa.NullPool)
    with fresh_database(postgres_url) as url:
        connection = sa.create_engine(url, poolclass=sa.NullPool).connect()
        with engine.connect() as watcher:
            assert watcher.execute(names).scalar() == 1
    connection.invalidate()
    with engine.connect() as watcher:
        assert watcher.execute(names).scalar() == 0


def test_settings_of_the_machine_do_not_reach_a_test(isolated_environment: Path) -> None:
    assert Path.home() == isolated_environment
    assert Config.load().state_path.is_relative_to(isolated_environment)
    ours = {"AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE", "AWS_EC2_METADATA_DISABLED"}
    assert {name for name in os.environ if name.startswith(("AWS_", "GRADIENT_"))} == ours
