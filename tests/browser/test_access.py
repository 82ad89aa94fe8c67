"""People with a screen reader or a keyboard can use every view, in every theme."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import open_lab, run, running_lab, violations
from tests.support.rest import VersionAt
from tests.support.scenes import VIEWS, Scene, lost, sample
from tests.support.site import site

THEMES = ("JupyterLab Light", "JupyterLab Dark", "JupyterLab Dark High Contrast")
OURS = ".gd-Root, .gd-Panel, .jp-Dialog, .gd-StatusBar"


@pytest.fixture(scope="module")
def scene_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[JupyterServer, VersionAt]]:
    """A JupyterLab with the datasets of the scenes."""
    folder = tmp_path_factory.mktemp("scenes")
    with running_lab(folder / "lab", environment=site(folder)) as server:
        yield server, sample(server)


@pytest.mark.parametrize("theme", THEMES)
def test_axe_finds_nothing_serious(
    browser: Browser, scene_server: tuple[JupyterServer, VersionAt], tmp_path: Path, theme: str
) -> None:
    server, dataset = scene_server
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    open_lab(page, server, theme=theme)
    run(page, "gradient-data:show-panel")
    folder = flowers.write(tmp_path / f"new {theme}", {"a.txt": theme.encode()})
    scene = Scene(page, server, dataset, folder)
    found = {view.__name__: _look(page, view, scene) for view in VIEWS if view is not lost}
    page.close()
    assert {name: problems for name, problems in found.items() if problems} == {}


def _look(page: Page, view: Callable[[Scene], None], scene: Scene) -> list[str]:
    view(scene)
    found = violations(page, OURS)
    dialog = page.get_by_role("dialog")
    if dialog.is_visible():
        dialog.get_by_role("button").last.press("Escape")  # lists that load behind it may have taken the focus
        expect(dialog).to_be_hidden()
    return found
