"""Retry, limit and figures, around a store that fails on purpose."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.stores.local import LocalStore
from jupyter_gradient_data.stores.objects import Bytes, ObjectInfo
from jupyter_gradient_data.stores.wrappers import TEMPORARY, LimitedStore, MeasuredStore, RetryingStore

MIB = 1024 * 1024
TROUBLE = ErrorKind.STORE_ERROR(store="s", action="do it", reason="it answered HTTP 503")
FATAL = ErrorKind.STORE_DENIED(store="s", action="do it", reason="no", provider="sp")


class FailingStore(LocalStore):
    """A local store whose next calls fail, before or after they did their work."""

    def __init__(self, root: Path) -> None:
        super().__init__(root, "s")
        self.failures: list[GradientDataError] = []
        self.after = False
        self.calls = 0

    def _do(self, work: Callable[[], object]) -> object:
        self.calls += 1
        result = work() if self.after or not self.failures else None
        if self.failures:
            raise self.failures.pop(0)
        return result

    def get(self, key: str, start: int = 0, end: int | None = None) -> bytes:
        return self._do(lambda: super(FailingStore, self).get(key, start, end))  # type: ignore[return-value]

    def put(self, key: str, data: Bytes) -> None:
        self._do(lambda: super(FailingStore, self).put(key, data))

    def put_if_absent(self, key: str, data: Bytes) -> bool:
        return self._do(lambda: super(FailingStore, self).put_if_absent(key, data))  # type: ignore[return-value]

    def upload(self, key: str, chunks: object, size: int) -> None:
        self._do(lambda: super(FailingStore, self).upload(key, chunks, size))  # type: ignore[arg-type]

    def head(self, key: str) -> ObjectInfo | None:
        # Not counted: writing looks first.
        return super().head(key)

    def delete(self, key: str) -> None:
        self._do(lambda: super(FailingStore, self).delete(key))

    def stream(self, key: str, start: int = 0, end: int | None = None) -> Iterator[bytes]:
        for number, piece in enumerate(super().stream(key, start, end)):
            if number == 1 and self.failures:
                raise self.failures.pop(0)
            yield piece

    def list(self, prefix: str = "") -> Iterator[ObjectInfo]:
        for number, info in enumerate(super().list(prefix)):
            if number == 2 and self.failures:
                raise self.failures.pop(0)
            yield info


@pytest.fixture
def failing(tmp_path: Path) -> FailingStore:
    return FailingStore(tmp_path / "store")


@pytest.fixture
def pauses() -> list[float]:
    return []


@pytest.fixture
def retrying(failing: FailingStore, pauses: list[float]) -> RetryingStore:
    return RetryingStore(failing, attempts=4, first_pause=1, longest_pause=3, sleep=pauses.append)


OPERATIONS: list[Callable[[RetryingStore], object]] = [
    lambda store: store.get("old"),
    lambda store: store.put("a", b"1"),
    lambda store: store.put_if_absent("a", b"1"),
    lambda store: store.upload("a", [b"1"], 1),
    lambda store: store.delete("old"),
]


@pytest.mark.parametrize("operation", OPERATIONS)
def test_a_failure_for_the_moment_is_tried_again(
    failing: FailingStore, retrying: RetryingStore, pauses: list[float], operation: Callable[[RetryingStore], object]
) -> None:
    failing.put("old", b"1")
    failing.calls, failing.failures = 0, [TROUBLE] * 3
    operation(retrying)
    assert failing.calls == 4
    assert len(pauses) == 3
    for pause, limit in zip(pauses, [1, 2, 3], strict=True):
        assert 0 <= pause <= limit


@pytest.mark.parametrize("operation", OPERATIONS)
def test_it_gives_up_in_the_end(
    failing: FailingStore, retrying: RetryingStore, operation: Callable[[RetryingStore], object]
) -> None:
    failing.failures = [TROUBLE] * 10
    with pytest.raises(GradientDataError) as caught:
        operation(retrying)
    assert caught.value is TROUBLE
    assert failing.calls == 4


@pytest.mark.parametrize("operation", OPERATIONS)
def test_what_stays_the_same_is_not_tried_again(
    failing: FailingStore, retrying: RetryingStore, pauses: list[float], operation: Callable[[RetryingStore], object]
) -> None:
    failing.failures = [FATAL]
    with pytest.raises(GradientDataError) as caught:
        operation(retrying)
    assert caught.value is FATAL
    assert (failing.calls, pauses) == (1, [])


def test_only_failures_of_stores_are_temporary() -> None:
    assert {kind.code for kind in TEMPORARY} == {"store_unreachable", "store_error", "checksum_refused"}


def test_no_try_starts_when_the_budget_is_spent(failing: FailingStore, pauses: list[float]) -> None:
    store = RetryingStore(failing, budget=0, sleep=pauses.append)
    failing.failures = [TROUBLE]
    with pytest.raises(GradientDataError):
        store.get("a")
    assert pauses == []


def test_waiting_can_be_stopped(failing: FailingStore) -> None:
    def stop(seconds: float) -> None:
        raise ErrorKind.CANCELLED()

    failing.failures = [TROUBLE]
    with pytest.raises(GradientDataError) as caught:
        RetryingStore(failing, sleep=stop).get("a")
    assert caught.value.kind is ErrorKind.CANCELLED


def test_a_lost_reply_to_put_if_absent_is_still_ours(failing: FailingStore, retrying: RetryingStore) -> None:
    failing.failures, failing.after = [TROUBLE], True
    assert retrying.put_if_absent("a", bytearray(b"ours")) is True
    assert failing.get("a") == b"ours"


def test_after_a_lost_reply_others_content_is_not_ours(failing: FailingStore, retrying: RetryingStore) -> None:
    failing.put("a", b"theirs")
    failing.failures, failing.after = [TROUBLE], True
    assert retrying.put_if_absent("a", b"ours") is False


def test_without_a_failure_equal_content_is_still_not_ours(failing: FailingStore, retrying: RetryingStore) -> None:
    failing.put("a", b"same")
    assert retrying.put_if_absent("a", b"same") is False


def test_an_upload_from_an_iterator_is_not_tried_again(failing: FailingStore, retrying: RetryingStore) -> None:
    failing.failures = [TROUBLE]
    with pytest.raises(GradientDataError):
        retrying.upload("a", iter([b"1"]), 1)
    assert failing.calls == 1


def test_a_stream_goes_on_where_it_broke(failing: FailingStore, retrying: RetryingStore) -> None:
    data = bytes(range(256)) * (25 * MIB // 256)
    failing.put("a", data)
    failing.failures = [TROUBLE] * 3
    assert b"".join(retrying.stream("a", 100, len(data) - 7)) == data[100:-7]


def test_a_listing_goes_on_where_it_broke(failing: FailingStore, retrying: RetryingStore) -> None:
    keys = [f"folder/{number}" for number in range(6)]
    for key in keys:
        failing.put(key, b"")
    failing.failures = [TROUBLE] * 3
    assert [info.key for info in retrying.list("folder/")] == keys


class CrowdedStore(LocalStore):
    """Notes how many requests are inside at once, and holds each until it is let go."""

    def __init__(self, root: Path, expected: int) -> None:
        super().__init__(root, "s")
        self.full = threading.Barrier(expected)
        self.most = self._inside = 0
        self._lock = threading.Lock()

    def put(self, key: str, data: Bytes) -> None:
        with self._lock:
            self._inside += 1
            self.most = max(self.most, self._inside)
        self.full.wait(timeout=30)  # breaks unless exactly as many as expected come in together
        super().put(key, data)
        with self._lock:
            self._inside -= 1


def test_no_more_than_the_limit_at_once(tmp_path: Path) -> None:
    crowded = CrowdedStore(tmp_path, expected=3)
    limited = LimitedStore(crowded, 3)
    with ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: limited.put(str(number), b""), range(12)))
    assert crowded.most == 3
    assert len(list(limited.list())) == 12


def test_an_open_stream_holds_no_slot(tmp_path: Path) -> None:
    limited = LimitedStore(LocalStore(tmp_path, "s"), 1)
    limited.put("a", bytes(20 * MIB))
    pieces = limited.stream("a")
    assert len(next(pieces)) == 8 * MIB
    limited.put("b", b"1")
    assert sum(map(len, pieces)) == 12 * MIB


def test_a_failure_gives_its_slot_back(failing: FailingStore) -> None:
    limited = LimitedStore(failing, 1)
    failing.put("a", b"1")
    failing.failures = [TROUBLE] * 3
    for _ in range(3):
        with pytest.raises(GradientDataError):
            limited.get("a")
    assert limited.get("a") == b"1"


def test_figures(failing: FailingStore) -> None:
    measured = MeasuredStore(failing)
    assert measured.stats() == {}
    measured.put("a", b"12345")
    measured.put("b", b"123")
    measured.put_if_absent("a", b"more")
    measured.upload("c", [b"12", b"3"], 3)
    measured.get("a", 1, 3)
    list(measured.stream("a"))
    list(measured.list())
    measured.head("a")
    measured.delete("a")
    before = measured.stats()
    failing.failures = [TROUBLE]
    with pytest.raises(GradientDataError):
        measured.get("b")
    stats = measured.stats()
    assert {name: (s.calls, s.failures, s.bytes_in, s.bytes_out) for name, s in stats.items()} == {
        "put": (2, 0, 0, 8),
        "put_if_absent": (1, 0, 0, 0),
        "upload": (1, 0, 0, 3),
        "get": (2, 1, 2, 0),
        "stream": (1, 0, 5, 0),
        "list": (1, 0, 0, 0),
        "head": (1, 0, 0, 0),
        "delete": (1, 0, 0, 0),
    }
    assert all(s.seconds > 0 for s in stats.values())
    assert before["get"].calls == 1, "a snapshot does not change any more"
