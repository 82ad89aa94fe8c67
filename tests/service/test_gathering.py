"""Small files that many clients write at once share packs and transactions, and nobody pays for another's mistake."""

from __future__ import annotations

import random
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.errors import ErrorKind, StoreFailed
from jupyter_gradient_data.models import FileInfo
from jupyter_gradient_data.service.intake import Intake
from jupyter_gradient_data.stores.objects import ObjectStore
from tests.service.place import Place, fails

WRITERS = 12


@pytest.fixture(params=["embedded", "postgresql-seaweedfs", "sqlite-rclone"])
def place(request: pytest.FixtureRequest, make_place: Callable[[str], Place]) -> Place:
    return make_place(request.param)


@pytest.fixture
def local(make_place: Callable[[str], Place]) -> Place:
    return make_place("embedded")


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(WRITERS) as pool:
        yield pool


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def store_of(place: Place) -> ObjectStore:
    return place.repository.blobs(place.repository.providers.row(place.provider).key).objects


def pack_count(place: Place) -> int:
    return sum(1 for _ in store_of(place).list(place.repository.layout.packs))


class Gate:
    """Holds the first pack that is put until as many other files wait as were wanted, or lets it fail."""

    def __init__(self, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
        self._place = place
        self._store = store_of(place)
        self._put = self._store.put
        self._opened = threading.Event()
        self.arrived = threading.Event()
        self.failure: BaseException | None = None  # of the second pack
        monkeypatch.setattr(self._store, "put", self._hold)

    def _hold(self, key: str, data: bytes) -> None:
        if "/packs/" in key and not self.arrived.is_set():
            self.arrived.set()
            assert self._opened.wait(60)
        elif "/packs/" in key and self.failure is not None:
            failure, self.failure = self.failure, None
            raise failure
        self._put(key, data)

    def wait_for(self, waiting: int) -> None:
        """Return when so many files wait behind the first pack."""
        (queue,) = self._place.repository.gathering._queues.values()
        while len(queue._waiting) < waiting:
            threading.Event().wait(0.001)

    def open(self, waiting: int) -> None:
        """Let the first pack through once so many files wait."""
        self.wait_for(waiting)
        self._opened.set()


Start = Callable[[str, str, bytes], Future[FileInfo]]


@pytest.fixture
def start(local: Place, threads: ThreadPoolExecutor) -> Start:
    intake = Intake(local.repository)
    return lambda reference, path, data: threads.submit(intake.write_small, reference, path, data)


def test_everybody_gets_their_file(place: Place, threads: ThreadPoolExecutor) -> None:
    first, second = place.version().reference, place.version().reference
    intake = Intake(place.repository)
    files = {(first if n % 3 else second, f"{n % 7}/{n}"): noise(n % 50 * 100, n % 80) for n in range(120)}
    done = list(threads.map(lambda key: intake.write_small(key[0], key[1], files[key]), files))
    assert [info.path for info in done] == [path for _, path in files]
    for reference in (first, second):
        mine = {path: content for (wanted, path), content in files.items() if wanted == reference}
        assert place.contents(reference) == mine
        assert place.service.commit_version(reference).result().files == len(mine)
    assert place.service.verify(read_data=True).result().ok


def test_what_gathers_travels_in_one_pack(local: Place, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    reference, other = local.version().reference, local.version().reference
    gate = Gate(local, monkeypatch)
    first = start(reference, "first", b"first")
    assert gate.arrived.wait(60)
    rest = [start(reference if n % 2 else other, f"{n}", noise(1000, n // 2)) for n in range(WRITERS - 1)]
    gate.open(WRITERS - 1)
    assert [future.result().path for future in [first, *rest]] == ["first", *(f"{n}" for n in range(WRITERS - 1))]
    assert pack_count(local) == 2
    assert len(local.files(reference)) + len(local.files(other)) == WRITERS


def test_a_pack_takes_what_fits(local: Place, start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packs, "PACK_SIZE", 3000)
    reference = local.version().reference
    gate = Gate(local, monkeypatch)
    futures = [start(reference, "first", b"first")]
    assert gate.arrived.wait(60)
    futures += [start(reference, f"{n}", noise(1000, n)) for n in range(9)]
    gate.open(9)
    for future in futures:
        future.result()
    assert pack_count(local) == 1 + 3


def test_a_version_that_was_committed_meanwhile_fails_only_its_own(
    local: Place, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, closing = local.version().reference, local.version().reference
    gate = Gate(local, monkeypatch)
    futures = [start(reference, "first", b"first")]
    assert gate.arrived.wait(60)
    late = start(closing, "late", b"late")
    futures += [start(reference, "second", b"second")]
    gate.wait_for(2)
    local.service.commit_version(closing).result()
    gate.open(2)
    for future in futures:
        future.result()
    with fails(ErrorKind.VERSION_COMMITTED, closing):
        late.result()
    assert local.contents(reference) == {"first": b"first", "second": b"second"}
    assert local.contents(closing) == {}


def test_a_store_that_fails_fails_all_who_travel_together(
    local: Place, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = local.version().reference
    with monkeypatch.context() as patched:
        gate = Gate(local, patched)
        gate.failure = ErrorKind.STORE_ERROR(store="s", action="put", reason="it was told to")
        first = start(reference, "first", b"first")
        assert gate.arrived.wait(60)
        rest = [start(reference, f"{n}", noise(10, n)) for n in range(5)]
        gate.open(5)
        first.result()
        errors = [future.exception(60) for future in rest]
    assert all(isinstance(error, StoreFailed) for error in errors)
    assert len({id(error) for error in errors}) == 5  # nobody's traceback is another's
    assert local.contents(reference) == {"first": b"first"}
    start(reference, "again", b"again").result()


def test_what_does_not_fit_the_quota_does_not_keep_out_what_does(
    make_place: Callable[..., Place], threads: ThreadPoolExecutor, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = make_place("embedded", managed_quota=20_000)
    reference = place.version().reference
    intake = Intake(place.repository)
    gate = Gate(place, monkeypatch)
    first = threads.submit(intake.write_small, reference, "first", b"first")
    assert gate.arrived.wait(60)
    small = threads.submit(intake.write_small, reference, "small", noise(1000, 1))
    large = threads.submit(intake.write_small, reference, "large", noise(30_000, 2))
    gate.open(2)
    first.result()
    small.result()
    with fails(ErrorKind.QUOTA_EXCEEDED, "30,000 bytes"):
        large.result()
    assert place.contents(reference).keys() == {"first", "small"}


def test_known_content_is_not_sent(local: Place, start: Start) -> None:
    reference = local.version({"a": b"content"}).reference
    before = local.stored
    start(reference, "b", b"content").result()
    assert local.stored == before
    repository = local.repository
    index = repository.blobs(repository.providers.row(None).key).index
    index.distrust([bytes.fromhex(local.files(reference)[0].hash)])
    start(reference, "c", b"content").result()  # but what the store has lost is
    assert local.stored > before
    assert local.contents(reference) == dict.fromkeys("abc", b"content")


def test_a_leader_that_is_stopped_takes_nobody_along(
    local: Place, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference = local.version().reference
    gate = Gate(local, monkeypatch)
    gate.failure = KeyboardInterrupt()
    first = start(reference, "first", b"first")
    assert gate.arrived.wait(60)
    rest = [start(reference, f"{n}", noise(10, n)) for n in range(6)]
    gate.open(6)
    first.result()
    outcomes = [future.exception(60) for future in rest]
    assert [type(error) for error in outcomes if error is not None] == [KeyboardInterrupt]
    assert len(local.files(reference)) == 6
