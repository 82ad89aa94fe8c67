"""Trees against a plain dictionary: whatever is done to both, they hold the same files."""

from __future__ import annotations

import random
import tracemalloc
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import TypeVar

import pytest
from blake3 import blake3
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_gradient_data.datasets.diff import diff
from jupyter_gradient_data.datasets.listing import EntriesFrom, Folder, folder_entries, list_folder
from jupyter_gradient_data.datasets.merge import Change, build, merge, overlay
from jupyter_gradient_data.datasets.nodes import (
    Entry,
    Inner,
    Leaf,
    Subtree,
    decode_node,
    encode_inner,
    encode_leaf,
    node_hash,
)
from jupyter_gradient_data.datasets.tree import (
    EMPTY,
    FORMAT_1,
    Root,
    TreeShape,
    find,
    find_folders,
    find_many,
    new_nodes,
    summary,
    walk,
)
from jupyter_gradient_data.errors import ErrorKind, GradientDataError
from tests.support.nodes import MemoryNodes

T = TypeVar("T")
Files = dict[bytes, Entry]

SHAPES = st.sampled_from([TreeShape(1, 1), TreeShape(2, 1), TreeShape(1, 2), FORMAT_1])
# Few letters, so that paths meet: equal ones, folders with several files, names on both sides of "/".
PATHS = st.builds(
    lambda folders, name: "/".join([*folders, name]).encode(),
    st.lists(st.sampled_from("abx"), max_size=2),
    st.text("ab-0", min_size=1, max_size=3),
)


def file(path: bytes, content: int = 0) -> Entry:
    return Entry(path, content, blake3(b"%d" % content).digest(), content % 3 == 1)


FILES = st.dictionaries(PATHS, st.integers(0, 5), max_size=60).map(
    lambda contents: {path: file(path, content) for path, content in contents.items()}
)
CHANGES = st.dictionaries(PATHS, st.none() | st.integers(0, 5), max_size=30).map(
    lambda contents: {
        path: None if content is None else file(path, content) for path, content in sorted(contents.items())
    }
)


def many(count: int, seed: int = 1) -> Files:
    """``count`` files in folders of 50."""
    source = random.Random(seed)
    paths = (b"set/%03d/%06d.png" % (number // 50, number) for number in range(count))
    return {path: Entry(path, source.randrange(10**6), source.randbytes(32)) for path in paths}


def ascending(files: Files) -> list[Entry]:
    return [files[path] for path in sorted(files)]


def built(nodes: MemoryNodes, files: Files, shape: TreeShape = FORMAT_1) -> Root:
    return build(nodes, ascending(files), shape)


def merged(nodes: MemoryNodes, base: Root, changes: dict[bytes, Entry | None], shape: TreeShape = FORMAT_1) -> Root:
    return merge(nodes, nodes, base.hash, sorted(changes.items()), shape)


def applied(files: Files, changes: dict[bytes, Entry | None]) -> Files:
    after = {**files, **changes}
    return {path: entry for path, entry in after.items() if entry is not None}


# --- one content, one root --------------------------------------------------------------------------------------------


@given(FILES, st.lists(CHANGES, max_size=5), SHAPES)
def test_any_history_gives_the_tree_of_what_is_there(
    files: Files, history: list[dict[bytes, Entry | None]], shape: TreeShape
) -> None:
    nodes = MemoryNodes()
    root = built(nodes, files, shape)
    for changes in history:
        root = merged(nodes, root, changes, shape)
        files = applied(files, changes)
        assert list(walk(nodes, root.hash)) == ascending(files)
        assert root == built(MemoryNodes(), files, shape)
        assert root == summary(nodes, root.hash)
    assert root.files == len(files)
    assert root.size == sum(entry.size for entry in files.values())


@given(FILES, SHAPES)
def test_a_tree_is_cut_by_the_rules(files: Files, shape: TreeShape) -> None:
    """The rules of docs/format/v1.md, one level after the other, without any of the cleverness."""
    entries = ascending(files)
    cuts = [shape.closed_levels(entry.path) for entry in entries]
    row = [Leaf(run).summary(node_hash(encode_leaf(run))) for run in runs(entries, cuts, 0)] or [
        Leaf([]).summary(EMPTY.hash)
    ]
    level = 0
    while len(row) > 1:
        level += 1
        cuts = [shape.closed_levels(child.last) for child in row]
        nodes = [Inner(level, run) for run in runs(row, cuts, level)]
        row = [node.summary(node_hash(encode_inner(node))) for node in nodes]
    assert row[0].hash == built(MemoryNodes(), files, shape).hash


def runs(items: list[T], cuts: list[int], level: int) -> list[list[T]]:
    """``items`` in lists that end after each item whose path closes a node at ``level``."""
    cut: list[list[T]] = [[]]
    for item, closed in zip(items, cuts, strict=True):
        cut[-1].append(item)
        if closed > level:
            cut.append([])
    return [run for run in cut if run]


@given(FILES, FILES, SHAPES)
def test_roots_are_equal_when_the_files_are(one: Files, other: Files, shape: TreeShape) -> None:
    assert (built(MemoryNodes(), one, shape).hash == built(MemoryNodes(), other, shape).hash) == (one == other)


@given(FILES, SHAPES)
def test_going_back_and_forth_ends_where_it_began(files: Files, shape: TreeShape) -> None:
    nodes = MemoryNodes()
    full = built(nodes, files, shape)
    assert merged(nodes, full, dict.fromkeys(files), shape) == EMPTY
    assert merged(nodes, EMPTY, dict(files), shape) == full


@given(FILES, SHAPES, st.data())
def test_changes_that_change_nothing_write_nothing(files: Files, shape: TreeShape, data: st.DataObject) -> None:
    nodes = MemoryNodes()
    root = built(nodes, files, shape)
    same = data.draw(st.sets(st.sampled_from(sorted(files)))) if files else set()
    absent = data.draw(st.sets(PATHS)) - files.keys()
    nodes.reset()
    assert merged(nodes, root, {**{path: files[path] for path in same}, **dict.fromkeys(absent)}, shape) == root
    assert not nodes.written


@given(FILES, CHANGES, SHAPES)
def test_overlay_shows_what_merge_would_write(
    files: Files, changes: dict[bytes, Entry | None], shape: TreeShape
) -> None:
    assert list(overlay(ascending(files), changes.items())) == ascending(applied(files, changes))


def test_the_empty_tree_needs_no_store() -> None:
    nodes = MemoryNodes()
    assert built(nodes, {}) == EMPTY == merged(nodes, EMPTY, {b"a": None})
    assert list(walk(nodes, EMPTY.hash)) == list(diff(nodes, EMPTY.hash, EMPTY.hash)) == []
    assert list(list_folder(folder_entries(nodes, EMPTY.hash))) == []
    assert find(nodes, EMPTY.hash, b"a") is None
    assert summary(nodes, EMPTY.hash) == EMPTY
    assert list(new_nodes(nodes, EMPTY.hash, set())) == []
    assert not nodes.data
    assert not nodes.calls


@pytest.mark.parametrize("paths", [[b"b", b"a"], [b"a", b"a"]])
def test_changes_out_of_order_are_refused(paths: list[bytes]) -> None:
    nodes = MemoryNodes()
    with pytest.raises(ValueError, match="ascend"):
        merge(nodes, nodes, EMPTY.hash, [(path, file(path)) for path in paths])
    with pytest.raises(ValueError, match="order"):
        build(nodes, [file(path) for path in paths])


# --- finding and walking ----------------------------------------------------------------------------------------------


@given(FILES, SHAPES, PATHS | st.just(b""), st.none() | PATHS)
def test_walk_gives_a_range(files: Files, shape: TreeShape, start: bytes, end: bytes | None) -> None:
    nodes = MemoryNodes()
    root = built(nodes, files, shape)
    wanted = [entry for entry in ascending(files) if entry.path >= start and (end is None or entry.path < end)]
    assert list(walk(nodes, root.hash, start, end)) == wanted


@given(FILES, SHAPES, st.sets(PATHS))
def test_files_and_folders_are_found(files: Files, shape: TreeShape, paths: set[bytes]) -> None:
    nodes = MemoryNodes()
    root = built(nodes, files, shape)
    assert list(find_many(nodes, root.hash, sorted(paths))) == [files[path] for path in sorted(paths & files.keys())]
    for path in paths:
        assert find(nodes, root.hash, path) == files.get(path)
    folders = sorted(path + b"/" for path in paths)
    assert list(find_folders(nodes, root.hash, [folder[:-1] for folder in folders])) == [
        folder for folder in folders if any(path.startswith(folder) for path in files)
    ]


@given(FILES, CHANGES, SHAPES)
def test_new_nodes_are_those_of_one_tree_only(
    files: Files, changes: dict[bytes, Entry | None], shape: TreeShape
) -> None:
    nodes = MemoryNodes()
    old = built(nodes, files, shape)
    mine = set(nodes.data)
    new = merged(nodes, old, changes, shape)
    seen: set[bytes] = set()
    assert {node for node, _ in new_nodes(nodes, old.hash, seen)} == seen == mine
    found = dict(new_nodes(nodes, new.hash, seen))
    assert found.keys() == set(nodes.data) - mine
    assert list(new_nodes(nodes, new.hash, seen)) == []
    for node, decoded in found.items():
        assert decoded == decode_node(nodes.data[node], "memory")


# --- listing ----------------------------------------------------------------------------------------------------------


def expected_rows(files: Files, folder: bytes) -> list[Entry | Folder]:
    rows: dict[bytes, Entry | Folder] = {}
    for entry in ascending(files):
        if entry.path.startswith(folder):
            name, slash, _ = entry.path[len(folder) :].partition(b"/")
            path = folder + name + slash
            rows[path] = Folder(path) if slash else entry
    return [rows[path] for path in sorted(rows)]


FOLDERS = st.sampled_from([b"", b"a/", b"x/", b"a/b/", b"a/b/x/", b"zz/"])


@given(FILES, SHAPES, FOLDERS, st.integers(1, 5))
def test_a_folder_is_listed_in_pages(files: Files, shape: TreeShape, folder: bytes, limit: int) -> None:
    nodes = MemoryNodes()
    root = built(nodes, files, shape)
    assert pages(folder_entries(nodes, root.hash, folder), folder, limit) == expected_rows(files, folder)


@given(FILES, CHANGES, SHAPES, FOLDERS)
def test_a_folder_shows_staged_files_over_the_base(
    files: Files, changes: dict[bytes, Entry | None], shape: TreeShape, folder: bytes
) -> None:
    nodes = MemoryNodes()
    base = folder_entries(nodes, built(nodes, files, shape).hash, folder)

    def entries_from(start: bytes) -> Iterable[Entry]:
        return overlay(base(start), [change for change in changes.items() if change[0] >= start])

    rows = list(list_folder(entries_from, folder))
    assert rows == expected_rows(applied(files, changes), folder)


def pages(entries_from: EntriesFrom, folder: bytes, limit: int) -> list[Entry | Folder]:
    rows: list[Entry | Folder] = []
    while page := list(list_folder(entries_from, folder, rows[-1].path if rows else b"", limit)):
        assert len(page) <= limit
        rows += page
    return rows


def test_listing_reads_nothing_inside_sub_folders() -> None:
    """Two folders of 20,000 files: only what lies where one ends and the next begins is read."""
    nodes = MemoryNodes()
    names = [b"%s/%06d" % (folder, number) for folder in (b"a", b"b") for number in range(20_000)]
    root = built(nodes, {path: file(path) for path in names})
    nodes.reset()
    assert list(list_folder(folder_entries(nodes, root.hash))) == [Folder(b"a/"), Folder(b"b/")]
    assert len(set(nodes.read)) < 30
    assert nodes.calls < 20


def test_sub_folders_are_listed_in_a_handful_of_round_trips() -> None:
    nodes, root, _ = large()
    nodes.reset()
    rows = list(list_folder(folder_entries(nodes, root.hash, b"set/"), b"set/"))
    assert rows == [Folder(b"set/%03d/" % number) for number in range(400)]
    assert nodes.calls <= 20


def test_a_sub_folder_with_nothing_left_is_not_listed() -> None:
    nodes = MemoryNodes()
    files = many(1000)
    base = folder_entries(nodes, built(nodes, files).hash, b"set/")
    gone: list[Change] = [(path, None) for path in files if path.startswith(b"set/007/")]
    rows = list(list_folder(lambda start: overlay(base(start), [one for one in gone if one[0] >= start]), b"set/"))
    assert rows == [Folder(b"set/%03d/" % number) for number in range(20) if number != 7]


def test_a_sub_folder_of_which_something_is_left_is_listed() -> None:
    """All that the listing reads of ``a/``, its beginning and its end, is staged away: it must read what it skips."""
    nodes = MemoryNodes()
    files = {path: file(path) for path in (b"a/%04d" % number for number in range(2000))}
    base = folder_entries(nodes, built(nodes, {**files, b"b": file(b"b")}).hash)
    gone: list[Change] = [(path, None) for path in [*sorted(files)[:500], *sorted(files)[600:]]]
    rows = list(list_folder(lambda start: overlay(base(start), [one for one in gone if one[0] >= start])))
    assert rows == [Folder(b"a/"), file(b"b")]


def test_a_folder_is_listed_twice_from_one_source() -> None:
    nodes = MemoryNodes()
    files = many(300)
    source = folder_entries(nodes, built(nodes, files).hash, b"set/")
    assert list(list_folder(source, b"set/")) == list(list_folder(source, b"set/")) == expected_rows(files, b"set/")


# --- comparing --------------------------------------------------------------------------------------------------------


@given(FILES, FILES | st.just({}), SHAPES)
def test_diff_gives_what_differs(old: Files, new: Files, shape: TreeShape) -> None:
    differences_are_right(old, new, shape)


@given(FILES, CHANGES, SHAPES)
def test_diff_after_changes(files: Files, changes: dict[bytes, Entry | None], shape: TreeShape) -> None:
    differences_are_right(files, applied(files, changes), shape)


def differences_are_right(old: Files, new: Files, shape: TreeShape) -> None:
    nodes = MemoryNodes()
    roots = [built(nodes, files, shape).hash for files in (old, new)]
    expected = [
        (path, old.get(path), new.get(path))
        for path in sorted(old.keys() | new.keys())
        if old.get(path) != new.get(path)
    ]
    assert list(diff(nodes, *roots)) == expected
    for path, _, _ in expected[:: max(1, len(expected) // 3)]:
        for start in (path, path + b"\0"):
            assert list(diff(nodes, *roots, start)) == [item for item in expected if item[0] >= start]


# --- the price --------------------------------------------------------------------------------------------------------


@cache
def large() -> tuple[MemoryNodes, Root, list[bytes]]:
    """A tree of 20,000 files and its paths."""
    nodes, files = MemoryNodes(), many(20_000)
    return nodes, built(nodes, files), sorted(files)


@given(st.integers(0, 2**32), st.integers(1, 20))
@example(1, 20)
def test_merge_and_diff_touch_what_changed(seed: int, count: int) -> None:
    """Twenty changes in 20,000 files: a few nodes each, in a few round trips."""
    nodes, root, all_paths = large()
    source = random.Random(seed)
    paths = source.sample(all_paths, count)
    nodes.reset()
    changed = merged(nodes, root, {path: source.choice([None, file(path, 7)]) for path in paths})
    assert len(nodes.written) <= 6 * count + 6
    assert len(nodes.read) <= 10 * count + 10
    nodes.reset()
    assert [path for path, _, _ in diff(nodes, root.hash, changed.hash)] == sorted(paths)
    assert len(nodes.read) <= 20 * count + 20
    assert nodes.calls <= 8


def test_scattered_changes_take_a_handful_of_round_trips() -> None:
    nodes, root, all_paths = large()
    paths = random.Random(3).sample(all_paths, 100)
    changes: dict[bytes, Entry | None] = {path: file(path, 7) for path in paths}
    nodes.reset()
    merged(nodes, root, changes)
    height = decode_node(nodes.data[root.hash], "memory").level
    assert nodes.calls == height + 1
    nodes.reset()
    assert len(list(find_many(nodes, root.hash, sorted(paths)))) == 100
    assert nodes.calls == height + 1


def test_deleting_what_ends_a_node_reads_its_neighbour_in_the_same_round_trip() -> None:
    nodes, root, all_paths = large()
    ends = [path for path in all_paths if FORMAT_1.closed_levels(path)]
    nodes.reset()
    merged(nodes, root, dict.fromkeys(random.Random(4).sample(ends, 50)))
    height = decode_node(nodes.data[root.hash], "memory").level
    assert nodes.calls == height + 1


def test_the_first_entry_costs_little() -> None:
    nodes, root, _ = large()
    nodes.reset()
    assert next(walk(nodes, root.hash, b"set/200/")).path == b"set/200/010000.png"
    assert len(nodes.read) < 10


def test_nodes_are_as_large_as_they_should_be() -> None:
    nodes, root, _ = large()
    levels = Counter(node.level for _, node in new_nodes(nodes, root.hash, set()))
    assert 20_000 / 32 * 0.8 < levels[0] < 20_000 / 32 * 1.2
    assert levels[0] / 16 * 0.5 < levels[1] < levels[0] / 16 * 1.5


def test_a_large_tree_is_built_and_walked_in_little_memory() -> None:
    nodes = Forgetful()
    entries = (Entry(b"%07d" % number, 1, bytes(32)) for number in range(10_000))
    tracemalloc.start()
    try:
        root = build(nodes, entries)
        merge(nodes, nodes, root.hash, ((b"%07d.new" % number, file(b"%07d.new" % number)) for number in range(10_000)))
        for _ in walk(nodes, root.hash):
            pass
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert nodes.size > 500_000
    assert peak - nodes.size < 4_000_000


class Forgetful(MemoryNodes):
    """Knows how many bytes it holds, and keeps no record of who asked."""

    size = 0

    def read_nodes(self, hashes: Sequence[bytes]) -> dict[bytes, bytes]:
        return {node: self.data[node] for node in hashes}

    def write_node(self, data: bytes) -> bytes:
        self.size += len(data) + 200
        return super().write_node(data)


# --- damage -----------------------------------------------------------------------------------------------------------


def corrupt(nodes: MemoryNodes, root: bytes) -> str:
    with pytest.raises(GradientDataError) as caught:
        list(walk(nodes, root))
    assert caught.value.kind is ErrorKind.STORE_CORRUPT
    return caught.value.message


def test_a_missing_node_is_named() -> None:
    nodes = MemoryNodes()
    root = built(nodes, many(500))
    lost = next(node for node, data in nodes.data.items() if node != root.hash)
    del nodes.data[lost]
    assert lost.hex()[:16] in corrupt(nodes, root.hash)
    assert "missing" in corrupt(nodes, root.hash)


LEAF = [file(b"b", 1), file(b"d", 2)]
TRUE = Leaf(LEAF).summary(node_hash(encode_leaf(LEAF)))


@pytest.mark.parametrize(
    "child",
    [
        TRUE._replace(files=3),
        TRUE._replace(size=9),
        TRUE._replace(first=b"a"),
        TRUE._replace(first=b"c"),
        TRUE._replace(last=b"e"),
    ],
)
def test_a_node_must_be_what_its_parent_says(child: Subtree) -> None:
    parents = [encode_inner(Inner(1, [one])) for one in (child, TRUE)]
    nodes = MemoryNodes([encode_leaf(LEAF), *parents])
    assert list(walk(nodes, node_hash(parents[1]))) == LEAF
    assert "above it" in corrupt(nodes, node_hash(parents[0]))


def test_a_node_must_be_at_the_level_below_its_parent() -> None:
    parent = encode_inner(Inner(2, [TRUE]))
    nodes = MemoryNodes([encode_leaf(LEAF), parent])
    assert "above it" in corrupt(nodes, node_hash(parent))


# --- what was written once keeps its root -----------------------------------------------------------------------------


def test_the_root_of_a_fixed_tree_never_changes() -> None:
    """Boundaries, heights and bytes of format 1 in one number; 3,000 files make a tree of three levels or more."""
    nodes = MemoryNodes()
    entries = [Entry(b"f/%04d" % number, number, blake3(b"%d" % number).digest()) for number in range(3000)]
    root = build(nodes, entries)
    assert decode_node(nodes.data[root.hash], "memory").level >= 2
    assert (len(nodes.data), root.files, root.size) == (103, 3000, 4498500)
    assert root.hash.hex() == "a5af77df392dec100b32e2e910738eebbc5fc0b1a0eba5f6f5c31a66ff20e1af"


@pytest.mark.parametrize(
    ("path", "levels"),
    [(b"0", 0), (b"21", 0), (b"23", 1), (b"145", 1), (b"1023", 2), (b"7117", 2), (b"1219", 3), (b"198225", 4)],
)
def test_boundaries_of_format_1_never_change(path: bytes, levels: int) -> None:
    assert FORMAT_1.closed_levels(path) == levels


def test_a_tree_of_single_files_has_the_height_that_its_paths_say() -> None:
    """A path that ends nodes on three levels makes a tree of three levels, with few files as with many."""
    high = next(path for path in (b"%d" % number for number in range(10**7)) if FORMAT_1.closed_levels(path) == 3)
    nodes = MemoryNodes()
    alone = built(nodes, {high: file(high)})
    assert decode_node(nodes.data[alone.hash], "memory").level == 0
    after = high + b"x"
    pair = built(nodes, {high: file(high), after: file(after)})
    top = decode_node(nodes.data[pair.hash], "memory")
    assert top.level == 3
    assert merged(nodes, pair, {after: None}) == alone
    assert [entry.path for entry in islice(walk(nodes, pair.hash), 5)] == [high, after]


def test_the_next_page_of_a_diff_reads_only_what_is_left() -> None:
    nodes, files = MemoryNodes(), many(5_000)
    changed = {path: entry._replace(size=entry.size + 1) for path, entry in files.items()}
    roots = [built(nodes, some).hash for some in (files, changed)]
    nodes.reset()
    everything = [path for path, _, _ in diff(nodes, *roots)]
    whole = len(nodes.read)
    nodes.reset()
    assert [path for path, _, _ in diff(nodes, *roots, everything[-50])] == everything[-50:]
    assert len(nodes.read) < whole / 10
