"""The objects of the public API v1, field for field, and what of ours becomes which of them."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_gradient_data.models import Dataset, Provider, Version

from .legacy_base import to_time
from .legacy_json import HIDDEN_SECRET, version_url


class V1Dataset(msgspec.Struct, rename="camel"):
    """A dataset."""

    id: str
    name: str
    description: str | None
    is_public: bool
    storage_provider_id: str
    team_id: str
    dt_created: str
    dt_modified: str


class V1Version(msgspec.Struct, rename="camel"):
    """A version of a dataset."""

    version: str
    dataset_id: str
    message: str | None
    is_committed: bool
    metadata: dict[str, Any] | None
    tags: list[str]
    url: str
    usage_bytes: str | None
    user_id: str | None
    dt_created: str
    dt_modified: str


class V1Config(msgspec.Struct, rename="camel"):
    """How to reach a bucket; Gradient Managed has none to show."""

    access_key: str
    bucket: str
    secret_access_key: str
    endpoint: str | None = None
    region: str | None = None
    retain_data: bool | None = False
    signature_version: str | None = None


class V1Provider(msgspec.Struct, rename="camel"):
    """A storage provider."""

    id: str
    name: str
    is_managed: bool
    is_team_default: bool
    s3_config: V1Config = msgspec.field(name="s3Config")


def to_dataset(dataset: Dataset, team: str) -> V1Dataset:
    """A dataset as v1 shows it."""
    return V1Dataset(
        id=dataset.id,
        name=dataset.name,
        description=dataset.description or None,
        is_public=dataset.is_public,
        storage_provider_id=dataset.provider.id,
        team_id=team,
        dt_created=to_time(dataset.created),
        dt_modified=to_time(dataset.modified),
    )


def to_version(version: Version) -> V1Version:
    """A version as v1 shows it."""
    return V1Version(
        version=version.version,
        dataset_id=version.dataset,
        message=version.message or None,
        is_committed=version.is_committed,
        metadata=version.metadata or None,
        tags=list(version.tags),
        url=version_url(version),
        usage_bytes=None if version.bytes is None else str(version.bytes),
        user_id=version.author or None,
        dt_created=to_time(version.created),
        dt_modified=to_time(version.modified),
    )


def to_provider(provider: Provider, team: str) -> V1Provider:
    """A storage provider as v1 shows it."""
    s3 = provider.s3
    if s3 is None:
        config = V1Config("", team, HIDDEN_SECRET)
    else:
        config = V1Config(
            s3.access_key,
            s3.bucket,
            HIDDEN_SECRET,
            endpoint=s3.endpoint,
            region=s3.region,
            signature_version=s3.signature_version,
        )
    return V1Provider(provider.id, provider.name, provider.is_managed, provider.is_team_default, config)
