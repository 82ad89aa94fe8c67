"""What a settings file lists is mounted at the start, each entry for itself; public datasets; writable mounts."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Mount, MountState
from jupyter_gradient_data.volumes.folders import DATASETS, WRITABLE
from tests.service.place import Place, fails, write_tree
from tests.volumes.mounted import (
    folders_of,
    integrations,
    mount,
    seen,
    service_of,
    settings_path,
    uses,
    write_settings,
)


@pytest.fixture
def embedded(make_place: Callable[[str], Place]) -> Place:
    return make_place("embedded")


def restore(place: Place) -> dict[str, Mount]:
    return {found.name: found for found in service_of(place).restore_mounts().result()}


def code(found: Mount) -> str | None:
    return found.error.code if found.error else None


def test_everything_that_is_listed_is_mounted(place: Place) -> None:
    flowers = place.committed({"a": b"1"}, "flowers")
    place.service.set_tag(flowers.reference, "good")
    newer = place.committed({"a": b"2"}, "flowers")
    trees = place.committed({"b": b"3"}, "trees")
    text = f"""\
# What we work with
integrations:
  pinned: {{type: dataset, id: {flowers.dataset}, version: {flowers.version}}}
  newest:
    type: dataset
    ref: paperspace/{flowers.dataset}:latest   # moves
  tagged: {{ref: "flowers:good"}}
  trees: {{ref: gradient/{trees.dataset}}}
  off: {{ref: trees, enabled: false}}
  empty: {{type: dataset, ref: paperspace/}}
"""
    write_settings(place, text)
    found = restore(place)
    assert seen(place) == {
        "pinned": {"a": b"1"},
        "newest": {"a": b"2"},
        "tagged": {"a": b"1"},
        "trees": {"b": b"3"},
    }
    assert {name: mount.newer for name, mount in found.items()} == {
        "pinned": newer.version,
        "newest": None,
        "tagged": None,
        "trees": None,
    }
    assert settings_path(place).read_text() == text
    assert restore(place) == found


def test_a_wrong_entry_says_why_and_stops_nobody(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    uncommitted = embedded.version({"a": b"1"}, "drafts")
    text = f"""\
integrations:
  gone: {{ref: nowhere}}
  draft: {{ref: "{uncommitted.reference}"}}
  syntax: {{ref: "a:b:c"}}
  kind: {{type: volume}}
  bad/name: {{ref: flowers}}
  bucket: {{type: s3, url: s3://b, accessKeyId: 'secret:nobody', secretAccessKey: x}}
  unreachable: {{type: s3, url: s3://b, endpoint: "https://user:hush@127.0.0.1:1"}}
  public: {{ref: gradient/mnist}}
  good: {{ref: flowers}}
"""
    write_settings(embedded, text)
    found = restore(embedded)
    assert {name: code(each) for name, each in found.items()} == {
        "gone": "dataset_not_found",
        "draft": "version_uncommitted",
        "syntax": "invalid_reference",
        "kind": "settings_entry",
        "bad?name": "settings_entry",
        "bucket": "settings_entry",
        "unreachable": "bucket_unreadable",
        "public": "public_absent",
        "good": None,
    }
    assert {each.state for name, each in found.items() if name != "good"} == {MountState.FAILED}
    assert "hush" not in repr(found)
    assert found["public"].error is not None
    assert "gradient public fetch mnist" in found["public"].error.hint
    assert seen(embedded) == {"good": {"a": b"1"}}
    assert settings_path(embedded).read_text() == text
    for name in found:
        service_of(embedded).unmount(name)
    assert restore(embedded) == {}
    assert seen(embedded) == {}
    assert integrations(embedded) == {
        "kind": {"type": "volume", "enabled": False},
        "bucket": {
            "type": "s3",
            "url": "s3://b",
            "accessKeyId": "secret:nobody",
            "secretAccessKey": "x",
            "enabled": False,
        },
        "unreachable": {
            "type": "s3",
            "url": "s3://b",
            "endpoint": "https://user:hush@127.0.0.1:1",
            "enabled": False,
        },
    }


def test_what_failed_is_mounted_when_it_can_be(embedded: Place) -> None:
    write_settings(embedded, "integrations: {x: {ref: flowers}}\n")
    assert restore(embedded)["x"].state is MountState.FAILED
    version = embedded.committed({"a": b"1"}, "flowers")
    found = service_of(embedded).update_mount("x").result()
    assert (found.state, found.error, found.version) == (MountState.MOUNTED, None, version.version)
    assert settings_path(embedded).read_text() == "integrations: {x: {ref: flowers}}\n"


def test_an_update_of_what_says_latest_leaves_the_file_alone(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    text = "integrations:\n  x:\n    ref: flowers:latest # always\n"
    write_settings(embedded, text)
    restore(embedded)
    new = embedded.committed({"a": b"2"}, "flowers")
    assert service_of(embedded).update_mount("x").result().version == new.version
    assert settings_path(embedded).read_text() == text


def test_latest_is_resolved_at_each_start_and_a_mount_of_the_user_stays(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    write_settings(embedded, "integrations:\n  moving: {ref: flowers}\n")
    restore(embedded)
    mount(embedded, "flowers", "mine")
    new = embedded.committed({"a": b"2"}, "flowers")
    found = restore(embedded)
    assert (found["moving"].version, found["moving"].newer) == (new.version, None)
    assert (found["mine"].newer, found["mine"].reference) == (new.version, "flowers")
    assert seen(embedded) == {"moving": {"a": b"2"}, "mine": {"a": b"1"}}


def test_what_is_not_listed_any_more_is_unmounted(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    mount(place, "flowers", "one")
    two = mount(place, "flowers", "two")
    text = settings_path(place).read_text()
    write_settings(place, text[: text.index("  two:")])
    assert set(restore(place)) == {"one"}
    assert set(seen(place)) == {"one"}
    assert Path(place.repository.disk_cache.root / "trees").exists()
    write_settings(place, "")
    assert restore(place) == {}
    assert uses(place) == set()
    assert two.version is not None


def test_mounts_come_back_in_another_process_and_after_the_cache_was_lost(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    mount(place, "flowers")
    place.reopen()
    assert restore(place)["flowers"].reference == "flowers"
    assert seen(place) == {"flowers": {"a": b"1"}}


def test_a_link_that_leads_out_is_not_read(embedded: Place, tmp_path: Path) -> None:
    (tmp_path / "elsewhere.yaml").write_text("integrations: {x: {ref: flowers}}\n")
    folder = settings_path(embedded).parent
    folder.mkdir()
    (folder / "settings.yaml").symlink_to(tmp_path / "elsewhere.yaml")
    with fails(ErrorKind.SETTINGS_UNREADABLE, "leads out"):
        restore(embedded)


# --- public datasets --------------------------------------------------------------------------------------------------


def test_a_public_dataset_that_is_here(embedded: Place) -> None:
    folders = folders_of(embedded)
    write_tree(folders.public() / "mnist", {"train": b"1"})
    (folders.mounts(DATASETS) / "mnist").symlink_to(folders.public() / "mnist")
    found = mount(embedded, "gradient/mnist")
    assert (found.name, found.reference, found.version, found.newer) == ("mnist", "gradient/mnist", None, None)
    mount(embedded, "gradient/mnist", "digits")
    assert seen(embedded) == {"mnist": {"train": b"1"}, "digits": {"train": b"1"}}
    assert integrations(embedded)["mnist"] == {"type": "dataset", "ref": "gradient/mnist"}
    assert set(restore(embedded)) == {"mnist", "digits"}
    for name in ("mnist", "digits"):
        service_of(embedded).unmount(name)
    assert (folders.mounts(DATASETS) / "mnist" / "train").read_bytes() == b"1"  # public, mounted or not
    assert not (folders.mounts(DATASETS) / "digits").is_symlink()


def test_a_public_dataset_that_is_not_here(embedded: Place) -> None:
    with fails(ErrorKind.PUBLIC_ABSENT, "mnist") as caught:
        service_of(embedded).mount("gradient/mnist").result()
    assert "gradient public fetch mnist" in caught.value.hint
    write_tree(folders_of(embedded).public() / "mnist", {"train": b"1"})
    assert service_of(embedded).update_mount("mnist").result().state is MountState.MOUNTED


def test_a_public_dataset_is_not_hidden_by_a_mount_of_its_name(embedded: Place) -> None:
    folders = folders_of(embedded)
    write_tree(folders.public() / "mnist", {"train": b"1"})
    (folders.mounts(DATASETS) / "mnist").symlink_to(folders.public() / "mnist")
    embedded.committed({"a": b"1"}, "mnist")
    with fails(ErrorKind.MOUNT_EXISTS, "gradient/mnist"):
        service_of(embedded).mount("mnist").result()
    mount(embedded, "mnist", "ours")
    assert set(seen(embedded)) == {"ours"}


def test_a_public_dataset_cannot_be_writable(embedded: Place) -> None:
    write_tree(folders_of(embedded).public() / "mnist", {"train": b"1"})
    with fails(ErrorKind.INVALID_OPTION, "writable"):
        service_of(embedded).mount("gradient/mnist", writable=True).result()
    write_settings(embedded, "integrations: {x: {ref: gradient/mnist, permissions: rw}}\n")
    found = restore(embedded)["x"]
    assert (found.state, found.is_writable, code(found)) == (MountState.MOUNTED, False, "invalid_option")


# --- writable mounts: what is here of them; commit and discard are tested with layers ---------------------------------


def test_a_writable_mount_takes_changes_and_guards_them(embedded: Place) -> None:
    old = embedded.committed({"a": b"1"}, "flowers")
    found = mount(embedded, "flowers", writable=True)
    assert found.is_writable
    assert integrations(embedded)["flowers"]["permissions"] == "rw"  # type: ignore[index]
    service = service_of(embedded)
    new = embedded.committed({"a": b"2"}, "flowers")
    service.update_mount("flowers").result()
    assert seen(embedded) == {"flowers": {"a": b"2"}}
    (Path(found.local_path) / "b").write_bytes(b"mine")
    with fails(ErrorKind.MOUNT_CHANGED, "flowers"):
        service.unmount("flowers")
    with fails(ErrorKind.MOUNT_CHANGED, "flowers"):
        service.update_mount("flowers", old.reference).result()
    write_settings(embedded, "")
    assert code(restore(embedded)["flowers"]) == "mount_changed"
    write_settings(embedded, "integrations: {flowers: {ref: flowers}}\n")  # read-only from now on
    assert code(restore(embedded)["flowers"]) == "mount_changed"
    assert seen(embedded) == {"flowers": {"a": b"2", "b": b"mine"}}
    assert service.get_mount("flowers").version == new.version
    service.unmount("flowers", discard=True)
    assert seen(embedded) == {}
    assert not (folders_of(embedded).mounts(WRITABLE) / "flowers").exists()


def test_changes_survive_a_restart(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    found = mount(embedded, "flowers", writable=True)
    (Path(found.local_path) / "a").write_bytes(b"mine")
    embedded.reopen()
    assert restore(embedded)["flowers"].error is None
    assert seen(embedded) == {"flowers": {"a": b"mine"}}


def test_permissions_of_an_entry_may_change(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    text = "integrations:\n  flowers: {{ref: flowers{}}}\n"
    for rights in ("", ", permissions: rw", "", ", permissions: rw"):
        write_settings(embedded, text.format(rights))
        found = restore(embedded)["flowers"]
        assert (found.is_writable, found.error) == (bool(rights), None)
        assert seen(embedded) == {"flowers": {"a": b"1"}}
        layer = folders_of(embedded).mounts(WRITABLE) / "flowers"
        assert layer.exists() == bool(rights)
    with fails(ErrorKind.MOUNT_EXISTS):
        service_of(embedded).mount("flowers").result()


def test_the_cache_is_never_written_through_a_writable_mount(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    mount(embedded, "flowers", "plain")
    writable = mount(embedded, "flowers", "mine", writable=True)
    (Path(writable.local_path) / "a").write_bytes(b"2")
    assert seen(embedded) == {"plain": {"a": b"1"}, "mine": {"a": b"2"}}


def test_where_kernels_have_overlays_nothing_is_copied(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    service_of(embedded).can_overlay = lambda: True  # type: ignore[method-assign]
    found = mount(embedded, "flowers", writable=True)
    layer = folders_of(embedded).mounts(WRITABLE) / "flowers"
    tree = embedded.repository.disk_cache.root / "trees"
    if (layer / "upper").is_dir():  # an ordinary user may get a private copy all the same
        assert Path(found.local_path).readlink().parent == tree
    else:
        assert Path(found.local_path).readlink() == layer / "files"
