"""Several processes on one state at once, as several machines on one PostgreSQL and one bucket would be."""

from __future__ import annotations

import multiprocessing
import random
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import TypeVar

import pytest
from sqlalchemy import create_engine, text

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import VersionState
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.local import open_service
from jupyter_gradient_data.stores.database import Database
from tests.service.place import Place, read_tree, write_tree

T = TypeVar("T")
CLIENTS = 3
Outcome = str | ErrorKind
Work = Callable[[DataService, int], T]

_start: Barrier


def _begin(start: Barrier) -> None:
    global _start
    _start = start


@pytest.fixture(scope="module")
def processes() -> Iterator[ProcessPoolExecutor]:
    """Processes that were not forked from this one, so that they share nothing with it or each other."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(CLIENTS, context, initializer=_begin, initargs=(context.Barrier(CLIENTS),)) as pool:
        yield pool


@pytest.fixture(params=["embedded", "postgresql-seaweedfs"])
def shared(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    """A state that several processes can open at once."""
    return make_place(request.param)


def at_once(
    processes: ProcessPoolExecutor, config: Config, works: Sequence[Callable[..., T]], *rest: object
) -> list[T]:
    """What each of these functions, called in a process and service of its own at the same moment, returns."""
    assert len(works) == CLIENTS  # each waits for the others, so each needs a process
    futures = [processes.submit(_run, config, work, number, rest) for number, work in enumerate(works)]
    return [future.result(timeout=120) for future in futures]


def _run(config: Config, work: Callable[..., T], number: int, rest: tuple[object, ...]) -> T:
    service = open_service(config)
    try:
        _start.wait(60)
        return work(service, number, *rest)
    finally:
        service.close()


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


# --- filling ----------------------------------------------------------------------------------------------------------


def put_folder(service: DataService, number: int, reference: str, folder: Path) -> int:
    source = folder / str(number)
    return service.put_files(reference, [f"{source}/"]).result().files


def test_many_clients_fill_one_version(shared: Place, processes: ProcessPoolExecutor, tmp_path: Path) -> None:
    """Some files only one of them has, some content all of them have, and some paths: nothing is lost."""
    files: dict[str, bytes] = {}
    for client in range(CLIENTS):
        own = {f"own {client}/{n}": noise(300, client * 1000 + n) for n in range(100)}
        same = {f"{client} same/{n}": noise(300, n) for n in range(100)} | {f"large {client}": noise(2_000_000, 7)}
        everybody = {f"everybody/{n}": noise(50, n) for n in range(100)}
        files |= own | same | everybody
        write_tree(tmp_path / "sources" / str(client), own | same | everybody)
    base = shared.committed({"base": b"0", "everybody/1": b"old"})
    version = shared.version(start_from=base.reference)
    assert (
        at_once(processes, shared.config, [put_folder] * CLIENTS, version.reference, tmp_path / "sources")
        == [301] * CLIENTS
    )
    done = shared.service.commit_version(version.reference).result()
    assert done.files == len(files) + 1
    shared.service.get_files(done.reference, [], tmp_path / "out").result()
    assert read_tree(tmp_path / "out") == files | {"base": b"0"}
    report = shared.service.verify(read_data=True).result()
    assert report.ok, report.problems
    stored = shared.service.get_provider(shared.provider or "Gradient Managed").used_bytes
    assert stored == bytes_in(shared)


def bytes_in(place: Place) -> int:
    """What really lies in the store: the index must have counted each pack and blob once."""
    repository = place.repository
    blobs = repository.blobs(repository.providers.row(place.provider).key)
    return sum(info.size for prefix in (blobs.layout.packs, blobs.layout.blobs) for info in blobs.objects.list(prefix))


def write_many(service: DataService, number: int, reference: str) -> list[Outcome]:
    """Write files until one is refused; which ones were not."""
    written: list[Outcome] = []
    for count in range(200):
        path = f"{number}/{count}"
        try:
            service.write_file(reference, path, [path.encode()])
        except GradientDataError as error:
            return [*written, error.kind]
        written.append(path)
    return written


def commit_soon(service: DataService, number: int, reference: str) -> list[Outcome]:
    while len(service.list_files(reference, recursive=True, limit=20).items) < 20:
        pass
    return [service.commit_version(reference).result().version]


def test_a_file_is_in_the_commit_or_its_writer_knows(shared: Place, processes: ProcessPoolExecutor) -> None:
    version = shared.version()
    works = [write_many, commit_soon, write_many]
    first, _, second = at_once(processes, shared.config, works, version.reference)
    written: set[Outcome] = set()
    for outcome in (first, second):
        assert outcome[-1] in (ErrorKind.VERSION_COMMITTED, ErrorKind.VERSION_COMMITTING)
        written.update(outcome[:-1])
    assert set(shared.contents(version.reference)) == written
    assert shared.service.get_version(version.reference).files == len(written)
    assert shared.service.verify(read_data=True).result().ok


def put_or_not(service: DataService, number: int, reference: str, folder: Path) -> Outcome:
    try:
        service.put_files(reference, [f"{folder / str(number)}/"], f"{number}").result()
    except GradientDataError as error:
        return error.kind
    return "put"


def commit_or_not(service: DataService, number: int, reference: str, folder: Path) -> Outcome:
    try:
        service.commit_version(reference).result()
    except GradientDataError as error:
        return error.kind
    return "committed"


def test_a_put_that_races_with_a_commit_is_whole_or_refused(
    shared: Place, processes: ProcessPoolExecutor, tmp_path: Path
) -> None:
    for client in range(CLIENTS):
        write_tree(tmp_path / str(client), {f"{n}": noise(1000, n + 100 * client) for n in range(30)})
    for _ in range(4):
        version = shared.version({"before": b"1"})
        works = [put_or_not, commit_or_not, put_or_not]
        one, commit, other = at_once(processes, shared.config, works, version.reference, tmp_path)
        state = shared.service.get_version(version.reference).state
        assert commit in ("committed", ErrorKind.UPLOADS_UNFINISHED)
        assert (state is VersionState.COMMITTED) == (commit == "committed")
        paths = {info.path for info in shared.files(version.reference)}
        for client, outcome in ((0, one), (2, other)):
            mine = {path for path in paths if path.startswith(f"{client}/")}
            if outcome == "put":
                assert len(mine) == 30
            else:
                assert outcome in (ErrorKind.VERSION_COMMITTED, ErrorKind.VERSION_COMMITTING)
                assert not mine


def test_commits_at_once(shared: Place, processes: ProcessPoolExecutor, tmp_path: Path) -> None:
    for round_ in range(4):
        version = shared.version({f"{round_}/{n}": b"%d" % n for n in range(5)})
        outcomes = at_once(processes, shared.config, [commit_or_not] * CLIENTS, version.reference, tmp_path)
        assert "committed" in outcomes
        assert set(outcomes) <= {"committed", ErrorKind.VERSION_COMMITTING}
        assert shared.service.get_version(version.reference).files == 5
    assert shared.service.verify().result().ok


# --- names ------------------------------------------------------------------------------------------------------------


def set_tags(service: DataService, number: int, reference: str) -> str:
    for name in range(10):
        service.set_tag(reference.format(number), f"tag {name}")
        service.set_tag(reference.format(number), "always the same")
    return service.get_version(reference.format(number)).version


def test_tags_set_at_once(shared: Place, processes: ProcessPoolExecutor) -> None:
    versions = [shared.committed({"n": b"%d" % n}) for n in range(CLIENTS)]
    for number, version in enumerate(versions):
        shared.service.set_tag(version.reference, f"v-{number}")
    found = at_once(processes, shared.config, [set_tags] * CLIENTS, "data:v-{}")
    assert found == [version.version for version in versions]
    tags = {tag.name: tag.version for tag in shared.service.list_tags("data").items}
    assert len(tags) == 10 + 1 + CLIENTS
    assert set(tags.values()) <= set(found)
    assert shared.service.verify().result().ok  # the card says what the database says


def create_same(service: DataService, number: int, provider: str | None) -> Outcome:
    try:
        return service.create_dataset("same", provider=provider).id
    except GradientDataError as error:
        return error.kind


def test_one_of_many_gets_the_name(shared: Place, processes: ProcessPoolExecutor) -> None:
    outcomes = at_once(processes, shared.config, [create_same] * CLIENTS, shared.provider)
    assert outcomes.count(ErrorKind.NAME_TAKEN) == CLIENTS - 1
    (dataset,) = shared.service.list_datasets().items
    assert dataset.id in outcomes


# --- the first start --------------------------------------------------------------------------------------------------


def first_start(config: Config) -> tuple[str, list[str]]:
    _start.wait(60)
    service = open_service(config)
    try:
        service.create_version(service.create_dataset(f"d{random.random()}").id)
        team: str = service._repository.team  # type: ignore[attr-defined]
        return team, [provider.id for provider in service.list_providers().items]
    finally:
        service.close()


@pytest.mark.parametrize("has_tables", [False, True])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_first_starts_at_once(
    request: pytest.FixtureRequest, processes: ProcessPoolExecutor, tmp_path: Path, database: str, has_tables: bool
) -> None:
    for round_ in range(3):
        url = request.getfixturevalue("postgres_database")() if database == "postgresql" else None
        config = Config(state_dir=tmp_path / f"state {round_}", database_url=url)
        if has_tables:  # then they all come to making the team at the same moment
            Database(url or f"sqlite:///{config.state_path / 'metadata.sqlite'}").close()
        futures = [processes.submit(first_start, config) for _ in range(CLIENTS)]
        found = [future.result(timeout=120) for future in futures]
        assert len({team for team, _ in found}) == 1
        assert len({providers[0] for _, providers in found}) == 1
        assert all(len(providers) == 1 for _, providers in found)
        service = open_service(config)
        assert len(service.list_datasets().items) == CLIENTS
        service.close()
        if url is not None:
            engine = create_engine(url)
            with engine.connect() as connection:
                assert connection.execute(text("SELECT count(*) FROM teams")).scalar() == 1
            engine.dispose()
