"""The files of a version as a mapping, patterns, listings, and lists that come in pages."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.client import files, lists
from jupyter_gradient_data.errors import ErrorKind, NotFound
from tests.service.place import Place, fails, write_tree

CONTENT = {
    "a.csv": b"a",
    "b.txt": b"bb",
    "images/[1].png": b"ccc",
    "images/deep/er/3.png": b"d",
    "images/deep/rose.png": b"e",
    "images/x.csv": b"f",
    "z": b"",
}


def test_a_mapping(jgd: ModuleType, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "_PAGE", 3)
    place.committed(CONTENT)
    version = jgd.dataset("data").latest
    found = version.files
    assert list(found) == list(found.keys()) == sorted(CONTENT)
    assert len(found) == len(CONTENT)
    assert [file.path for file in found.values()] == sorted(CONTENT)
    assert {path: file.size for path, file in found.items()} == {path: len(data) for path, data in CONTENT.items()}
    assert "a.csv" in found
    assert "images" not in found
    assert found.get("nothing") is None
    file = found["images/deep/rose.png"]
    assert (file.name, file.size, file.read_bytes(), file.is_folder) == ("rose.png", 1, b"e", False)
    assert file == next(one for one in found.values() if one.name == "rose.png")
    assert len({file, found["a.csv"]}) == 2
    assert file.open("r").read() == file.read_text() == "e"
    with pytest.raises(KeyError) as missing:
        found["nothing"]
    assert isinstance(missing.value, NotFound)
    assert str(missing.value) == missing.value.message
    assert "nothing" in missing.value.message


def test_an_uncommitted_version_is_counted(jgd: ModuleType, place: Place) -> None:
    draft = place.version(CONTENT)
    assert len(jgd.version(draft.reference).files) == len(CONTENT)


@pytest.mark.parametrize(
    "pattern",
    [
        *("*", "*.csv", "**/*.csv", "images/*", "images/**/*.png", "images/*/*", "?.txt", "[ab].*", "[!a].*", "*/x.*"),
        *("**/deep/*.png", "images/[[]1[]].png", "nothing/*", "z", "images/deep/rose.png", "*.CSV", "**/r[a-z]se.*"),
    ],
)
def test_patterns_are_those_of_pathlib(local_jgd: ModuleType, embedded: Place, tmp_path: Path, pattern: str) -> None:
    embedded.committed(CONTENT)
    folder = write_tree(tmp_path / "files", CONTENT)
    expected = sorted(str(path.relative_to(folder)) for path in folder.glob(pattern) if path.is_file())
    assert [file.path for file in local_jgd.dataset("data").latest.files.glob(pattern)] == expected


def test_a_pattern_that_ends_with_two_stars_takes_all_below(local_jgd: ModuleType, embedded: Place) -> None:
    embedded.committed(CONTENT)
    found = local_jgd.dataset("data").latest.files.glob("images/deep/**")
    assert [file.name for file in found] == ["3.png", "rose.png"]


def test_folders(jgd: ModuleType, place: Place) -> None:
    place.committed(CONTENT)
    version = jgd.dataset("data").latest
    assert [(one.path, one.name, one.is_folder) for one in version.ls()] == [
        ("a.csv", "a.csv", False),
        ("b.txt", "b.txt", False),
        ("images/", "images", True),
        ("z", "z", False),
    ]
    assert [one.path for one in version.ls("images/deep")] == ["images/deep/er/", "images/deep/rose.png"]
    with fails(ErrorKind.FILE_NOT_FOUND, "nothing"):
        len(version.ls("nothing"))


def test_a_file_goes_where_a_path_is_wanted(jgd: ModuleType, place: Place) -> None:
    place.committed(CONTENT)
    file = jgd.dataset("data").latest.files["images/x.csv"]
    assert Path(os.fspath(file)).read_bytes() == b"f"
    with open(file, "rb") as opened:
        assert opened.read() == b"f"


def test_lists_are_read_as_far_as_needed(jgd: ModuleType, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lists, "_PAGE", 2)
    for number in range(5):
        place.service.create_dataset(f"data-{number}")
    asked = []
    before = place.service.list_datasets
    monkeypatch.setattr(place.service, "list_datasets", lambda **page: asked.append(page) or before(**page))
    found = jgd.datasets()
    assert found[0].name == "data-0"
    assert bool(found)
    assert [one.name for one in found[:2]] == ["data-0", "data-1"]
    assert len(asked) == 1
    assert found[-1].name == "data-4"
    assert [one.name for one in found[1:-1]] == ["data-1", "data-2", "data-3"]
    assert (len(found), len(asked)) == (5, 3)
    assert [one.name for one in found] == [f"data-{number}" for number in range(5)]
    with pytest.raises(IndexError):
        found[5]
    assert found.index(jgd.dataset("data-3")) == 3


def test_datasets_and_their_tags(jgd: ModuleType, place: Place) -> None:
    ds = jgd.create_dataset("flowers", "Some flowers")
    assert (ds.name, ds.description, ds.tags) == ("flowers", "Some flowers", {})
    with fails(ErrorKind.NAME_TAKEN, "flowers"):
        jgd.create_dataset("flowers")
    assert jgd.dataset("flowers", create=True) == jgd.dataset(ds.id) == ds
    with fails(ErrorKind.DATASET_NOT_FOUND, "trees"):
        jgd.dataset("trees")
    with fails(ErrorKind.NO_COMMITTED_VERSION, "flowers"):
        assert ds.latest
    first = place.committed({"a": b"1"}, "flowers")
    place.committed({"a": b"2"}, "flowers")
    version = ds[first.version].tag("v1").tag("v2")
    assert ds.tags == {"v1": first.version, "v2": first.version}
    assert version.tags == ("v1", "v2")
    assert version.dataset == ds
    assert [one.id for one in ds.versions][1] == first.version
    ds.update(name="blossoms", description="Others")
    assert jgd.dataset("blossoms").description == "Others"
    assert version.read_bytes("a") == b"1"  # whatever its dataset is called by now
    version.delete()
    assert len(ds.versions) == 1
    ds.delete()
    assert len(jgd.datasets()) == 0


def test_differences(jgd: ModuleType, place: Place) -> None:
    place.committed({"a": b"1", "b": b"2"}, "flowers")
    ds = jgd.dataset("flowers")
    old = ds.versions[0].tag("old")
    with ds.new_version(from_="latest") as new:
        new.write("a", "11")
        new.remove("b")
        new.write("c", "333")
    expected = [("changed", "a", 1, 2), ("removed", "b", 1, None), ("added", "c", None, 3)]
    for other in (None, old, "old", old.id, old.reference):
        diff = new.diff(other)
        assert [(one.kind.value, one.path, one.old_size, one.new_size) for one in diff] == expected
        assert (diff.summary.added, diff.summary.changed, diff.summary.removed, len(diff)) == (1, 1, 1, 3)
    assert [(one.kind.value, one.path) for one in old.diff()] == [("added", "a"), ("added", "b")]
    assert not new.diff(new)
