"""What people type, from the first dataset to a second version."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from jupyter_gradient_data.client.datasets import Dataset
from jupyter_gradient_data.client.mounts import Mount
from jupyter_gradient_data.client.new_versions import NewVersion
from jupyter_gradient_data.client.outputs import Output
from jupyter_gradient_data.client.versions import Version
from jupyter_gradient_data.errors import Conflict, GradientDataError, Invalid, NotFound
from tests.magics.conftest import Notebook
from tests.support.site import site

DOT = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def test_from_nothing_to_two_versions(cell: Notebook, photos: Path) -> None:
    assert "There are no datasets yet. `%dataset create NAME` makes one." in cell("%dataset list").text
    assert cell("%dataset create flowers").printed.startswith("Created dataset: flowers (ds")
    seen = cell("%dataset put flowers photos/ --to raw")
    assert "Created dataset version: flowers:" in seen.printed
    assert "Put 2 files (" in seen.printed
    assert '%dataset commit flowers -m "…"' in seen.printed
    seen = cell('v = %dataset commit flowers -m "first photos" --tag v1')
    assert seen.printed == f"Committed dataset version: {cell.names['v'].reference} (v1)\n"
    assert (cell.names["v"].message, cell.names["v"].tags) == ("first photos", ("v1",))
    assert "provenance" in cell.names["v"].metadata
    seen = cell("%%dataset put flowers notes/readme.md\n# Flowers\nfrom the garden\n")
    assert f"with all files of {cell.names['v'].id}" in seen.printed
    cell("%dataset rm flowers raw/tulips/")
    cell("%dataset commit flowers")
    seen = cell("%dataset diff flowers:v1 flowers:latest")
    assert "notes/readme.md" in seen.plain
    assert "raw/tulips/1.jpg" in seen.plain
    assert "1 added, 0 changed, 1 removed" in seen.plain
    assert cell("%dataset cat flowers/notes/readme.md").printed == "# Flowers\nfrom the garden\n"
    assert cell("%dataset head -n 2 flowers:v1/raw/labels.csv").printed == "name,label\n0.jpg,0\n"


def test_values_are_those_of_the_python_api(flowers: Notebook) -> None:
    flowers(
        "d = %dataset info flowers\n"
        "v = %dataset info flowers:v1\n"
        "found = %dataset list\n"
        "files = %dataset ls flowers\n"
        "every = %dataset ls flowers -r\n"
        "text = %dataset head -n 1 flowers/labels.csv\n"
        "changes = %dataset diff flowers\n"
        "tags = %dataset tag flowers"
    )
    names = flowers.names
    assert isinstance(names["d"], Dataset)
    assert isinstance(names["v"], Version)
    assert names["d"].latest == names["v"]
    assert [one.name for one in names["found"]] == ["flowers"]
    assert [one.path for one in names["files"]] == ["labels.csv", "tulips/"]
    assert [one.path for one in names["every"]] == ["labels.csv", "tulips/1.jpg"]
    assert names["text"] == "name,label\n"
    assert len(names["changes"]) == 2
    assert names["tags"] == {"v1": names["v"].id}


def test_each_line_of_a_cell_shows_what_it_finds_and_only_once(flowers: Notebook) -> None:
    seen = flowers("%dataset list\n%dataset ls flowers\n%dataset head -n 1 flowers/labels.csv\n%dataset info flowers")
    for part in ("description", "tulips/", "Dataset flowers"):
        assert seen.text.count(part) == 1, part
    assert seen.printed == "name,label\n"
    assert seen.html.count("<table") == 4  # a dataset has facts and versions
    assert flowers("x = %dataset list").text == ""
    assert flowers("%dataset list;").text == ""
    assert flowers("if True:\n    %dataset list").text.count("flowers") == 1


def test_the_value_of_the_last_line_is_kept_where_ipython_keeps_it(flowers: Notebook) -> None:
    flowers("%dataset info flowers")
    assert isinstance(flowers.names["_"], Dataset)
    flowers("%dataset tag flowers:v1 gold")
    assert isinstance(flowers.names["_"], Version)
    flowers("%dataset cat flowers/labels.csv;")
    assert flowers.names["_"].startswith("name,label")


def test_a_current_dataset_may_be_left_out(flowers: Notebook, photos: Path) -> None:
    assert "no current dataset" in flowers("%dataset use").printed
    assert flowers("%dataset use flowers").printed.startswith("Current dataset: flowers, latest is ")
    (photos / "new.txt").write_text("new")
    flowers("%dataset put photos/new.txt --to notes")
    flowers("%dataset rm labels.csv")
    assert "1 added, 0 changed, 1 removed" in flowers("%dataset diff --summary").printed
    assert "1 added, 0 changed, 1 removed" in flowers("%dataset status").plain
    flowers("%dataset commit -m second\n%dataset tag gold")
    assert "gold" in flowers("%dataset").plain
    assert flowers("%dataset cat notes/new.txt").printed == "new\n"
    assert flowers("%dataset head -n 1 :v1/labels.csv").printed == "name,label\n"
    assert "1.jpg" in flowers("%dataset ls tulips").plain
    assert "labels.csv" in flowers("%dataset diff :v1 :gold").plain
    flowers("%dataset create other\n%dataset put other photos/new.txt")  # another one is meant when it is named
    assert "new.txt" in flowers("%dataset ls other").plain
    flowers("%dataset use --none")
    assert "It is not said which dataset" in str(flowers.run("%dataset commit").error)


def test_names_with_spaces_and_values_of_python(cell: Notebook, photos: Path) -> None:
    cell('name, folder = "my flowers", "my photos"\n%dataset create $name')
    photos.rename(photos.with_name("my photos"))
    cell("%dataset put $name $folder/ {folder}/labels.csv --to raw")
    cell('%dataset commit $name -m "it\'s {1 + 1} files"')
    assert "it's 2 files" in cell("%dataset info $name").plain
    assert cell("for n in (1, 2):\n    %dataset head -n $n {name}/raw/labels.csv").printed.count("name,label") == 2
    cell("def show(what):\n    %dataset head -n 1 $name/$what\nshow('raw/labels.csv')")
    assert "%dataset commit 'my flowers'" in cell("%dataset put $name my*/labels.csv --to more").printed


def test_globs_and_homes_of_this_machine(cell: Notebook, photos: Path, isolated_environment: Path) -> None:
    (isolated_environment / "home.txt").write_text("home")
    cell("%dataset create flowers\n%dataset put flowers photos/*.csv ~/home.txt")
    seen = cell("files = %dataset ls flowers -r\n[file.path for file in files]")
    assert "['home.txt', 'labels.csv']" in seen.printed
    assert "Nothing is committed yet; this is the uncommitted version flowers:" in seen.printed


def test_a_folder_whose_name_is_a_pattern_is_that_folder(cell: Notebook) -> None:
    cell("%dataset create flowers")
    for path in ("run[1]/deep/a.txt", "run1/b.txt"):
        cell(f"%%dataset put flowers {path}\n1")
    cell("%dataset commit flowers\nfiles = %dataset ls -r 'flowers/run[1]'")
    assert [file.path for file in cell.names["files"]] == ["run[1]/deep/a.txt"]
    assert "There is no file or folder 'nothing'" in str(cell.run("%dataset ls -r flowers/nothing").error)


def test_get(flowers: Notebook, tmp_path: Path) -> None:
    seen = flowers("where = %dataset get flowers ./copy")
    assert "Got 2 files (" in seen.printed
    assert (tmp_path / "copy" / "tulips" / "1.jpg").exists()
    assert flowers.names["where"] == Path("copy")
    flowers("%dataset get flowers/tulips/ --to ./out\n%dataset get flowers:v1/labels.csv\n%dataset get flowers")
    assert (tmp_path / "out" / "1.jpg").exists()
    assert (tmp_path / "labels.csv").exists()
    assert (tmp_path / "flowers" / "labels.csv").exists()


def test_new_versions_from_others_and_empty(flowers: Notebook) -> None:
    flowers(
        "a = %dataset new flowers -m one\nb = %dataset new flowers --empty\nc = %dataset new flowers --from flowers:v1"
    )
    first, empty, third = (flowers.names[name] for name in "abc")
    assert all(isinstance(one, NewVersion) for one in (first, empty, third))
    assert (first.message, len(first.files), len(empty.files), len(third.files)) == ("one", 2, 0, 2)
    seen = flowers.run("%dataset put flowers photos/")
    assert isinstance(seen.error, Conflict)
    assert f"{first.id} (one)" in seen.printed
    assert f"`%dataset put {third.reference}`" in seen.printed
    assert isinstance(flowers.run("%dataset commit flowers").error, Conflict)
    flowers(f"%dataset put flowers:{empty.id} photos/labels.csv\n%dataset commit flowers:{empty.id}")
    assert "Dataset version already committed" in flowers(f"%dataset commit flowers:{empty.id}").printed


def test_nothing_is_begun_for_what_cannot_be_done(flowers: Notebook) -> None:
    for line in ("put flowers nowhere.csv", "rm flowers nowhere.csv", "put flowers", "rm flowers"):
        assert isinstance(flowers.run(f"%dataset {line}").error, (Invalid, NotFound)), line
    flowers("d = %dataset info flowers")
    assert [*flowers.names["d"].list_versions(committed=False)] == []
    seen = flowers.run("%dataset commit flowers")
    assert "flowers has no uncommitted version." in seen.printed
    assert "`%dataset put flowers FILES`" in seen.printed


def test_a_committed_version_is_not_changed(flowers: Notebook) -> None:
    seen = flowers.run("%dataset put flowers:v1 photos/")
    assert isinstance(seen.error, Conflict)
    assert "`%dataset new flowers --from flowers:" in seen.printed


def test_tags(flowers: Notebook) -> None:
    flowers("%dataset tag flowers gold")
    assert "gold" in flowers("%dataset tag flowers").plain
    assert flowers("%dataset tag flowers:gold --delete").printed == "Deleted dataset tag: flowers:gold\n"
    flowers("%dataset tag flowers:v1 --delete")
    assert "flowers has no tags. `%dataset tag flowers:latest NAME`" in flowers("%dataset tag flowers").plain


def test_mounts(flowers: Notebook) -> None:
    assert "Nothing is mounted. `%dataset mount NAME`" in flowers("%dataset mounts").plain
    seen = flowers("m = %dataset mount flowers")
    assert seen.printed.startswith("Mounted flowers:")
    assert "/inputs/flowers" in seen.printed
    assert isinstance(flowers.names["m"], Mount)
    assert (flowers.names["m"] / "labels.csv").read_text().startswith("name,label")
    flowers("w = %dataset mount flowers:v1 --name mine --writable\n(w / 'new.txt').write_text('new')")
    before = flowers.names["m"].version
    seen = flowers("v = %dataset commit mine -m changed --tag v2")
    assert flowers.names["v"].message == "changed"
    assert "provenance" in flowers.names["v"].metadata
    assert "Nothing was changed in /inputs/mine" in flowers("%dataset commit mine").printed
    assert f"{flowers.names['v'].id} is newer" in flowers("%dataset mounts").plain
    assert "%dataset update flowers" in flowers("%dataset mounts").plain
    flowers("u = %dataset update flowers")
    assert flowers.names["u"].version == flowers.names["v"] != before
    assert "Nothing to do" in flowers("%dataset update flowers").printed
    flowers(f"%dataset update flowers flowers:{before.id}")
    assert flowers.names["u"].refresh().version == before
    assert flowers("%dataset unmount flowers").printed == "Unmounted: flowers\n"
    flowers("(w / 'more.txt').write_text('more')")
    assert isinstance(flowers.run("%dataset unmount mine").error, Conflict)
    flowers("%dataset unmount /inputs/mine --discard")
    assert isinstance(flowers.run("%dataset unmount mine").error, NotFound)


def test_a_mount_and_a_version_to_commit_are_not_confused(flowers: Notebook) -> None:
    flowers("w = %dataset mount flowers --writable\n(w / 'new.txt').write_text('new')\nd = %dataset new flowers")
    seen = flowers.run("%dataset commit flowers")
    assert isinstance(seen.error, Conflict)
    assert "`%dataset commit /inputs/flowers`" in seen.printed
    flowers("v = %dataset commit /inputs/flowers\nu = %dataset commit flowers:{d.id}")
    assert "new.txt" in flowers.names["v"].files
    assert "new.txt" not in flowers.names["u"].files


def test_outputs(cell: Notebook) -> None:
    assert "There are no outputs. `%dataset outputs create NAME`" in cell("%dataset outputs").plain
    cell("o = %dataset outputs create models\n(o / 'model.bin').write_bytes(b'\\xff\\x00')")
    assert isinstance(cell.names["o"], Output)
    seen = cell("v = %dataset outputs commit models -m first --tag best")
    assert seen.printed == f"Committed dataset version: {cell.names['v'].reference}\n"
    assert "Nothing has changed" in cell("%dataset outputs commit models -m first").printed
    assert "/outputs/models" in cell("%dataset outputs list").plain
    assert cell("%dataset outputs delete models").printed == "Deleted output: models\n"
    assert isinstance(cell.run("%dataset outputs commit models").error, NotFound)
    seen = cell.run("%dataset cat models/model.bin")
    assert "model.bin cannot be shown" in seen.printed
    assert "`%dataset get models:" in seen.printed


def test_public(cell: Notebook) -> None:
    assert "mnist" in cell("%dataset public").plain
    assert "mnist" in cell("%dataset public list").plain
    assert "None is here." in cell("%dataset public list --here").plain
    seen = cell("%dataset public info mnist")
    assert "gradient/mnist" in seen.plain
    assert "checked by" in seen.plain
    assert isinstance(cell.run("%dataset public info nothing").error, NotFound)
    assert isinstance(cell.run("%dataset public verify mnist").error, NotFound)
    assert "`%dataset public fetch mnist`" in cell.run("%dataset public remove mnist").printed


def test_a_public_dataset_is_fetched(cell: Notebook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in site(tmp_path).items():
        monkeypatch.setenv(name, value)
    seen = cell("p = %dataset public fetch irises --file names.txt")
    assert "Licence of irises: CC0-1.0\nIts terms are at https://example.org/irises\n" in seen.printed
    assert "Fetched irises: 1 of 2 files at /datasets/irises\n" in seen.printed
    assert (Path(cell.names["p"].local_path) / "names.txt").exists()
    assert "Fetched irises: all of 2 files" in cell("%dataset public fetch irises").printed
    assert "Nothing to do" in cell("%dataset public fetch gradient/irises").printed
    assert "irises" in cell("%dataset public list --here").plain
    assert "`%dataset public info irises` shows how each is checked." in seen.printed
    assert cell("%dataset public verify irises").printed == "Verified irises: all of 2 files, no problems.\n"
    assert cell("%dataset public remove irises").printed == "Removed public dataset: irises\n"


def test_a_picture_is_shown_as_one(cell: Notebook, tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(base64.b64decode(DOT))
    cell("%dataset create flowers\n%dataset put flowers dot.png\n%dataset commit flowers")
    cell("picture = %dataset cat flowers/dot.png")
    assert cell.names["picture"].data == (tmp_path / "dot.png").read_bytes()
    assert "IPython.core.display.Image" in cell("%dataset cat flowers/dot.png").text


def test_a_long_text_is_shown_from_its_beginning(cell: Notebook, tmp_path: Path) -> None:
    (tmp_path / "long.txt").write_text("ü" * 1024 * 1024)
    cell("%dataset create flowers\n%dataset put flowers long.txt\n%dataset commit flowers")
    seen = cell("%dataset cat flowers/long.txt")
    assert "long.txt has 2.0 MiB; this is the first MiB" in seen.printed
    assert "`%dataset get flowers" in seen.printed or "%dataset get flowers" in seen.printed
    assert seen.printed.count("ü") == 512 * 1024


def test_only_put_takes_a_cell(cell: Notebook) -> None:
    seen = cell.run("%%dataset commit flowers\ntext")
    assert "`%%dataset put NAME path`" in seen.printed
    assert isinstance(cell.run("%%dataset put flowers\ntext").error, GradientDataError)


@pytest.mark.parametrize("line", ["", "status"])
def test_where_one_is(flowers: Notebook, line: str) -> None:
    flowers("%dataset mount flowers\n%dataset use flowers")
    seen = flowers(f"%dataset {line}")
    assert "latest is" in seen.plain
    assert "/inputs/flowers is flowers:" in seen.plain
    assert "1 reference; %dataset lock" in seen.plain
    assert ("%dataset --help" in seen.plain) == (line == "")
