"""``make bench``, second part: the server under load, and its uploads beside others'; writes docs/benchmarks-server.md.

Needs the package with its ``test`` extra in the Python that runs it.
"""

from __future__ import annotations

import argparse
import base64
import contextlib
import json
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import installs
import servers
import serving_report
import urllib3
from places import BENCH, ROOT, SCRATCH, clean_environment

sys.path.insert(0, str(ROOT))

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.service.local import open_service

REPORT = ROOT / "docs" / "benchmarks-server.md"
TOKEN = "bench"
MIB = 1 << 20


@dataclass(frozen=True)
class Profile:
    """How much is measured."""

    clients: int
    commit_files: int
    large: int
    compared: int
    runs: int


FULL = Profile(clients=200, commit_files=200_000, large=2 << 30, compared=1 << 30, runs=3)
QUICK = Profile(clients=50, commit_files=20_000, large=256 << 20, compared=128 << 20, runs=1)


class Server:
    """A Jupyter server with the extension, on a state directory on the disk."""

    def __init__(self, folder: Path) -> None:
        self.state = folder / "state"
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self.log = folder / "server.log"
        self.http = urllib3.PoolManager(maxsize=20, retries=False, timeout=urllib3.Timeout(600))
        (self.port,) = servers.free_ports(1)
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/gradient"

    def start(self) -> None:
        """Start it and wait until it answers."""
        env = clean_environment(self.files.parent / "home")
        env |= {"GRADIENT_STATE_DIR": str(self.state), "PYTHONPATH": str(Path(__file__).parent)}
        argv = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", "--ip=127.0.0.1"]
        argv += [f"--port={self.port}", f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={self.files}"]
        argv += ["--ServerApp.jpserver_extensions=loop_delay=True", "--ServerApp.log_level=WARN"]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(argv, env=env, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while True:
            with contextlib.suppress(urllib3.exceptions.HTTPError):
                if self.ask("GET", "/api/datasets").status == 200:
                    return
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise servers.ServerFailed(self.log.read_text()[-2000:])
            time.sleep(0.1)

    def ask(self, method: str, path: str, **options: Any) -> urllib3.BaseHTTPResponse:
        """One request; a path below ``/gradient`` or a whole URL."""
        url = path if path.startswith("http") else self.url + path
        headers = {"Authorization": f"token {TOKEN}", **options.pop("headers", {})}
        return self.http.request(method, url, headers=headers, **options)

    def json(self, method: str, path: str, body: Any = None) -> Any:
        """One request that must succeed, with JSON both ways."""
        answer = self.ask(method, path, body=None if body is None else json.dumps(body).encode())
        if answer.status >= 400:
            raise RuntimeError(f"{method} {path}: {answer.status} {answer.data[:300]!r}")
        return json.loads(answer.data) if answer.data else None

    def new_version(self, name: str) -> str:
        """A dataset with an uncommitted version."""
        dataset = self.json("POST", "/api/datasets", {"name": name})["id"]
        return f"{dataset}:{self.json('POST', f'/api/datasets/{dataset}/versions', {})['version']}"

    def peak_mib(self) -> float:
        """The largest resident set of the server so far."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM")) / 1024

    def stop(self) -> None:
        """End it by force."""
        servers.kill(self.process)


@contextlib.contextmanager
def running(folder: Path, prepare: Callable[[Path], Any] = lambda state: None) -> Iterator[tuple[Server, Any]]:
    """A fresh server, and what ``prepare`` made of its state before it started."""
    shutil.rmtree(folder, ignore_errors=True)
    server = Server(folder)
    prepared = prepare(server.state)
    server.start()
    try:
        yield server, prepared
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


# --- uploads of one file ----------------------------------------------------------------------------------------------


def upload_tus(server: Server, source: Path, reference: str, path: str) -> float:
    """Seconds for one file through tus, in one PATCH, until it is in the version."""
    encoded = ",".join(
        f"{k} {base64.b64encode(v.encode()).decode()}" for k, v in (("reference", reference), ("path", path))
    )
    started = time.monotonic()
    headers = {"Tus-Resumable": "1.0.0", "Upload-Length": str(source.stat().st_size), "Upload-Metadata": encoded}
    made = server.ask("POST", "/api/uploads", headers=headers)
    assert made.status == 201, made.data
    headers = {"Tus-Resumable": "1.0.0", "Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    headers["Content-Length"] = str(source.stat().st_size)
    with source.open("rb") as body:
        done = server.ask("PATCH", urljoin(server.url, made.headers["Location"]), headers=headers, body=body)
    assert done.status == 204, done.data
    return time.monotonic() - started


def upload_jupyter(server: Server, source: Path, name: str) -> float:
    """Seconds for the same file as JupyterLab's file browser sends it: base64 pieces of 1 MiB in JSON, one by one."""
    started = time.monotonic()
    size, chunk = source.stat().st_size, 0
    with source.open("rb") as body:
        sent = 0
        while piece := body.read(MIB):
            sent += len(piece)
            chunk = -1 if sent == size else chunk + 1
            model = {"type": "file", "format": "base64", "name": name, "chunk": chunk}
            model["content"] = base64.b64encode(piece).decode()
            done = server.ask("PUT", f"{server.root}/api/contents/{name}", body=json.dumps(model).encode())
            assert done.status in (200, 201), done.data
    return time.monotonic() - started


def compare_uploads(profile: Profile, folder: Path) -> dict[str, list[float]]:
    """tus and JupyterLab's own upload, taking turns on the same server."""
    source = make_file(folder / "one.bin", profile.compared)
    times: dict[str, list[float]] = {"tus": [], "JupyterLab's upload": []}
    with running(folder / "uploads") as (server, _):
        reference = server.new_version("uploads")
        for run in range(profile.runs):
            fresh(source, run)
            times["tus"].append(upload_tus(server, source, reference, f"file-{run}"))
            times["JupyterLab's upload"].append(upload_jupyter(server, source, f"file-{run}"))
            (server.files / f"file-{run}").unlink()
    return times


def legacy_uploads(profile: Profile, folder: Path) -> dict[str, list[float]]:
    """The retired client with one large file: against this server, and against a stand-in of its own service."""
    source = make_file(folder / "data" / "one.bin", profile.compared)
    gradient = installs.program("legacy", "gradient")
    times: dict[str, list[float]] = {"this server": [], "stand-in with SeaweedFS": []}
    env = clean_environment(folder / "home") | {"PAPERSPACE_CONFIG_HOST": "", "PAPERSPACE_CLI_DEV": "true"}

    def put(host: str, key: str, dataset: str) -> float:
        argv = [gradient, "datasets", "versions", "create", "--id", dataset, "--source-path", str(source.parent) + "/"]
        started = time.monotonic()
        own = {**env, "PAPERSPACE_CONFIG_HOST": host, "PAPERSPACE_API_KEY": key}
        done = subprocess.run(argv, env=own, capture_output=True, text=True, timeout=600, check=False)
        if "Committed dataset version" not in done.stdout:
            raise RuntimeError(done.stdout + done.stderr)
        return time.monotonic() - started

    with running(folder / "ours") as (server, _), servers.seaweedfs(folder / "seaweedfs") as s3:
        dataset = server.json("POST", "/api/datasets", {"name": "legacy"})["id"]
        script = Path(__file__).with_name("legacy_service.py")
        argv = [
            installs.program("tools", "python"),
            str(script),
            "--endpoint",
            f"http://127.0.0.1:{s3}",
            "--bucket",
            "bench",
        ]
        stand_in = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, text=True, start_new_session=True)
        try:
            assert stand_in.stdout is not None
            other = f"http://127.0.0.1:{stand_in.stdout.readline().strip()}"
            for run in range(profile.runs):
                fresh(source, run)
                times["this server"].append(put(server.url, TOKEN, dataset))
                times["stand-in with SeaweedFS"].append(put(other, "bench", "dsbench00000000"))
        finally:
            servers.kill(stand_in)
    return times


# --- the crowd --------------------------------------------------------------------------------------------------------


def prepare_load(profile: Profile, source: Path, large: Path) -> Callable[[Path], tuple[str, str]]:
    """Stages many files in one version, and commits a large file in another, before the server starts."""

    def prepare(state: Path) -> tuple[str, str]:
        for folder in range(profile.commit_files // 1000):
            (source / f"{folder:03}").mkdir(parents=True, exist_ok=True)
            for number in range(1000):
                (source / f"{folder:03}" / f"{number:03}").write_bytes(b"%d/%d" % (folder, number))
        service = open_service(Config(state_dir=state))
        dataset = service.create_dataset("load").id
        many = service.create_version(dataset).reference
        service.put_files(many, [f"{source}/"]).result()
        whole = service.create_version(dataset).reference
        service.put_files(whole, [large]).result()
        service.commit_version(whole).result()
        service.close()
        return many, whole

    return prepare


def load(profile: Profile, folder: Path) -> dict[str, Any]:
    """The crowd, a large upload, a commit of many files and a download, all at once."""
    large = make_file(folder / "large.bin", profile.large)
    other = make_file(folder / "other.bin", profile.large)
    with running(folder / "load", prepare_load(profile, folder / "many", other)) as (server, (many, whole)):
        references = [server.new_version(f"crowd-{number}") for number in range(20)]
        upload = server.new_version("large")
        settings = {"url": server.url, "token": TOKEN, "references": references, "clients": profile.clients}
        argv = [sys.executable, str(Path(__file__).with_name("crowd.py")), json.dumps(settings)]
        server.json("GET", f"{server.root}/loop-delay")
        idle = server.peak_mib()
        crowd = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        time.sleep(3)
        with ThreadPoolExecutor(3) as pool:
            work = {
                "upload": pool.submit(upload_tus, server, large, upload, "large.bin"),
                "commit": pool.submit(timed, lambda: commit(server, many)),
                "download": pool.submit(timed, lambda: download(server, whole, other)),
            }
            seconds = {name: done.result() for name, done in work.items()}
        output, _ = crowd.communicate("")
        seen = json.loads(output)
        delays = server.json("GET", f"{server.root}/loop-delay")
        missing = [ref for ref, count in seen["put"].items() if committed_files(server, ref) != count]
        lost = f"{len(missing)} versions lack files" if missing else None
        errors = seen["errors"] + ([lost] if lost else [])
        return {
            "seconds": seconds,
            "delays": delays,
            "waits": seen["waits"],
            "errors": errors,
            "files": sum(seen["put"].values()),
            "idle_mib": idle,
            "peak_mib": server.peak_mib(),
        }


def commit(server: Server, reference: str) -> Any:
    """Commit a version and wait for it."""
    dataset, version = reference.split(":")
    task = server.json("POST", f"/api/datasets/{dataset}/versions/{version}/commit", {})
    while task["state"] == "running":
        task = server.json("GET", f"/api/tasks/{task['id']}?wait=10")
    assert task["state"] == "succeeded", task
    return task["result"]


def committed_files(server: Server, reference: str) -> int:
    """How many files a version has once it is committed."""
    return int(commit(server, reference)["files"])


def download(server: Server, reference: str, source: Path) -> None:
    """Read one large file and compare it with its source."""
    dataset, version = reference.split(":")
    path = f"/api/datasets/{dataset}/versions/{version}/content/{source.name}"
    answer = server.ask("GET", path, preload_content=False)
    assert answer.status == 200
    with source.open("rb") as expected:
        for piece in answer.stream(MIB):
            assert piece == expected.read(len(piece)), "the download differs"
        assert not expected.read(1), "the download is short"


# --- small things -----------------------------------------------------------------------------------------------------


def timed(work: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    started = time.monotonic()
    work()
    return time.monotonic() - started


def make_file(path: Path, size: int) -> Path:
    """A file of random MiBs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        for _ in range(size // MIB):
            file.write(secrets.token_bytes(MIB))
    return path


def fresh(path: Path, run: int) -> None:
    """Make a file that no run has seen: one byte in each MiB is another."""
    with path.open("r+b") as file:
        for offset in range(0, path.stat().st_size, MIB):
            file.seek(offset)
            file.write(bytes([run + 1]))


def main() -> int:
    """Measure, print, and write the page unless quick."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="small sizes, one run; no page in docs/")
    parser.add_argument("--only", default="uploads,legacy,load", help="parts, separated by commas")
    options = parser.parse_args()
    profile = QUICK if options.quick else FULL
    folder = SCRATCH.with_name(SCRATCH.name + "-server")
    kept = BENCH / "results" / f"server-{'quick' if options.quick else 'full'}.json"
    found: dict[str, Any] = json.loads(kept.read_text()) if kept.exists() else {}
    parts = {"uploads": compare_uploads, "legacy": legacy_uploads, "load": load}
    for name in options.only.split(","):
        shutil.rmtree(folder, ignore_errors=True)
        try:
            found[name] = parts[name](profile, folder)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        print(name, json.dumps(found[name], indent=1), flush=True)
        kept.parent.mkdir(parents=True, exist_ok=True)
        kept.write_text(json.dumps(found))
    if parts.keys() <= found.keys():
        page = serving_report.page(found, asdict(profile))
        print(page)
        if not options.quick:
            REPORT.write_text(page)
    return int(bool(found.get("load", {}).get("errors")))


if __name__ == "__main__":
    sys.exit(main())
