"""The legacy API: datasets, what references mean, and tags."""

from __future__ import annotations

from functools import partial

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import Reference
from jupyter_gradient_data.models import Dataset, Tag
from jupyter_gradient_data.service.api import DataService

from .legacy_base import ByName, LegacyHandler
from .legacy_json import LegacyDataset, LegacyReference, LegacyTag, to_dataset, to_reference, to_tag
from .operations import operation

_STEP = 1000


class NewLegacyDataset(msgspec.Struct, rename="camel"):
    """What a new dataset is made of; without a storage provider it goes to the team's default."""

    name: str
    storage_provider_id: str | None = None
    description: str | None = None


class LegacyDatasetChange(msgspec.Struct):
    """What of a dataset changes."""

    name: str | None = None
    description: str | None = None


class LegacyTagTarget(msgspec.Struct):
    """The version that a tag is to point to."""

    version: str


class LegacyDatasetsHandler(LegacyHandler):
    """All datasets."""

    @operation(resource="datasets", query=ByName, answer=list[LegacyDataset])
    async def get(self, query: ByName) -> list[LegacyDataset]:
        """List datasets by name."""
        return [to_dataset(row) for row in await self.rows(self.service.list_datasets, query)]

    @operation(resource="datasets", body=NewLegacyDataset, answer=LegacyDataset)
    async def post(self, body: NewLegacyDataset) -> LegacyDataset:
        """Make an empty dataset."""
        provider = body.storage_provider_id or None
        create = self.service.create_dataset
        return to_dataset(await self.call(create, body.name, description=body.description or "", provider=provider))


class LegacyDatasetHandler(LegacyHandler):
    """One dataset."""

    @operation(resource="datasets", answer=LegacyDataset)
    async def get(self, dataset: str) -> LegacyDataset:
        """Show a dataset, by id or name."""
        return to_dataset(await self.call(self.service.get_dataset, dataset))

    @operation(resource="datasets", body=LegacyDatasetChange, answer=LegacyDataset)
    async def post(self, dataset: str, body: LegacyDatasetChange) -> LegacyDataset:
        """Change a dataset's name or description."""
        if body.name is None and body.description is None:
            return to_dataset(await self.call(self.service.get_dataset, dataset))
        update = self.service.update_dataset
        return to_dataset(await self.call(update, dataset, name=body.name, description=body.description))

    @operation(resource="datasets")
    async def delete(self, dataset: str) -> None:
        """Move a dataset with all its versions to the trash."""
        await self.call(self.service.delete_dataset, dataset)


class LegacyReferenceHandler(LegacyHandler):
    """What a reference means."""

    @operation(resource="datasets", answer=LegacyReference)
    async def get(self, ref: str) -> LegacyReference:
        """Show the dataset and the version that a reference means now."""
        dataset, version = await self.call(_resolve, self.service, ref)
        return to_reference(dataset, version)


class LegacyTagsHandler(LegacyHandler):
    """All tags of a dataset."""

    @operation(resource="datasets", query=ByName, answer=list[LegacyTag])
    async def get(self, dataset: str, query: ByName) -> list[LegacyTag]:
        """List a dataset's tags by name."""
        return [to_tag(row) for row in await self.rows(partial(self.service.list_tags, dataset), query)]


class LegacyTagHandler(LegacyHandler):
    """One tag."""

    @operation(resource="datasets", answer=LegacyTag)
    async def get(self, dataset: str, tag: str) -> LegacyTag:
        """Show a tag."""
        return to_tag(await self.call(_find_tag, self.service, dataset, tag))

    @operation(resource="datasets", body=LegacyTagTarget, answer=LegacyTag)
    async def put(self, dataset: str, tag: str, body: LegacyTagTarget) -> LegacyTag:
        """Point a tag to a committed version, moving it when it exists."""
        return to_tag(await self.call(self.service.set_tag, f"{dataset}:{body.version}", tag))

    @operation(resource="datasets")
    async def delete(self, dataset: str, tag: str) -> None:
        """Remove a tag; the version stays."""
        await self.call(self.service.delete_tag, dataset, tag)


def _resolve(service: DataService, text: str) -> tuple[Dataset, str | None]:
    reference = Reference.parse(text)
    head = f"{reference.namespace}/{reference.dataset}" if reference.namespace else reference.dataset
    dataset = service.get_dataset(head)
    if reference.selector is None:
        return dataset, dataset.latest
    return dataset, service.get_version(f"{head}:{reference.selector}").version


def _find_tag(service: DataService, dataset: str, name: str) -> Tag:
    after: str | None = None
    while True:
        page = service.list_tags(dataset, limit=_STEP, after=after)
        if found := next((tag for tag in page.items if tag.name == name), None):
            return found
        after = page.next_token
        if after is None:
            raise ErrorKind.TAG_NOT_FOUND(dataset=dataset, tag=name)


ROUTES = [
    ("/datasets", LegacyDatasetsHandler),
    ("/datasets/ref/{ref*}", LegacyReferenceHandler),
    ("/datasets/{dataset*}/tags", LegacyTagsHandler),
    ("/datasets/{dataset*}/tags/{tag*}", LegacyTagHandler),
    ("/datasets/{dataset*}", LegacyDatasetHandler),
]
