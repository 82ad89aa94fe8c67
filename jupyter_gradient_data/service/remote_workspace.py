"""The workspace of a server's notebook run, over HTTP; what methods do is said in `api_volumes.VolumesApi`."""

from __future__ import annotations

from jupyter_gradient_data.models import TaskInfo, Workspace
from jupyter_gradient_data.volumes.workspace.git_url import check_ref, parse_url

from .remote_calls import RemoteCalls
from .remote_http import Repeat
from .tasks import Task


class RemoteWorkspace(RemoteCalls):
    """The repository in the home of the server's notebook run."""

    def get_workspace(self) -> Workspace:
        return self._ask("GET", "/api/workspace", Workspace)

    def update_workspace(self, url: str | None = None, ref: str | None = None) -> Task[Workspace]:
        # Checked here as well: what has a password in it does not go over the network.
        body = {"url": parse_url(url).text if url else None, "ref": check_ref(ref) if ref is not None else None}

        def begin() -> TaskInfo:
            return self._ask("POST", "/api/workspace", TaskInfo, body=body, repeat=Repeat.YES)

        return self._follow(begin, Workspace)
