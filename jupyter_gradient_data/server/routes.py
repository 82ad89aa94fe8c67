"""Every route of the extension, in one list: what is served, documented and tested."""

from __future__ import annotations

from . import (
    cache,
    content,
    contents,
    datasets,
    description,
    files,
    info,
    legacy,
    lock,
    mounts,
    outputs,
    providers,
    public,
    server_files,
    signed,
    tags,
    tasks,
    tokens,
    transfer,
    trash,
    upkeep,
    uploads,
    v1,
    versions,
    volumes,
    workspace,
    workspace_link,
)
from .route import Route

_MODULES = [
    *(
        datasets,
        versions,
        tags,
        files,
        content,
        uploads,
        transfer,
        server_files,
        volumes,
        mounts,
        outputs,
        lock,
        public,
        workspace,
        workspace_link,
        providers,
        upkeep,
        cache,
        trash,
        tasks,
        tokens,
        info,
        description,
    ),
    *(contents, legacy, signed, v1),
]

ROUTES: list[Route] = [Route(*route) for module in _MODULES for route in module.ROUTES]
