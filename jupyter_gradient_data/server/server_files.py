"""Files that are on the Jupyter server already, put into a version without a way through the browser."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import is_text
from jupyter_gradient_data.models import TaskInfo

from .base import Handler
from .operations import operation
from .queries import reference_to
from .tasks import LOCATION, answer_started


class ServerFiles(msgspec.Struct, forbid_unknown_fields=True):
    """Files and folders as JupyterLab's file browser names them, and the folder of the version they go to."""

    paths: tuple[str, ...]
    target: str = "/"


class PutFromServerHandler(Handler):
    """Files of the file browser."""

    @operation(resource="datasets", body=ServerFiles, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, dataset: str, version: str, body: ServerFiles) -> TaskInfo:
        """Begin to put files and folders of the Jupyter server into a version; they keep their names.

        Only for users of the server, not for API tokens: those open datasets and nothing else.
        """
        if self.api_token is not None:
            raise ErrorKind.NOT_ALLOWED(action="read", resource="files of the Jupyter server")
        await self.check_allowed("read", "contents")
        service, tasks = self.service, self.host.tasks
        manager = self.contents_manager
        root = getattr(manager, "root_dir", "")
        if not root:
            raise ErrorKind.INVALID_REQUEST(
                reason="this Jupyter server does not keep its files on a disk", hint="Download them, then upload them."
            )

        def start() -> TaskInfo:
            reference = service.get_version(reference_to(dataset, version)).reference
            sources = list(_local_paths(root, body.paths, allow_hidden=bool(manager.allow_hidden)))
            return tasks.start("put", reference, lambda: service.put_files(reference, sources, body.target))

        return answer_started(self, await self.call(start))


def _local_paths(root: str, paths: Sequence[str], *, allow_hidden: bool) -> Iterator[Path]:
    """Where files of the file browser are on the disk; what leads out of its root is not there."""
    top = os.path.realpath(root)
    for path in paths:
        parts = [part for part in path.split("/") if part]
        is_hidden = any(part.startswith(".") for part in parts) and not allow_hidden
        if not parts or ".." in parts or is_hidden or not is_text(path) or not _is_inside(top, parts):
            raise ErrorKind.PATH_NOT_FOUND(path=repr(path))
        yield Path(top, *parts)


def _is_inside(top: str, parts: Sequence[str]) -> bool:
    """Whether something is there, and no link has led out of the root."""
    local = os.path.realpath(os.path.join(top, *parts))
    return os.path.commonpath([top, local]) == top and os.path.exists(local)


ROUTES = [("/api/datasets/{dataset}/versions/{version}/put-from-server", PutFromServerHandler)]
