"""A notebook remembers its data: in the document, in the side bar, and on another machine; in a real browser."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import TOKEN, JupyterServer
from tests.support.lab import open_lab, run, running_lab, shot
from tests.support.pages import open_panel, page_of
from tests.support.rest import VersionAt

NOTEBOOK = "analysis.ipynb"
PANEL = "window.jupyterapp.shell.currentWidget"
USE = "import jupyter_gradient_data as jgd; jgd.mount('flowers'); print('mounted')"
READ = "import jupyter_gradient_data as jgd; print(len(jgd.version('flowers').files))"
RESULTS = """
with jgd.dataset("results", create=True).new_version(message="Counted") as made:
    made.write("count.txt", b"300")
print("committed")
"""


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """Where the notebook is written."""
    with running_lab(tmp_path_factory.mktemp("first")) as server:
        yield server


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A browser window."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000})
    yield context.new_page()
    context.close()


def test_a_notebook_brings_its_data_back(page: Page, first: JupyterServer, tmp_path: Path) -> None:
    data = VersionAt(first, "flowers")
    commit(data, flowers.first_photos())
    old = data.version
    write_notebook(first)
    open_lab(page, first)
    open_panel(page)
    open_notebook(page)

    remember(page, first, old)
    locked = (first.folder / "files" / NOTEBOOK).read_bytes()
    data.next_version(start_from=data.reference)
    commit(data, {"train.csv": flowers.table(320)})
    update(page, data.version)
    show_provenance(page, data.version)

    with another_machine(tmp_path, first, locked) as second:
        bring_back(page, second, old)
        in_notebook_7(page, second)


def remember(page: Page, server: JupyterServer, version: str) -> None:
    """What the kernel mounts is in the metadata, shown, and kept when the notebook is saved."""
    expect(section(page)).to_contain_text(f"{NOTEBOOK} has used no dataset yet.")
    assert run_cell(page, USE) == "mounted"
    row = entry(page, "flowers:latest")
    expect(row).to_contain_text(f"ready{version}/inputs/flowers")
    assert page.evaluate(f"() => {PANEL}.context.model.dirty")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    (kept,) = lock_of(server)["datasets"]
    assert (kept["reference"], kept["version"], kept["path"]) == ("flowers", version, "/inputs/flowers")
    shot(page, "lock-remembered")


def update(page: Page, newer: str) -> None:
    """A newer version is told of, not followed; by a click the notebook, its kernel and the mount are at it."""
    row = entry(page, "flowers:latest")
    expect(row).to_contain_text(f"newer: {newer}")
    assert run_cell(page, "print(jgd.version('flowers').id)") != newer
    shot(page, "lock-newer")
    row.get_by_role("button", name=re.compile("^Update")).click()
    expect(row).to_contain_text(f"ready{newer}")
    expect(row).not_to_contain_text("newer")
    assert run_cell(page, "print(jgd.version('flowers').id)").splitlines()[-1] == newer
    mounts = page.get_by_role("list", name="Mounted").get_by_role("listitem")
    expect(mounts).to_contain_text(f"flowers:{newer}")


def show_provenance(page: Page, version: str) -> None:
    """What the notebook commits says where it comes from; its input is a link."""
    assert run_cell(page, RESULTS).splitlines()[-1] == "committed"
    run(page, "gradient-data:open", dataset=dataset_id(page, "results"), tab="versions")
    shown = page_of(page, "results")
    shown.get_by_text(f"Made by {NOTEBOOK}").click()
    expect(shown).to_contain_text("python3, Python 3.")
    shown.get_by_text(re.compile(r"^\d+ packages$")).click()
    shown.get_by_label("Search packages").fill("gradient")
    expect(shown.get_by_role("list", name="Packages")).to_contain_text("jupyter-gradient-data")
    shot(page, "lock-provenance")
    shown.get_by_role("button", name=re.compile(version)).click()
    expect(page_of(page, "flowers").get_by_role("grid", name="Files")).to_contain_text("train.csv")


def another_machine(folder: Path, first: JupyterServer, notebook: bytes) -> Any:
    """One that has the notebook, and the same storage, but knows of no dataset."""
    lab = folder / "second"
    (lab / "files").mkdir(parents=True)
    (lab / "files" / NOTEBOOK).write_bytes(notebook)
    shutil.copytree(first.state / "managed", lab / "state" / "managed")
    return running_lab(lab)


def bring_back(page: Page, server: JupyterServer, version: str) -> None:
    """The notebook says that its data is missing, and brings back exactly what it used."""
    open_lab(page, server)
    open_panel(page)
    open_notebook(page)
    told = page.locator(".Toastify__toast", has_text="data is not here: ")
    expect(told).to_contain_text(f"flowers:latest ({version})")
    expect(entry(page, "flowers:latest")).to_contain_text("not here")
    shot(page, "lock-missing")
    told.get_by_role("button", name="Restore").click()
    row = entry(page, "flowers:latest")
    expect(row).to_contain_text(f"ready{version}")
    expect(told).to_have_count(0)
    assert server.get("/api/mounts/flowers").json["version"] == version
    section(page).get_by_role("button", name="Verify").click()
    result = section(page).get_by_role("region", name="Result of verifying")
    expect(result).to_contain_text("Exactly the data of the lock: ")
    assert run_cell(page, "print(jgd.version('flowers').id)", before=USE).splitlines()[-1] == version
    shot(page, "lock-restored")


def in_notebook_7(page: Page, server: JupyterServer) -> None:
    """The same extension keeps the lock there."""
    (server.folder / "files" / "other.ipynb").write_text(json.dumps(notebook_of(READ)))
    page.goto(f"{server.root}/notebooks/other.ipynb?token={TOKEN}")
    page.wait_for_function(f"() => window.jupyterapp && {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'")
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_function(f"() => {PANEL}.context.model.getMetadata('gradient')?.lock?.datasets.length === 1")
    page.evaluate("() => window.jupyterapp.commands.execute('docmanager:save')")
    assert lock_of(server, "other.ipynb")["datasets"][0]["dataset_name"] == "flowers"
    run(page, "gradient-data:show-notebook-data")
    expect(entry(page, "flowers:latest")).to_contain_text("ready")
    shot(page, "lock-notebook-7")


# --- the parts --------------------------------------------------------------------------------------------------------


def commit(data: VersionAt, files: dict[str, bytes]) -> None:
    for path, content in files.items():
        assert data.put(path, content).status == 201
    data.commit()


def notebook_of(code: str) -> dict[str, Any]:
    cell = {"cell_type": "code", "id": "a", "execution_count": None, "metadata": {}, "outputs": [], "source": code}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return {"cells": [cell], "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}


def write_notebook(server: JupyterServer) -> None:
    (server.folder / "files" / NOTEBOOK).write_text(json.dumps(notebook_of(USE)))


def lock_of(server: JupyterServer, name: str = NOTEBOOK) -> Any:
    """The lock that the file of a notebook has."""
    return json.loads((server.folder / "files" / name).read_text())["metadata"]["gradient"]["lock"]


def open_notebook(page: Page) -> None:
    run(page, "docmanager:open", path=NOTEBOOK)
    page.wait_for_function(f"() => {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'")


def run_cell(page: Page, code: str, before: str = "") -> str:
    """What the first cell of the notebook prints when it is run with this code."""
    source = f"{before}\n{code}"
    run(page, "docmanager:open", path=NOTEBOOK)
    page.wait_for_function(f"name => {PANEL}?.context?.path === name", arg=NOTEBOOK)
    cell = f"{PANEL}.content.activeCell.model"
    page.evaluate(f"code => {{ {PANEL}.content.activeCellIndex = 0; {cell}.sharedModel.setSource(code); }}", source)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    outputs = page.evaluate(f"() => {cell}.outputs.toJSON()")
    texts = [output.get("text") or output.get("evalue", "") for output in outputs]
    return "".join("".join(text) for text in texts).strip()


def section(page: Page) -> Locator:
    """The part of the side bar."""
    return page.locator("#gd-notebook-data")


def entry(page: Page, name: str) -> Locator:
    """An entry of the lock in it."""
    return section(page).get_by_role("listitem").filter(has=page.get_by_role("button", name=name, exact=True))


def dataset_id(page: Page, name: str) -> str:
    """As the side bar knows it, once it has heard of the dataset."""
    row = page.get_by_role("list", name="Datasets").locator("[data-dataset]", has_text=name)
    return row.get_attribute("data-dataset") or ""
