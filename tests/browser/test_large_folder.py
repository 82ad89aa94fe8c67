"""A folder of 100,000 files is as quick to use as a small one."""

from __future__ import annotations

import os

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.jupyter_server import JupyterServer
from tests.support.lab import shot
from tests.support.pages import files_of, open_page, row_of
from tests.support.rest import VersionAt

COUNT = 100_000
MOST_DRAWN = 200


@pytest.fixture(scope="module")
def large(lab_server: JupyterServer) -> VersionAt:
    """A committed version with one folder of many files, one of them larger than the others."""
    place = VersionAt(lab_server, f"large-{os.getpid()}")
    place.fill([f"many/{number:06}.txt" for number in range(COUNT - 1)], b"small")
    place.put("many/050000-large.txt", b"l" * 5_000)
    place.put("beside.txt", b"small")
    place.commit()
    return place


def grid_of(page: Page) -> Locator:
    """The table of files."""
    return files_of(page).get_by_role("grid", name="Files")


def drawn(page: Page) -> int:
    """How many rows there are in the document."""
    return grid_of(page).get_by_role("row").count()


def all_loaded(page: Page) -> None:
    """Wait until the list is complete."""
    expect(files_of(page)).to_contain_text("100,000 items")
    expect(files_of(page)).not_to_contain_text("Loading…")


def test_it_opens_and_goes_to_the_end(page: Page, large: VersionAt) -> None:
    open_page(page, large, version="latest")
    expect(files_of(page)).to_contain_text("2 items")
    row_of(page, "many").dblclick()
    expect(row_of(page, "000000.txt")).to_be_visible(timeout=2_000)  # long before all have come
    assert drawn(page) < MOST_DRAWN
    all_loaded(page)
    expect(grid_of(page)).to_have_attribute("aria-rowcount", str(COUNT + 1))

    grid_of(page).press("End")
    last = row_of(page, f"{COUNT - 2:06}.txt")
    expect(last).to_be_visible(timeout=2_000)
    expect(last).to_have_attribute("aria-selected", "true")
    expect(last).to_have_attribute("aria-rowindex", str(COUNT + 1))
    shot(page, "large-end")
    grid_of(page).press("Home")
    expect(row_of(page, "000000.txt")).to_be_visible(timeout=2_000)
    grid_of(page).press("PageDown")
    expect(row_of(page, "000000.txt")).to_have_attribute("aria-selected", "false")
    assert drawn(page) < MOST_DRAWN


def test_it_is_sorted(page: Page, large: VersionAt) -> None:
    open_page(page, large, version="latest", path="many/")
    all_loaded(page)
    size = grid_of(page).get_by_role("columnheader", name="Size")
    size.get_by_role("button").click()
    expect(size).to_have_attribute("aria-sort", "descending")
    first = grid_of(page).locator("[aria-rowindex='2']")
    expect(first).to_contain_text("050000-large.txt", timeout=5_000)
    expect(first).to_contain_text("5.0 KB")
    size.get_by_role("button").click()
    expect(size).to_have_attribute("aria-sort", "ascending")
    expect(first).to_contain_text("000000.txt", timeout=5_000)
    grid_of(page).press("End")
    expect(row_of(page, "050000-large.txt")).to_be_visible()
    grid_of(page).get_by_role("columnheader", name="Name").get_by_role("button").click()
    expect(row_of(page, "050000-large.txt")).to_be_visible()  # where the keyboard is stays in sight
    assert drawn(page) < MOST_DRAWN


def test_one_of_them_is_found(page: Page, large: VersionAt) -> None:
    open_page(page, large, version="latest", path="many/")
    field = files_of(page).get_by_role("textbox", name="Search in this folder")
    field.fill("077777")
    expect(row_of(page, "many/077777.txt")).to_be_visible(timeout=5_000)
    expect(files_of(page)).to_contain_text("1 file found")
    assert drawn(page) == 2  # with the header
    field.fill("nothing is called this")
    expect(files_of(page)).to_contain_text("No file here matches “nothing is called this”.")
    files_of(page).get_by_role("button", name="Show the whole folder").click()
    all_loaded(page)


def test_all_are_selected(page: Page, large: VersionAt) -> None:
    open_page(page, large, version="latest", path="many/")
    all_loaded(page)
    grid_of(page).press("ControlOrMeta+a")
    expect(files_of(page)).to_contain_text("100,000 selected, 505 KB", timeout=5_000)
    grid_of(page).press("Escape")
    expect(files_of(page)).not_to_contain_text("selected")
    assert drawn(page) < MOST_DRAWN
