"""Real Jupyter servers with the extension: one for each worker process, and more for tests that need their own."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.jupyter_server import JupyterServer, running_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A server that tests share: each takes datasets of its own, see `name`."""
    environment = {"GRADIENT_FAILED_LOGINS": "100000"}  # many tests give wrong tokens, all from one address
    yield from running_server(tmp_path_factory.mktemp("server"), environment=environment, base_url="/user/me/")


@pytest.fixture
def make_server(tmp_path: Path) -> Iterator[Callable[..., JupyterServer]]:
    """Starts servers of the test's own; options as of `JupyterServer`."""
    with contextlib.ExitStack() as running:
        count = 0

        def make(**options: Any) -> JupyterServer:
            nonlocal count
            count += 1
            server = JupyterServer(tmp_path / f"server-{count}", **options)
            running.callback(server.close)
            return server

        yield make


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"data-{secrets.token_hex(5)}"
