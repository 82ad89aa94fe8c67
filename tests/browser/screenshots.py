"""``make screenshots``: a picture of every view of the front end, light and dark, for the documentation and for us.

Writes ``<folder>/<view>-light.png`` and ``<view>-dark.png``; ``python -m tests.browser.screenshots [FOLDER [VIEW…]]``.
"""

from __future__ import annotations

import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from playwright.sync_api import Browser

from tests.support import flowers
from tests.support.chromium import running_chromium
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import THEMES, open_lab, run, running_lab
from tests.support.scenes import VIEWS, Scene, sample
from tests.support.site import site
from tests.support.widget_scenes import WIDGETS

DOCS = Path(__file__).parents[2] / "docs" / "images"
SIZE = (1280, 760)


def main(folder: Path, wanted: list[str]) -> None:
    """Make the pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    for theme in THEMES:
        with ExitStack() as stack:
            place = Path(stack.enter_context(tempfile.TemporaryDirectory()))
            server = stack.enter_context(running_lab(place / "lab", environment=site(place)))
            browser = stack.enter_context(running_chromium())
            _take(browser, server, place, folder, theme, wanted)


def _take(browser: Browser, server: JupyterServer, place: Path, folder: Path, theme: str, wanted: list[str]) -> None:
    dataset = sample(server)
    upload = flowers.write(
        place / "new-photos", {f"{i:04}.png": flowers.picture(8, 8, (i % 255, 90, 90)) for i in range(400)}
    )
    for view in (*VIEWS, *WIDGETS):
        if wanted and view.__name__ not in wanted:
            continue
        context = browser.new_context(viewport={"width": SIZE[0], "height": SIZE[1]})
        page = context.new_page()
        open_lab(page, server, theme=THEMES[theme])
        run(page, "gradient-data:show-panel")
        part = view(Scene(page, server, dataset, upload)) or page
        part.screenshot(path=folder / f"{view.__name__.replace('_', '-')}-{theme}.png", animations="disabled")
        context.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else DOCS, sys.argv[2:])
