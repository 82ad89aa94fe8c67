"""The legacy API: versions of datasets."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

import msgspec

from jupyter_gradient_data.errors import ErrorKind

from .legacy_base import LegacyHandler, Limit, Skip
from .legacy_commit import commit
from .legacy_json import LegacyVersion, to_version
from .operations import operation
from .queries import reference_to


class Newest(msgspec.Struct):
    """Which versions, the newest first; all of them unless it is said which."""

    limit: Limit = msgspec.field(name="filter[limit]", default=1000)
    skip: Skip = msgspec.field(name="filter[skip]", default=0)
    order: Annotated[Literal["dtCreated DESC"], msgspec.Meta(description="The order of this list.")] = msgspec.field(
        name="filter[order][]", default="dtCreated DESC"
    )
    is_committed: Annotated[
        bool | None, msgspec.Meta(description="Only those that are committed, or that are not.")
    ] = msgspec.field(name="filter[where][isCommitted]", default=None)


class NewLegacyVersion(msgspec.Struct):
    """What is said of a new version."""

    message: str | None = None
    metadata: dict[str, Any] | None = None


class LegacyVersionChange(msgspec.Struct, rename="camel"):
    """What of a version changes; ``isCommitted`` true commits it, and the answer comes when that is done."""

    message: str | None = None
    metadata: dict[str, Any] | None = None
    is_committed: bool | None = None


class LegacyVersionsHandler(LegacyHandler):
    """All versions of a dataset."""

    @operation(resource="datasets", query=Newest, answer=list[LegacyVersion])
    async def get(self, dataset: str, query: Newest) -> list[LegacyVersion]:
        """List a dataset's versions, the newest first."""
        get_page = partial(self.service.list_versions, dataset, committed=query.is_committed)
        return [to_version(row) for row in await self.rows(get_page, query)]

    @operation(resource="datasets", body=NewLegacyVersion, answer=LegacyVersion)
    async def post(self, dataset: str, body: NewLegacyVersion) -> LegacyVersion:
        """Make an empty uncommitted version."""
        create = self.service.create_version
        return to_version(await self.call(create, dataset, message=body.message or "", metadata=body.metadata))


class LegacyVersionHandler(LegacyHandler):
    """One version."""

    @operation(resource="datasets", answer=LegacyVersion)
    async def get(self, dataset: str, version: str) -> LegacyVersion:
        """Show a version, by id or tag."""
        return to_version(await self.call(self.service.get_version, reference_to(dataset, version)))

    @operation(resource="datasets", body=LegacyVersionChange, answer=LegacyVersion)
    async def post(self, dataset: str, version: str, body: LegacyVersionChange) -> LegacyVersion:
        """Change what is said of a version, or commit it."""
        found = await self.call(self.service.get_version, reference_to(dataset, version))
        if found.is_committed and body.is_committed is False:
            raise ErrorKind.VERSION_COMMITTED(reference=found.reference, dataset=found.dataset)
        if body.message is not None or body.metadata is not None:
            update = self.service.update_version
            found = await self.call(update, found.reference, message=body.message, metadata=body.metadata)
        if body.is_committed and not found.is_committed:
            found = await commit(self, found.reference)
        return to_version(found)

    @operation(resource="datasets")
    async def delete(self, dataset: str, version: str) -> None:
        """Move a version to the trash; tags that point to it go with it."""
        await self.call(self.service.delete_version, reference_to(dataset, version))


ROUTES = [
    ("/datasets/{dataset*}/versions", LegacyVersionsHandler),
    ("/datasets/{dataset*}/versions/{version*}", LegacyVersionHandler),
]
