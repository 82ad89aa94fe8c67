"""The public API v1: datasets."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Dataset, Page
from jupyter_gradient_data.service.api import DataService

from .operations import operation
from .v1_base import V1Handler, V1Page, V1Query, page_by_time, read_all, to_v1_page
from .v1_json import V1Dataset, to_dataset


class V1DatasetsQuery(V1Query, rename="camel"):
    """Which datasets."""

    team_id: Annotated[str | None, msgspec.Meta(description="Only those of this team.")] = None
    privacy: Annotated[
        Literal["PUBLIC", "PRIVATE"] | None, msgspec.Meta(description="Only those that are public, or that are not.")
    ] = None


class NewV1Dataset(msgspec.Struct, rename="camel"):
    """What a new dataset is made of."""

    name: str
    is_public: bool = False
    description: str | None = None
    storage_provider_id: str | None = None


class V1DatasetChange(msgspec.Struct):
    """What of a dataset changes."""

    name: str | None = None
    description: str | None = None


class V1Deleted(msgspec.Struct):
    """What was deleted."""

    id: str


class V1DatasetsHandler(V1Handler):
    """All datasets."""

    @operation(resource="datasets", query=V1DatasetsQuery, answer=V1Page[V1Dataset])
    async def get(self, query: V1DatasetsQuery) -> V1Page[V1Dataset]:
        """List datasets, the newest first unless asked otherwise."""
        team = self.host.team
        page = await self.call(_page, self.service, query, team)
        return to_v1_page(page, lambda row: to_dataset(row, team))

    @operation(resource="datasets", body=NewV1Dataset, answer=V1Dataset)
    async def post(self, body: NewV1Dataset) -> V1Dataset:
        """Make an empty dataset."""
        if body.is_public:
            raise ErrorKind.INVALID_OPTION(
                option="isPublic", value=True, reason="datasets belong to their team", hint="Leave it out."
            )
        made = await self.call(
            self.service.create_dataset,
            body.name,
            description=body.description or "",
            provider=body.storage_provider_id or None,
        )
        return to_dataset(made, self.host.team)


class V1DatasetHandler(V1Handler):
    """One dataset."""

    @operation(resource="datasets", answer=V1Dataset)
    async def get(self, dataset: str) -> V1Dataset:
        """Show a dataset."""
        return to_dataset(await self.call(self.service.get_dataset, dataset), self.host.team)

    @operation(resource="datasets", body=V1DatasetChange, answer=V1Dataset)
    async def put(self, dataset: str, body: V1DatasetChange) -> V1Dataset:
        """Change a dataset's name or description."""
        update = self.service.update_dataset
        changed = await self.call(update, dataset, name=body.name, description=body.description)
        return to_dataset(changed, self.host.team)

    @operation(resource="datasets", answer=V1Deleted)
    async def delete(self, dataset: str) -> V1Deleted:
        """Move a dataset with all its versions to the trash."""
        found = await self.call(self.service.get_dataset, dataset)
        await self.call(self.service.delete_dataset, found.id)
        return V1Deleted(found.id)


def _page(service: DataService, query: V1DatasetsQuery, team: str) -> Page[Dataset]:
    if query.team_id not in (None, team):
        return Page(())
    rows = read_all(service.list_datasets)
    if query.privacy is not None:
        rows = (row for row in rows if row.is_public == (query.privacy == "PUBLIC"))
    return page_by_time(rows, lambda row: (row.created, row.id), query)


ROUTES = [
    ("/v1/datasets", V1DatasetsHandler),
    ("/v1/datasets/{dataset}", V1DatasetHandler),
]
