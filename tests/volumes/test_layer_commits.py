"""Committing and discarding what was changed in a writable mount."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml

from jupyter_gradient_data.blobs import hashing
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase
from jupyter_gradient_data.volumes.folders import TeamFolders
from tests.service.place import LONG_AGO, Place, fails
from tests.volumes.writable import KINDS, NAME, Model, Writable, unchanged

FILES = {"a": b"alpha", "dir/b": b"beta", "dir/sub/c": b"gamma", "run.sh*": b"#!/bin/sh\n", "other/e": b"epsilon"}
MODEL: Model = {path.rstrip("*"): (data, path.endswith("*")) for path, data in FILES.items()}


@pytest.fixture(params=KINDS)
def writable(request: pytest.FixtureRequest, make_place: Callable[[str], Place], tmp_path: Path) -> Iterator[Writable]:
    place = make_place("embedded")
    place.committed(FILES, NAME)
    writable = Writable(place, tmp_path / "shown", request.param)
    yield writable
    writable.leave()


def test_a_commit_makes_a_version_of_the_mounted_one_and_the_changes(writable: Writable) -> None:
    service = writable.service
    first = service.get_version(NAME)
    files = writable.mount()
    with unchanged(TeamFolders(writable.place.repository).cache()):
        files.write("a", b"ALPHA")
        files.do("remove", "dir")
        files.write("new", b"1")
        files.do("chmod", "other/e", 0o755)
        version = writable.commit(message="more", tag="best", metadata={"a": [1]})
    assert (version.parent, version.message, version.metadata) == (first.reference, "more", {"a": [1]})
    assert version.tags == ("best",)
    model = {"a": (b"ALPHA", False), "new": (b"1", False), "run.sh": MODEL["run.sh"], "other/e": (b"epsilon", True)}
    writable.check(version.reference, model)
    writable.check(first.reference, MODEL)
    assert files.read_all() == model  # and the mount shows the same as before


def test_the_next_commit_starts_from_the_last(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    files.do("remove", "dir/b")
    first = writable.commit()
    files.do("remove", "new")
    files.write("dir/b", b"back")
    second = writable.commit()
    assert second.parent == first.reference
    writable.check(second.reference, MODEL | {"dir/b": (b"back", False)})
    files.do("remove", "dir/b")
    files.write("a", b"third")
    third = writable.commit()
    model = MODEL | {"a": (b"third", False)}
    del model["dir/b"]
    writable.check(third.reference, model)


def test_nothing_changed_makes_no_version(writable: Writable) -> None:
    service = writable.service
    first = service.get_version(NAME)
    files = writable.mount()
    assert writable.commit(message="nothing").reference == first.reference
    files.write("a", b"alpha")  # what it was
    assert writable.commit(tag="same").tags == ("same",)
    files.write("a", b"other")
    second = writable.commit(message="something")
    files.do("chmod", "a", 0o600)
    files.write("a", b"other")
    assert writable.commit(message="again") == second
    assert len(service.list_versions(NAME).items) == 2


def test_only_changes_are_read_and_sent(writable: Writable, monkeypatch: pytest.MonkeyPatch) -> None:
    noise = random.Random(1).randbytes
    writable.place.committed({f"many/{number}": noise(1000) for number in range(300)}, NAME)
    files = writable.mount()
    files.write("many/7", noise(1000))
    files.do("utime", "many/7", LONG_AGO)  # what was written just now is read once more
    stored = writable.place.stored
    read: list[str] = []
    original = hashing.read_file_checked

    def reading(local: str, *rest: int) -> bytes:
        read.append(os.path.basename(local))
        return original(local, *rest)

    monkeypatch.setattr("jupyter_gradient_data.datasets.source_hashes.read_file_checked", reading)
    writable.commit()
    assert read == ["7"]
    assert writable.place.stored - stored < 100_000
    files.write("many/8", noise(1000))
    read.clear()
    writable.commit()
    assert read == ["8"]


def test_somebody_elses_commit_in_between_is_no_matter(writable: Writable) -> None:
    first = writable.service.get_version(NAME)
    files = writable.mount()
    files.write("new", b"1")
    theirs = writable.place.committed({"theirs": b"2"}, NAME)
    version = writable.commit()
    assert version.parent == first.reference
    writable.check(version.reference, MODEL | {"new": (b"1", False)})
    assert writable.service.get_version(NAME).reference == version.reference != theirs.reference


def test_progress_goes_through_its_phases(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    files.do("remove", "a")
    phases = [event.phase for event in writable.service.commit_mount(NAME)]
    order = [Phase.SCANNING, Phase.SENDING, Phase.DELETING, Phase.VERIFYING, Phase.COMMITTING]
    assert [phase for phase in order if phase in phases] == order


def test_a_file_that_cannot_be_in_a_version_is_named_as_users_see_it(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    files.do("mkfifo", "pipe")
    shown = "/inputs/data/pipe" if writable.layer.is_overlay else str(writable.layer.files / "pipe")
    with fails(ErrorKind.SOURCE_SPECIAL, shown):
        writable.service.commit_mount(NAME).result()
    assert writable.uncommitted() == []
    files.do("remove", "pipe")
    writable.check(writable.commit().reference, MODEL | {"new": (b"1", False)})


def test_a_file_that_is_being_written(writable: Writable, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commit fails; the next one goes on with the version that it has begun."""
    files = writable.mount()
    files.write("log", b"line\n")
    files.write("new", b"1")
    original = hashing.read_file_checked

    def writing(local: str, *rest: int) -> bytes:
        files.append("log", b"line\n")
        return original(local, *rest)

    with monkeypatch.context() as patch:
        patch.setattr("jupyter_gradient_data.datasets.source_hashes.read_file_checked", writing)
        with fails(ErrorKind.SOURCE_CHANGED, "log"):
            writable.service.commit_mount(NAME).result()
    (begun,) = writable.uncommitted()
    files.do("remove", "new")
    files.write("log", b"done\n")
    version = writable.commit(message="now")
    assert (version.version, version.message) == (begun.version, "now")
    writable.check(version.reference, MODEL | {"log": (b"done\n", False)})


def test_a_version_that_was_begun_and_deleted_is_forgotten(writable: Writable, monkeypatch: pytest.MonkeyPatch) -> None:
    files = writable.mount()
    files.write("new", b"1")

    def failing(*_: object) -> bytes:
        raise ErrorKind.SOURCE_CHANGED(path="new")

    with monkeypatch.context() as patch:
        patch.setattr("jupyter_gradient_data.datasets.source_hashes.read_file_checked", failing)
        with fails(ErrorKind.SOURCE_CHANGED):
            writable.service.commit_mount(NAME).result()
    (begun,) = writable.uncommitted()
    writable.service.delete_version(begun.reference)
    version = writable.commit()
    assert version.version != begun.version
    writable.check(version.reference, MODEL | {"new": (b"1", False)})


# --- discarding -------------------------------------------------------------------------------------------------------


def test_discard_brings_back_the_mounted_version(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    files.do("remove", "dir")
    writable.leave()
    mount = writable.service.discard_changes(NAME)
    assert mount.version == writable.service.get_version(NAME).version
    assert not writable.layer.has_changes()
    assert writable.enter().read_all() == MODEL


def test_discard_after_a_commit_keeps_what_was_committed(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    files.do("remove", "dir/b")
    version = writable.commit()
    model = MODEL | {"new": (b"1", False)}
    del model["dir/b"]
    files.write("new", b"2")
    files.do("remove", "a")
    writable.leave()
    mount = writable.service.discard_changes(NAME)
    assert mount.version == version.version
    files = writable.enter()
    assert files.read_all() == model
    assert not writable.layer.has_changes()
    files.write("a", b"3")
    later = writable.commit()
    assert later.parent == version.reference
    writable.check(later.reference, model | {"a": (b"3", False)})
    writable.leave()
    writable.service.unmount(NAME)
    assert not any((writable.place.repository.disk_cache.root / "uses").glob("*/*"))


def test_uncommitted_changes_are_not_lost_by_unmounting(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    with fails(ErrorKind.MOUNT_CHANGED, NAME):
        writable.service.unmount(NAME)
    writable.commit()
    writable.leave()
    writable.service.unmount(NAME)
    assert not writable.layer.exists


@pytest.mark.parametrize("what", [("mkfifo", "pipe"), ("symlink", "/etc/passwd", "link")])
def test_what_no_version_can_hold_is_a_change_for_who_unmounts(writable: Writable, what: tuple[str, ...]) -> None:
    writable.mount().do(*what)
    with fails(ErrorKind.MOUNT_CHANGED, NAME):
        writable.service.unmount(NAME)
    writable.leave()
    writable.service.unmount(NAME, discard=True)
    assert not writable.layer.exists


def test_a_settings_file_that_cannot_be_changed_keeps_the_layer(writable: Writable) -> None:
    files = writable.mount()
    files.write("new", b"1")
    settings = TeamFolders(writable.place.repository).notebook() / ".gradient" / "settings.yaml"
    text = settings.read_text()
    settings.write_text(f"{text}  {NAME}: {{ref: {NAME}}}\n")  # listed twice
    with fails(ErrorKind.SETTINGS_UNREADABLE):
        writable.service.unmount(NAME, discard=True)
    assert files.read_all()["new"] == (b"1", False)
    writable.commit()
    settings.write_text(text)
    with writable.layer.locked(), fails(ErrorKind.MOUNT_BUSY, NAME):
        writable.service.unmount(NAME)
    assert settings.read_text() == text


@pytest.mark.parametrize("commits", [True, False])
def test_when_changes_are_gone_nothing_says_that_they_stand_in_the_way(writable: Writable, commits: bool) -> None:
    writable.mount().write("new", b"1")
    settings = TeamFolders(writable.place.repository).notebook() / ".gradient" / "settings.yaml"
    settings.write_text(settings.read_text().replace("permissions: rw", "permissions: ro"))
    (mount,) = writable.service.restore_mounts().result()
    assert mount.error is not None
    assert mount.error.code == "mount_changed"
    writable.leave()
    writable.service.commit_mount(NAME).result() if commits else writable.service.discard_changes(NAME)
    assert writable.service.get_mount(NAME).error is None
    (mount,) = writable.service.restore_mounts().result()
    assert (mount.error, mount.is_writable) == (None, False)


def test_discard_mends_a_layer_that_cannot_be_read(writable: Writable) -> None:
    writable.mount().write("new", b"1")
    writable.leave()
    (writable.layer.folder / "ledger.sqlite").write_bytes(b"damaged")
    with fails(ErrorKind.LAYER_UNREADABLE):
        writable.service.commit_mount(NAME).result()
    writable.service.discard_changes(NAME)
    assert writable.enter().read_all() == MODEL
    assert writable.commit() == writable.service.get_version(NAME)


def test_what_is_busy_or_not_writable(writable: Writable) -> None:
    service = writable.service
    with fails(ErrorKind.MOUNT_NOT_FOUND, NAME):
        service.commit_mount(NAME).result()
    for name in ("", "..", "\0", "\ud800", "a/b"):
        with fails(ErrorKind.MOUNT_NOT_FOUND):
            service.discard_changes(name)
    writable.mount()
    with writable.layer.locked(), fails(ErrorKind.MOUNT_BUSY, NAME):
        service.commit_mount(NAME).result()
    with fails(ErrorKind.INVALID_TAG):
        service.commit_mount(NAME, tag="latest").result()
    service.mount(NAME, name="fixed").result()
    for refused in (lambda: service.commit_mount("fixed").result(), lambda: service.discard_changes("fixed")):
        with fails(ErrorKind.MOUNT_NOT_WRITABLE, "fixed"):
            refused()


# --- after a restart --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pinned", [True, False])
def test_a_restart_finds_the_mount_as_it_was(writable: Writable, pinned: bool) -> None:
    """With what was committed, and with what was changed since."""
    service = writable.service
    settings = TeamFolders(writable.place.repository).notebook() / ".gradient" / "settings.yaml"
    if not pinned:
        settings.parent.mkdir()
        settings.write_text(f"integrations:\n  {NAME}:\n    type: dataset\n    ref: {NAME}\n    permissions: rw\n")
        service.restore_mounts().result()
        files = writable.enter()
    else:
        files = writable.mount()
    files.write("new", b"1")
    version = writable.commit()
    entry = yaml.safe_load(settings.read_text())["integrations"][NAME]
    assert entry.get("version") == (version.version if pinned else None)
    for changed in (False, True):
        if changed:
            files.write("newer", b"2")
        identity = os.stat(writable.layer.folder).st_ino
        (mount,) = service.restore_mounts().result()
        assert (mount.version, mount.error, mount.is_writable) == (version.version, None, True)
        assert os.stat(writable.layer.folder).st_ino == identity
    assert files.read_all() == MODEL | {"new": (b"1", False), "newer": (b"2", False)}
    writable.check(writable.commit().reference, MODEL | {"new": (b"1", False), "newer": (b"2", False)})


def test_a_tag_that_stays_behind(writable: Writable) -> None:
    """What was committed is what is mounted, and no older version is offered as a newer one."""
    service = writable.service
    service.set_tag(service.get_version(NAME).reference, "prod")
    service.mount(f"{NAME}:prod", name=NAME, writable=True).result()
    files = writable.enter()
    files.write("new", b"1")
    version = writable.commit()
    assert service.get_mount(NAME).reference == f"{NAME}:{version.version}"
    files.write("new", b"2")
    service.mount(f"{NAME}:{version.version}", name="other").result()
    writable.leave()
    service.unmount(NAME, discard=True)
    service.mount(f"{NAME}:prod", name=NAME, writable=True).result()
    files = writable.enter()
    files.write("new", b"3")
    moved = writable.commit(tag="prod")
    assert service.get_mount(NAME).reference == f"{NAME}:prod"
    assert moved.tags == ("prod",)


def test_an_error_in_the_store_leaves_everything(writable: Writable, monkeypatch: pytest.MonkeyPatch) -> None:
    files = writable.mount()
    files.write("new", b"1")

    def failing(*_: object, **__: object) -> None:
        raise ErrorKind.STORE_ERROR(store="it", action="put", reason="it was told to fail")

    with monkeypatch.context() as patch:
        patch.setattr("jupyter_gradient_data.datasets.local_ends.VersionInbox.send_pack", failing)
        with pytest.raises(GradientDataError):
            writable.service.commit_mount(NAME).result()
    assert writable.layer.has_changes()
    writable.check(writable.commit().reference, MODEL | {"new": (b"1", False)})
