"""What tests of the REST API do again and again, on a real server."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any
from urllib.parse import quote, urljoin

import msgspec

from jupyter_gradient_data.blobs.hashing import hash_bytes
from jupyter_gradient_data.service.native import MOST_FILES

from .jupyter_server import Answer, JupyterServer


class VersionAt:
    """A new dataset with one uncommitted version on a server, and requests to it.

    Parameters
    ----------
    server : JupyterServer
        Where.
    name : str
        Of the dataset.
    provider : str, optional
        Where the dataset is kept.
    """

    def __init__(self, server: JupyterServer, name: str, provider: str | None = None) -> None:
        self.server = server
        made = server.post("/api/datasets", {"name": name, "provider": provider})
        assert made.status == 201, made
        self.name = name
        self.dataset: str = made.json["id"]
        self.version = ""
        self.next_version()

    def next_version(self, **body: Any) -> str:
        """Make another uncommitted version and go on with it."""
        made = self.server.post(f"/api/datasets/{self.dataset}/versions", body)
        assert made.status == 201, made
        self.version = made.json["version"]
        return self.version

    @property
    def reference(self) -> str:
        """``<dataset>:<version>``."""
        return f"{self.dataset}:{self.version}"

    @property
    def path(self) -> str:
        """The version's path below ``/gradient``."""
        return f"/api/datasets/{self.dataset}/versions/{self.version}"

    def content(self, path: str) -> str:
        """Where the content of a file is."""
        return f"{self.path}/content/{quote(path)}"

    def put(self, path: str, data: Any, **options: Any) -> Answer:
        """Write a file."""
        return self.server.request("PUT", self.content(path), data=data, **options)

    def get(self, path: str, **options: Any) -> Answer:
        """Read a file."""
        return self.server.get(self.content(path), **options)

    def files(self, **query: str) -> list[str]:
        """Paths of all files."""
        asked = "&".join(f"{name}={quote(value, safe='')}" for name, value in {"recursive": "true", **query}.items())
        listed = self.server.get(f"{self.path}/files?{asked}")
        assert listed.status == 200, listed
        return [item["path"] for item in listed.json["items"]]

    def begin_upload(self, path: str, size: int, *, data: bytes = b"", **options: str) -> Answer:
        """Begin a resumable upload; ``options`` are headers."""
        headers = {
            "Tus-Resumable": "1.0.0",
            "Upload-Length": str(size),
            "Upload-Metadata": tus_metadata(reference=self.reference, path=path),
            **({"Content-Type": "application/offset+octet-stream"} if data else {}),
            **{name.replace("_", "-"): value for name, value in options.items()},
        }
        return self.server.request("POST", "/api/uploads", data=data, headers=headers)

    def fill(self, paths: Sequence[str], data: bytes) -> None:
        """Many files that all have the same content, quickly."""
        assert self.put(paths[0], data).status == 201
        for portion in (paths[at : at + MOST_FILES] for at in range(0, len(paths), MOST_FILES)):
            entries = [[path.encode(), len(data), hash_bytes(data), False] for path in portion]
            body = msgspec.msgpack.encode({"entries": entries, "is_new": True})
            staged = self.server.request(
                "POST", f"{self.path}/stage", data=body, headers={"Content-Type": "application/msgpack"}
            )
            assert (staged.status, staged.json) == (200, []), staged

    def commit(self, **body: Any) -> Any:
        """Commit the version; returns it."""
        return result_of(self.server, self.server.post(f"{self.path}/commit", body))


def tus_metadata(**values: str) -> str:
    """The value of ``Upload-Metadata``."""
    return ",".join(f"{key} {base64.b64encode(value.encode()).decode()}" for key, value in values.items())


def located(server: JupyterServer, answer: Answer) -> str:
    """The URL that an answer names in ``Location``."""
    return urljoin(server.url, answer.headers["Location"])


def ended(server: JupyterServer, started: Answer) -> Any:
    """The task that an answer began, when it has ended."""
    assert started.status == 202, started
    task, url = started.json, located(server, started)
    assert url == f"{server.url}/api/tasks/{task['id']}"
    for _ in range(100):
        if task["state"] != "running":
            return task
        task = server.get(f"{url}?wait=30").json
    raise AssertionError(f"the task does not end: {task}")


def result_of(server: JupyterServer, started: Answer) -> Any:
    """The result of the task that an answer began."""
    task = ended(server, started)
    assert task["state"] == "succeeded", task
    return task["result"]
