"""The workspace: the repository in the home of this server's notebook run."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import msgspec

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import TaskInfo, Workspace
from jupyter_gradient_data.service.tasks import Followed

from .base import Handler
from .mounts import restore
from .operations import operation
from .tasks import LOCATION, answer_started

if TYPE_CHECKING:
    from jupyter_gradient_data.service.api import DataService
    from jupyter_gradient_data.service.host import Host


class WantedRepository(msgspec.Struct, forbid_unknown_fields=True):
    """What to clone or merge; by default the repository that is there, or that the server's settings name."""

    url: Annotated[str | None, msgspec.Meta(description="Its URL, without a password.")] = None
    ref: Annotated[str | None, msgspec.Meta(description="Branch, tag or commit.")] = None


class WorkspaceHandler(Handler):
    """The workspace."""

    @operation(resource="workspace", answer=Workspace)
    async def get(self) -> Workspace:
        """Show the repository in `/notebook`, and how it is."""
        return await self.call(self.service.get_workspace)

    @operation(
        resource="workspace", body=WantedRepository | None, answer=TaskInfo, status=202, response_headers=LOCATION
    )
    async def post(self, body: WantedRepository | None) -> TaskInfo:
        """Begin to clone a repository into `/notebook`, or to merge what is new in it; then mount what it lists.

        Nothing of the user's is lost: the task's result says what was left as it was.
        """
        wanted = body or WantedRepository()
        return answer_started(self, await self.call(_begin, self.host, self.service, wanted.url, wanted.ref))


def _begin(host: Host, service: DataService, url: str | None, ref: str | None) -> TaskInfo:
    def mount() -> None:
        with contextlib.suppress(GradientDataError):  # too many tasks; the mounts can be restored by hand
            restore(host, service)

    return host.tasks.start("workspace", host.notebook, lambda: Followed(service.update_workspace(url, ref), mount))


ROUTES = [("/api/workspace", WorkspaceHandler)]
