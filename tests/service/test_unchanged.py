"""Changes that are refused when somebody else was faster, and the times by which that is known."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.models import Dataset, Version
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.stores import times
from tests.service.place import Place, fails


def test_a_dataset_that_was_changed_meanwhile(place: Place) -> None:
    seen = place.dataset("data")
    changed = place.service.update_dataset("data", description="mine", unchanged_since=seen.modified)
    assert changed.modified > seen.modified
    with fails(ErrorKind.CHANGED_MEANWHILE, seen.id):
        place.service.update_dataset("data", name="yours", unchanged_since=seen.modified)
    assert place.service.get_dataset("data") == changed
    again = place.service.update_dataset("data", name="new", unchanged_since=changed.modified)
    assert (again.name, again.description) == ("new", "mine")


def test_a_version_that_was_changed_meanwhile(place: Place) -> None:
    seen = place.committed({"a": b"1"})
    changed = place.service.update_version(seen.reference, message="mine", unchanged_since=seen.modified)
    assert changed.modified > seen.modified
    with fails(ErrorKind.CHANGED_MEANWHILE, seen.reference):
        place.service.update_version(seen.reference, metadata={"x": 1}, unchanged_since=seen.modified)
    assert place.service.get_version(seen.reference) == changed


def test_a_provider_that_was_changed_meanwhile(place: Place) -> None:
    seen = place.service.get_provider(place.provider or "Gradient Managed")
    changed = place.service.update_provider(seen.id, quota_bytes=10**9, unchanged_since=seen.modified)
    assert changed.modified > seen.modified
    with fails(ErrorKind.CHANGED_MEANWHILE, seen.name):
        place.service.update_provider(seen.id, quota_bytes=1, unchanged_since=seen.modified)
    assert place.service.get_provider(seen.id) == changed


@pytest.mark.parametrize("kind", ["embedded", "postgresql-embedded"])
def test_one_of_many_at_once_wins(make_place: Callable[..., Place], kind: str) -> None:
    place = make_place(kind)
    seen = place.dataset("data")

    def change(number: int) -> str | None:
        words = f"change {number}"
        try:
            return place.service.update_dataset("data", description=words, unchanged_since=seen.modified).description
        except GradientDataError as error:
            assert error.kind is ErrorKind.CHANGED_MEANWHILE  # noqa: PT017
            return None

    with ThreadPoolExecutor(8) as pool:
        won = [description for description in pool.map(change, range(8)) if description]
    assert won == [place.service.get_dataset("data").description]


def test_two_changes_in_one_millisecond_differ(local: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = local.dataset("data")
    stopped = round(seen.modified.timestamp() * 1000)
    monkeypatch.setattr(times, "now", lambda: stopped - 5000)  # a clock that even went back
    for number in range(1, 4):
        changed = local.service.update_dataset("data", description=str(number))
        assert changed.modified == seen.modified + timedelta(milliseconds=number)


def dataset_moves(service: DataService, dataset: Dataset, change: Callable[[], object]) -> bool:
    return moves(lambda: service.get_dataset(dataset.id).modified, change)


def version_moves(service: DataService, version: Version, change: Callable[[], object]) -> bool:
    return moves(lambda: service.get_version(version.reference).modified, change)


def moves(modified: Callable[[], datetime], change: Callable[[], object]) -> bool:
    before = modified()
    change()
    after = modified()
    assert after >= before
    return after > before


def test_what_a_look_shows_moves_the_time(place: Place) -> None:
    """Or an ETag made of it would lie."""
    service, dataset = place.service, place.dataset("data")
    version = place.version({"a": b"1"})
    of_dataset, of_version = partial(dataset_moves, service, dataset), partial(version_moves, service, version)

    def commit() -> None:
        service.commit_version(version.reference).result()

    seen = service.get_dataset("data").modified
    assert of_version(commit)
    assert service.get_dataset("data").modified > seen, "`latest`"
    assert not of_dataset(commit), "it was committed already"
    other = place.committed({"a": b"2"})
    assert of_version(lambda: service.set_tag(version.reference, "best"))
    assert of_version(lambda: service.set_tag(version.reference, "best")), "the tag's own time is another"
    assert of_version(lambda: service.set_tag(other.reference, "best")), "it lost a tag"
    assert version_moves(service, other, lambda: service.delete_tag("data", "best"))
    assert not of_dataset(lambda: service.set_tag(other.reference, "best")), "a dataset does not show its tags"
    assert of_dataset(lambda: service.delete_version(other.reference)), "`latest`"
    assert of_dataset(lambda: service.restore(other.reference)), "`latest`"
    assert not of_version(lambda: place.service.update_dataset("data", description="x"))


@pytest.mark.parametrize("kind", ["embedded", "postgresql-embedded"])
def test_tags_moved_to_and_fro_by_many(make_place: Callable[..., Place], kind: str) -> None:
    """Each moves a tag between the same two versions, in both directions: nobody waits for ever."""
    place = make_place(kind)
    ends = [place.committed({"a": text}).reference for text in (b"1", b"2")]

    def move(number: int) -> None:
        name = f"tag{number % 3}"
        for step in range(6):
            place.service.set_tag(ends[(number + step) % 2], name)
            if step == 3 and number % 2:
                try:
                    place.service.delete_tag("data", name)
                except GradientDataError as error:
                    assert error.kind is ErrorKind.TAG_NOT_FOUND  # noqa: PT017

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(move, range(6)))
    assert {tag.name for tag in place.service.list_tags("data").items} <= {"tag0", "tag1", "tag2"}
    assert place.service.verify().result().ok
