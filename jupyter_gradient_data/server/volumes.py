"""Volumes, and the notebook runs of the team."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Notebook, Volumes

from .base import Handler
from .operations import operation


class VolumesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Whether to measure what each volume takes, which may last."""

    measure: bool = False


class VolumesHandler(Handler):
    """The volumes of this server's notebook run."""

    @operation(resource="volumes", query=VolumesQuery, answer=Volumes)
    async def get(self, query: VolumesQuery) -> Volumes:
        """List the volumes, and say how kernels see them."""
        return await self.call(self.service.list_volumes, measure=query.measure)


class NotebooksHandler(Handler):
    """Notebook runs."""

    @operation(resource="volumes", answer=tuple[Notebook, ...])
    async def get(self) -> tuple[Notebook, ...]:
        """List notebook runs by name."""
        return await self.call(self.service.list_notebooks)


class NotebookHandler(Handler):
    """One notebook run."""

    @operation(resource="volumes", status=204)
    async def delete(self, notebook: str) -> None:
        """Remove a notebook run that no server uses: its home, its mounts, its outputs."""
        await self.call(self.service.delete_notebook, notebook)


ROUTES = [
    ("/api/volumes", VolumesHandler),
    ("/api/notebooks", NotebooksHandler),
    ("/api/notebooks/{notebook}", NotebookHandler),
]
