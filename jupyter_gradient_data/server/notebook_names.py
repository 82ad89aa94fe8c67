"""What the notebook of a kernel is called now: Jupyter tells a kernel at its first start, and that again ever after."""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from tornado.web import HTTPError

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp

_SESSION = "JPY_SESSION_NAME"


async def tell_notebook(server: ServerApp, kernel: str, environment: dict[str, str]) -> None:
    """Name the notebook to a kernel that starts again: it may have another name by now, and has its lock there."""
    if _SESSION not in environment:
        return
    try:
        session = await server.session_manager.get_session(kernel_id=kernel)
    except HTTPError:  # its first start: there is no session yet
        return
    path = session["path"]
    told = server.session_manager.get_kernel_env(path, posixpath.basename(path))
    environment[_SESSION] = told[_SESSION]
