"""Uploads from the desktop: nothing is lost and nothing is sent twice, whatever happens on the way."""

from __future__ import annotations

import math
import random
import re
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect

from jupyter_gradient_data.blobs.hashing import hash_bytes
from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import drop, open_lab, running_lab, shot, wait_for_lab
from tests.support.pages import files_of, open_page, open_panel, row_of, upload_of
from tests.support.rest import VersionAt

LARGE = 40 * 1024 * 1024
ARRIVED = "All files have arrived."
PACKS = re.compile(r"/packs(\?|$)")
PARTS = re.compile(r"/api/uploads(/[^/?]+)?(\?|$)")


class Sent:
    """What a page sends of the content of files.

    ``offsets`` has, for each part of a large file, where in the file it begins.
    """

    def __init__(self, page: Page) -> None:
        self.packs = 0
        self.uploads = 0
        self.offsets: list[int] = []
        page.on("request", self._look)

    def _look(self, request: Request) -> None:
        if PACKS.search(request.url):
            self.packs += 1
        elif PARTS.search(request.url) and request.method == "POST":
            self.uploads += 1
        elif PARTS.search(request.url) and request.method == "PATCH":
            self.offsets.append(int(request.headers["upload-offset"]))


class Gate:
    """Holds back requests to a kind of place, from the moment when so many have gone through."""

    def __init__(self, page: Page, place: re.Pattern[str], method: str, after: int = 0) -> None:
        self._page, self._method = page, method
        self._left: float = after
        self._held: list[Route] = []
        page.route(place, self._handle)

    def wait(self) -> None:
        """Until something stands before it."""
        end = time.monotonic() + 30
        while not self._held:
            assert time.monotonic() < end, "nothing came"
            self._page.evaluate("() => new Promise(requestAnimationFrame)")

    def open(self) -> None:
        """Let all through."""
        held = self._held
        self.drop()
        for route in held:
            route.continue_()

    def drop(self) -> None:
        """Let all through from now on; what stands before it is never sent, as who sent it has given it up."""
        self._left = math.inf
        self._held = []

    def _handle(self, route: Route) -> None:
        if route.request.method != self._method:
            route.continue_()
        elif self._left > 0:
            self._left -= 1
            route.continue_()
        else:
            self._held.append(route)


def content(size: int) -> bytes:
    """Bytes that no other file has."""
    return random.Random(secrets.token_bytes(8)).randbytes(size)


def nested(count: int) -> dict[str, bytes]:
    """Small files in folders of folders, one of them empty."""
    files = {f"{n % 3}/{n % 5}/{n:03}.bin": content(5_000 + n) for n in range(count)}
    return {**files, "0/none.txt": b""}


def photos(tmp_path: Path, files: dict[str, bytes]) -> Path:
    """A folder with a name of its own."""
    return flowers.write(tmp_path / f"photos-{secrets.token_hex(3)}", files)


def hashes(place: VersionAt) -> dict[str, str]:
    """What the version has, as the server says."""
    listed = place.server.get(f"{place.path}/files?recursive=true")
    return {item["path"]: item["hash"] for item in listed.json["items"]}


def expected(folder: Path, files: dict[str, bytes]) -> dict[str, str]:
    """What it is to have."""
    return {f"{folder.name}/{path}": hash_bytes(data).hex() for path, data in files.items()}


def begin(page: Page, server: JupyterServer, folder: Path) -> VersionAt:
    """Drop a folder on the files of a new version."""
    place = VersionAt(server, f"uploads-{secrets.token_hex(4)}")
    open_panel(page)
    open_page(page, place)
    expect(files_of(page)).to_contain_text("This version has no files.")
    drop(page, files_of(page), [folder])
    return place


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[JupyterServer]:
    """A JupyterLab that a test may kill."""
    with running_lab(tmp_path / "own") as server:
        yield server


def test_an_upload_goes_on_after_a_reload(page: Page, lab_server: JupyterServer, tmp_path: Path) -> None:
    files = {**nested(60), "deep/er/large.bin": content(LARGE)}
    folder = photos(tmp_path, files)
    sent = Sent(page)
    gate = Gate(page, PARTS, "PATCH", after=3)
    place = begin(page, lab_server, folder)
    gate.wait()
    expect(upload_of(page, folder.name)).to_contain_text(f"{len(files) - 1} of {len(files)} files")
    reached = sent.offsets.pop()  # this one stands before the gate
    assert sent.packs > 0
    assert 0 < reached < LARGE
    before = sent.packs
    shot(page, "upload-before-reload")

    gate.drop()
    page.reload()
    wait_for_lab(page)
    open_panel(page)
    expect(upload_of(page, folder.name)).to_contain_text(ARRIVED)
    shot(page, "upload-after-reload")
    assert hashes(place) == expected(folder, files)
    assert sent.packs == before
    assert sent.uploads == 1
    assert sent.offsets == sorted(set(sent.offsets)), "some part was sent twice"
    assert reached in sent.offsets


def test_an_upload_outlives_its_server(browser: Browser, own_server: JupyterServer, tmp_path: Path) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 900})
    open_lab(page, own_server)
    files = {**nested(60), "large.bin": content(LARGE)}
    folder = photos(tmp_path, files)
    gate = Gate(page, PARTS, "PATCH", after=2)
    place = begin(page, own_server, folder)
    gate.wait()
    own_server.kill()
    gate.open()
    upload = upload_of(page, folder.name)
    expect(upload).to_contain_text("Waiting for the server…")
    expect(page.locator("#jp-main-statusbar")).to_contain_text("Upload waits for the server")
    own_server.start()
    expect(upload).to_contain_text(ARRIVED)
    assert hashes(place) == expected(folder, files)
    page.close()


def test_the_same_folder_again_sends_nothing(page: Page, lab_server: JupyterServer, tmp_path: Path) -> None:
    files = {**nested(20), "large.bin": content(3_000_000)}
    folder = photos(tmp_path, files)
    place = begin(page, lab_server, folder)
    upload = upload_of(page, folder.name)
    expect(upload).to_contain_text(ARRIVED)
    upload.get_by_role("button", name="Dismiss").click()
    expect(upload).to_be_hidden()
    sent = Sent(page)
    drop(page, files_of(page), [folder])
    expect(upload).to_contain_text(ARRIVED)
    expect(upload).to_contain_text("3.1 MB already there")
    assert (sent.packs, sent.uploads, sent.offsets) == (0, 0, [])
    assert hashes(place) == expected(folder, files)


def test_pause_and_resume(page: Page, lab_server: JupyterServer, tmp_path: Path) -> None:
    files = {**nested(10), "large.bin": content(LARGE)}
    folder = photos(tmp_path, files)
    gate = Gate(page, PARTS, "PATCH", after=1)
    sent = Sent(page)
    place = begin(page, lab_server, folder)
    gate.wait()
    upload = upload_of(page, folder.name)
    upload.get_by_role("button", name="Pause").click()
    expect(upload).to_contain_text("Paused")
    gate.drop()
    count = len(sent.offsets)
    upload.get_by_role("button", name="Resume").click()
    expect(upload).to_contain_text(ARRIVED)
    assert min(sent.offsets[count:]) > 0, "it began anew"
    assert hashes(place) == expected(folder, files)


def test_cancel_keeps_what_has_arrived_and_promises_nothing_more(
    page: Page, lab_server: JupyterServer, tmp_path: Path
) -> None:
    files = {**nested(10), "large.bin": content(LARGE)}
    folder = photos(tmp_path, files)
    gate = Gate(page, PARTS, "PATCH", after=1)
    place = begin(page, lab_server, folder)
    gate.wait()
    upload = upload_of(page, folder.name)
    expect(upload).to_contain_text("11 of 12 files")
    upload.get_by_role("button", name="Cancel").click()
    expect(upload).to_contain_text("Cancelled; 11 files stay in the version.")
    gate.drop()
    upload.get_by_role("button", name="Dismiss").click()
    expect(upload).to_be_hidden()
    large = f"{folder.name}/large.bin"
    kept = {path: one for path, one in expected(folder, files).items() if path != large}
    assert hashes(place) == kept
    page.locator(".gd-Page:visible").get_by_role("button", name="Commit…").click()
    page.get_by_role("dialog").get_by_role("button", name="Commit", exact=True).click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert place.server.get(place.path).json["state"] == "committed"


def test_a_file_that_is_gone_is_named_and_can_be_tried_again(
    page: Page, lab_server: JupyterServer, tmp_path: Path
) -> None:
    files = {**nested(20), "large.bin": content(2_000_000)}
    folder = photos(tmp_path, files)
    gate = Gate(page, re.compile(r"/puts(\?|$)"), "POST")
    place = begin(page, lab_server, folder)
    gate.wait()  # the list of files has been made, none has been read
    lost = {"0/0/000.bin": files["0/0/000.bin"], "large.bin": files["large.bin"]}
    for path in lost:
        (folder / path).unlink()
    gate.open()
    upload = upload_of(page, folder.name)
    expect(upload).to_contain_text("2 files did not arrive; the others are there.")
    for path in lost:
        failure = upload.get_by_role("listitem").filter(has_text=f"{folder.name}/{path}")
        expect(failure).to_contain_text("The file is not there any more. Put it back or choose it again.")
    expect(row_of(page, folder.name)).to_be_visible()
    shot(page, "upload-file-gone")
    everything = expected(folder, files)
    assert hashes(place) == {path: one for path, one in everything.items() if path[len(folder.name) + 1 :] not in lost}

    flowers.write(folder, lost)
    upload.get_by_role("button", name=f"Try {folder.name}/0/0/000.bin again").click()
    expect(upload).to_contain_text("1 file did not arrive; the others are there.")
    upload.get_by_role("button", name="Try again", exact=True).click()
    expect(upload).to_contain_text(ARRIVED)
    assert hashes(place) == everything


def test_the_end_is_told_and_offers_to_commit(page: Page, lab_server: JupyterServer, tmp_path: Path) -> None:
    folder = photos(tmp_path, nested(3))
    place = begin(page, lab_server, folder)
    told = page.get_by_role("alert").filter(has_text=f"{folder.name}: 4 files")
    expect(told).to_be_visible()
    expect(row_of(page, folder.name)).to_be_visible()
    shot(page, "upload-told")
    told.get_by_role("button", name="Commit…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("region", name="Changes")).to_contain_text("4 files added")
    dialog.get_by_role("button", name="Commit", exact=True).click()
    expect(dialog).to_be_hidden()
    assert place.server.get(place.path).json["state"] == "committed"
