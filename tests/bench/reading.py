"""``make bench``, reading: ``gradient://`` beside s3fs on the same S3 server; writes docs/benchmarks-reading.md.

Needs the package with its ``test`` extra in the Python that runs it.  What s3fs reads are the same files as plain
objects.  Both take turns in one process; whatever either has kept is forgotten before a cold run.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import shutil
import statistics
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import reading_report
from places import BENCH, ROOT, SCRATCH

sys.path.insert(0, str(ROOT))

import s3fs

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.client.memory.memory import Memory
from jupyter_gradient_data.client.memory.place import Kind, Place
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets import staging
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.nodes import Entry
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.fs import pages, session
from jupyter_gradient_data.fs.filesystem import GradientFileSystem
from jupyter_gradient_data.models import ProviderKind
from jupyter_gradient_data.service.local import LocalService
from tests.support.s3_servers import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, running_seaweedfs

REPORT = ROOT / "docs" / "benchmarks-reading.md"
KIB, MIB = 1 << 10, 1 << 20
Parts = list[tuple[str, int, int]]
Read = Callable[[Any, str, Parts], list[bytes]]


@dataclass(frozen=True)
class Profile:
    """How much is measured."""

    large: int  # bytes of the large object
    small: int  # objects of 64 KiB to 1 MiB
    reads: int
    listed: int  # files
    runs: int


FULL = Profile(large=512 * MIB, small=500, reads=300, listed=100_000, runs=3)
QUICK = Profile(large=128 * MIB, small=100, reads=100, listed=10_000, runs=1)


class Bench:
    """Both file systems on the same server.

    Parameters
    ----------
    profile : Profile
        How much.
    server : S3Server
        Where the bytes are.
    folder : Path
        For the state and for what is kept.
    """

    def __init__(self, profile: Profile, server: S3Server, folder: Path) -> None:
        self.profile = profile
        self.server = server
        self.folder = folder
        session.MEMORY = Memory(lambda: Place(Kind.NOTHING))  # what a benchmark read need not be remembered
        self.state = folder / "state"
        os.environ["GRADIENT_READ_CACHE_DIR"] = str(folder / "kept")
        config = Config(state_dir=self.state, cache_bytes=1)  # the service keeps nothing itself
        self.service = LocalService(Repository(config))
        self.service.create_provider("bucket", ProviderKind.S3_COMPATIBLE, server.config(), server.secret_key)
        self.s3 = self.new_s3()

    # --- the data -----------------------------------------------------------------------------------------------------

    def write(self) -> None:
        """The same files as a dataset and as plain objects."""
        source = self.folder / "source"
        (source / "small").mkdir(parents=True)
        block = os.urandom(16 * MIB)
        with (source / "large").open("wb") as file:
            for number in range(self.profile.large // len(block)):
                file.write(hashlib.blake2b(number.to_bytes(8, "big")).digest() + block[64:])
        dice = random.Random(self.profile.small)
        for number in range(self.profile.small):
            size = dice.randrange(64 * KIB, MIB)
            (source / "small" / f"{number:05}").write_bytes(os.urandom(size))
        self.sizes = {f"small/{p.name}": p.stat().st_size for p in sorted((source / "small").iterdir())}
        self.sizes["large"] = self.profile.large
        self.source = source
        self.service.create_dataset("data", provider="bucket")
        version = self.service.create_version("data").reference
        self.service.put_files(version, [f"{source}/"]).result()
        self.data = self.service.commit_version(version).result().reference
        self.s3.put(f"{source}/", f"{BUCKET}/plain/", recursive=True)

    def write_listed(self) -> None:
        """Many empty files; as objects they are written straight into the server."""
        paths = [f"folder-{number // 1000:03}/file-{number % 1000:03}.bin" for number in range(self.profile.listed)]
        self.service.create_dataset("listed", provider="bucket")
        version = self.service.create_version("listed").reference
        self.service.write_file(version, paths[0], [b""])
        repository = self.service._repository
        key = VersionFiles.open(repository, version).version.key
        with repository.database.write() as connection:
            entries = [Entry(path.encode(), 0, hash_bytes(b""), False) for path in paths]
            staging.stage(repository.database, connection, key, entries)
        self.listed = self.service.commit_version(version).result().reference
        store = self.server.store()
        with ThreadPoolExecutor(16) as pool:
            list(pool.map(lambda path: store.put(f"listed/{path}", b""), paths))

    # --- the two ------------------------------------------------------------------------------------------------------

    def new_s3(self) -> s3fs.S3FileSystem:
        """One that has seen nothing."""
        return s3fs.S3FileSystem(
            key=ACCESS_KEY, secret=SECRET_KEY, endpoint_url=self.server.endpoint, skip_instance_cache=True
        )

    def new_ours(self) -> GradientFileSystem:
        """One that has seen nothing in this process."""
        return GradientFileSystem(state_dir=self.state, skip_instance_cache=True)

    def forget(self) -> None:
        """Empty what ours has kept on the disk."""
        shutil.rmtree(self.folder / "kept", ignore_errors=True)

    # --- what is measured ---------------------------------------------------------------------------------------------

    def run(self) -> dict[str, Any]:
        """All of it."""
        found: dict[str, Any] = {"reads": {}}
        loads = []
        for what, parts in self.parts().items():
            for way, read in WAYS.items():
                loads.append(os.getloadavg()[0])
                found["reads"][f"{what}, {way}"] = self.reading(read, parts)
        found["listing"] = self.listing()
        found["pages"] = {f"{size // KIB} KiB": self.paged(size) for size in (64 * KIB, 256 * KIB, MIB)}
        found["sizes"] = asdict(self.profile)
        found["load"] = statistics.median(loads)
        return found

    def paged(self, size: int) -> list[dict[str, list[float]]]:
        """Seconds of ours with pages of another size: of small parts and of larger ones."""
        before = pages.PAGE, pages._PAGES
        pages.PAGE, pages._PAGES = size, pages.SEGMENT // size
        try:
            return [self.reading(by_call, parts, alone=True) for parts in list(self.parts().values())[:2]]
        finally:
            pages.PAGE, pages._PAGES = before

    def parts(self) -> dict[str, Parts]:
        """Random parts of the large file, and of small ones."""
        names = [name for name in self.sizes if name != "large"]
        large, small, dice = [], [], random.Random(self.profile.reads)
        for _ in range(self.profile.reads):
            length = dice.choice([64 * KIB, 128 * KIB, 256 * KIB, 512 * KIB, MIB])
            start = dice.randrange(self.profile.large - length)
            large.append(("large", start, start + length))
            name = dice.choice(names)
            start = dice.randrange(self.sizes[name] - 32 * KIB)
            small.append((name, start, min(start + length, self.sizes[name])))
        tiny = [("large", start, start + 64 * KIB) for _, start, _ in large]
        return {"64 KiB of a large file": tiny, "64 KiB to 1 MiB of a large file": large, "parts of small files": small}

    def reading(self, read: Read, parts: Parts, *, alone: bool = False) -> dict[str, list[float]]:
        """Seconds of both, or of ours alone, cold and warm, taking turns."""
        times: dict[str, list[float]] = {"s3fs": [], "cold": [], "warm": []}
        expected = [self.expected(*part) for part in parts]
        for _ in range(self.profile.runs):
            self.forget()
            if not alone:
                times["s3fs"].append(timed(lambda: read(self.new_s3(), f"{BUCKET}/plain", parts), expected))
            times["cold"].append(timed(lambda: read(self.new_ours(), self.data, parts), expected))
            times["warm"].append(timed(lambda: read(self.new_ours(), self.data, parts), expected))
        return times

    def expected(self, path: str, start: int, end: int) -> bytes:
        """What is in the file."""
        with (self.source / path).open("rb") as file:
            file.seek(start)
            return file.read(end - start)

    def listing(self) -> dict[str, list[float]]:
        """Seconds that both take to find all files of the listed ones."""
        times: dict[str, list[float]] = {"s3fs": [], "cold": [], "warm": []}
        for _ in range(self.profile.runs):
            self.forget()
            count = self.profile.listed
            times["s3fs"].append(timed(lambda: [len(self.new_s3().find(f"{BUCKET}/listed"))], [count]))
            self.service._repository.blobs(2).cache.__init__(32 * MIB)
            times["cold"].append(timed(lambda: [len(self.new_ours().find(self.listed))], [count]))
            times["warm"].append(timed(lambda: [len(self.new_ours().find(self.listed))], [count]))
        return times


def by_ranges(fs: Any, root: str, parts: Parts) -> list[bytes]:
    """All at once."""
    paths = [f"{root}/{path}" for path, _, _ in parts]
    return list(fs.cat_ranges(paths, [part[1] for part in parts], [part[2] for part in parts], on_error="raise"))


def by_call(fs: Any, root: str, parts: Parts) -> list[bytes]:
    """One after the other."""
    return [fs.cat_file(f"{root}/{path}", start=start, end=end) for path, start, end in parts]


def by_file(fs: Any, root: str, parts: Parts) -> list[bytes]:
    """Through files that are opened once, with no read-ahead: s3fs would fetch 50 MiB for each part."""
    files = {path: fs.open(f"{root}/{path}", "rb", cache_type="none") for path in {part[0] for part in parts}}
    found = []
    for path, start, end in parts:
        files[path].seek(start)
        found.append(files[path].read(end - start))
    return found


WAYS: dict[str, Read] = {"cat_ranges": by_ranges, "cat_file": by_call, "open, seek and read": by_file}


def timed(work: Callable[[], list[Any]], expected: list[Any]) -> float:
    """Seconds that something takes, whose result is compared."""
    started = time.perf_counter()
    found = work()
    seconds = time.perf_counter() - started
    if found != expected:
        raise RuntimeError("what was read is not what was written")
    return seconds


def main() -> int:
    """Measure, print, and write the page unless quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run; no page in docs/")
    profile = QUICK if parser.parse_args().quick else FULL
    folder = SCRATCH.with_name(SCRATCH.name + "-reading")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    try:
        with running_seaweedfs(folder / "server") as server:
            bench = Bench(profile, server, folder)
            bench.write()
            bench.write_listed()
            found = bench.run()
            bench.service.close()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    kept = BENCH / "results" / f"reading-{'quick' if profile is QUICK else 'full'}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found))
    page = reading_report.page(found)
    print(page)
    if profile is FULL:
        REPORT.write_text(page)
    return 0 if profile is QUICK or reading_report.goals(found) else 1


if __name__ == "__main__":
    sys.exit(main())
