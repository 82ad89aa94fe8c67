"""Mounting, updating and unmounting versions of datasets, over each kind of storage provider."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Action, MountState, Thing
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.service.notices import NoticeFeed
from jupyter_gradient_data.service.tasks import Task
from jupyter_gradient_data.volumes.folders import DATASETS, INPUTS
from jupyter_gradient_data.volumes.layers.layers import Layer
from tests.service.place import Place, fails
from tests.support.privileges import folder_for_all, without_privileges
from tests.volumes.cached import plain, some_files
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


def test_a_version_appears_complete_and_is_written_down(place: Place) -> None:
    files = some_files()
    version = place.committed(files, "flowers", message="one")
    found = mount(place, "flowers")
    assert (found.name, found.reference, found.dataset_name) == ("flowers", "flowers", "flowers")
    assert (found.dataset, found.version) == (version.dataset, version.version)
    assert (found.files, found.bytes) == (version.files, version.bytes)
    assert found.newer is None
    assert not found.is_writable
    assert seen(place) == {"flowers": plain(files)}
    assert integrations(place) == {
        "flowers": {"type": "dataset", "id": version.dataset, "version": version.version},
    }
    assert service_of(place).list_mounts() == (found,)
    assert service_of(place).get_mount("flowers") == found
    assert stat.S_IMODE(os.stat(Path(found.local_path) / "few" / "000.bin").st_mode) == 0o444


def test_the_same_again_is_nothing_to_do(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    first = mount(place, "flowers")
    before = place.stored
    assert mount(place, "flowers", "flowers") == first
    assert mount(place, f"{first.dataset}:{first.version}", "flowers") == first
    assert place.stored == before


def test_another_version_needs_another_name(place: Place) -> None:
    old = place.committed({"a": b"1"}, "flowers")
    mount(place, "flowers")
    new = place.committed({"a": b"2"}, "flowers")
    with fails(ErrorKind.MOUNT_EXISTS, "flowers") as caught:
        service_of(place).mount(new.reference).result()
    assert "--name" in caught.value.hint
    mount(place, new.reference, "flowers-new")
    mount(place, old.reference, "flowers-old")
    assert seen(place) == {"flowers": {"a": b"1"}, "flowers-new": {"a": b"2"}, "flowers-old": {"a": b"1"}}


def test_unmounting_leaves_nothing_but_files_that_are_open(place: Place) -> None:
    place.committed({"a": b"12345"}, "flowers")
    found = mount(place, "flowers")
    with open(Path(found.local_path) / "a", "rb") as file:
        assert file.read(2) == b"12"
        service_of(place).unmount("flowers")
        assert file.read() == b"345"
    assert seen(place) == {}
    assert integrations(place) == {}
    assert service_of(place).list_mounts() == ()
    assert uses(place) == set()
    with fails(ErrorKind.MOUNT_NOT_FOUND, "flowers"):
        service_of(place).unmount("flowers")
    with fails(ErrorKind.MOUNT_NOT_FOUND, "flowers"):
        service_of(place).get_mount("flowers")


@pytest.mark.parametrize(
    ("dataset", "name"),
    [("my photos (2024)", "my-photos-2024"), ("Blüten", "Bluten"), (".hidden", "hidden"), ("x" * 128, "x" * 128)],
)
def test_the_name_of_a_dataset_becomes_that_of_a_folder(embedded: Place, dataset: str, name: str) -> None:
    embedded.committed({"a": b"1"}, dataset)
    assert mount(embedded, dataset).name == name


def test_a_name_that_cannot_become_a_folder_is_replaced_by_the_id(embedded: Place) -> None:
    version = embedded.committed({"a": b"1"}, "花")
    assert mount(embedded, "花").name == version.dataset


@pytest.mark.parametrize("name", ["..", "", "a/b", ".x", "-x", "a b"])
def test_a_bad_name_is_refused(embedded: Place, name: str) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    with fails(ErrorKind.INVALID_NAME, "mount"):
        service_of(embedded).mount("flowers", name=name).result()
    assert service_of(embedded).list_mounts() == ()


def test_names_of_teams_of_the_original_before_an_id(embedded: Place) -> None:
    version = embedded.committed({"a": b"1"}, "flowers")
    for number, team in enumerate(["paperspace", "gradient", embedded.repository.team]):
        assert mount(embedded, f"{team}/{version.dataset}:latest", f"n{number}").version == version.version
    assert mount(embedded, "paperspace/flowers", "by-name").version == version.version
    with fails(ErrorKind.DATASET_NOT_FOUND):
        service_of(embedded).mount("others/flowers").result()


def test_what_cannot_be_mounted_says_why(embedded: Place) -> None:
    version = embedded.version({"a": b"1"}, "flowers")
    service = service_of(embedded)
    with fails(ErrorKind.NO_COMMITTED_VERSION, "flowers"):
        service.mount("flowers").result()
    with fails(ErrorKind.VERSION_UNCOMMITTED, version.reference):
        service.mount(version.reference).result()
    with fails(ErrorKind.DATASET_NOT_FOUND, "trees"):
        service.mount("trees").result()
    with fails(ErrorKind.INVALID_REFERENCE):
        service.mount("a:b:c").result()
    assert service.list_mounts() == ()
    assert not settings_path(embedded).exists()


def test_an_empty_version(embedded: Place) -> None:
    embedded.committed({}, "flowers")
    mount(embedded, "flowers")
    assert seen(embedded) == {"flowers": {}}


# --- newer versions ---------------------------------------------------------------------------------------------------


def test_a_newer_version_is_seen_and_mounted_in_one_step(place: Place) -> None:
    place.committed({"a": b"1", "same": b"s" * 5000}, "flowers")
    first = mount(place, "flowers")
    new = place.committed({"a": b"2", "same": b"s" * 5000}, "flowers")
    assert service_of(place).get_mount("flowers").newer == new.version
    updated = service_of(place).update_mount("flowers").result()
    assert (updated.version, updated.newer, updated.reference) == (new.version, None, "flowers")
    assert updated.created == first.created
    assert updated.modified > first.modified
    assert seen(place) == {"flowers": {"a": b"2", "same": b"s" * 5000}}
    assert integrations(place)["flowers"]["version"] == new.version  # type: ignore[index]
    assert uses(place) == {new.root}
    assert service_of(place).update_mount("flowers").result() == updated


def test_a_pinned_version_stays_until_it_is_updated_and_is_pinned_again(embedded: Place) -> None:
    old = embedded.committed({"a": b"1"}, "flowers")
    mount(embedded, f"flowers:{old.version}")
    new = embedded.committed({"a": b"2"}, "flowers")
    assert service_of(embedded).get_mount("flowers").newer == new.version
    updated = service_of(embedded).update_mount("flowers").result()
    assert updated.reference == f"flowers:{new.version}"
    assert updated.version == new.version


def test_a_tag_is_newer_where_it_points_now(embedded: Place) -> None:
    first = embedded.committed({"a": b"1"}, "flowers")
    service = service_of(embedded)
    service.set_tag(first.reference, "good")
    mount(embedded, "flowers:good")
    second = embedded.committed({"a": b"2"}, "flowers")
    assert service.get_mount("flowers").newer is None
    third = embedded.committed({"a": b"3"}, "flowers")
    service.set_tag(second.reference, "good")
    assert service.get_mount("flowers").newer == second.version
    updated = service.update_mount("flowers").result()
    assert (updated.version, updated.reference) == (second.version, "flowers:good")
    service.delete_tag("flowers", "good")
    assert service.get_mount("flowers").newer is None
    service.set_tag(third.reference, "good")
    assert service.get_mount("flowers").newer == third.version


def test_an_older_version_is_not_newer(embedded: Place) -> None:
    old = embedded.committed({"a": b"1"}, "flowers")
    new = embedded.committed({"a": b"2"}, "flowers")
    mount(embedded, "flowers")
    service_of(embedded).delete_version(new.reference)
    found = service_of(embedded).get_mount("flowers")
    assert (found.version, found.newer) == (new.version, None)
    assert service_of(embedded).update_mount("flowers").result() == found
    assert service_of(embedded).update_mount("flowers", old.reference).result().version == old.version
    assert seen(embedded) == {"flowers": {"a": b"1"}}


def test_an_update_may_name_any_version_of_any_dataset(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    tree = embedded.committed({"b": b"2"}, "trees")
    mount(embedded, "flowers")
    updated = service_of(embedded).update_mount("flowers", "trees").result()
    assert (updated.name, updated.dataset, updated.reference) == ("flowers", tree.dataset, "trees")
    assert seen(embedded) == {"flowers": {"b": b"2"}}
    with fails(ErrorKind.MOUNT_NOT_FOUND, "trees"):
        service_of(embedded).update_mount("trees").result()
    with fails(ErrorKind.DATASET_NOT_FOUND, "bushes"):
        service_of(embedded).update_mount("flowers", "bushes").result()
    assert service_of(embedded).get_mount("flowers") == updated


def test_a_mount_outlives_its_dataset(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    mount(place, "flowers")
    service_of(place).delete_dataset("flowers")
    (found,) = service_of(place).list_mounts()
    assert (found.state, found.newer, found.dataset_name) == (MountState.MOUNTED, None, "flowers")
    assert seen(place) == {"flowers": {"a": b"1"}}
    (again,) = service_of(place).restore_mounts().result()
    assert again.state is MountState.MOUNTED
    assert again.error is not None
    assert again.error.code == "dataset_not_found"
    assert seen(place) == {"flowers": {"a": b"1"}}


def test_a_renamed_dataset_is_still_known(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    mount(embedded, "flowers")
    service_of(embedded).update_dataset("flowers", name="blossoms")
    new = embedded.committed({"a": b"2"}, "blossoms")
    found = service_of(embedded).get_mount("flowers")
    assert (found.dataset_name, found.newer) == ("blossoms", new.version)
    assert service_of(embedded).update_mount("flowers").result().version == new.version


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_mount_that_fails_is_listed_with_its_reason_and_tried_again(bucket: Place) -> None:
    version = bucket.committed({"a": b"1" * 3000}, "flowers")
    hide = bucket.config.state_path / "datasets-hidden"
    bucket.repository.disk_cache.folder("trees").parent.rename(hide)
    bucket.repository.disk_cache.root.write_text("no folder")
    with pytest.raises(GradientDataError) as caught:
        service_of(bucket).mount(f"flowers:{version.version}").result()
    (found,) = service_of(bucket).list_mounts()
    assert (found.name, found.state, found.version) == ("flowers", MountState.FAILED, version.version)
    assert found.error is not None
    assert (found.error.code, found.error.message) == (caught.value.kind.code, caught.value.message)
    assert seen(bucket) == {}
    assert integrations(bucket) == {}
    newer = bucket.committed({"a": b"2"}, "flowers")
    bucket.repository.disk_cache.root.unlink()
    hide.rename(bucket.repository.disk_cache.root)
    again = service_of(bucket).update_mount("flowers").result()
    assert (again.state, again.error, again.version) == (MountState.MOUNTED, None, version.version)
    assert again.newer == newer.version
    assert seen(bucket) == {"flowers": {"a": b"1" * 3000}}
    assert list(integrations(bucket)) == ["flowers"]


def test_an_update_that_fails_leaves_what_was_mounted(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    first = mount(place, "flowers")
    new = place.committed({"a": b"2"}, "flowers")
    target = folders_of(place).mounts(DATASETS) / "flowers"
    target.unlink()
    target.mkdir()  # no link can take its place
    with fails(ErrorKind.TARGET_UNWRITABLE, "flowers"):
        service_of(place).update_mount("flowers").result()
    assert (folders_of(place).mounts(INPUTS) / "flowers" / "a").read_bytes() == b"1"
    found = service_of(place).get_mount("flowers")
    assert (found.state, found.version, found.newer) == (MountState.MOUNTED, first.version, new.version)
    target.rmdir()
    service_of(place).update_mount("flowers").result()
    assert seen(place) == {"flowers": {"a": b"2"}}
    assert integrations(place)["flowers"]["version"] == new.version  # type: ignore[index]


def test_a_settings_file_that_cannot_be_read_stops_the_mount_before_anything_is_fetched(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    write_settings(place, "a: b: c\n")
    for attempt in (
        lambda: service_of(place).mount("flowers").result(),
        lambda: service_of(place).restore_mounts().result(),
    ):
        with fails(ErrorKind.SETTINGS_UNREADABLE, "line 1"):
            attempt()
    assert settings_path(place).read_text() == "a: b: c\n"
    assert seen(place) == {}
    assert service_of(place).list_mounts() == ()


def test_a_settings_file_that_breaks_later_keeps_what_is_mounted(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    mount(embedded, "flowers")
    write_settings(embedded, "a: b: c\n")
    with fails(ErrorKind.SETTINGS_UNREADABLE):
        service_of(embedded).unmount("flowers")
    with fails(ErrorKind.SETTINGS_UNREADABLE):
        service_of(embedded).restore_mounts().result()
    assert seen(embedded) == {"flowers": {"a": b"1"}}


def test_links_and_folders_that_somebody_removed_come_back(place: Place) -> None:
    place.committed({"a": b"1"}, "flowers")
    found = mount(place, "flowers")
    Path(found.local_path).unlink()
    cache = place.repository.disk_cache.root
    for folder, _, _ in os.walk(cache):
        os.chmod(folder, 0o700)
    shutil.rmtree(cache)
    mount(place, "flowers")
    assert seen(place) == {"flowers": {"a": b"1"}}


def test_a_mount_whose_files_are_gone_says_so_and_an_update_brings_them(embedded: Place) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    found = mount(embedded, "flowers")
    cache = embedded.repository.disk_cache.root
    for folder, _, _ in os.walk(cache):
        os.chmod(folder, 0o700)
    shutil.rmtree(cache)
    (gone,) = service_of(embedded).list_mounts()
    assert gone.state is MountState.FAILED
    assert gone.error is not None
    assert gone.error.code == "mount_gone"
    assert replace(service_of(embedded).update_mount("flowers").result(), modified=found.modified) == found
    assert seen(embedded) == {"flowers": {"a": b"1"}}


def test_a_mount_that_is_stopped_leaves_nothing(bucket: Place) -> None:
    bucket.committed({f"{n}": os.urandom(3000) for n in range(50)}, "flowers")
    service = service_of(bucket)
    tasks: list[Task[object]] = []
    began = threading.Event()
    fill = bucket.repository.disk_cache.link

    def link(*arguments: object) -> bool:
        began.wait(20)
        tasks[0].cancel()
        return fill(*arguments)  # type: ignore[arg-type]

    bucket.repository.disk_cache.link = link  # type: ignore[assignment, method-assign]
    tasks.append(service.mount("flowers"))  # type: ignore[arg-type]
    began.set()
    with fails(ErrorKind.CANCELLED):
        tasks[0].result()
    del bucket.repository.disk_cache.link
    assert service.list_mounts() == ()
    assert seen(bucket) == {}
    assert uses(bucket) == set()
    assert integrations(bucket) == {}
    mount(bucket, "flowers")


def test_what_is_unmounted_while_it_is_being_mounted_does_not_appear(bucket: Place) -> None:
    bucket.committed({f"{n}": os.urandom(3000) for n in range(50)}, "flowers")
    service = service_of(bucket)
    fill, going, gone = bucket.repository.disk_cache.link, threading.Event(), threading.Event()

    def link(*arguments: object) -> bool:
        going.set()
        assert gone.wait(20)
        return fill(*arguments)  # type: ignore[arg-type]

    bucket.repository.disk_cache.link = link  # type: ignore[assignment, method-assign]
    task = service.mount("flowers")
    assert going.wait(20)
    assert service.get_mount("flowers").state is MountState.MOUNTING
    service.unmount("flowers")
    gone.set()
    with fails(ErrorKind.MOUNT_TAKEN_AWAY, "flowers"):
        task.result()
    assert service.list_mounts() == ()
    assert seen(bucket) == {}
    assert uses(bucket) == set()


def test_a_layer_that_is_made_after_it_was_unmounted_does_not_stay(
    embedded: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    embedded.committed({"a": b"1"}, "flowers")
    create, layer = Layer.create, Layer.of(folders_of(embedded), "flowers")

    def create_late(self: Layer, *arguments: object, **options: object) -> None:
        service_of(embedded).unmount("flowers")
        create(self, *arguments, **options)  # type: ignore[arg-type]
        assert layer.exists

    monkeypatch.setattr(Layer, "create", create_late)
    with fails(ErrorKind.MOUNT_TAKEN_AWAY, "flowers"):
        service_of(embedded).mount("flowers", writable=True).result()
    assert not layer.exists
    assert uses(embedded) == set()


# --- at the same time -------------------------------------------------------------------------------------------------


def test_the_same_mount_asked_for_many_times_at_once(place: Place) -> None:
    files = some_files(1)
    place.committed(files, "flowers")
    service = service_of(place)
    tasks = [service.mount("flowers") for _ in range(6)]
    assert len({task.result().version for task in tasks}) == 1
    assert seen(place) == {"flowers": plain(files)}
    assert list(integrations(place)) == ["flowers"]


def test_many_mounts_at_once_are_all_written_down(embedded: Place) -> None:
    names = [f"set-{number}" for number in range(12)]
    for name in names:
        embedded.committed({"a": name.encode()}, name)
    write_settings(embedded, "# mine\nother: 1\n")
    service = service_of(embedded)
    for task in [service.mount(name) for name in names]:
        task.result()
    assert seen(embedded) == {name: {"a": name.encode()} for name in names}
    assert set(integrations(embedded)) == set(names)
    assert settings_path(embedded).read_text().startswith("# mine\nother: 1\n")


def test_every_change_is_noticed(embedded: Place) -> None:
    feed = NoticeFeed(embedded.repository)
    embedded.committed({"a": b"1"}, "flowers")
    subject = f"{embedded.config.notebook_name}/flowers"

    def news() -> set[Action]:
        return {notice.action for notice in feed.poll() if (notice.thing, notice.subject) == (Thing.MOUNT, subject)}

    news()
    mount(embedded, "flowers")
    assert news()
    mount(embedded, "flowers")
    assert not news()
    embedded.committed({"a": b"2"}, "flowers")
    service_of(embedded).update_mount("flowers").result()
    assert news() == {Action.CHANGED}
    service_of(embedded).unmount("flowers")
    assert news() == {Action.DELETED}


def test_notebook_runs_have_their_own_mounts(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", notebook="first")
    place.committed({"a": b"1"}, "flowers")
    mount(place, "flowers")
    place.config = replace(place.config, notebook="second")
    place.reopen()
    assert service_of(place).list_mounts() == ()
    assert seen(place) == {}
    mount(place, "flowers", "other")
    assert seen(place) == {"other": {"a": b"1"}}
    assert isinstance(place.service, LocalService)


def live(state: Path, *, is_root: bool) -> None:
    """Mount, try to write, update, unmount."""
    place = Place(Config(state_dir=state, author="tester"))
    place.committed({"a": b"1", "deep/b": b"2"}, "flowers")
    found = mount(place, "flowers")
    mount(place, "flowers", "mine", writable=True)
    for path in () if is_root else ("a", "deep/b", "new", "deep/new"):
        with pytest.raises(PermissionError):
            (Path(found.local_path) / path).write_bytes(b"3")
    place.committed({"a": b"2"}, "flowers")
    service_of(place).update_mount("flowers").result()
    assert seen(place) == {"flowers": {"a": b"2"}, "mine": {"a": b"1", "deep/b": b"2"}}
    for name in ("flowers", "mine"):
        service_of(place).unmount(name)
    assert seen(place) == {}
    place.close()
    for above, _, _ in os.walk(state):
        os.chmod(above, 0o700)


def test_an_ordinary_user_mounts_updates_and_cannot_write(tmp_path: Path) -> None:
    live(tmp_path, is_root=os.geteuid() == 0)  # imports everything: an ordinary user may not read root's Python
    with folder_for_all() as folder, without_privileges():
        live(folder / "state", is_root=False)
