"""The widgets in a notebook, for pictures."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from tests.support import flowers
from tests.support.lab import run
from tests.support.notebook_page import run_notebook, write_notebook
from tests.support.scenes import Scene


def widget_browser(scene: Scene) -> Locator:
    """A table in a version."""
    widget = _widget(scene, "jgd.DatasetBrowser('flowers/train.csv')")
    expect(widget.get_by_role("region", name="Content of train.csv")).to_be_visible()
    return widget


def widget_picker(scene: Scene) -> Locator:
    """Some words, and one chosen."""
    widget = _widget(scene, "jgd.DatasetPicker()")
    widget.get_by_label("Dataset").fill("flowers")
    widget.get_by_label("Dataset").press("Enter")
    expect(widget).to_contain_text("Chosen: ")
    return widget


def widget_upload(scene: Scene) -> Locator:
    """A file that has arrived."""
    widget = _widget(scene, "jgd.UploadWidget('flowers')")
    with scene.page.expect_file_chooser() as chooser:
        widget.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([{"name": "measured.csv", "mimeType": "text/csv", "buffer": flowers.table(40)}])
    expect(widget).to_contain_text("1 file uploaded")
    widget.get_by_label("Message").fill("Measured by hand")
    return widget


def widget_diff(scene: Scene) -> Locator:
    """A table that has changed."""
    versions = [version["version"] for version in _versions(scene)]
    code = f"d = jgd.VersionDiff('flowers:{versions[-1]}', 'flowers'); d.kind = 'changed'; d.selected = 'train.csv'; d"
    widget = _widget(scene, code)
    expect(widget.get_by_role("region", name="Difference of train.csv")).to_be_visible()
    return widget


WIDGETS = (widget_browser, widget_picker, widget_upload, widget_diff)


def _versions(scene: Scene) -> list[dict[str, str]]:
    return scene.server.get(f"/api/datasets/{scene.flowers.dataset}/versions").json["items"]  # type: ignore[no-any-return]


def _widget(scene: Scene, code: str) -> Locator:
    write_notebook(scene.server.folder / "files" / "widgets.ipynb", [f"import jupyter_gradient_data as jgd\n\n{code}"])
    scene.page.set_viewport_size({"width": 1280, "height": 1100})  # the widget as a whole
    run(scene.page, "application:toggle-left-area")
    run_notebook(scene.page, "widgets.ipynb")
    shown = scene.page.locator(".gdw:visible:not(.gdw .gdw)")
    expect(shown).to_have_count(1)
    return shown
