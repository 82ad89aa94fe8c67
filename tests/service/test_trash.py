"""The trash: what it shows, and what comes back from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Trashed
from jupyter_gradient_data.service.local import open_service
from tests.service.place import Place, fails


def references(place: Place) -> list[str]:
    return [item.reference for item in place.service.list_trash().items]


def test_a_dataset_comes_back_with_everything(place: Place) -> None:
    version = place.committed({"a": b"1", "b": b"22"})
    draft = place.version({"c": b"3"})
    place.service.set_tag(version.reference, "best")
    made = place.service.update_dataset("data", description="words")
    place.service.delete_dataset("data")
    (found,) = place.service.list_trash().items
    assert (found.reference, found.name, found.message) == (made.id, "data", "words")
    assert (found.versions, found.files, found.bytes) == (2, 2, 3)
    assert found.expires - found.trashed == timedelta(days=30)

    place.service.restore(made.id)
    assert place.service.list_trash().items == ()
    back = place.reopen().get_dataset("data")
    assert (back.id, back.description, back.latest) == (made.id, "words", version.version)
    assert back.modified > made.modified
    assert place.contents("data:best") == {"a": b"1", "b": b"22"}
    assert place.contents(draft.reference) == {"c": b"3"}
    assert place.service.verify().result().ok


def test_a_version_comes_back_with_its_tags(place: Place) -> None:
    first = place.committed({"a": b"1"}, message="first")
    second = place.committed({"a": b"2", "b": b"2"}, message="second")
    for tag in ("best", "stable", "taken"):
        place.service.set_tag(second.reference, tag)
    seen = place.service.get_dataset("data").modified
    place.service.delete_version(second.reference)
    assert place.service.get_dataset("data").modified > seen, "`latest` is another"
    (found,) = place.service.list_trash().items
    assert (found.reference, found.name, found.message) == (second.reference, "data", "second")
    assert (found.versions, found.files, found.bytes) == (1, 2, 2)
    with fails(ErrorKind.TAG_NOT_FOUND, "best"):
        place.service.delete_tag("data", "best")
    taken = place.service.set_tag(first.reference, "taken")
    assert taken.created == taken.modified, "it began anew"

    place.service.restore(f"data:{second.version}")
    back = place.reopen().get_version("data")
    assert (back.version, back.tags) == (second.version, ("best", "stable"))
    assert place.service.get_version(first.reference).tags == ("taken",)
    assert place.contents("data:best") == {"a": b"2", "b": b"2"}


def test_an_uncommitted_version_comes_back(place: Place) -> None:
    version = place.version({"a": b"1"})
    place.service.delete_version(version.reference)
    place.service.restore(version.reference)
    place.fill(version.reference, {"b": b"2"})
    place.service.commit_version(version.reference).result()
    assert place.contents("data") == {"a": b"1", "b": b"2"}


def test_a_name_that_is_taken_by_now(place: Place) -> None:
    old = place.dataset("data")
    place.service.delete_dataset("data")
    new = place.dataset("data")
    for given in (None, "data"):
        with fails(ErrorKind.NAME_TAKEN, "'data'"):
            place.service.restore(old.id, name=given)
    assert references(place) == [old.id]
    place.service.restore(old.id, name="old data")
    assert place.service.get_dataset("old data").id == old.id
    assert place.service.get_dataset("data").id == new.id


def test_by_its_name_the_last_deleted_is_meant(local: Place) -> None:
    for _ in range(2):
        last = local.dataset("data")
        local.service.delete_dataset("data")
    local.service.restore("data")
    assert local.service.get_dataset("data").id == last.id


def test_versions_of_a_deleted_dataset_are_part_of_it(local: Place) -> None:
    gone, stays = local.committed({"a": b"1"}), local.committed({"a": b"2"})
    local.service.delete_version(gone.reference)
    local.service.delete_dataset("data")
    (found,) = local.service.list_trash().items
    assert (found.reference, found.versions) == (gone.dataset, 1)
    with fails(ErrorKind.DATASET_NOT_FOUND):
        local.service.restore(gone.reference)
    local.service.restore(gone.dataset)
    assert references(local) == [gone.reference]
    assert local.service.get_dataset("data").latest == stays.version


def test_what_is_not_in_the_trash(place: Place) -> None:
    version = place.committed({"a": b"1"})
    for reference in ("data", version.dataset, version.reference, "data:nothing", "nothing", "dsabcdefghijklm"):
        with fails(ErrorKind.NOT_IN_TRASH, reference):
            place.service.restore(reference)
    with fails(ErrorKind.INVALID_REFERENCE):
        place.service.restore("a:b:c")
    place.service.delete_version(version.reference)
    with fails(ErrorKind.INVALID_OPTION, "name"):
        place.service.restore(version.reference, name="other")
    place.service.delete_dataset("data")
    with fails(ErrorKind.INVALID_NAME):
        place.service.restore(version.dataset, name="a/b")
    assert references(place) == [version.dataset]


@pytest.mark.parametrize("limit", [1, 2, 3, 100])
def test_pages_show_the_last_deleted_first(place: Place, limit: int) -> None:
    expected = []
    for number in range(3):
        place.dataset(f"gone {number}")
        versions = [place.version(dataset="data") for _ in range(2)]
        for version in versions:
            place.service.delete_version(version.reference)
            expected.append(version.reference)
        expected.append(place.service.get_dataset(f"gone {number}").id)
        place.service.delete_dataset(f"gone {number}")
    found: list[Trashed] = []
    after = None
    while True:
        page = place.service.list_trash(limit=limit, after=after)
        assert len(page.items) <= limit
        found += page.items
        if (after := page.next_token) is None:
            break
    assert sorted(item.reference for item in found) == sorted(expected)
    assert [item.trashed for item in found] == sorted((item.trashed for item in found), reverse=True)


@pytest.mark.parametrize("token", ["", "x", "1-version-", "1-dataset-x", f"1-version-{10**20}", "²-version-1"])
def test_tokens_of_other_lists(local: Place, token: str) -> None:
    with fails(ErrorKind.INVALID_OPTION, "after"):
        local.service.list_trash(after=token)


def test_recovery_agrees(make_place: Callable[..., Place]) -> None:
    """What was restored is restored after the loss of the database, and what was not waits with its tags."""
    place = make_place("embedded")
    kept, back, gone = (place.committed({"a": text}) for text in (b"1", b"2", b"3"))
    place.service.set_tag(back.reference, "back")
    place.service.set_tag(gone.reference, "gone")
    for version in (back, gone):
        place.service.delete_version(version.reference)
    place.service.restore(back.reference)
    place.dataset("other")
    place.service.delete_dataset("other")
    place.service.restore("other", name="renamed")

    place.service.close()
    for file in place.config.state_path.glob("metadata.sqlite*"):
        file.unlink()
    service = place.reopen()
    assert service.recover().result().problems == ()
    assert [dataset.name for dataset in service.list_datasets().items] == ["data", "renamed"]
    assert [version.version for version in service.list_versions("data").items] == [back.version, kept.version]
    assert [tag.name for tag in service.list_tags("data").items] == ["back"]
    assert references(place) == [gone.reference]
    service.restore(gone.reference)
    assert service.get_version("data:gone").version == gone.version
    assert place.contents("data") == {"a": b"3"}


def test_after_its_time_it_still_comes_back(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", trash_days=0)
    place.committed({"a": b"1"})
    place.service.delete_dataset("data")
    place.service.collect_garbage().result()
    (found,) = place.service.list_trash().items
    assert found.expires == found.trashed
    place.service.restore("data")
    assert place.contents("data") == {"a": b"1"}
    assert place.service.verify(read_data=True).result().ok


def test_a_commit_that_was_interrupted_can_be_repeated(local: Place) -> None:
    """A version that goes to the trash while it is being committed comes back uncommitted."""
    from jupyter_gradient_data.datasets.repository import Repository
    from jupyter_gradient_data.stores.schema import versions

    version = local.version({"a": b"1"})
    repository = Repository(Config(state_dir=local.config.state_dir))
    with repository.database.write() as connection:
        connection.execute(versions.update().values(state="committing", lease="somewhere/1/1/x", lease_expires=2**40))
    repository.close()
    local.service.delete_version(version.reference)
    local.service.restore(version.reference)
    local.fill(version.reference, {"b": b"2"})
    local.service.commit_version(version.reference).result()
    assert local.contents("data") == {"a": b"1", "b": b"2"}


def test_two_servers_restore_one_dataset(make_place: Callable[..., Place]) -> None:
    place = make_place("postgresql-embedded")
    made = place.dataset("data")
    place.service.delete_dataset("data")
    other = open_service(place.config)
    try:
        other.restore(made.id)
        with fails(ErrorKind.NOT_IN_TRASH, made.id):
            place.service.restore(made.id)
        assert place.service.get_dataset("data") == other.get_dataset("data")
    finally:
        other.close()
