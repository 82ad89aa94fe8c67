"""Whatever writes is stopped at each step: nothing is lost, nothing half visible, and the same again finishes."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.datasets import lease
from jupyter_gradient_data.errors import Conflict, ErrorKind, GradientDataError
from jupyter_gradient_data.service.api import DataService
from tests.faults.scene import (
    Picture,
    VersionPicture,
    check_whole,
    files_of,
    opened,
    picture,
    read_folder,
    write_files,
)
from tests.support.faulty_store import READS, Crashed, Faults, How

MOST_STEPS = 100


@dataclass(frozen=True)
class World:
    """A state directory with a past, and the names of what is in it."""

    state: Path
    sources: Path
    committed: str  # reference of a version that is committed and tagged
    filling: str  # reference of a version with a base and staged files

    def copy(self, to: Path) -> World:
        shutil.copytree(self.state, to)
        return World(to, self.sources, self.committed, self.filling)


@pytest.fixture(autouse=True)
def small_packs(monkeypatch: pytest.MonkeyPatch) -> None:
    """So that a few files fill several packs."""
    monkeypatch.setattr(packs, "PACK_SIZE", 2000)


@pytest.fixture
def world(tmp_path: Path) -> World:
    first = write_files(tmp_path / "sources" / "first", 1)
    second = write_files(tmp_path / "sources" / "second", 2, large=False)
    write_files(tmp_path / "sources" / "third", 3)
    shutil.copy(first / "few" / "1.bin", tmp_path / "sources" / "third" / "known.bin")
    with opened(tmp_path / "state") as service:
        service.create_dataset("other", description="of somebody else")
        dataset = service.create_dataset("photos", description="the first ones")
        committed = service.create_version(dataset.id, message="one").reference
        service.put_files(committed, [f"{first}/"]).result()
        service.commit_version(committed).result()
        service.set_tag(committed, "good")
        filling = service.create_version(dataset.id, message="two", start_from=committed).reference
        service.put_files(filling, [f"{second}/"], "/more").result()
        service.delete_files(filling, ["few/2.bin"]).result()
    return World(tmp_path / "state", tmp_path / "sources", committed, filling)


@pytest.fixture
def empty_world(tmp_path: Path) -> World:
    with opened(tmp_path / "state"):
        return World(tmp_path / "state", tmp_path, "", "")


# --- what is stopped --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Operation:
    """Something that writes.

    Parameters
    ----------
    run : callable
        Does it; may be run again.
    again : ErrorKind, optional
        What a second run answers when the first had done all.
    piecewise : bool
        Whether it is done file by file.  All others are done or not done.
    on_nothing : bool
        Whether it runs in a state without any dataset.
    """

    run: Callable[[DataService, World], object]
    again: ErrorKind | None = None
    piecewise: bool = False
    on_nothing: bool = False


def put(service: DataService, world: World) -> None:
    service.put_files(world.filling, [world.sources / "third"], "/new").result()


OPERATIONS = {
    "put": Operation(put, piecewise=True),
    "write file": Operation(lambda s, w: s.write_file(w.filling, "notes.md", [b"# Notes\n", b"none"])),
    "write large file": Operation(lambda s, w: s.write_file(w.filling, "big", [b"12345678" * 40_000] * 4)),
    "commit": Operation(lambda s, w: s.commit_version(w.filling).result()),
    "delete files": Operation(
        lambda s, w: s.delete_files(w.filling, ["few", "more/empty"]).result(), again=ErrorKind.FILE_NOT_FOUND
    ),
    "delete all files": Operation(lambda s, w: s.delete_files(w.filling, ["/"]).result()),
    "delete version": Operation(lambda s, w: s.delete_version(w.committed), again=ErrorKind.VERSION_NOT_FOUND),
    "delete uncommitted version": Operation(
        lambda s, w: s.delete_version(w.filling), again=ErrorKind.VERSION_NOT_FOUND
    ),
    "delete dataset": Operation(lambda s, w: s.delete_dataset("photos"), again=ErrorKind.DATASET_NOT_FOUND),
    "tag": Operation(lambda s, w: s.set_tag(w.committed, "better")),
    "delete tag": Operation(lambda s, w: s.delete_tag("photos", "good"), again=ErrorKind.TAG_NOT_FOUND),
    "create dataset": Operation(
        lambda s, w: s.create_dataset("drawings", description="new"), again=ErrorKind.NAME_TAKEN
    ),
    "create first dataset": Operation(
        lambda s, w: s.create_dataset("first"), again=ErrorKind.NAME_TAKEN, on_nothing=True
    ),
    "update dataset": Operation(
        lambda s, w: s.update_dataset("other", name="mine", description="x"), again=ErrorKind.DATASET_NOT_FOUND
    ),
    "update version": Operation(lambda s, w: s.update_version(w.committed, message="uno", metadata={"a": [1]})),
}
WITH_ERRORS = ("put", "write large file", "commit", "tag", "create first dataset", "update version")


def each_step(
    world: World, tmp_path: Path, run: Callable[[DataService, World], object], how: How, landed: bool
) -> Iterator[tuple[World, bool]]:
    """Run something again and again on a fresh copy, stopped at step 1, 2, 3 … until it passes; gives what is left."""
    for at in range(1, MOST_STEPS):
        copy = world.copy(tmp_path / f"step-{at}")
        faults = Faults(at, how, landed=landed)
        with pytest.MonkeyPatch.context() as patch:
            faults.install(patch)
            patch.setattr(lease, "new_owner", _owner_that_ends)
            with opened(copy.state) as service:
                try:
                    run(service, copy)
                except Crashed:
                    assert how is How.CRASH
                except GradientDataError:
                    assert how is How.ERROR
        yield copy, faults.has_struck
        shutil.rmtree(copy.state)
        if not faults.has_struck:
            return
    pytest.fail("it never came to an end")


def _owner_that_ends() -> str:
    """An owner like this process's but for its start: what the process leaves that is thought to have crashed."""
    machine, pid, _, token = _new_owner().split("/")
    return f"{machine}/{pid}/0/{token}"


_new_owner = lease.new_owner


@pytest.mark.parametrize("landed", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(
    ("name", "how"), [*((name, How.CRASH) for name in OPERATIONS), *((name, How.ERROR) for name in WITH_ERRORS)]
)
def test_stopped_at_each_step(
    request: pytest.FixtureRequest, tmp_path: Path, name: str, how: How, landed: bool
) -> None:
    operation = OPERATIONS[name]
    world: World = request.getfixturevalue("empty_world" if operation.on_nothing else "world")
    with opened(world.copy(tmp_path / "untouched").state) as service:
        before = picture(service)
        operation.run(service, world)
        after = picture(service)
    steps = 0
    for copy, has_struck in each_step(world, tmp_path, operation.run, how, landed):
        steps += 1
        with opened(copy.state) as service:
            check_whole(service)
            now = picture(service)
            if operation.piecewise:
                check_between(before, now, after)
            else:
                assert without_ids(now) in (without_ids(before), without_ids(after))
            assert has_struck or without_ids(now) == without_ids(after)
            run_again(operation, service, copy, is_done=without_ids(now) == without_ids(after))
            assert without_ids(picture(service)) == without_ids(after)
            check_garbage(service, copy, all_needed=steps % 3 == 0 or not has_struck)
    assert steps > 1, "nothing was stopped"


RECOVERED = ("commit", "create dataset", "delete dataset", "delete uncommitted version", "delete version", "tag")


@pytest.mark.parametrize("how", [How.CRASH, How.ERROR])
@pytest.mark.parametrize("name", [*RECOVERED, "update version"])
def test_the_store_alone_brings_back_what_a_stopped_operation_left(
    world: World, tmp_path: Path, name: str, how: How
) -> None:
    for copy, _ in each_step(world, tmp_path, OPERATIONS[name].run, how, landed=True):
        with opened(copy.state) as service:
            check_whole(service)
            expected = [committed_only(picture(service))]
            if name == "commit":  # the record is written before the transaction: without the database it counts
                OPERATIONS[name].run(service, copy)
                expected.append(committed_only(picture(service)))
        with opened(without_database(copy, tmp_path / "lost").state) as service:
            assert service.recover().result().problems == ()
            assert committed_only(picture(service)) in expected
            check_whole(service)
        shutil.rmtree(tmp_path / "lost")


def committed_only(seen: Picture) -> Picture:
    return without_ids(
        {
            name: dataset._replace(versions={key: shown for key, shown in dataset.versions.items() if shown.committed})
            for name, dataset in seen.items()
        }
    )


def without_database(world: World, to: Path) -> World:
    lost = world.copy(to)
    for file in to.glob("metadata.sqlite*"):
        file.unlink()
    return lost


def run_again(operation: Operation, service: DataService, world: World, *, is_done: bool) -> None:
    if is_done and operation.again is not None:
        with pytest.raises(GradientDataError) as caught:
            operation.run(service, world)
        assert caught.value.kind is operation.again
    else:
        operation.run(service, world)


def without_ids(seen: Picture) -> Picture:
    """A picture in which nothing is random: versions in their order, the latest by its place."""
    plain = {}
    for name, dataset in seen.items():
        places = {version: str(place) for place, version in enumerate(dataset.versions)}
        latest = places[dataset.latest] if dataset.latest else None
        versions = {places[version]: shown for version, shown in dataset.versions.items()}
        plain[name] = dataset._replace(latest=latest, versions=versions)
    return plain


def check_between(before: Picture, now: Picture, after: Picture) -> None:
    """Each file is as before or as after, and nothing else has changed."""

    def without_files(seen: Picture) -> dict[tuple[str, str], VersionPicture]:
        rows = ((name, version, shown) for name, dataset in seen.items() for version, shown in dataset.versions.items())
        return {(name, version): shown._replace(files={}) for name, version, shown in rows}

    assert without_files(before) == without_files(now) == without_files(after)
    for name, version in without_files(now):
        files = [seen[name].versions[version].files for seen in (before, now, after)]
        for path in files[1] | files[0] | files[2]:
            assert files[1].get(path) in (files[0].get(path), files[2].get(path))


def check_garbage(service: DataService, world: World, *, all_needed: bool) -> None:
    """What an interrupted operation left is listed once it is old, and nothing that is needed: it can be deleted.

    With ``all_needed`` it is also tried whether everything else is needed, or lies in a pack of which a part is.
    """
    store = world.state / "managed"
    stored = [path for path in store.rglob("*") if path.is_file() and not path.is_relative_to(store / ".tmp")]
    for path in stored:
        os.utime(path, (0, 0))
    report = service.collect_garbage().result()
    content = {str(path.relative_to(store)) for path in stored if {"packs", "blobs"} & set(path.parts)}
    garbage = set(report.keys)
    assert garbage <= content
    for key in garbage:
        (store / key).unlink()
    check_whole(service)
    for key in content - garbage if all_needed else ():
        (store / key).rename(store / "away")
        assert not service.verify().result().ok, f"{key} is not used and was not listed"
        (store / "away").rename(store / key)


# --- put and get ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("landed", [False, True], ids=["before", "after"])
def test_a_stopped_put_is_finished_or_given_up_before_a_commit(world: World, tmp_path: Path, landed: bool) -> None:
    """The original committed an empty version after an upload that had failed."""
    with opened(world.copy(tmp_path / "untouched").state) as service:
        before = picture(service)
        put(service, world)
        after = picture(service)
    refused = 0
    for copy, _ in each_step(world, tmp_path, put, How.CRASH, landed):
        abandoned = copy.copy(tmp_path / "abandoned")
        with opened(copy.state) as service:
            expected = (before, after)  # either when the put had not begun or had done all
            if refuses_to_commit(service, copy):
                refused += 1
                put(service, copy)
                service.commit_version(copy.filling).result()
                expected = (after, after)
            assert files_of(service, copy.filling) in [files_in(seen, copy) for seen in expected]
        with opened(abandoned.state) as service:
            service.commit_version(copy.filling, abandon_uploads=True).result()
            check_whole(service)
        shutil.rmtree(abandoned.state)
    assert refused > 3


def refuses_to_commit(service: DataService, world: World) -> bool:
    try:
        service.commit_version(world.filling).result()
    except Conflict as error:
        return error.kind is ErrorKind.UPLOADS_UNFINISHED and str(world.sources / "third") in error.message
    return False


def files_in(seen: Picture, world: World) -> dict[str, tuple[int, str, bool]]:
    return seen["photos"].versions[world.filling.partition(":")[2]].files


@pytest.mark.parametrize("how", [How.CRASH, How.ERROR], ids=["crash", "error"])
def test_a_get_stopped_at_each_read_leaves_whole_files_only(world: World, tmp_path: Path, how: How) -> None:
    first = world.sources / "first"
    expected = read_folder(first)
    for at in range(1, MOST_STEPS):
        target = tmp_path / f"target-{at}"
        faults = Faults(at, how, steps=READS)
        with pytest.MonkeyPatch.context() as patch:
            faults.install(patch)
            with opened(world.state) as service:
                if not faults_stop(service, world, target):
                    break
        left = read_folder(target) if target.exists() else {}
        assert left.items() <= expected.items()
        with opened(world.state) as service:
            service.get_files(world.committed, [], target).result()
        assert read_folder(target) == expected
        assert os.access(target / "few" / "0.bin", os.X_OK)
    assert read_folder(target) == expected
    assert at > 3


def faults_stop(service: DataService, world: World, target: Path) -> bool:
    try:
        service.get_files(world.committed, [], target).result()
    except (Crashed, GradientDataError):
        return True
    return False
