"""Datasets."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Dataset, DeletePreview, Page

from .base import Handler
from .operations import IF_MATCH, operation
from .queries import PageQuery, reference_to


class NewDataset(msgspec.Struct, forbid_unknown_fields=True):
    """What a new dataset is made of."""

    name: str
    description: str = ""
    provider: str | None = None


class DatasetChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a dataset; what is null stays."""

    name: str | None = None
    description: str | None = None


class PreviewQuery(msgspec.Struct, forbid_unknown_fields=True):
    """What would be deleted."""

    version: str | None = None


class DatasetsHandler(Handler):
    """All datasets."""

    @operation(resource="datasets", query=PageQuery, answer=Page[Dataset])
    async def get(self, query: PageQuery) -> Page[Dataset]:
        """List datasets by name."""
        return await self.call(self.service.list_datasets, limit=query.limit, after=query.after)

    @operation(resource="datasets", body=NewDataset, answer=Dataset, status=201, is_idempotent=True)
    async def post(self, body: NewDataset) -> Dataset:
        """Make an empty dataset."""
        return await self.call(
            self.service.create_dataset, body.name, description=body.description, provider=body.provider
        )


class DatasetHandler(Handler):
    """One dataset, by id or name."""

    @operation(resource="datasets", answer=Dataset)
    async def get(self, dataset: str) -> Dataset:
        """Show a dataset."""
        found = await self.call(self.service.get_dataset, dataset)
        self.set_etag_of(found.modified)
        return found

    @operation(resource="datasets", body=DatasetChange, answer=Dataset, request_headers=IF_MATCH)
    async def patch(self, dataset: str, body: DatasetChange) -> Dataset:
        """Change name or description."""
        changed = await self.call(
            self.service.update_dataset,
            dataset,
            name=body.name,
            description=body.description,
            unchanged_since=self.unchanged_since(),
        )
        self.set_etag_of(changed.modified)
        return changed

    @operation(resource="datasets", status=204)
    async def delete(self, dataset: str) -> None:
        """Move a dataset with all its versions to the trash."""
        await self.call(self.service.delete_dataset, dataset)


class PreviewDeleteHandler(Handler):
    """What a deletion would do."""

    @operation(resource="datasets", query=PreviewQuery, answer=DeletePreview)
    async def get(self, dataset: str, query: PreviewQuery) -> DeletePreview:
        """Say what deleting a dataset, or one of its versions, would remove and free."""
        reference = reference_to(dataset, query.version) if query.version is not None else dataset
        return await self.call(self.service.preview_delete, reference)


ROUTES = [
    ("/api/datasets", DatasetsHandler),
    ("/api/datasets/{dataset}", DatasetHandler),
    ("/api/datasets/{dataset}/preview-delete", PreviewDeleteHandler),
]
