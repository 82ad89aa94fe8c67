"""Links at ``/``, tried out in a folder, and links to public datasets."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.volumes.folders import DATASETS, TeamFolders
from jupyter_gradient_data.volumes.mounts.public_links import refresh_public_links
from jupyter_gradient_data.volumes.view.root_links import LinksFailed, RootLinks, place_link
from jupyter_gradient_data.volumes.view.runs import RunLock
from tests.support.privileges import folder_for_all, without_privileges


@pytest.fixture
def folders(tmp_path: Path) -> Iterator[TeamFolders]:
    repository = Repository(Config(state_dir=tmp_path / "state"))
    yield TeamFolders(repository)
    repository.close()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "root").mkdir()
    return tmp_path / "root"


@pytest.fixture
def links(folders: TeamFolders, root: Path) -> RootLinks:
    return RootLinks({"/storage": folders.storage(), "/notebook": folders.notebook()}, folders, root)


def test_they_are_made_once_and_taken_away(links: RootLinks, folders: TeamFolders, root: Path) -> None:
    links.check()
    assert list(root.iterdir()) == []
    for _ in range(2):
        links.make()
        assert os.readlink(root / "storage") == str(folders.storage())
        assert os.readlink(root / "notebook") == str(folders.notebook())
    links.remove()
    assert list(root.iterdir()) == []


@pytest.mark.parametrize("kind", ["folder", "full folder", "file", "link", "dangling link"])
def test_what_somebody_else_has_put_there_stays(links: RootLinks, root: Path, tmp_path: Path, kind: str) -> None:
    place = root / "storage"
    if "folder" in kind:
        place.mkdir()
        if kind == "full folder":
            (place / "mine").write_text("x")
    elif kind == "file":
        place.write_text("mine")
    else:
        place.symlink_to(tmp_path if kind == "link" else tmp_path / "nothing")
    before = os.lstat(place)
    with pytest.raises(LinksFailed, match=f"there is a {place} already that is not ours"):
        links.make()
    assert os.path.samestat(before, os.lstat(place))
    assert sorted(path.name for path in root.iterdir()) == ["storage"]  # not even the other one is made
    links.remove()
    assert os.path.samestat(before, os.lstat(place))


def test_one_that_a_server_has_left_is_replaced(links: RootLinks, folders: TeamFolders, root: Path) -> None:
    (root / "notebook").symlink_to(folders.notebooks() / "another")
    links.make()
    assert os.readlink(root / "notebook") == str(folders.notebook())


def test_one_of_a_server_that_runs_stays(links: RootLinks, folders: TeamFolders, root: Path) -> None:
    (root / "notebook").symlink_to(folders.notebooks() / "another")
    lock = RunLock(folders.all_mounts() / "another")
    with pytest.raises(LinksFailed, match="not ours"):
        links.make()
    lock.release()
    links.make()


def test_a_root_that_cannot_be_written(folders: TeamFolders) -> None:
    with folder_for_all() as root:
        links = RootLinks({"/storage": folders.storage()}, folders, root)
        root.chmod(0o555)
        with without_privileges(), pytest.raises(LinksFailed, match="is not writable"):
            # Only what is looked at first is the ordinary user's: the folder is not.
            RootLinks({"/storage": Path("/nowhere")}, folders, root).check()
        root.chmod(0o777)
        links.check()


def test_a_link_is_replaced_in_one_step(tmp_path: Path) -> None:
    link = tmp_path / "link"
    place_link(link, tmp_path / "a")
    place_link(link, tmp_path / "b")
    assert os.readlink(link) == str(tmp_path / "b")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="directory"):
        place_link(tmp_path / "folder", tmp_path / "a")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["folder", "link"]


# --- public datasets --------------------------------------------------------------------------------------------------


def shown(folders: TeamFolders) -> dict[str, str]:
    return {link.name: os.readlink(link) for link in folders.mounts(DATASETS).iterdir()}


def test_public_datasets_that_are_there_are_shown(folders: TeamFolders) -> None:
    public = folders.public()
    for name in ("mnist", ".new", "cifar"):
        (public / name).mkdir()
    (public / "file").write_text("x")
    refresh_public_links(folders)
    assert shown(folders) == {"mnist": str(public / "mnist"), "cifar": str(public / "cifar")}
    (public / "mnist").rmdir()
    refresh_public_links(folders)
    assert shown(folders) == {"cifar": str(public / "cifar")}


def test_a_mount_keeps_its_name(folders: TeamFolders, tmp_path: Path) -> None:
    (folders.public() / "mnist").mkdir()
    (folders.mounts(DATASETS) / "mnist").symlink_to(tmp_path)
    (folders.mounts(DATASETS) / "other").symlink_to(tmp_path / "gone")
    refresh_public_links(folders)
    assert shown(folders) == {"mnist": str(tmp_path), "other": str(tmp_path / "gone")}
