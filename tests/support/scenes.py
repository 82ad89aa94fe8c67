"""Every view of the front end, as a function that brings it about: for pictures, and for checks of all of them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from jupyter_gradient_data.blobs.hashing import hash_bytes
from tests.support import flowers
from tests.support.jupyter_server import JupyterServer
from tests.support.lab import drop, run
from tests.support.rest import VersionAt, result_of

NOTEBOOK = "analysis.ipynb"


@dataclass(frozen=True)
class Scene:
    """A JupyterLab with some datasets.

    Parameters
    ----------
    page : Page
        JupyterLab, loaded.
    flowers : VersionAt
        A dataset with two committed versions and one that is not.
    folder : Path
        Files to upload.
    """

    page: Page
    server: JupyterServer
    flowers: VersionAt
    folder: Path

    def open(self, **state: str) -> None:
        """Open the page of the dataset, and wait until it shows."""
        run(self.page, "gradient-data:open", dataset=self.flowers.dataset, **state)
        expect(self.page.get_by_role("heading", name="flowers", exact=True)).to_be_visible()

    def section(self, name: str, *, is_open: bool) -> None:
        """Open or close a section of the side bar."""
        title = self.page.locator(".jp-AccordionPanel-title", has_text=name)
        if ("lm-mod-expanded" in (title.get_attribute("class") or "")) != is_open:
            title.click()

    def dialog(self, command: str, **args: str | bool) -> None:
        """Open a dialog, and wait until it has the focus."""
        run(self.page, f"gradient-data:{command}", **args)
        expect(self.page.get_by_role("dialog").locator(":focus")).to_have_count(1)


def panel(scene: Scene) -> None:
    """The side bar."""
    expect(scene.page.get_by_role("list", name="Datasets")).to_contain_text("speech")
    expect(scene.page.get_by_role("main").get_by_text("New Dataset")).to_be_visible()


def files(scene: Scene) -> None:
    """The files of a version."""
    scene.open(tab="files", version="latest")
    expect(scene.page.get_by_role("grid", name="Files")).to_contain_text("train.csv")


def uncommitted(scene: Scene) -> None:
    """A version that takes files, while some arrive."""
    scene.open(tab="files")
    expect(scene.page.get_by_role("grid", name="Files")).to_contain_text("train.csv")
    scene.page.route("**/packs?*", lambda _: None)  # they never arrive
    drop(scene.page, scene.page.get_by_role("tabpanel", name="Files"), [scene.folder])
    expect(scene.page.get_by_role("list", name="Uploads")).to_contain_text(re.compile(r"0 of \d+ files?"))


def versions(scene: Scene) -> None:
    """The timeline."""
    scene.open(tab="versions")
    expect(scene.page.get_by_role("tabpanel", name="Versions")).to_contain_text("First photos")
    expect(scene.page.get_by_role("tabpanel", name="Versions")).to_contain_text("+6 files")


def compare_table(scene: Scene) -> None:
    """A table in two versions."""
    _compare(scene, "train.csv")
    expect(scene.page.get_by_role("region", name="Statistics of columns")).to_be_visible()


def compare_images(scene: Scene) -> None:
    """An image in two versions."""
    _compare(scene, "rose.png")
    loaded = "() => [...document.querySelectorAll('.gd-Page img')].filter(one => one.naturalWidth).length === 2"
    scene.page.wait_for_function(loaded)


def compare_json(scene: Scene) -> None:
    """JSON in two versions."""
    _compare(scene, "labels.json")
    expect(scene.page.locator(".cm-mergeView")).to_be_visible()


def use(scene: Scene) -> None:
    """Snippets."""
    scene.open(tab="use")
    expect(scene.page.get_by_role("tabpanel", name="Use it")).to_contain_text("flowers:latest")
    expect(scene.page.get_by_label("Snippet: Mounted")).to_contain_text("read_csv")


def settings(scene: Scene) -> None:
    """What can be changed of a dataset."""
    scene.open(tab="settings")
    expect(scene.page.get_by_role("tabpanel", name="Settings")).to_contain_text("Gradient Managed")


def new_dataset(scene: Scene) -> None:
    """The first dialog."""
    scene.dialog("new-dataset")


def new_version(scene: Scene) -> None:
    """A version that starts from another."""
    scene.open(tab="versions")
    scene.dialog("new-version", dataset=scene.flowers.dataset)


def commit(scene: Scene) -> None:
    """What a commit will change."""
    scene.open(tab="files")
    scene.dialog("commit", dataset=scene.flowers.dataset, version=scene.flowers.version)
    expect(scene.page.get_by_role("dialog").get_by_role("region", name="Changes")).to_contain_text("notes.txt")


def add_provider(scene: Scene) -> None:
    """A bucket, and why it cannot be used."""
    scene.dialog("add-provider")
    dialog = scene.page.get_by_role("dialog")
    dialog.get_by_label("Kind").select_option(label="Another S3-compatible service")
    for label, value in {
        "Bucket": "data",
        "Endpoint": "http://127.0.0.1:9",
        "Access key": "me",
        "Secret key": "x",
    }.items():
        dialog.get_by_label(label).fill(value)
    dialog.get_by_role("button", name="Check and Add").click()
    expect(dialog.get_by_role("alert")).to_be_visible(timeout=60_000)


def mounted(scene: Scene) -> None:
    """What is mounted: a newer version, changes to commit, one that failed, an output; and a menu."""
    scene.page.set_viewport_size({"width": 1280, "height": 1000})
    scene.section("Storage", is_open=False)
    scene.open(tab="versions")
    mounts = scene.page.get_by_role("list", name="Mounted")
    expect(mounts).to_contain_text("newer: ")
    expect(mounts.get_by_role("alert")).to_be_visible()
    expect(scene.page.get_by_role("list", name="Outputs")).to_contain_text("/outputs/predictions")
    expect(scene.page.get_by_role("tabpanel", name="Versions")).to_contain_text("+6 files")
    scene.page.locator("#gd-mounted .gd-Mount").first.hover()


def notebook_data(scene: Scene) -> None:
    """What a notebook used: ready, with a newer version, and not here; and what is told of it."""
    scene.page.set_viewport_size({"width": 1280, "height": 1000})
    scene.section("Storage", is_open=False)
    run(scene.page, "docmanager:open", path=NOTEBOOK)
    rows = scene.page.get_by_role("list", name=f"Data of {NOTEBOOK}").get_by_role("listitem")
    expect(rows.nth(1)).to_contain_text("newer: ")
    expect(rows.nth(2)).to_contain_text("not here")
    expect(scene.page.get_by_text("data is not here: ")).to_be_visible()


def notebook_data_verified(scene: Scene) -> None:
    """What proving it has found."""
    notebook_data(scene)
    run(scene.page, "gradient-data:verify-lock")
    expect(scene.page.get_by_role("region", name="Result of verifying")).to_contain_text("problem")


def provenance(scene: Scene) -> None:
    """What a version was made by, and of what."""
    scene.open(tab="versions")
    made = scene.page.get_by_role("article").filter(has_text=f"Made by {NOTEBOOK}")
    made.get_by_text(f"Made by {NOTEBOOK}").click()
    made.get_by_text("4 packages").click()
    expect(made.get_by_label("Search packages")).to_be_visible()


def mounted_empty(scene: Scene) -> None:
    """Nothing mounted yet."""
    for part in ("mounts", "outputs"):
        scene.page.route(f"**/gradient/api/{part}?*", lambda route: route.fulfill(json=[]))
    run(scene.page, "gradient-data:refresh")
    expect(scene.page.locator("#gd-mounted")).to_contain_text("Nothing mounted yet")


def mount(scene: Scene) -> None:
    """Beside what has its name, and writable."""
    scene.dialog("mount", dataset=scene.flowers.dataset, writable=True)
    expect(scene.page.get_by_role("dialog").get_by_label("Name")).to_be_visible()


def commit_mount(scene: Scene) -> None:
    """What was changed in a writable mount becomes a version."""
    scene.dialog("commit-mount", mount="speech-commands")
    expect(scene.page.get_by_role("dialog")).to_contain_text("Makes a new version")


def unmount(scene: Scene) -> None:
    """What would be lost."""
    (layer,) = scene.server.state.glob("share-storage/*/mounts/*/writable/speech-commands")
    changed = next(folder for folder in (layer / "upper", layer / "files") if folder.is_dir())
    (changed / "labels.txt").write_text("yes no")
    scene.dialog("unmount", mount="speech-commands")
    expect(scene.page.get_by_role("dialog")).to_contain_text("not committed")


def public(scene: Scene) -> None:
    """The catalogue."""
    scene.page.set_viewport_size({"width": 1280, "height": 1000})
    scene.section("Public", is_open=True)
    expect(scene.page.get_by_role("list", name="Public datasets")).to_contain_text("/datasets/irises")


def fetch_public(scene: Scene) -> None:
    """What a public dataset is, and which of its files to fetch."""
    scene.dialog("fetch-public", public="mnist")
    expect(scene.page.get_by_role("dialog")).to_contain_text("4 files to fetch")


def about_public(scene: Scene) -> None:
    """The same of one that is here."""
    run(scene.page, "gradient-data:about-public", public="irises")
    expect(scene.page.get_by_role("dialog")).to_contain_text("iris.csv")


def workspace_failing(scene: Scene) -> None:
    """A repository that cannot be cloned."""
    scene.page.set_viewport_size({"width": 1280, "height": 1000})
    scene.section("Storage", is_open=True)
    url = (scene.folder.parent / "models.git").as_uri()
    assert scene.server.post("/api/workspace", {"url": url, "ref": "main"}).status == 202
    expect(scene.page.locator(".gd-Workspace").get_by_role("alert")).to_be_visible()


def set_workspace(scene: Scene) -> None:
    """Another repository."""
    scene.dialog("set-workspace")
    expect(scene.page.get_by_role("dialog").get_by_label("Repository")).to_be_visible()


def delete_dataset(scene: Scene) -> None:
    """What deleting does."""
    scene.dialog("delete-dataset", dataset=scene.flowers.dataset)
    expect(scene.page.get_by_role("dialog")).to_contain_text("trash")


def narrow(scene: Scene) -> None:
    """Little room."""
    scene.page.set_viewport_size({"width": 760, "height": 760})
    versions(scene)


def lost(scene: Scene) -> None:
    """The server is gone."""
    files(scene)
    scene.server.kill()
    expect(scene.page.locator("#gradient-data-panel")).to_contain_text("not answering")


VIEWS: list[Callable[[Scene], None]] = [
    panel,
    files,
    versions,
    compare_table,
    compare_images,
    compare_json,
    use,
    settings,
    new_dataset,
    new_version,
    commit,
    add_provider,
    delete_dataset,
    mounted,
    notebook_data,
    notebook_data_verified,
    provenance,
    mounted_empty,
    mount,
    commit_mount,
    unmount,
    public,
    fetch_public,
    about_public,
    narrow,
    uncommitted,
    workspace_failing,
    set_workspace,
    lost,  # the last: it ends the server
]


def _compare(scene: Scene, file: str) -> None:
    """Select a file in the comparison of the latest version with what it started from."""
    scene.open(tab="compare", version="latest")
    scene.page.get_by_role("listbox", name="Files that differ").get_by_role("option", name=file).click()


def sample(server: JupyterServer) -> VersionAt:
    """The dataset of all scenes, on a server of a `site`: two committed versions and one that is not; some others."""
    place = VersionAt(server, "flowers")
    server.request("PATCH", f"/api/datasets/{place.dataset}", body={"description": "Photos and measurements, by hand."})
    _fill(place, flowers.first_photos(), "First photos", "baseline")
    place.next_version(start_from=place.reference)
    changed = {
        "train.csv": flowers.table(320, taller=5.0),
        "labels.json": b'{"classes": ["rose", "tulip", "lily"], "source": {"camera": "X200", "year": 2026}}',
        "photos/red/rose.png": flowers.picture(160, 120, (150, 40, 160)),
        "photos/white/lily.png": flowers.picture(120, 120, (235, 235, 235)),
    }
    _fill(place, changed, "Measured again, with lilies", "production")
    place.next_version(start_from=place.reference)
    server.request("PATCH", place.path, body={"message": "Photos of June"})
    place.put("notes.txt", b"rainy\n")
    for name in ("speech-commands", "tiny-imagenet", "weather"):
        other = VersionAt(server, name)
        _fill(other, {f"{number}.bin": name.encode() * 5000 for number in range(3)}, "All of it", "")
    _use(server)
    _remember(server)
    return place


def _use(server: JupyterServer) -> None:
    """Mount some, fetch a public one, make an output; the server is one of a `site`."""
    (home,) = server.state.glob("share-storage/*/notebooks/*")
    settings = home / ".gradient" / "settings.yaml"
    settings.parent.mkdir(exist_ok=True)
    settings.write_text("integrations:\n  zebras:\n    type: dataset\n    ref: zebras:latest\n")
    result_of(server, server.post("/api/restore-mounts"))
    for body in (
        {"reference": "flowers:latest"},
        {"reference": "weather:latest"},
        {"reference": "speech-commands:latest", "writable": True},
    ):
        result_of(server, server.post("/api/mounts", body))
    june = server.post("/api/datasets/weather/versions", {"message": "June", "start_from": "weather:latest"}).json
    path = f"/api/datasets/weather/versions/{june['version']}"
    assert server.request("PUT", f"{path}/content/june.csv", data=flowers.table(30)).status == 201
    result_of(server, server.post(f"{path}/commit"))
    result_of(server, server.post("/api/public/irises/fetch"))
    assert server.post("/api/outputs", {"dataset": "predictions"}).status == 201


def _remember(server: JupyterServer) -> None:
    """A notebook with a lock, and a version that was made by it."""
    datasets = {dataset["name"]: dataset for dataset in server.get("/api/datasets").json["items"]}
    mounts = {mount["name"]: mount for mount in server.get("/api/mounts").json}
    entries = [_locked(server, mounts[name]) for name in ("flowers", "weather")]
    entries.append({**entries[0], "reference": "zebras:v2", "dataset": "ds0000000000000", "dataset_name": "zebras"})
    entries[-1] |= {"version": "zebra22", "path": "/inputs/zebras"}
    lock = {"format": 1, "changes": 3, "datasets": entries}
    kernel = {"name": "python3", "display_name": "Python 3", "language": "python"}
    metadata = {"kernelspec": kernel, "gradient": {"lock": lock}}
    notebook = {"cells": [], "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    (server.folder / "files" / NOTEBOOK).write_text(json.dumps(notebook))
    note = {
        "notebook": f"work/{NOTEBOOK}",
        "notebook_hash": hash_bytes(b"notebook").hex(),
        "kernel": {"name": "python3", "python": "3.12.4"},
        "packages": {"numpy": "2.1.0", "pandas": "2.2.3", "pyarrow": "18.0.0", "scikit-learn": "1.5.2"},
        "inputs": entries[1:2],
    }
    path = f"/api/datasets/{datasets['flowers']['id']}/versions/production"
    assert server.request("PATCH", path, body={"metadata": {"provenance": note}}).status == 200


def _locked(server: JupyterServer, mount: dict[str, Any]) -> dict[str, Any]:
    """What a lock says of a mount."""
    version = server.get(f"/api/datasets/{mount['dataset']}/versions/{mount['version']}").json
    own = {name: mount[name] for name in ("reference", "dataset", "dataset_name", "path")}
    return {**own, **{name: version[name] for name in ("version", "root", "files", "bytes")}}


def _fill(place: VersionAt, files: dict[str, bytes], message: str, tag: str) -> None:
    for path, data in files.items():
        assert place.put(path, data).status == 201
    place.server.request("PATCH", place.path, body={"message": message})
    place.commit()
    if tag:
        place.server.request("PUT", f"/api/datasets/{place.dataset}/tags/{tag}", body={"version": place.version})
