"""The legacy API: storage providers."""

from __future__ import annotations

from typing import Literal

import msgspec

from jupyter_gradient_data.models import ProviderKind, S3Config

from .legacy_base import ByName, LegacyHandler
from .legacy_json import HIDDEN_SECRET, LegacyProvider, to_provider
from .operations import operation


class NewLegacyConfig(msgspec.Struct, rename="camel"):
    """Where a bucket is and how to talk to it."""

    bucket: str
    access_key: str
    secret_access_key: str
    endpoint: str | None = None
    region: str | None = None
    signature_version: str | None = None


class NewLegacyProvider(msgspec.Struct):
    """What a new storage provider is made of."""

    name: str
    config: NewLegacyConfig
    type: Literal["s3"] = "s3"


class LegacyConfigChange(msgspec.Struct, rename="camel"):
    """What changes of how to reach a bucket; an empty value clears."""

    bucket: str | None = None
    access_key: str | None = None
    secret_access_key: str | None = None
    endpoint: str | None = None
    region: str | None = None
    signature_version: str | None = None


class LegacyProviderChange(msgspec.Struct):
    """What of a storage provider changes."""

    name: str | None = None
    config: LegacyConfigChange | None = None


class LegacyProvidersHandler(LegacyHandler):
    """All storage providers."""

    @operation(resource="providers", query=ByName, answer=list[LegacyProvider])
    async def get(self, query: ByName) -> list[LegacyProvider]:
        """List storage providers by name."""
        return [to_provider(row) for row in await self.rows(self.service.list_providers, query)]

    @operation(resource="providers", body=NewLegacyProvider, answer=LegacyProvider)
    async def post(self, body: NewLegacyProvider) -> LegacyProvider:
        """Check a bucket and add it as a storage provider."""
        given = body.config
        config = S3Config(
            given.bucket,
            given.access_key,
            given.endpoint or None,
            given.region or None,
            given.signature_version or None,
        )
        kind = ProviderKind.of_endpoint(given.endpoint)
        create = self.service.create_provider
        return to_provider(await self.call(create, body.name, kind, config, given.secret_access_key))


class LegacyProviderHandler(LegacyHandler):
    """One storage provider."""

    @operation(resource="providers", answer=LegacyProvider)
    async def get(self, provider: str) -> LegacyProvider:
        """Show a storage provider, by id or name."""
        return to_provider(await self.call(self.service.get_provider, provider))

    @operation(resource="providers", body=LegacyProviderChange, answer=LegacyProvider)
    async def post(self, provider: str, body: LegacyProviderChange) -> LegacyProvider:
        """Change what is given, after checking that the bucket can still be used."""
        config = msgspec.structs.asdict(body.config) if body.config else {}
        secret = config.pop("secret_access_key", None)
        changes = {name: value for name, value in config.items() if value is not None}
        updated = await self.call(
            self.service.update_provider,
            provider,
            name=body.name,
            config=changes or None,
            secret=None if secret == HIDDEN_SECRET else secret,
        )
        return to_provider(updated)

    @operation(resource="providers")
    async def delete(self, provider: str) -> None:
        """Forget a storage provider that holds no datasets; its bucket is not touched."""
        await self.call(self.service.delete_provider, provider)


ROUTES = [
    ("/storageProviders", LegacyProvidersHandler),
    ("/storageProviders/{provider*}", LegacyProviderHandler),
]
