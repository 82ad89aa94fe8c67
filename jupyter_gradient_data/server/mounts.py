"""Mounts: dataset versions that have a name under ``/inputs`` and ``/datasets`` of this server's notebook run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from jupyter_gradient_data.models import Access, Mount, TaskInfo
from jupyter_gradient_data.service.tasks import Followed

from .base import Handler
from .operations import operation
from .tasks import LOCATION, answer_started

if TYPE_CHECKING:
    from jupyter_gradient_data.service.api import DataService
    from jupyter_gradient_data.service.host import Host
    from jupyter_gradient_data.service.tasks import Task

T = TypeVar("T")

_PATIENCE = 10.0  # seconds until a mount counts as done all the same: kernels that are slower see it a little later


class NewMount(msgspec.Struct, forbid_unknown_fields=True):
    """What to mount, by default as the name of its dataset; with ``writable`` under a layer that takes changes."""

    reference: str
    name: str | None = None
    writable: bool = False


class MountTarget(msgspec.Struct, forbid_unknown_fields=True):
    """What to mount instead; the newest version when null."""

    reference: str | None = None


class CommitMessage(msgspec.Struct, forbid_unknown_fields=True):
    """What to say of the new version, and a tag to point to it."""

    message: str = ""
    tag: str | None = None
    metadata: dict[str, Any] | None = None


class UnmountQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whether changes in a writable mount may be lost."""

    discard: bool = False


class MountsHandler(Handler):
    """All mounts of the notebook run."""

    @operation(resource="mounts", answer=tuple[Mount, ...])
    async def get(self) -> tuple[Mount, ...]:
        """List what is mounted, being mounted, or could not be mounted, by name."""
        return await self.call(self.service.list_mounts)

    @operation(
        resource="mounts",
        body=NewMount,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, body: NewMount) -> TaskInfo:
        """Begin to mount a dataset version; the task's result is the mount.

        It appears complete or not at all, also in kernels that run already.
        """
        service, host = self.service, self.host

        def start() -> TaskInfo:
            host.check_access(self.api_token, Access.WRITE)
            name = body.name or host.mount_name(body.reference)
            return host.tasks.start(
                "mount",
                subject_of(host, name),
                lambda: shown(host, service.mount(body.reference, name=body.name, writable=body.writable)),
            )

        return answer_started(self, await self.call(start))


class MountHandler(Handler):
    """One mount."""

    @operation(resource="mounts", answer=Mount)
    async def get(self, mount: str) -> Mount:
        """Show a mount."""
        return await self.call(self.service.get_mount, mount)

    @operation(resource="mounts", query=UnmountQuery, status=204)
    async def delete(self, mount: str, query: UnmountQuery) -> None:
        """Unmount; files that are open stay readable.

        A writable mount with changes is refused unless they are to be discarded.
        """
        await self.call(self.service.unmount, mount, discard=query.discard)
        await self.call(until_seen, self.host)


class UpdateMountHandler(Handler):
    """The version that is mounted."""

    @operation(
        resource="mounts",
        body=MountTarget | None,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, mount: str, body: MountTarget | None) -> TaskInfo:
        """Begin to mount another version in one step; the task's result is the mount.

        By default the newest version; a mount that failed is tried again.
        """
        service, host = self.service, self.host
        reference = None if body is None else body.reference

        def start() -> TaskInfo:
            subject = subject_of(host, service.get_mount(mount).name)
            return host.tasks.start(
                "update-mount", subject, lambda: shown(host, service.update_mount(mount, reference))
            )

        return answer_started(self, await self.call(start))


class CommitMountHandler(Handler):
    """The commit of what was changed in a writable mount."""

    @operation(
        resource="mounts",
        body=CommitMessage | None,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, mount: str, body: CommitMessage | None) -> TaskInfo:
        """Begin to make a new version of the mounted one and what was changed; the task's result is the version."""
        service, host, given = self.service, self.host, body or CommitMessage()

        def start() -> TaskInfo:
            subject = subject_of(host, service.get_mount(mount).name)
            return host.tasks.start(
                "commit-mount",
                subject,
                lambda: shown(
                    host,
                    service.commit_mount(mount, message=given.message, tag=given.tag, metadata=given.metadata),
                ),
            )

        return answer_started(self, await self.call(start))


class DiscardChangesHandler(Handler):
    """What was changed in a writable mount."""

    @operation(resource="mounts", answer=Mount)
    async def post(self, mount: str) -> Mount:
        """Throw away what was changed in a writable mount."""
        found = await self.call(self.service.discard_changes, mount)
        await self.call(until_seen, self.host)
        return found


class RestoreMountsHandler(Handler):
    """What the workspace wants to be mounted."""

    @operation(resource="mounts", answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self) -> TaskInfo:
        """Begin to mount what `.gradient/settings.yaml` lists; the task's result are all mounts.

        What it does not list any more is unmounted.  An entry that cannot be mounted says why, as its `error`, and
        does not stop the others.
        """
        service, host = self.service, self.host
        return answer_started(self, await self.call(restore, host, service))


def restore(host: Host, service: DataService) -> TaskInfo:
    """Begin to mount what the workspace lists."""
    return host.tasks.start("restore-mounts", host.notebook, lambda: shown(host, service.restore_mounts()))


def subject_of(host: Host, name: str) -> str:
    """What a task on a mount or an output is about."""
    return f"{host.notebook}/{name}"


def shown(host: Host, task: Task[T]) -> Task[T]:
    """Work on mounts that has ended only when kernels that run see what it did."""
    return Followed(task, lambda: until_seen(host))


def until_seen(host: Host) -> None:
    """Wait until kernels that run see what is mounted.  Before the view has started none do, and later ones see it."""
    if host.view.way_now is not None:
        host.view.sync(_PATIENCE)


ROUTES = [
    ("/api/mounts", MountsHandler),
    ("/api/mounts/{mount}", MountHandler),
    ("/api/mounts/{mount}/update", UpdateMountHandler),
    ("/api/mounts/{mount}/commit", CommitMountHandler),
    ("/api/mounts/{mount}/discard", DiscardChangesHandler),
    ("/api/restore-mounts", RestoreMountsHandler),
]
