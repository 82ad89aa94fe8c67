"""Mounts and outputs over HTTP: what is asked arrives, what is answered comes back, and kernels see it by then."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import pytest

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Access, TaskInfo, TaskState
from jupyter_gradient_data.service.api import DataService
from jupyter_gradient_data.service.opening import open_service
from tests.cli.double import CHECKED, LOCKED, MOUNT, OUTPUT, VERSION, Double, until_cancelled
from tests.service.place import fails
from tests.support.served import Jupyter, Served


@dataclass
class FakeView:
    """Kernels that see what is mounted when they are let."""

    seen: list[float] = field(default_factory=list)
    was_asked: threading.Event = field(default_factory=threading.Event)
    way_now: str | None = "somehow"
    may_see: threading.Event = field(default_factory=threading.Event)

    def sync(self, timeout: float) -> None:
        self.was_asked.set()
        assert self.may_see.wait(60)
        self.seen.append(timeout)

    def close(self) -> None:
        """Nothing."""


class Scene:
    """A server whose service is a double and whose kernels are made up, and a client of it."""

    def __init__(self, jupyter: Jupyter, folder: Path) -> None:
        self.double, self.view = Double(), FakeView()
        self.view.may_see.set()
        self.served = Served(jupyter, Config(state_dir=folder / "server", notebook="mine"))
        self.client = open_service(Config(state_dir=folder / "client", url=self.served.url, token=self.served.token))
        self.client.list_datasets()  # opens the host
        host = self.served.shared.host
        assert host is not None
        self.host = host
        self.service = host.service
        self.mine = self.service.create_dataset("test1")
        self.service.commit_version(self.service.create_version("test1").reference).result()
        host.service = cast(DataService, self.double)
        host.view = cast(Any, self.view)

    def task(self) -> TaskInfo:
        """The newest."""
        return self.host.tasks.page(1).items[0]

    def close(self) -> None:
        self.view.may_see.set()
        self.client.close()
        self.host.service = self.service
        self.served.close()


@pytest.fixture
def scene(jupyter: Jupyter, tmp_path: Path) -> Iterator[Scene]:
    scene = Scene(jupyter, tmp_path)
    yield scene
    scene.close()


METADATA = {"message": "m", "tag": "t", "metadata": {"a": [1]}}
CALLS: dict[str, tuple[Callable[[DataService], Any], tuple[str, tuple[Any, ...], dict[str, Any]], Any]] = {
    "mount": (
        lambda client: client.mount("test1:hello", name="other", writable=True).result(),
        ("mount", ("test1:hello",), {"name": "other", "writable": True}),
        MOUNT,
    ),
    "mount by default": (
        lambda client: client.mount("test1").result(),
        ("mount", ("test1",), {"name": None, "writable": False}),
        MOUNT,
    ),
    "unmount": (lambda client: client.unmount("test1"), ("unmount", ("test1",), {"discard": False}), None),
    "unmount for good": (
        lambda client: client.unmount("test1", discard=True),
        ("unmount", ("test1",), {"discard": True}),
        None,
    ),
    "list": (lambda client: client.list_mounts(), ("list_mounts", (), {}), (MOUNT,)),
    "get": (lambda client: client.get_mount("test1"), ("get_mount", ("test1",), {}), MOUNT),
    "update": (lambda client: client.update_mount("test1").result(), ("update_mount", ("test1", None), {}), MOUNT),
    "update to": (
        lambda client: client.update_mount("test1", "test1:hello").result(),
        ("update_mount", ("test1", "test1:hello"), {}),
        MOUNT,
    ),
    "commit": (
        lambda client: client.commit_mount("test1", **METADATA).result(),
        ("commit_mount", ("test1",), METADATA),
        VERSION,
    ),
    "discard": (lambda client: client.discard_changes("test1"), ("discard_changes", ("test1",), {}), MOUNT),
    "restore": (lambda client: client.restore_mounts().result(), ("restore_mounts", (), {}), (MOUNT,)),
    "create output": (
        lambda client: client.create_output("test1", name="fresh"),
        ("create_output", ("test1",), {"name": "fresh"}),
        OUTPUT,
    ),
    "list outputs": (lambda client: client.list_outputs(), ("list_outputs", (), {}), (OUTPUT,)),
    "commit output": (
        lambda client: client.commit_output("fresh", **METADATA).result(),
        ("commit_output", ("fresh",), METADATA),
        VERSION,
    ),
    "check lock": (lambda client: client.check_lock([LOCKED]), ("check_lock", ((LOCKED,),), {}), (CHECKED,)),
    "restore lock": (
        lambda client: client.restore_lock([LOCKED]).result(),
        ("restore_lock", ((LOCKED,),), {}),
        (CHECKED,),
    ),
    "delete output": (lambda client: client.delete_output("fresh"), ("delete_output", ("fresh",), {}), None),
}
SHOWN = {
    "mount",
    "mount by default",
    "unmount",
    "unmount for good",
    "update",
    "update to",
    "commit",
    "discard",
    "restore",
    "restore lock",
}


@pytest.mark.parametrize("name", CALLS)
def test_what_is_asked_arrives_and_the_answer_comes_back(scene: Scene, name: str) -> None:
    call, expected, answer = CALLS[name]
    assert call(scene.client) == answer
    assert scene.double.calls[-1] == expected
    assert len(scene.view.seen) == (name in SHOWN), (
        "kernels see it by then; what changes nothing does not wait for them"
    )


@pytest.mark.parametrize(
    ("name", "kind", "subject"),
    [
        ("mount", "mount", "mine/other"),
        ("mount by default", "mount", "mine/test1"),
        ("update", "update-mount", "mine/test1"),
        ("commit", "commit-mount", "mine/test1"),
        ("restore", "restore-mounts", "mine"),
        ("restore lock", "restore-lock", "mine"),
        ("commit output", "commit-output", "mine/fresh"),
    ],
)
def test_a_task_says_what_it_is_about(scene: Scene, name: str, kind: str, subject: str) -> None:
    CALLS[name][0](scene.client)
    task = scene.task()
    assert (task.kind, task.subject, task.state) == (kind, subject, TaskState.SUCCEEDED)


def test_a_mount_has_ended_only_when_kernels_see_it(scene: Scene) -> None:
    scene.view.may_see.clear()
    task = scene.client.mount("test1")
    assert scene.view.was_asked.wait(60)
    assert scene.task().state is TaskState.RUNNING
    scene.view.may_see.set()
    assert task.result() == MOUNT


def test_before_kernels_can_run_nobody_waits_for_them(scene: Scene) -> None:
    scene.view.way_now = None
    assert scene.client.mount("test1").result() == MOUNT
    scene.client.unmount("test1")
    assert scene.view.seen == []


def test_a_mount_can_be_stopped_from_elsewhere(scene: Scene) -> None:
    scene.double.work = until_cancelled
    task = scene.client.mount("test1")
    assert next(iter(task)).files_total == 20_000
    task.cancel()
    with fails(ErrorKind.CANCELLED):
        task.result()
    assert scene.task().state is TaskState.CANCELLED
    assert scene.view.seen == []


@pytest.mark.parametrize("name", CALLS)
def test_tokens_for_datasets_may_do_nothing_of_it(scene: Scene, tmp_path: Path, name: str) -> None:
    token = scene.service.create_token("job", access=Access.WRITE, datasets=["test1"])
    scene.double.get_dataset = lambda dataset: scene.mine  # type: ignore[method-assign]
    config = Config(state_dir=tmp_path / "limited", url=scene.served.url, token=token.secret)
    with closing(open_service(config)) as limited, fails(ErrorKind.NOT_ALLOWED):
        CALLS[name][0](limited)
    assert [call for call in scene.double.calls if call[0] != "get_dataset"] == []
