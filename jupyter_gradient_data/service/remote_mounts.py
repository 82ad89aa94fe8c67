"""Mounts and outputs of a server's notebook run, over HTTP; what methods do is said in `api_mounts.MountsApi`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference, check_folder_name, is_text
from jupyter_gradient_data.models import Mount, Output, TaskInfo, Version

from .remote_calls import RemoteCalls
from .remote_http import Repeat, join
from .tasks import Task


class RemoteMounts(RemoteCalls):
    """The part of `RemoteService` that is `MountsApi`."""

    def mount(self, reference: str, *, name: str | None = None, writable: bool = False) -> Task[Mount]:
        def begin() -> TaskInfo:
            Reference.parse(reference)
            body = {"reference": reference, "name": _checked(name, "mount"), "writable": writable}
            return self._ask("POST", "/api/mounts", TaskInfo, body=body, repeat=Repeat.WITH_KEY)

        return self._follow(begin, Mount)

    def unmount(self, name: str, *, discard: bool = False) -> None:
        self._connection.tell("DELETE", _mount_url(name), query={"discard": discard})

    def list_mounts(self) -> tuple[Mount, ...]:
        return self._ask("GET", "/api/mounts", tuple[Mount, ...])

    def get_mount(self, name: str) -> Mount:
        return self._ask("GET", _mount_url(name), Mount)

    def update_mount(self, name: str, reference: str | None = None) -> Task[Mount]:
        def begin() -> TaskInfo:
            if reference is not None:
                Reference.parse(reference)
            url = f"{_mount_url(name)}/update"
            return self._ask("POST", url, TaskInfo, body={"reference": reference}, repeat=Repeat.WITH_KEY)

        return self._follow(begin, Mount)

    def commit_mount(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        return self._commit(lambda: _mount_url(name), message, tag, metadata)

    def discard_changes(self, name: str) -> Mount:
        return self._ask("POST", f"{_mount_url(name)}/discard", Mount, repeat=Repeat.YES)

    def restore_mounts(self) -> Task[tuple[Mount, ...]]:
        def begin() -> TaskInfo:
            return self._ask("POST", "/api/restore-mounts", TaskInfo, repeat=Repeat.YES)

        return self._follow(begin, tuple[Mount, ...])

    def create_output(self, dataset: str, *, name: str | None = None) -> Output:
        Reference.parse_dataset(dataset)
        body = {"dataset": dataset, "name": _checked(name, "output")}
        return self._ask("POST", "/api/outputs", Output, body=body, repeat=Repeat.WITH_KEY)

    def list_outputs(self) -> tuple[Output, ...]:
        return self._ask("GET", "/api/outputs", tuple[Output, ...])

    def commit_output(
        self, name: str, *, message: str = "", tag: str | None = None, metadata: Mapping[str, Any] | None = None
    ) -> Task[Version]:
        return self._commit(lambda: _output_url(name), message, tag, metadata)

    def delete_output(self, name: str) -> None:
        self._connection.tell("DELETE", _output_url(name))

    def _commit(
        self, url: Callable[[], str], message: str, tag: str | None, metadata: Mapping[str, Any] | None
    ) -> Task[Version]:
        def begin() -> TaskInfo:
            body = {"message": message, "tag": tag, "metadata": metadata}
            return self._ask("POST", f"{url()}/commit", TaskInfo, body=body, repeat=Repeat.WITH_KEY)

        return self._follow(begin, Version)


def _mount_url(name: str) -> str:
    if not name or not is_text(name):
        raise ErrorKind.MOUNT_NOT_FOUND(name=name)
    return "/api/mounts" + join(name)


def _output_url(name: str) -> str:
    if not name or not is_text(name):
        raise ErrorKind.OUTPUT_NOT_FOUND(name=name)
    return "/api/outputs" + join(name)


def _checked(name: str | None, thing: str) -> str | None:
    return None if name is None else check_folder_name(name, thing)
