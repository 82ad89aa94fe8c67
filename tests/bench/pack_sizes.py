"""How large should packs be?  Puts and gets 20,000 files of 4 KiB with packs of 4 to 32 MiB.

Run from the top of the repository: ``python -m tests.bench.pack_sizes``.  Its table is in docs/format/v1.md.  Each
measurement is a process of its own on a fresh state; rounds go over all of them in random order, so that noise meets
all alike.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import resource
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jupyter_gradient_data.blobs import packs
from jupyter_gradient_data.config import Config
from jupyter_gradient_data.models import ProviderKind, S3Config
from jupyter_gradient_data.service.local import open_service
from tests.support.s3_servers import S3Server, running_seaweedfs

MIB = 1024 * 1024
SIZES = (4, 8, 16, 32)  # MiB
FOLDERS, FILES, FILE_SIZE = 200, 100, 4096
DELAY_MS = 20
STEPS = ("put", "get folder", "get all")


def make_files(folder: Path) -> Path:
    """The files that are put: nothing about them can be compressed or is equal."""
    source = random.Random(1)
    for number in range(FOLDERS):
        below = folder / f"d{number:04}"
        below.mkdir(parents=True)
        for file in range(FILES):
            (below / f"f{file:04}.bin").write_bytes(source.randbytes(FILE_SIZE))
    return folder


def measure(source: Path, pack_mib: int, endpoint: str | None) -> dict[str, float]:
    """Seconds of each step, and the peak memory in MiB, of this process."""
    packs.PACK_SIZE = pack_mib * MIB
    found: dict[str, float] = {}

    def timed(name: str, work: Callable[[], object]) -> None:
        began = time.perf_counter()
        work()
        found[name] = time.perf_counter() - began

    with tempfile.TemporaryDirectory(dir=source.parent) as temporary:
        service = open_service(Config.load({}, state_dir=Path(temporary) / "state"))
        provider = None
        if endpoint is not None:
            server = S3Server(endpoint, bucket=f"packs-{secrets.token_hex(4)}")
            server.client().create_bucket(Bucket=server.bucket)
            config = S3Config(bucket=server.bucket, access_key=server.access_key, endpoint=endpoint)
            provider = service.create_provider("s3", ProviderKind.S3_COMPATIBLE, config, server.secret_key).id
        dataset = service.create_dataset("files", provider=provider)
        version = service.create_version(dataset.id).reference
        timed("put", service.put_files(version, [f"{source}/"]).result)
        service.commit_version(version).result()
        timed("get folder", lambda: service.get_files(version, ["d0100/"], Path(temporary) / "folder").result())
        timed("get all", lambda: service.get_files(version, [], Path(temporary) / "all").result())
        service.close()
    found["MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


@contextlib.contextmanager
def places(folder: Path) -> Iterator[dict[str, str | None]]:
    """The endpoints to measure at, by name; None is the embedded store."""
    with running_seaweedfs(folder) as server:
        argv = [sys.executable, str(Path(__file__).with_name("proxy.py")), "--delay-ms", str(DELAY_MS / 2)]
        argv += ["--target", server.endpoint.rpartition(":")[2]]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as proxy:
            try:
                assert proxy.stdout is not None
                delayed = f"http://127.0.0.1:{int(proxy.stdout.readline())}"
                yield {"local": None, "SeaweedFS": server.endpoint, f"SeaweedFS + {DELAY_MS} ms": delayed}
            finally:
                proxy.kill()


def main(rounds: int) -> None:
    """Measure everything and print the table: medians of all rounds."""
    results: dict[tuple[str, int], list[dict[str, float]]] = {}
    with tempfile.TemporaryDirectory() as temporary:
        source = make_files(Path(temporary) / "source")
        with places(Path(temporary)) as endpoints:
            for _ in range(rounds):
                todo = [(name, size) for name in endpoints for size in SIZES]
                random.shuffle(todo)  # what was just written slows down what comes next: each time something else
                for name, size in todo:
                    os.sync()
                    endpoint = endpoints[name]
                    argv = [sys.executable, "-m", "tests.bench.pack_sizes", "--one", str(source), str(size)]
                    argv += [endpoint] if endpoint else []
                    out = subprocess.run(argv, check=True, stdout=subprocess.PIPE, text=True).stdout
                    results.setdefault((name, size), []).append(json.loads(out))
                    print(name, size, out.strip(), file=sys.stderr, flush=True)
    columns = (*STEPS, "MiB")
    print("| store | pack MiB | " + " | ".join([f"{step} s" for step in STEPS] + ["peak MiB"]) + " |")
    print("|---|---:|" + "---:|" * len(columns))
    for (name, size), found in sorted(results.items()):
        cells = [statistics.median(one[column] for one in found) for column in columns]
        print(f"| {name} | {size} | " + " | ".join(f"{cell:.2f}" for cell in cells[:-1]) + f" | {cells[-1]:.0f} |")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--one", nargs="+", metavar=("SOURCE", "MIB"), help="measure once (the parts of a run)")
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(Path(options.one[0]), int(options.one[1]), *(options.one[2:] or [None]))))
    else:
        main(options.rounds)
