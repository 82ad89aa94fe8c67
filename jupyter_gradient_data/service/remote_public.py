"""Public datasets of a server, over HTTP; what methods do is said in `api_public.PublicApi`."""

from __future__ import annotations

from collections.abc import Sequence

from jupyter_gradient_data.errors import ErrorKind
from jupyter_gradient_data.ids import is_text
from jupyter_gradient_data.models import PublicDataset, TaskInfo

from .remote_calls import RemoteCalls
from .remote_http import Repeat, join
from .tasks import Task

_NAMESPACE = "gradient/"


class RemotePublic(RemoteCalls):
    """The part of `RemoteService` that is `PublicApi`."""

    def list_public(self) -> tuple[PublicDataset, ...]:
        return self._ask("GET", "/api/public", tuple[PublicDataset, ...])

    def get_public(self, name: str) -> PublicDataset:
        return self._ask("GET", _public_url(name), PublicDataset)

    def fetch_public(self, name: str, files: Sequence[str] = ()) -> Task[PublicDataset]:
        wanted = list(files)

        def begin() -> TaskInfo:
            for pattern in wanted:
                if not is_text(pattern):
                    raise ErrorKind.PUBLIC_NO_MATCH(name=name, pattern=pattern)
            url = f"{_public_url(name)}/fetch"
            return self._ask("POST", url, TaskInfo, body={"files": wanted}, repeat=Repeat.YES)

        return self._follow(begin, PublicDataset)

    def remove_public(self, name: str) -> None:
        self._connection.tell("DELETE", _public_url(name))

    def verify_public(self, name: str) -> Task[PublicDataset]:
        def begin() -> TaskInfo:
            return self._ask("POST", f"{_public_url(name)}/verify", TaskInfo, repeat=Repeat.YES)

        return self._follow(begin, PublicDataset)


def _public_url(name: str) -> str:
    name = name.removeprefix(_NAMESPACE)
    if not name or not is_text(name):
        raise ErrorKind.PUBLIC_NOT_FOUND(name=name)
    return "/api/public" + join(name)
