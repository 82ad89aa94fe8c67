"""A web server with files, a catalogue of them, and libraries on them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.public.scene import Site
from tests.support.file_server import FileServer, running_file_server


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is asked directly, whatever the machine's settings."""
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def web() -> Iterator[FileServer]:
    """A web server."""
    with running_file_server() as server:
        yield server


@pytest.fixture
def site(tmp_path: Path, web: FileServer) -> Iterator[Site]:
    """A site whose catalogue is about files of that server."""
    site = Site(tmp_path, web)
    yield site
    site.clean()
