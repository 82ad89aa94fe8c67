"""Datasets."""

from __future__ import annotations

from typing import Annotated

import msgspec

from jupyter_gradient_data.models import Dataset, Page

from .base import Handler
from .operations import operation

Limit = Annotated[int, msgspec.Meta(ge=1, le=1000, description="Rows of a page, at most.")]
After = Annotated[str | None, msgspec.Meta(description="`next_token` of the page before; none for the first.")]


class PageQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which page of a list."""

    limit: Limit = 100
    after: After = None


class NewDataset(msgspec.Struct, forbid_unknown_fields=True):
    """What a new dataset is made of."""

    name: str
    description: str = ""
    provider: str | None = None


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


ROUTES = [("/api/datasets", DatasetsHandler)]
