"""Notices: every change gives one, whoever makes it, and what failed gives none."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import Action, Notice, ProviderKind, Thing
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.host import Host
from jupyter_gradient_data.service.local import LocalService, open_service
from jupyter_gradient_data.service.notices import NoticeFeed
from jupyter_gradient_data.service.tasks import Task
from jupyter_gradient_data.stores import notices
from tests.service.place import write_tree
from tests.support.faulty_store import COMMIT, Faults, How
from tests.support.s3_servers import S3Server

Told = set[tuple[Thing, str, Action]]


@pytest.fixture
def feed(host: Host) -> NoticeFeed:
    """A feed that watches already."""
    assert host.notices.poll() == ()
    return host.notices


@pytest.fixture
def service(config: Config) -> Iterator[DataService]:
    """A client of its own, as another process on the same state has it."""
    opened = open_service(config)
    yield opened
    opened.close()


def told(feed: NoticeFeed) -> Told:
    """What is new."""
    return {(notice.thing, notice.subject, notice.action) for notice in feed.poll()}


# --- every kind of change ---------------------------------------------------------------------------------------------


def test_datasets(feed: NoticeFeed, service: DataService) -> None:
    dataset = service.create_dataset("data")
    assert told(feed) == {(Thing.DATASET, dataset.id, Action.CREATED)}
    service.update_dataset("data", description="new")
    assert told(feed) == {(Thing.DATASET, dataset.id, Action.CHANGED)}
    service.delete_dataset("data")
    assert told(feed) == {(Thing.DATASET, dataset.id, Action.DELETED)}
    assert told(feed) == set()


def test_versions(feed: NoticeFeed, service: DataService, tmp_path: Path) -> None:
    dataset = service.create_dataset("data").id
    reference = service.create_version("data").reference
    told(feed)
    assert told(feed) == set()

    filled = {(Thing.VERSION, reference, Action.FILES_CHANGED)}
    service.write_file(reference, "a", [b"1"])
    assert told(feed) == filled
    service.write_file(reference, "large", [bytes(2_000_000)])
    assert told(feed) == filled
    service.put_files(reference, [f"{write_tree(tmp_path / 'source', {'b': b'2', 'c': b'3'})}/"]).result()
    assert told(feed) == filled
    service.delete_files(reference, ["a"]).result()
    assert told(feed) == filled

    service.update_version(reference, message="said")
    assert told(feed) == {(Thing.VERSION, reference, Action.CHANGED)}
    service.commit_version(reference).result()
    moved = (Thing.DATASET, dataset, Action.CHANGED)
    assert told(feed) == {(Thing.VERSION, reference, Action.COMMITTED), moved}

    second = service.create_version("data", start_from=reference).reference
    assert told(feed) == {(Thing.VERSION, second, Action.CREATED)}
    service.delete_files(second, ["/"]).result()
    assert told(feed) == {(Thing.VERSION, second, Action.FILES_CHANGED)}
    service.set_tag(reference, "best")
    tag = f"{dataset}:best"
    assert told(feed) == {(Thing.TAG, tag, Action.CREATED)}
    service.set_tag(reference, "best")
    assert told(feed) == {(Thing.TAG, tag, Action.CHANGED)}
    service.delete_tag("data", "best")
    assert told(feed) == {(Thing.TAG, tag, Action.DELETED)}
    service.set_tag(reference, "best")
    service.delete_version(reference)
    assert told(feed) == {(Thing.VERSION, reference, Action.DELETED), (Thing.TAG, tag, Action.DELETED), moved}


def test_trash(feed: NoticeFeed, service: DataService) -> None:
    dataset = service.create_dataset("data").id
    reference = service.commit_version(service.create_version("data").reference).result().reference
    service.set_tag(reference, "best")
    service.delete_version(reference)
    told(feed)
    service.restore(reference)
    tag = (Thing.TAG, f"{dataset}:best", Action.CREATED)
    moved = (Thing.DATASET, dataset, Action.CHANGED)
    assert told(feed) == {(Thing.VERSION, reference, Action.RESTORED), tag, moved}
    service.delete_dataset("data")
    told(feed)
    service.restore(dataset)
    assert told(feed) == {(Thing.DATASET, dataset, Action.RESTORED)}


def test_providers(feed: NoticeFeed, service: DataService, seaweedfs: S3Server) -> None:
    bucket = ProviderKind.S3_COMPATIBLE, seaweedfs.config(), seaweedfs.secret_key
    provider = service.create_provider("the bucket", *bucket)
    assert told(feed) == {(Thing.PROVIDER, provider.id, Action.CREATED)}
    service.update_provider(provider.id, quota_bytes=5)
    assert told(feed) == {(Thing.PROVIDER, provider.id, Action.CHANGED)}
    service.delete_provider(provider.id)
    assert told(feed) == {(Thing.PROVIDER, provider.id, Action.DELETED)}


def test_tasks(feed: NoticeFeed, host: Host, make_host: Callable[[], Host]) -> None:
    second = make_host()
    info = second.tasks.start("verify", "", lambda: Task(lambda progress: 1))
    while not second.tasks.get(info.id, 60, info).finished:
        pass
    assert told(feed) == {(Thing.TASK, info.id, Action.CHANGED)}


def test_recover(feed: NoticeFeed, service: DataService, host: Host, config: Config, tmp_path: Path) -> None:
    """Another database learns what is at a provider, and of its team."""
    dataset = service.create_dataset("data")
    done = service.commit_version(service.create_version("data").reference).result()
    service.set_tag(done.reference, "best")
    other = Config(state_dir=config.state_dir, database_url=f"sqlite:///{tmp_path / 'other.sqlite'}", team="tabcdefgh")
    repository = Repository(other)
    second, other_feed = LocalService(repository), NoticeFeed(repository)
    other_feed.poll()
    for expected in ({(Thing.DATASET, dataset.id, Action.RESTORED)}, set()):
        second.recover("Gradient Managed").result()
        assert repository.team == host._repository.team
        assert told(other_feed) == expected
    second.close()


def test_the_command_in_a_process_of_its_own(feed: NoticeFeed, config: Config) -> None:
    environment = {**os.environ, "GRADIENT_STATE_DIR": str(config.state_dir)}
    if config.database_url:
        environment["GRADIENT_DATABASE_URL"] = config.database_url
    command = [sys.executable, "-m", "jupyter_gradient_data.cli", "datasets", "create", "--name", "data"]
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True, timeout=60)
    (notice,) = feed.poll()
    assert (notice.thing, notice.action) == (Thing.DATASET, Action.CREATED)
    assert notice.subject in done.stdout


# --- what failed ------------------------------------------------------------------------------------------------------


def refused(work: Callable[[], object]) -> None:
    with pytest.raises(GradientDataError):
        work()


def test_what_was_refused_gives_none(feed: NoticeFeed, service: DataService) -> None:
    service.create_dataset("data")
    service.create_dataset("other")
    done = service.commit_version(service.create_version("data").reference).result()
    uncommitted = service.create_version("data").reference
    told(feed)
    refused(lambda: service.create_dataset("data"))
    refused(lambda: service.update_dataset("other", name="data"))
    refused(lambda: service.delete_dataset("none"))
    refused(lambda: service.create_version("data", start_from=uncommitted))
    refused(lambda: service.write_file(done.reference, "a", [b"1"]))
    refused(lambda: service.delete_files(uncommitted, ["none"]).result())
    refused(lambda: service.commit_version("data:none").result())
    refused(lambda: service.set_tag(uncommitted, "tag"))
    refused(lambda: service.delete_tag("data", "none"))
    refused(lambda: service.delete_provider("Gradient Managed"))
    service.commit_version(done.reference).result()  # it is committed already: nothing changes
    assert told(feed) == set()


CHANGES: dict[str, Callable[[DataService, str], object]] = {
    "create dataset": lambda service, _: service.create_dataset("new"),
    "change dataset": lambda service, _: service.update_dataset("data", description="new"),
    "delete dataset": lambda service, _: service.delete_dataset("data"),
    "create version": lambda service, _: service.create_version("data"),
    "change version": lambda service, reference: service.update_version(reference, message="new"),
    "delete version": lambda service, reference: service.delete_version(reference),
    "set tag": lambda service, _: service.set_tag("data:latest", "new"),
    "delete tag": lambda service, _: service.delete_tag("data", "old"),
    "delete files": lambda service, reference: service.delete_files(reference, ["a"]).result(),
    "delete provider": lambda service, _: service.delete_provider("no provider, so refused"),
}


@pytest.mark.parametrize("landed", [False, True])
@pytest.mark.parametrize("name", CHANGES)
def test_a_notice_is_there_if_and_only_if_the_change_is(
    feed: NoticeFeed, config: Config, service: DataService, monkeypatch: pytest.MonkeyPatch, name: str, landed: bool
) -> None:
    """The database fails as the change commits; the commit arrived, or it did not."""
    service.create_dataset("data")
    done = service.commit_version(service.create_version("data").reference).result()
    service.set_tag(done.reference, "old")
    reference = service.create_version("data").reference
    service.write_file(reference, "a", [b"1"])
    before = look(service)
    told(feed)
    with monkeypatch.context() as patch:
        Faults(1, How.CRASH, landed=landed, steps=[COMMIT]).install(patch)
        victim = open_service(config)
        try:
            CHANGES[name](victim, reference)
        except BaseException as error:
            assert type(error).__name__ in ("Crashed", "NotFound")  # noqa: PT017
        victim.close()
    assert bool(told(feed)) == (look(service) != before)


def look(service: DataService) -> object:
    """All that there is to see."""
    datasets = service.list_datasets().items
    versions = [v for d in datasets for v in service.list_versions(d.id, committed=None).items]
    files = [service.list_files(version.reference).items for version in versions]
    tags = [service.list_tags(dataset.id).items for dataset in datasets]
    return datasets, versions, files, tags


# --- the feed ---------------------------------------------------------------------------------------------------------


def note(repository: Repository, subject: str, action: Action = Action.CHANGED) -> None:
    with repository.database.write() as connection:
        notices.note(connection, repository.team, Thing.DATASET, subject, action)


@pytest.fixture
def repository(config: Config) -> Iterator[Repository]:
    opened = Repository(config)
    yield opened
    opened.close()


def test_a_new_feed_begins_with_now(repository: Repository) -> None:
    note(repository, "before")
    feeds = [NoticeFeed(repository) for _ in range(2)]
    assert [feed.poll() for feed in feeds] == [(), ()]
    note(repository, "after")
    assert [[notice.subject for notice in feed.poll()] for feed in feeds] == [["after"], ["after"]]


def test_in_the_order_of_change_and_only_the_newest_of_each(repository: Repository, feed: NoticeFeed) -> None:
    for subject in ("a", "b", "a", "c", "b"):
        note(repository, subject)
    found = feed.poll()
    assert [notice.subject for notice in found] == ["a", "c", "b"]
    assert len({notice.time for notice in found}) == 3


def test_a_clock_that_stands_or_runs_backwards(
    repository: Repository, feed: NoticeFeed, monkeypatch: pytest.MonkeyPatch
) -> None:
    for time in (10**12, 10**12, 10**12 - 10**9, 5, 10**12):
        monkeypatch.setattr(notices, "now", lambda time=time: time)
        for subject in ("same", str(time)):
            note(repository, subject)
            assert [notice.subject for notice in feed.poll()] == [subject]


@pytest.mark.parametrize("config", ["postgresql"], indirect=True)
def test_a_transaction_that_ends_late(repository: Repository, feed: NoticeFeed) -> None:
    """Its notice is older than one that was seen already."""
    with repository.database.write() as connection:
        notices.note(connection, repository.team, Thing.DATASET, "late", Action.CREATED)
        note(repository, "early")
        assert [notice.subject for notice in feed.poll()] == ["early"]
    assert [notice.subject for notice in feed.poll()] == ["late"]
    assert feed.poll() == ()


def test_many_writers_and_a_reader(config: Config, repository: Repository, feed: NoticeFeed) -> None:
    """After the last change of each thing there is a notice of it, with its action."""
    subjects = [f"ds{number}" for number in range(5)]
    last: dict[str, list[Action]] = {}

    def write(number: int) -> None:
        own = Repository(config)
        source = random.Random(number)
        for _ in range(40):
            note(own, source.choice(subjects), source.choice([Action.CHANGED, Action.FILES_CHANGED]))
        for subject in subjects:
            note(own, f"{subject} of {number}", Action.DELETED)
        own.close()

    found: list[Notice] = []
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, number) for number in range(4)]
        while not all(writer.done() for writer in writers):
            found += feed.poll()
        for writer in writers:
            writer.result()
    found += feed.poll()
    for notice in found:
        last.setdefault(notice.subject, []).append(notice.action)
    with repository.database.read() as connection:
        rows = notices.later_than(connection, repository.team, 0)
    assert {row.subject: row.action for row in rows} == {subject: last[subject][-1].value for subject in last}
    assert {f"{subject} of {number}" for subject in subjects for number in range(4)} <= set(last)
    assert len({(notice.subject, notice.time) for notice in found}) == len(found)  # none was given twice


def test_old_notices_go(repository: Repository, feed: NoticeFeed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(notices, "now", lambda: 10**12)
    note(repository, "old")
    monkeypatch.undo()
    note(repository, "new")
    feed._pruned = -1e9
    assert [notice.subject for notice in feed.poll()] == ["new"]
    with repository.database.read() as connection:
        assert [row.subject for row in notices.later_than(connection, repository.team, 0)] == ["new"]
