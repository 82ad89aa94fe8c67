"""What this server is and can do, and who asks."""

from __future__ import annotations

import msgspec

from jupyter_gradient_data import __version__
from jupyter_gradient_data.models import Access, ViewMode
from jupyter_gradient_data.service.host import View

from . import tus
from .base import Handler
from .operations import operation

CAPABILITIES = (
    "archive",
    "content-ranges",
    "idempotency-keys",
    "if-match",
    "search",
    "tasks",
    "tokens",
    "trash",
    "tus",
    "volumes",
)


class Asker(msgspec.Struct):
    """Who asks: a user of the server, or the job that has one of our API tokens."""

    name: str
    access: Access
    datasets: tuple[str, ...]
    """Ids of the datasets that it is limited to; empty means all."""


class Shown(msgspec.Struct):
    """How kernels and terminals of this server see the volumes, and why that way."""

    mode: ViewMode | None
    """None while the server is still finding out."""
    reason: str


class Bounds(msgspec.Struct):
    """What is accepted at most."""

    page_rows: int = 1000
    file_rows: int = 10_000
    wait_seconds: int = 30
    upload_bytes: int = tus.MAX_SIZE


class ServerInfo(msgspec.Struct):
    """A server: its release, the number of this API, the team it serves."""

    version: str
    api: int
    team: str
    user: Asker
    limits: Bounds
    trash_days: int
    """For how long deleted datasets and versions can be restored."""
    capabilities: tuple[str, ...]
    notebook: str
    """The notebook run: its home is ``/notebook``."""
    view: Shown


class InfoHandler(Handler):
    """The server."""

    @operation(resource="datasets", answer=ServerInfo)
    async def get(self) -> ServerInfo:
        """Show what this server is and can do, and as whom it knows you."""
        token = self.api_token
        if token is None:
            user = Asker(self.current_user.username, Access.ADMIN, ())
        else:
            user = Asker(token.name, token.access, token.datasets)
        days = self.shared.config.trash_days
        notebook, view = self.shared.config.notebook_name, _shown(self.host.view)
        return ServerInfo(__version__, 1, self.host.team, user, Bounds(), days, CAPABILITIES, notebook, view)


def _shown(view: View) -> Shown:
    way = view.way_now
    return Shown(None, "") if way is None else Shown(way.mode, f"{way.reason}.")


ROUTES = [("/api/info", InfoHandler)]
