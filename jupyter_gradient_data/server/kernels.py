"""Kernels that see the volumes and work on their server: a provisioner that starts them through the view.

Jupyter's own provisioner does all else.  Whatever goes wrong here, the kernel starts, and the log says what it lacks.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import functools
import os
import shutil
import sys
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any, cast

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from jupyter_gradient_data.config import SERVER, STATE_SECRETS, Config, hidden_variables
from jupyter_gradient_data.errors import GradientDataError

from .address import environment_of

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from jupyter_gradient_data.service.host import View

    from .shared import Shared

NAME = "gradient"
"""Under which Jupyter knows the provisioner."""

_GROUP = "jupyter_client.kernel_provisioners"
_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
_JUPYTER_TOKEN = "JUPYTER_TOKEN"  # noqa: S105  - of the server, for whoever may do everything there
_PATIENCE = 20  # seconds that a kernel waits for a server that is still starting
_EXTENSION = "--InteractiveShellApp.extra_extensions=jupyter_gradient_data"
_IPYTHON = (["ipykernel_launcher"], ["ipykernel"])


class GradientProvisioner(LocalProvisioner):
    """Starts kernels on this machine, in view of the volumes, each with a token of its own for their server.

    Without a server of ours, as in ``nbconvert``, it starts a view on the settings of environment and files; kernels
    work on the embedded state.
    """

    _token: str | None = None  # the id of the running kernel's

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the command and the environment."""
        kwargs = await super().pre_launch(**kwargs)
        environment = kwargs["env"]
        for name in hidden_variables(environment):
            del environment[name]
        server, shared = self._server()
        if await self._has_magics(shared, environment):
            kwargs["cmd"] = with_extension(kwargs["cmd"])
        try:
            view = await asyncio.wait_for(_view(shared), _PATIENCE)
            # A program that is not there is Jupyter's to report: the launcher would only say so in the log.
            if shutil.which(kwargs["cmd"][0], path=environment.get("PATH")):
                kwargs["cmd"] = view.wrap(kwargs["cmd"])
                environment.update(view.environment())
        except Exception as error:
            self.log.warning("The kernel starts without the volumes of gradient: %s", _reason(error))
        if server is not None and shared is not None:
            await self._connect(server, shared, environment)
        return kwargs

    async def launch_kernel(self, cmd: list[str], **kwargs: Any) -> Any:
        """Start it; one that cannot be started needs no token."""
        try:
            return await super().launch_kernel(cmd, **kwargs)
        except BaseException:
            await self._revoke()
            raise

    async def cleanup(self, restart: bool = False) -> None:
        """Tidy up after a kernel that has ended, also to be started again: then it gets another token."""
        await super().cleanup(restart=restart)
        await self._revoke()

    async def _connect(self, server: ServerApp, shared: Shared, environment: dict[str, str]) -> None:
        """Give a kernel what it needs to work on this server, and take what it then does not need.

        Who has named a server for it, or a token, is not overruled.
        """
        environment.pop(_JUPYTER_TOKEN, None)
        try:
            if not environment.get("GRADIENT_URL"):
                named = await shared.call(environment_of, server)
                if not environment.get("GRADIENT_TOKEN"):
                    named["GRADIENT_TOKEN"] = await self._new_token(shared)
                environment.update(named)
        except Exception as error:
            self.log.warning("The kernel works on the embedded state, not on this server: %s", _reason(error))
            return
        for name in (*STATE_SECRETS, SERVER):
            environment.pop(name, None)

    async def _new_token(self, shared: Shared) -> str:
        await self._revoke()
        host = await asyncio.wait_for(shared.open(), _PATIENCE)
        made = await shared.call(host.kernel_tokens.create)
        self._token = made.token.id
        return made.secret

    async def _revoke(self) -> None:
        token, self._token = self._token, None
        _, shared = self._server()
        if token is not None and shared is not None and shared.host is not None:
            with contextlib.suppress(Exception):  # a server that stops has revoked them all, or else they expire
                await shared.call(shared.host.kernel_tokens.revoke, token)

    async def _has_magics(self, shared: Shared | None, environment: dict[str, str]) -> bool:
        try:
            loop = asyncio.get_running_loop()
            config = shared.config if shared is not None else await loop.run_in_executor(None, Config.load)
        except GradientDataError:  # what the view says, too
            return False
        return bool(config.magics) and environment.get("GRADIENT_MAGICS") != "0"

    def _server(self) -> tuple[ServerApp, Shared] | tuple[None, None]:
        """The server that this kernel belongs to, and what we have of it; None when there is none."""
        from .base import SETTING  # here: nbconvert has no server, and need not import one

        above = self.parent
        while above is not None:
            if (application := getattr(above, "web_app", None)) is not None:
                shared: Shared | None = application.settings.get(SETTING)
                return (cast("ServerApp", above), shared) if shared is not None else (None, None)
            above = getattr(above, "parent", None)
        return None, None


def with_extension(command: list[str]) -> list[str]:
    """The command of a kernel with ``%dataset`` in it, if it is one of IPython in this environment.

    What the user's own configuration loads as ``c.InteractiveShellApp.extensions`` is loaded as well.
    """
    program, *arguments = command
    # Where it lies tells environments apart; what it is in the end tells Pythons of one folder apart.
    places = [(os.path.realpath(os.path.dirname(path)), os.path.realpath(path)) for path in (program, sys.executable)]
    is_ours = places[0] == places[1]
    module = arguments[arguments.index("-m") + 1 :][:1] if "-m" in arguments else []
    return [*command, _EXTENSION] if is_ours and module in _IPYTHON else command


async def _view(shared: Shared | None) -> View:
    loop = asyncio.get_running_loop()
    if shared is None:
        return await loop.run_in_executor(None, _own_view)
    view = (await shared.open()).view
    await loop.run_in_executor(None, view.start)
    return view


def _reason(error: Exception) -> str:
    return str(error) or type(error).__name__


def make_default(server: ServerApp) -> str:
    """Make all kernels see the volumes, unless somebody has chosen how they start.

    Kernel specifications that name a provisioner go on with theirs.

    Returns
    -------
    str
        Why it was not done; empty when it was.
    """
    section = server.config.KernelProvisionerFactory
    if "default_provisioner_name" in section:
        return f"kernels are started by {section.default_provisioner_name}, as the configuration says"
    if chosen := os.environ.get(_VARIABLE):
        return "" if chosen == NAME else f"kernels are started by {chosen}, as {_VARIABLE} says"
    if not entry_points(group=_GROUP, name=NAME):  # Jupyter would start no kernel at all
        return "the package was not installed so that Jupyter can find its provisioner; install it again"
    section.default_provisioner_name = NAME
    return ""


@functools.cache
def _own_view() -> View:
    from jupyter_gradient_data.service.host import open_view

    view = open_view()
    atexit.register(view.close)
    return view
