"""Tags: movable names for committed versions."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Page, Tag

from .base import Handler
from .operations import operation
from .queries import PageQuery, reference_to


class TagTarget(msgspec.Struct, forbid_unknown_fields=True):
    """The version a tag shall point to: its id, another tag, or ``latest``."""

    version: str


class TagsHandler(Handler):
    """Tags of one dataset."""

    @operation(resource="datasets", query=PageQuery, answer=Page[Tag])
    async def get(self, dataset: str, query: PageQuery) -> Page[Tag]:
        """List tags by name."""
        return await self.call(self.service.list_tags, dataset, limit=query.limit, after=query.after)


class TagHandler(Handler):
    """One tag."""

    @operation(resource="datasets", body=TagTarget, answer=Tag)
    async def put(self, dataset: str, tag: str, body: TagTarget) -> Tag:
        """Point a tag to a committed version, moving it when it exists."""
        return await self.call(self.service.set_tag, reference_to(dataset, body.version), tag)

    @operation(resource="datasets", status=204)
    async def delete(self, dataset: str, tag: str) -> None:
        """Remove a tag; the version stays."""
        await self.call(self.service.delete_tag, dataset, tag)


ROUTES = [
    ("/api/datasets/{dataset}/tags", TagsHandler),
    ("/api/datasets/{dataset}/tags/{tag}", TagHandler),
]
