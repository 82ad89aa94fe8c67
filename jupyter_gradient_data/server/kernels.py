"""Kernels that see the volumes: a provisioner that starts them through the view.

Jupyter's own provisioner does all else.  Whatever goes wrong here, the kernel starts, and the log says what it lacks.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import os
import shutil
from importlib.metadata import entry_points
from typing import TYPE_CHECKING, Any

from jupyter_client.provisioning.local_provisioner import LocalProvisioner

from jupyter_gradient_data.config import hidden_variables

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

    from jupyter_gradient_data.service.host import View

    from .shared import Shared

NAME = "gradient"
"""Under which Jupyter knows the provisioner."""

_GROUP = "jupyter_client.kernel_provisioners"
_VARIABLE = "JUPYTER_DEFAULT_PROVISIONER_NAME"
_PATIENCE = 20  # seconds that a kernel waits for a server that is still starting


class GradientProvisioner(LocalProvisioner):
    """Starts kernels on this machine, in view of the volumes.

    Without a server of ours, as in ``nbconvert``, it starts a view on the settings of environment and files.
    """

    async def pre_launch(self, **kwargs: Any) -> dict[str, Any]:
        """Prepare the command and the environment."""
        kwargs = await super().pre_launch(**kwargs)
        environment = kwargs["env"]
        for name in hidden_variables(environment):
            del environment[name]
        try:
            view = await asyncio.wait_for(self._view(), _PATIENCE)
            # A program that is not there is Jupyter's to report: the launcher would only say so in the log.
            if shutil.which(kwargs["cmd"][0], path=environment.get("PATH")):
                kwargs["cmd"] = view.wrap(kwargs["cmd"])
                environment.update(view.environment())
        except Exception as error:
            reason = str(error) or type(error).__name__
            self.log.warning("The kernel starts without the volumes of gradient: %s", reason)
        return kwargs

    async def _view(self) -> View:
        shared = self._shared()
        loop = asyncio.get_running_loop()
        if shared is None:
            return await loop.run_in_executor(None, _own_view)
        view = (await shared.open()).view
        await loop.run_in_executor(None, view.start)
        return view

    def _shared(self) -> Shared | None:
        """What the server has that this kernel belongs to; None when there is none."""
        from .base import SETTING  # here: nbconvert has no server, and need not import one

        above = self.parent
        while above is not None:
            if (application := getattr(above, "web_app", None)) is not None:
                found: Shared | None = application.settings.get(SETTING)
                return found
            above = getattr(above, "parent", None)
        return None


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
