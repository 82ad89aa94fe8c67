"""What notebooks show: tables of values, with everything escaped, long lists cut, lines that line up."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime, timezone
from html.parser import HTMLParser
from types import ModuleType

import pytest

from jupyter_gradient_data.client.progress import progress_html, progress_text
from jupyter_gradient_data.client.show import things
from jupyter_gradient_data.client.show.tables import Card, Column, Table, message_html
from jupyter_gradient_data.models import (
    Change,
    ChangeKind,
    ChangeSummary,
    Dataset,
    ErrorInfo,
    FileInfo,
    Mount,
    MountState,
    Output,
    Phase,
    ProgressEvent,
    Provider,
    ProviderKind,
    Version,
    VersionState,
)
from tests.service.place import Place

EVIL = "<script>alert(1)</script>&\"'\x1b[31m\u202e"
NOW = datetime(2026, 11, 26, 12, 0, tzinfo=timezone.utc)
PROVIDER = Provider("sp0", EVIL, ProviderKind.MANAGED, None, True, None, 0, NOW, NOW)
DATASET = Dataset("ds0", EVIL, EVIL, PROVIDER, False, EVIL, 1234, 5000, (EVIL,), 2, NOW, NOW)
VERSION = Version(
    *("ds0", EVIL, VersionState.COMMITTED, EVIL, EVIL, (EVIL,), EVIL, EVIL, 1234, 5000, {}, NOW, NOW, NOW)
)
FILE = FileInfo(EVIL, 5000, EVIL)
CHANGE = Change(ChangeKind.CHANGED, EVIL, 1, 2, EVIL, EVIL)
SUMMARY = ChangeSummary(1200, 3, 1, 5000, 6000)
MOUNT = Mount(
    *(EVIL, EVIL, "ds0", EVIL, EVIL, EVIL, True, MountState.FAILED, EVIL, EVIL, 1234, 5000),
    *(ErrorInfo("code", EVIL, EVIL), NOW, NOW),
)
OUTPUT = Output(EVIL, "ds0", EVIL, EVIL, EVIL, EVIL, NOW, NOW)
EVENT = ProgressEvent(Phase.SENDING, 3, 10, 500, 1000, 100.0, 5.0)

SHOWN: dict[str, Callable[[], Table | Card]] = {
    "datasets": lambda: things.datasets_table([DATASET], 1234),
    "dataset": lambda: things.dataset_card(DATASET),
    "versions": lambda: things.versions_table([VERSION], EVIL, 1234),
    "version": lambda: things.version_card(VERSION, EVIL),
    "files": lambda: things.files_table([FILE], EVIL, 1234),
    "changes": lambda: things.changes_table([CHANGE], SUMMARY, EVIL, 1234),
    "mounts": lambda: things.mounts_table([MOUNT]),
    "mount": lambda: things.mount_card(MOUNT),
    "outputs": lambda: things.outputs_table([OUTPUT]),
    "output": lambda: things.output_card(OUTPUT),
}
TAGS = {"style", "div", "table", "thead", "tbody", "tr", "th", "td", "span"}


class Parsed(HTMLParser):
    """The elements, attributes and text of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: set[str] = set()
        self.text = ""
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self._open.append(tag)
        self.attributes |= {name for name, _ in attrs}

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1] != "style":
            self.text += data


@pytest.mark.parametrize("name", SHOWN)
def test_nothing_that_a_name_holds_becomes_html(name: str) -> None:
    shown = SHOWN[name]()
    parsed = Parsed(shown.html())
    assert set(parsed.tags) <= TAGS
    assert parsed.attributes <= {"class"}
    assert "<script>alert(1)</script>&\"'" in parsed.text
    for text in (parsed.text, shown.text()):
        assert not re.search("[\x1b\u202e]", text)
        assert "\\x1b" in text
    if name in ("datasets", "versions", "files", "changes"):
        assert "… and 1,234 more" in parsed.text
        assert "… and 1,234 more" in shown.text()


def test_progress_is_escaped_and_says_how_far_it_is() -> None:
    html = progress_html(EVENT, EVIL)
    parsed = Parsed(html)
    assert set(parsed.tags) == {"style", "div", "span"}
    assert "sending, 3/10 files, 500 B of 1000 B, 100 B/s, 0:05 left" in parsed.text
    assert 'aria-valuenow="50"' in html
    assert "width:50.0%" in html
    assert progress_text(EVENT, "Putting a").startswith("Putting a: 50% sending, 3/10 files")
    unknown = ProgressEvent(Phase.SCANNING, 3, None, 0, None, 0.0, None)
    assert "aria-valuenow" not in progress_html(unknown, "Putting a")
    assert progress_text(unknown, "Putting a\n") == "Putting a\\n: scanning, 3 files"


def test_a_table_lines_up_as_text() -> None:
    table = Table(
        [("name", Column.TEXT), ("files", Column.NUMBER)], [("日本", "1"), ("b", "1,234")], note="n", is_cut=True
    )
    assert table.text().splitlines() == ["name  files", "日本      1", "b     1,234", "… and more", "n"]
    assert Table([("name", Column.TEXT)], [], "Title", empty="No files.").text() == "Title\nNo files."
    assert "<table" not in Table([("name", Column.TEXT)], []).html()
    card = Card("Dataset a", [("id", "ds0"), ("description", ""), ("message", "two\nlines")])
    assert card.text().splitlines() == ["Dataset a", "id:       ds0", "message:  two lines"]
    assert "two\nlines" in card.html()
    assert "<th>description" not in card.html()
    assert "a &lt; b" in message_html("a < b")


def test_times_are_those_of_this_machine() -> None:
    assert things.format_time(NOW) == NOW.astimezone().strftime("%Y-%m-%d %H:%M")
    assert things.format_time(None) == ""


def test_everything_a_notebook_gets_shows_itself(jgd: ModuleType, place: Place) -> None:
    place.committed({f"{number:03}.txt": b"1" for number in range(30)}, "flowers")
    place.committed({"000.txt": b"2"}, "flowers")
    ds = jgd.dataset("flowers")
    version = ds.versions[1].tag("v1")
    draft = ds.new_version(from_="v1")
    mount, output = jgd.mount("flowers"), jgd.output("results")
    for number in range(25):
        jgd.create_dataset(f"data-{number}")
    words = {
        ds: ["Dataset flowers", ds.id, version.id, "v1"],
        version: [version.reference, "30 files", "… and 10 more", version.root],
        draft: [draft.reference, "uncommitted", "… and more"],
        mount: ["/inputs/flowers", "mounted"],
        output: ["/outputs/results", "none yet"],
        version.files["001.txt"]: ["001.txt", "1 B"],
    }
    for one, expected in words.items():
        text = Parsed(one._repr_html_()).text
        assert [word for word in expected if word not in text] == []
        assert repr(one).startswith(f"<{type(one).__name__} ")
    lists = [
        (jgd.datasets(), ["data-1", "… and 7 more"]),
        (ds.versions, [version.id, "v1"]),
        (ds.list_versions(committed=None), [draft.id, "uncommitted"]),
        (version.files, ["019.txt", "… and 10 more"]),
        (version.files.glob("*.txt"), ["019.txt", "… and 10 more"]),
        (version.ls(), ["019.txt", "… and 10 more"]),
        (ds.latest.diff("v1"), ["changed", "29 removed", "… and 10 more", f"flowers:{version.id} → "]),
        (version.diff(version), ["Both have the same files."]),
        (jgd.mounts(), ["/inputs/flowers"]),
        (jgd.outputs(), ["/outputs/results"]),
    ]
    for several, expected in lists:
        for text in (Parsed(several._repr_html_()).text, repr(several)):
            assert [word for word in expected if word not in text] == [], text
