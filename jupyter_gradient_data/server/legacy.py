"""The legacy API: what scripts and the published `gradient` 2.x command still call.

Answers and errors are those of the retired service, and so are the paths, in which ids, tags and references come
unencoded: the most special routes stand first.
"""

from __future__ import annotations

from . import legacy_datasets, legacy_providers, legacy_urls, legacy_versions

ROUTES = [
    *legacy_urls.ROUTES,
    *legacy_versions.ROUTES,
    *legacy_datasets.ROUTES,
    *legacy_providers.ROUTES,
]
