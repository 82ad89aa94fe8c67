"""A lock on another machine: an empty state with access to the same bucket brings the data back, and proves it."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import LockEntry, LockState, Phase, ProgressEvent, ProviderKind
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.locks.restoring import LockRestoring
from tests.service.place import PROVIDER, Place, read_tree, write_tree
from tests.support.locks import Vandal, locked
from tests.support.s3_servers import S3Server

Make = Callable[..., Place]
LARGE = "models/large.bin"
SMALL = "images/017.txt"


def content(seed: str) -> dict[str, bytes]:
    """Some hundred files, two of them large."""
    chance = random.Random(seed)
    files = {f"images/{number:03}.txt": chance.randbytes(200 + number) for number in range(300)}
    return {**files, LARGE: chance.randbytes(1_500_000), "models/other.bin": chance.randbytes(1_200_000)}


@pytest.fixture
def home(make_place: Make, tmp_path: Path) -> Place:
    """Where the notebook was written: two versions, the first of which it had mounted."""
    place = make_place("sqlite-seaweedfs")
    version = place.version(dataset="flowers")
    source = write_tree(tmp_path / "source", content(place.repository.team))
    place.service.put_files(version.reference, [f"{source}/"]).result()
    place.service.commit_version(version.reference).result()
    place.service.set_tag(version.reference, "paper")
    place.committed({"one": b"1"}, "birds")
    return place


@pytest.fixture
def lock(home: Place) -> tuple[LockEntry, ...]:
    """What it remembers; a newer version came later."""
    home.service.mount("flowers").result()
    lock = (
        locked(home.service, "flowers", "/inputs/flowers"),
        locked(home.service, "flowers:paper"),
        locked(home.service, "birds", "/inputs/b"),
    )
    home.committed({"two": b"2"}, "flowers")
    return lock


def elsewhere(make_place: Make, server: S3Server, kind: str = "embedded", **settings: Any) -> Place:
    """An empty state that has the same bucket."""
    place = make_place(kind, **settings)
    place.service.create_provider(PROVIDER, ProviderKind.S3_COMPATIBLE, server.config(), server.secret_key)
    return place


@pytest.mark.parametrize("kind", ["embedded", "remote"])
def test_the_data_comes_back_and_is_the_same(
    home: Place, lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server, kind: str
) -> None:
    away = elsewhere(make_place, seaweedfs, kind)
    assert [one.state for one in away.service.check_lock(lock)] == [LockState.ABSENT] * 3
    task = away.service.restore_lock(lock)
    phases = {event.phase for event in task}
    assert kind == "remote" or phases >= {Phase.RECOVERING, Phase.FETCHING}, "a client of a server asks now and then"
    done = task.result()
    assert [(one.state, one.error) for one in done] == [(LockState.READY, None)] * 3
    assert [one.newer is not None for one in done] == [True, False, False]
    for entry in lock:
        assert away.service.get_version(f"{entry.dataset}:{entry.version}").root == entry.root
    files = content(home.repository.team)
    mount = away.service.get_mount("flowers")
    assert (mount.version, mount.newer) == (lock[0].version, done[0].newer)
    assert read_tree(Path(mount.local_path)) == files
    assert read_tree(Path(away.service.get_mount("b").local_path)) == {"one": b"1"}
    assert away.service.restore_lock(lock).result() == done
    report = away.service.verify_lock(lock).result()
    assert (report.problems, report.files) == ((), 303)
    away.reopen()
    assert away.service.check_lock(lock) == done


@pytest.mark.parametrize("kind", ["embedded", "remote"])
def test_one_changed_byte_is_found_and_its_file_named(
    home: Place, lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server, kind: str
) -> None:
    files = content(home.repository.team)
    vandal = Vandal(seaweedfs, home.repository.team)
    vandal.change_blob(home.service.get_file("flowers:paper", LARGE).hash, 700_000)
    vandal.change_packed(files[SMALL])
    flowers, _, birds = lock

    report = home.service.verify_lock([flowers, birds]).result()  # whose disk has it all
    expected = {f"flowers {LARGE!r}", f"flowers {SMALL!r}"}
    assert {problem.thing for problem in report.problems} == expected
    assert all(problem.fatal for problem in report.problems)

    away = elsewhere(make_place, seaweedfs, kind)
    done = away.service.restore_lock(lock).result()
    assert [one.state for one in done] == [LockState.UNMOUNTED, LockState.READY, LockState.READY]
    assert done[0].error is not None
    assert done[0].error.code == "store_corrupt"
    report = away.service.verify_lock(lock).result()
    assert {problem.thing for problem in report.problems} == expected


def test_a_state_with_data_of_its_own_keeps_it(
    lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server
) -> None:
    away = elsewhere(make_place, seaweedfs)
    team, own = away.repository.team, away.committed({"a": b"1"}, "own")
    errors = [one.error for one in away.service.restore_lock(lock).result()]
    assert {error.code for error in errors if error} == {"recover_not_empty"}
    assert (away.repository.team, away.service.get_version("own")) == (team, own)


def test_a_team_mate_keeps_data_of_their_own(
    home: Place, lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server
) -> None:
    away = elsewhere(make_place, seaweedfs, team=home.repository.team)
    own = away.committed({"a": b"1"}, "own")
    assert [one.error for one in away.service.restore_lock(lock).result()] == [None] * 3
    assert away.service.get_version("own") == own
    home.committed({"three": b"3"}, "flowers")  # a version of a dataset that is known by now
    later = locked(home.service, "flowers", "/inputs/flowers")
    assert [one.state for one in away.service.check_lock([later])] == [LockState.ABSENT]
    assert [one.error for one in away.service.restore_lock([later]).result()] == [None]
    assert read_tree(Path(away.service.get_mount("flowers").local_path)) == {"three": b"3"}


def test_a_team_that_was_chosen_is_kept(lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server) -> None:
    away = elsewhere(make_place, seaweedfs, team="t00000001")
    errors = [one.error for one in away.service.restore_lock(lock).result()]
    assert {error.code for error in errors if error} == {"lock_other_team"}
    assert away.repository.team == "t00000001"


def test_a_provider_that_does_not_answer_stops_nothing(
    home: Place, lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server
) -> None:
    away = elsewhere(make_place, seaweedfs)
    broken = away.service.create_provider(
        "a broken one", ProviderKind.S3_COMPATIBLE, seaweedfs.config(), seaweedfs.secret_key
    )
    _break(away, broken.id)
    nowhere = replace(lock[0], dataset="ds" + "0" * 13, root="ab" * 32, reference="gone", path=None)
    done = away.service.restore_lock([*lock, nowhere]).result()
    assert [one.state for one in done] == [LockState.READY] * 3 + [LockState.ABSENT]
    assert done[3].error is not None
    assert (done[3].error.code, broken.id in done[3].error.hint) == ("store_denied", True)
    assert seaweedfs.secret_key not in str(done)


def _break(place: Place, provider: str) -> None:
    """Let its key be revoked."""
    from sqlalchemy import update

    from jupyter_gradient_data.stores.schema import providers

    row = place.repository.providers.row(provider)
    with place.repository.database.write() as connection:
        values = {"config": {**row.config, "access_key": "AKIDREVOKED"}}
        connection.execute(update(providers).where(providers.c.id == provider).values(values))


@pytest.mark.parametrize("phase", [Phase.RECOVERING, Phase.FETCHING])
def test_a_restore_can_be_stopped_and_begun_again(
    lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server, phase: Phase
) -> None:
    away = elsewhere(make_place, seaweedfs)

    def stop(event: ProgressEvent) -> None:
        if event.phase is phase:
            progress.cancel()

    progress = Progress(stop)
    service: Any = away.service
    with fails_cancelled():
        LockRestoring(away.repository, lambda: service._mounts, progress).run(lock)
    assert all(mount.error is None for mount in away.service.list_mounts())
    done = away.service.restore_lock(lock).result()
    assert [one.state for one in done] == [LockState.READY] * 3


def fails_cancelled() -> pytest.RaisesExc[GradientDataError]:
    return pytest.RaisesExc(GradientDataError, check=lambda error: error.kind is ErrorKind.CANCELLED)


def test_what_users_had_goes_along_with_a_new_team(
    lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server
) -> None:
    """Files in /storage and /notebook, also by the paths that running kernels know."""
    away = elsewhere(make_place, seaweedfs)
    before = {volume.name: Path(volume.local_path) for volume in away.service.list_volumes().volumes}
    (before["notebook"] / "mine.ipynb").write_text("{}")
    away.service.restore_lock(lock).result()
    after = {volume.name: Path(volume.local_path) for volume in away.service.list_volumes().volumes}
    assert before["notebook"] != after["notebook"]
    for volumes in (before, after):
        assert (volumes["notebook"] / "mine.ipynb").read_text() == "{}"
        assert read_tree(volumes["inputs"] / "b") == {"one": b"1"}


def test_a_damaged_commit_record_is_named(
    home: Place, lock: tuple[LockEntry, ...], make_place: Make, seaweedfs: S3Server
) -> None:
    key = home.repository.layout.record(lock[2].dataset, lock[2].version)
    seaweedfs.client().put_object(Bucket=seaweedfs.bucket, Key=key, Body=b"{")
    away = elsewhere(make_place, seaweedfs)
    done = away.service.restore_lock(lock).result()
    assert [one.state for one in done] == [LockState.READY, LockState.READY, LockState.ABSENT]
    assert done[2].error is not None
    assert key in done[2].error.message
