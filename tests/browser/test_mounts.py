"""Data is simply there: volumes in kernels and terminals, and mounts through the side bar, in a real JupyterLab."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import open_lab, run, running_lab, shot
from tests.support.pages import open_page, open_panel
from tests.support.rest import VersionAt
from tests.support.site import site

SOON = 10_000  # milliseconds; two seconds on a quiet machine, but how fast a busy one is must not decide here
PANEL = "window.jupyterapp.shell.currentWidget"


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    """A JupyterLab whose mounts are those of these tests only."""
    folder = tmp_path_factory.mktemp("mounts")
    with running_lab(folder / "lab", environment=site(folder)) as server:
        yield server


@pytest.fixture
def lab(browser: Browser, own_server: JupyterServer) -> Iterator[Page]:
    """JupyterLab, loaded, with the side bar."""
    context = browser.new_context(viewport={"width": 1400, "height": 1100})
    page = context.new_page()
    open_lab(page, own_server)
    open_panel(page)
    yield page
    context.close()


def test_data_is_simply_there(lab: Page, own_server: JupyterServer, tmp_path: Path) -> None:
    if own_server.get("/api/volumes").json["mode"] != "namespace":
        pytest.skip("mount namespaces are not allowed here")
    new_notebook(lab)
    storage(lab, own_server)

    mount_what_the_command_made(lab, own_server, tmp_path)
    refuse_writes(lab)
    update(lab, own_server, tmp_path)
    commit_a_writable_mount(lab, own_server)
    commit_an_output(lab, own_server)
    insert_the_path(lab)
    unmount_and_back(lab)


def storage(page: Page, server: JupyterServer) -> None:
    """What a notebook writes into /storage, a terminal and another kernel have."""
    assert run_cell(page, "open('/storage/x', 'w').write('hello')") == "5"
    (folder,) = server.state.glob("share-storage/*/storage")
    run(page, "terminal:create-new")
    terminal = page.locator(".jp-Terminal:visible textarea")
    terminal.focus()
    terminal.press_sequentially("cp /storage/x /storage/from-a-terminal\n")
    wait_until((folder / "from-a-terminal").exists)
    new_notebook(page)
    assert run_cell(page, "print(open('/storage/from-a-terminal').read())") == "hello"


def mount_what_the_command_made(page: Page, server: JupyterServer, folder: Path) -> None:
    """While the kernel runs."""
    source = flowers.write(folder / "first", flowers.first_photos())
    gradient(server, "datasets", "create", "--name", "flowers")
    gradient(server, "datasets", "versions", "create", "--id", "flowers", "--source-path", f"{source}/")
    listed = page.get_by_role("list", name="Datasets").get_by_role("button", name="flowers", exact=True)
    expect(listed).to_be_visible()
    listed.hover()
    page.get_by_role("button", name="Mount flowers", exact=True).click()
    expect(mounted(page, "flowers")).to_contain_text("flowers:")
    expect(page.get_by_text(re.compile(r"Version \w+ of “flowers” is at /inputs/flowers\."))).to_be_visible()
    expect(listed).to_contain_text("Mounted at /inputs/flowers")
    read = "import pandas as pd; print(len(pd.read_csv('/inputs/flowers/train.csv')))"
    assert run_cell(page, read) == "300"
    assert run_cell(page, "print(open('/datasets/flowers/labels.json').read()[:10])") == '{"classes"'
    shot(page, "mounts-mounted")


def refuse_writes(page: Page) -> None:
    for place in ("/inputs/flowers/train.csv", "/inputs/new", "/datasets/new", "/datasets/flowers/new"):
        assert "Read-only file system" in run_cell(page, f"open({place!r}, 'w')")


def update(page: Page, server: JupyterServer, folder: Path) -> None:
    """A newer version is told of, and comes by one click; what is open stays."""
    run_cell(page, "held = open('/inputs/flowers/train.csv'); held.readline()")
    source = flowers.write(folder / "second", {**flowers.first_photos(), "train.csv": flowers.table(320)})
    gradient(server, "datasets", "versions", "create", "--id", "flowers", "--source-path", f"{source}/")
    row = mounted(page, "flowers")
    expect(row.get_by_text(re.compile("newer: "))).to_be_visible(timeout=SOON)
    shot(page, "mounts-newer")
    row.get_by_role("button", name=re.compile("^Update flowers")).click()
    expect(row.get_by_text(re.compile("newer: "))).to_be_hidden()
    assert run_cell(page, "print(len(pd.read_csv('/inputs/flowers/train.csv')))") == "320"
    assert run_cell(page, "print(len(held.readlines()))") == "300"


def commit_a_writable_mount(page: Page, server: JupyterServer) -> None:
    """What the notebook changes becomes a version; the one below stays as it is."""
    listed = page.get_by_role("list", name="Datasets").get_by_role("button", name="flowers", exact=True)
    listed.click(button="right")
    page.get_by_role("menuitem", name="Mount Writable…").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Writable")).to_be_checked()
    dialog.get_by_label("Name").fill("draft")
    dialog.get_by_role("button", name="Mount").click()
    row = mounted(page, "draft")
    expect(row).to_contain_text("writable")
    change = "open('/inputs/draft/new.txt', 'w').write('new'); import os; os.remove('/inputs/draft/README.md')"
    assert run_cell(page, change) == ""
    row.get_by_role("button", name="Commit draft…").click()
    dialog.get_by_label("Message").fill("From the notebook")
    dialog.get_by_label("Tag").fill("draft")
    shot(page, "mounts-commit")
    dialog.get_by_role("button", name="Commit", exact=True).click()
    expect(dialog).to_be_hidden()

    version = server.get("/api/datasets/flowers/versions/draft").json
    assert version["message"] == "From the notebook"
    files = server.get("/api/datasets/flowers/versions/draft/files?recursive=true").json["items"]
    paths = {file["path"] for file in files}
    assert "new.txt" in paths
    assert "README.md" not in paths
    assert run_cell(page, "print(os.path.exists('/inputs/flowers/README.md'))") == "True"
    expect(row).to_contain_text(version["version"])


def commit_an_output(page: Page, server: JupyterServer) -> None:
    """A folder for results, whose files become a version of a new dataset."""
    page.get_by_role("button", name="New output…").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Dataset").fill("results")
    expect(dialog).to_contain_text("A new dataset. The folder will be /outputs/results.")
    dialog.get_by_role("button", name="Create").click()
    assert run_cell(page, "open('/outputs/results/scores.csv', 'w').write('a,b\\n1,2\\n')") == "8"
    output = page.get_by_role("list", name="Outputs").get_by_role("listitem")
    output.get_by_role("button", name="Commit /outputs/results…").click()
    dialog.get_by_label("Message").fill("Scores of June")
    dialog.get_by_role("button", name="Commit", exact=True).click()
    expect(dialog).to_be_hidden()
    version = server.get("/api/datasets/results/versions/latest").json
    assert (version["message"], version["files"]) == ("Scores of June", 1)
    expect(output).to_contain_text(f"last {version['version']}")
    shot(page, "mounts-output")
    output.get_by_role("button", name="Delete /outputs/results…").click()
    dialog.get_by_role("button", name="Delete").click()
    expect(output).to_be_hidden()
    assert run_cell(page, "print(os.path.exists('/outputs/results'))") == "False"


def insert_the_path(page: Page) -> None:
    """Where the cursor is."""
    page.evaluate(f"() => {PANEL}.content.activeCell.model.sharedModel.setSource('')")
    mounted(page, "flowers").get_by_role("button", name="/inputs/flowers", exact=True).click(button="right")
    page.get_by_role("menuitem", name="Insert Path into Notebook").click()
    source = f"() => {PANEL}.content.activeCell.model.sharedModel.getSource()"
    page.wait_for_function(f"() => ({source})() === '\"/inputs/flowers\"'")


def unmount_and_back(page: Page) -> None:
    row = mounted(page, "flowers")
    row.get_by_role("button", name="/inputs/flowers", exact=True).click(button="right")
    page.get_by_role("menuitem", name="Unmount").click()
    expect(row).to_be_hidden()
    assert run_cell(page, "print(os.path.exists('/inputs/flowers'))") == "False"
    page.get_by_role("button", name="Undo").click()
    expect(row).to_be_visible()
    expect(row.get_by_role("progressbar")).to_be_hidden()
    assert run_cell(page, "print(os.path.exists('/inputs/flowers'))") == "True"


def test_a_version_from_its_page(lab: Page, own_server: JupyterServer) -> None:
    """Under the name of its dataset; another version beside it or in its place."""
    place = VersionAt(own_server, "weather")
    first = filled(place, rows=30)
    second = filled(place, rows=40)
    shown = open_page(lab, place, tab="versions")
    shown.get_by_role("button", name=f"Mount {first}").click()
    row = mounted(lab, "weather")
    expect(row).to_contain_text(f"weather:{first}")
    expect(shown.get_by_role("article", name=f"Version {first}")).to_contain_text("/inputs/weather")

    shown.get_by_role("button", name=f"Mount {second}").click()
    dialog = lab.get_by_role("dialog")
    dialog.get_by_label("Beside it").check()
    dialog.get_by_role("button", name="Mount").click()
    expect(mounted(lab, f"weather-{second}")).to_contain_text(f"weather:{second}")
    expect(row).to_contain_text(f"weather:{first}")

    lab.locator(".gd-Page:visible").get_by_role("tab", name="Use it").click()
    snippet = lab.get_by_label("Snippet: Mounted")
    expect(snippet).to_contain_text(f'pd.read_csv("/inputs/weather-{second}/rain.csv")')


def test_why_a_mount_failed(lab: Page, own_server: JupyterServer) -> None:
    """What settings.yaml asks for and is not there; it can be tried again, and unmounted."""
    (home,) = own_server.state.glob("share-storage/*/notebooks/*")
    settings = home / ".gradient" / "settings.yaml"
    settings.parent.mkdir(exist_ok=True)
    before = settings.read_text() if settings.exists() else "integrations:\n"
    settings.write_text(f"{before}  rivers:\n    type: dataset\n    ref: rivers:latest\n")
    assert own_server.post("/api/restore-mounts").status == 202
    row = mounted(lab, "rivers")
    expect(row.get_by_role("alert")).to_contain_text("rivers")
    shot(lab, "mounts-failed")

    place = VersionAt(own_server, "rivers")
    version = filled(place, rows=5)
    row.get_by_role("button", name="Try to mount rivers again").click()
    expect(row.get_by_role("alert")).to_be_hidden()
    expect(row).to_contain_text(f"rivers:{version}")
    assert own_server.get("/api/mounts/rivers").json["state"] == "mounted"


def filled(place: VersionAt, rows: int) -> str:
    """Commit a table as the next version; returns its id."""
    assert place.put("rain.csv", flowers.table(rows)).status == 201
    version = place.version
    place.commit()
    place.next_version(start_from=place.reference)
    return version


def test_a_public_dataset(lab: Page) -> None:
    """Fetched from the catalogue of the site, read by a kernel, removed."""
    lab.locator(".jp-AccordionPanel-title", has_text="Public").click()
    public = lab.get_by_role("list", name="Public datasets")
    lab.get_by_role("searchbox", name="Search public datasets").fill("irises")
    row = public.get_by_role("listitem")
    row.get_by_role("button", name="Irises of this site", exact=True).click()
    dialog = lab.get_by_role("dialog")
    expect(dialog).to_contain_text("CC0-1.0")
    expect(dialog).to_contain_text("2 files to fetch")
    shot(lab, "mounts-public")
    dialog.get_by_role("button", name="Fetch").click()
    expect(row).to_contain_text("/datasets/irises")

    new_notebook(lab)
    assert run_cell(lab, "print(len(open('/datasets/irises/iris.csv').readlines()))") == "31"
    row.get_by_role("button", name="Irises of this site", exact=True).click(button="right")
    lab.get_by_role("menuitem", name="Remove…").click()
    dialog.get_by_role("button", name="Remove").click()
    expect(row).not_to_contain_text("/datasets/irises")
    assert run_cell(lab, "import os; print(os.path.exists('/datasets/irises'))") == "False"


def new_notebook(page: Page) -> None:
    """A new notebook whose kernel is ready."""
    before = page.locator(".jp-NotebookPanel").count()
    run(page, "notebook:create-new", kernelName="python3")
    expect(page.locator(".jp-NotebookPanel")).to_have_count(before + 1)
    page.wait_for_function(f"() => {PANEL}?.sessionContext?.session?.kernel?.status === 'idle'")


def run_cell(page: Page, code: str) -> str:
    """What the active cell of the notebook in sight prints, or its error, when it has been run with this code."""
    page.locator(".jp-NotebookPanel .jp-Notebook").last.click(position={"x": 5, "y": 5})
    page.evaluate(f"code => {PANEL}.content.activeCell.model.sharedModel.setSource(code)", code)
    page.evaluate("() => window.jupyterapp.commands.execute('notebook:run-cell')")
    outputs = page.evaluate(f"() => {PANEL}.content.activeCell.model.outputs.toJSON()")
    return "".join(text_of(output) for output in outputs).strip()


def text_of(output: dict[str, object]) -> str:
    if output["output_type"] == "error":
        return f"{output['ename']}: {output['evalue']}"
    data = output.get("data", output)
    assert isinstance(data, dict)
    text = data.get("text", data.get("text/plain", ""))
    return "".join(text) if isinstance(text, list) else str(text)


def mounted(page: Page, name: str) -> Locator:
    """A mount in the side bar."""
    row = page.get_by_role("list", name="Mounted").get_by_role("listitem")
    return row.filter(has=page.get_by_role("button", name=f"/inputs/{name}", exact=True))


def gradient(server: JupyterServer, *arguments: str) -> None:
    """The command, on the state of the server and without it."""
    environment = {**os.environ, "GRADIENT_STATE_DIR": str(server.state), "HOME": str(server.folder)}
    program = [sys.executable, "-m", "jupyter_gradient_data.cli", *arguments]
    subprocess.run(program, env=environment, check=True, capture_output=True, timeout=120)


def wait_until(condition: Callable[[], bool]) -> None:
    """Of what happens beside the browser."""
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end, "it did not come about"
        time.sleep(0.05)
