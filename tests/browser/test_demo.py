"""The demo notebook in a real JupyterLab: all of it is run, and its widgets are clicked."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import open_lab, running_lab, shot
from tests.support.notebook_page import run_notebook

BINDER = Path(__file__).parents[2] / "binder"
LONG = 120_000  # milliseconds for all cells on a busy machine


def test_the_demo(browser: Browser, tmp_path: Path) -> None:
    lab = tmp_path / "lab"
    shutil.copytree(BINDER, lab / "files", ignore=shutil.ignore_patterns("photos", "corrected"))
    with running_lab(lab) as server:
        page = browser.new_page(viewport={"width": 1400, "height": 1000})
        open_lab(page, server)
        notebook = run_notebook(page, "demo.ipynb")
        last = notebook.locator(".jp-CodeCell").last
        expect(last).to_contain_text("Unmounted: flowers", timeout=LONG)
        expect(notebook.locator("[data-mime-type$='stderr'], [data-mime-type$='error']")).to_have_count(0)
        compare(page)
        upload(page, server, tmp_path)
        browse(page)
        shot(page, "demo")
        page.close()


def widget(page: Page, label: str) -> Locator:
    """The widget that has a field with this label."""
    shown = page.locator(".gdw:not(.gdw .gdw)").filter(has=page.get_by_label(label, exact=True)).last
    shown.scroll_into_view_if_needed()
    return shown


def press(where: Locator, label: str) -> None:
    """Click a button, which may have an icon before its label."""
    button = where.get_by_role("button").filter(has_text=re.compile(rf"^\W*{re.escape(label)}$"))
    expect(button).to_have_count(1)  # a list that changes shows a name twice for a moment
    button.click()


def compare(page: Page) -> None:
    """The two versions differ in the two rows that were corrected."""
    diff = widget(page, "Filter")
    diff.get_by_label("Show").select_option("changed (1)")
    press(diff, "iris.csv")
    expect(diff.get_by_role("region", name="Difference of iris.csv")).to_contain_text("+setosa,4.9,3.6,1.4,0.1")


def upload(page: Page, server: JupyterServer, folder: Path) -> None:
    """A file of this computer becomes the next version."""
    form = widget(page, "Tag")
    files = flowers.write(folder / "chosen", {"more.csv": flowers.table(3)})
    with page.expect_file_chooser() as chooser:
        form.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([files / "more.csv"])
    expect(form).to_contain_text("1 file uploaded")
    form.get_by_label("Message").fill("By hand")
    press(form, "Commit")
    expect(form).to_contain_text("Committed flowers:")
    latest = server.get("/api/datasets/flowers/versions/latest").json
    assert (latest["message"], latest["files"]) == ("By hand", 7)


def browse(page: Page) -> None:
    """What was uploaded is there, and shown."""
    browser = widget(page, "Search")
    press(browser, "Refresh")
    press(browser, "notes/")
    press(browser, "more.csv")
    expect(browser.get_by_role("region", name="Content of notes/more.csv")).to_contain_text("F0000")
