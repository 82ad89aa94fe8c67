"""Tasks that outlive their request: on one server, seen from another, and after a server has died."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase, TaskInfo, TaskState, Version
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service import task_board
from jupyter_gradient_data.service.host import Host
from jupyter_gradient_data.service.task_board import TaskBoard
from jupyter_gradient_data.service.tasks import Task
from jupyter_gradient_data.stores import task_rows
from jupyter_gradient_data.stores.database import now
from tests.service.place import fails

LONG = 60.0  # seconds; no test waits for so long unless it fails


@pytest.fixture
def board(host: Host) -> TaskBoard:
    return host.tasks


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_board, "_BEAT", 0.02)
    monkeypatch.setattr(task_board, "_LOOK_EVERY", 0.02)


class Work:
    """Work whose every step a test decides."""

    def __init__(self) -> None:
        self.begun = threading.Event()
        self._steps = threading.Semaphore(0)
        self._files = 0
        self.may_end = False
        self.error: BaseException | None = None

    def begin(self) -> Task[dict[str, int]]:
        return Task(self._work)

    def step(self, files: int) -> None:
        """Let it report so many files."""
        self._files = files
        self._steps.release()

    def end(self, error: BaseException | None = None) -> None:
        self.may_end, self.error = True, error
        self._steps.release()

    def _work(self, progress: Progress) -> dict[str, int]:
        self.begun.set()
        while not self.may_end:
            while not self._steps.acquire(timeout=0.01):
                progress.check()
            progress.start(Phase.SENDING, files=self._files)
        if self.error is not None:
            raise self.error
        return {"files": self._files}


def ended(board: TaskBoard, info: TaskInfo) -> TaskInfo:
    """A task when it has ended, as one board sees it."""
    while info.state is TaskState.RUNNING:
        info = board.get(info.id, LONG, info)
    return info


def until(board: TaskBoard, info: TaskInfo, condition: Callable[[TaskInfo], bool]) -> TaskInfo:
    while not condition(info):
        info = board.get(info.id, LONG, info)
    return info


def has_files(number: int) -> Callable[[TaskInfo], bool]:
    return lambda info: info.progress is not None and info.progress.files_total == number


# --- one server -------------------------------------------------------------------------------------------------------


def test_progress_and_result(board: TaskBoard) -> None:
    work = Work()
    started = board.start("verify", "dsabc", work.begin)
    assert (started.kind, started.subject, started.state) == ("verify", "dsabc", TaskState.RUNNING)
    assert (started.progress, started.result, started.error, started.finished) == (None, None, None, None)
    assert board.get(started.id) == started
    work.step(7)
    assert until(board, started, has_files(7)).state is TaskState.RUNNING
    work.end()
    done = ended(board, started)
    assert done.state is TaskState.SUCCEEDED
    assert (done.result, done.error) == ({"files": 7}, None)
    assert has_files(7)(done)
    assert done.finished is not None
    assert done.finished >= done.created == started.created
    assert board.get(done.id, LONG, done) == done  # what has ended does not change: nobody waits for it


def test_a_real_commit(host: Host) -> None:
    host.service.create_dataset("data")
    version = host.service.create_version("data")
    host.service.write_file(version.reference, "a", [b"1"])
    info = host.tasks.start("commit", version.reference, lambda: host.service.commit_version(version.reference))
    done = ended(host.tasks, info)
    assert msgspec.convert(done.result, Version) == host.service.get_version(version.reference)


def test_the_row_is_there_before_the_work_begins(host: Host, make_host: Callable[[], Host]) -> None:
    other, seen = make_host(), []

    def begin() -> Task[int]:
        seen.extend(other.tasks.page().items)
        return Task(lambda progress: 1)

    info = host.tasks.start("verify", "", begin)
    assert [task.id for task in seen] == [info.id]


def test_a_task_that_does_not_begin_is_none(board: TaskBoard) -> None:
    def begin() -> Task[int]:
        raise ErrorKind.NOT_ALLOWED(action="write", resource="datasets")

    with fails(ErrorKind.NOT_ALLOWED):
        board.start("commit", "ds1:2", begin)
    assert board.page().items == ()


def test_failure(board: TaskBoard) -> None:
    work = Work()
    info = board.start("commit", "ds1:v1", work.begin)
    error = ErrorKind.DATASET_NOT_FOUND(dataset="ds1")
    work.end(error)
    done = ended(board, info)
    assert (done.state, done.result) == (TaskState.FAILED, None)
    assert done.error is not None
    assert (done.error.code, done.error.message, done.error.hint) == (error.kind.code, error.message, error.hint)


def test_what_nobody_expected_is_in_the_log_alone(
    board: TaskBoard, host: Host, caplog: pytest.LogCaptureFixture
) -> None:
    work = Work()
    info = board.start("verify", "", work.begin)
    with caplog.at_level(logging.ERROR):
        work.end(ZeroDivisionError("the inner secret"))
        done = ended(board, info)
    assert done.error is not None
    assert done.error.code == ErrorKind.INTERNAL.code
    assert "secret" not in str(done)
    (record,) = [record for record in caplog.records if record.exc_info]
    incident = record.getMessage().split()[1].rstrip(":")
    assert incident in done.error.message
    assert record.exc_info is not None
    assert "the inner secret" in str(record.exc_info[1])


def test_a_result_that_cannot_be_kept_is_a_failure(board: TaskBoard) -> None:
    done = ended(board, board.start("verify", "", lambda: Task(lambda progress: object())))
    assert done.error is not None
    assert (done.state, done.error.code) == (TaskState.FAILED, ErrorKind.INTERNAL.code)


def test_cancel(board: TaskBoard) -> None:
    work = Work()
    info = board.start("verify", "", work.begin)
    work.begun.wait()
    board.cancel(info.id)
    done = ended(board, info)
    assert (done.state, done.result, done.error) == (TaskState.CANCELLED, None, None)
    assert board.cancel(info.id) == done  # too late, and no harm


def test_unknown(board: TaskBoard) -> None:
    for ask in (board.get, board.cancel):
        with fails(ErrorKind.TASK_NOT_FOUND, "tk123"):
            ask("tk123")


def test_waiting_ends_in_time(board: TaskBoard) -> None:
    work = Work()
    info = board.start("verify", "", work.begin)
    assert board.get(info.id, 0.05, info) == info
    work.end()


def test_pages_newest_first(board: TaskBoard) -> None:
    started = [board.start("verify", str(number), lambda: Task(lambda progress: 0)) for number in range(5)]
    for info in started:
        ended(board, info)
    found: list[TaskInfo] = []
    after = None
    while True:
        page = board.page(2, after)
        assert len(page.items) <= 2
        found += page.items
        if (after := page.next_token) is None:
            break
    assert [info.created for info in found] == sorted((info.created for info in started), reverse=True)
    assert {info.id for info in found} == {info.id for info in started}
    for token in ("x", "-", "1", "12x-tk1", "9" * 40 + "-tk1", "²-tk1"):
        with fails(ErrorKind.INVALID_OPTION):
            board.page(2, token)


def test_only_so_many_at_once(board: TaskBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_board, "_MOST", 2)
    works = [Work(), Work()]
    first, _ = [board.start("verify", "", work.begin) for work in works]
    with fails(ErrorKind.TOO_MANY_REQUESTS):
        board.start("verify", "", Work().begin)
    works[0].end()
    ended(board, first)
    while True:  # it has ended a moment before its place is free
        try:
            third = board.start("verify", "", lambda: Task(lambda progress: 0))
            break
        except GradientDataError as error:
            assert error.kind is ErrorKind.TOO_MANY_REQUESTS  # noqa: PT017
    works[1].end()
    assert ended(board, third).state is TaskState.SUCCEEDED


def test_old_tasks_are_forgotten(host: Host, make_host: Callable[[], Host], monkeypatch: pytest.MonkeyPatch) -> None:
    old = ended(host.tasks, host.tasks.start("verify", "", lambda: Task(lambda progress: 0)))
    later = now() + int(timedelta(days=31).total_seconds() * 1000)
    monkeypatch.setattr(task_board, "now", lambda: later)
    other = make_host()
    with fails(ErrorKind.TASK_NOT_FOUND, old.id):
        other.tasks.get(old.id)


# --- stopping ---------------------------------------------------------------------------------------------------------


def test_a_server_that_stops_says_what_became_of_its_tasks(make_host: Callable[[], Host]) -> None:
    first = make_host()
    works = [Work(), Work()]
    stopped, cancelled = [first.tasks.start("verify", f"ds{number}", w.begin) for number, w in enumerate(works)]
    for work in works:
        work.begun.wait()
    first.tasks.cancel(cancelled.id)
    first.tasks.close()
    with fails(ErrorKind.CANCELLED):
        first.tasks.start("verify", "", Work().begin)
    second = make_host()
    assert second.tasks.get(cancelled.id).state is TaskState.CANCELLED
    info = second.tasks.get(stopped.id)
    assert info.error is not None
    assert (info.state, info.error.code) == (TaskState.FAILED, ErrorKind.TASK_LOST.code)
    assert "ds0" in info.error.hint


def test_waiting_ends_when_the_server_stops(make_host: Callable[[], Host]) -> None:
    first, second = make_host(), make_host()
    work = Work()
    info = first.tasks.start("verify", "", work.begin)
    waiting = [Task(lambda _, host=host: host.tasks.get(info.id, LONG, info)) for host in (first, second)]
    second.tasks.close()
    assert waiting[1].result().state is TaskState.RUNNING
    first.tasks.close()
    assert waiting[0].result().state is TaskState.FAILED


def test_an_outcome_is_written_when_the_database_is_back(board: TaskBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    finish, tries = board._rows.finish, []

    def finish_third_time(*arguments: Any) -> None:
        tries.append(1)
        if len(tries) < 3:
            raise ErrorKind.DATABASE_FAILED(database="it", reason="it was away")
        finish(*arguments)

    monkeypatch.setattr(board._rows, "finish", finish_third_time)
    done = ended(board, board.start("verify", "", lambda: Task(lambda progress: 5)))
    assert (done.result, len(tries)) == (5, 3)


def test_a_failure_is_told_while_it_cannot_be_written(board: TaskBoard, monkeypatch: pytest.MonkeyPatch) -> None:
    finish, is_full = board._rows.finish, threading.Event()
    is_full.set()

    def finish_with_room(*arguments: Any) -> None:
        if is_full.is_set():
            raise ErrorKind.DATABASE_FAILED(database="it", reason="database or disk is full")
        finish(*arguments)

    def work(progress: Progress) -> None:
        raise ErrorKind.DISK_FULL(path="/x")

    monkeypatch.setattr(board._rows, "finish", finish_with_room)
    told = ended(board, board.start("verify", "", lambda: Task(work)))
    assert told.error is not None
    assert (told.state, told.error.code) == (TaskState.FAILED, "disk_full")
    assert told.finished is not None
    is_full.clear()
    board.close()
    recorded = board.get(told.id)
    assert (recorded.state, recorded.error) == (TaskState.FAILED, told.error)


# --- two servers ------------------------------------------------------------------------------------------------------


def test_another_server_sees_progress_and_end(make_host: Callable[[], Host]) -> None:
    first, second = make_host(), make_host()
    work = Work()
    info = first.tasks.start("verify", "dsabc", work.begin)
    assert second.tasks.get(info.id) == info
    work.step(3)
    assert has_files(3)(until(second.tasks, info, has_files(3)))
    assert [task.id for task in second.tasks.page().items] == [info.id]
    work.end()
    assert ended(second.tasks, info) == ended(first.tasks, info)


def test_another_server_cancels(make_host: Callable[[], Host]) -> None:
    first, second = make_host(), make_host()
    work = Work()
    info = first.tasks.start("verify", "", work.begin)
    work.begun.wait()
    assert second.tasks.cancel(info.id).state is TaskState.RUNNING
    assert ended(second.tasks, info).state is TaskState.CANCELLED


@pytest.fixture
def impatient(config: Config, host: Host) -> Iterator[TaskBoard]:
    """A board that takes whoever was silent for a moment for dead."""
    repository = Repository(config)
    yield TaskBoard(repository, silence=-1)
    repository.close()


def test_silence_is_taken_for_death_and_the_truth_wins(host: Host, impatient: TaskBoard) -> None:
    work = Work()
    info = host.tasks.start("verify", "dsabc", work.begin)
    while (lost := impatient.get(info.id)).error is None:  # a beat that came in between wins
        pass
    assert (lost.state, lost.error.code) == (TaskState.FAILED, ErrorKind.TASK_LOST.code)
    assert "dsabc" in lost.error.hint
    assert host.tasks.get(info.id).state is TaskState.RUNNING
    rows = task_rows.TaskRows(host.tasks._repository.database)
    while rows.find(host.tasks._repository.team, info.id).state != "running":  # type: ignore[union-attr]
        work.begun.wait()
    work.end()
    done = ended(host.tasks, info)
    assert (done.state, done.error) == (TaskState.SUCCEEDED, None)
    assert impatient.get(info.id) == done


def test_a_lost_commit_that_was_made_succeeded(host: Host, impatient: TaskBoard) -> None:
    """Its server died between the commit and saying so."""
    host.service.create_dataset("data")
    references = [host.service.create_version("data").reference for _ in range(2)]
    done = host.service.commit_version(references[0]).result()
    rows = task_rows.TaskRows(host.tasks._repository.database)
    team = host.tasks._repository.team
    for number, reference in enumerate([*references, f"{done.dataset}:gone123"]):
        rows.add(team, f"tk{number}", "commit", reference, "elsewhere/1/2/3")
    settled = {info.subject: info for info in impatient.page().items}
    assert msgspec.convert(settled[references[0]].result, Version) == done
    assert [settled[reference].state for reference in references] == [TaskState.SUCCEEDED, TaskState.FAILED]
    assert settled[f"{done.dataset}:gone123"].state is TaskState.FAILED
    assert {info.id: info for info in host.tasks.page().items} == {info.id: info for info in settled.values()}


def test_somebody_alive_is_not_settled(host: Host, impatient: TaskBoard) -> None:
    """A beat that comes between looking and settling wins."""
    team, rows = host.tasks._repository.team, task_rows.TaskRows(host.tasks._repository.database)
    row = rows.add(team, "tk1", "verify", "", "elsewhere/1/2/3")
    as_it_was = SimpleNamespace(id=row.id, beat=row.beat - 1)
    rows.settle(as_it_was, TaskState.FAILED, None, None)  # type: ignore[arg-type]
    assert host.tasks.get("tk1").state is TaskState.RUNNING


def test_nothing_is_lost_between_many_threads(host: Host) -> None:
    """Every task ends, whoever waits for it, and the board is empty then."""
    numbers = range(20)
    infos = [host.tasks.start("verify", str(n), lambda n=n: Task(lambda progress: n)) for n in numbers]
    waiting = [Task(lambda _, info=info: ended(host.tasks, info)) for info in infos for _ in range(3)]
    results = [task.result() for task in waiting]
    assert [info.result for info in results] == [n for n in numbers for _ in range(3)]
    host.tasks.close()
    assert host.tasks._running == {}
    assert all(dataclasses.asdict(info)["state"] is TaskState.SUCCEEDED for info in host.tasks.page().items)
