"""What others change, through whichever client, shows soon and without a reload."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support.jupyter_server import JupyterServer
from tests.support.lab import open_lab, running_lab, shot
from tests.support.pages import files_of, open_page, open_panel, page_of, row_of
from tests.support.rest import VersionAt

SOON = 10_000  # milliseconds; two seconds on a quiet machine, but how fast a busy one is must not decide here


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[JupyterServer]:
    """A JupyterLab that a test may kill."""
    with running_lab(tmp_path / "own") as server:
        yield server


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"live-{secrets.token_hex(4)}"


def listed(page: Page, name: str) -> Locator:
    """A dataset in the side bar."""
    row = page.get_by_role("list", name="Datasets").get_by_role("listitem")
    return row.filter(has=page.get_by_role("button", name=name, exact=True))


def open_listed_panel(page: Page, server: JupyterServer) -> None:
    """Show the side bar, and wait until it has loaded its datasets."""
    VersionAt(server, f"live-before-{secrets.token_hex(4)}")
    open_panel(page)
    expect(page.get_by_role("list", name="Datasets")).to_be_visible()


def test_datasets_in_the_side_bar(page: Page, lab_server: JupyterServer, name: str) -> None:
    open_listed_panel(page, lab_server)
    place = VersionAt(lab_server, name)
    expect(listed(page, name)).to_contain_text("1 uncommitted version", timeout=SOON)
    expect(listed(page, name)).to_contain_text("nothing committed yet")

    place.put("facts.txt", b"x" * 4_200)
    place.commit()
    expect(listed(page, name)).to_contain_text(place.version, timeout=SOON)
    expect(listed(page, name)).to_contain_text("4.2 KB")
    expect(listed(page, name)).not_to_contain_text("uncommitted")

    lab_server.request("PUT", f"/api/datasets/{place.dataset}/tags/golden", body={"version": place.version})
    expect(listed(page, name)).to_contain_text("golden", timeout=SOON)

    lab_server.request("PATCH", f"/api/datasets/{place.dataset}", body={"name": f"{name}-renamed"})
    expect(listed(page, f"{name}-renamed")).to_be_visible(timeout=SOON)
    expect(listed(page, name)).to_be_hidden()

    lab_server.request("DELETE", f"/api/datasets/{place.dataset}")
    expect(listed(page, f"{name}-renamed")).to_be_hidden(timeout=SOON)


def test_the_page_of_a_dataset(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = VersionAt(lab_server, name)
    shown = open_page(page, place, tab="versions")
    versions = shown.get_by_role("tabpanel", name="Versions")
    version = versions.get_by_role("article", name=f"Version {place.version}")
    expect(version).to_contain_text("Uncommitted")

    lab_server.request("PATCH", place.path, body={"message": "From somewhere else"})
    expect(version).to_contain_text("From somewhere else", timeout=SOON)
    place.put("facts.txt", b"some")
    place.commit()
    expect(version).not_to_contain_text("Uncommitted", timeout=SOON)
    expect(version).to_contain_text("1 file")

    lab_server.request("PUT", f"/api/datasets/{place.dataset}/tags/golden", body={"version": place.version})
    expect(version.get_by_role("list", name=f"Tags of {place.version}")).to_contain_text("golden", timeout=SOON)
    lab_server.request("DELETE", f"/api/datasets/{place.dataset}/tags/golden")
    expect(version).not_to_contain_text("golden", timeout=SOON)

    place.next_version(start_from=place.reference)
    newer = versions.get_by_role("article", name=f"Version {place.version}")
    expect(newer).to_contain_text("Uncommitted", timeout=SOON)

    lab_server.request("PATCH", f"/api/datasets/{place.dataset}", body={"description": "Told by another"})
    expect(shown).to_contain_text("Told by another", timeout=SOON)
    lab_server.request("DELETE", f"/api/datasets/{place.dataset}")
    gone = page.get_by_text(f"The dataset “{name}” was deleted.")
    expect(gone).to_be_visible(timeout=SOON)


def test_files_of_an_uncommitted_version(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = VersionAt(lab_server, name)
    open_page(page, place)
    expect(files_of(page)).to_contain_text("This version has no files.")
    place.put("first.txt", b"1")
    expect(row_of(page, "first.txt")).to_contain_text("1 B", timeout=SOON)
    place.put("first.txt", b"1" * 1_000)
    expect(row_of(page, "first.txt")).to_contain_text("1.0 KB", timeout=SOON)
    place.put("folder/second.txt", b"2")
    expect(row_of(page, "folder")).to_be_visible(timeout=SOON)
    place.server.request("DELETE", place.content("first.txt"))
    expect(row_of(page, "first.txt")).to_be_hidden(timeout=SOON)


def test_a_server_that_comes_back(browser: Browser, own_server: JupyterServer, name: str) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    open_lab(page, own_server)
    page.get_by_label("Search public datasets").wait_for(state="attached")  # a field, in a section that is closed
    panel = open_panel(page)
    expect(panel.locator(":focus")).to_have_count(1)  # also while there is no dataset, and no search for one
    before = VersionAt(own_server, name)
    expect(listed(page, name)).to_be_visible()
    open_page(page, before)
    expect(files_of(page)).to_contain_text("This version has no files.")

    own_server.kill()
    lost = "The server is not answering. Trying again…"
    expect(panel).to_contain_text(lost)
    expect(listed(page, name)).to_be_visible()  # what was seen stays
    expect(page_of(page, name)).to_be_visible()
    shot(page, "live-lost")
    own_server.start()
    after = VersionAt(own_server, f"{name}-after")
    before.put("since.txt", b"since")
    expect(panel).not_to_contain_text(lost)
    expect(listed(page, after.name)).to_be_visible()
    expect(row_of(page, "since.txt")).to_be_visible()

    later = VersionAt(own_server, f"{name}-later")  # and it listens again
    expect(listed(page, later.name)).to_be_visible(timeout=SOON)
    page.close()


def test_a_server_without_our_part_is_told_what_to_do(browser: Browser, tmp_path: Path) -> None:
    with running_lab(tmp_path / "bare", with_datasets=False) as server:
        page = browser.new_page(viewport={"width": 1400, "height": 900})
        open_lab(page, server)
        page.get_by_role("tab", name="Datasets").click()
        panel = page.locator(".gd-Panel")
        expect(panel).to_contain_text("The server part is missing")
        expect(panel.get_by_role("button", name="Copy “pip install jupyter-gradient-data”")).to_be_visible()
        expect(panel.get_by_role("button", name="Look again")).to_be_enabled()
        expect(panel.get_by_role("list", name="Storage providers")).to_be_hidden()
        shot(page, "live-missing")
        page.close()
