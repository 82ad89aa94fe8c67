"""The page of a dataset: it comes back after a reload, shows files, gives them away; versions and tags change in it."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from pathlib import Path

import nbformat.v4
import pytest
from playwright.sync_api import Download, Locator, Page, Response, expect

from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import run, shot, wait_for_lab
from tests.support.pages import files_of, open_page, page_of, row_of
from tests.support.rest import VersionAt


@pytest.fixture
def place(lab_server: JupyterServer) -> VersionAt:
    """A dataset with a committed version of files of some kinds."""
    place = VersionAt(lab_server, f"page-{secrets.token_hex(4)}")
    files = {
        **flowers.first_photos(),
        "look.ipynb": nbformat.writes(
            nbformat.v4.new_notebook(
                cells=[nbformat.v4.new_markdown_cell("# Looking at flowers")],
                metadata={"kernelspec": {"name": "python3", "display_name": "Python 3 (ipykernel)"}},
            )
        ).encode(),
    }
    for path, data in files.items():
        assert place.put(path, data).status == 201
    place.server.request("PATCH", place.path, body={"message": "First photos"})
    place.commit()
    return place


def unpacked(download: Download) -> dict[str, bytes]:
    """What is in a ZIP file that the browser saved."""
    with zipfile.ZipFile(io.BytesIO(Path(download.path()).read_bytes())) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


def version_of(page: Page, version: str) -> Locator:
    """A version in the timeline."""
    return page.get_by_role("tabpanel", name="Versions").get_by_role("article", name=f"Version {version}")


def choose(page: Page, version: str, *items: str) -> None:
    """Choose from the menu of a version, and from the one that opens from there."""
    version_of(page, version).get_by_role("button", name=f"More actions for {version}").click()
    for item in items:
        page.get_by_role("menu").last.get_by_text(item, exact=True).click()


def tags_of(place: VersionAt) -> dict[str, str]:
    """Where each tag points to."""
    items = place.server.get(f"/api/datasets/{place.dataset}/tags").json["items"]
    return {item["name"]: item["version"] for item in items}


def is_saved(answer: Response, words: str) -> bool:
    """Whether JupyterLab has saved how it looks, with some words in it."""
    asked = answer.request
    return "/api/workspaces/" in asked.url and asked.method == "PUT" and words in (asked.post_data or "")


def test_it_comes_back_after_a_reload(page: Page, place: VersionAt) -> None:
    old = place.version
    place.next_version(start_from=place.reference)
    open_page(page, place, tab="files", version=old)
    row_of(page, "photos").dblclick()
    with page.expect_response(lambda answer: is_saved(answer, "photos/red/")):  # JupyterLab keeps it on the server
        row_of(page, "red").dblclick()
    expect(row_of(page, "rose.png")).to_be_visible()
    page.reload()
    wait_for_lab(page)
    expect(row_of(page, "rose.png")).to_be_visible()
    shown = page_of(page, place.name)
    expect(shown.get_by_role("combobox", name="Version")).to_have_value(old)
    expect(shown.get_by_role("navigation", name="Folder")).to_contain_text("photos")


def test_previews(page: Page, place: VersionAt) -> None:
    open_page(page, place, version="latest")
    for file, selector, words in (
        ("README.md", ".jp-MarkdownViewer h1", "Flowers"),
        ("labels.json", ".jp-RenderedJSON", "classes"),
        ("look.ipynb", ".jp-Notebook h1", "Looking at flowers"),
        ("train.csv", ".jp-CSVViewer", ""),
    ):
        row_of(page, file).dblclick()
        expect(page.locator(f"{selector}:visible")).to_contain_text(words)
        shot(page, f"page-{file}")
        page.get_by_role("tab", name=place.name).first.click()


def test_downloads(page: Page, place: VersionAt) -> None:
    open_page(page, place, version="latest")
    photos = flowers.first_photos()
    button = files_of(page).get_by_role("button", name="Download selection")
    row_of(page, "train.csv").click()
    with page.expect_download() as found:
        button.click()
    assert found.value.suggested_filename == "train.csv"
    assert Path(found.value.path()).read_bytes() == photos["train.csv"]

    row_of(page, "README.md").click()
    row_of(page, "photos").click(modifiers=["ControlOrMeta"])
    with page.expect_download() as found:
        button.click()
    wanted = {path: data for path, data in photos.items() if path == "README.md" or path.startswith("photos/")}
    assert found.value.suggested_filename == f"{place.name}-{place.version}.zip"
    assert unpacked(found.value) == wanted

    with page.expect_download() as found:
        files_of(page).get_by_role("button", name="Download version").click()
    assert unpacked(found.value).keys() == {*photos, "look.ipynb"}


def test_tags(page: Page, place: VersionAt) -> None:
    first = place.version
    place.next_version(start_from=place.reference)
    place.commit()
    second = place.version
    shown = open_page(page, place, tab="versions")
    choose(page, first, "Add Tag…")
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("golden")
    dialog.get_by_role("button", name="Set Tag").click()
    tags = {version: version_of(page, version).get_by_role("list", name="Tags of") for version in (first, second)}
    expect(tags[first]).to_contain_text("golden")

    choose(page, second, "Move Tag Here", f"golden, now at {first}")
    expect(tags[second]).to_contain_text("golden")
    expect(tags[first]).to_be_hidden()
    moved = page.get_by_role("alert").filter(has_text=f"The tag golden was moved from {first} to {second}.")
    moved.get_by_role("button", name="Undo").click()
    expect(tags[first]).to_contain_text("golden")
    assert tags_of(place) == {"golden": first}

    shown.get_by_role("button", name="Remove tag golden").click()
    expect(tags[first]).to_be_hidden()
    removed = page.get_by_role("alert").filter(has_text=f"The tag golden was removed from {first}.")
    assert tags_of(place) == {}
    removed.get_by_role("button", name="Undo").click()
    expect(tags[first]).to_contain_text("golden")
    assert tags_of(place) == {"golden": first}


def test_a_new_version_from_an_old_one(page: Page, place: VersionAt) -> None:
    first = place.version
    place.next_version()
    place.put("only.txt", b"only")
    place.commit()
    open_page(page, place, version=first)
    expect(row_of(page, "train.csv")).to_be_visible()
    files_of(page).get_by_role("button", name="New version from this").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Start from").locator("option:checked")).to_contain_text("First photos")
    dialog.get_by_label("Message").fill("Again from the first")
    dialog.get_by_role("button", name="Create").click()
    expect(files_of(page)).to_contain_text("Uncommitted")
    expect(row_of(page, "train.csv")).to_be_visible()
    (made,) = place.server.get(f"/api/datasets/{place.dataset}/versions?committed=false").json["items"]
    assert (made["message"], made["parent"]) == ("Again from the first", f"{place.dataset}:{first}")


def test_files_of_the_file_browser_are_added(page: Page, place: VersionAt, lab_server: JupyterServer) -> None:
    folder = f"mine-{secrets.token_hex(4)}"
    flowers.write(lab_server.folder / "files" / folder, {"a.txt": b"a", "deep/b.json": json.dumps({"b": 1}).encode()})
    run(page, "filebrowser:activate")
    run(page, "filebrowser:refresh")
    page.locator("#filebrowser").get_by_role("listitem", name=f"Name: {folder}").click(button="right")
    page.get_by_role("menuitem", name="Add to Dataset…").click()
    dialog = page.get_by_role("dialog").filter(has_text=f"Add “{folder}” to a Dataset")
    dialog.get_by_label("Search datasets").fill(place.name)
    expect(dialog.get_by_role("listbox", name="Dataset").locator("option:checked")).to_have_text(place.name)
    expect(dialog.get_by_label("Version").locator("option:checked")).to_have_text("A new version, from the latest one")
    dialog.get_by_label("Folder in the dataset").fill("from/browser")
    shot(page, "page-add-to-dataset")
    dialog.get_by_role("button", name="Add").click()
    told = page.get_by_role("alert").filter(has_text="Added 2 files to version")
    told.get_by_role("button", name="Open").click()
    page_of(page, place.name).get_by_role("button", name="Commit…").wait_for()
    expect(row_of(page, "from")).to_be_visible()
    (made,) = place.server.get(f"/api/datasets/{place.dataset}/versions?committed=false").json["items"]
    place.version = made["version"]
    assert place.files(path="from/") == [f"from/browser/{folder}/a.txt", f"from/browser/{folder}/deep/b.json"]
    assert "train.csv" in place.files()
