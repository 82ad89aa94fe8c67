"""The widgets in a notebook of a real JupyterLab, clicked and typed."""

from __future__ import annotations

import re
import secrets
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import TOKEN, JupyterServer
from tests.support.lab import run, shot, violations
from tests.support.notebook_page import run_notebook, write_notebook
from tests.support.rest import VersionAt

KERNEL = "window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel"
LOADED = "() => [...document.querySelectorAll('.gdw img')].filter(img => img.offsetParent).map(img => img.naturalWidth)"


@pytest.fixture
def place(lab_server: JupyterServer) -> VersionAt:
    """A dataset with two committed versions, the first one tagged."""
    place = VersionAt(lab_server, f"flowers-{secrets.token_hex(4)}")
    for path, data in flowers.first_photos().items():
        place.put(path, data)
    place.commit()
    lab_server.request("PUT", f"/api/datasets/{place.dataset}/tags/baseline", body={"version": place.version})
    place.next_version(start_from=place.reference)
    place.put("train.csv", flowers.table(320, taller=5.0))
    place.put("photos/red/rose.png", flowers.picture(160, 120, (240, 90, 60)))
    for number in range(30):
        place.put(f"many/{number:02}.txt", b"%d" % number)
    place.commit()
    return place


def show(page: Page, server: JupyterServer, *cells: str) -> Locator:
    """Run a notebook with these cells; returns the widgets it shows."""
    name = f"{secrets.token_hex(4)}.ipynb"
    write_notebook(server.folder / "files" / name, ["import jupyter_gradient_data as jgd", *cells])
    run_notebook(page, name)
    shown = page.locator(".gdw:visible:not(.gdw .gdw)")
    expect(shown).to_have_count(len(cells))
    return shown


def press(widget: Locator, label: str) -> None:
    """Click a button, which may have an icon before its label."""
    button = widget.get_by_role("button").filter(has_text=re.compile(rf"^\W*{re.escape(label)}$"))
    expect(button).to_have_count(1)  # a list that changes shows a name twice for a moment
    button.click()


def test_browse_pick_and_compare(page: Page, lab_server: JupyterServer, place: VersionAt) -> None:
    name = place.name
    widgets = show(
        *(
            page,
            lab_server,
            "browser = jgd.DatasetBrowser()\nbrowser",
            "browser",
            "picker = jgd.DatasetPicker()\npicker",
        ),
        f"jgd.VersionDiff('{name}:baseline', '{name}')",
    )
    browser, twin, picker, diff = (widgets.nth(at) for at in range(4))
    browser.get_by_label("Search").fill(name)
    browser.get_by_label("Search").press("Enter")
    expect(browser.locator(".gdw-rows button:visible")).to_have_count(1)
    press(browser, name)
    press(browser, "many/")
    press(browser, "Next")
    expect(browser.get_by_role("button", name="29.txt")).to_be_visible()
    press(browser, name)
    press(browser, "train.csv")
    for view in (browser, twin):  # the same widget, displayed twice
        expect(view.get_by_role("region", name="Content of train.csv")).to_contain_text("F0000")
    expect(browser.get_by_role("columnheader")).to_have_text(["id", "kind", "petals", "height_cm"])
    shot(page, "widgets-browser")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    press(browser, "Copy snippet")
    assert f'"gradient://{name}:{place.version}/train.csv"' in page.evaluate("() => navigator.clipboard.readText()")
    press(browser, "photos/")
    press(browser, "red/")
    press(browser, "rose.png")
    expect(browser.get_by_role("img", name="photos/red/rose.png")).to_be_visible()
    page.wait_for_function(f"() => ({LOADED})().includes(160)")
    press(browser, "Mount")
    expect(browser).to_contain_text(re.compile("Mounted at "))

    picker.get_by_label("Dataset").fill(f"{name} basel")
    picker.get_by_label("Dataset").press("Enter")
    expect(picker.get_by_role("status")).to_contain_text(f"Chosen: {name}:baseline")

    diff.get_by_label("Show").select_option("changed (2)")
    press(diff, "photos/red/rose.png")
    expect(diff.get_by_role("img")).to_have_count(2)
    page.wait_for_function(f"() => ({LOADED})().filter(width => width === 160).length === 4")
    press(diff, "train.csv")
    expect(diff.get_by_role("region", name="Difference of train.csv")).to_contain_text("+F0000,rose,3,25.00")
    expect(diff).to_contain_text("300 → 320 rows")
    shot(page, "widgets-diff")
    assert violations(page, ".gdw") == []


def test_upload_and_commit(page: Page, lab_server: JupyterServer, place: VersionAt, tmp_path: Path) -> None:
    (widget,) = show(page, lab_server, f"upload = jgd.UploadWidget('{place.name}')\nupload").all()
    expect(widget.get_by_label("Start from")).to_contain_text(place.version)
    large = bytes(range(256)) * 50_000  # 12.8 MB, more than Tornado lets pass by itself
    files = flowers.write(tmp_path, {"large.bin": large, "extra.csv": flowers.table(5)})
    with page.expect_file_chooser() as chooser:
        widget.get_by_role("button", name="Choose files").click()
    chooser.value.set_files([files / "large.bin", files / "extra.csv"])
    expect(widget).to_contain_text("2 files uploaded")
    shot(page, "widgets-upload")
    widget.get_by_label("Message").fill("From my computer")
    widget.get_by_label("Tag").fill("mine")
    widget.get_by_label("Tag").press("Enter")
    expect(widget).to_contain_text("Committed ")
    latest = lab_server.get(f"/api/datasets/{place.dataset}/versions/latest").json
    assert (latest["message"], latest["tags"]) == ("From my computer", ["mine"])
    assert latest["metadata"]["provenance"]["notebook"].endswith(".ipynb")
    place.version = latest["version"]
    assert place.get("large.bin").data == large
    assert place.get("extra.csv").data == flowers.table(5)
    expect(widget.locator("pre")).to_contain_text(f'"{place.name}:{latest["version"]}"')


@pytest.mark.parametrize("front_end", ["notebooks", "voila/render"])
def test_elsewhere(page: Page, lab_server: JupyterServer, place: VersionAt, tmp_path: Path, front_end: str) -> None:
    """In Notebook 7 and in Voilà."""
    name = f"{secrets.token_hex(4)}.ipynb"
    widgets = (f"DatasetBrowser('{place.name}')", "DatasetPicker()", f"UploadWidget('{place.name}')")
    cells = ["import jupyter_gradient_data as jgd", *(f"jgd.{widget}" for widget in widgets)]
    write_notebook(lab_server.folder / "files" / name, cells)
    page.goto(f"{lab_server.root}/{front_end}/{name}?token={TOKEN}")
    if front_end == "notebooks":
        page.wait_for_function(f"() => {KERNEL}?.status === 'idle'")
        run(page, "notebook:run-all-cells")
    shown = page.locator(".gdw:visible:not(.gdw .gdw)")
    expect(shown).to_have_count(3)
    browser, picker, upload = shown.all()
    for entry in ("photos/", "red/", "rose.png"):
        press(browser, entry)
    expect(browser.get_by_role("img", name="photos/red/rose.png")).to_be_visible()
    page.wait_for_function(f"() => ({LOADED})().includes(160)")
    picker.get_by_label("Dataset").fill(f"{place.name} basel")
    picker.get_by_label("Dataset").press("Enter")
    expect(picker.get_by_role("status")).to_contain_text(f"Chosen: {place.name}:baseline")
    files = flowers.write(tmp_path, {"extra.csv": flowers.table(5)})
    with page.expect_file_chooser() as chooser:
        upload.get_by_role("button", name="Choose files").click()
    chooser.value.set_files(files / "extra.csv")
    expect(upload).to_contain_text("1 file uploaded")
    shot(page, f"widgets-{front_end.partition('/')[0]}")
    press(upload, "Commit")
    expect(upload).to_contain_text("Committed ")


def test_by_keyboard_alone(page: Page, lab_server: JupyterServer, place: VersionAt) -> None:
    (browser,) = show(page, lab_server, f"jgd.DatasetBrowser('{place.name}')").all()
    browser.get_by_role("button", name="Datasets").focus()
    press_until(page, browser.get_by_role("button", name="photos/"), "Tab")
    page.keyboard.press("Enter")
    expect(browser.get_by_role("button", name="notes.txt")).to_be_focused()
    press_until(page, browser.get_by_role("button", name="red/"), "Tab")
    page.keyboard.press("Space")
    expect(browser.get_by_role("button", name="rose.png")).to_be_focused()
    page.keyboard.press("Enter")
    expect(browser.get_by_role("img", name="photos/red/rose.png")).to_be_visible()
    press_until(page, browser.get_by_label("Version"), "Shift+Tab")
    page.keyboard.press("ArrowDown")
    expect(browser.locator(".gdw-status").first).to_contain_text("baseline")
    press_until(page, browser.get_by_role("button", name=place.name), "Shift+Tab")
    page.keyboard.press("Enter")
    press_until(page, browser.get_by_role("button", name="train.csv"), "Tab")
    page.keyboard.press("Enter")
    table = browser.get_by_role("region", name="Content of train.csv")
    expect(table).to_be_visible()
    press_until(page, table, "Tab")
    page.keyboard.press("End")


def press_until(page: Page, target: Locator, key: str) -> None:
    """Press a key until an element has the focus."""
    expect(target).to_be_visible()
    for _ in range(40):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")
