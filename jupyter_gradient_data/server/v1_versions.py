"""The public API v1: versions of datasets."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import check_tag
from jupyter_gradient_data.models import Page, Version
from jupyter_gradient_data.service.api import DataService

from .legacy_commit import commit
from .operations import operation
from .queries import reference_to
from .v1_base import V1Handler, V1Page, V1Query, page_by_time, read_all, to_v1_page
from .v1_json import V1Version, to_version

Tags = Annotated[str | None, msgspec.Meta(description="Tags, separated by commas.")]


class V1VersionsQuery(V1Query, rename="camel"):
    """Which versions: with ``tags``, those that have one of them."""

    tags: Tags = None


class NewV1Version(msgspec.Struct):
    """What is said of a new version."""

    message: str | None = None
    metadata: dict[str, Any] | None = None
    tags: Tags = None


class V1VersionChange(msgspec.Struct, rename="camel"):
    """What of a version changes; ``tags`` are all that it shall have, ``isCommitted`` true commits it."""

    message: str | None = None
    metadata: dict[str, Any] | None = None
    tags: Tags = None
    is_committed: bool | None = None


class V1DeletedVersion(msgspec.Struct, rename="camel"):
    """What was deleted."""

    dataset_id: str
    version: str


class V1VersionsHandler(V1Handler):
    """All versions of a dataset."""

    @operation(resource="datasets", query=V1VersionsQuery, answer=V1Page[V1Version])
    async def get(self, dataset: str, query: V1VersionsQuery) -> V1Page[V1Version]:
        """List versions, the newest first unless asked otherwise."""
        return to_v1_page(await self.call(_page, self.service, dataset, query), to_version)

    @operation(resource="datasets", body=NewV1Version, answer=V1Version)
    async def post(self, dataset: str, body: NewV1Version) -> V1Version:
        """Make an empty uncommitted version; it can have tags when it is committed."""
        if _split(body.tags):
            raise ErrorKind.INVALID_OPTION(
                option="tags",
                value=body.tags,
                reason="only committed versions have tags",
                hint="Make the version without tags, and set them when it is committed.",
            )
        create = self.service.create_version
        return to_version(await self.call(create, dataset, message=body.message or "", metadata=body.metadata))


class V1VersionHandler(V1Handler):
    """One version."""

    @operation(resource="datasets", answer=V1Version)
    async def get(self, dataset: str, version: str) -> V1Version:
        """Show a version, by id or tag."""
        return to_version(await self.call(self.service.get_version, reference_to(dataset, version)))

    @operation(resource="datasets", body=V1VersionChange, answer=V1Version)
    async def put(self, dataset: str, version: str, body: V1VersionChange) -> V1Version:
        """Change what is said of a version, commit it, or set its tags."""
        found = await self.call(self.service.get_version, reference_to(dataset, version))
        tags = [check_tag(name) for name in _split(body.tags)]
        if found.is_committed and body.is_committed is False:
            raise ErrorKind.VERSION_COMMITTED(reference=found.reference, dataset=found.dataset)
        if tags and not (found.is_committed or body.is_committed):
            raise ErrorKind.VERSION_UNCOMMITTED(reference=found.reference)
        if body.message is not None or body.metadata is not None:
            update = self.service.update_version
            found = await self.call(update, found.reference, message=body.message, metadata=body.metadata)
        if body.is_committed and not found.is_committed:
            found = await commit(self, found.reference)
        if body.tags is not None:
            found = await self.call(_set_tags, self.service, found, tags)
        return to_version(found)

    @operation(resource="datasets", answer=V1DeletedVersion)
    async def delete(self, dataset: str, version: str) -> V1DeletedVersion:
        """Move a version to the trash; tags that point to it go with it."""
        found = await self.call(self.service.get_version, reference_to(dataset, version))
        await self.call(self.service.delete_version, found.reference)
        return V1DeletedVersion(found.dataset, found.version)


def _page(service: DataService, dataset: str, query: V1VersionsQuery) -> Page[Version]:
    get_page = partial(service.list_versions, dataset, committed=None)
    wanted = set(_split(query.tags))
    if query.order == "desc" and not wanted:  # as we keep them
        return get_page(limit=query.limit, after=query.after)
    rows = (row for row in read_all(get_page) if not wanted or wanted & set(row.tags))
    return page_by_time(rows, lambda row: (row.created, row.version), query)


def _set_tags(service: DataService, version: Version, tags: list[str]) -> Version:
    for name in tags:
        service.set_tag(version.reference, name)
    for name in set(version.tags) - set(tags):
        service.delete_tag(version.dataset, name)
    return service.get_version(version.reference)


def _split(tags: str | None) -> list[str]:
    return [name.strip() for name in (tags or "").split(",") if name.strip()]


ROUTES = [
    ("/v1/datasets/{dataset}/versions", V1VersionsHandler),
    ("/v1/datasets/{dataset}/versions/{version}", V1VersionHandler),
]
