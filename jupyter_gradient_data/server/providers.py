"""Storage providers.  Secrets come in, and never go out."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data.models import Page, Provider, ProviderCheck, ProviderKind, S3Config

from .base import Handler
from .operations import IF_MATCH, operation
from .queries import PageQuery


class NewProvider(msgspec.Struct, forbid_unknown_fields=True):
    """What a new storage provider is made of."""

    name: str
    kind: ProviderKind
    s3: S3Config
    secret: str
    quota_bytes: int | None = None


class Candidate(msgspec.Struct, forbid_unknown_fields=True):
    """What might become a storage provider."""

    kind: ProviderKind
    s3: S3Config
    secret: str


class ProviderChange(msgspec.Struct, forbid_unknown_fields=True):
    """What to change of a storage provider; what is null stays.

    ``s3`` holds the fields to change; an empty value clears one.
    """

    name: str | None = None
    s3: dict[str, str | None] | None = None
    secret: str | None = None
    quota_bytes: int | None = None


class ProvidersHandler(Handler):
    """All storage providers."""

    @operation(resource="providers", query=PageQuery, answer=Page[Provider])
    async def get(self, query: PageQuery) -> Page[Provider]:
        """List storage providers by name."""
        return await self.call(self.service.list_providers, limit=query.limit, after=query.after)

    @operation(resource="providers", body=NewProvider, answer=Provider, status=201, is_idempotent=True)
    async def post(self, body: NewProvider) -> Provider:
        """Check a bucket and add it; takes some seconds."""
        return await self.call(
            self.service.create_provider, body.name, body.kind, body.s3, body.secret, quota_bytes=body.quota_bytes
        )


class ProviderHandler(Handler):
    """One storage provider, by id or name."""

    @operation(resource="providers", answer=Provider)
    async def get(self, provider: str) -> Provider:
        """Show a storage provider."""
        found = await self.call(self.service.get_provider, provider)
        self.set_etag_of(found.modified)
        return found

    @operation(resource="providers", body=ProviderChange, answer=Provider, request_headers=IF_MATCH)
    async def patch(self, provider: str, body: ProviderChange) -> Provider:
        """Change a storage provider, after checking what it leads to."""
        changed = await self.call(
            self.service.update_provider,
            provider,
            name=body.name,
            config=body.s3,
            secret=body.secret,
            quota_bytes=body.quota_bytes,
            unchanged_since=self.unchanged_since(),
        )
        self.set_etag_of(changed.modified)
        return changed

    @operation(resource="providers", status=204)
    async def delete(self, provider: str) -> None:
        """Forget a storage provider that holds no datasets; its bucket is not touched."""
        await self.call(self.service.delete_provider, provider)


class CheckHandler(Handler):
    """The check of a storage provider."""

    @operation(resource="providers", answer=ProviderCheck)
    async def post(self, provider: str) -> ProviderCheck:
        """Try everything we need on the bucket; takes some seconds."""
        return await self.call(self.service.check_provider, provider)


class TryProviderHandler(Handler):
    """The check of what is no storage provider yet."""

    @operation(resource="providers", body=Candidate, answer=ProviderCheck)
    async def post(self, body: Candidate) -> ProviderCheck:
        """Try everything we need on a bucket, and save nothing; takes some seconds."""
        return await self.call(self.service.try_provider, body.kind, body.s3, body.secret)


ROUTES = [
    ("/api/providers", ProvidersHandler),
    ("/api/providers/{provider}", ProviderHandler),
    ("/api/providers/{provider}/check", CheckHandler),
    ("/api/try-provider", TryProviderHandler),
]
