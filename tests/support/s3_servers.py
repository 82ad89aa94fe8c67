"""Real S3 servers on loopback: SeaweedFS, which can do everything we use, and rclone, a poor dialect people run."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from jupyter_gradient_data.models import S3Config
from jupyter_gradient_data.stores.objects import Capabilities
from jupyter_gradient_data.stores.s3 import S3Store

from .programs import Process, free_ports, require_program

ACCESS_KEY = "AKIDTEST"
SECRET_KEY = "loopback-secret"
BUCKET = "data"
_STARTS = 4

# What `check_bucket` finds of each server; a test holds them to it.
SEAWEEDFS = Capabilities(conditional_put=True, checksums=True, ordered_list=False)
POOR = Capabilities(conditional_put=False, checksums=False, ordered_list=True)


@dataclass(frozen=True)
class S3Server:
    """A running server and the bucket tests share; every test takes a prefix of its own."""

    endpoint: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    bucket: str = BUCKET

    def config(self, **changes: str | None) -> S3Config:
        """How to reach the bucket, with changes for a test."""
        return replace(S3Config(bucket=self.bucket, access_key=self.access_key, endpoint=self.endpoint), **changes)

    def store(self, capabilities: Capabilities = SEAWEEDFS, *, endpoint: str | None = None, **options: Any) -> S3Store:
        """Our store on the bucket, perhaps through another endpoint in front of it."""
        config = self.config(endpoint=endpoint or self.endpoint)
        return S3Store(config, options.pop("secret", self.secret_key), capabilities=capabilities, **options)

    def unfinished_uploads(self, prefix: str) -> list[str]:
        """Keys of the multipart uploads below a prefix that were neither completed nor given up."""
        client = self.client()
        try:
            page = client.list_multipart_uploads(Bucket=self.bucket, Prefix=prefix)
        except client.exceptions.NoSuchUpload:  # how rclone says that there has not been any
            return []
        return [upload["Key"] for upload in page.get("Uploads", [])]

    def client(self):  # type: ignore[no-untyped-def]
        """A plain boto3 client, to look at the bucket from outside."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name="us-east-1",
            config=Config(
                retries={"total_max_attempts": 1},
                connect_timeout=5,
                read_timeout=30,
                s3={"addressing_style": "path"},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
            ),
        )

    def is_ready(self) -> bool:
        """Whether the bucket exists (it is made here) and an object can be put."""
        client = self.client()
        try:
            with contextlib.suppress(client.exceptions.BucketAlreadyExists, client.exceptions.BucketAlreadyOwnedByYou):
                client.create_bucket(Bucket=self.bucket)
            client.put_object(Bucket=self.bucket, Key="ready/now", Body=b"x")
        except (BotoCoreError, ClientError):
            return False
        finally:
            client.close()
        return True


@contextlib.contextmanager
def running_seaweedfs(folder: Path) -> Iterator[S3Server]:
    """A SeaweedFS in one process, its data below ``folder``."""
    program = require_program("weed")
    keys = {"AWS_ACCESS_KEY_ID": ACCESS_KEY, "AWS_SECRET_ACCESS_KEY": SECRET_KEY}

    def start(folder: Path) -> tuple[Process, S3Server]:
        s3, master, volume, filer, admin = free_ports(5, spread=10_000)  # each component opens port + 10,000 as well
        arguments = [
            *(program, "mini", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", f"-s3.port={s3}"),
            *(f"-master.port={master}", f"-volume.port={volume}", f"-filer.port={filer}", f"-admin.port={admin}"),
            *(f"-filer.localSocket={folder / 'filer.sock'}", "-webdav=false", "-admin.ui=false"),
            "-master.telemetry=false",
        ]
        return Process(arguments, folder / "weed.log", keys), S3Server(f"http://127.0.0.1:{s3}")

    with _running(start, folder) as server:
        yield server


@contextlib.contextmanager
def running_rclone(folder: Path) -> Iterator[S3Server]:
    """``rclone serve s3`` over a plain folder: no conditional put, checksums accepted and not looked at."""
    program = require_program("rclone")

    def start(folder: Path) -> tuple[Process, S3Server]:
        (folder / "data" / BUCKET).mkdir(parents=True)
        (port,) = free_ports(1)
        arguments = [
            *(program, "serve", "s3", str(folder / "data"), "--addr", f"127.0.0.1:{port}", "--config", ""),
            *("--auth-key", f"{ACCESS_KEY},{SECRET_KEY}", "--cache-dir", str(folder / "cache")),
        ]
        return Process(arguments, folder / "rclone.log"), S3Server(f"http://127.0.0.1:{port}")

    with _running(start, folder) as server:
        yield server


@contextlib.contextmanager
def _running(start: Callable[[Path], tuple[Process, S3Server]], folder: Path) -> Iterator[S3Server]:
    """Start a server and wait for it; again when someone else took one of its ports in the meantime."""
    for attempt in range(_STARTS):
        attempt_folder = folder / f"start-{attempt}"
        attempt_folder.mkdir(parents=True)
        process, server = start(attempt_folder)
        try:
            try:
                process.wait_until(server.is_ready)
            except RuntimeError:
                if attempt == _STARTS - 1:
                    raise
                continue
            yield server
            return
        finally:
            process.kill()
