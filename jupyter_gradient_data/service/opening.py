"""Opening a service: that of a server when the settings name one, else the one in this process."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

from jupyter_gradient_data.config import SERVER, Config
from jupyter_gradient_data.errors import GradientDataError

from .api import DataService


def open_service(config: Config | None = None) -> DataService:
    """Open the service on the settings given, or on those of environment and defaults.

    Parameters
    ----------
    config : Config, optional
        With a ``url`` for a server's; ``Config.load()`` by default.

    Raises
    ------
    GradientDataError
        The URL cannot be one, or the state directory or the database cannot be used.
    """
    config = config if config is not None else Config.load()
    # Imported here: each takes what the other does not need.
    if config.url:
        from .remote import RemoteService

        return RemoteService(config)
    from .local import open_service as open_local

    return open_local(config)


def open_run_service(config: Config) -> DataService:
    """Open the service for what changes a notebook run: in its kernels and terminals that of their server.

    They see the cache of versions read-only, so they could not mount anything themselves.
    """
    if config.url is None and (server := _server_of_this_process(config)) is not None:
        service = open_service(server)
        try:
            if service.list_volumes().notebook == config.notebook_name:
                return service
        except GradientDataError:  # it has ended, or lets nobody in by that token: what can be done here is
            pass
        service.close()
    return open_service(config)


def _server_of_this_process(config: Config) -> Config | None:
    try:
        found = json.loads(Path(os.environ[SERVER]).read_text(encoding="utf-8"))
        token = found["token"] or os.environ.get("JUPYTERHUB_API_TOKEN")
        return replace(config, url=found["url"], token=token or None)
    except (KeyError, TypeError, OSError, ValueError):
        return None
