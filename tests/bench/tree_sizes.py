"""How large should the nodes of a tree be?  Measures commit, diff and listing over leaf sizes and fan-outs.

Run from the top of the repository: ``python -m tests.bench.tree_sizes``.  Its table is in docs/format/v1.md.
"""

from __future__ import annotations

import argparse
import random
import resource
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator

from jupyter_gradient_data.datasets.diff import diff
from jupyter_gradient_data.datasets.listing import folder_entries, list_folder
from jupyter_gradient_data.datasets.merge import build, merge
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.tree import FORMAT_1, Root, TreeShape, walk
from tests.support.nodes import MemoryNodes

FOLDER_FILES = 1000
PAGE = 200  # rows of a folder that are listed at a time


def entry(number: int, random_bytes: Callable[[int], bytes]) -> Entry:
    """A file as in a set of images: a path of 40 bytes, about 100 KB of content."""
    folder, place = divmod(number, FOLDER_FILES)
    path = f"images/train/n{folder * 7919 % 10**8:08d}/{place:06d}_{number * 2654435761 % 2**24:06x}.jpeg"
    return Entry(path.encode(), 20_000 + int.from_bytes(random_bytes(2), "big") * 3, random_bytes(32))


def entries(files: int) -> Iterator[Entry]:
    """All files in ascending order."""
    source = random.Random(1)
    return iter(sorted(entry(number, source.randbytes) for number in range(files)))


class Measured:
    """A tree of one shape, and what operations on it touch."""

    def __init__(self, shape: TreeShape, files: int) -> None:
        self.shape = shape
        self.files = files
        self.nodes = MemoryNodes()
        made = entries(files)
        start = time.perf_counter()
        self.root = build(self.nodes, made, shape)
        self.build_seconds = time.perf_counter() - start
        self.total_nodes = len(self.nodes.data)
        self.raw_bytes = sum(map(len, self.nodes.data.values()))
        self.stored_bytes = self.nodes.stored_bytes(self.nodes.data)

    def touched(self, work: Callable[[], object]) -> str:
        """Stored KiB read and written, round trips, milliseconds."""
        self.nodes.reset()
        start = time.perf_counter()
        work()
        elapsed = (time.perf_counter() - start) * 1000
        size = self.nodes.stored_bytes(self.nodes.read) + self.nodes.stored_bytes(set(self.nodes.written))
        return f"{size / 1024:.0f}/{self.nodes.calls}/{elapsed:.0f}"

    def row(self) -> list[str]:
        """The figures of this shape."""
        cells = [str(2**self.shape.leaf_bits), str(2**self.shape.fanout_bits)]
        pick = random.Random(2)
        loads = [
            [pick.randrange(self.files)],
            pick.sample(range(self.files), 100),
            pick.sample(range(FOLDER_FILES), 100),
        ]
        commits, diffs = [], []
        for numbers in loads:
            changed = sorted(entry(number, pick.randbytes) for number in numbers)
            result: list[Root] = []
            commits.append(self.touched(lambda changed=changed, result=result: result.append(self.commit(changed))))
            found: list[object] = []
            diffs.append(self.touched(lambda result=result, found=found: found.extend(self.differences(result[0]))))
            assert len(found) == len(numbers)
        cells += commits + diffs
        cells.append(self.touched(lambda: self.list(b"images/train/", PAGE)))
        cells.append(self.touched(lambda: self.list(entry(0, pick.randbytes).path[:23], None)))
        start = time.perf_counter()
        deque(walk(self.nodes, self.root.hash), 0)
        cells.append(f"{time.perf_counter() - start:.1f}")
        cells.append(f"{self.build_seconds:.1f}")
        cells.append(f"{self.total_nodes:,}")
        cells.append(f"{self.raw_bytes / 2**20:.1f}")
        cells.append(f"{self.stored_bytes / 2**20:.1f}")
        return cells

    def commit(self, changed: Iterable[Entry]) -> Root:
        return merge(self.nodes, self.nodes, self.root.hash, ((one.path, one) for one in changed), self.shape)

    def differences(self, other: Root) -> list[object]:
        return list(diff(self.nodes, self.root.hash, other.hash))

    def list(self, folder: bytes, limit: int | None) -> None:
        rows = deque(list_folder(folder_entries(self.nodes, self.root.hash, folder), folder, limit=limit))
        assert len(rows) >= min(PAGE, self.files // FOLDER_FILES)


HEADS = [
    "leaf",
    "fan-out",
    "commit 1",
    "commit 100",
    "commit 100 in a folder",
    "diff 1",
    "diff 100",
    "diff 100 in a folder",
    f"list {PAGE} sub-folders",
    f"list {FOLDER_FILES:,} files",
    "read all s",
    "build s",
    "nodes",
    "raw MiB",
    "stored MiB",
]


def main() -> None:
    """Print the table as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=1_000_000)
    parser.add_argument("--leaf-bits", type=int, nargs="+", default=[5, 6, 7, 8, 10], help="mean leaf is 2 to this")
    parser.add_argument("--fanout-bits", type=int, nargs="+", default=[4, 5, 6], help="mean fan-out is 2 to this")
    parser.add_argument("--chosen", action="store_true", help="measure the shape of format 1 only")
    options = parser.parse_args()
    print("Cells of commit, diff and list: stored KiB touched / round trips / milliseconds.\n")
    print("| " + " | ".join(HEADS) + " |")
    print("|" + "---:|" * len(HEADS))
    shapes = [TreeShape(leaf, fan) for leaf in options.leaf_bits for fan in options.fanout_bits]
    for shape in [FORMAT_1] if options.chosen else shapes:
        print("| " + " | ".join(Measured(shape, options.files).row()) + " |", flush=True)
    print(f"\nPeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB, the store in it.")


if __name__ == "__main__":
    main()
