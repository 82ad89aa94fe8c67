"""The notebook lock wherever the service is: checked, restored, proved."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import LockCheck, LockEntry, LockState, Phase, Problem
from tests.service.place import Place, fails, read_tree
from tests.support.locks import locked

READY, UNMOUNTED, ABSENT, DIFFERENT = LockState.READY, LockState.UNMOUNTED, LockState.ABSENT, LockState.DIFFERENT
FILES = {"a.csv": b"x,y\n1,2\n", "deep/er/b.txt": b"b" * 5000, "run.sh*": b"#!/bin/sh\n"}
NOWHERE = LockEntry("gone", "ds" + "0" * 13, "gone", "abc123x", "ab" * 32, "/inputs/gone", 1, 1)


def check(place: Place, *entries: LockEntry) -> list[tuple[LockState, str | None, str | None]]:
    """State, newer version and code of the error of each."""
    return said(place.service.check_lock(entries), entries)


def restore(place: Place, *entries: LockEntry) -> list[tuple[LockState, str | None, str | None]]:
    """The same of a restore."""
    return said(place.service.restore_lock(entries).result(), entries)


def said(checks: tuple[LockCheck, ...], entries: tuple[LockEntry, ...]) -> list[tuple[Any, ...]]:
    assert [one.entry for one in checks] == list(entries)
    for one in checks:
        assert (one.error is None) == (one.state is READY)
        assert one.error is None or one.error.hint
    return [(one.state, one.newer, one.error.code if one.error else None) for one in checks]


def problems(place: Place, *entries: LockEntry) -> tuple[Problem, ...]:
    """What a proof finds."""
    report = place.service.verify_lock(entries).result()
    assert report.entries == len(entries)
    assert report.ok == (not report.problems)
    return report.problems


def mounted(place: Place, reference: str, name: str, **options: Any) -> Path:
    """The folder of a new mount on this machine."""
    return Path(place.service.mount(reference, name=name, **options).result().local_path)


def overwrite(file: Path, content: bytes) -> None:
    """Change a read-only file on the disk in place, as a broken disk does: size and times stay."""
    before = file.stat()
    file.chmod(stat.S_IMODE(before.st_mode) | stat.S_IWUSR)
    with file.open("r+b") as opened:
        opened.write(content)
    file.chmod(stat.S_IMODE(before.st_mode))
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


# --- checking ---------------------------------------------------------------------------------------------------------


def test_what_is_here_and_what_is_newer(place: Place) -> None:
    first = place.committed(FILES, "flowers")
    place.service.set_tag(first.reference, "good")
    mounted(place, "flowers", "f")
    lock = (
        locked(place.service, "flowers", "/inputs/f"),
        locked(place.service, "flowers"),
        locked(place.service, "flowers:good"),
        locked(place.service, first.reference, "/inputs/other"),
    )
    assert check(place, *lock, NOWHERE) == [
        (READY, None, None),
        (READY, None, None),
        (READY, None, None),
        (UNMOUNTED, None, "lock_unmounted"),
        (ABSENT, None, "lock_unknown"),
    ]
    second = place.committed({"a": b"2"}, "flowers")
    place.service.update_mount("f").result()
    newer = second.version
    assert check(place, *lock[:3]) == [
        (UNMOUNTED, newer, "lock_mounted_other"),
        (READY, newer, None),
        (READY, None, None),
    ]
    place.service.set_tag(second.reference, "good")
    place.service.update_dataset("flowers", name="blumen")
    assert check(place, *lock[1:3]) == [(READY, newer, None), (READY, newer, None)]
    assert check(place, replace(lock[1], root="cd" * 32)) == [(DIFFERENT, newer, "lock_different")]


def test_what_is_in_the_trash(local: Place) -> None:
    one, two = local.committed({"a": b"1"}, "one"), local.committed({"a": b"1"}, "two")
    lock = locked(local.service, "one"), locked(local.service, "two")
    local.service.delete_version(one.reference)
    local.service.delete_dataset("two")
    assert check(local, *lock) == restore(local, *lock) == [(ABSENT, None, "lock_trashed")] * 2
    for entry, thing in zip(local.service.check_lock(lock), (one.reference, two.dataset), strict=True):
        assert entry.error is not None
        assert f"`gradient trash restore --id {thing}`" in entry.error.hint
        local.service.restore(thing)
    assert check(local, *lock) == [(READY, None, None)] * 2


def test_a_version_that_is_not_committed_is_no_data_of_a_lock(local: Place) -> None:
    committed, draft = local.committed({"a": b"1"}), local.version({"a": b"2"})
    entry = replace(locked(local.service, committed.reference), version=draft.version)
    assert check(local, entry) == restore(local, entry) == [(DIFFERENT, None, "lock_different")]


def test_many_entries_take_few_questions(make_place: Callable[[str], Place]) -> None:
    place = make_place("embedded")
    place.committed(FILES, "flowers")
    entry = locked(place.service, "flowers")
    entries = [
        entry,
        *(replace(NOWHERE, dataset=f"ds{number:013}", path=f"/inputs/f{number}") for number in range(999)),
    ]
    asked: list[str] = []
    engine = place.repository.database.engine
    event.listen(engine, "before_cursor_execute", lambda *given: asked.append(given[2]))
    checks = place.service.check_lock(entries)
    assert [one.state for one in checks] == [READY] + [ABSENT] * 999
    assert len(asked) <= 12


@pytest.mark.parametrize(
    "wrong",
    [
        {"dataset": "flowers"},
        {"version": "latest"},
        {"root": "ab"},
        {"root": "AB" * 32},
        {"path": "/etc"},
        {"path": "/inputs/a/b"},
        {"path": "/inputs/.."},
        {"files": -1},
        {"bytes": 2**63},
        {"reference": "a:b:c"},
        {"dataset_name": "\0"},
    ],
    ids=str,
)
def test_what_is_no_lock(local: Place, wrong: dict[str, Any]) -> None:
    entries = [NOWHERE, replace(NOWHERE, **wrong)]
    for ask in (local.service.check_lock, local.service.restore_lock, local.service.verify_lock):
        with fails(ErrorKind.LOCK_INVALID, "entry 2"):
            ask(entries)


def test_a_lock_that_is_too_long(local: Place) -> None:
    with fails(ErrorKind.LOCK_INVALID, "1,001"):
        local.service.check_lock([NOWHERE] * 1001)
    assert local.service.check_lock([]) == ()


# --- restoring --------------------------------------------------------------------------------------------------------


def test_what_was_mounted_is_mounted_again(place: Place) -> None:
    first = place.committed(FILES, "flowers")
    mounted(place, "flowers", "f")
    lock = locked(place.service, "flowers", "/inputs/f"), locked(place.service, first.reference, "/inputs/g")
    place.committed({"a": b"2"}, "flowers")
    place.service.update_mount("f").result()
    task = place.service.restore_lock([*lock, NOWHERE])
    assert {event.phase for event in task} <= set(Phase)
    newer = place.service.get_dataset("flowers").latest
    assert said(task.result(), (*lock, NOWHERE)) == [
        (READY, newer, None),
        (READY, None, None),
        (ABSENT, None, "lock_nowhere"),
    ]
    plain = {path.rstrip("*"): content for path, content in FILES.items()}
    for name, reference in (("f", "flowers"), ("g", first.reference)):
        found = place.service.get_mount(name)
        assert (found.version, found.reference) == (first.version, reference)
        assert read_tree(Path(found.local_path)) == plain
    before = place.service.list_mounts()
    assert restore(place, *lock) == check(place, *lock) == [(READY, newer, None), (READY, None, None)]
    assert place.service.list_mounts() == before


def test_changes_are_never_lost(local: Place) -> None:
    local.committed({"a": b"1"}, "flowers")
    entry = locked(local.service, "flowers", "/inputs/f")
    local.committed({"a": b"2"}, "flowers")
    folder = mounted(local, "flowers", "f", writable=True)
    assert [one[0] for one in check(local, entry)] == [UNMOUNTED]
    (folder / "new").write_bytes(b"mine")
    assert [one[0::2] for one in restore(local, entry)] == [(UNMOUNTED, "mount_changed")]
    assert read_tree(folder) == {"a": b"2", "new": b"mine"}
    local.service.discard_changes("f")
    assert [one[0] for one in restore(local, entry)] == [READY]
    restored = local.service.get_mount("f")
    assert (restored.version, restored.is_writable) == (entry.version, True)
    (Path(restored.local_path) / "new").write_bytes(b"mine")
    for found in (check(local, entry), restore(local, entry)):
        assert [one[0::2] for one in found] == [(UNMOUNTED, "mount_changed")]
    assert read_tree(Path(restored.local_path)) == {"a": b"1", "new": b"mine"}


def test_a_writable_mount_with_what_no_version_can_hold(local: Place) -> None:
    local.committed({"a": b"1"}, "flowers")
    folder = mounted(local, "flowers", "f", writable=True)
    os.mkfifo(folder / "pipe")
    entry = locked(local.service, "flowers", "/inputs/f")
    assert [one[0::2] for one in check(local, entry)] == [(UNMOUNTED, "mount_changed")]
    assert restore(local, entry) == [(UNMOUNTED, None, "mount_changed")]
    (found,) = problems(local, entry)
    assert found.what == "/inputs/f has changes that are not committed"


def test_the_last_version_at_a_path_counts(local: Place) -> None:
    local.committed({"a": b"1"}, "flowers")
    first = locked(local.service, "flowers", "/inputs/f")
    local.committed({"a": b"2"}, "flowers")
    last = replace(locked(local.service, "flowers", "/inputs/f"), reference="flowers:latest")
    assert [one[0] for one in restore(local, first, last)] == [READY, READY]
    assert local.service.get_mount("f").version == last.version
    assert problems(local, first, last) == ()


# --- proving ----------------------------------------------------------------------------------------------------------


def test_what_is_whole(place: Place) -> None:
    place.committed(FILES, "flowers")
    mounted(place, "flowers", "f")
    entries = [locked(place.service, "flowers", "/inputs/f"), locked(place.service, "flowers:latest")]
    task = place.service.verify_lock(entries)
    assert {event.phase for event in task} == {Phase.VERIFYING}
    report = task.result()
    assert (report.entries, report.files, report.problems) == (2, 3, ())
    size = sum(map(len, FILES.values()))
    assert report.bytes_read == 2 * size, "at the store, and on the disk"


def test_a_changed_byte_on_the_disk_is_named(local: Place) -> None:
    local.committed(FILES, "flowers")
    folder = mounted(local, "flowers", "f")
    entry = locked(local.service, "flowers", "/inputs/f")
    overwrite(folder / "deep" / "er" / "b.txt", b"B")
    (found,) = problems(local, entry)
    assert (found.thing, found.fatal) == ("flowers 'deep/er/b.txt'", False)
    assert "/inputs/f" in found.what
    assert "damaged" in found.what
    local.service.unmount("f")
    (found,) = problems(local, entry)
    assert (found.thing, "in the cache" in found.what) == ("flowers 'deep/er/b.txt'", True)
    local.service.verify_cache().result()
    assert problems(local, entry) == ()


def test_files_that_come_or_go_on_the_disk_are_named(local: Place) -> None:
    local.committed(FILES, "flowers")
    folder = mounted(local, "flowers", "f")
    folder.chmod(0o700)
    for part in (folder.resolve(), folder.resolve() / "deep" / "er"):
        part.chmod(0o700)
    (folder / "a.csv").unlink()
    (folder / "run.sh").chmod(0o400)
    (folder / "deep" / "er" / "more").write_bytes(b"?")
    found = problems(local, locked(local.service, "flowers", "/inputs/f"))
    assert {one.thing for one in found} == {"flowers 'a.csv'", "flowers 'run.sh'", "flowers 'deep/er/more'"}


def test_what_is_not_that_of_the_lock(local: Place) -> None:
    version = local.committed(FILES, "flowers")
    entry = locked(local.service, "flowers", "/inputs/f")
    other = replace(entry, reference="other", root="cd" * 32, path=None)
    local.committed({"a": b"2"}, "flowers")
    mounted(local, "flowers", "f")
    found = problems(local, entry, other, NOWHERE)
    assert [(one.thing, one.fatal) for one in found] == [("flowers", False), ("other", True), ("gone", False)]
    assert "/inputs/f" in found[0].what
    local.service.delete_version(version.reference)
    (_, trashed) = problems(local, entry)
    assert (trashed.thing, trashed.fatal, "trash" in trashed.what) == ("flowers", False, True)


def test_writable_mounts(local: Place) -> None:
    local.committed(FILES, "flowers")
    folder = mounted(local, "flowers", "f", writable=True)
    entry = locked(local.service, "flowers", "/inputs/f")
    assert problems(local, entry) == ()
    overwrite(folder / "a.csv", b"X")
    (found,) = problems(local, entry)
    assert found.thing.startswith("flowers")
    (folder / "new").write_bytes(b"mine")
    (found,) = problems(local, entry)
    assert (found.thing, "changes" in found.what) == ("flowers", True)
