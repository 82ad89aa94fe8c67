"""Versions of datasets: their life from creation to commit."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from jupyter_gradient_data.models import Change, ChangeSummary, Page, TaskInfo, Version

from .base import Handler
from .operations import IF_MATCH, operation
from .queries import After, Limit, LongLimit, reference_to
from .tasks import LOCATION, answer_started

COMMITTED = {"true": True, "false": False, "all": None}


class VersionsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which versions, and which page of them."""

    committed: Literal["true", "false", "all"] = "true"
    limit: Limit = 100
    after: After = None


class NewVersion(msgspec.Struct, forbid_unknown_fields=True):
    """What a new version is made of; ``start_from`` is a reference to a committed one."""

    message: str = ""
    start_from: str | None = None
    metadata: dict[str, Any] | None = None


class VersionChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a version; what is null stays."""

    message: str | None = None
    metadata: dict[str, Any] | None = None


class CommitOptions(msgspec.Struct, forbid_unknown_fields=True):
    """How to commit."""

    abandon_uploads: bool = False


class DiffQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The version to compare with, and which page of the differences."""

    old: str
    limit: LongLimit = 1000
    after: After = None


class ChangesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """The version to compare with; by default the one that it started from."""

    old: str | None = None


class VersionsHandler(Handler):
    """Versions of one dataset."""

    @operation(resource="datasets", query=VersionsQuery, answer=Page[Version])
    async def get(self, dataset: str, query: VersionsQuery) -> Page[Version]:
        """List versions, newest first."""
        return await self.call(
            self.service.list_versions,
            dataset,
            committed=COMMITTED[query.committed],
            limit=query.limit,
            after=query.after,
        )

    @operation(resource="datasets", body=NewVersion | None, answer=Version, status=201, is_idempotent=True)
    async def post(self, dataset: str, body: NewVersion | None) -> Version:
        """Make an uncommitted version: empty, or with all files of a committed one."""
        new = body or NewVersion()
        return await self.call(
            self.service.create_version,
            dataset,
            message=new.message,
            start_from=new.start_from,
            metadata=new.metadata,
        )


class VersionHandler(Handler):
    """One version, by id, tag or ``latest``."""

    @operation(resource="datasets", answer=Version)
    async def get(self, dataset: str, version: str) -> Version:
        """Show a version."""
        found = await self.call(self.service.get_version, reference_to(dataset, version))
        self.set_etag_of(found.modified)
        return found

    @operation(resource="datasets", body=VersionChange, answer=Version, request_headers=IF_MATCH)
    async def patch(self, dataset: str, version: str, body: VersionChange) -> Version:
        """Change message or metadata; the files stay what they are."""
        changed = await self.call(
            self.service.update_version,
            reference_to(dataset, version),
            message=body.message,
            metadata=body.metadata,
            unchanged_since=self.unchanged_since(),
        )
        self.set_etag_of(changed.modified)
        return changed

    @operation(resource="datasets", status=204)
    async def delete(self, dataset: str, version: str) -> None:
        """Move a version to the trash; its tags go with it."""
        await self.call(self.service.delete_version, reference_to(dataset, version))


class CommitHandler(Handler):
    """The commit of a version."""

    @operation(
        resource="datasets",
        body=CommitOptions | None,
        answer=TaskInfo,
        status=202,
        response_headers=LOCATION,
        is_idempotent=True,
    )
    async def post(self, dataset: str, version: str, body: CommitOptions | None) -> TaskInfo:
        """Begin to make a version immutable, for ever; the task's result is the version."""
        service, tasks = self.service, self.host.tasks
        abandon = body is not None and body.abandon_uploads

        def start() -> TaskInfo:
            reference = service.get_version(reference_to(dataset, version)).reference
            return tasks.start("commit", reference, lambda: service.commit_version(reference, abandon_uploads=abandon))

        return answer_started(self, await self.call(start))


class DiffHandler(Handler):
    """Differences between two versions."""

    @operation(resource="datasets", query=DiffQuery, answer=Page[Change])
    async def get(self, dataset: str, version: str, query: DiffQuery) -> Page[Change]:
        """List the files that differ from those of ``old``, by path."""
        return await self.call(
            self.service.diff_versions,
            query.old,
            reference_to(dataset, version),
            limit=query.limit,
            after=query.after,
        )


class ChangesHandler(Handler):
    """How much a version changes."""

    @operation(resource="datasets", query=ChangesQuery, answer=ChangeSummary)
    async def get(self, dataset: str, version: str, query: ChangesQuery) -> ChangeSummary:
        """Count files and bytes that differ from those of ``old``; without it from those it started with."""
        return await self.call(self.service.summarize_changes, reference_to(dataset, version), query.old)


ROUTES = [
    ("/api/datasets/{dataset}/versions", VersionsHandler),
    ("/api/datasets/{dataset}/versions/{version}", VersionHandler),
    ("/api/datasets/{dataset}/versions/{version}/commit", CommitHandler),
    ("/api/datasets/{dataset}/versions/{version}/diff", DiffHandler),
    ("/api/datasets/{dataset}/versions/{version}/changes", ChangesHandler),
]
