"""A program whose workers read what it has opened; run by test_workers."""

from __future__ import annotations

import json
import multiprocessing
import sys

from jupyter_gradient_data.fs.filesystem import GradientFileSystem


def read(fs: GradientFileSystem, path: str, start: int) -> str:
    """What a worker does, as a data loader's dataset."""
    with fs.open(path) as file:
        file.seek(start)
        return str(file.read(4).hex())


def main(path: str, options: dict[str, str]) -> None:
    """Read in this process, then in workers of both kinds."""
    fs = GradientFileSystem(**options)
    found = [read(fs, path, 0)]
    for way in ("fork", "spawn"):
        with multiprocessing.get_context(way).Pool(2) as pool:
            found += pool.starmap(read, [(fs, path, start) for start in (1_000_000, 2_000_000)])
    found.append(read(fs, path, 100))  # the forks have left this process its service
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
