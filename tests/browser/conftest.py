"""A real JupyterLab, with our extension as it is installed, in a real browser."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.chromium import running_chromium
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import open_lab, running_lab

expect.set_options(timeout=30_000)  # a machine that runs all tests at once is slow


@pytest.fixture(scope="session")
def lab_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A JupyterLab that shows its application to the page, and asks nothing of who opens it."""
    with running_lab(tmp_path_factory.mktemp("lab")) as server:
        yield server


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; of the module's own, since its event loop must be gone before tests elsewhere run theirs."""
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def page(browser: Browser, lab_server: JupyterServer, tmp_path: Path) -> Iterator[Page]:
    """JupyterLab, loaded."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    open_lab(page, lab_server)
    yield page
    context.close()
