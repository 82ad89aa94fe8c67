"""The parts of the page of a dataset and of the side bar, as a user finds them: by role and name."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.support.lab import run
from tests.support.rest import VersionAt


def open_page(page: Page, dataset: VersionAt, **state: str) -> Locator:
    """Open the page of a dataset, and wait until it shows; returns it."""
    run(page, "gradient-data:open", dataset=dataset.dataset, **state)
    shown = page_of(page, dataset.name)
    expect(shown).to_be_visible()
    return shown


def page_of(page: Page, name: str) -> Locator:
    """The page of a dataset, while it is in sight."""
    return page.locator(".gd-Page:visible", has=page.get_by_role("heading", name=name, exact=True))


def open_panel(page: Page) -> Locator:
    """Show the side bar, and wait until it has loaded; returns it."""
    run(page, "gradient-data:show-panel")
    shown = page.locator(".gd-Panel")
    expect(shown.get_by_role("list", name="Storage providers")).to_be_visible()
    return shown


def files_of(page: Page) -> Locator:
    """The tab with files of the page in sight."""
    return page.locator(".gd-Page:visible").get_by_role("tabpanel", name="Files")


def row_of(page: Page, name: str) -> Locator:
    """A file or folder in the table of files."""
    return files_of(page).get_by_role("row").filter(has=page.get_by_text(name, exact=True))


def upload_of(page: Page, title: str) -> Locator:
    """An upload in the side bar, by what it uploads."""
    return page.get_by_role("list", name="Uploads").get_by_role("listitem", name=title)
