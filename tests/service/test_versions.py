"""The life of versions and tags: create, from another one, commit, change what is said, trash."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from jupyter_gradient_data.ids import is_version_id
from jupyter_gradient_data.models import VersionState
from tests.service.place import Place, fails, names, write_tree

FILES = {"a": b"1", "dir/b": b"22" * 3000, "dir/sub/c": b"", "run*": b"#!/bin/sh\n"}
STORED = {"a": b"1", "dir/b": b"22" * 3000, "dir/sub/c": b"", "run": b"#!/bin/sh\n"}
LARGE = bytes(range(256)) * 4 * 1024 * 3  # 3 MiB: an object of its own


def test_a_new_version(place: Place) -> None:
    place.dataset()
    made = place.service.create_version("data", message="first", metadata={"rows": 3, "tags": ["ü"]})
    assert is_version_id(made.version)
    assert made.state is VersionState.UNCOMMITTED
    assert not made.is_committed
    assert (made.message, made.author, made.metadata) == ("first", "tester", {"rows": 3, "tags": ["ü"]})
    assert (made.root, made.parent, made.files, made.bytes, made.committed, made.tags) == (None,) * 5 + ((),)
    assert place.service.get_version(made.reference) == made
    assert place.files(made.reference) == []


def test_commit(place: Place) -> None:
    version = place.version(FILES)
    done = place.service.commit_version(version.reference).result()
    assert done.state is VersionState.COMMITTED
    assert (done.files, done.bytes) == (4, sum(map(len, STORED.values())))
    assert re.fullmatch(r"[0-9a-f]{64}", done.root or "")
    assert done.committed is not None
    assert done.committed >= done.created
    assert place.contents(done.reference) == STORED
    assert [info.path for info in place.files(done.reference) if info.executable] == ["run"]
    assert place.service.commit_version(version.reference).result() == done  # twice is no error
    assert place.service.verify(read_data=True).result().ok


def test_an_empty_version(place: Place) -> None:
    done = place.committed({})
    assert (done.files, done.bytes) == (0, 0)
    assert place.files(done.reference) == []
    assert place.service.list_files(done.reference).items == ()
    assert place.committed({}, "other").root == done.root


def test_a_committed_version_takes_nothing(place: Place, tmp_path: Path) -> None:
    done = place.committed({"a": b"1", "dir/b": b"2"})
    write_tree(tmp_path / "new", {"c": b"3"})
    service = place.service
    for use in (
        lambda: service.write_file(done.reference, "c", [b"3"]),
        lambda: service.put_files(done.reference, [tmp_path / "new"]).result(),
        lambda: service.delete_files(done.reference, ["a"]).result(),
        lambda: service.delete_files(done.reference, ["dir/"]).result(),
        lambda: service.delete_files(done.reference, ["/"]).result(),
    ):
        with fails(ErrorKind.VERSION_COMMITTED, done.reference):
            use()
    for reference in ("data:latest", f"{done.dataset}:latest"):
        with fails(ErrorKind.VERSION_COMMITTED, done.reference):
            service.write_file(reference, "c", [b"3"])
    assert place.contents(done.reference) == {"a": b"1", "dir/b": b"2"}
    assert service.get_version(done.reference) == done


def test_equal_contents_have_equal_roots(place: Place) -> None:
    one = place.committed(FILES)
    other = place.version({"junk": b"x"}, "other")
    place.fill(other.reference, dict(reversed(FILES.items())))
    place.service.delete_files(other.reference, ["junk"]).result()
    same = place.service.commit_version(other.reference).result()
    assert same.root == one.root
    assert place.committed({**FILES, "a": b"2"}).root != one.root
    assert place.committed({**FILES, "a*": b"1"}).root != one.root


def test_create_from_a_version(place: Place) -> None:
    base = place.committed(FILES)
    place.service.set_tag(base.reference, "base")
    for start in (base.reference, "data", "data:latest", "data:base"):
        child = place.service.create_version("data", start_from=start)
        assert child.parent == base.reference
        assert place.contents(child.reference) == STORED
    same = place.service.commit_version(child.reference).result()
    assert (same.root, same.files, same.bytes) == (base.root, base.files, base.bytes)
    changed = place.version({"a": b"new", "dir/d": b"4"}, start_from=base.reference)
    place.service.delete_files(changed.reference, ["dir/b"]).result()
    expected = {**STORED, "a": b"new", "dir/d": b"4"}
    del expected["dir/b"]
    assert place.contents(changed.reference) == expected
    done = place.service.commit_version(changed.reference).result()
    assert place.contents(done.reference) == expected
    assert place.contents(base.reference) == STORED


def test_create_from_another_dataset(place: Place) -> None:
    base = place.committed(FILES)
    place.dataset("other")
    before = place.stored
    child = place.service.create_version("other", start_from="data")
    assert place.stored == before  # costs nothing
    assert child.parent == base.reference
    assert place.contents(child.reference) == STORED
    assert place.service.commit_version(child.reference).result().root == base.root
    place.service.delete_dataset("data")
    assert place.contents("other") == STORED
    assert place.service.verify(read_data=True).result().ok


@pytest.mark.parametrize("to_bucket", [True, False])
def test_create_from_another_provider_copies(make_place: Callable[..., Place], to_bucket: bool) -> None:
    place = make_place("sqlite-seaweedfs")
    here, there = (None, place.provider) if to_bucket else (place.provider, None)
    place.service.create_dataset("from", provider=here)
    place.service.create_dataset("to", provider=there)
    base = place.committed({**FILES, "large": LARGE, "again/large": LARGE, "again/a": b"1"}, "from")
    child = place.service.create_version("to", start_from="from")
    place.service.delete_dataset("from")
    assert place.contents(child.reference) == {**STORED, "large": LARGE, "again/large": LARGE, "again/a": b"1"}
    done = place.service.commit_version(child.reference).result()
    assert (done.root, done.parent) == (base.root, base.reference)
    before = place.stored
    place.service.create_version("to", start_from="to")
    assert place.stored == before
    report = place.service.verify("to", read_data=True).result()
    assert report.ok, report.problems
    assert report.files == 7


def test_only_committed_versions_are_a_start(local: Place) -> None:
    open_version = local.version({"a": b"1"})
    with fails(ErrorKind.VERSION_UNCOMMITTED, open_version.reference):
        local.service.create_version("data", start_from=open_version.reference)
    with fails(ErrorKind.NO_COMMITTED_VERSION, "data"):
        local.service.create_version("data", start_from="data")
    with fails(ErrorKind.VERSION_NOT_FOUND, "nothing"):
        local.service.create_version("data", start_from="data:nothing")
    assert len(local.service.list_versions("data", committed=None).items) == 1


def test_lists(place: Place) -> None:
    place.dataset()
    made = [place.version({"n": b"%d" % number}).version for number in range(7)]
    for version in made[::2]:
        place.service.commit_version(f"data:{version}").result()
    for wanted, committed in ((made, None), (made[::2], True), (made[1::2], False)):
        found, after = [], None
        while True:
            page = place.service.list_versions("data", committed=committed, limit=3, after=after)
            found += [version.version for version in page.items]
            if (after := page.next_token) is None:
                break
        assert found == wanted[::-1]
    with fails(ErrorKind.INVALID_OPTION, "'nonsense'"):
        place.service.list_versions("data", after="nonsense")


def test_message_and_metadata_may_change_always(place: Place) -> None:
    version = place.version({"a": b"1"}, message="old", metadata={"k": 1})
    assert place.service.update_version(version.reference, message="new").message == "new"
    done = place.service.commit_version(version.reference).result()
    assert (done.message, done.metadata) == ("new", {"k": 1})
    changed = place.service.update_version(done.reference, metadata={})
    assert (changed.message, changed.metadata, changed.root) == ("new", {}, done.root)
    assert place.service.update_version("data:latest", message="newest").message == "newest"
    assert place.reopen().get_version("data").message == "newest"
    report = place.service.verify().result()
    assert report.ok, report.problems


def test_the_trash(place: Place) -> None:
    first, second = place.committed({"a": b"1"}), place.committed({"a": b"2"})
    third = place.version({"a": b"3"})
    place.service.set_tag(second.reference, "best")
    place.service.delete_version("data:best")
    with fails(ErrorKind.VERSION_NOT_FOUND, second.version):
        place.service.get_version(second.reference)
    with fails(ErrorKind.VERSION_NOT_FOUND, second.version):
        place.service.delete_version(second.reference)
    with fails(ErrorKind.VERSION_NOT_FOUND, "best"):
        place.service.get_version("data:best")
    assert place.service.list_tags("data").items == ()
    assert place.service.get_version("data").version == first.version
    assert [v.version for v in place.service.list_versions("data", committed=None).items] == [
        third.version,
        first.version,
    ]
    place.service.delete_version(third.reference)
    with fails(ErrorKind.VERSION_NOT_FOUND, third.version):
        place.service.commit_version(third.reference).result()
    with fails(ErrorKind.VERSION_NOT_FOUND, third.version):
        place.service.write_file(third.reference, "b", [b""])
    assert place.contents("data") == {"a": b"1"}
    assert place.service.verify().result().ok


def test_tags(place: Place) -> None:
    first, second = place.committed({"a": b"1"}, message="one"), place.committed({"a": b"2"}, message="two")
    made = place.service.set_tag(first.reference, "best")
    assert (made.dataset, made.name, made.version, made.message) == (first.dataset, "best", first.version, "one")
    place.service.set_tag(first.reference, "stable")
    assert place.service.get_version(first.reference).tags == ("best", "stable")
    moved = place.service.set_tag("data:latest", "best")
    assert (moved.version, moved.created) == (second.version, made.created)
    assert moved.modified >= made.modified
    assert place.service.get_version("data:best").version == second.version
    place.service.set_tag("data:stable", "also")
    assert [(tag.name, tag.version) for tag in place.service.list_tags("data").items] == [
        ("also", first.version),
        ("best", second.version),
        ("stable", first.version),
    ]
    place.service.delete_tag("data", "stable")
    with fails(ErrorKind.TAG_NOT_FOUND, "data", "stable"):
        place.service.delete_tag("data", "stable")
    with fails(ErrorKind.VERSION_NOT_FOUND, "stable"):
        place.read("data:stable", "a")
    assert place.read("data:also", "a") == b"1"
    assert place.service.verify().result().ok


def test_pages_of_tags(local: Place) -> None:
    done = local.committed({})
    wanted = sorted(f"tag {number}" for number in range(10))
    for name in reversed(wanted):
        local.service.set_tag(done.reference, name)
    found, after = [], None
    while True:
        page = local.service.list_tags("data", limit=3, after=after)
        found += [tag.name for tag in page.items]
        if (after := page.next_token) is None:
            break
    assert found == wanted


@pytest.mark.parametrize("name", ["latest", "abc1234", "1234567", "", " a", "a:b", "a/b", "a\0", "x" * 129, "\udce9"])
def test_what_cannot_be_a_tag(local: Place, name: str) -> None:
    done = local.committed({})
    with fails(ErrorKind.INVALID_TAG, repr(name)):
        local.service.set_tag(done.reference, name)
    assert local.service.list_tags("data").items == ()


def test_only_committed_versions_have_tags(local: Place) -> None:
    version = local.version({"a": b"1"})
    with fails(ErrorKind.VERSION_UNCOMMITTED, version.reference):
        local.service.set_tag(version.reference, "best")
    assert local.service.list_tags("data").items == ()


def test_a_file_that_is_also_a_folder_is_refused(place: Place) -> None:
    base = place.committed({"a/b": b"1", "c": b"2", "a-": b"3"})
    for files, clash in (({"a": b""}, "'a'"), ({"c/d": b""}, "'c'"), ({"x": b"", "x/y/z": b""}, "'x'")):
        version = place.version(files, start_from=base.reference)
        with fails(ErrorKind.PATHS_CLASH, clash):
            place.service.commit_version(version.reference).result()
        assert place.service.get_version(version.reference).state is VersionState.UNCOMMITTED
    place.service.delete_files(version.reference, ["x"]).result()  # the one that was just refused
    place.service.delete_files(version.reference, ["a"]).result()
    place.fill(version.reference, {"a": b"now a file"})
    done = place.service.commit_version(version.reference).result()
    assert names(place.files(done.reference))[:2] == ["a", "a-"]


def test_what_the_store_has_lost_is_not_committed(place: Place) -> None:
    """Bytes vanish behind our back, in packs and alone: the commit sees it, and a new put mends it."""
    version = place.version({"small": b"s" * 100, "large": LARGE})
    place.fill(version.reference, {"other": b"o" * 100})
    blobs = place.repository.blobs(place.repository.providers.row(place.provider).key)
    lost = [info.key for prefix in (blobs.layout.packs, blobs.layout.blobs) for info in blobs.objects.list(prefix)]
    for key in lost:
        kept = blobs.objects.get(key)
        blobs.objects.delete(key)
        with fails(ErrorKind.CONTENT_MISSING, version.reference):
            place.service.commit_version(version.reference).result()
        blobs.objects.put(key, kept[:-1])
        with fails(ErrorKind.CONTENT_MISSING, version.reference):
            place.service.commit_version(version.reference).result()
        assert place.service.get_version(version.reference).state is VersionState.UNCOMMITTED
        blobs.objects.put(key, kept)
    assert len(lost) == 3
    done = place.service.commit_version(version.reference).result()
    assert done.files == 3


def lose_everything(place: Place) -> None:
    managed = place.config.state_path / "managed"
    for lost in [*managed.glob("*/packs/*"), *managed.glob("*/blobs/*/*")]:
        lost.unlink()


def test_what_was_lost_can_be_put_again(local: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", {"small": b"s" * 100, "large": LARGE}, old=True)
    version = local.version()
    local.service.put_files(version.reference, [f"{source}/"]).result()
    for put_again in (
        lambda: local.service.put_files(version.reference, [f"{source}/"]).result(),
        lambda: local.fill(version.reference, {"small": b"s" * 100, "large": LARGE}),
    ):
        lose_everything(local)
        with fails(ErrorKind.CONTENT_MISSING, "'large' and 1 more files"):
            local.service.commit_version(version.reference).result()
        put_again()
    assert local.service.commit_version(version.reference).result().files == 2
    report = local.service.verify(read_data=True).result()
    assert report.ok, report.problems


def test_putting_what_verify_misses_mends_committed_versions(local: Place, tmp_path: Path) -> None:
    source = write_tree(tmp_path / "source", {"small": b"s" * 100, "large": LARGE}, old=True)
    version = local.version()
    local.service.put_files(version.reference, [f"{source}/"]).result()
    lose_everything(local)
    with fails(ErrorKind.CONTENT_MISSING):
        local.service.commit_version(version.reference).result()
    local.service.put_files(version.reference, [f"{source}/"]).result()
    done = local.service.commit_version(version.reference).result()
    managed = local.config.state_path / "managed"
    for large in managed.glob("*/blobs/*/*"):
        large.write_bytes(b"damaged" + LARGE[7:])
    report = local.service.verify(read_data=True).result()
    assert [problem.thing for problem in report.problems] == [f"{done.reference} 'large'"]
    assert report.problems[0].fatal
    mended = local.version()
    local.service.put_files(mended.reference, [f"{source}/"]).result()
    report = local.service.verify(read_data=True).result()
    assert report.ok, report.problems
    assert local.contents(done.reference) == {"small": b"s" * 100, "large": LARGE}


def test_errors_can_travel(local: Place) -> None:
    """A server sends them on, a process pool pickles them."""
    import pickle

    with pytest.raises(GradientDataError) as caught:
        local.service.get_dataset("nothing")
    again = pickle.loads(pickle.dumps(caught.value))
    assert (again.kind, again.message, again.hint) == (caught.value.kind, caught.value.message, caught.value.hint)


@pytest.mark.parametrize("text", ["a\0b", "a\ud800b"])
def test_what_no_database_can_keep_is_refused(place: Place, text: str) -> None:
    place.dataset()
    version = place.service.create_version("data", message="kept")
    with fails(ErrorKind.INVALID_OPTION, "message"):
        place.service.create_version("data", message=text)
    with fails(ErrorKind.INVALID_OPTION, "message"):
        place.service.update_version(version.reference, message=text)
    with fails(ErrorKind.INVALID_OPTION, "description"):
        place.service.update_dataset("data", description=text)
    with fails(ErrorKind.INVALID_OPTION, "description"):
        place.service.create_dataset("other", description=text)
    assert place.service.get_version(version.reference).message == "kept"
    assert [dataset.name for dataset in place.service.list_datasets().items] == ["data"]
