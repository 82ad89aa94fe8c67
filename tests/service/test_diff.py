"""Diffs, held to what two dictionaries say."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Change, ChangeKind
from tests.service.place import Place, fails

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
        assert paged(place, old, olds[0], 10) == []


def test_an_uncommitted_version_against_its_base(local: Place) -> None:
    base = local.committed(OLD)
    child = local.version({"a": b"changed", "new": b""}, start_from=base.reference)
    local.service.delete_files(child.reference, ["dir"]).result()
    now = {path: content for path, content in OLD.items() if not path.startswith("dir/")}
    now |= {"a": b"changed", "new": b""}
    assert paged(local, base.reference, child.reference, 2) == expected(OLD, now)


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
