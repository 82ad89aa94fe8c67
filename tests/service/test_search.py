"""Finding files by a part of their path, or by a pattern."""

from __future__ import annotations

import pytest

from jupyter_gradient_data.datasets import searching
from jupyter_gradient_data.errors import ErrorKind
from tests.service.place import Place, fails, names

PATHS = ["README.md", "data/Train.CSV", "data/test.csv", "data/deep/Grüße.csv", "data/[1].txt", "x/data"]
FILES = dict.fromkeys(PATHS, b"x")


@pytest.mark.parametrize("committed", [True, False], ids=["committed", "uncommitted"])
@pytest.mark.parametrize(
    ("search", "path", "expected"),
    [
        ("csv", "", ["data/Train.CSV", "data/deep/Grüße.csv", "data/test.csv"]),
        ("TRAIN", "", ["data/Train.CSV"]),
        ("data", "", ["data/Train.CSV", "data/[1].txt", "data/deep/Grüße.csv", "data/test.csv", "x/data"]),
        ("data", "data", []),
        ("a/t", "", ["data/Train.CSV", "data/test.csv"]),
        ("GRÜSSE", "", ["data/deep/Grüße.csv"]),
        ("gru\u0308ße", "", ["data/deep/Grüße.csv"]),
        ("[1]", "", ["data/[1].txt"]),
        ("*.csv", "", ["data/Train.CSV", "data/deep/Grüße.csv", "data/test.csv"]),
        ("t*.csv", "", []),
        ("t*.csv", "data/", ["data/Train.CSV", "data/test.csv"]),
        ("deep*", "data", ["data/deep/Grüße.csv"]),
        ("?EADME.*", "", ["README.md"]),
        ("readme", "README.md", ["README.md"]),
        ("other", "README.md", []),
        ("nothing", "", []),
    ],
)
def test_searches(local: Place, committed: bool, search: str, path: str, expected: list[str]) -> None:
    base = local.committed(FILES)
    version = base
    if not committed:
        version = local.version(start_from=base.reference)
        local.fill(version.reference, {"data/test.csv": b"changed", "y": b"new"})
    assert names(local.service.list_files(version.reference, path, search=search).items) == expected
    assert names(list(local.all_rows(version.reference, path, search=search, limit=1))) == expected


def test_uncommitted_changes_are_searched(place: Place) -> None:
    version = place.version(start_from=place.committed(FILES).reference)
    place.fill(version.reference, {"new.csv": b"1"})
    place.service.delete_files(version.reference, ["data/deep"]).result()
    found = place.service.list_files(version.reference, search=".csv").items
    assert names(found) == ["data/Train.CSV", "data/test.csv", "new.csv"]


def test_a_page_looks_at_so_many_files_only(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "_SCANNED", 10)
    version = place.committed({f"{number:03}": b"" for number in range(95)})
    pages, found, after = 0, [], None
    while True:
        page = place.service.list_files(version.reference, search="*[05]0", after=after)
        pages, found = pages + 1, found + names(page.items)
        if (after := page.next_token) is None:
            break
    assert found == ["000", "050"]
    assert pages == 10


def test_what_cannot_be_searched(local: Place) -> None:
    version = local.committed(FILES)
    with fails(ErrorKind.FILE_NOT_FOUND, "nothing"):
        local.service.list_files(version.reference, "nothing", search="x")
    with fails(ErrorKind.FILE_NOT_FOUND, "README.md/"):
        local.service.list_files(version.reference, "README.md/", search="x")
    with fails(ErrorKind.INVALID_OPTION, "search"):
        local.service.list_files(version.reference, search="x" * 5000)
    with fails(ErrorKind.INVALID_OPTION, "limit"):
        local.service.list_files(version.reference, search="x", limit=0)
