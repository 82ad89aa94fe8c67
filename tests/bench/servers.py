"""The S3 server and the proxy in front of it, as processes of our own."""

from __future__ import annotations

import contextlib
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import installs
from places import BUCKET, clean_environment

_START_TIMEOUT_S = 60.0
_ATTEMPTS = 3


class ServerFailed(Exception):
    """The S3 server did not come up."""


@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[int]:
    """A fresh SeaweedFS with one empty bucket; yields its S3 port and removes ``folder`` at the end.

    Every run of every tool gets its own, so that nobody is measured on a server that still digests another's data.
    """
    for attempt in range(1, _ATTEMPTS + 1):
        data = folder / f"server-{attempt}"
        data.mkdir(parents=True)
        process, port = _start_weed(data)
        try:
            if _ready(process, port, data):
                yield port
                return
        finally:
            # Its orderly end can take a minute after heavy load, and the data is not needed any more.
            kill(process)
            shutil.rmtree(folder, ignore_errors=True)
    raise ServerFailed(f"SeaweedFS did not start in {_ATTEMPTS} attempts")


@contextlib.contextmanager
def latency(target: int, round_trip_ms: float) -> Iterator[int]:
    """A proxy to ``target`` that adds ``round_trip_ms``; yields its port."""
    script = Path(__file__).with_name("proxy.py")
    argv = [sys.executable, str(script), "--target", str(target), "--delay-ms", str(round_trip_ms / 2)]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        kill(process)


def _start_weed(data: Path) -> tuple[subprocess.Popen[bytes], int]:
    s3, master, volume, filer = free_ports(4)
    argv = [
        installs.program("tools", "weed"),
        "mini",
        f"-dir={data}",
        "-ip=127.0.0.1",
        "-ip.bind=127.0.0.1",
        f"-s3.port={s3}",
        f"-master.port={master}",
        f"-volume.port={volume}",
        f"-filer.port={filer}",
        "-webdav=false",
        "-admin.ui=false",
    ]
    with (data / "server.log").open("wb") as log:
        env = clean_environment(data / "home")
        return subprocess.Popen(argv, cwd=data, env=env, stdout=log, stderr=log, start_new_session=True), s3


def _ready(process: subprocess.Popen[bytes], port: int, data: Path) -> bool:
    """Whether a bucket can be made and an object put, within a minute."""
    s5cmd = [installs.program("tools", "s5cmd"), "--endpoint-url", f"http://127.0.0.1:{port}", "--retry-count", "0"]
    env = clean_environment(data / "home")
    deadline = time.monotonic() + _START_TIMEOUT_S
    for action in (["mb", f"s3://{BUCKET}"], ["pipe", f"s3://{BUCKET}/ready"]):
        while subprocess.run([*s5cmd, *action], env=env, input=b"ready", capture_output=True, check=False).returncode:
            if process.poll() is not None or time.monotonic() > deadline:
                return False
            time.sleep(0.1)
    return True


def free_ports(count: int) -> list[int]:
    """Ports that are free together with the port 10,000 above, which SeaweedFS opens as well."""
    ports: list[int] = []
    while len(ports) < count:
        port = random.randrange(15_000, 22_000)
        if port not in ports and _is_free(port) and _is_free(port + 10_000):
            ports.append(port)
    return ports


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def kill(process: subprocess.Popen[bytes] | subprocess.Popen[str]) -> None:
    """End a process of ours with its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdout is not None:
        process.stdout.close()
