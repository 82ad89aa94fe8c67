"""`DatasetBrowser`: what its traits say is what is shown, and what is clicked is what they say."""

from __future__ import annotations

import os

import pytest

from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.errors import ErrorKind
from tests.support import flowers
from tests.widgets.conftest import Garden
from tests.widgets.hands import buttons, enter, field, labels, markup, pictures, press, rows, shown, text


def test_from_the_list_of_datasets_down_to_a_picture_and_up_again(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser()
    assert rows(browser) == ["flowers", "speech"]
    assert browser.selected == ""
    press(browser, "flowers")
    assert (browser.dataset, browser.version, browser.path) == ("flowers", "latest", "")
    assert rows(browser) == ["README.md", "many/", "photos/", "train.csv"]
    press(browser, "photos/")
    press(browser, "red/")
    assert browser.selected == f"flowers:{garden.second}/photos/red"
    press(browser, "rose.png")
    assert browser.path == "photos/red/rose.png"
    assert browser.selected == f"flowers:{garden.second}/photos/red/rose.png"
    assert pictures(browser) == {"photos/red/rose.png": flowers.picture(160, 120, (240, 90, 60))}
    press(browser, "photos")
    assert rows(browser) == ["notes.txt", "page.html", "red/", "yellow/"]
    assert pictures(browser) == {}
    press(browser, "Datasets")
    assert (browser.dataset, browser.selected) == ("", "")
    assert rows(browser) == ["flowers", "speech"]


def test_traits_lead_it_anywhere(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers:baseline/photos")
    assert rows(browser) == ["notes.txt", "red/", "yellow/"]
    assert browser.path == "photos/"
    browser.path = "train.csv"
    assert browser.wait()
    assert "F0000 rose 3 20.00" in " ".join(text(browser).split())
    assert browser.selected == f"flowers:{garden.first}/train.csv"
    browser.version = garden.open
    assert browser.wait()
    assert browser.selected == f"flowers:{garden.open}/train.csv"
    assert "draft.txt" in rows(browser)
    browser.dataset = "speech"
    assert browser.wait()
    assert (browser.version, browser.path, browser.selected) == ("latest", "", "")
    assert "no version yet" in text(browser)


def test_versions_to_choose_from(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    offered = {value: label for label, value in field(browser, "Version").options}
    assert list(offered) == ["latest", "baseline", garden.open, garden.second, garden.first]
    assert garden.second in offered["latest"]
    assert garden.first in offered["baseline"]
    assert "uncommitted" in offered[garden.open]
    assert "Measured again" in offered[garden.second]
    enter(browser, "Version", garden.open)
    assert "draft.txt" in rows(browser)
    assert next(part for part in shown(browser) if getattr(part, "description", "") == "Mount").disabled


def test_a_place_that_is_not_there_shows_the_nearest_and_says_so(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers/many/")
    enter(browser, "Version", "baseline")
    assert (browser.path, rows(browser)) == ("", ["README.md", "labels.json", "photos/", "train.csv"])
    assert "many" in browser.error
    assert browser.error in text(browser)
    press(browser, "photos/")
    assert browser.error == ""
    browser.version = "nonsense"
    assert browser.wait()
    assert "no version or tag nonsense" in browser.error
    assert "Traceback" not in browser.error
    browser.version = "latest"
    assert browser.wait()
    assert browser.error == ""


def test_a_large_folder_comes_in_pages(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers/many/")
    assert rows(browser) == [f"{number:03}.txt" for number in range(20)]
    press(browser, "Next")
    press(browser, "Next")
    assert rows(browser) == [f"{number:03}.txt" for number in range(40, 45)]
    press(browser, "041.txt")
    assert browser.selected.endswith("many/041.txt")
    with pytest.raises(AssertionError):
        press(browser, "Next")
    press(browser, "Previous")
    assert rows(browser)[0] == "020.txt"


def test_search(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    enter(browser, "Search", "*.PNG")
    assert rows(browser) == ["photos/red/rose.png", "photos/yellow/tulip.png"]
    press(browser, "photos/yellow/tulip.png")
    assert browser.selected.endswith("photos/yellow/tulip.png")
    browser.search = "nothing like it"
    assert browser.wait()
    assert "Nothing here has" in text(browser)
    browser.search = ""
    assert browser.wait()
    assert "train.csv" in rows(browser)
    datasets = garden.jgd.DatasetBrowser()
    enter(datasets, "Search", "SPEE")
    assert rows(datasets) == ["speech"]


def test_nothing_of_a_file_or_name_becomes_markup(garden: Garden) -> None:
    place = garden.place
    name = "<img src=x onerror=alert(1)>.csv"
    cell = b'a\n"<script>alert(2)</script>"\n'
    version = place.committed({name: cell, "d.svg": b"<svg onload='alert(3)'/>"}, "speech", message="<b>bold</b>")
    browser = garden.jgd.DatasetBrowser(f"speech:{version.version}/{name}")
    for path in (name, "d.svg"):
        browser.path = path
        assert browser.wait()
        assert not any(tag in markup(browser) for tag in ("<img", "<script", "<svg", "<b>"))
        assert path in text(browser)
    assert pictures(browser) == {}


def test_a_file_that_cannot_be_read_is_not_shown_as_the_one_before(
    garden: Garden, monkeypatch: pytest.MonkeyPatch
) -> None:
    widget = garden.jgd.DatasetBrowser("flowers")
    press(widget, "README.md")
    assert "Content of README.md" in markup(widget)

    def fail(*_: object, **__: object) -> None:
        raise ErrorKind.STORE_ERROR(store="it", action="read", reason="it is away")

    monkeypatch.setattr("jupyter_gradient_data.widgets.browser.read_content", fail)
    press(widget, "train.csv")
    assert "it is away" in widget.error
    assert "Content of README.md" not in markup(widget)


def test_the_snippet_reads_what_is_shown(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    assert f'jgd.path("flowers:{garden.second}")' in text(browser)
    press(browser, "README.md")
    assert f'jgd.open("flowers:{garden.second}/README.md")' in text(browser)
    with garden.jgd.open(browser.selected) as file:
        assert file.read() == flowers.first_photos()["README.md"]
    press(browser, "train.csv")
    assert f'pd.read_csv("gradient://flowers:{garden.second}/train.csv")' in text(browser)


def test_mount(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers:baseline")
    press(browser, "Mount")
    assert browser._progress.wait()
    mount = garden.place.service.get_mount("flowers")
    assert mount.version == garden.first
    assert f"Mounted at {mount.local_path}" in text(browser)
    assert os.path.exists(f"{mount.local_path}/labels.json")
    (entry,) = MEMORY.entries
    assert (entry.reference, entry.version, entry.path) == ("flowers:baseline", garden.first, "/inputs/flowers")
    enter(browser, "Version", garden.second)
    press(browser, "Mount")
    assert browser._progress.wait()
    assert "mounted as 'flowers' already" in text(browser)


def test_it_shows_what_latest_means_in_this_notebook_and_records_nothing(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    press(browser, "train.csv")
    assert MEMORY.entries == ()
    MEMORY.resolve(garden.place.service, "flowers")
    newer = garden.place.service.commit_version(f"flowers:{garden.open}").result()
    press(browser, "Refresh")
    assert browser.selected == f"flowers:{garden.second}/train.csv"
    assert f"{newer.version} is newer" in text(browser)
    MEMORY.follow("flowers")
    press(browser, "Refresh")
    assert browser.selected == f"flowers:{newer.version}/train.csv"


def test_a_click_on_a_row_that_has_just_gone_does_nothing(garden: Garden, caplog: pytest.LogCaptureFixture) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    late = next(part for part in buttons(browser) if part.description == rows(browser)[-1])
    enter(browser, "Search", "train")
    assert rows(browser) == ["train.csv"]
    late.click()
    assert browser.wait()
    assert (rows(browser), browser.path, browser.error) == (["train.csv"], "", "")
    assert caplog.text == ""  # in a kernel it would be a traceback


def test_a_renamed_or_deleted_dataset_is_said_in_one_line(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers")
    garden.place.service.delete_dataset("flowers")
    press(browser, "Refresh")
    assert browser.error.startswith(ErrorKind.DATASET_NOT_FOUND.sentence.format(dataset="flowers")[:10])
    press(browser, "Datasets")
    assert rows(browser) == ["speech"]


def test_its_state_is_in_its_models_and_not_in_a_view(garden: Garden) -> None:
    browser = garden.jgd.DatasetBrowser("flowers/photos/")
    again = {part.model_id: part.get_state() for part in shown(browser)}
    labels_ = [state["description"] for state in again.values() if state["_model_name"] == "ButtonModel"]
    assert {"Datasets", "flowers", "photos", "red/", "Mount"} <= set(labels_)
    assert labels(browser)
    place = f"path='photos/', selected='flowers:{garden.second}/photos'"
    assert repr(browser) == f"DatasetBrowser(dataset='flowers', {place}, version='latest')"
