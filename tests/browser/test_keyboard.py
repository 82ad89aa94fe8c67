"""All can be done by keyboard alone, and the focus is never lost: no test here uses a mouse."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.jupyter_server import JupyterServer
from tests.support.lab import shot
from tests.support.pages import files_of, open_page, page_of, row_of
from tests.support.rest import VersionAt

SHOW_PANEL = "ControlOrMeta+Shift+y"
PALETTE = "ControlOrMeta+Shift+c"
MOST_STOPS = 40


@pytest.fixture
def page(page: Page) -> Page:
    """JupyterLab, when its launcher has taken the focus: it comes by itself, and a little late."""
    expect(page.locator(".jp-Launcher")).to_be_focused()
    return page


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"keys-{secrets.token_hex(4)}"


@pytest.fixture
def place(lab_server: JupyterServer, name: str) -> VersionAt:
    """An uncommitted version with some files, on a committed one."""
    place = VersionAt(lab_server, name)
    for path in ("a.txt", "b.txt", "c.txt", "folder/inside.txt"):
        place.put(path, path.encode())
    place.commit()
    place.next_version(start_from=place.reference)
    return place


def tab_to(page: Page, target: Locator, *, key: str = "Tab") -> None:
    """Press Tab until an element has the focus."""
    expect(target).to_be_visible()
    for _ in range(MOST_STOPS):
        if target.evaluate("node => node === document.activeElement"):
            return
        page.keyboard.press(key)
    raise AssertionError(f"{target} cannot be reached with {key}")


def has_focus(area: Locator) -> None:
    """Wait until the focus is in a part of the page, or on it."""
    expect(area.locator(":scope:focus, :scope :focus")).to_have_count(1)


def press(page: Page, *keys: str) -> None:
    """One key after the other."""
    for key in keys:
        page.keyboard.press(key)


def panel_of(page: Page) -> Locator:
    """The side bar."""
    return page.get_by_role("region", name="Datasets")


def show_panel(page: Page) -> Locator:
    """By its shortcut; the focus goes there."""
    press(page, SHOW_PANEL)
    panel = panel_of(page)
    expect(panel.get_by_role("list", name="Storage providers")).to_be_visible()
    has_focus(panel)
    return panel


def grid_of(page: Page) -> Locator:
    """The table of files."""
    return files_of(page).get_by_role("grid", name="Files")


def listed(page: Page, name: str) -> Locator:
    """The button that opens a dataset, in the side bar."""
    return page.get_by_role("list", name="Datasets").get_by_role("button", name=name, exact=True)


def at_files(page: Page, place: VersionAt) -> Locator:
    """The table of files, with the focus on its first row."""
    open_page(page, place)
    expect(row_of(page, "c.txt")).to_be_visible()
    tab_to(page, grid_of(page))
    press(page, "Home")
    expect(row_of(page, "folder")).to_have_attribute("aria-selected", "true")
    return grid_of(page)


def test_a_new_dataset(page: Page, lab_server: JupyterServer, name: str) -> None:
    VersionAt(lab_server, f"{name}-before")  # or there would be another button, in the middle
    panel = show_panel(page)
    button = panel.get_by_role("button", name="New dataset").first
    tab_to(page, button, key="Shift+Tab")
    press(page, "Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()

    press(page, "Space")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type(name)
    press(page, "Tab")
    page.keyboard.type("Made")
    press(page, "Enter")  # begins a line here
    page.keyboard.type("by keyboard")
    expect(dialog.get_by_label("Description")).to_have_value("Made\nby keyboard")
    tab_to(page, dialog.get_by_role("button", name="Create"))
    press(page, "Enter")
    shown = page_of(page, name)
    expect(shown).to_contain_text("by keyboard")
    has_focus(shown)

    tab = {label: shown.get_by_role("tab", name=label) for label in ("Files", "Versions", "Settings")}
    tab_to(page, tab["Files"])
    press(page, "ArrowRight")
    expect(tab["Versions"]).to_be_focused()
    expect(shown.get_by_role("tabpanel", name="Versions")).to_contain_text("No versions yet")
    press(page, "End")
    expect(tab["Settings"]).to_be_focused()
    expect(shown.get_by_role("tabpanel", name="Settings")).to_be_visible()
    press(page, "ArrowRight")
    expect(tab["Files"]).to_be_focused()
    tab_to(page, shown.get_by_role("button", name="Start with an empty version"))
    press(page, "Enter")
    expect(dialog.get_by_label("Message")).to_be_focused()
    press(page, "Escape")
    expect(shown.get_by_role("button", name="Start with an empty version")).to_be_focused()


def test_the_command_palette(page: Page) -> None:
    press(page, PALETTE)
    expect(page.locator("#command-palette input")).to_be_focused()
    page.keyboard.type("New Dataset")
    expect(page.locator("#command-palette .lm-mod-active")).to_contain_text("New Dataset")
    press(page, "Enter")
    expect(page.get_by_role("dialog").get_by_label("Name")).to_be_focused()
    press(page, "Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def test_going_through_files(page: Page, place: VersionAt) -> None:
    grid = at_files(page, place)
    press(page, "Enter")
    expect(row_of(page, "inside.txt")).to_be_visible()
    expect(grid).to_be_focused()
    press(page, "Backspace")
    expect(row_of(page, "folder")).to_have_attribute("aria-selected", "true")
    expect(grid).to_be_focused()
    press(page, "ArrowDown", "Shift+ArrowDown")
    expect(row_of(page, "a.txt")).to_have_attribute("aria-selected", "true")
    expect(row_of(page, "b.txt")).to_have_attribute("aria-selected", "true")
    expect(files_of(page)).to_contain_text("2 selected")
    page.keyboard.type("c")
    expect(row_of(page, "c.txt")).to_have_attribute("aria-selected", "true")
    expect(files_of(page)).to_contain_text("1 selected")
    focused = grid.get_attribute("aria-activedescendant")
    assert focused == row_of(page, "c.txt").get_attribute("id")


def test_changing_files(page: Page, place: VersionAt) -> None:
    grid = at_files(page, place)
    press(page, "ArrowDown", "F2")
    field = page.get_by_role("textbox", name="New name of a.txt")
    expect(field).to_be_focused()
    page.keyboard.type("first")  # the ending is not selected
    press(page, "Enter")
    expect(row_of(page, "first.txt")).to_have_attribute("aria-selected", "true")
    expect(grid).to_be_focused()
    press(page, "F2")
    expect(page.get_by_role("textbox", name="New name of first.txt")).to_be_focused()
    page.keyboard.type("second")
    press(page, "Escape")
    expect(row_of(page, "first.txt")).to_be_visible()
    expect(grid).to_be_focused()

    press(page, "Delete")
    expect(row_of(page, "first.txt")).to_be_hidden()
    expect(grid).to_be_focused()
    expect(files_of(page)).to_contain_text("Deleted 1 file.")
    press(page, "ControlOrMeta+z")
    expect(row_of(page, "first.txt")).to_be_visible()
    expect(grid).to_be_focused()
    assert place.files() == ["b.txt", "c.txt", "first.txt", "folder/inside.txt"]


def test_the_menu_of_files(page: Page, place: VersionAt) -> None:
    grid = at_files(page, place)
    press(page, "End", "Shift+F10")
    menu = page.get_by_role("menu").filter(has=page.get_by_role("menuitem", name="Copy Path"))
    expect(menu).to_be_visible()
    shot(page, "keys-menu")
    press(page, "Escape")
    expect(menu).to_be_hidden()
    expect(grid).to_be_focused()
    press(page, "Shift+F10")
    expect(menu).to_be_visible()
    press(page, "ArrowUp", "ArrowUp")
    expect(menu.locator(".lm-mod-active")).to_contain_text("Rename")
    press(page, "Enter")
    expect(page.get_by_role("textbox", name="New name of c.txt")).to_be_focused()
    press(page, "Escape", "Shift+F10", "ArrowUp")
    expect(menu.locator(".lm-mod-active")).to_contain_text("Delete")
    press(page, "Enter")
    expect(row_of(page, "c.txt")).to_be_hidden()
    expect(grid).to_be_focused()


def test_commit(page: Page, place: VersionAt, name: str) -> None:
    place.put("new.txt", b"new")
    shown = open_page(page, place)
    button = shown.get_by_role("button", name="Commit…")
    tab_to(page, button)
    press(page, "Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Message")).to_be_focused()
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(button).to_be_focused()
    press(page, "Enter")
    expect(dialog.get_by_label("Message")).to_be_focused()
    page.keyboard.type("By keyboard")
    press(page, "Tab")
    expect(dialog.get_by_label("Tags")).to_be_focused()
    page.keyboard.type("golden")
    expect(dialog.get_by_role("region", name="Changes")).to_contain_text("1 file added")
    tab_to(page, dialog.get_by_role("button", name="Commit", exact=True))
    press(page, "Enter")
    expect(dialog).to_be_hidden()
    expect(shown.locator(".gd-Header").get_by_role("button", name="New version")).to_be_focused()
    version = place.server.get(place.path).json
    assert (version["state"], version["message"], version["tags"]) == ("committed", "By keyboard", ["golden"])


def test_versions(page: Page, place: VersionAt) -> None:
    place.commit()
    shown = open_page(page, place, tab="versions")
    more = shown.get_by_role("button", name=f"More actions for {place.version}")
    tab_to(page, more)
    press(page, "Enter")
    item = page.get_by_role("menuitem", name="Add Tag…")
    expect(item).to_be_visible()
    press(page, "Escape")
    expect(more).to_be_focused()
    press(page, "Enter", "a")  # a letter goes to the item that begins with it
    expect(page.get_by_role("menu").locator(".lm-mod-active")).to_contain_text("Add Tag…")
    press(page, "Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Name")).to_be_focused()
    page.keyboard.type("golden")
    press(page, "Enter")
    expect(dialog).to_be_hidden()
    expect(more).to_be_focused()
    remove = shown.get_by_role("button", name="Remove tag golden")
    tab_to(page, remove, key="Shift+Tab")
    press(page, "Enter")
    expect(remove).to_be_hidden()
    expect(more).to_be_focused()


def test_the_side_bar(page: Page, lab_server: JupyterServer, name: str) -> None:
    for last in "abc":
        VersionAt(lab_server, f"{name}-{last}")
    panel = show_panel(page)
    search = panel.get_by_role("searchbox", name="Search datasets")
    tab_to(page, search)
    page.keyboard.type(name)
    expect(page.get_by_role("list", name="Datasets").get_by_role("listitem")).to_have_count(3)
    press(page, "ArrowDown")
    expect(listed(page, f"{name}-a")).to_be_focused()
    press(page, "ArrowDown", "Shift+F10")
    menu = page.get_by_role("menu").filter(has=page.get_by_role("menuitem", name="Copy Reference"))
    expect(menu).to_be_visible()
    press(page, "Escape")
    expect(listed(page, f"{name}-b")).to_be_focused()

    press(page, "F2")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("textbox", name="Name")).to_be_focused()
    page.keyboard.type(f"{name}-b2")
    press(page, "Enter")
    expect(dialog).to_be_hidden()
    expect(listed(page, f"{name}-b2")).to_be_focused()

    press(page, "Delete")
    has_focus(dialog)
    expect(dialog).to_contain_text("to the Trash?")
    press(page, "Escape")
    expect(dialog).to_be_hidden()
    expect(listed(page, f"{name}-b2")).to_be_focused()
    press(page, "Delete")
    has_focus(dialog)
    tab_to(page, dialog.get_by_role("button", name="Move to Trash"))
    press(page, "Enter")
    expect(dialog).to_be_hidden()
    expect(listed(page, f"{name}-b2")).to_be_hidden()
    expect(listed(page, f"{name}-c")).to_be_focused()
    press(page, "Enter")
    shown = page_of(page, f"{name}-c")
    expect(shown).to_be_visible()
    has_focus(shown)
