"""A real browser."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, sync_playwright

from tests.support.programs import require_program

_QUIET = ("disable-gpu", "disable-quic", "no-first-run", "disable-background-networking", "disable-component-update")


@contextmanager
def running_chromium() -> Iterator[Browser]:
    """Chromium, which asks nothing of the network on its own."""
    program = require_program("chromium")
    options = ["--no-sandbox", *(f"--{option}" for option in _QUIET)]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        try:
            yield browser
        finally:
            browser.close()
