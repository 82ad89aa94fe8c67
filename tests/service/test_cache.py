"""The calls of the cache, in this process and of a server."""

from __future__ import annotations

from jupyter_gradient_data.models import CacheReport, Phase
from tests.service.place import Place
from tests.volumes.cached import USER, cache_of, cache_root, contents, materialise, some_files


def test_how_full_it_is(local: Place) -> None:
    empty = local.service.cache_info()
    assert (empty.versions, empty.mounted, empty.bytes, empty.days) == (0, 0, 0, 30)
    assert empty.limit_bytes is not None
    assert empty.limit_bytes > 0
    tree = materialise(local, local.committed(some_files()).reference)
    other = materialise(local, local.committed({"a": b"1"}, dataset="other").reference, "notebook/two")
    cache_of(local).release(other.name, "notebook/two")
    full = local.service.cache_info()
    assert (full.versions, full.mounted) == (2, 1)
    assert full.bytes == sum(path.stat().st_size for path in contents(local))
    assert full.local_path == str(cache_root(local))
    assert tree.exists()


def test_what_is_not_mounted_can_be_cleared(local: Place) -> None:
    tree = materialise(local, local.committed(some_files()).reference)
    other = materialise(local, local.committed({"a": b"1"}, dataset="other").reference, "notebook/two")
    cache_of(local).release(other.name, "notebook/two")
    assert local.service.trim_cache().result() == CacheReport(0, 0, 0, 0)
    task = local.service.trim_cache(everything=True)
    phases = {event.phase for event in task}
    assert task.result() == CacheReport(1, 1, 1, 0)
    assert phases <= {Phase.DELETING, Phase.SCANNING}
    assert (tree.exists(), other.exists()) == (True, False)


def test_damage_is_found(local: Place) -> None:
    tree = materialise(local, local.committed(some_files()).reference)
    assert local.service.verify_cache().result().damaged == 0
    (tree / "few" / "003.bin").chmod(0o644)
    (tree / "few" / "003.bin").write_bytes(b"x" * 700)
    assert local.service.verify_cache().result().damaged == 1
    assert local.service.verify_cache().result().damaged == 0
    cache_of(local).release(tree.name, USER)
