"""What a server does first, in the background: volumes for its kernels, then what belongs into them."""

from __future__ import annotations

import logging
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.service.host import Host, View

from .shared import Shared


async def start_up(shared: Shared, host: Host, log: logging.Logger, plan: Path | None) -> None:
    """All of it, once the host is open; a step that fails is in the log and does not stop the others.

    Parameters
    ----------
    shared : Shared
        Whose threads it uses.
    host : Host
        Of this server.
    log : Logger
        The server's.
    plan : Path, optional
        Where to tell terminals how they start.
    """
    try:
        await shared.call(_show, host.view, plan)
    except (GradientDataError, OSError) as error:
        log.warning("Kernels and terminals start without the volumes: %s", error)
        return
    log.info("Kernels see the volumes by %s: %s.", host.view.mode.value, host.view.reason)
    # The workspace is updated here, and after it the mounts are restored that its settings list.


def _show(view: View, plan: Path | None) -> None:
    try:
        view.start()
    finally:
        if plan is not None:
            view.write_plan(plan)
