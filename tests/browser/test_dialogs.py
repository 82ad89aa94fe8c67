"""What goes wrong in a dialog is said in it; what was typed stays, and can be corrected."""

from __future__ import annotations

import secrets

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.support.jupyter_server import JupyterServer
from tests.support.lab import run, shot
from tests.support.pages import open_page, open_panel, page_of
from tests.support.rest import VersionAt


@pytest.fixture
def name() -> str:
    """A name that no other test uses."""
    return f"dialogs-{secrets.token_hex(4)}"


def dialog_of(page: Page, title: str) -> Locator:
    """A dialog, by its title."""
    return page.get_by_role("dialog").filter(has=page.get_by_text(title))


def committed(server: JupyterServer, name: str, **files: bytes) -> VersionAt:
    """A dataset with a committed version."""
    place = VersionAt(server, name)
    for stem, data in files.items():
        place.put(f"{stem}.txt", data)
    place.commit()
    return place


def test_new_dataset(page: Page, lab_server: JupyterServer, name: str) -> None:
    VersionAt(lab_server, name)
    open_panel(page).get_by_role("button", name="New dataset").first.click()
    dialog = dialog_of(page, "New Dataset")
    create = dialog.get_by_role("button", name="Create")
    expect(create).to_be_disabled()
    dialog.get_by_label("Description").fill("Two lines\nof words")
    dialog.get_by_label("Name").fill(f"{name}:a")
    expect(dialog).to_contain_text("A name cannot contain “:”.")
    expect(create).to_be_disabled()

    dialog.get_by_label("Name").fill(name)
    create.click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"A dataset named '{name}' exists already.")
    expect(dialog).to_contain_text("This name is taken.")
    expect(dialog.get_by_label("Name")).to_have_value(name)
    expect(dialog.get_by_label("Description")).to_have_value("Two lines\nof words")
    shot(page, "dialog-name-taken")

    dialog.get_by_label("Name").fill(f"{name}-b")
    create.click()
    expect(dialog).to_be_hidden()
    expect(page_of(page, f"{name}-b")).to_contain_text("of words")


def test_new_version(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = committed(lab_server, name, old=b"old")
    old = place.version
    place.next_version()
    place.put("new.txt", b"new")
    place.commit()
    open_page(page, place)
    run(page, "gradient-data:new-version", dataset=place.dataset, **{"from": old})
    dialog = dialog_of(page, "New Version")
    start = dialog.get_by_label("Start from")
    expect(start).to_have_value(old)
    dialog.get_by_label("Message").fill("From the old one")
    lab_server.request("DELETE", f"/api/datasets/{place.dataset}/versions/{old}")
    expect(start.locator("option:checked")).to_have_text(f"{old} (gone)")

    dialog.get_by_role("button", name="Create").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"has no version or tag {old}.")
    expect(dialog.get_by_role("alert")).to_contain_text("It was deleted meanwhile. Start from another one.")
    expect(dialog.get_by_label("Message")).to_have_value("From the old one")
    shot(page, "dialog-start-gone")

    start.select_option(value=place.version)
    dialog.get_by_role("button", name="Create").click()
    expect(dialog).to_be_hidden()
    (made,) = lab_server.get(f"/api/datasets/{place.dataset}/versions?committed=false").json["items"]
    assert (made["message"], made["parent"]) == ("From the old one", place.reference)


def test_commit(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = VersionAt(lab_server, name)
    place.put("here.txt", b"here")
    assert place.begin_upload("there.bin", 100).status == 201  # by somebody who has not finished
    open_page(page, place).get_by_role("button", name="Commit…").click()
    dialog = dialog_of(page, "Commit Version")
    commit = dialog.get_by_role("button", name="Commit", exact=True)
    dialog.get_by_label("Tags").fill("golden, latest")
    expect(dialog).to_contain_text("“latest” always means the newest committed version.")
    expect(commit).to_be_disabled()
    dialog.get_by_label("Tags").fill("golden, silver")
    dialog.get_by_label("Message").fill("All that is here")
    commit.click()
    alert = dialog.get_by_role("alert")
    expect(alert).to_contain_text("cannot be committed")
    expect(alert).to_contain_text("Wait until they have arrived, or commit without them.")
    expect(dialog.get_by_label("Message")).to_have_value("All that is here")
    expect(dialog.get_by_label("Tags")).to_have_value("golden, silver")
    shot(page, "dialog-unfinished")

    dialog.get_by_label("Commit without the files that have not arrived").check()
    commit.click()
    expect(dialog).to_be_hidden()
    made = lab_server.get(place.path).json
    assert (made["state"], made["message"], made["files"]) == ("committed", "All that is here", 1)
    assert sorted(made["tags"]) == ["golden", "silver"]


def test_new_tag(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = committed(lab_server, name, some=b"some")
    shown = open_page(page, place, tab="versions")
    shown.get_by_role("button", name=f"More actions for {place.version}").click()
    page.get_by_role("menuitem", name="Add Tag…").click()
    dialog = dialog_of(page, "New Tag")
    accept = dialog.get_by_role("button", name="Set Tag")
    for impossible, reason in {
        "latest": "“latest” always means the newest committed version.",
        "abc1234": "This looks like the id of a version; choose another name.",
        "a/b": "A name cannot contain “/”.",
    }.items():
        dialog.get_by_label("Name").fill(impossible)
        expect(dialog).to_contain_text(reason)
        expect(accept).to_be_disabled()
    dialog.get_by_label("Name").fill("golden")
    accept.click()
    expect(dialog).to_be_hidden()
    expect(shown.get_by_role("list", name=f"Tags of {place.version}")).to_contain_text("golden")


def test_a_new_tag_for_a_version_that_goes_meanwhile(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = committed(lab_server, name, some=b"some")
    run(page, "gradient-data:new-tag", dataset=place.dataset, version=place.version)
    dialog = dialog_of(page, "New Tag")
    dialog.get_by_label("Name").fill("golden")
    lab_server.request("DELETE", place.path)
    dialog.get_by_role("button", name="Set Tag").click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"has no version or tag {place.version}.")
    expect(dialog.get_by_label("Name")).to_have_value("golden")


def test_rename(page: Page, lab_server: JupyterServer, name: str) -> None:
    VersionAt(lab_server, f"{name}-taken")
    place = VersionAt(lab_server, name)
    open_panel(page)
    run(page, "gradient-data:rename-dataset", dataset=place.dataset)
    dialog = dialog_of(page, "Rename Dataset")
    rename = dialog.get_by_role("button", name="Rename")
    field = dialog.get_by_role("textbox", name="Name")
    expect(field).to_have_value(name)
    expect(rename).to_be_disabled()
    field.fill(f"{name}-taken")
    rename.click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"A dataset named '{name}-taken' exists already.")
    expect(field).to_have_value(f"{name}-taken")
    field.fill(f"{name}-free")
    rename.click()
    expect(dialog).to_be_hidden()
    assert lab_server.get(f"/api/datasets/{place.dataset}").json["name"] == f"{name}-free"


def test_restore_from_the_trash(page: Page, lab_server: JupyterServer, name: str) -> None:
    gone = committed(lab_server, name, some=b"some")
    lab_server.request("DELETE", f"/api/datasets/{gone.dataset}")
    VersionAt(lab_server, name)
    VersionAt(lab_server, f"{name}-taken")
    open_panel(page)
    run(page, "gradient-data:open-trash")
    page.get_by_role("button", name=f"Restore {name}", exact=True).click()
    dialog = dialog_of(page, "Restore under Another Name")
    expect(dialog).to_contain_text(f"Another dataset is named “{name}” by now.")
    restore = dialog.get_by_role("button", name="Restore")
    expect(restore).to_be_disabled()
    dialog.get_by_label("Name").fill(f"{name}-taken")
    restore.click()
    expect(dialog.get_by_role("alert")).to_contain_text(f"A dataset named '{name}-taken' exists already.")
    expect(dialog.get_by_label("Name")).to_have_value(f"{name}-taken")
    dialog.get_by_label("Name").fill(f"{name}-again")
    restore.click()
    expect(dialog).to_be_hidden()
    assert lab_server.get(f"/api/datasets/{gone.dataset}").json["name"] == f"{name}-again"
    expect(page.get_by_role("button", name=f"Restore {name}", exact=True)).to_be_hidden()


def test_a_storage_provider_whose_endpoint_is_no_url(page: Page, name: str) -> None:
    open_panel(page).get_by_role("button", name="Add storage provider…").click()
    dialog = dialog_of(page, "Add Storage Provider")
    typed = {"Bucket": name, "Endpoint": "somewhere", "Access key": "me", "Secret key": "secret"}
    dialog.get_by_label("Kind").select_option(label="Another S3-compatible service")
    for label, value in typed.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button", name="Check and Add").click()
    expect(dialog.get_by_role("alert")).to_contain_text("that is no http or https URL")
    expect(dialog.get_by_label("Endpoint")).to_have_accessible_description("Correct this.")
    for label, value in typed.items():
        expect(dialog.get_by_label(label)).to_have_value(value)
    shot(page, "dialog-no-url")
    dialog.get_by_label("Endpoint").fill("http://127.0.0.1:1")
    expect(dialog.get_by_label("Endpoint")).not_to_have_accessible_description("Correct this.")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()


def test_what_a_deleted_version_frees(page: Page, lab_server: JupyterServer, name: str) -> None:
    place = committed(lab_server, name, shared=b"s" * 1_000)
    place.next_version(start_from=place.reference)
    place.put("own.txt", secrets.token_bytes(3_000_000))
    place.commit()
    bigger = place.version
    place.next_version(start_from=place.reference)
    lab_server.request("DELETE", place.content("own.txt"))
    place.commit()
    shown = open_page(page, place, tab="versions")
    for version, words in {
        place.version: ("This version with 1 file", "That frees no space: other versions have the same files."),
        bigger: ("This version with 2 files", "3.0 MB are freed after that."),
    }.items():
        shown.get_by_role("button", name=f"More actions for {version}").click()
        page.get_by_role("menuitem", name="Move to Trash…").click()
        dialog = dialog_of(page, f"Move “{name}:{version}” to the Trash?")
        for word in (*words, "You can restore it until"):
            expect(dialog).to_contain_text(word)
        shot(page, f"dialog-trash-{len(words[1])}")
        if version != bigger:
            dialog.get_by_role("button", name="Cancel").click()
            expect(dialog).to_be_hidden()
    dialog.get_by_role("button", name="Move to Trash").click()
    gone = shown.get_by_role("article", name=f"Version {bigger}")
    expect(gone).to_be_hidden()
    told = page.get_by_role("alert").filter(has_text=f"“{name}:{bigger}” is in the trash.")
    told.get_by_role("button", name="Undo").click()
    expect(gone).to_be_visible()
