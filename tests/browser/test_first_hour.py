"""The first hour of somebody who has never read a word of our documentation."""

from __future__ import annotations

import secrets
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import drop, run, shot
from tests.support.s3_servers import S3Server


def test_the_first_hour(page: Page, lab_server: JupyterServer, seaweedfs: S3Server, tmp_path: Path) -> None:
    name = f"flowers-{secrets.token_hex(4)}"
    page.locator(".jp-SideBar.jp-mod-left [data-id=gradient-data-panel]").click()
    create_dataset(page, name)
    folder = flowers.write(tmp_path / "flowers", flowers.first_photos())

    drop(page, files_tab(page), [folder])
    expect(page.get_by_role("list", name="Uploads")).to_contain_text("flowers")
    shot(page, "hour-upload")
    expect(row(page, "flowers")).to_be_visible()
    row(page, "flowers").dblclick()
    for entry in ("README.md", "labels.json", "photos", "train.csv"):
        expect(row(page, entry)).to_be_visible()
    commit(page, "First photos", "baseline")
    shot(page, "hour-committed")

    start_second_version(page)
    replaced = flowers.write(tmp_path / "new", {"train.csv": flowers.table(320, taller=5.0)})
    row(page, "flowers").dblclick()
    drop(page, files_tab(page), [replaced / "train.csv"])
    expect(row(page, "train.csv")).to_contain_text("6.2 KB")
    commit(page, "Measured again", "")

    compare(page)
    preview(page, name)
    insert_snippet(page)

    add_provider(page, seaweedfs, f"bucket-{name}")
    other = f"{name}-s3"
    create_dataset(page, other, provider=f"bucket-{name}")
    expect(page_of(page, other).locator(".gd-Header")).to_contain_text(f"bucket-{name}")

    trash_and_restore(page, other)


def create_dataset(page: Page, name: str, *, provider: str = "") -> None:
    page.get_by_role("region", name="Datasets").get_by_role("button", name="New dataset").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_label("Description").fill("Photos and measurements")
    if provider:
        dialog.get_by_label("Storage provider").select_option(label=provider)
    dialog.get_by_role("button", name="Create").click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def page_of(page: Page, name: str) -> Locator:
    """The page of a dataset."""
    return page.locator(".gd-Page:visible", has=page.get_by_role("heading", name=name, exact=True))


def files_tab(page: Page) -> Locator:
    return page.locator(".gd-Page:visible").get_by_role("tabpanel", name="Files")


def row(page: Page, name: str) -> Locator:
    """A row of the table of files."""
    return files_tab(page).get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def commit(page: Page, message: str, tags: str) -> None:
    page.locator(".gd-Page:visible .gd-Header").get_by_role("button", name="Commit…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Message").fill(message)
    dialog.get_by_label("Tags").fill(tags)
    expect(dialog.get_by_role("region", name="Changes")).to_contain_text("train.csv")
    shot(page, f"hour-commit-{tags or 'second'}")
    dialog.get_by_role("button", name="Commit", exact=True).click()
    expect(dialog).to_be_hidden()
    expect(files_tab(page)).not_to_contain_text("Uncommitted")


def start_second_version(page: Page) -> None:
    page.locator(".gd-Page:visible .gd-Header").get_by_role("button", name="New version").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Start from")).to_contain_text("First photos")
    dialog.get_by_role("button", name="Create").click()
    expect(files_tab(page)).to_contain_text("Uncommitted")


def compare(page: Page) -> None:
    page.locator(".gd-Page:visible").get_by_role("tab", name="Compare").click()
    changed = page.get_by_role("listbox", name="Files that differ").get_by_role("option")
    expect(changed).to_have_count(1)
    expect(changed).to_contain_text("train.csv")
    changed.click()
    difference = page.get_by_role("region", name="Difference of flowers/train.csv")
    expect(difference.get_by_role("list", name="What differs")).to_contain_text("20 added")
    expect(difference.get_by_role("region", name="Statistics of columns")).to_contain_text("height_cm")
    shot(page, "hour-compare")


def preview(page: Page, name: str) -> None:
    page.locator(".gd-Page:visible").get_by_role("tab", name="Files").click()
    row(page, "train.csv").dblclick()
    expect(page.locator(".jp-CSVViewer:visible .lm-DataGrid")).to_be_visible()
    cell = "() => window.jupyterapp.shell.currentWidget?.content?._grid?.dataModel?.data('body', 0, 0)"
    page.wait_for_function(f"{cell} && ({cell})() === 'F0000'")
    shot(page, "hour-csv")
    page.get_by_role("tab", name=name).first.click()
    row(page, "photos").dblclick()
    row(page, "red").dblclick()
    row(page, "rose.png").dblclick()
    page.wait_for_function("() => document.querySelector('.jp-ImageViewer img')?.naturalWidth === 160")
    page.get_by_role("tab", name=name).first.click()


def insert_snippet(page: Page) -> None:
    """Into a new notebook; and it runs."""
    page.locator(".gd-Page:visible").get_by_role("tab", name="Use it").click()
    page.get_by_role("button", name="New notebook with Python").click()
    editor = page.locator(".jp-Notebook:visible .cm-content").first
    expect(editor).to_contain_text("train.csv")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Python 3 (ipykernel) | Idle")
    run(page, "notebook:run-cell")
    expect(page.locator(".jp-Notebook:visible .jp-OutputArea").first).to_contain_text("F0000")
    shot(page, "hour-notebook")
    expect(page.locator(".jp-Notebook:visible .jp-OutputArea").first).to_contain_text("25.00")  # of the second version


def add_provider(page: Page, s3: S3Server, name: str) -> None:
    """First with a wrong key, then with the right one; nothing has to be typed again."""
    page.get_by_role("region", name="Datasets").get_by_role("button", name="Add storage provider…").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Kind").select_option(label="Another S3-compatible service")
    dialog.get_by_label("Bucket").fill(s3.bucket)
    dialog.get_by_label("Endpoint").fill(s3.endpoint)
    dialog.get_by_label("Access key").fill(s3.access_key)
    dialog.get_by_label("Secret key").fill("wrong")
    dialog.get_by_label("Name").fill(name)
    dialog.get_by_role("button", name="Check and Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("secret")
    shot(page, "hour-wrong-key")
    dialog.get_by_label("Secret key").fill(s3.secret_key)
    dialog.get_by_role("button", name="Check and Add").click()
    expect(dialog).to_be_hidden()
    expect(page.get_by_role("list", name="Storage providers")).to_contain_text(name)


def trash_and_restore(page: Page, name: str) -> None:
    page.locator(".gd-Page:visible").get_by_role("tab", name="Settings").click()
    page.get_by_role("button", name="Move to Trash…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("You can restore it until")
    shot(page, "hour-trash")
    dialog.get_by_role("button", name="Move to Trash").click()
    panel = page.get_by_role("region", name="Datasets")
    expect(panel.get_by_role("list", name="Datasets")).not_to_contain_text(name)
    run(page, "gradient-data:open-trash")
    panel.get_by_role("button", name=f"Restore {name}").click()
    panel.get_by_placeholder("Search").first.fill(name)  # other tests' datasets may be in the way of its row
    expect(panel.get_by_role("list", name="Datasets")).to_contain_text(name)
