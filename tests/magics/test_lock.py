"""The lock in a cell: what was used, moving on, bringing back, proving."""

from __future__ import annotations

from pathlib import Path

from jupyter_gradient_data.client import service
from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.errors import GradientDataError
from tests.magics.conftest import Notebook


def newer_version_of_others(notebook: Notebook, photos: Path) -> str:
    """What somebody else commits meanwhile; its id."""
    (photos / "more.csv").write_text("more")
    opened = service.current_service()
    made = opened.create_version("flowers", start_from="flowers:latest")
    opened.put_files(made.reference, [photos / "more.csv"]).result()
    return opened.commit_version(made.reference).result().version


def test_without_data_it_says_how_some_comes_in(cell: Notebook) -> None:
    assert "This notebook has used no data yet." in cell("%dataset lock").plain
    assert "This notebook has used no data yet." in cell("%dataset verify").printed
    assert "This notebook has used no data yet." in cell("%dataset restore").printed


def test_latest_stays_until_it_is_told_to_move_on(flowers: Notebook, photos: Path) -> None:
    flowers("%dataset ls flowers")
    newer = newer_version_of_others(flowers, photos)
    assert "more.csv" not in flowers("%dataset ls flowers").plain
    seen = flowers("checks = %dataset lock\n%dataset lock")
    assert newer in seen.plain
    assert "%dataset update flowers" in seen.plain
    (check,) = flowers.names["checks"]
    assert (check.newer, check.state.value) == (newer, "ready")
    seen = flowers("%dataset update flowers")
    assert f"flowers now means flowers:{newer}; it was {check.entry.version}" in seen.printed
    assert "more.csv" in flowers("%dataset ls flowers").plain
    assert "Nothing to do" in flowers("%dataset update flowers").printed


def test_a_mount_moves_on_with_the_notebook(flowers: Notebook, photos: Path) -> None:
    flowers("m = %dataset mount flowers")
    newer = newer_version_of_others(flowers, photos)
    assert not (flowers.names["m"].path / "more.csv").exists()
    assert f"Mounted flowers:{newer} at /inputs/flowers" in flowers("%dataset update flowers").printed
    assert (flowers.names["m"].path / "more.csv").exists()
    assert newer in flowers("%dataset lock").plain


def test_of_several_mounts_the_one_that_is_named_moves_on(flowers: Notebook, photos: Path) -> None:
    flowers("%dataset mount flowers:latest --name one\nm = %dataset mount flowers --name two")
    old = flowers.names["m"].info.version
    new = newer_version_of_others(flowers, photos)
    flowers("%dataset update two")
    assert {(one.path, one.version) for one in MEMORY.entries} == {("/inputs/one", old), ("/inputs/two", new)}
    assert "more.csv" in flowers("%dataset ls flowers").plain
    flowers("%dataset unmount one\n%dataset update flowers:latest")
    newest = newer_version_of_others(flowers, photos)
    assert f"Mounted flowers:{newest} at /inputs/two" in flowers("%dataset update flowers:latest").printed
    assert ("/inputs/two", newest) in {(one.path, one.version) for one in MEMORY.entries}


def test_a_dataset_with_two_mounts_is_read_anew_and_they_stay(flowers: Notebook, photos: Path) -> None:
    flowers("%dataset mount flowers --name one\nm = %dataset mount flowers --name two")
    old = flowers.names["m"].info.version
    new = newer_version_of_others(flowers, photos)
    assert "flowers now means" in flowers("%dataset update flowers").printed
    noted = {(one.path, one.version) for one in MEMORY.entries}
    assert noted == {("/inputs/one", old), ("/inputs/two", old), (None, new)}
    assert "more.csv" in flowers("%dataset ls flowers").plain


def test_what_was_committed_here_is_followed(flowers: Notebook) -> None:
    flowers("%dataset ls flowers\n%dataset put flowers photos/labels.csv --to more\nv = %dataset commit flowers")
    assert "more/" in flowers("%dataset ls flowers").plain


def test_restore_and_verify(flowers: Notebook) -> None:
    flowers("m = %dataset mount flowers\n%dataset head flowers:v1/labels.csv\n%dataset unmount flowers")
    assert "here, not mounted" in flowers("%dataset lock").plain
    assert "%dataset restore" in flowers("%dataset lock").plain
    seen = flowers("%dataset restore")
    assert "exactly the data that this notebook used" in seen.printed
    assert (flowers.names["m"].path / "labels.csv").exists()
    seen = flowers("report = %dataset verify")
    assert flowers.names["report"].ok
    assert "2 references" in seen.printed


def test_a_damaged_byte_fails_the_cell_and_is_named(flowers: Notebook, tmp_path: Path) -> None:
    flowers("%dataset head flowers/labels.csv")
    for pack in (tmp_path / ".state" / "managed").rglob("packs/*"):
        data = bytearray(pack.read_bytes())
        if (at := data.find(b"not really a picture")) >= 0:
            data[at] ^= 1
            pack.write_bytes(data)
    seen = flowers.run("%dataset verify")
    assert isinstance(seen.error, GradientDataError)
    assert "The data is not what this notebook used" in seen.printed
    assert "tulips/1.jpg" in seen.printed


def test_what_is_gone_is_said_and_fails_the_cell(flowers: Notebook) -> None:
    flowers("v = %dataset info flowers\n%dataset head flowers/labels.csv")
    service.current_service().delete_dataset("flowers")
    assert "not here" in flowers("%dataset lock").plain
    seen = flowers.run("%dataset restore")
    assert isinstance(seen.error, GradientDataError)
    assert "1 reference of this notebook could not be restored." in seen.printed
    assert "trash" in seen.printed
