"""The peers: how each is set up and which commands do the work.  Their flags are chosen in their favour."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

import installs
from places import BUCKET, clean_environment
from servers import kill

Command = list[str]

LOOPBACK, LATENCY = "loopback", "latency"
_SLOW = {LOOPBACK: 1, LATENCY: 0}


class PrepareFailed(Exception):
    """A tool's untimed preparation failed."""


@dataclass
class Place:
    """Where one run of one tool happens.

    Parameters
    ----------
    folder : Path
        The working directory; its ``data`` is what goes up, its ``got/data`` is where things come down.
    endpoint : str
        The S3 endpoint, with or without added latency.
    env : dict
        The environment of every command.
    """

    folder: Path
    endpoint: str
    env: dict[str, str] = field(init=False)

    def __post_init__(self) -> None:
        self.env = clean_environment(self.folder / "home")

    def run(self, argv: Command, folder: Path | None = None) -> str:
        """Run an untimed command and return what it printed."""
        done = subprocess.run(
            argv, cwd=folder or self.folder, env=self.env, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            lines = (done.stdout + done.stderr).strip().splitlines()
            raise PrepareFailed(f"{Path(argv[0]).name}: {lines[-1] if lines else 'no output'}")
        return done.stdout


class Tool:
    """One contestant.  ``prepare`` and ``before_download`` are not timed, nor is the end of the ``with`` block."""

    name: ClassVar[str]
    flags: ClassVar[str]
    # The most runs on a network; fewer than asked for where the whole would otherwise take too long.
    most_runs: ClassVar[Mapping[str, int]] = {}

    def __init__(self, place: Place) -> None:
        self.place = place

    def __enter__(self) -> Tool:
        self.prepare()
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()

    def prepare(self) -> None:
        """What a user does once: make a repository, write a configuration."""

    def upload(self) -> list[Command]:
        """Bring ``data`` into the empty bucket, durably."""
        raise NotImplementedError

    def update(self) -> list[Command]:
        """Bring the changed ``data`` into the bucket."""
        raise NotImplementedError

    def before_download(self) -> None:
        """Make ``got`` a place to download to."""

    def download(self) -> list[Command]:
        """Bring everything down into the empty ``got/data``."""
        raise NotImplementedError

    def close(self) -> None:
        """End what ``prepare`` started."""


class S5cmd(Tool):
    """Many workers over plain objects."""

    name = "s5cmd"
    _workers = ("--numworkers", "256")
    _parts = ("--concurrency", "16", "--part-size", "16")
    flags = f"`{' '.join(_workers)}`; `cp` up and down with `{' '.join(_parts)}`, `sync` for the second version"

    def _s5cmd(self, *arguments: str) -> list[Command]:
        program = installs.program("tools", "s5cmd")
        return [[program, "--log", "error", "--endpoint-url", self.place.endpoint, *self._workers, *arguments]]

    def upload(self) -> list[Command]:
        return self._s5cmd("cp", *self._parts, "data/", f"s3://{BUCKET}/data/")

    def update(self) -> list[Command]:
        return self._s5cmd("sync", *self._parts, "data/", f"s3://{BUCKET}/data/")

    def download(self) -> list[Command]:
        return self._s5cmd("cp", *self._parts, f"s3://{BUCKET}/data/*", "got/data/")


class Rclone(Tool):
    """Plain objects, from the tool with the most stores."""

    name = "rclone"
    most_runs = {LATENCY: 1}
    _common = ("--transfers", "64", "--checkers", "64", "--fast-list", "--s3-no-check-bucket")
    _parts = ("--s3-upload-concurrency", "8", "--s3-chunk-size", "32M", "--multi-thread-streams", "8")
    flags = (
        f"`{' '.join(_common + _parts)}`; `copy` up and down, `sync` as it is by default for the second version: it "
        "asks for each object's modification time. `--update --use-server-modtime` spares these requests: 0.88 s for "
        "the second version, median of three runs beside the table, so that we were 1.4 times as fast; it then takes a "
        "changed file for unchanged when its time lies before that of the upload"
    )

    def prepare(self) -> None:
        self.place.env |= {
            "RCLONE_CONFIG": "/dev/null",
            "RCLONE_CONFIG_BENCH_TYPE": "s3",
            "RCLONE_CONFIG_BENCH_PROVIDER": "SeaweedFS",
            "RCLONE_CONFIG_BENCH_ENV_AUTH": "true",
            "RCLONE_CONFIG_BENCH_ENDPOINT": self.place.endpoint,
        }

    def _rclone(self, *arguments: str) -> list[Command]:
        return [[installs.program("tools", "rclone"), *arguments, "--quiet", *self._common, *self._parts]]

    def upload(self) -> list[Command]:
        return self._rclone("copy", "data", f"bench:{BUCKET}/data")

    def update(self) -> list[Command]:
        return self._rclone("sync", "data", f"bench:{BUCKET}/data")

    def download(self) -> list[Command]:
        return self._rclone("copy", f"bench:{BUCKET}/data", "got/data")


class Restic(Tool):
    """Packs small files as we do, deduplicates, encrypts."""

    name = "restic"
    _options = ("-o", "s3.connections=32")
    flags = f"`{' '.join(_options)}`; `backup`, `restore`; `init` is not timed"

    def prepare(self) -> None:
        self.place.env |= {
            "RESTIC_REPOSITORY": f"s3:{self.place.endpoint}/{BUCKET}/restic",
            "RESTIC_PASSWORD": "bench",
        }
        self.place.run([installs.restic(), "init"])

    def upload(self) -> list[Command]:
        return [[installs.restic(), "--quiet", *self._options, "backup", "data"]]

    update = upload

    def download(self) -> list[Command]:
        return [[installs.restic(), "--quiet", *self._options, "restore", "latest", "--target", "got"]]


class Aws(Tool):
    """Amazon's own command."""

    name = "aws s3"
    most_runs = _SLOW
    _requests = 32
    flags = f"`max_concurrent_requests = {_requests}`; `cp --recursive` up and down, `sync` for the second version"

    def prepare(self) -> None:
        config = Path(self.place.env["HOME"]) / ".aws" / "config"
        config.parent.mkdir()
        config.write_text(f"[default]\ns3 =\n  max_concurrent_requests = {self._requests}\n")

    def _aws(self, *arguments: str) -> list[Command]:
        program = installs.program("aws", "aws")
        return [[program, "--endpoint-url", self.place.endpoint, "s3", *arguments, "--only-show-errors"]]

    def upload(self) -> list[Command]:
        return self._aws("cp", "--recursive", "data", f"s3://{BUCKET}/data")

    def update(self) -> list[Command]:
        return self._aws("sync", "data", f"s3://{BUCKET}/data")

    def download(self) -> list[Command]:
        return self._aws("cp", "--recursive", f"s3://{BUCKET}/data", "got/data")


class Dvc(Tool):
    """Versions of data beside git; here without git."""

    name = "dvc"
    most_runs = _SLOW
    _jobs = ("--jobs", "32")
    flags = f"`add` and `push {' '.join(_jobs)}`; `pull {' '.join(_jobs)}` in another repository with an empty cache"

    def _dvc(self, *arguments: str) -> Command:
        return [installs.program("dvc", "dvc"), *arguments]

    def prepare(self) -> None:
        self.place.env["DVC_SITE_CACHE_DIR"] = str(self.place.folder / "home" / "dvc-site")
        self.place.run(self._dvc("init", "--no-scm", "--quiet"))
        for setting in (
            ("core.analytics", "false"),
            ("core.check_update", "false"),
            ("core.remote", "bench"),
            ("remote.bench.url", f"s3://{BUCKET}/dvc"),
            ("remote.bench.endpointurl", self.place.endpoint),
        ):
            self.place.run(self._dvc("config", *setting))

    def upload(self) -> list[Command]:
        return [self._dvc("add", "--quiet", "data"), self._dvc("push", "--quiet", *self._jobs)]

    update = upload

    def before_download(self) -> None:
        other = self.place.folder / "got"
        self.place.run(self._dvc("init", "--no-scm", "--quiet"), other)
        shutil.copy(self.place.folder / ".dvc" / "config", other / ".dvc" / "config")
        shutil.copy(self.place.folder / "data.dvc", other)

    def download(self) -> list[Command]:
        return [self._dvc("--cd", "got", "pull", "--quiet", *self._jobs)]


class Legacy(Tool):
    """The retired client, against a stand-in for the retired service."""

    name = "legacy client"
    most_runs = _SLOW
    flags = (
        "none (it chooses 4 to 16 threads itself); against a minimal stand-in for the retired service, which only "
        "signs URLs; a new version of the original starts empty, so the second version sends everything again"
    )
    _dataset = "dsbench00000000"

    def prepare(self) -> None:
        script = Path(__file__).with_name("legacy_service.py")
        argv = [installs.program("tools", "python"), str(script), "--endpoint", self.place.endpoint, "--bucket", BUCKET]
        self.service = subprocess.Popen(
            argv, env=self.place.env, stdout=subprocess.PIPE, text=True, start_new_session=True
        )
        assert self.service.stdout is not None
        port = self.service.stdout.readline().strip()
        self.place.env |= {
            "PAPERSPACE_CONFIG_HOST": f"http://127.0.0.1:{port}",
            "PAPERSPACE_API_KEY": "bench",
            "PAPERSPACE_CLI_DEV": "true",
        }

    def _gradient(self, *arguments: str) -> list[Command]:
        return [[installs.program("legacy", "gradient"), "datasets", *arguments]]

    def upload(self) -> list[Command]:
        return self._gradient("versions", "create", "--id", self._dataset, "--source-path", "data/")

    update = upload

    def download(self) -> list[Command]:
        return self._gradient("files", "get", "--id", f"{self._dataset}:latest", "--target-path", "got/data")

    def close(self) -> None:
        with contextlib.suppress(AttributeError):
            kill(self.service)
