"""A lock restored on a real server that begins empty, seen by a kernel that runs already; and what tokens may do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import LockEntry, ProviderKind
from jupyter_gradient_data.service.local import open_service
from jupyter_gradient_data.service.opening import open_service as open_any
from tests.service.place import fails
from tests.support.jupyter_server import JupyterServer, running_server
from tests.support.kernels import Kernel
from tests.support.locks import locked
from tests.support.s3_servers import S3Server

IN_KERNEL = """
from jupyter_gradient_data.client.service import current_service
from jupyter_gradient_data.models import LockEntry
service = current_service()
done = service.restore_lock([LockEntry(**entry) for entry in {entries}]).result()
print([one.state.value for one in done], [dataset.name for dataset in service.list_datasets().items])
"""


@pytest.fixture(scope="module")
def lock(tmp_path_factory: pytest.TempPathFactory, seaweedfs: S3Server) -> list[LockEntry]:
    """What a notebook on another machine remembers."""
    config = Config(state_dir=tmp_path_factory.mktemp("home") / "state", author="tester")
    with closing(open_service(config)) as home:
        bucket = home.create_provider("lab", ProviderKind.S3_COMPATIBLE, seaweedfs.config(), seaweedfs.secret_key)
        home.create_dataset("flowers", provider=bucket.id)
        version = home.create_version("flowers").reference
        home.write_file(version, "a.txt", [b"the same"])
        home.commit_version(version).result()
        return [locked(home, "flowers", "/inputs/flowers")]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[JupyterServer]:
    yield from running_server(tmp_path_factory.mktemp("server"))


def finished(server: JupyterServer, path: str, entries: list[LockEntry]) -> Any:
    answer = server.post(path, {"entries": [asdict(entry) for entry in entries]})
    assert answer.status == 202, answer
    task = answer.json
    while task["state"] == "running":
        task = server.get(f"/api/tasks/{task['id']}?wait=5").json
    assert task["error"] is None, task
    return task


def test_a_kernel_that_runs_sees_what_is_restored(
    server: JupyterServer, lock: list[LockEntry], seaweedfs: S3Server, tmp_path: Path
) -> None:
    config = asdict(seaweedfs.config())
    added = {"name": "lab", "kind": "s3-compatible", "s3": config, "secret": seaweedfs.secret_key}
    assert server.post("/api/providers", added).status == 201
    (path,) = [one["path"] for one in server.get("/api/volumes").json["volumes"] if one["name"] == "inputs"]
    (home,) = [one["path"] for one in server.get("/api/volumes").json["volumes"] if one["name"] == "notebook"]
    kernel = Kernel(server)
    try:
        show = f"import os; print(os.listdir({path!r}), os.listdir({home!r}))"
        kernel.run(f"print(open({home + '/mine.txt'!r}, 'w').write('mine'))")
        assert kernel.run(show) == "[] ['mine.txt']"
        asked = server.post("/api/check-lock", {"entries": [asdict(entry) for entry in lock]})
        assert (asked.status, [one["state"] for one in asked.json]) == (200, ["absent"])
        assert kernel.run(IN_KERNEL.format(entries=[asdict(entry) for entry in lock])) == "['ready'] ['flowers']"
        assert kernel.run(f"print(open({path + '/flowers/a.txt'!r}).read())") == "the same"
        assert kernel.run(f"print(open({home + '/mine.txt'!r}).read())") == "mine"
    finally:
        kernel.shut_down()
    kernel = Kernel(server)
    try:
        assert kernel.run(f"print(open({path + '/flowers/a.txt'!r}).read())") == "the same"
        assert kernel.run(f"print(open({home + '/mine.txt'!r}).read())") == "mine"
    finally:
        kernel.shut_down()

    task = finished(server, "/api/restore-lock", lock)
    assert [(one["state"], one["error"]) for one in task["result"]] == [("ready", None)]
    task = finished(server, "/api/verify-lock", lock)
    assert (task["kind"], task["subject"], task["result"]["problems"]) == (
        "verify-lock",
        f"{lock[0].dataset}:{lock[0].version}",
        [],
    )
    secret = server.post("/api/tokens", {"name": "job", "datasets": ["flowers"]}).json["secret"]
    with closing(open_any(Config(state_dir=tmp_path / "client", url=server.url, token=secret))) as limited:
        assert limited.verify_lock(lock).result().problems == ()
        with fails(ErrorKind.DATASET_NOT_FOUND):
            limited.verify_lock([*lock, replace(lock[0], dataset="ds" + "0" * 13)]).result()
        with fails(ErrorKind.NOT_ALLOWED):
            limited.restore_lock(lock).result()
    made = server.post("/api/tokens", {"name": "reader", "access": "read"}).json
    with closing(open_any(Config(state_dir=tmp_path / "client", url=server.url, token=made["secret"]))) as reader:
        assert [one.state.value for one in reader.check_lock(lock)] == ["ready"]
        with fails(ErrorKind.NOT_ALLOWED):
            reader.restore_lock(lock).result()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({}, "invalid_request"),
        ({"entries": [{}]}, "invalid_request"),
        ({"entries": [], "more": 1}, "invalid_request"),
        ({"entries": "x"}, "invalid_request"),
    ],
    ids=str,
)
def test_what_is_no_lock(server: JupyterServer, body: dict[str, Any], code: str) -> None:
    for path in ("/api/check-lock", "/api/restore-lock", "/api/verify-lock"):
        answer = server.post(path, body)
        assert (answer.status, answer.json["code"]) == (400, code)


def test_entries_are_checked_and_counted(server: JupyterServer, lock: list[LockEntry]) -> None:
    entry = asdict(lock[0])
    for path in ("/api/check-lock", "/api/restore-lock", "/api/verify-lock"):
        wrong = server.post(path, {"entries": [{**entry, "root": "x"}]})
        assert (wrong.status, wrong.json["code"]) == (400, "lock_invalid")
        assert server.post(path, {"entries": [entry] * 1001}).status == 400
