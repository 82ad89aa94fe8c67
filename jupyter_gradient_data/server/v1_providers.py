"""The public API v1: storage providers, and what they hold."""

from __future__ import annotations

from typing import Literal

import msgspec

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.models import Provider, ProviderKind, S3Config, Usage
from jupyter_gradient_data.service.api import DataService

from .legacy_json import HIDDEN_SECRET
from .operations import operation
from .v1_base import V1Handler, V1Page, V1Query, page_by_time, read_all, to_v1_page
from .v1_datasets import V1Deleted
from .v1_json import V1Config, V1Provider, to_provider


class NewV1Provider(msgspec.Struct, rename="camel"):
    """What a new storage provider is made of."""

    name: str
    s3_config: V1Config = msgspec.field(name="s3Config")
    storage_provider_type: Literal["s3"] = "s3"
    is_team_default: bool = False


class V1ProviderChange(msgspec.Struct, rename="camel"):
    """What of a storage provider changes; the hidden secret, given back, stays what it is."""

    name: str | None = None
    s3_config: V1Config | None = msgspec.field(name="s3Config", default=None)
    is_team_default: bool | None = None


class V1Utilization(msgspec.Struct, rename="camel"):
    """What is stored, in bytes; what the original counted beside datasets is not stored here."""

    dataset_usage: str
    model_usage: str
    notebook_workspace_usage: str
    shared_storage_usage: str
    total_usage: str
    total_free_storage: str
    remaining_free_storage: str


class V1Standing(msgspec.Struct, rename="camel"):
    """Whether the account may create things: here nobody pays."""

    is_in_good_standing: bool = True


class _ProviderBase(V1Handler):
    def show(self, provider: Provider) -> V1Provider:
        """A storage provider as it is answered."""
        return to_provider(provider, self.host.team)


class V1ProvidersHandler(_ProviderBase):
    """All storage providers."""

    @operation(resource="providers", query=V1Query, answer=V1Page[V1Provider])
    async def get(self, query: V1Query) -> V1Page[V1Provider]:
        """List storage providers, the newest first unless asked otherwise."""
        rows = await self.call(lambda: list(read_all(self.service.list_providers)))
        page = page_by_time(rows, lambda row: (row.created, row.id), query)
        return to_v1_page(page, self.show)

    @operation(resource="providers", body=NewV1Provider, answer=V1Provider)
    async def post(self, body: NewV1Provider) -> V1Provider:
        """Check a bucket and add it as a storage provider."""
        _refuse_default(body.is_team_default)
        given = body.s3_config
        config = S3Config(
            given.bucket,
            given.access_key,
            given.endpoint or None,
            given.region or None,
            given.signature_version or None,
        )
        kind = ProviderKind.of_endpoint(given.endpoint)
        create = self.service.create_provider
        return self.show(await self.call(create, body.name, kind, config, given.secret_access_key))


class V1ProviderHandler(_ProviderBase):
    """One storage provider."""

    @operation(resource="providers", answer=V1Provider)
    async def get(self, provider: str) -> V1Provider:
        """Show a storage provider."""
        return self.show(await self.call(self.service.get_provider, provider))

    @operation(resource="providers", body=V1ProviderChange, answer=V1Provider)
    async def put(self, provider: str, body: V1ProviderChange) -> V1Provider:
        """Change what is given, after checking that the bucket can still be used."""
        return self.show(await self.call(_change, self.service, provider, body))

    @operation(resource="providers", answer=V1Deleted)
    async def delete(self, provider: str) -> V1Deleted:
        """Forget a storage provider that holds no datasets; its bucket is not touched."""
        found = await self.call(self.service.get_provider, provider)
        await self.call(self.service.delete_provider, found.id)
        return V1Deleted(found.id)


class V1UtilizationHandler(V1Handler):
    """What the team's storage holds."""

    @operation(resource="providers", answer=V1Utilization)
    async def get(self) -> V1Utilization:
        """Show how much is stored, and how much room is left in Gradient Managed when it has a quota."""
        providers = await self.call(lambda: list(read_all(self.service.list_providers)))
        return _utilization(await self.call(self.service.usage), providers)


class V1StandingHandler(V1Handler):
    """The standing of the account."""

    @operation(resource="datasets", answer=V1Standing)
    async def get(self) -> V1Standing:
        """Answer what clients ask before they create something."""
        return V1Standing()


def _change(service: DataService, provider: str, body: V1ProviderChange) -> Provider:
    found = service.get_provider(provider)
    if body.is_team_default is not None and body.is_team_default != found.is_team_default:
        _refuse_default(True)
    if body.s3_config is None or found.s3 is None:
        return service.update_provider(found.id, name=body.name)
    given = body.s3_config
    # All of it is given each time, so what is empty clears.
    config = {
        "bucket": given.bucket,
        "access_key": given.access_key,
        "endpoint": given.endpoint or "",
        "region": given.region or "",
        "signature_version": given.signature_version or "",
    }
    secret = None if given.secret_access_key == HIDDEN_SECRET else given.secret_access_key
    return service.update_provider(found.id, name=body.name, config=config, secret=secret)


def _refuse_default(wanted: bool) -> None:
    if wanted:
        raise ErrorKind.INVALID_OPTION(
            option="isTeamDefault",
            value=wanted,
            reason="the team's default is Gradient Managed",
            hint="Leave it out, and name the storage provider when you create a dataset.",
        )


def _utilization(usage: tuple[Usage, ...], providers: list[Provider]) -> V1Utilization:
    managed = next(provider for provider in providers if provider.is_managed)
    stored = sum(entry.stored_bytes for entry in usage)
    held = sum(entry.stored_bytes for entry in usage if entry.provider == managed.id)
    quota = managed.quota_bytes or 0
    return V1Utilization(
        dataset_usage=str(stored),
        model_usage="0",
        notebook_workspace_usage="0",
        shared_storage_usage="0",
        total_usage=str(stored),
        total_free_storage=str(quota),
        remaining_free_storage=str(max(0, quota - held)),
    )


ROUTES = [
    ("/v1/storage-providers/utilization", V1UtilizationHandler),
    ("/v1/storage-providers", V1ProvidersHandler),
    ("/v1/storage-providers/{provider}", V1ProviderHandler),
    ("/v1/billing/account-standing", V1StandingHandler),
]
