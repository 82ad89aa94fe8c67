"""What leaves a cache, in which order, and what never does."""

from __future__ import annotations

import os
import random
import tempfile
import threading
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from jupyter_gradient_data.blobs.disk_cache import DiskCache
from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.volumes.cache.eviction import Eviction
from jupyter_gradient_data.volumes.cache.trees import DAY, Trees, remove_tree
from tests.service.place import Place, read_tree

from .cached import USER, cache_of, cache_root, contents, materialise, plain, some_files

KIB = 1024


def noise(seed: int, size: int) -> bytes:
    return random.Random(seed).randbytes(size)


def settle() -> None:
    """Wait for what runs beside."""
    for thread in threading.enumerate():
        if thread.name == "gradient-trim":
            thread.join()


def set_last_used(place: Place, root: str, days: float) -> None:
    """Let a version look as if nobody had touched it for so long."""
    when = Trees(place.repository.disk_cache).now() - days * DAY
    uses = cache_root(place) / "uses" / root
    for path in [*uses.glob("*"), uses, cache_of(place).tree(root)]:
        os.utime(path, (when, when))


def three_versions(place: Place, size: int) -> list[Path]:
    """Versions of one file each, the oldest first, that nobody uses any more."""
    trees = []
    for number in range(3):
        version = place.committed({"file": noise(number, size)}, dataset=f"data{number}")
        trees.append(materialise(place, version.reference))
        cache_of(place).release(trees[-1].name, USER)
        set_last_used(place, trees[-1].name, 3 - number)
    settle()
    return trees


def test_over_the_limit_what_was_not_used_for_longest_goes(make_place: Any) -> None:
    place: Place = make_place("embedded", cache_bytes=700 * KIB)
    trees = three_versions(place, 300 * KIB)
    settle()
    new = materialise(place, place.committed({"file": noise(9, 300 * KIB)}).reference)
    settle()
    assert not trees[0].exists()
    assert new.exists()
    info = cache_of(place).info()
    assert info.bytes == sum(path.stat().st_size for path in contents(place)) <= 700 * KIB
    assert (info.mounted, info.limit_bytes) == (1, 700 * KIB)


def test_what_is_mounted_stays_whatever_the_limit_is(make_place: Any) -> None:
    place: Place = make_place("embedded", cache_bytes=10 * KIB)
    files = some_files(large=False)
    tree = materialise(place, place.committed(files).reference)
    settle()
    set_last_used(place, tree.name, 29)
    cache_of(place).trim(Progress(), everything=True)
    assert read_tree(tree) == plain(files)
    assert cache_of(place).info().mounted == 1


def test_a_use_that_nobody_refreshed_for_long_is_dead(make_place: Any) -> None:
    place: Place = make_place("embedded")
    tree = materialise(place, place.committed(some_files()).reference)
    set_last_used(place, tree.name, 31)
    assert cache_of(place).info().mounted == 0
    report = cache_of(place).trim(Progress())
    assert report.versions == 1
    assert not tree.exists()
    assert contents(place) == []


def test_a_server_refreshes_the_uses_that_its_links_show(make_place: Any) -> None:
    place: Place = make_place("embedded", notebook="notebook")
    tree = materialise(place, place.committed(some_files()).reference)
    from jupyter_gradient_data.volumes.folders import INPUTS, TeamFolders

    (TeamFolders(place.repository).mounts(INPUTS) / "name").symlink_to(tree)
    set_last_used(place, tree.name, 40)
    cache_of(place).keep(Progress())
    assert tree.exists()
    assert cache_of(place).info().mounted == 1


@pytest.mark.parametrize(("days", "stays"), [(10, False), (0, True), (40, True)])
def test_age(make_place: Any, days: int, stays: bool) -> None:
    place: Place = make_place("embedded", cache_days=days)
    tree = materialise(place, place.committed(some_files()).reference)
    cache_of(place).release(tree.name, USER)
    set_last_used(place, tree.name, 20)
    assert cache_of(place).trim(Progress()).versions == int(not stays)
    assert tree.exists() is stays


def test_contents_that_another_version_has_stay(place: Place) -> None:
    files = some_files()
    first = materialise(place, place.committed({**files, "only here": b"1"}).reference)
    second = materialise(place, place.committed(files, dataset="other").reference, "notebook/two")
    cache_of(place).release(first.name, USER)
    report = cache_of(place).trim(Progress(), everything=True)
    assert (report.versions, second.exists(), first.exists()) == (1, True, False)
    assert read_tree(second) == plain(files)
    assert hash_bytes(b"1").hex() not in {path.name for path in contents(place)}
    assert cache_of(place).info().bytes == sum(path.stat().st_size for path in contents(place))


def test_room_is_made_before_anything_is_fetched(make_place: Any) -> None:
    place: Place = make_place("embedded", cache_bytes=1000 * KIB)
    trees = three_versions(place, 300 * KIB)
    files = {"file": noise(9, 900 * KIB)}
    reference = place.committed(files).reference
    tree = materialise(place, reference)
    assert read_tree(tree) == files
    assert [tree.exists() for tree in trees] == [False, False, False]


def test_leftovers_of_dead_runs_are_swept_and_those_of_the_living_are_not(make_place: Any) -> None:
    place: Place = make_place("embedded")
    tree = materialise(place, place.committed(some_files()).reference)
    disk = place.repository.disk_cache
    alive = disk.temporary("ab12")
    dead = alive.with_name("cd34.0.0000000000000000-1-1")
    own_place = alive.name.split(".")[-1].split("-")[0]
    ended = alive.with_name(f"ef56.0.{own_place}-999999999-1")
    for folder in (alive, dead, ended):
        folder.mkdir()
        (folder / "file").write_bytes(b"1")
    cache_of(place).trim(Progress())
    assert (alive.exists(), dead.exists(), ended.exists(), tree.exists()) == (True, True, False, True)
    os.utime(dead, (1, 1))  # of another machine: only its age tells
    cache_of(place).trim(Progress())
    assert (alive.exists(), dead.exists()) == (True, False)


def test_packs_of_uploads_leave_when_they_are_the_oldest(make_place: Any) -> None:
    place: Place = make_place("sqlite-seaweedfs", cache_bytes=8 * 1024 * KIB)
    place.committed({"a": noise(1, 400 * KIB)})
    packs = list((cache_root(place) / "packs").iterdir())
    assert packs
    for pack in packs:
        os.utime(pack, (1_700_000_000, 1_700_000_000))
    cache_of(place).trim(Progress())
    assert list((cache_root(place) / "packs").iterdir()) == []


# --- any order of things ----------------------------------------------------------------------------------------------

CONTENTS = [noise(number, size) for number, size in enumerate([0, 1, 500, 1000, 3000, 4000, 6000, 10_000])]
VERSIONS = {f"{number:02x}" * 32: [n for n in range(8) if number >> n & 1] for number in (1, 6, 15, 40, 96, 129, 200)}
ROOTS = st.sampled_from(sorted(VERSIONS))
USERS = st.sampled_from(["a/x", "a/y", "b/x"])


class Machine(RuleBasedStateMachine):
    """Uses, versions and contents of a small cache, against what must always hold."""

    @initialize(limit=st.sampled_from([1, 5000, 12_000, 1_000_000]))
    def begin(self, limit: int) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.disk = DiskCache(self.folder / "cache", limit)
        self.disk.folder("")
        self.trees = Trees(self.disk)
        self.uses: dict[str, set[str]] = {root: set() for root in VERSIONS}
        self.made: set[str] = set()

    @rule(root=ROOTS, user=USERS)
    def materialise(self, root: str, user: str) -> None:
        self.trees.use(root, user)
        self.uses[root].add(user)
        if self.trees.is_complete(root):
            return
        new = self.disk.temporary(root)
        new.mkdir()
        folder = os.open(new, os.O_RDONLY)
        try:
            for number in VERSIONS[root]:
                content = CONTENTS[number]
                digest, executable = hash_bytes(content), number % 3 == 0
                if not self.disk.link(digest, len(content), executable, folder, str(number)):
                    self.disk.count(self.disk.write(digest, content, executable, folder, str(number)))
        finally:
            os.close(folder)
        self.trees.place(new, root, Progress())
        self.made.add(root)

    @rule(root=ROOTS, user=USERS)
    def release(self, root: str, user: str) -> None:
        self.trees.release(root, user)
        self.uses[root].discard(user)

    @rule(everything=st.booleans(), needed=st.sampled_from([0, 0, 2000, 100_000]))
    def evict(self, everything: bool, needed: int) -> None:
        before = set(self.trees.roots())
        Eviction(self.disk, 30, Progress()).run(everything=everything, needed=needed)
        after = set(self.trees.roots())
        self.made = after
        used = {root for root in before if self.uses[root]}
        assert used <= after
        if everything:
            assert after == used
        elif self.disk.used() > self.disk.limit:
            assert after == used, "all that may go is gone while there is too much"

    @rule(number=st.integers(0, 7))
    def damage(self, number: int) -> None:
        path = Path(self.disk.path(hash_bytes(CONTENTS[number]), number % 3 == 0))
        path.unlink(missing_ok=True)  # as a read that found it damaged does

    @invariant()
    def what_is_used_is_whole(self) -> None:
        if not hasattr(self, "trees"):
            return
        assert set(self.trees.roots()) == self.made
        for root in self.made:
            assert self.trees.is_used(root) == bool(self.uses[root])
            found = {path.name: path.read_bytes() for path in self.trees.path(root).iterdir()}
            assert found == {str(number): CONTENTS[number] for number in VERSIONS[root]}

    @invariant()
    def nothing_is_left_over(self) -> None:
        if hasattr(self, "disk") and (self.disk.root / "tmp").exists():
            assert list((self.disk.root / "tmp").iterdir()) == []

    def teardown(self) -> None:
        if hasattr(self, "folder"):
            remove_tree(self.folder)


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=40, stateful_step_count=25, deadline=None)
