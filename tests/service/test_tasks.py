"""Tasks and the progress they report."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Phase, ProgressEvent
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.tasks import Followed, Task
from tests.service.place import Place, fails, write_tree

MIB = 1024 * 1024


def test_events_then_the_result() -> None:
    def work(progress: Progress) -> str:
        progress.start(Phase.SENDING, 2, 10)
        progress.advance(1, 4)
        progress.advance(1, 6, skipped=True)
        progress.finish()
        return "done"

    task = Task(work)
    events = list(task)
    assert events[-1].files_done == 2
    assert (events[-1].bytes_done, events[-1].bytes_total, events[-1].bytes_skipped) == (10, 10, 6)
    assert list(task) == []  # a second look does not wait for ever
    assert task.result() == task.result() == "done"


def test_a_failure_ends_the_events() -> None:
    def work(progress: Progress) -> None:
        progress.start(Phase.SENDING)
        raise ErrorKind.DATASET_NOT_FOUND(dataset="x")

    task = Task(work)
    assert len(list(task)) == 1
    for _ in range(2):
        with fails(ErrorKind.DATASET_NOT_FOUND, "x"):
            task.result()


def test_who_is_interrupted_while_a_task_begins_leaves_nothing_running(monkeypatch: pytest.MonkeyPatch) -> None:
    told = threading.Event()
    begin = threading.Thread.start

    def interrupted(thread: threading.Thread) -> None:
        begin(thread)
        raise KeyboardInterrupt

    def work(progress: Progress) -> None:
        for _ in range(6000):
            if progress.is_cancelled:
                told.set()
                return
            told.wait(0.01)

    monkeypatch.setattr(threading.Thread, "start", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Task(work)
    assert told.wait(30)


def test_a_slow_reader_gets_the_newest_and_slows_nobody_down() -> None:
    def work(progress: Progress) -> None:
        for number in range(1000):
            progress.start(Phase.SENDING, number)

    task = Task(work)
    task.result()
    events = list(task)
    assert len(events) < 100
    assert events[-1].files_total == 999


def test_what_must_be_done_before_work_counts_as_ended() -> None:
    seen: list[str] = []

    def work(progress: Progress) -> str:
        progress.start(Phase.LINKING, 2)
        progress.advance(2)
        progress.finish()
        seen.append("work")
        return "done"

    task = Followed(Task(work), lambda: seen.append("last"))
    assert list(task)[-1].files_done == 2
    assert (task.result(), seen) == ("done", ["work", "last"])


def test_what_follows_work_is_not_done_when_that_fails_or_is_stopped() -> None:
    seen: list[str] = []
    go_on = threading.Event()

    def fail(progress: Progress) -> None:
        raise ErrorKind.DATASET_NOT_FOUND(dataset="x")

    def stop(progress: Progress) -> None:
        assert go_on.wait(60)
        progress.check()

    with fails(ErrorKind.DATASET_NOT_FOUND, "x"):
        Followed(Task(fail), lambda: seen.append("last")).result()
    task = Followed(Task(stop), lambda: seen.append("last"))
    task.cancel()
    go_on.set()
    with fails(ErrorKind.CANCELLED):
        task.result()
    assert seen == []


def test_cancel() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def work(progress: Progress) -> None:
        begun.set()
        go_on.wait()
        progress.advance(1)

    task = Task(work)
    begun.wait()
    task.cancel()
    go_on.set()
    with fails(ErrorKind.CANCELLED):
        task.result()
    task.cancel()  # too late, and no harm


def test_cancelled_before_it_begins(local: Place, tmp_path: Path) -> None:
    """However early or late it comes: it is cancelled or done, and nothing in between."""
    source = write_tree(tmp_path / "source", {f"{n}": b"%d" % n for n in range(50)})
    version = local.version()
    task = local.service.put_files(version.reference, [f"{source}/"])
    task.cancel()
    with fails(ErrorKind.CANCELLED):
        task.result()
    local.service.put_files(version.reference, [f"{source}/"]).result()
    commit = local.service.commit_version(version.reference)
    commit.cancel()
    try:
        commit.result()
    except GradientDataError:  # cancelled in time; then it can be committed again
        assert not local.service.get_version(version.reference).is_committed
    assert local.service.commit_version(version.reference).result().files == 50


def last_of(events: list[ProgressEvent], phase: Phase) -> ProgressEvent:
    return [event for event in events if event.phase is phase][-1]


def test_progress_of_put_commit_and_get(place: Place, tmp_path: Path) -> None:
    files = {"a": b"1" * 1000, "b": b"2" * 5, "large": bytes(range(256)) * 4096 * 5, "empty": b""}
    size = sum(map(len, files.values()))
    source = write_tree(tmp_path / "source", files)
    version = place.version({"b": b"2" * 5})
    put = place.service.put_files(version.reference, [f"{source}/"])
    events = list(put)
    assert events[0].phase is Phase.SCANNING
    sent = last_of(events, Phase.SENDING)
    assert (sent.files_done, sent.files_total, sent.bytes_done, sent.bytes_total) == (4, 4, size, size)
    assert sent.bytes_skipped == 5
    assert any(event.rate > 0 for event in events)
    assert all(event.seconds_left is None or event.seconds_left >= 0 for event in events)
    commit = place.service.commit_version(version.reference)
    phases = [event.phase for event in commit]
    if not place.is_remote:  # a server tells the newest when it is asked
        assert phases[0] is Phase.VERIFYING
    assert phases[-1] is Phase.COMMITTING
    for skipped in (0, size):
        got = list(place.service.get_files(version.reference, [], tmp_path / "out"))
        end = last_of(got, Phase.FETCHING)
        assert (end.files_done, end.files_total, end.bytes_done, end.bytes_total) == (4, 4, size, size)
        assert end.bytes_skipped == skipped
    deleted = place.version(files)
    events = list(place.service.delete_files(deleted.reference, ["/"]))
    assert last_of(events, Phase.DELETING).files_done == 4
    verified = list(place.service.verify(read_data=True))
    assert last_of(verified, Phase.VERIFYING).files_done >= 4


@pytest.mark.parametrize("limit", [1.0])
def test_few_events_however_much_is_done(limit: float) -> None:
    events: list[ProgressEvent] = []
    progress = Progress(events.append)
    progress.start(Phase.SENDING, 100_000, 100_000)
    for _ in range(100_000):
        progress.advance(1, 1)
    progress.finish()
    assert len(events) < 100 * limit
    assert events[-1].files_done == 100_000
