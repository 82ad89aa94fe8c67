"""Volumes and notebook runs, by every kind of service."""

from __future__ import annotations

import os
from collections.abc import Callable

import pytest
from sqlalchemy import insert, select

from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Action, Thing
from jupyter_gradient_data.stores.database import now
from jupyter_gradient_data.stores.notices import later_than
from jupyter_gradient_data.stores.schema import mounts, outputs
from jupyter_gradient_data.volumes import notebooks
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.view.runs import RunLock
from tests.service.place import Place

ROOT = "ab" * 32


def fill(repository: Repository, notebook: str) -> None:
    """A notebook run that has everything."""
    folders = TeamFolders(repository)
    home = folders.notebooks() / notebook
    home.mkdir()
    (home / "work.ipynb").write_text("{}")
    layer = folders.all_mounts() / notebook / "writable" / "d"
    (layer / "upper").mkdir(parents=True)
    (layer / "work" / "work").mkdir(parents=True, mode=0)
    VersionCache(repository, folders).use(ROOT, f"{notebook}/d")
    row = {"team_id": repository.team, "notebook": notebook, "created": now(), "modified": now()}
    with repository.database.write() as connection:
        mount = {"name": "d", "reference": "d", "writable": True, "state": "mounted", "root": ROOT}
        connection.execute(insert(mounts).values({**row, **mount}))
        connection.execute(insert(outputs).values({**row, "name": "o", "dataset_id": "ds0000000000000"}))


def kind_of(call: Callable[[], object]) -> ErrorKind:
    with pytest.raises(GradientDataError) as failure:
        call()
    return failure.value.kind


# --- volumes ----------------------------------------------------------------------------------------------------------


def test_the_volumes(place: Place) -> None:
    found = place.service.list_volumes()
    assert (found.notebook, found.region) == ("default", "")
    assert [volume.name for volume in found.volumes] == ["storage", "notebook", "datasets", "inputs", "outputs"]
    assert [volume.is_writable for volume in found.volumes] == [True, True, False, False, True]
    for volume in found.volumes:
        assert volume.path in (f"/{volume.name}", volume.local_path)
        assert os.path.isdir(volume.local_path)
        assert (volume.used_bytes, volume.limit_bytes) == (None, None)
        assert volume.free_bytes is not None
        assert volume.free_bytes > 0
    assert found.reason.endswith(".")


def test_what_they_take_and_may_take(make_place: Callable[..., Place]) -> None:
    for kind in ("embedded", "remote"):
        place = make_place(kind, storage_limit=10**9, storage_region="east", view="environment")
        folders = TeamFolders(place.repository)
        (folders.storage() / "x").write_bytes(b"x" * 100_000)
        os.link(folders.storage() / "x", folders.storage() / "y")
        tree = folders.cache() / "trees" / "t"
        tree.mkdir(parents=True)
        (tree / "z").write_bytes(b"z" * 200_000)
        (folders.mounts("inputs") / "d").symlink_to(tree)
        (folders.storage() / "deep").mkdir()
        (folders.storage() / "deep" / "link").symlink_to(tree)
        found = place.service.list_volumes(measure=True)
        assert (found.mode.value, found.region) == ("environment", "east")
        used = {volume.name: volume.used_bytes or 0 for volume in found.volumes}
        assert 100_000 <= used["storage"] < 130_000
        assert 200_000 <= used["inputs"] < 230_000
        assert used["outputs"] < 10_000
        assert {volume.limit_bytes for volume in found.volumes if volume.name == "storage"} == {10**9}
        assert found.volumes[0].local_path == str(folders.storage())
        assert found.volumes[0].local_path.endswith("storage@east")
        assert found.volumes[0].path == found.volumes[0].local_path


# --- notebook runs ----------------------------------------------------------------------------------------------------


def test_the_one_of_this_service_is_always_there(place: Place) -> None:
    (only,) = place.service.list_notebooks()
    assert (only.name, only.mounts, only.is_current) == ("default", 0, True)
    assert os.path.isdir(only.local_path)


def test_all_of_one_is_deleted_and_nothing_else(place: Place) -> None:
    repository = place.repository
    folders = TeamFolders(repository)
    for name in ("old", "older"):
        fill(repository, name)
    assert [(each.name, each.mounts) for each in place.service.list_notebooks()] == [
        ("default", 0),
        ("old", 1),
        ("older", 1),
    ]
    with repository.database.read() as connection:
        before = max((row.time for row in later_than(connection, repository.team, 0)), default=0)
    place.service.delete_notebook("old")
    assert [each.name for each in place.service.list_notebooks()] == ["default", "older"]
    assert not [path for path in folders.notebooks().iterdir() if "old" in path.name and path.name != "older"]
    assert not [path for path in folders.all_mounts().iterdir() if "old" in path.name and path.name != "older"]
    assert (folders.notebooks() / "older" / "work.ipynb").exists()
    with repository.database.read() as connection:
        assert [row.notebook for row in connection.execute(select(mounts))] == ["older"]
        assert [row.notebook for row in connection.execute(select(outputs))] == ["older"]
        told = {(row.thing, row.subject, row.action) for row in later_than(connection, repository.team, before)}
    gone = Action.DELETED.value
    assert told == {
        (Thing.MOUNT.value, "old/d", gone),
        (Thing.OUTPUT.value, "old/o", gone),
        (Thing.WORKSPACE.value, "old", gone),
    }
    uses = folders.cache() / "uses" / ROOT
    assert [path.name for path in uses.iterdir()] == ["older%2Fd"]


def test_one_that_is_used_stays(place: Place) -> None:
    repository = place.repository
    fill(repository, "old")
    lock = RunLock(TeamFolders(repository).all_mounts() / "old")
    assert kind_of(lambda: place.service.delete_notebook("old")) is ErrorKind.NOTEBOOK_IN_USE
    assert (TeamFolders(repository).notebooks() / "old" / "work.ipynb").exists()
    lock.release()
    place.service.delete_notebook("old")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("nothing", ErrorKind.NOTEBOOK_NOT_FOUND),
        ("../storage", ErrorKind.INVALID_NAME),
        ("", ErrorKind.INVALID_NAME),
        (".deleted-x", ErrorKind.INVALID_NAME),
    ],
)
def test_one_that_is_not_there(place: Place, name: str, kind: ErrorKind) -> None:
    assert kind_of(lambda: place.service.delete_notebook(name)) is kind
    assert [each.name for each in place.service.list_notebooks()] == ["default"]


def test_one_without_a_home_can_be_deleted(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded")
    repository = place.repository
    fill(repository, "old")
    folders = TeamFolders(repository)
    (folders.notebooks() / "old" / "work.ipynb").unlink()
    (folders.notebooks() / "old").rmdir()
    place.service.delete_notebook("old")
    assert [each.name for each in place.service.list_notebooks()] == ["default"]


def test_a_database_that_fails_leaves_all_of_it(
    make_place: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("embedded")
    fill(place.repository, "old")

    def fail(*arguments: object) -> None:
        raise ErrorKind.DATABASE_FAILED(database="x", reason="y")

    monkeypatch.setattr(notebooks, "note", fail)
    assert kind_of(lambda: place.service.delete_notebook("old")) is ErrorKind.DATABASE_FAILED
    folders = TeamFolders(place.repository)
    assert (folders.notebooks() / "old" / "work.ipynb").exists()
    assert (folders.all_mounts() / "old" / "writable" / "d" / "upper").is_dir()
    assert [(each.name, each.mounts) for each in place.service.list_notebooks()] == [("default", 0), ("old", 1)]


def test_what_a_killed_deletion_left_goes_with_the_next(
    make_place: Callable[..., Place], monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("embedded")
    fill(place.repository, "old")
    left = TeamFolders(place.repository).notebooks() / ".deleted-older-0"
    left.mkdir()
    assert [each.name for each in place.service.list_notebooks()] == ["default", "old"]
    monkeypatch.setattr(notebooks, "_SWEPT_AFTER", -1)
    place.service.delete_notebook("old")
    assert not left.exists()
