"""Opening a service: that of a server when the settings name one, else the one in this process."""

from __future__ import annotations

from jupyter_gradient_data.config import Config

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
