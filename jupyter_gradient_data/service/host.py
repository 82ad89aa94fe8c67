"""Everything a server needs of this process: the service, and what only a server does."""

from __future__ import annotations

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.models import ApiToken

from .api import DataService
from .local import LocalService


class Host:
    """Opened once per server, shared by its threads.

    Parameters
    ----------
    config : Config
        Where everything is.
    """

    def __init__(self, config: Config) -> None:
        self._repository = Repository(config)
        self.service: DataService = LocalService(self._repository)

    def service_for(self, token: ApiToken | None) -> DataService:
        """The service as far as a token allows; all of it when the request came without one of ours."""
        return self.service

    def close(self) -> None:
        """Stop what runs and release connections."""
        self.service.close()


def open_host(config: Config) -> Host:
    """Open everything on these settings."""
    return Host(config)
