"""Mounts and outputs in Python."""

from __future__ import annotations

import os
from pathlib import Path
from types import ModuleType

import pytest

from jupyter_gradient_data.client.memory.memory import MEMORY
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Output
from tests.service.place import Place, fails, read_tree

FILES = {"a.csv": b"1", "deep/b.csv": b"2"}


def test_mounted_and_taken_away(jgd: ModuleType, place: Place) -> None:
    version = place.committed(FILES, "flowers")
    mount = jgd.mount("flowers")
    assert (mount.name, mount.reference, mount.is_writable, mount.newer) == ("flowers", "flowers", False, None)
    assert mount.version == jgd.version("flowers")
    assert read_tree(mount.path) == FILES
    assert (mount / "deep/b.csv").read_bytes() == b"2"
    assert os.listdir(mount) == os.listdir(mount.path)
    assert list(jgd.mounts()) == [mount]
    (entry,) = (one for one in MEMORY.entries if one.path)
    assert (entry.reference, entry.version, entry.path) == ("flowers", version.version, "/inputs/flowers")
    other = jgd.dataset("flowers").mount(version.version, "old")
    assert other.name == "old"
    assert jgd.version("flowers").mount("older").name == "older"
    other.unmount()
    jgd.unmount("older")
    assert [one.name for one in jgd.mounts()] == ["flowers"]
    with fails(ErrorKind.MOUNT_NOT_FOUND, "old"):
        jgd.unmount("old")


def test_a_notebook_mounts_what_it_knows_until_it_is_told(jgd: ModuleType, place: Place) -> None:
    first = place.committed({"a": b"1"}, "flowers")
    assert jgd.version("flowers").id == first.version
    second = place.committed({"a": b"2"}, "flowers")
    mount = jgd.mount("flowers")
    assert mount.info.version == first.version
    assert mount.newer == second.version
    assert mount.update() is mount
    assert (mount / "a").read_bytes() == b"2"
    assert jgd.version("flowers").id == second.version
    assert mount.refresh().newer is None
    third = place.committed({"a": b"3"}, "flowers")
    (again,) = jgd.mounts()
    assert (again.version.id, again.newer) == (second.version, third.version)
    assert again.update("flowers:" + first.version).version.id == first.version
    assert again.update().version.id == third.version
    assert [(one.reference, one.version) for one in MEMORY.entries if one.path] == [
        (f"flowers:{third.version}", third.version)
    ]


def test_an_update_that_fails_leaves_the_lock_as_it_was(jgd: ModuleType, place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    mount = jgd.mount("flowers")
    locked = MEMORY.entries
    with fails(ErrorKind.VERSION_NOT_FOUND, "nothing"):
        mount.update("flowers:nothing")
    assert MEMORY.entries == locked


def test_a_mount_of_a_tag_moves_with_it(jgd: ModuleType, place: Place) -> None:
    first, second = (place.committed({"a": content}, "flowers") for content in (b"1", b"2"))
    place.service.set_tag(first.reference, "good")
    assert jgd.mount("flowers:good").version.id == first.version
    place.service.set_tag(second.reference, "good")
    place.committed({"a": b"3"}, "flowers")
    assert jgd.mount("flowers:good").version.id == first.version  # the same once more
    (mount,) = jgd.mounts()
    assert mount.update().version.id == second.version
    assert jgd.version("flowers:good").id == second.version


def test_what_a_notebook_knows_is_mounted_also_when_names_have_moved(jgd: ModuleType, place: Place) -> None:
    first = place.committed({"a": b"1"}, "flowers")
    place.service.set_tag(first.reference, "good")
    assert jgd.version("flowers:good") == jgd.version("flowers")
    place.service.delete_tag(first.dataset, "good")
    assert jgd.mount("flowers:good", "by-tag").info.version == first.version
    place.service.update_dataset("flowers", name="blossoms")
    assert jgd.mount("flowers", "gone").info.version == first.version
    place.committed({"a": b"other"}, "flowers")
    assert jgd.mount("flowers", "taken").info.version == first.version


def test_a_handle_means_its_dataset_also_when_another_one_has_its_name(jgd: ModuleType, place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    flowers = jgd.dataset("flowers")
    version = flowers.versions[0]
    place.service.update_dataset("flowers", name="blossoms")
    place.committed({"a": b"other"}, "flowers")
    assert flowers.latest == version
    assert flowers.latest.read_bytes("a") == b"1"
    assert not version.diff("latest")
    assert {flowers.mount(name="one").version, version.mount("two").version} == {version}
    assert jgd.version("flowers").read_bytes("a") == b"other"
    assert flowers.latest == version


def test_changes_of_a_writable_mount(jgd: ModuleType, place: Place) -> None:
    place.committed(FILES, "flowers")
    mount = jgd.mount("flowers", writable=True)
    (mount / "a.csv").write_bytes(b"changed")
    with fails(ErrorKind.MOUNT_CHANGED, "flowers"):
        mount.unmount()
    version = mount.commit("Better", tag="v2")
    assert (version.message, version.tags, version.read_bytes("a.csv")) == ("Better", ("v2",), b"changed")
    assert version.metadata["provenance"]["inputs"][0]["reference"] == "flowers"
    assert mount.version == version == jgd.version("flowers")
    (mount / "a.csv").write_bytes(b"no")
    assert (mount.discard_changes() / "a.csv").read_bytes() == b"changed"
    (mount / "a.csv").write_bytes(b"no")
    mount.unmount(discard=True)
    assert not jgd.mounts()


def test_an_output_becomes_a_version(jgd: ModuleType, place: Place) -> None:
    output = jgd.output("results")
    assert (output.name, list(jgd.outputs())) == ("results", [output])
    (output / "model.bin").write_bytes(b"model")
    Path(os.fspath(output), "deep").mkdir()
    version = output.commit("First", tag="best")
    assert (list(version.files), version.message, version.tags) == (["model.bin"], "First", ("best",))
    assert set(version.metadata["provenance"]) >= {"notebook", "notebook_hash", "kernel", "packages", "inputs"}
    assert jgd.dataset("results").latest == version
    output.delete()
    assert not jgd.outputs()


def test_a_folder_on_another_machine_is_not_given(
    jgd: ModuleType, place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    output = jgd.output("results")
    values = {name: getattr(output.info, name) for name in Output.__dataclass_fields__}
    output.info = Output(**{**values, "local_path": "/not/on/this/machine"})
    with fails(ErrorKind.FOLDER_ELSEWHERE, "/outputs/results"):
        assert output.path
    with fails(ErrorKind.FOLDER_ELSEWHERE, "/outputs/results"):
        assert output / "a"


def test_the_path_is_that_which_this_process_sees(
    jgd: ModuleType, place: Place, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place.committed(FILES, "flowers")
    mount = jgd.mount("flowers")
    assert mount.path == Path(mount.info.local_path)
    (tmp_path / "inputs" / "flowers").mkdir(parents=True)
    monkeypatch.setenv("GRADIENT_INPUTS", str(tmp_path / "inputs"))  # as kernels are told
    assert mount.path == tmp_path / "inputs" / "flowers"


def test_a_public_dataset_is_mounted_without_a_version(local_jgd: ModuleType, embedded: Place) -> None:
    with fails(ErrorKind.PUBLIC_ABSENT, "mnist"):
        local_jgd.mount("gradient/mnist")


@pytest.mark.parametrize("reference", ["nothing", "flowers:nothing"])
def test_what_cannot_be_mounted(jgd: ModuleType, place: Place, reference: str) -> None:
    place.committed(FILES, "flowers")
    with fails(ErrorKind.VERSION_NOT_FOUND if ":" in reference else ErrorKind.DATASET_NOT_FOUND, "nothing"):
        jgd.mount(reference)
