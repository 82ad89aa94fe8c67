"""What a server does first, in the background: volumes for its kernels, then what belongs into them."""

from __future__ import annotations

import logging
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.service.host import Host, View

from .mounts import shown
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
    try:
        await shared.call(_restore, host)
    except GradientDataError as error:
        log.warning("What was mounted is not mounted again: %s %s", error.message, error.hint)


def _restore(host: Host) -> None:
    """Mount what the settings of the workspace list: a task, as if somebody had asked for it, so that all see it."""
    host.tasks.start("restore-mounts", host.notebook, lambda: shown(host, host.service.restore_mounts()))


def _show(view: View, plan: Path | None) -> None:
    try:
        view.start()
    finally:
        if plan is not None:
            view.write_plan(plan)
