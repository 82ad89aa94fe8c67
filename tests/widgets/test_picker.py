"""`DatasetPicker`: some of a name is enough to find a reference."""

from __future__ import annotations

from typing import Any

import pytest

from jupyter_gradient_data.client import service
from jupyter_gradient_data.widgets import DatasetPicker
from tests.support.programs import free_ports
from tests.widgets.conftest import Garden
from tests.widgets.hands import enter, enter_key, press, shown, text


def test_datasets_versions_and_tags_by_some_of_their_words(garden: Garden) -> None:
    picker = garden.jgd.DatasetPicker()
    first, second = (f"flowers:{version}" for version in (garden.first, garden.second))
    assert picker.wait()
    assert picker.value == ""
    assert picker.offered == ("flowers:latest", "flowers:baseline", second, first)
    for words, offered in {
        "flow base": {"flowers:baseline", first},
        "flowers:base": {"flowers:baseline", first},
        "AGAIN": {second},
        garden.first: {"flowers:baseline", first},
        "lat": {"flowers:latest"},
        "speech": set(),
    }.items():
        enter(picker, "Dataset", words)
        assert set(picker.offered) == offered, words
    assert "Nothing has 'speech'" in text(picker)


def test_choosing_is_observed_and_stays_when_the_filter_changes(garden: Garden) -> None:
    picker = garden.jgd.DatasetPicker()
    assert picker.wait()
    seen: list[Any] = []
    picker.observe(lambda change: seen.append(change.new), "value")
    choices = _list(picker)
    choices.value = "flowers:baseline"
    picker.filter = "latest"
    picker.filter = ""
    assert choices.value == picker.value == "flowers:baseline"
    enter(picker, "Dataset", "again")
    enter_key(picker, "Dataset")
    assert seen == ["flowers:baseline", f"flowers:{garden.second}"]
    assert f"Chosen: flowers:{garden.second}" in text(picker)
    assert garden.jgd.version(picker.value).id == garden.second


def test_a_value_that_is_set_is_shown_and_newer_ones_come_by_looking_again(garden: Garden) -> None:
    picker = garden.jgd.DatasetPicker("flowers:reviewed")
    assert picker.wait()
    assert "not there now" in text(picker)
    assert _list(picker).value is None
    garden.place.service.set_tag(f"flowers:{garden.second}", "reviewed")
    press(picker, "Refresh")
    assert _list(picker).value == "flowers:reviewed"
    assert f"tag of {garden.second}" in text(picker)
    picker.value = "flowers:latest"
    assert _list(picker).value == "flowers:latest"


def _list(picker: Any) -> Any:
    (found,) = (part for part in shown(picker) if part._view_name == "SelectView")
    return found


def test_without_a_service_it_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    (port,) = free_ports(1)
    monkeypatch.setenv("GRADIENT_URL", f"http://127.0.0.1:{port}")
    service.disconnect()
    picker = DatasetPicker()
    assert picker.wait()
    service.disconnect()
    assert "cannot be reached" in picker.error
    assert picker.error in text(picker)
    assert "Traceback" not in text(picker)
