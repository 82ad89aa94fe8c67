"""``make bench``, last part: mounting versions from S3, beside copying the files; writes docs/benchmarks-mounts.md.

Needs the package with its ``test`` extra in the Python that runs it.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import mounts_report
from files import Load, difference
from peers import Rclone, S5cmd
from places import BENCH, ROOT, SCRATCH, clean_environment

sys.path.insert(0, str(ROOT))

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.files import VersionFiles
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.models import Phase, ProgressEvent, ProviderKind
from jupyter_gradient_data.progress import Progress
from jupyter_gradient_data.service.local import LocalService
from jupyter_gradient_data.volumes.cache.cache import VersionCache
from jupyter_gradient_data.volumes.cache.trees import remove_tree
from jupyter_gradient_data.volumes.folders import TeamFolders
from tests.support.programs import require_program
from tests.support.s3_servers import ACCESS_KEY, BUCKET, SECRET_KEY, S3Server, running_seaweedfs

REPORT = ROOT / "docs" / "benchmarks-mounts.md"


@dataclass(frozen=True)
class Profile:
    """How much is measured."""

    small: Load
    large: Load
    runs: int


FULL = Profile(Load("small", 200, 100, 4096), Load("large", 1, 1, 256 << 20), 3)
QUICK = Profile(Load("small", 200, 100, 4096), Load("large", 1, 1, 128 << 20), 1)


@contextlib.contextmanager
def opened(state: Path, cache_bytes: int = 0) -> Iterator[tuple[LocalService, Repository]]:
    """A service, as a process has it that was just started."""
    repository = Repository(Config(state_dir=state, cache_bytes=cache_bytes))
    service = LocalService(repository)
    try:
        yield service, repository
    finally:
        service.close()


def committed(state: Path, source: Path, dataset: str, cache_bytes: int, start_from: str | None = None) -> str:
    """Put a folder into a dataset of the bucket and commit it; the version."""
    with opened(state, cache_bytes) as (service, _):
        if dataset not in {found.name for found in service.list_datasets().items}:
            service.create_dataset(dataset, provider="bucket")
        version = service.create_version(dataset, start_from=start_from).reference
        service.put_files(version, [f"{source}/"]).result()
        return service.commit_version(version).result().reference


def mount(state: Path, reference: str) -> tuple[float, int, Path]:
    """Seconds until a version is there, bytes that had to be fetched for it, and its folder."""
    events: list[ProgressEvent] = []
    with opened(state) as (_, repository):
        started = time.perf_counter()
        files = VersionFiles.open(repository, reference)
        cache = VersionCache(repository, TeamFolders(repository))
        tree = cache.materialise(files, Progress(events.append), "bench/mount")
        seconds = time.perf_counter() - started
    fetched = [event for event in events if event.phase is Phase.FETCHING]
    return seconds, fetched[-1].bytes_done - fetched[-1].bytes_skipped if fetched else 0, tree


def forget(state: Path) -> None:
    """Empty the cache."""
    remove_tree(state / "share-storage")


# --- peers ------------------------------------------------------------------------------------------------------------


def peers(server: S3Server, folder: Path) -> dict[str, list[str]]:
    """The commands that copy the files as plain objects into ``got``; what is not installed is left out."""
    found = {"rclone": [require_program("rclone"), "copy", "bench:data/plain", "got", "--quiet"]}
    found["rclone"] += [*Rclone._common, *Rclone._parts]
    if program := shutil.which("s5cmd"):
        endpoint = ["--log", "error", "--endpoint-url", server.endpoint]
        found["s5cmd"] = [program, *endpoint, *S5cmd._workers, "cp", f"s3://{BUCKET}/plain/*", f"{folder / 'got'}/"]
    return found


def environment(server: S3Server, folder: Path) -> dict[str, str]:
    """What the peers see."""
    return clean_environment(folder / "home") | {
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "RCLONE_CONFIG": "/dev/null",
        "RCLONE_CONFIG_BENCH_TYPE": "s3",
        "RCLONE_CONFIG_BENCH_PROVIDER": "SeaweedFS",
        "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
        "RCLONE_CONFIG_BENCH_ENDPOINT": server.endpoint,
    }


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes, after the disk's queue was emptied."""
    os.sync()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def copy(command: list[str], server: S3Server, folder: Path, source: Path) -> float:
    """Seconds of a peer, whose files are compared with the source."""
    shutil.rmtree(folder / "got", ignore_errors=True)
    (folder / "got").mkdir()
    env = environment(server, folder)
    seconds = timed(lambda: subprocess.run(command, cwd=folder, env=env, check=True, timeout=600))
    if wrong := difference(source, folder / "got"):
        raise RuntimeError(f"{command[0]}: {wrong}")
    return seconds


# --- what is measured -------------------------------------------------------------------------------------------------


def run(profile: Profile, folder: Path) -> dict[str, Any]:
    """All of it."""
    with running_seaweedfs(folder / "server") as server:
        state = folder / "state"
        with opened(state) as (service, _):
            service.create_provider("bucket", ProviderKind.S3_COMPATIBLE, server.config(), server.secret_key)
        small, large = folder / "small", folder / "large"
        profile.small.copy_to(small)
        profile.large.copy_to(large)
        found: dict[str, Any] = uploads(profile, state, folder)
        env = environment(server, folder)
        put = [require_program("rclone"), "copy", str(small), "bench:data/plain", "--quiet", *Rclone._common]
        subprocess.run(put, cwd=folder, env=env, check=True, timeout=600)
        first = committed(state, small, "small", 1)
        found |= mounting(profile, state, first, server, folder)
        profile.small.change(small)
        second = committed(state, small, "small", 1, start_from=first)
        seconds, fetched, tree = mount(state, second)
        check(small, tree)
        found["second"] = {"seconds": seconds, "bytes": fetched}
        whole = committed(state, large, "large", 1)
        _, _, large_tree = mount(state, whole)
        found["reading"] = {
            "small": reading(profile, tree, small),
            "large": reading(profile, large_tree, large),
        }
    return found


def mounting(profile: Profile, state: Path, reference: str, server: S3Server, folder: Path) -> dict[str, Any]:
    """Cold mounts beside copies, taking turns; then warm ones."""
    cold: dict[str, list[float]] = {"mount": []}
    source = folder / "small"
    for _ in range(profile.runs):
        forget(state)
        os.sync()
        seconds, _, tree = mount(state, reference)
        check(source, tree)
        cold["mount"].append(seconds)
        for name, command in peers(server, folder).items():
            cold.setdefault(name, []).append(copy(command, server, folder, source))
    return {"cold": cold, "warm": [mount(state, reference)[0] for _ in range(4 * profile.runs + 1)]}


def check(source: Path, tree: Path) -> None:
    """What was mounted is what was put."""
    if wrong := difference(source, tree):
        raise RuntimeError(f"the mount: {wrong}")


def reading(profile: Profile, tree: Path, source: Path) -> dict[str, list[float]]:
    """Seconds to read all files through the mount and from a plain copy, taking turns."""
    times: dict[str, list[float]] = {"mount": [], "copy": []}
    for _ in range(profile.runs + 2):
        times["mount"].append(timed(lambda: read_all(tree)))
        times["copy"].append(timed(lambda: read_all(source)))
    return {name: found[2:] for name, found in times.items()}  # the first ones bring both into memory


def read_all(folder: Path) -> None:
    """Read every file."""
    for above, _, names in os.walk(folder):
        for name in names:
            with open(os.path.join(above, name), "rb", buffering=0) as file:
                while file.read(1 << 20):
                    pass


def uploads(profile: Profile, state: Path, folder: Path) -> dict[str, Any]:
    """Uploads with and without keeping what is sent, taking turns; each run sends other bytes."""
    found: dict[str, dict[str, list[float]]] = {}
    for load in (profile.small, profile.large):
        times: dict[str, list[float]] = {"kept": [], "not kept": []}
        for number in range(2 * profile.runs):
            way, limit = ("kept", 0) if number % 2 else ("not kept", 1)
            source = folder / "fresh"
            shutil.rmtree(source, ignore_errors=True)
            write_fresh(source, load)
            name = f"{load.name}-{number}"
            seconds = timed(lambda s=source, n=name, c=limit: committed(state, s, n, c))  # type: ignore[misc]
            times[way].append(seconds)
        found[load.name] = times
    forget(state)
    return {"uploads": found}


def write_fresh(folder: Path, load: Load) -> None:
    """Files of the same shape that no run has seen."""
    for path in load.paths():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("wb") as file:
            for size in [1 << 20] * (load.size >> 20) + [load.size & ((1 << 20) - 1)]:
                file.write(os.urandom(size))


def main() -> int:
    """Measure, print, and write the page unless quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run; no page in docs/")
    profile = QUICK if parser.parse_args().quick else FULL
    folder = SCRATCH.with_name(SCRATCH.name + "-mounts")
    remove_tree(folder)
    try:
        found = run(profile, folder)
    finally:
        remove_tree(folder)
    kept = BENCH / "results" / f"mounts-{'quick' if profile is QUICK else 'full'}.json"
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(found))
    page = mounts_report.page(found, profile.small, profile.large)
    print(page)
    if profile is FULL:
        REPORT.write_text(page)
    return int(statistics.median(found["warm"]) > mounts_report.WARM)


if __name__ == "__main__":
    sys.exit(main())
