"""Datasets: names and ids, pages, changes, the trash, and what a reference to one may look like."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

import pytest
from sqlalchemy import event

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.service.api import DataService
from tests.service.place import Place, fails


def test_a_new_dataset(place: Place) -> None:
    made = place.service.create_dataset("photos", description="Müllers Katze", provider=place.provider)
    assert re.fullmatch(r"ds[a-z0-9]{13}", made.id)
    assert (made.name, made.description, made.latest, made.is_public) == ("photos", "Müllers Katze", None, False)
    assert made.provider.id == (place.provider or made.provider.id)
    assert made.provider.is_managed == (place.provider is None)
    assert made.created == made.modified
    assert place.service.get_dataset(made.id) == place.service.get_dataset("photos") == made


def test_what_is_said_of_the_newest_version(place: Place) -> None:
    def said() -> tuple[object, ...]:
        (found,) = place.service.list_datasets().items
        assert found == place.service.get_dataset("data")
        return found.latest, found.files, found.bytes, found.tags, found.uncommitted

    place.dataset()
    assert said() == (None, None, None, (), 0)
    one, other = place.version({"a": b"12"}), place.version({"a": b"1", "b/c": b"234"})
    assert said() == (None, None, None, (), 2)
    place.service.commit_version(other.reference).result()
    assert said() == (other.version, 2, 4, (), 1)
    for tag in ("prod", "best"):
        place.service.set_tag(other.reference, tag)
    assert said() == (other.version, 2, 4, ("best", "prod"), 1)
    place.service.commit_version(one.reference).result()  # the newest is who was committed last
    assert said() == (one.version, 1, 2, (), 0)
    place.service.delete_version(one.reference)
    assert said() == (other.version, 2, 4, ("best", "prod"), 0)
    place.service.delete_version(place.version().reference)
    assert said()[-1] == 0


@pytest.mark.parametrize("kind", ["embedded", "postgresql-embedded"])
def test_a_page_takes_as_many_queries_as_one_dataset(make_place: Callable[[str], Place], kind: str) -> None:
    place = make_place(kind)

    def queries() -> int:
        seen: list[str] = []
        engine = place.repository.database.engine

        def count(*given: object) -> None:
            seen.append(str(given[2]))

        event.listen(engine, "before_cursor_execute", count)
        page = place.service.list_datasets()
        event.remove(engine, "before_cursor_execute", count)
        assert all(dataset.files == 1 for dataset in page.items)
        return len(seen)

    place.committed({"a": b"1"}, "first")
    alone = queries()
    for name in ("second", "third"):
        for _ in range(2):
            place.service.set_tag(place.committed({"a": b"1"}, name).reference, "tag")
    assert queries() == alone


def test_pages_show_each_dataset_once(local: Place) -> None:
    wanted = [f"set {number:02}" for number in range(45)]
    for name in reversed(wanted):
        local.dataset(name)
    found, after, pages = [], None, 0
    while pages == 0 or after is not None:
        page = local.service.list_datasets(limit=3, after=after)
        found += [dataset.name for dataset in page.items]
        after, pages = page.next_token, pages + 1
    assert (found, pages) == (wanted, 15)
    assert local.service.list_datasets(limit=45).next_token is None
    assert local.service.list_datasets(limit=44).next_token is not None


@pytest.mark.parametrize("limit", [0, -1])
def test_a_page_has_at_least_one_row(local: Place, limit: int) -> None:
    """A page of none would name the next one, and whoever pages would go past what was never shown."""
    version = local.committed({"a": b"1"})
    service = local.service
    for ask in (
        lambda: service.list_datasets(limit=limit),
        lambda: service.list_versions("data", limit=limit),
        lambda: service.list_tags("data", limit=limit),
        lambda: service.list_files(version.reference, limit=limit),
        lambda: service.list_files(version.reference, recursive=True, limit=limit),
        lambda: service.diff_versions(version.reference, version.reference, limit=limit),
        lambda: service.list_providers(limit=limit),
    ):
        with fails(ErrorKind.INVALID_OPTION, "limit"):
            ask()


def test_a_name_is_taken_once(place: Place) -> None:
    first = place.dataset("one")
    place.dataset("two")
    with fails(ErrorKind.NAME_TAKEN, "dataset", "'one'"):
        place.dataset("one")
    with fails(ErrorKind.NAME_TAKEN, "dataset", "'two'"):
        place.service.update_dataset("one", name="two")
    assert place.service.update_dataset("one", name="one").id == first.id
    assert [dataset.name for dataset in place.service.list_datasets().items] == ["one", "two"]


def test_names_that_look_alike_are_one(local: Place) -> None:
    local.dataset(unicodedata.normalize("NFD", "Café"))
    with fails(ErrorKind.NAME_TAKEN):
        local.dataset(unicodedata.normalize("NFC", "Café"))
    assert local.service.get_dataset(unicodedata.normalize("NFD", "Café")).name == "Café"
    assert local.dataset("café").name == "café"


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        " a",
        "a ",
        "a:b",
        "a/b",
        "a\\b",
        "a\0b",
        "a\nb",
        "x" * 129,
        "dsabcdefghijklm",
        "spabcdefghijklm",
        "\udce9",
    ],
)
def test_what_cannot_be_a_name(local: Place, name: str) -> None:
    local.dataset("before")
    with fails(ErrorKind.INVALID_NAME, "dataset"):
        local.dataset(name)
    with fails(ErrorKind.INVALID_NAME, "dataset"):
        local.service.update_dataset("before", name=name)
    assert [dataset.name for dataset in local.service.list_datasets().items] == ["before"]


@pytest.mark.parametrize("name", ["x" * 128, "with spaces", "näme", "データ", "😀", "a.b-c_d", "1", "latest", "a@b"])
def test_what_can_be_a_name(local: Place, name: str) -> None:
    assert local.dataset(name).name == name
    assert local.service.get_dataset(name).name == name


@pytest.mark.parametrize("kind", ["embedded", "postgresql-embedded"])
def test_words_that_cannot_be_stored(make_place: Callable[[str], Place], kind: str) -> None:
    place = make_place(kind)
    version = place.version({"a": b"1"})
    service = place.service
    for use in (
        lambda: service.create_dataset("other", description="caf\udce9"),
        lambda: service.update_dataset("data", description="caf\udce9"),
        lambda: service.create_version("data", message="caf\udce9"),
        lambda: service.update_version(version.reference, message="caf\udce9"),
        lambda: service.list_datasets(after="caf\udce9"),
    ):
        with fails(ErrorKind.INVALID_OPTION, "text", "Unicode"):
            use()
    assert [dataset.description for dataset in service.list_datasets().items] == [""]
    assert service.list_versions("data", committed=None).items == (version,)


def test_what_changes_and_what_stays(local: Place) -> None:
    made = local.dataset("old name")
    changed = local.service.update_dataset("old name", description="new words")
    assert (changed.id, changed.name, changed.description) == (made.id, "old name", "new words")
    renamed = local.service.update_dataset(made.id, name="new name")
    assert (renamed.id, renamed.name, renamed.description) == (made.id, "new name", "new words")
    assert renamed.created == made.created
    assert renamed.modified >= made.modified
    with fails(ErrorKind.DATASET_NOT_FOUND, "old name"):
        local.service.get_dataset("old name")
    assert local.service.update_dataset("new name", description="").description == ""


def test_the_trash_frees_a_name(local: Place) -> None:
    old = local.dataset("data")
    version = local.committed({"a": b"1"})
    local.service.delete_dataset("data")
    assert local.service.list_datasets().items == ()
    for reference in ("data", old.id):
        with fails(ErrorKind.DATASET_NOT_FOUND, reference):
            local.service.get_dataset(reference)
    with fails(ErrorKind.DATASET_NOT_FOUND, old.id):
        local.read(version.reference, "a")
    with fails(ErrorKind.DATASET_NOT_FOUND):
        local.service.delete_dataset("data")
    new = local.dataset("data")
    assert new.id != old.id
    assert local.service.get_dataset("data").latest is None


def test_latest_is_the_newest_committed_version(local: Place) -> None:
    first = local.version({"a": b"1"})
    second = local.version({"a": b"2"})
    assert local.service.get_dataset("data").latest is None
    local.service.commit_version(second.reference).result()
    assert local.service.get_dataset("data").latest == second.version
    local.service.commit_version(first.reference).result()  # created earlier, committed later
    assert local.service.get_dataset("data").latest == first.version
    assert local.service.list_datasets().items[0].latest == first.version
    assert local.service.get_version("data").version == first.version
    local.service.delete_version(first.reference)
    assert local.service.get_dataset("data").latest == second.version


@pytest.mark.parametrize(
    "reference",
    ["", ":", ":tag", "a:", "a:b:c", "a/b/c", "/a", "a/", "a/b/c:d", "a\0", "a\nb", " a", "a:b/c", "x" * 129, "a\\b"],
)
def test_what_is_no_reference(local: Place, reference: str) -> None:
    local.committed({"a": b"1"}, "a")
    service: DataService = local.service
    for use in (
        lambda: service.get_version(reference),
        lambda: service.list_files(reference),
        lambda: service.get_file(reference, "a"),
        lambda: service.create_version("a", start_from=reference),
        lambda: service.commit_version(reference).result(),
        lambda: service.diff_versions("a", reference),
        lambda: service.verify(reference).result(),
    ):
        with fails(ErrorKind.INVALID_REFERENCE, repr(reference)):
            use()


@pytest.mark.parametrize("selector", ["\udce9", "a\0b", "\n", "x" * 5000])
def test_what_cannot_be_a_version_or_tag_is_not_looked_for(local: Place, selector: str) -> None:
    local.committed({"a": b"1"})
    with fails(ErrorKind.INVALID_REFERENCE):
        local.service.get_version(f"data:{selector}")


@pytest.mark.parametrize("reference", ["data:latest", "data:abc1234", "data:tag"])
def test_a_dataset_is_meant_without_a_version(local: Place, reference: str) -> None:
    local.committed({"a": b"1"})
    service = local.service
    for use in (
        lambda: service.get_dataset(reference),
        lambda: service.update_dataset(reference, name="other"),
        lambda: service.delete_dataset(reference),
        lambda: service.create_version(reference),
        lambda: service.list_versions(reference),
        lambda: service.list_tags(reference),
        lambda: service.delete_tag(reference, "tag"),
    ):
        with fails(ErrorKind.VERSION_UNWANTED, repr(reference)):
            use()
    assert service.get_dataset("data").name == "data"


def test_a_version_is_meant_where_something_changes(local: Place) -> None:
    local.committed({"a": b"1"})
    service = local.service
    for use in (
        lambda: service.commit_version("data").result(),
        lambda: service.delete_version("data"),
        lambda: service.update_version("data", message="m"),
        lambda: service.set_tag("data", "tag"),
        lambda: service.put_files("data", ["."]).result(),
        lambda: service.write_file("data", "a", [b""]),
        lambda: service.delete_files("data", ["a"]).result(),
    ):
        with fails(ErrorKind.VERSION_MISSING, "'data'"):
            use()
    assert local.contents("data") == {"a": b"1"}


def test_all_forms_of_a_reference_mean_the_same(place: Place) -> None:
    version = place.committed({"a": b"1"})
    place.service.set_tag(version.reference, "best")
    team = place.repository.team
    for dataset in ("data", version.dataset, f"{team}/data", f"{team}/{version.dataset}"):
        assert place.service.get_dataset(dataset).id == version.dataset
        for suffix in ("", ":latest", ":best", f":{version.version}"):
            assert place.service.get_version(dataset + suffix).reference == version.reference
            assert place.read(dataset + suffix, "a") == b"1"


def test_what_is_not_there(local: Place) -> None:
    version = local.version()
    service = local.service
    for dataset in ("nothing", "ds0000000000000", "somebody/data"):
        with fails(ErrorKind.DATASET_NOT_FOUND, dataset):
            service.get_version(f"{dataset}:latest")
    with fails(ErrorKind.NO_COMMITTED_VERSION, "data"):
        service.get_version("data")
    with fails(ErrorKind.NO_COMMITTED_VERSION, "data"):
        service.list_files("data:latest")
    for selector in ("abc1234", "best"):
        with fails(ErrorKind.VERSION_NOT_FOUND, "data", selector):
            service.get_version(f"data:{selector}")
    other = local.version(dataset="other")
    with fails(ErrorKind.VERSION_NOT_FOUND, version.version):
        service.get_version(f"{other.dataset}:{version.version}")
    with fails(ErrorKind.PROVIDER_NOT_FOUND, "nowhere"):
        service.create_dataset("third", provider="nowhere")
    assert [dataset.name for dataset in service.list_datasets().items] == ["data", "other"]


def test_what_deleting_would_free(place: Place) -> None:
    first = place.committed({"same": b"s" * 500, "a": bytes(range(256)) * 8})
    second = place.committed({"same": b"s" * 500, "b": bytes(range(255, -1, -1)) * 9}, start_from=None)
    whole = place.service.preview_delete("data")
    one, other = (place.service.preview_delete(version.reference) for version in (first, second))
    assert (whole.versions, whole.files, whole.thing) == (2, 4, first.dataset)
    assert (one.versions, one.files, one.thing) == (1, 2, first.reference)
    assert 0 < one.freed_bytes < whole.freed_bytes
    assert one.freed_bytes + other.freed_bytes < whole.freed_bytes  # what they share goes with the last of them
    place.committed({"same": b"s" * 500}, "keeper")
    assert place.service.preview_delete("data").freed_bytes < whole.freed_bytes
