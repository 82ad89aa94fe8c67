"""Our own command as a contestant, used as any user would; the one place that knows its command line."""

from __future__ import annotations

import re
import shutil

import installs
from peers import Command, Place, PrepareFailed, Tool
from places import ACCESS_KEY, BUCKET, SECRET_KEY, STATE

NAME = "gradient"


class Ours(Tool):
    """`gradient` with its embedded state and a storage provider on the same S3 server."""

    name = NAME
    flags = "none; `storageProviders create` and `datasets create` are not timed"

    def prepare(self) -> None:
        self.dataset = create_dataset(self.place)

    def upload(self) -> list[Command]:
        return [gradient("datasets", "versions", "create", "--id", self.dataset, "--source-path", "./data/")]

    def update(self) -> list[Command]:
        return [put_over_latest(self.dataset, "./data/")]

    def download(self) -> list[Command]:
        return [gradient("datasets", "files", "get", "--id", f"{self.dataset}:latest", "--target-path", "got/data")]


def gradient(*arguments: str) -> Command:
    """A call of our command."""
    return [installs.gradient(), *arguments]


def create_dataset(place: Place) -> str:
    """A new state directory, provider and dataset; returns the dataset's id."""
    shutil.rmtree(STATE, ignore_errors=True)
    place.env["GRADIENT_STATE_DIR"] = str(STATE)
    create = gradient("storageProviders", "create", "s3", "--name", "bench", "--bucket", BUCKET)
    create += ["--accessKey", ACCESS_KEY, "--secretAccessKey", SECRET_KEY, "--endpoint", place.endpoint]
    provider = _id(place.run(create), r"\bsp[a-z0-9]{13}\b")
    create = gradient("datasets", "create", "--name", "bench", "--storageProviderId", provider)
    return _id(place.run(create), r"\bds[a-z0-9]{13}\b")


def put_over_latest(dataset: str, source: str) -> Command:
    """One command: a version from the newest, with the files of ``source`` put over it, committed."""
    command = gradient("datasets", "versions", "create", "--id", dataset, "--from", f"{dataset}:latest")
    return [*command, "--source-path", source]


def list_folder(dataset: str, folder: str) -> Command:
    """List one folder of the newest version."""
    return gradient("datasets", "files", "list", "--id", f"{dataset}:latest", "--path", folder)


def diff(one: str, other: str) -> Command:
    """Compare two versions."""
    return gradient("datasets", "diff", one, other)


def created_version(output: str) -> str:
    """The reference (``dataset:version``) that a command says it created."""
    return _id(output, r"\bds[a-z0-9]{13}:[a-z0-9]{7}\b")


def _id(output: str, pattern: str) -> str:
    found = re.search(pattern, output)
    if not found:
        raise PrepareFailed(f"gradient printed no id: {output.strip()!r}")
    return found.group()
