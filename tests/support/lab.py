"""What tests in a browser do again and again: open JupyterLab, drag real files into it, look, check access."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from playwright.sync_api import Locator, Page

from tests.support.jupyter_server import TOKEN, JupyterServer

ROOT = Path(__file__).parents[2]
AXE = ROOT / "labextension" / "node_modules" / "axe-core" / "axe.min.js"
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_SERIOUS = ("serious", "critical")


@contextmanager
def running_lab(folder: Path, **options: Any) -> Iterator[JupyterServer]:
    """A JupyterLab that shows its application to the page, and asks nothing of who opens it."""
    settings = folder / "settings"
    notification = settings / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    notification.parent.mkdir(parents=True)
    notification.write_text(json.dumps({"fetchNews": "false", "checkForUpdates": False}))
    # A build that is not the installed one: a folder with a link `jupyter-gradient-data` to it.
    build = os.environ.get("LABEXTENSIONS")
    applications = ("LabApp", "JupyterNotebookApp") if build else ()
    own = [f"--{name}.extra_labextensions_path={build}" for name in applications]
    exposed = [f"--{name}.expose_app_in_browser=True" for name in ("LabApp", "JupyterNotebookApp")]
    server = JupyterServer(
        folder,
        base_url="/user/me/",
        environment={
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            "JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"),
            **options.pop("environment", {}),
        },
        arguments=(*exposed, *own, *options.pop("arguments", ())),
        with_lab=True,
        **options,
    )
    try:
        yield server
    finally:
        server.close()


def open_lab(page: Page, server: JupyterServer, *, reset: bool = True, theme: str = "JupyterLab Light") -> None:
    """Load JupyterLab, as it was left or (``reset``) as new."""
    page.goto(f"{server.root}/lab?token={TOKEN}{'&reset' if reset else ''}")
    wait_for_lab(page)
    if reset:  # the launcher takes the focus when it gets to it, also from a dialog that is open by then
        page.wait_for_function("() => document.activeElement?.closest('.jp-Launcher')")
        page.evaluate("() => new Promise(done => requestIdleCallback(() => requestIdleCallback(done)))")
    if theme != "JupyterLab Light":
        run(page, "apputils:change-theme", theme=theme)
        page.wait_for_function("name => document.body.dataset.jpThemeName === name", arg=theme)


def wait_for_lab(page: Page) -> None:
    """Wait until JupyterLab has been loaded."""
    page.wait_for_function("() => window.jupyterapp && window.jupyterapp.restored.then(() => true)")
    page.wait_for_selector("#jupyterlab-splash", state="detached")


def run(page: Page, command: str, **args: Any) -> None:
    """Execute a command of JupyterLab; not waited for, since dialogs end it."""
    page.evaluate("([id, args]) => { void window.jupyterapp.commands.execute(id, args); }", [command, args])


def drop(page: Page, target: Locator, paths: Sequence[Path]) -> None:
    """Drag files and folders of this machine over an element and let them go, as a desktop does."""
    box = target.bounding_box()
    assert box is not None, "the target is not in sight"
    place = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}
    data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
    devtools = page.context.new_cdp_session(page)
    for kind in ("dragEnter", "dragOver", "drop"):
        devtools.send("Input.dispatchDragEvent", {"type": kind, **place, "data": data})
    devtools.detach()


def violations(page: Page, selector: str) -> list[str]:
    """What axe finds seriously wrong in a part of the page: rule, and the elements."""
    if not page.evaluate("() => 'axe' in window"):
        page.add_script_tag(path=AXE)
    found = page.evaluate("selector => window.axe.run(selector, {resultTypes: ['violations']})", selector)
    return [
        f"{rule['id']}: {rule['help']}: {[node['html'][:200] for node in rule['nodes'][:3]]}"
        for rule in found["violations"]
        if rule["impact"] in _SERIOUS
    ]


def shot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for them."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"{name}.png")
