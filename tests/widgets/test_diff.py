"""`VersionDiff`: what differs between two versions, looked at file by file."""

from __future__ import annotations

import pytest
from traitlets import TraitError

from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.widgets import compare
from tests.support import flowers
from tests.widgets.conftest import Garden
from tests.widgets.hands import enter, field, markup, pictures, press, rows, text


def test_all_that_differs_by_kind_and_by_name(garden: Garden) -> None:
    diff = garden.jgd.VersionDiff("flowers:baseline", "flowers")
    assert (diff.summary["added"], diff.summary["removed"], diff.summary["changed"]) == (46, 1, 2)
    assert "46 added, 2 changed, 1 removed" in text(diff)
    assert f"flowers:{garden.first} (baseline) → flowers:{garden.second}" in text(diff)
    assert rows(diff) == ["labels.json", *(f"many/{number:03}.txt" for number in range(19))]
    press(diff, "Next")
    press(diff, "Next")
    assert rows(diff)[-2:] == ["photos/red/rose.png", "train.csv"]
    assert [label for label, _ in field(diff, "Show").options][1:] == ["added (46)", "removed (1)", "changed (2)"]
    enter(diff, "Show", "changed")
    assert (diff.kind, rows(diff)) == ("changed", ["photos/red/rose.png", "train.csv"])
    enter(diff, "Filter", "ROSE")
    assert rows(diff) == ["photos/red/rose.png"]
    diff.kind = "removed"
    assert diff.wait()
    assert rows(diff) == []
    assert "Nothing of what differs is like that." in text(diff)
    assert {entry.reference for entry in MEMORY.entries} == {"flowers:baseline", "flowers"}


def test_only_kinds_that_there_are(garden: Garden) -> None:
    diff = garden.jgd.VersionDiff("flowers:baseline", "no-such-dataset")  # nothing has been compared yet
    diff.kind = "added"
    for widget, trait in ((diff, "kind"), (garden.jgd.UploadWidget("flowers"), "start")):
        before = getattr(widget, trait)
        with pytest.raises(TraitError, match="nonsense"):
            setattr(widget, trait, "nonsense")
        assert getattr(widget, trait) == before
    diff.filter, diff.new = "rose", "flowers"
    assert diff.wait()
    assert rows(diff) == []
    diff.kind = "changed"
    assert diff.wait()
    assert rows(diff) == ["photos/red/rose.png"]


def test_a_table(garden: Garden) -> None:
    diff = garden.jgd.VersionDiff("flowers:baseline", "flowers")
    diff.kind = "changed"
    assert diff.wait()
    press(diff, "train.csv")
    assert diff.selected == "train.csv"
    assert "300 → 320 rows" in text(diff)
    assert '<div class="gdw-minus">-F0000,rose,3,20.00</div>' in markup(diff)
    assert '<div class="gdw-plus">+F0000,rose,3,25.00</div>' in markup(diff)


def test_pictures_side_by_side(garden: Garden) -> None:
    diff = garden.jgd.VersionDiff("flowers:baseline", "flowers")
    diff.selected = "photos/red/rose.png"  # not on the page that is shown
    assert diff.wait()
    assert pictures(diff) == {
        "Before: photos/red/rose.png": flowers.first_photos()["photos/red/rose.png"],
        "After: photos/red/rose.png": flowers.picture(160, 120, (240, 90, 60)),
    }
    diff.selected = "train.csv"
    assert diff.wait()
    assert pictures(diff) == {}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("labels.json", "removed, was 74 B"),
        ("photos/page.html", "new, 28 B"),
        ("README.md", "the same in both"),
        ("nowhere.txt", "no file or folder 'nowhere.txt'"),
    ],
)
def test_a_file_that_is_in_one_version_or_the_same_or_nowhere(garden: Garden, path: str, words: str) -> None:
    diff = garden.jgd.VersionDiff("flowers:baseline", "flowers")
    diff.selected = path
    assert diff.wait()
    assert words in text(diff)
    assert "<script" not in markup(diff)


def test_other_versions_by_their_traits(garden: Garden) -> None:
    diff = garden.jgd.VersionDiff("flowers", "flowers")
    assert "Both have the same files." in text(diff)
    diff.new = f"flowers:{garden.open}"
    assert diff.wait()
    assert rows(diff) == ["draft.txt"]
    diff.old = "flowers:nonsense"
    assert diff.wait()
    assert "no version or tag nonsense" in text(diff)


def test_columns_that_come_and_go(garden: Garden) -> None:
    old = garden.place.committed({"t.csv": b"a;b\n1;2\n"}, "speech")
    new = garden.place.committed({"t.csv": b'a;c\n1;"two\nlines"\n3;4\n'}, "speech")
    found = compare.compare(garden.place.service, old.reference, new.reference, "t.csv")
    assert found.facts == ("8 B → 22 B", "1 → 2 rows", "new columns: c", "columns removed: b")


def test_what_is_too_long_is_not_compared(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    service = garden.place.service
    references = f"flowers:{garden.first}", f"flowers:{garden.second}"
    monkeypatch.setattr(compare, "MOST_SHOWN", 5)
    assert len(compare.compare(service, *references, "train.csv").lines) == 5
    monkeypatch.setattr(compare, "MOST_LINES", 310)
    assert "More than 310 lines" in " ".join(compare.compare(service, *references, "train.csv").facts)
    monkeypatch.setattr(compare, "TEXT_BYTES", 1000)
    found = compare.compare(service, *references, "train.csv")
    assert "not compared line by line" in found.facts[-1]
    assert "300 → 320 rows" in found.facts
    monkeypatch.setattr(compare, "COUNT_BYTES", 1000)
    assert "rows are not counted" in " ".join(compare.compare(service, *references, "train.csv").facts)
