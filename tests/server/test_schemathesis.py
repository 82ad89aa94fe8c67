"""Requests that nobody thought of, made from the OpenAPI document by schemathesis, on a real server with real data.

No server error, no undocumented status, type or header, every answer as its schema says, what breaks the schema
refused, nobody served without credentials.  ``SCHEMATHESIS_SEED`` makes it look elsewhere,
``SCHEMATHESIS_SECONDS`` longer.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.jupyter_server import JupyterServer
from tests.support.programs import require_program
from tests.support.rest import VersionAt

SEED = os.environ.get("SCHEMATHESIS_SEED", "20261")
SECONDS = os.environ.get("SCHEMATHESIS_SECONDS", "40")

# What is right by its schema may be refused all the same: an empty name, the id of nothing.
CONFIG = """
[checks]
positive_data_acceptance.enabled = false

[phases.coverage]
unexpected-methods = ["TRACE"]

[generation]
database = "none"
max-examples = {examples}
{dictionaries}
[parameters]
{parameters}
"""


def config(values: dict[str, list[str]], examples: int) -> str:
    dictionaries = "\n".join(f"\n[dictionaries.{name}]\nvalues = {json.dumps(given)}" for name, given in values.items())
    parameters = "\n".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in values)
    return CONFIG.format(examples=examples, dictionaries=dictionaries, parameters=parameters)


def filled(server: JupyterServer) -> dict[str, list[str]]:
    """Values of parameters that lead to something: a few datasets, as most requests that delete one succeed."""
    datasets, versions = [], ["latest", "good"]
    for number in range(6):
        place = VersionAt(server, f"set-{number}")
        place.put("a/table.csv", b"x,y\n1,2\n")
        place.put("image.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>")
        place.commit()
        tagged = server.request("PUT", f"/api/datasets/{place.name}/tags/good", body={"version": place.version})
        assert tagged.status == 200, tagged
        datasets.append(place.name)
    versions.append(place.next_version(start_from=f"{place.name}:good"))
    upload = place.begin_upload("later.bin", 100).json["id"]
    provider = server.get("/api/providers").json["items"][0]["id"]
    tokens = [server.post("/api/tokens", {"name": "x"}).json["token"]["id"] for _ in range(3)]
    tasks = [task["id"] for task in server.get("/api/tasks").json["items"]]
    return {
        "dataset": datasets,
        "version": versions,
        "tag": ["good"],
        "path": ["a/table.csv", "image.svg", "a", "datasets/set-0/good/image.svg", "storage"],
        "provider": [provider],
        "token": tokens,
        "upload": [upload],
        "task": tasks,
        "ref": ["set-0:good", "set-1"],
        "mount": [mounted(server, number, writable=number % 2 == 0) for number in range(4)],
        "output": [server.post("/api/outputs", {"dataset": f"set-{number}"}).json["name"] for number in range(3)],
    }


def mounted(server: JupyterServer, number: int, *, writable: bool) -> str:
    """The name of a new mount."""
    wanted = {"reference": f"set-{number}", "name": f"mount-{number}", "writable": writable}
    task = server.post("/api/mounts", wanted).json
    while task["state"] == "running":
        task = server.get(f"/api/tasks/{task['id']}?wait=5").json
    return str(task["result"]["name"])


@pytest.mark.parametrize("part", ["ours", "others"])
def test_no_request_surprises_the_server(make_server: Callable[..., JupyterServer], tmp_path: Path, part: str) -> None:
    closed = "http://127.0.0.1:9"  # storage providers that are made up must not be looked for in the world
    environment = {
        **dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"), closed),
        "NO_PROXY": "127.0.0.1",
        "GRADIENT_FAILED_LOGINS": "1000000",
        "GRADIENT_REQUESTS_PER_MINUTE": "1000000",
    }
    server = make_server(environment=environment, base_url="/user/me/")
    path = tmp_path / "schemathesis.toml"
    path.write_text(config(filled(server), 20))
    chosen = ["--include-path-regex" if part == "ours" else "--exclude-path-regex", "^/api/"]
    command: list[Any] = [
        *(require_program("schemathesis"), "--config-file", path, "run", f"{server.url}/api/openapi.json"),
        *("--header", f"Authorization: token {server.token}", *chosen, "--phases", "examples,coverage,fuzzing"),
        *("--seed", SEED, "--max-time", SECONDS, "--no-shrink", "--continue-on-failure", "--warnings", "off"),
    ]
    hooks = {"SCHEMATHESIS_HOOKS": "tests.support.schemathesis_hooks", "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, check=False, env={**os.environ, **hooks}
    )
    log = server.log.read_text()
    assert done.returncode == 0, f"seed {SEED}\n{done.stdout[-20_000:]}\n{done.stderr[-2000:]}"
    assert "incident " not in log, log[-5000:]
    assert server.get("/api/datasets").status == 200
