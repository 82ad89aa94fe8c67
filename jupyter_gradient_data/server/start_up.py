"""What a server does first, in the background: volumes for its kernels, then what belongs into them."""

from __future__ import annotations

import asyncio
import logging
from functools import partial
from pathlib import Path

from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.models import TaskState
from jupyter_gradient_data.service.host import Host, View

from .mounts import restore
from .shared import Shared

_LOOK_EVERY = 0.2  # seconds between two looks at a task that is waited for


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
    else:
        log.info("Kernels see the volumes by %s: %s.", host.view.mode.value, host.view.reason)
    try:
        if count := await shared.call(host.kernel_tokens.revoke_leftovers):
            log.info("Revoked %d API tokens of kernels whose server was killed.", count)
    except GradientDataError as error:
        log.warning("API tokens of kernels that have ended are not revoked: %s", error)
    try:
        await _update_workspace(shared, host, log)
        await shared.call(restore, host, host.service)
    except GradientDataError as error:
        log.warning("What the workspace lists is not mounted: %s", error)


async def _update_workspace(shared: Shared, host: Host, log: logging.Logger) -> None:
    """Clone or merge the repository that the settings name, and wait for it: its own settings say what to mount."""
    url, ref = shared.config.workspace_url, shared.config.workspace_ref
    if not url:
        return
    try:
        begin = partial(host.service.update_workspace, url, ref)
        task = await shared.call(host.tasks.start, "workspace", host.notebook, begin)
        while task.state is TaskState.RUNNING:
            await asyncio.sleep(_LOOK_EVERY)
            task = await shared.call(host.tasks.get, task.id)
    except GradientDataError as error:  # what can be no repository
        log.warning("The workspace is not updated: %s %s", error, error.hint)
    else:
        if task.error is not None:
            log.warning("The workspace is not updated: %s %s", task.error.message, task.error.hint)


def _show(view: View, plan: Path | None) -> None:
    try:
        view.start()
    finally:
        if plan is not None:
            view.write_plan(plan)
