"""The public API v1 of the retired service, which its newer command `pspace` calls."""

from __future__ import annotations

from . import v1_datasets, v1_providers, v1_versions

ROUTES = [*v1_datasets.ROUTES, *v1_versions.ROUTES, *v1_providers.ROUTES]
