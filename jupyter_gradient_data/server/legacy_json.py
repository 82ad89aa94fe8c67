"""The objects of the legacy API, field for field, and what of ours becomes which of them."""

from __future__ import annotations

from typing import Any

import msgspec

from jupyter_gradient_data.models import Dataset, Provider, Tag, Version

from .legacy_base import to_time

HIDDEN_SECRET = "********"  # noqa: S105 - what stands where a secret would
_OBJECT_TYPE = 2  # of datasets, among the things that the original could hold


class LegacyProvider(msgspec.Struct, rename="camel"):
    """A storage provider; its type is ``s3`` for every one: the legacy client transfers files with no other."""

    id: str
    name: str
    type: str
    config: dict[str, str]
    is_team_default: bool
    is_gradient_managed: bool
    dt_created: str
    dt_modified: str


class LegacyDataset(msgspec.Struct, rename="camel", kw_only=True):
    """A dataset."""

    id: str
    name: str
    description: str | None
    is_public: bool
    ml_object_type_id: int
    storage_provider: LegacyProvider
    dt_created: str
    dt_modified: str


class VersionName(msgspec.Struct):
    """The version that a reference means."""

    version: str


class LegacyReference(LegacyDataset, rename="camel", kw_only=True):
    """A dataset and the version that a reference to it means; without one while nothing is committed."""

    version: VersionName | msgspec.UnsetType = msgspec.UNSET


class LegacyTagName(msgspec.Struct):
    """A tag, among those of a version."""

    name: str


class LegacyVersion(msgspec.Struct, rename="camel"):
    """A version of a dataset."""

    dataset_id: str
    version: str
    url: str
    is_committed: bool
    message: str | None
    metadata: dict[str, Any]
    tags: list[LegacyTagName]
    input_outputs: list[str]
    models: list[str]
    dt_created: str
    dt_modified: str


class TaggedVersion(msgspec.Struct):
    """The version that a tag points to."""

    version: str
    message: str | None


class LegacyTag(msgspec.Struct, rename="camel"):
    """A tag of a dataset."""

    name: str
    version: TaggedVersion
    dt_created: str
    dt_modified: str


def to_provider(provider: Provider) -> LegacyProvider:
    """A storage provider as the legacy API shows it."""
    return LegacyProvider(
        provider.id,
        provider.name,
        "s3",
        _config(provider),
        provider.is_team_default,
        provider.is_managed,
        to_time(provider.created),
        to_time(provider.modified),
    )


def to_dataset(dataset: Dataset) -> LegacyDataset:
    """A dataset as the legacy API shows it."""
    return LegacyDataset(**_dataset_fields(dataset))


def to_reference(dataset: Dataset, version: str | None) -> LegacyReference:
    """A dataset with the version that was asked for."""
    return LegacyReference(
        **_dataset_fields(dataset), version=VersionName(version) if version is not None else msgspec.UNSET
    )


def to_version(version: Version) -> LegacyVersion:
    """A version as the legacy API shows it."""
    return LegacyVersion(
        dataset_id=version.dataset,
        version=version.version,
        url=version_url(version),
        is_committed=version.is_committed,
        message=version.message or None,
        metadata=version.metadata,
        tags=[LegacyTagName(tag) for tag in version.tags],
        input_outputs=[],
        models=[],
        dt_created=to_time(version.created),
        dt_modified=to_time(version.modified),
    )


def to_tag(tag: Tag) -> LegacyTag:
    """A tag as the legacy API shows it."""
    return LegacyTag(
        tag.name, TaggedVersion(tag.version, tag.message or None), to_time(tag.created), to_time(tag.modified)
    )


def version_url(version: Version) -> str:
    """Where a version is: no bucket holds its files as they are, so it names the version."""
    return f"gradient://{version.reference}"


def _dataset_fields(dataset: Dataset) -> dict[str, Any]:
    return {
        "id": dataset.id,
        "name": dataset.name,
        "description": dataset.description or None,
        "is_public": dataset.is_public,
        "ml_object_type_id": _OBJECT_TYPE,
        "storage_provider": to_provider(dataset.provider),
        "dt_created": to_time(dataset.created),
        "dt_modified": to_time(dataset.modified),
    }


def _config(provider: Provider) -> dict[str, str]:
    """The legacy client shows whatever is in here, sorted, so there is nothing without a value."""
    s3 = provider.s3
    if s3 is None:
        values = {"managed": "true", "usedBytes": str(provider.used_bytes)}
        return {**values, "quotaBytes": str(provider.quota_bytes)} if provider.quota_bytes else values
    config = {
        "accessKey": s3.access_key,
        "bucket": s3.bucket,
        "endpoint": s3.endpoint,
        "region": s3.region,
        "secretAccessKey": HIDDEN_SECRET,
        "signatureVersion": s3.signature_version,
    }
    return {name: value for name, value in config.items() if value}
