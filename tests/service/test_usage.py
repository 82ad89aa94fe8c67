"""What is stored, what nothing uses any more, and what verify and recover have to say of it."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable

import pytest

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Usage
from tests.service.place import Place, fails

MIB = 1024 * 1024


def noise(size: int, seed: int = 1) -> bytes:
    return random.Random(seed).randbytes(size)


def usage_of(place: Place) -> Usage:
    (usage,) = place.service.usage(place.provider or "Gradient Managed")
    return usage


def test_usage(place: Place) -> None:
    place.committed({"a": noise(1000), "shared": noise(5000, 2)})
    place.committed({"a": noise(1000), "b": noise(2000, 3)})
    place.version({"c": noise(4000, 4)})
    place.committed({"shared": noise(5000, 2), "large": noise(2 * MIB, 5)}, "other")
    usage = usage_of(place)
    assert usage.logical_bytes == 6000 + 3000 + 5000 + 2 * MIB
    assert 2 * MIB + 12_000 < usage.stored_bytes < 2 * MIB + 20_000
    first, second = usage.datasets
    assert (first.name, first.versions, first.files, first.logical_bytes) == ("data", 2, 4, 9000)
    assert (second.name, second.versions, second.files) == ("other", 1, 2)
    assert 7000 <= first.exclusive_bytes < 12_000  # also what is not committed yet, but not what is shared
    assert 2 * MIB <= second.exclusive_bytes < 2 * MIB + 2000
    assert usage.stored_bytes == place.service.get_provider(usage.provider).used_bytes
    assert sum(each.logical_bytes for each in place.service.usage()) == usage.logical_bytes
    freed = place.service.preview_delete("other").freed_bytes
    assert freed == second.exclusive_bytes


def test_what_nothing_uses(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", trash_days=0)
    place.committed({"a": noise(1000)})
    assert place.service.collect_garbage().result().bytes == 0
    place.committed({"b": noise(3000, 2), "large": noise(2 * MIB, 3)}, "other")
    unfinished = place.version({"c": noise(500, 4)})
    assert place.service.collect_garbage().result().bytes == 0
    place.service.delete_dataset("other")
    place.service.delete_files(unfinished.reference, ["c"]).result()
    before = sorted(place.config.state_path.rglob("managed/**/*"))
    report = place.service.collect_garbage().result()
    assert report.objects == 1
    assert report.packs >= 2
    assert 2 * MIB + 3500 < report.bytes < 2 * MIB + 8000
    assert len(report.keys) == report.packs + report.objects
    assert sorted(place.config.state_path.rglob("managed/**/*")) == before  # nothing is deleted
    assert place.contents("data") == {"a": noise(1000)}


def test_the_trash_is_kept(make_place: Callable[..., Place]) -> None:
    place = make_place("embedded", trash_days=1)
    done = place.committed({"a": noise(1000)})
    place.service.delete_version(done.reference)
    assert place.service.collect_garbage().result().bytes == 0
    place.service.delete_dataset("data")
    assert place.service.collect_garbage().result().bytes == 0


def test_verify_names_what_is_damaged(local: Place) -> None:
    good = local.committed({"fine": b"1"}, "good")
    bad = local.committed({"a": noise(500), "dir/b": noise(500, 2), "large": noise(2 * MIB, 3)}, "bad")
    assert local.service.verify(read_data=True).result().ok
    (large,) = local.config.state_path.glob("managed/*/blobs/*/*")
    large.unlink()
    for reference in (None, "bad", bad.reference):
        report = local.service.verify(reference).result()
        assert [(problem.thing, problem.fatal) for problem in report.problems] == [(f"{bad.reference} 'large'", True)]
    assert local.service.verify("good").result().ok
    assert local.service.verify(good.reference, read_data=True).result().bytes_read == 1
    with fails(ErrorKind.VERSION_NOT_FOUND, "nothing"):
        local.service.verify("good:nothing").result()


def test_verify_reads_every_byte(local: Place) -> None:
    done = local.committed({"a": noise(5000), "b": noise(5000, 2)})
    packs = list(local.config.state_path.glob("managed/*/packs/*"))
    damaged = max(packs, key=lambda path: path.read_bytes().count(noise(5000)[:100]))
    data = bytearray(damaged.read_bytes())
    data[data.index(noise(5000)) + 17] ^= 1
    damaged.write_bytes(data)
    assert local.service.verify().result().ok  # sizes are right
    report = local.service.verify(read_data=True).result()
    assert [problem.thing for problem in report.problems] == [f"{done.reference} 'a'"]


def test_recover_brings_everything_back(place: Place) -> None:
    first = place.committed({"a": b"1", "dir/b": noise(5000)}, message="one", metadata={"k": [1]})
    second = place.committed({"a": b"2", "large": noise(2 * MIB)}, start_from=first.reference)
    place.service.set_tag(first.reference, "best")
    place.service.update_dataset("data", description="words", name="renamed")
    place.committed({}, "other")
    place.version({"lost": b"uncommitted"}, "other")
    place.service.delete_version(place.committed({"x": b"trash"}, "other").reference)
    before = [place.service.get_version(version.reference) for version in (first, second)]
    datasets = place.service.list_datasets().items
    fresh = forget(place)
    report = fresh.service.recover(fresh.provider).result()
    assert (report.datasets, report.tags, report.problems) == (2, 1, ())
    found = fresh.service.list_datasets().items
    assert [(d.id, d.name, d.description, d.latest) for d in found] == [
        (d.id, d.name, d.description, d.latest) for d in datasets
    ]
    for version in before:
        again = fresh.service.get_version(version.reference)
        assert (again.root, again.message, again.metadata, again.tags, again.files, again.parent) == (
            *(version.root, version.message, version.metadata, version.tags, version.files, version.parent),
        )
        assert again.committed == version.committed
    assert fresh.contents("renamed:best") == {"a": b"1", "dir/b": noise(5000)}
    assert fresh.service.verify(read_data=True).result().ok
    again_report = fresh.service.recover(fresh.provider).result()
    assert (again_report.datasets, again_report.versions, again_report.tags) == (0, 0, 0)
    before_bytes = fresh.stored
    child = fresh.service.create_version("renamed", start_from="renamed")
    fresh.service.write_file(child.reference, "again", [noise(2 * MIB)])  # the index is back as well
    assert fresh.stored == before_bytes


def forget(place: Place) -> Place:
    """The same bytes and a new database, as after the loss of the state directory."""
    import dataclasses

    from sqlalchemy import create_engine, make_url, text

    place.close()
    if place.config.database_url:
        url = make_url(place.config.database_url)
        engine = create_engine(url, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text("DROP SCHEMA public CASCADE"))
            connection.execute(text("CREATE SCHEMA public"))
        engine.dispose()
    for path in place.config.state_path.glob("*.sqlite*"):
        path.unlink()
    if place.provider is None:
        place.reopen()
        return place
    shutil.rmtree(place.config.state_path)
    fresh = Place(dataclasses.replace(place.config, team=place.repository.team), place.server)
    place.service = fresh.service
    return fresh


@pytest.mark.parametrize("read_data", [False, True])
def test_nothing_to_verify(local: Place, read_data: bool) -> None:
    report = local.service.verify(read_data=read_data).result()
    assert (report.ok, report.datasets, report.versions, report.files) == (True, 0, 0, 0)
