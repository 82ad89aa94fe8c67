"""Public datasets wherever the service is: in this process, or of a server; what others are told; what tokens allow."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import Cancelled, ErrorKind
from jupyter_gradient_data.models import Access, Action, Phase, PublicState, TaskState, Thing
from jupyter_gradient_data.service.host import Host
from jupyter_gradient_data.service.notices import NoticeFeed
from jupyter_gradient_data.volumes.folders import DATASETS, TeamFolders
from jupyter_gradient_data.volumes.mounts.public_links import refresh_public_links
from tests.public.scene import Site, contents, noise, tar_of, zip_of
from tests.service.place import Place, fails
from tests.support.file_server import Plan

if TYPE_CHECKING:
    from tests.support.served import Jupyter

IMAGES = {f"train/{number}.jpg": noise(50, number) for number in range(5)}


class NoView:
    """Stands for what shows volumes in kernels, where a test has none."""

    def sync(self, timeout: float) -> None:
        """There is nobody to wait for."""


@pytest.fixture
def kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server without kernels."""
    if not hasattr(Host, "view"):
        monkeypatch.setattr(Host, "view", NoView(), raising=False)


@pytest.fixture
def birds(site: Site) -> Site:
    site.add(
        "birds",
        site.file("images.zip", zip_of(IMAGES)),
        site.file("readme.txt", b"read me"),
        licence="CC0-1.0",
        notes="Of birds.",
    )
    return site


@pytest.fixture
def config(birds: Site, tmp_path: Path) -> Config:
    return Config(
        state_dir=tmp_path / "state", public_dir=birds.root, public_catalogue=birds.catalogue, author="tester"
    )


@pytest.fixture(params=["local", "remote"])
def place(request: pytest.FixtureRequest, config: Config, kernels: None) -> Iterator[Place]:
    jupyter: Jupyter | None = request.getfixturevalue("jupyter") if request.param == "remote" else None
    place = Place(config, jupyter=jupyter)
    yield place
    place.close()


def test_list_and_get(place: Place) -> None:
    found = {dataset.name: dataset for dataset in place.service.list_public()}
    assert len(found) == 43
    assert list(found) == sorted(found)
    birds = place.service.get_public("birds")
    assert found["birds"] == birds == place.service.get_public("gradient/birds")
    assert (birds.state, birds.licence, birds.notes) == (PublicState.ABSENT, "CC0-1.0", "Of birds.")
    assert birds.bytes == sum(file.bytes or 0 for file in birds.files)
    assert found["mnist"].source == "gradient"
    assert found["birds"].source == str(place.config.public_catalogue)


def test_fetch_verify_remove(place: Place, birds: Site) -> None:
    task = place.service.fetch_public("gradient/birds", ["readme.txt"])
    assert {event.phase for event in task} <= set(Phase)
    assert task.result().state is PublicState.PARTIAL
    done = place.service.fetch_public("birds").result()
    assert done == place.service.get_public("birds")
    assert done.state is PublicState.PRESENT
    assert contents(Path(done.local_path)) == {**IMAGES, "readme.txt": b"read me"}
    assert place.service.verify_public("gradient/birds").result() == done
    place.service.remove_public("gradient/birds")
    assert place.service.get_public("birds").state is PublicState.ABSENT
    assert list((birds.root / ".removed").iterdir()) == []


def test_damage_is_named(place: Place, birds: Site) -> None:
    done = place.service.fetch_public("birds").result()
    path = Path(done.local_path) / "readme.txt"
    os.chmod(path, 0o644)
    path.write_bytes(b"read it")
    task = place.service.verify_public("birds")
    with fails(ErrorKind.PUBLIC_DAMAGED, "birds", "readme.txt"):
        task.result()
    assert place.service.get_public("birds").state is PublicState.PARTIAL
    assert place.service.fetch_public("birds").result().state is PublicState.PRESENT


@pytest.mark.parametrize("name", ["none", "", "gradient/", "a/b", "..", "\0", "\ud800", "ä" * 300])
def test_names_that_mean_nothing(place: Place, name: str) -> None:
    for call in (place.service.get_public, place.service.remove_public):
        with fails(ErrorKind.PUBLIC_NOT_FOUND):
            call(name)
    for begin in (place.service.fetch_public, place.service.verify_public):
        with fails(ErrorKind.PUBLIC_NOT_FOUND):
            begin(name).result()


def test_nobody_can_give_a_url(place: Place, birds: Site) -> None:
    """What is fetched is what the catalogue says; a client only chooses among it."""
    for pattern in (f"{birds.web.url}readme.txt", "file:///etc/passwd", "../../etc/passwd", "\0"):
        with fails(ErrorKind.PUBLIC_NO_MATCH):
            place.service.fetch_public("birds", [pattern]).result()
    assert birds.web.asked == []


def test_errors_are_the_same_everywhere(place: Place, birds: Site) -> None:
    birds.web.always["images.zip"] = Plan(status=404)
    with fails(ErrorKind.PUBLIC_FETCH_FAILED, "images.zip", "it answers 404"):
        place.service.fetch_public("birds").result()
    with fails(ErrorKind.PUBLIC_NO_FILES, "conll2003"):
        place.service.fetch_public("conll2003").result()
    with fails(ErrorKind.PUBLIC_NOT_PRESENT):
        place.service.verify_public("mnist").result()
    with fails(ErrorKind.PUBLIC_NOT_PRESENT):
        place.service.remove_public("mnist")


def test_a_fetch_can_be_stopped(place: Place, birds: Site) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def before(asked: object) -> None:
        inside.set()
        go_on.wait(30)

    birds.web.before = before
    task = place.service.fetch_public("birds")
    assert inside.wait(60)
    task.cancel()
    if place.is_remote:  # the server hears of it a moment later
        board = place.served.shared.host.tasks  # type: ignore[union-attr]
        while board.running():  # it may also have stopped already
            if any(running.was_asked_to_stop for running in list(board._running.values())):
                break
    go_on.set()
    with pytest.raises(Cancelled):
        task.result()
    assert birds.visible() == set()


def test_what_a_server_says_of_the_task(config: Config, jupyter: Jupyter, kernels: None) -> None:
    place = Place(config, jupyter=jupyter)
    place.service.fetch_public("gradient/birds").result()
    place.service.verify_public("birds").result()
    host = place.served.shared.host
    assert host is not None
    tasks = [(task.kind, task.subject, task.state) for task in host.tasks.page().items]
    assert tasks == [
        ("verify-public", "birds", TaskState.SUCCEEDED),
        ("fetch-public", "birds", TaskState.SUCCEEDED),
    ]
    place.close()


# --- what others are told ---------------------------------------------------------------------------------------------


@pytest.fixture
def local(config: Config) -> Iterator[Place]:
    place = Place(config)
    yield place
    place.close()


def test_notices(local: Place) -> None:
    feed = NoticeFeed(local.repository)
    feed.poll()

    def told() -> set[tuple[Thing, str, Action]]:
        return {(notice.thing, notice.subject, notice.action) for notice in feed.poll()}

    local.service.fetch_public("gradient/birds").result()
    assert told() == {(Thing.PUBLIC, "birds", Action.CHANGED)}
    local.service.fetch_public("birds").result()
    local.service.verify_public("birds").result()
    assert told() == set()
    local.service.remove_public("birds")
    assert told() == {(Thing.PUBLIC, "birds", Action.DELETED)}


def shown(local: Place, notebook: str) -> dict[str, Path]:
    folder = TeamFolders(local.repository).all_mounts() / notebook / DATASETS
    return {link.name: Path(os.readlink(link)) for link in folder.iterdir()}


def test_all_notebook_runs_see_it(local: Place, config: Config, birds: Site) -> None:
    folders = TeamFolders(local.repository)
    other = folders.all_mounts() / "other" / DATASETS
    other.mkdir(parents=True)
    (other / "kept").symlink_to("/somewhere")
    (birds.root / "by-hand").mkdir()
    local.service.fetch_public("birds").result()
    public = {"birds": birds.root / "birds", "by-hand": birds.root / "by-hand"}
    assert shown(local, config.notebook_name) == public
    assert shown(local, "other") == {**public, "kept": Path("/somewhere")}
    local.service.remove_public("birds")
    assert shown(local, "other") == {"by-hand": birds.root / "by-hand", "kept": Path("/somewhere")}


def test_a_mount_keeps_its_name(local: Place, config: Config) -> None:
    folders = TeamFolders(local.repository)
    (folders.mounts(DATASETS) / "birds").symlink_to("/a/tree")
    local.service.fetch_public("birds").result()
    assert shown(local, config.notebook_name) == {"birds": Path("/a/tree")}
    local.service.remove_public("birds")
    assert shown(local, config.notebook_name) == {"birds": Path("/a/tree")}


def test_whoever_watches_links_sees_a_new_folder(local: Place) -> None:
    """The link leads to the same path as before, and yet it is another one: so a view looks again."""
    folders = TeamFolders(local.repository)
    local.service.fetch_public("birds", ["readme.txt"]).result()
    link = folders.mounts(DATASETS) / "birds"
    first = os.lstat(link).st_ino, os.readlink(link)
    refresh_public_links(folders)
    assert (os.lstat(link).st_ino, os.readlink(link)) == first
    held = os.open(link.parent, os.O_RDONLY)
    keeper = link.parent.parent / "keeper"  # so that no inode is used again
    os.link(link, keeper, follow_symlinks=False)
    local.service.fetch_public("birds").result()
    assert os.lstat(link).st_ino != first[0]
    assert os.readlink(link) == first[1]
    os.close(held)


def test_the_folder_of_public_datasets_by_default(tmp_path: Path, birds: Site) -> None:
    place = Place(Config(state_dir=tmp_path / "other", public_catalogue=birds.catalogue))
    done = place.service.fetch_public("birds").result()
    assert done.local_path == str(tmp_path / "other" / "public" / "birds")
    place.close()


# --- API tokens -------------------------------------------------------------------------------------------------------


def test_what_tokens_allow(config: Config, jupyter: Jupyter, kernels: None, tmp_path: Path) -> None:
    from dataclasses import replace

    from jupyter_gradient_data.service.opening import open_service

    place = Place(config, jupyter=jupyter)
    dataset = place.service.create_dataset("data")
    secrets = {
        "read": place.service.create_token("r").secret,
        "write": place.service.create_token("w", access=Access.WRITE).secret,
        "limited": place.service.create_token("l", access=Access.WRITE, datasets=[dataset.id]).secret,
    }
    clients = {
        name: open_service(
            replace(Config(), state_dir=tmp_path / name, url=place.url, token=secret),
        )
        for name, secret in secrets.items()
    }
    assert clients["read"].get_public("birds").name == "birds"
    for change in (clients["read"].fetch_public("birds").result, lambda: clients["read"].remove_public("birds")):
        with fails(ErrorKind.NOT_ALLOWED):
            change()
    with fails(ErrorKind.NOT_ALLOWED):
        clients["limited"].list_public()
    assert clients["write"].fetch_public("birds").result().state is PublicState.PRESENT
    for client in clients.values():
        client.close()
    place.close()


def test_archives_are_not_part_of_the_answer(place: Place, birds: Site) -> None:
    """A dataset of a million files is described by the few that the catalogue knows."""
    birds.add("many", birds.file("a.tar.gz", tar_of({f"{number}": b"" for number in range(3000)})))
    done = place.service.fetch_public("many").result()
    assert [file.path for file in done.files] == ["a.tar.gz"]
    assert len(os.listdir(done.local_path)) == 3000
