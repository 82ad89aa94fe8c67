"""What is in datasets and storage opens in JupyterLab's own viewers, and none of it runs as a page of ours."""

from __future__ import annotations

import json
import os
import struct
import zlib
from typing import Any

import nbformat.v4
import pytest
from playwright.sync_api import Page, expect

from tests.support.drive import Drive
from tests.support.jupyter_server import TOKEN, JupyterServer
from tests.support.lab import shot
from tests.support.rest import VersionAt

SCRIPT = "document.title = 'ran'; fetch('{root}/api/contents').then(() => document.title = 'fetched');"


def picture(side: int) -> bytes:
    """A PNG, all of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = (b"\0" + b"\xe0\x60\x90" * side) * side
    header = struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)
    chunks = (b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, data) for kind, data in chunks)


def notebook() -> Any:
    """A notebook with an output that is HTML, and in it a script."""
    html = "<b class='the-output'>some output</b><img src=x onerror=\"document.title = 'ran'\">"
    output = nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "other"})
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}  # or JupyterLab asks
    cells = [nbformat.v4.new_code_cell("one = 1", outputs=[output])]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": kernel})


@pytest.fixture(scope="module")
def files(lab_server: JupyterServer) -> VersionAt:
    """A committed version with a file for each viewer."""
    place = VersionAt(lab_server, f"flowers-{os.getpid()}")
    script = SCRIPT.format(root=lab_server.root)
    place.put("table.csv", b"name,petals\nrose,5\ntulip,6\n")
    place.put("square.png", picture(200))
    place.put("facts.json", json.dumps({"flower": {"colour": "yellow"}}).encode())
    place.put("look.ipynb", nbformat.writes(notebook()).encode())
    place.put("notes.txt", b"some notes")
    place.put("evil.html", f"<title>quiet</title><h1>page</h1><script>{script}</script>".encode())
    place.put(
        "evil.svg",
        f'<svg xmlns="http://www.w3.org/2000/svg"><title>quiet</title><script>{script}</script></svg>'.encode(),
    )
    place.commit()
    return place


def open_file(page: Page, path: str) -> None:
    """Open a file of the drive; the command may never resolve, so nothing waits for it."""
    page.evaluate(
        "path => { void window.jupyterapp.commands.execute('docmanager:open', {path: `Gradient:${path}`}); }", path
    )


def test_a_csv_file_in_the_table_viewer(page: Page, files: VersionAt) -> None:
    open_file(page, f"datasets/{files.name}/latest/table.csv")
    expect(page.locator(".jp-CSVViewer .lm-DataGrid")).to_be_visible()
    cell = "() => window.jupyterapp.shell.currentWidget?.content?._grid?.dataModel?.data('body', 1, 0)"
    page.wait_for_function(f"{cell} && ({cell})() === 'tulip'")
    shot(page, "csv")


def test_an_image_in_the_image_viewer(page: Page, files: VersionAt) -> None:
    open_file(page, f"datasets/{files.name}/latest/square.png")
    expect(page.locator(".jp-ImageViewer img")).to_be_visible()
    page.wait_for_function("() => document.querySelector('.jp-ImageViewer img')?.naturalWidth === 200")
    shot(page, "png")


def test_json_in_the_json_viewer(page: Page, files: VersionAt) -> None:
    open_file(page, f"datasets/{files.name}/{files.version}/facts.json")
    expect(page.locator(".jp-RenderedJSON")).to_contain_text("flower")
    shot(page, "json")


def test_a_notebook_with_outputs(page: Page, files: VersionAt) -> None:
    open_file(page, f"datasets/{files.name}/latest/look.ipynb")
    expect(page.locator(".jp-Notebook .the-output")).to_have_text("some output")
    expect(page.locator(".jp-NotebookPanel-toolbar")).to_contain_text("read-only")
    image = page.locator(".jp-Notebook .jp-OutputArea-output img")
    assert image.get_attribute("onerror") is None  # nobody here trusts this notebook
    shot(page, "notebook")


def test_a_text_file_says_that_it_is_read_only(page: Page, files: VersionAt) -> None:
    open_file(page, f"datasets/{files.name}/latest/notes.txt")
    expect(page.locator(".jp-FileEditor .cm-content")).to_contain_text("some notes")
    expect(page.locator(".lm-DockPanel-widget:has(.jp-FileEditor)")).to_contain_text("read-only")
    shot(page, "read-only")


def test_a_notebook_in_storage_is_edited_and_saved(page: Page, lab_server: JupyterServer) -> None:
    path = f"storage/mine-{os.getpid()}.ipynb"
    body = {"type": "notebook", "format": "json", "content": notebook()}
    assert Drive(lab_server).ask("PUT", path, body).status in (200, 201)
    open_file(page, path)
    editor = page.locator(".jp-Notebook .jp-CodeCell .cm-content")
    expect(editor).to_contain_text("one = 1")
    editor.click()
    page.keyboard.press("ControlOrMeta+End")
    page.keyboard.type(" + 41")
    with page.expect_response(lambda answer: answer.request.method == "PUT" and path in answer.url) as saved:
        page.keyboard.press("ControlOrMeta+s")
    assert saved.value.status == 200
    (file,) = lab_server.state.glob(f"share-storage/*/{path}")
    assert nbformat.read(file, 4).cells[0].source == "one = 1 + 41"
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    shot(page, "storage")


def visit(page: Page, url: str) -> tuple[str, list[str]]:
    """Open a page beside JupyterLab, with its cookies; returns the title, and what else it asked the server for."""
    other = page.context.new_page()
    asked: list[str] = []
    other.on("request", lambda request: asked.append(request.url))
    other.goto(url, wait_until="networkidle")
    title = other.title()
    shot(other, url.rpartition("/")[2].partition("?")[0])
    other.close()
    return title, [one for one in asked if "/api/contents" in one]


@pytest.mark.parametrize("file", ["evil.html", "evil.svg"])
def test_content_does_not_run_as_our_page(page: Page, files: VersionAt, file: str) -> None:
    title, asked = visit(page, f"{files.server.url}{files.content(file)}?disposition=inline")
    assert title == "quiet"
    assert asked == []


def test_the_same_page_does_run_where_scripts_may(page: Page, files: VersionAt) -> None:
    """Or the test above would prove nothing: Jupyter's own ``files/`` lets it run, though with no origin."""
    (files.server.folder / "files" / "evil.html").write_bytes(files.get("evil.html").data)
    title, asked = visit(page, f"{files.server.root}/files/evil.html?token={TOKEN}")
    assert title == "ran"
    assert len(asked) == 1
