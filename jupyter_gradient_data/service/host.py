"""Everything a server needs of this process: the service, and what only a server does."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.datasets.opened import OpenedFile, open_file
from jupyter_gradient_data.datasets.repository import Repository
from jupyter_gradient_data.models import Access, ApiToken
from jupyter_gradient_data.stores.answers import Answers
from jupyter_gradient_data.volumes.folders import TeamFolders
from jupyter_gradient_data.volumes.view.view import View, ask_launcher

from .api import DataService
from .intake import Intake
from .kernel_tokens import KernelTokens
from .local import LocalService
from .notices import NoticeFeed
from .restricted import check_access, own_reference, restrict
from .signing import Signer
from .task_board import TaskBoard
from .tokens import TokenRegistry
from .transfers import Transfers

__all__ = ["Host", "TeamFolders", "View", "ask_launcher", "notebook_folder", "open_host", "open_view"]


class Host:
    """Opened once per server, shared by its threads.

    Parameters
    ----------
    config : Config
        Where everything is.
    """

    def __init__(self, config: Config) -> None:
        self._repository = Repository(config)
        local = LocalService(self._repository)
        self.service: DataService = local
        self.keep_cache = local.keep_cache
        self.intake = Intake(self._repository)
        self.transfers = Transfers(self._repository)
        self.folders = TeamFolders(self._repository)
        self.view = local.view = View(config, self.folders)
        self.tokens = TokenRegistry(self._repository)
        self.kernel_tokens = KernelTokens(self.tokens, config.notebook_name)
        self.tasks = TaskBoard(self._repository)
        self.notices = NoticeFeed(self._repository)
        self.answers = Answers(self._repository.database)

    @cached_property
    def signer(self) -> Signer:
        """Signs and verifies URLs; servers with the same secret key accept each other's."""
        return Signer(self._repository.providers.derive_key(b"pre-signed URLs"))

    @property
    def notebook(self) -> str:
        """The notebook run of this server."""
        return self._repository.config.notebook_name

    @property
    def team(self) -> str:
        """The team's id."""
        return self._repository.team

    def service_for(self, token: ApiToken | None) -> DataService:
        """The service as far as a token allows; all of it when the request came without one of ours."""
        return self.service if token is None else restrict(self.service, token)

    def check_reference(self, token: ApiToken | None, access: Access, reference: str) -> str:
        """What `service_for` checks, for calls past the service: intake, tasks and whatever else only a server has.

        Parameters
        ----------
        token : ApiToken or None
            As for `service_for`.
        access : Access
            What the call needs.
        reference : str
            Dataset, version or tag that it is about.

        Returns
        -------
        str
            The reference to go on with: for a limited token it has the dataset's id, which no renaming can turn to
            another dataset.

        Raises
        ------
        NotFound
            There is no such dataset, or the token is limited to others.
        Denied
            The token has not enough access.
        """
        return reference if token is None else own_reference(self.service, token, access, reference)

    def check_access(self, token: ApiToken | None, access: Access) -> None:
        """The same for a call that is about no dataset; a token that is limited to datasets is refused.

        Raises
        ------
        Denied
            The token does not allow it.
        """
        if token is not None:
            check_access(token, access)

    def mount_name(self, reference: str) -> str:
        """What a mount of a reference is called when nobody says.  Checks no token."""
        from jupyter_gradient_data.volumes.cache.cache import VersionCache
        from jupyter_gradient_data.volumes.mounts.links import MountLinks
        from jupyter_gradient_data.volumes.mounts.sources import resolve

        cache, links = VersionCache(self._repository, self.folders), MountLinks(self.folders)
        return resolve(self._repository, cache, links, reference).default_name

    def open_file(self, reference: str, path: str) -> OpenedFile:
        """A file, found once: its facts and its bytes belong together.  Checks no token."""
        return open_file(self._repository, reference, path)

    def close(self) -> None:
        """Stop what runs and release connections."""
        self.tasks.close()
        self.kernel_tokens.close()
        self.view.close()
        self.service.close()


def notebook_folder(config: Config) -> Path:
    """The home of the notebook run, for who needs nothing else."""
    repository = Repository(config)
    try:
        return TeamFolders(repository).notebook()
    finally:
        repository.close()


def open_view(config: Config | None = None) -> View:
    """A view for kernels without a server, started on the settings given or on those of environment and files.

    Where a server shows the same notebook run, kernels see what its kernels see.  Elsewhere they can write the cache,
    and so mount.
    """
    config = config or Config.load()
    repository = Repository(config)
    try:
        folders = TeamFolders(repository)
        view = View(config, folders)
        view.start(without_server=True)
        return view
    finally:
        repository.close()


def open_host(config: Config) -> Host:
    """Open everything on these settings."""
    return Host(config)
