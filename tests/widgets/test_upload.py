"""`UploadWidget`: files of the page into a new version, and its commit."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from types import ModuleType
from typing import Any

import pytest

from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.widgets import sending
from tests.service.place import Place
from tests.widgets.conftest import Garden
from tests.widgets.hands import enter, enter_key, field, press, shown, text, upload


def test_files_into_a_new_version_of_a_dataset(jgd: ModuleType, place: Place) -> None:
    first = place.committed({"old.txt": b"old"}, "flowers")
    widget = jgd.UploadWidget("flowers")
    assert widget.wait()
    states: list[str] = []
    widget.observe(lambda change: states.append(change.new), "state")
    assert [value for _, value in field(widget, "Start from").options] == ["latest", "empty"]
    enter(widget, "Folder", "extra/")
    large = bytes(range(256)) * 10_000
    upload(widget, {"large.bin": large, "a b.txt": b"text"})
    assert widget.wait()
    assert "extra/large.bin" in text(widget)
    upload(widget, {"train.csv": b"a\n1\n"})
    assert widget.wait()
    assert widget.reference == ""
    enter(widget, "Message", "From my computer")
    enter(widget, "Tag", "mine")
    press(widget, "Commit")
    assert states == ["uploading", "uploaded", "uploading", "uploaded", "committing", "ready", "committed"]
    version = place.service.get_version(widget.reference)
    assert widget.reference == f"flowers:{version.version}"
    assert (version.message, version.tags, version.parent) == ("From my computer", ("mine",), first.reference)
    assert set(version.metadata["provenance"]) >= {"notebook", "kernel", "packages", "inputs"}
    assert place.read(version.reference, "extra/large.bin") == large
    assert place.read(version.reference, "extra/train.csv") == b"a\n1\n"
    assert version.files == 4
    assert f"Committed {widget.reference}" in text(widget)
    assert (widget.message, widget.tag) == ("", "")


def test_a_new_dataset_by_its_name(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget()
    assert widget.wait()
    assert "flowers" in field(widget, "Dataset").options
    enter(widget, "Dataset", "birds")
    assert [value for _, value in field(widget, "Start from").options] == ["empty"]
    upload(widget, {"wren.txt": b"wren"})
    assert widget.wait()
    enter_key(widget, "Message")
    assert garden.place.contents(widget.reference) == {"wren.txt": b"wren"}
    upload(widget, {"robin.txt": b"robin"})  # into the next version, which starts from the one just made
    assert widget.wait()
    assert widget.state == "uploaded"
    press(widget, "Commit")
    assert set(garden.place.contents(widget.reference)) == {"wren.txt", "robin.txt"}


def test_one_after_the_other_from_code(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget("speech")
    widget.upload({})
    assert widget.state == "ready"
    for name in ("a", "b", "c"):
        widget.upload({name: bytes(100_000)})
    widget.commit()
    assert widget.wait()
    assert set(garden.place.contents(widget.reference)) == {"a", "b", "c"}
    assert len(garden.place.service.list_versions("speech", committed=None).items) == 1


def test_starting_from_nothing(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget("flowers")
    enter(widget, "Start from", "empty")
    assert widget.start == "empty"
    upload(widget, {"only.txt": b"x"})
    assert widget.wait()
    press(widget, "Commit")
    assert set(garden.place.contents(widget.reference)) == {"only.txt"}


def test_what_is_refused_is_said_in_place_and_the_rest_arrives(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget("flowers")
    upload(widget, {"..": b"no", "good.txt": b"yes"})
    assert widget.wait()
    assert "good.txt" in text(widget)
    assert "1 file uploaded" in text(widget)
    (problem,) = (sent.problem for sent in widget._sent.values() if sent.problem)
    assert problem in text(widget)
    enter(widget, "Tag", "latest")
    press(widget, "Commit")
    assert "'latest' always means the newest" in widget.error
    assert widget.state == "uploaded"
    enter(widget, "Tag", "")
    press(widget, "Commit")
    assert garden.place.read(widget.reference, "good.txt") == b"yes"


@pytest.mark.parametrize("name", ["", "a:b"])
def test_without_a_proper_name_nothing_is_begun(garden: Garden, name: str) -> None:
    before = [dataset.name for dataset in garden.place.service.list_datasets().items]
    widget = garden.jgd.UploadWidget(name)
    upload(widget, {"x.txt": b"x"})
    assert widget.wait()
    assert "not a valid" in widget.error or "dataset" in widget.error
    assert widget.state == "ready"
    assert [dataset.name for dataset in garden.place.service.list_datasets().items] == before


def test_discard(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget("flowers")
    upload(widget, {"x.txt": b"x"})
    assert widget.wait()
    assert len(garden.place.service.list_versions("flowers", committed=None).items) == 4
    press(widget, "Discard")
    assert widget.state == "ready"
    assert len(garden.place.service.list_versions("flowers", committed=None).items) == 3
    assert "x.txt" not in text(widget)


def test_discard_after_the_dataset_was_deleted(garden: Garden) -> None:
    widget = garden.jgd.UploadWidget("birds")
    upload(widget, {"x.txt": b"x"})
    assert widget.wait()
    garden.place.service.delete_dataset("birds")
    press(widget, "Commit")
    assert "There is no dataset" in text(widget)
    press(widget, "Discard")
    assert widget.wait()
    assert (widget.state, widget.error) == ("ready", "")


def test_cancel_between_two_pieces_keeps_what_has_arrived(garden: Garden, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_PIECE", 10)
    reached, go_on = threading.Event(), threading.Event()
    real = type(garden.place.service).write_file

    def slow(self: DataService, reference: str, path: str, chunks: Iterable[bytes], **options: Any) -> FileInfo:
        def pieces() -> Iterable[bytes]:
            for number, chunk in enumerate(chunks):
                yield chunk
                if path == "second.bin" and number == 2:
                    reached.set()
                    assert go_on.wait(60)

        return real(self, reference, path, pieces(), **options)

    monkeypatch.setattr(type(garden.place.service), "write_file", slow)
    widget = garden.jgd.UploadWidget("flowers")
    upload(widget, {"first.txt": b"1", "second.bin": bytes(1000), "third.txt": b"3"})
    assert reached.wait(60)
    assert widget.state == "uploading"
    assert all(part.disabled for part in shown(widget) if part._view_name == "FileUploadView")
    (cancel,) = (part for part in shown(widget) if getattr(part, "description", "") == "Cancel")
    cancel.click()
    go_on.set()
    assert widget.wait()
    assert "Stopped." in text(widget)
    assert widget.state == "uploaded"
    press(widget, "Commit")
    contents = garden.place.contents(widget.reference)
    assert contents["first.txt"] == b"1"
    assert not {"second.bin", "third.txt"} & set(contents)


def test_two_widgets_do_not_share_a_version(garden: Garden) -> None:
    one, other = garden.jgd.UploadWidget("flowers"), garden.jgd.UploadWidget("flowers")
    upload(one, {"one.txt": b"1"})
    upload(other, {"other.txt": b"2"})
    for widget in (one, other):
        assert widget.wait()
        press(widget, "Commit")
    assert one.reference != other.reference
    assert "other.txt" not in garden.place.contents(one.reference)


def test_nothing_of_a_large_file_is_copied_as_a_whole() -> None:
    data = memoryview(bytearray(5 * 1024 * 1024 + 7))
    from jupyter_gradient_data.progress import Progress

    sizes = [len(piece) for piece in sending._pieces(data, Progress())]
    assert sizes == [1024 * 1024] * 5 + [7]
