"""The files of a version: listing, facts, deletion, moving, and download of many as an archive."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import FileInfo, Page, TaskInfo

from .base import Handler
from .confined import set_confining_headers
from .operations import Content, operation
from .queries import After, LongLimit, reference_to
from .tasks import LOCATION, answer_started


class FilesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which folder, whether all below it, what to search in it, and which page of that."""

    path: str = ""
    recursive: bool = False
    search: str = ""
    limit: LongLimit = 1000
    after: After = None


class PathQuery(msgspec.Struct, forbid_unknown_fields=True):
    """A file."""

    path: str


class ArchiveQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Files and folders, one ``path`` each; none for the whole version."""

    path: tuple[str, ...] = ()


class Paths(msgspec.Struct, forbid_unknown_fields=True):
    """Files and folders; ``/`` is everything."""

    paths: tuple[str, ...]


class Move(msgspec.Struct, forbid_unknown_fields=True):
    """A file or folder, and the path that it shall have."""

    source: str
    target: str


class FilesHandler(Handler):
    """Files of one version."""

    @operation(resource="datasets", query=FilesQuery, answer=Page[FileInfo])
    async def get(self, dataset: str, version: str, query: FilesQuery) -> Page[FileInfo]:
        """List a folder, or with ``recursive`` or ``search`` the files below it, by path."""
        return await self.call(
            self.service.list_files,
            reference_to(dataset, version),
            query.path,
            recursive=query.recursive,
            search=query.search,
            limit=query.limit,
            after=query.after,
        )


class FileHandler(Handler):
    """One file."""

    @operation(resource="datasets", query=PathQuery, answer=FileInfo)
    async def get(self, dataset: str, version: str, query: PathQuery) -> FileInfo:
        """Show a file's size and hash."""
        return await self.call(self.service.get_file, reference_to(dataset, version), query.path)


class DeleteFilesHandler(Handler):
    """Deletion of many files."""

    @operation(
        resource="datasets",
        body=Paths,
        body_limit=64 * 1024 * 1024,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, dataset: str, version: str, body: Paths) -> TaskInfo:
        """Begin to remove files and folders, all or none; the task's result is how many files went."""
        service, tasks = self.service, self.host.tasks

        def start() -> TaskInfo:
            reference = service.get_version(reference_to(dataset, version)).reference
            return tasks.start("delete-files", reference, lambda: service.delete_files(reference, body.paths))

        return answer_started(self, await self.call(start))


class MoveFilesHandler(Handler):
    """Moving of a file or folder."""

    @operation(
        resource="datasets", body=Move, answer=TaskInfo, status=202, response_headers=LOCATION, is_idempotent=True
    )
    async def post(self, dataset: str, version: str, body: Move) -> TaskInfo:
        """Begin to give a file or folder another path, all or nothing; the task's result is how many files moved."""
        service, tasks = self.service, self.host.tasks

        def start() -> TaskInfo:
            reference = service.get_version(reference_to(dataset, version)).reference
            return tasks.start("move-files", reference, lambda: service.move_files(reference, body.source, body.target))

        return answer_started(self, await self.call(start))


class ArchiveHandler(Handler):
    """Files and folders as one ZIP file."""

    @operation(resource="datasets", query=ArchiveQuery, answer=Content("application/zip"))
    async def get(self, dataset: str, version: str, query: ArchiveQuery) -> None:
        """Download files and folders, or all, as a ZIP file that is made while it is sent."""
        service = self.service
        found = await self.call(service.get_version, reference_to(dataset, version))
        name = (await self.call(service.get_dataset, found.dataset)).name
        pieces = await self.call(service.read_archive, found.reference, query.path)
        set_confining_headers(self, f"{name}-{found.version}.zip", "application/zip")
        self.set_header("Cache-Control", "private, no-store")
        await self.send(pieces)


ROUTES = [
    ("/api/datasets/{dataset}/versions/{version}/files", FilesHandler),
    ("/api/datasets/{dataset}/versions/{version}/file", FileHandler),
    ("/api/datasets/{dataset}/versions/{version}/delete-files", DeleteFilesHandler),
    ("/api/datasets/{dataset}/versions/{version}/move-files", MoveFilesHandler),
    ("/api/datasets/{dataset}/versions/{version}/archive", ArchiveHandler),
]
