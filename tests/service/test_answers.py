"""Answers to requests with an idempotency key: what is sent twice is done once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.service.host import Host
from jupyter_gradient_data.stores import answers
from jupyter_gradient_data.stores.answers import Answers
from jupyter_gradient_data.stores.database import now
from tests.service.place import fails

ME = "user POST /api/datasets"
HOUR = 3600 * 1000


@pytest.fixture
def kept(host: Host) -> Answers:
    return host.answers


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Callable[[int], None]:
    """Let so many milliseconds pass."""

    def pass_by(milliseconds: int) -> None:
        time = answers.now() + milliseconds
        monkeypatch.setattr(answers, "now", lambda: time)

    return pass_by


def test_the_same_answer_again(kept: Answers, make_host: Callable[[], Host]) -> None:
    assert kept.begin(ME, "key", b"request") is None
    kept.finish(ME, "key", 201, b"\0body")
    for each in (kept, make_host().answers):
        assert each.begin(ME, "key", b"request") == (201, b"\0body")


def test_a_key_is_one_persons_for_one_request(kept: Answers) -> None:
    assert kept.begin(ME, "key", b"request") is None
    assert kept.begin(ME + "k", "ey", b"request") is None
    assert kept.begin(ME, "\udcff", b"request") is None  # whatever a header may hold
    with fails(ErrorKind.KEY_REUSED):
        kept.begin(ME, "key", b"another")
    kept.finish(ME, "key", 200, b"")
    with fails(ErrorKind.KEY_REUSED):
        kept.begin(ME, "key", b"another")


def test_while_the_first_is_being_answered(kept: Answers, later: Callable[[int], None]) -> None:
    assert kept.begin(ME, "key", b"request") is None
    with fails(ErrorKind.KEY_IN_USE):
        kept.begin(ME, "key", b"request")
    later(2 * 60 * 1000)  # by now it has died
    assert kept.begin(ME, "key", b"request") is None
    with fails(ErrorKind.KEY_IN_USE):
        kept.begin(ME, "key", b"request")


def test_after_a_failure_it_is_done_again(kept: Answers) -> None:
    assert kept.begin(ME, "key", b"request") is None
    kept.forget(ME, "key")
    assert kept.begin(ME, "key", b"request") is None
    kept.finish(ME, "key", 200, b"done")
    kept.forget(ME, "key")  # too late: it was answered
    assert kept.begin(ME, "key", b"request") == (200, b"done")


def test_kept_for_a_day(kept: Answers, later: Callable[[int], None]) -> None:
    assert kept.begin(ME, "key", b"request") is None
    kept.finish(ME, "key", 200, b"")
    later(23 * HOUR)
    assert kept.begin(ME, "key", b"request") is not None
    later(2 * HOUR)
    assert kept.begin(ME, "key", b"another") is None


def test_old_ones_are_deleted(kept: Answers, make_host: Callable[[], Host], later: Callable[[int], None]) -> None:
    kept.begin(ME, "old", b"request")
    kept.finish(ME, "old", 200, b"")
    later(25 * HOUR)
    other = make_host().answers
    other.begin(ME, "new", b"request")  # the first request of a server looks for old ones
    later(-25 * HOUR)
    assert kept.begin(ME, "old", b"request") is None


@pytest.mark.parametrize("first_dies", [False, True])
def test_many_at_once_do_it_once(host: Host, make_host: Callable[[], Host], first_dies: bool) -> None:
    """16 clients over two servers send the same at the same moment and ask again until they know."""
    if first_dies:
        host.answers.begin(ME, "key", b"request")
        with host._repository.database.write() as connection:
            connection.exec_driver_sql(f"UPDATE answers SET created = {now() - 3 * 60 * 1000}")
    hosts = [host, make_host()]
    start = threading.Barrier(16)

    def ask(number: int) -> tuple[int, bytes]:
        start.wait()
        each = hosts[number % 2]
        while True:
            try:
                given = each.answers.begin(ME, "key", b"request")
            except GradientDataError as error:
                assert error.kind is ErrorKind.KEY_IN_USE  # noqa: PT017
                continue
            if given is not None:
                return given
            each.service.create_dataset("data")  # a second time it would be refused
            each.answers.finish(ME, "key", 201, b"%d" % number)

    with ThreadPoolExecutor(16) as pool:
        results = list(pool.map(ask, range(16)))
    assert len(set(results)) == 1
    assert len(host.service.list_datasets().items) == 1
