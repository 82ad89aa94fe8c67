"""What is damaged in a cache is found, and fetched again."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from jupyter_gradient_data.blobs.disk_cache import STAMP
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.progress import Progress
from tests.service.place import Place, fails, read_tree

from .cached import USER, cache_of, cache_root, contents, materialise, plain, some_files


def damage(path: Path, content: bytes, *, seen: bool) -> None:
    """Write to a read-only file, as its owner could; not ``seen`` leaves its time as it was, as a bad disk does."""
    path.chmod(0o600)
    path.write_bytes(content)
    path.chmod(0o444)
    if not seen:
        os.utime(path, (STAMP, STAMP))


def forget_packs(place: Place) -> None:
    shutil.rmtree(cache_root(place) / "packs", ignore_errors=True)


def test_a_damaged_content_is_fetched_for_the_next_version(place: Place) -> None:
    files = some_files()
    first = place.committed(files)
    second = place.committed({**files, "more": b"more"}, dataset="other")
    tree = materialise(place, first.reference)
    forget_packs(place)
    damage(tree / "few" / "003.bin", b"x" * 700, seen=True)
    damage(tree / "few" / "004.bin", b"shorter", seen=False)
    other = materialise(place, second.reference, "notebook/two")
    assert read_tree(other) == {**plain(files), "more": b"more"}


@pytest.mark.parametrize("seen", [True, False])
def test_verify_replaces_what_is_damaged_in_a_mounted_version(place: Place, seen: bool) -> None:
    files = some_files()
    tree = materialise(place, place.committed(files).reference)
    forget_packs(place)
    old = (tree / "few" / "003.bin").open("rb")
    damage(tree / "few" / "003.bin", b"x" * 700, seen=seen)
    damage(tree / "large program", b"y" * len(files["large program*"]), seen=seen)
    cache = cache_of(place)
    report = cache.verify(Progress())
    assert report.damaged == 2
    assert read_tree(tree) == plain(files)
    assert os.access(tree / "large program", os.X_OK)
    assert (tree / "few").stat().st_mode & 0o222 == 0
    with old:
        assert old.read() == b"x" * 700, "who has it open keeps what they have"
    assert cache.verify(Progress()).damaged == 0


def test_a_look_at_sizes_and_times_finds_what_was_written_to(place: Place) -> None:
    files = some_files()
    tree = materialise(place, place.committed(files).reference)
    damage(tree / "few" / "003.bin", b"x" * 700, seen=True)
    (tree / "deep").chmod(0o755)
    (tree / "deep" / "er").chmod(0o755)
    shutil.rmtree(tree / "deep" / "er")
    cache_of(place).keep(Progress())
    assert read_tree(tree) == plain(files)
    assert (tree / "deep").stat().st_mode & 0o777 == 0o755  # as it was: a layer may be over it
    assert (tree / "deep" / "er").stat().st_mode & 0o777 == 0o755


def test_verify_says_when_the_store_cannot_give_it_again(bucket: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    files = some_files()
    tree = materialise(bucket, bucket.committed(files).reference)
    forget_packs(bucket)
    damage(tree / "few" / "003.bin", b"x" * 700, seen=False)
    provider = bucket.repository.providers.row(bucket.provider)
    blobs = bucket.repository.blobs(provider.key)

    def fail(*arguments: object) -> bytes:
        raise ErrorKind.STORE_UNREACHABLE(store="the bucket", reason="it is gone")

    with monkeypatch.context() as patched:
        patched.setattr(blobs.objects, "get", fail)
        with fails(ErrorKind.STORE_UNREACHABLE):
            cache_of(bucket).verify(Progress())
    assert tree.exists()
    cache_of(bucket).verify(Progress())
    assert read_tree(tree) == plain(files)


def test_an_unused_version_with_damage_that_nobody_can_mend_is_thrown_out(place: Place) -> None:
    cache = cache_of(place)
    tree = materialise(place, place.committed(some_files()).reference)
    shutil.copytree(tree, cache_root(place) / "trees" / "foreign", copy_function=os.link)
    cache.release(tree.name, USER)
    damage(tree / "few" / "003.bin", b"x" * 700, seen=False)
    assert cache.verify(Progress()).versions == 1
    assert not cache.tree("foreign").exists()


def test_a_damaged_pack_is_not_believed(bucket: Place) -> None:
    files = some_files(large=False)
    reference = bucket.committed(files).reference
    for pack in (cache_root(bucket) / "packs").iterdir():
        pack.write_bytes(b"?" + pack.read_bytes()[1:])
    bucket.reopen()
    assert read_tree(materialise(bucket, reference)) == plain(files)
    assert all(pack.read_bytes()[:1] == b"?" for pack in (cache_root(bucket) / "packs").iterdir())
    assert len(list((cache_root(bucket) / "packs").iterdir())) <= 1, "that of the empty file, of which nothing is read"


def test_a_read_finds_damage_and_the_next_one_has_it_from_the_store(bucket: Place) -> None:
    files = some_files()
    reference = bucket.committed(files).reference
    materialise(bucket, reference)
    forget_packs(bucket)
    for content in contents(bucket):
        if content.stat().st_size:
            damage(content, b"x" * content.stat().st_size, seen=False)
    assert bucket.read(reference, "few/000.bin") == files["few/000.bin"]
    with fails(ErrorKind.CACHE_DAMAGED):
        bucket.read(reference, "large.bin")
    assert bucket.read(reference, "large.bin") == files["large.bin"]


def test_verify_of_the_store_does_not_look_at_the_cache(bucket: Place) -> None:
    files = some_files()
    reference = bucket.committed(files).reference
    materialise(bucket, reference)
    store = bucket.repository.blobs(bucket.repository.providers.row(bucket.provider).key)
    for info in list(store.objects.list(bucket.repository.layout.packs)):
        store.objects.put(info.key, b"?" * info.size)
    assert not bucket.service.verify(read_data=True).result().ok
