"""Diffs, held to what two dictionaries say."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Change, ChangeKind, ChangeSummary
from jupyter_gradient_data.service.api import DataService
from tests.service.place import Place, fails, write_tree

Files = dict[str, bytes]
OLD = {"a": b"1", "a-": b"same", "dir/b": b"2", "dir/c": b"33", "gone/x": b"", "z": b"9"}
NEW = {"a": b"changed", "a-": b"same", "dir/b": b"2", "dir/c/d": b"", "new/y": b"n", "z": b"9"}


def expected(old: Files, new: Files) -> list[Change]:
    changes = []
    for path in sorted({*old, *new}, key=str.encode):
        before, now = old.get(path), new.get(path)
        if before == now:
            continue
        kind = ChangeKind.ADDED if before is None else ChangeKind.REMOVED if now is None else ChangeKind.CHANGED
        changes.append(Change(kind, path, size(before), size(now), digest(before), digest(now)))
    return changes


def summary(old: Files, new: Files) -> ChangeSummary:
    changes = expected(old, new)
    kinds = [change.kind for change in changes]
    return ChangeSummary(
        kinds.count(ChangeKind.ADDED),
        kinds.count(ChangeKind.REMOVED),
        kinds.count(ChangeKind.CHANGED),
        sum(change.new_size or 0 for change in changes),
        sum(change.old_size or 0 for change in changes),
    )


def size(content: bytes | None) -> int | None:
    return None if content is None else len(content)


def digest(content: bytes | None) -> str | None:
    return None if content is None else hash_bytes(content).hex()


def paged(place: Place, old: str, new: str, limit: int) -> list[Change]:
    found: list[Change] = []
    after = None
    while True:
        page = place.service.diff_versions(old, new, limit=limit, after=after)
        assert len(page.items) <= limit
        found += page.items
        if (after := page.next_token) is None:
            return found


def test_diffs(place: Place) -> None:
    olds, news = ((place.committed(files).reference, place.version(files).reference) for files in (OLD, NEW))
    for old in olds:
        for new in news:
            for limit in (1, 2, 1000):
                assert paged(place, old, new, limit) == expected(OLD, NEW)
                assert paged(place, new, old, limit) == expected(NEW, OLD)
            assert place.service.summarize_changes(new, old) == summary(OLD, NEW)
            assert place.service.summarize_changes(old, new) == summary(NEW, OLD)
        assert paged(place, old, olds[0], 10) == []


def test_an_uncommitted_version_against_its_base(local: Place) -> None:
    base = local.committed(OLD)
    child = local.version({"a": b"changed", "new": b""}, start_from=base.reference)
    local.service.delete_files(child.reference, ["dir"]).result()
    now = {path: content for path, content in OLD.items() if not path.startswith("dir/")}
    now |= {"a": b"changed", "new": b""}
    assert paged(local, base.reference, child.reference, 2) == expected(OLD, now)
    assert paged(local, child.reference, base.reference, 2) == expected(now, OLD)
    assert local.service.summarize_changes(child.reference) == summary(OLD, now)
    local.service.delete_files(child.reference, ["/"]).result()
    assert local.service.summarize_changes(child.reference) == summary(OLD, {})


@pytest.mark.parametrize("seed", range(5))
def test_whatever_is_staged_over_whatever(make_place: Callable[[str], Place], seed: int) -> None:
    """Versions that share a base, that have others, and bases themselves, each against each."""
    place, chance = make_place("embedded"), random.Random(seed)
    all_paths = [f"{folder}{number}" for folder in ("", "d/", "d/e/") for number in range(8)]

    def some() -> Files:
        return {path: b"%d" % chance.randrange(3) for path in chance.sample(all_paths, 12)}

    known: dict[str, Files] = {}
    for _ in range(2):
        base = some()
        committed = place.committed(base)
        known[committed.reference] = base
        for _ in range(2):
            staged, gone = some(), chance.sample(sorted(base), 4)
            child = place.version({}, start_from=committed.reference)
            place.service.delete_files(child.reference, gone).result()
            place.fill(child.reference, staged)
            known[child.reference] = {path: data for path, data in base.items() if path not in gone} | staged
    for old in known:
        for new in known:
            assert paged(place, old, new, 5) == expected(known[old], known[new])
            assert place.service.summarize_changes(new, old) == summary(known[old], known[new])


def test_what_a_version_changed_is_known_for_ever(place: Place) -> None:
    first = place.committed(OLD)
    assert place.service.summarize_changes(first.reference) == summary({}, OLD)
    child = place.version({"new": b"123"}, start_from=first.reference)
    child = place.service.commit_version(child.reference).result()
    assert place.service.summarize_changes("data") == summary({}, {"new": b"123"})
    fresh = place.version(NEW)
    assert place.service.summarize_changes(fresh.reference) == summary({}, NEW)
    assert place.service.summarize_changes(place.version().reference) == ChangeSummary(0, 0, 0, 0, 0)
    place.service.delete_version(first.reference)
    assert place.service.summarize_changes(child.reference) == summary({}, {"new": b"123"})
    with fails(ErrorKind.VERSION_NOT_FOUND, first.version):
        place.service.summarize_changes(child.reference, first.reference)


def test_what_did_not_change_is_not_read(make_place: Callable[[str], Place], tmp_path: Path) -> None:
    place = make_place("embedded")
    files = {f"{number:04}": b"%d" % number for number in range(4000)}
    version = place.version()
    place.service.put_files(version.reference, [f"{write_tree(tmp_path / 'many', files)}/"]).result()
    base = place.service.commit_version(version.reference).result()

    def read_by(ask: Callable[[DataService], object]) -> int:
        service = place.reopen()  # nothing is in memory
        before = service.stats()["bytes_in"]
        ask(service)
        return service.stats()["bytes_in"] - before

    whole = read_by(lambda service: service.diff_versions(place.version().reference, base.reference, limit=5000))
    assert read_by(lambda service: service.summarize_changes(base.reference)) == 0
    child = place.version({"2000": b"other", "2001a": b"new"}, start_from=base.reference).reference
    assert read_by(lambda service: service.summarize_changes(child)) < whole / 10
    assert read_by(lambda service: service.diff_versions(base.reference, child)) < whole / 10
    assert read_by(lambda service: service.diff_versions(child, base.reference)) < whole / 10


def test_the_flag_is_part_of_a_file(local: Place) -> None:
    one, other = local.committed({"run": b"x"}), local.committed({"run*": b"x"})
    (change,) = local.service.diff_versions(one.reference, other.reference).items
    assert change.kind is ChangeKind.CHANGED
    assert change.old_hash == change.new_hash


@pytest.mark.parametrize("committed", [True, False])
def test_across_datasets_and_providers(make_place: Callable[..., Place], committed: bool) -> None:
    place = make_place("sqlite-rclone")
    place.service.create_dataset("here", provider=place.provider)
    place.service.create_dataset("there")
    old = place.committed(OLD | {f"many/{n}": b"%d" % n for n in range(30)}, "here")
    now = NEW | {f"many/{n}": b"%d" % n for n in range(1, 31)}
    new = place.committed(now, "there") if committed else place.version(now, "there")
    assert paged(place, old.reference, new.reference, 7) == expected(
        OLD | {f"many/{n}": b"%d" % n for n in range(30)}, now
    )
    copied = place.service.create_version("there", start_from="here")
    assert paged(place, old.reference, copied.reference, 7) == []


def test_a_diff_of_what_is_not_there(local: Place) -> None:
    done = local.committed(OLD)
    for old, new in ((done.reference, "data:nothing"), ("data:nothing", done.reference)):
        with fails(ErrorKind.VERSION_NOT_FOUND, "nothing"):
            local.service.diff_versions(old, new)


def test_a_token_of_another_list_is_refused(local: Place) -> None:
    old, new = local.committed(OLD).reference, local.committed(NEW).reference
    with fails(ErrorKind.INVALID_OPTION, "after"):
        local.service.diff_versions(old, new, after="\ud800")
    with fails(ErrorKind.INVALID_OPTION, "after"):
        local.service.list_files(new, after="\ud800")
