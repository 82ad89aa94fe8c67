"""The trash: what was deleted, and taking it back."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Page, Trashed

from .base import Handler
from .operations import operation
from .queries import PageQuery


class Restoration(msgspec.Struct, forbid_unknown_fields=True):
    """What to take out of the trash; a dataset may need another name by now."""

    reference: str
    name: str | None = None


class TrashHandler(Handler):
    """Deleted datasets and versions."""

    @operation(resource="datasets", query=PageQuery, answer=Page[Trashed])
    async def get(self, query: PageQuery) -> Page[Trashed]:
        """List what is in the trash, the last deleted first."""
        return await self.call(self.service.list_trash, limit=query.limit, after=query.after)


class RestoreHandler(Handler):
    """Taking back what was deleted."""

    @operation(resource="datasets", body=Restoration, status=204)
    async def post(self, body: Restoration) -> None:
        """Take a dataset, or one version, out of the trash."""
        await self.call(self.service.restore, body.reference, name=body.name)


ROUTES = [
    ("/api/trash", TrashHandler),
    ("/api/trash/restore", RestoreHandler),
]
