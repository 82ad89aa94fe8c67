"""Public datasets: the catalogue, and what of it is on the server's machine."""

from __future__ import annotations

from typing import Annotated

import msgspec

from jupyter_gradient_data.models import PublicDataset, TaskInfo

from .base import Handler
from .mounts import shown, until_seen
from .operations import operation
from .tasks import LOCATION, answer_started

_MOST_PATTERNS = 1000


class WantedFiles(msgspec.Struct, forbid_unknown_fields=True):
    """Which files to fetch: paths of the catalogue, perhaps with `*` or `?`, or folders; all when there are none."""

    files: Annotated[list[str], msgspec.Meta(max_length=_MOST_PATTERNS)] = []


class PublicHandler(Handler):
    """All public datasets."""

    @operation(resource="public", answer=tuple[PublicDataset, ...])
    async def get(self) -> tuple[PublicDataset, ...]:
        """List the catalogue, and what else is in the folder of public datasets, by name."""
        return await self.call(self.service.list_public)


class PublicDatasetHandler(Handler):
    """One public dataset."""

    @operation(resource="public", answer=PublicDataset)
    async def get(self, public: str) -> PublicDataset:
        """Show a public dataset with its files."""
        return await self.call(self.service.get_public, public)

    @operation(resource="public", status=204)
    async def delete(self, public: str) -> None:
        """Remove what was fetched; the catalogue keeps its entry."""
        await self.call(self.service.remove_public, public)
        await self.call(until_seen, self.host)


class FetchPublicHandler(Handler):
    """Fetching a public dataset."""

    @operation(resource="public", body=WantedFiles | None, answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, public: str, body: WantedFiles | None) -> TaskInfo:
        """Begin to fetch a dataset, or some of its files, from where the catalogue says; the task's result is it.

        It appears complete or not at all.  What was fetched before stays; what an earlier fetch has left continues.
        """
        service, host, files = self.service, self.host, body.files if body is not None else []

        def start() -> TaskInfo:
            name = service.get_public(public).name
            return host.tasks.start("fetch-public", name, lambda: shown(host, service.fetch_public(name, files)))

        return answer_started(self, await self.call(start))


class VerifyPublicHandler(Handler):
    """Checking a public dataset."""

    @operation(resource="public", answer=TaskInfo, status=202, response_headers=LOCATION)
    async def post(self, public: str) -> TaskInfo:
        """Begin to read all that was fetched of a dataset and compare it with its hashes; the task's result is it.

        What is damaged is removed, and the task fails with its names.
        """
        service, host = self.service, self.host

        def start() -> TaskInfo:
            name = service.get_public(public).name
            return host.tasks.start("verify-public", name, lambda: service.verify_public(name))

        return answer_started(self, await self.call(start))


ROUTES = [
    ("/api/public", PublicHandler),
    ("/api/public/{public}", PublicDatasetHandler),
    ("/api/public/{public}/fetch", FetchPublicHandler),
    ("/api/public/{public}/verify", VerifyPublicHandler),
]
