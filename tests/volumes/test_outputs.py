"""Outputs: folders that become versions of datasets."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs import hashing
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import PROVENANCE, Action, Output, Phase, Thing
from jupyter_gradient_data.service.host import open_host
from jupyter_gradient_data.volumes import only_one
from jupyter_gradient_data.volumes.folders import OUTPUTS, TeamFolders
from tests.service.place import Place, fails, write_tree

FILES = {"a": b"alpha", "deep/er/b": b"beta", "run.sh": b"#!/bin/sh\n"}
CHANGED = {"a": b"ALPHA", "new": b"1"}


@pytest.fixture(params=["embedded", "postgresql-seaweedfs"])
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    return make_place(request.param)


@pytest.fixture
def local(make_place: Callable[[str], Place]) -> Place:
    return make_place("embedded")


def folder(output: Output) -> Path:
    return Path(output.local_path)


def test_an_output_becomes_versions(place: Place) -> None:
    service = place.service
    output = service.create_output("results")
    dataset = service.get_dataset("results")
    assert dataset.provider.is_team_default
    assert (output.name, output.dataset, output.dataset_name, output.version) == (
        "results",
        dataset.id,
        "results",
        None,
    )
    assert output.path == "/outputs/results"
    write_tree(folder(output), FILES)
    (folder(output) / "run.sh").chmod(0o755)
    first = service.commit_output("results", message="one", tag="best", metadata={"b": 2}).result()
    assert (first.parent, first.message, first.tags, first.metadata) == (None, "one", ("best",), {"b": 2})
    assert place.contents(first.reference) == FILES
    assert service.get_file(first.reference, "run.sh").executable
    for path in ("run.sh", "deep/er/b"):
        (folder(output) / path).unlink()
    write_tree(folder(output), CHANGED)
    second = service.commit_output("results").result()
    assert place.contents(second.reference) == CHANGED
    assert place.contents(first.reference) == FILES
    assert service.list_outputs()[0].version == second.version
    service.delete_output("results")
    assert not folder(output).exists()
    assert service.list_outputs() == ()
    assert place.contents(second.reference) == CHANGED


def test_an_output_of_a_dataset_that_is_there(place: Place) -> None:
    dataset = place.dataset("flowers")
    output = place.service.create_output(dataset.id)
    assert (output.name, output.dataset) == ("flowers", dataset.id)
    write_tree(folder(output), FILES)
    version = place.service.commit_output("flowers").result()
    assert place.contents(version.reference) == FILES
    assert place.service.get_dataset("flowers").latest == version.version


def test_the_same_output_once_more_keeps_its_files(local: Place) -> None:
    output = local.service.create_output("results", name="mine")
    write_tree(folder(output), FILES)
    assert local.service.create_output("results", name="mine") == output
    assert local.service.list_outputs() == (output,)
    with fails(ErrorKind.OUTPUT_EXISTS, "mine"):
        local.service.create_output("other", name="mine")
    assert [dataset.name for dataset in local.service.list_datasets().items] == ["results"]
    local.dataset("third")
    with fails(ErrorKind.OUTPUT_EXISTS, "mine"):
        local.service.create_output("third", name="mine")


def test_an_output_whose_dataset_was_deleted_goes_on_with_another(local: Place) -> None:
    output = local.service.create_output("results")
    write_tree(folder(output), FILES)
    local.service.commit_output("results").result()
    local.service.delete_dataset("results")
    with fails(ErrorKind.DATASET_NOT_FOUND):
        local.service.commit_output("results").result()
    again = local.service.create_output("results")
    assert (again.dataset != output.dataset, again.version, again.local_path) == (True, None, output.local_path)
    assert local.contents(local.service.commit_output("results").result().reference) == FILES


def test_a_folder_that_somebody_made_is_taken_as_it_is(local: Place) -> None:
    made = write_tree(TeamFolders(local.repository).mounts(OUTPUTS) / "results", FILES)
    output = local.service.create_output("results")
    assert folder(output) == made
    assert local.contents(local.service.commit_output("results").result().reference) == FILES


def test_unchanged_content_is_neither_sent_nor_read_again(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    output = local.service.create_output("results")
    noise = random.Random(1).randbytes
    write_tree(folder(output), {f"many/{number}": noise(1000) for number in range(300)}, old=True)
    write_tree(folder(output), {"large": noise(2 << 20)}, old=True)
    local.service.commit_output("results").result()
    stored = local.stored
    read: list[str] = []
    original = hashing.read_file_checked

    def reading(path: str, *rest: int) -> bytes:
        read.append(os.path.basename(path))
        return original(path, *rest)

    monkeypatch.setattr("jupyter_gradient_data.datasets.source_hashes.read_file_checked", reading)
    write_tree(folder(output), {"new": noise(1000)})
    version = local.service.commit_output("results").result()
    assert read == ["new"]
    assert local.stored - stored < 100_000
    assert version.files == 302


def test_a_commit_that_says_nothing_new_makes_no_version(local: Place) -> None:
    service = local.service
    output = service.create_output("results")
    write_tree(folder(output), FILES)
    first = service.commit_output("results", message="one").result()
    assert service.commit_output("results", message="one", tag="same").result().tags == ("same",)
    assert len(service.list_versions("results").items) == 1
    for options in ({"message": "two"}, {"message": "two", "metadata": {"accuracy": 0.9}}):
        version = service.commit_output("results", **options).result()
        assert version.root == first.root
        assert version.reference != first.reference
    made = {**options, "metadata": {"accuracy": 0.9, PROVENANCE: {"notebook": "train.ipynb"}}}
    assert service.commit_output("results", **made).result().reference == version.reference
    (folder(output) / "run.sh").chmod(0o755)
    last = service.commit_output("results", **options).result()
    assert last.root != first.root
    assert len(service.list_versions("results").items) == 4
    service.delete_version(last.reference)
    again = service.commit_output("results", **options).result()
    assert (again.root, again.version == last.version) == (last.root, False)


def test_an_empty_output_is_an_empty_version(local: Place) -> None:
    local.service.create_output("results")
    version = local.service.commit_output("results").result()
    assert (version.files, version.bytes) == (0, 0)


def test_links_stay_inside(local: Place, tmp_path: Path) -> None:
    output = local.service.create_output("results")
    write_tree(folder(output), {"runs/1/model": b"1", "runs/2/model": b"2"})
    (folder(output) / "latest").symlink_to("runs/2")
    (folder(output) / "best").symlink_to("/outputs/results/runs/1/model")  # as a kernel names it
    version = local.service.commit_output("results").result()
    assert local.contents(version.reference) == {
        "runs/1/model": b"1",
        "runs/2/model": b"2",
        "latest/model": b"2",
        "best": b"1",
    }
    (tmp_path / "secret").write_bytes(b"secret")
    (folder(output) / "out").symlink_to(tmp_path / "secret")
    with fails(ErrorKind.SOURCE_LINK_OUTSIDE, "out"):
        local.service.commit_output("results").result()
    (folder(output) / "out").unlink()
    os.mkfifo(folder(output) / "pipe")
    with fails(ErrorKind.SOURCE_SPECIAL, "pipe"):
        local.service.commit_output("results").result()


def test_the_folder_itself_may_not_be_a_link(local: Place, tmp_path: Path) -> None:
    output = local.service.create_output("results")
    write_tree(tmp_path / "elsewhere", FILES)
    folder(output).rmdir()
    folder(output).symlink_to(tmp_path / "elsewhere")
    with fails(ErrorKind.SOURCE_LINK_OUTSIDE, "results"):
        local.service.commit_output("results").result()
    local.service.delete_output("results")
    assert (tmp_path / "elsewhere" / "a").read_bytes() == b"alpha"


def test_a_file_that_is_being_written(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    service = local.service
    output = service.create_output("results")
    write_tree(folder(output), {"log": b"line\n", "gone": b"1"})
    original = hashing.read_file_checked

    def writing(path: str, *rest: int) -> bytes:
        with (folder(output) / "log").open("ab") as stream:
            stream.write(b"line\n")
        return original(path, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("jupyter_gradient_data.datasets.source_hashes.read_file_checked", writing)
        with fails(ErrorKind.SOURCE_CHANGED, "log"):
            service.commit_output("results").result()
    (begun,) = service.list_versions("results", committed=False).items
    (folder(output) / "gone").unlink()
    version = service.commit_output("results", message="now").result()
    assert (version.version, version.message) == (begun.version, "now")
    assert set(local.contents(version.reference)) == {"log"}


def test_a_folder_that_is_gone(local: Place) -> None:
    output = local.service.create_output("results")
    folder(output).rmdir()
    with fails(ErrorKind.SOURCE_NOT_FOUND, "results"):
        local.service.commit_output("results").result()
    assert local.service.list_versions("results", committed=None).items == ()
    local.service.create_output("results")
    assert local.service.commit_output("results").result().files == 0


def test_names_and_things_that_are_not(local: Place) -> None:
    service = local.service
    for name in ("", "..", "a/b", "a b", "\0", "\ud800"):
        with fails(ErrorKind.INVALID_NAME):
            service.create_output("results", name=name)
        with fails(ErrorKind.OUTPUT_NOT_FOUND):
            service.commit_output(name).result()
        with fails(ErrorKind.OUTPUT_NOT_FOUND):
            service.delete_output(name)
    with fails(ErrorKind.DATASET_NOT_FOUND):
        service.create_output("ds0123456789abc")
    with fails(ErrorKind.DATASET_NOT_FOUND):
        service.create_output("somebody/results")
    with fails(ErrorKind.VERSION_UNWANTED):
        service.create_output("results:latest")
    assert service.list_datasets().items == ()
    output = service.create_output("Ergebnisse für uns")
    assert output.name == "Ergebnisse-fur-uns"
    with fails(ErrorKind.INVALID_TAG):
        service.commit_output(output.name, tag="latest").result()
    service.delete_dataset(output.dataset)
    with fails(ErrorKind.DATASET_NOT_FOUND):
        service.commit_output(output.name).result()
    assert service.list_outputs()[0].dataset_name == "Ergebnisse für uns"
    service.delete_output(output.name)


def test_two_at_once(local: Place) -> None:
    output = local.service.create_output("results")
    lock = folder(output).parent.with_name(".output-results.lock")
    with only_one.only_one(lock, AssertionError()):  # type: ignore[arg-type]
        for refused in (
            lambda: local.service.commit_output("results").result(),
            lambda: local.service.delete_output("results"),
        ):
            with fails(ErrorKind.OUTPUT_BUSY, "results"):
                refused()
    assert not lock.exists()
    made: list[Output] = []
    threads = [threading.Thread(target=lambda: made.append(local.service.create_output("many"))) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made
    assert {each.dataset for each in made} == {local.service.get_dataset("many").id}


def test_progress_and_notices(local: Place) -> None:
    host = open_host(local.config)
    try:
        feed = host.notices
        feed.poll()
        host.service.create_output("results")
        write_tree(TeamFolders(local.repository).mounts(OUTPUTS) / "results", FILES)
        task = host.service.commit_output("results")
        phases = [event.phase for event in task]
        assert {Phase.SENDING, Phase.COMMITTING} <= set(phases)
        host.service.delete_output("results")
        notices = [notice for notice in feed.poll() if notice.thing is Thing.OUTPUT]
        assert [(notice.subject, notice.action) for notice in notices] == [("default/results", Action.DELETED)]
    finally:
        host.close()
