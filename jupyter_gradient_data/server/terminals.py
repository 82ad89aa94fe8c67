"""Terminals that see the volumes: their shell starts through the view, once there is one."""

from __future__ import annotations

import json
import os
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from jupyter_gradient_data.config import hidden_variables
from jupyter_gradient_data.service.host import ask_launcher

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def wrap_shell(server: ServerApp) -> Path | None:
    """Start the shells of terminals through the view, unless somebody has chosen a command for them.

    Terminals have one command as long as the server runs, and it is needed before there is a view: it asks a file.

    Returns
    -------
    Path or None
        Where `View.write_plan` has to tell how; None when terminals are left alone.
    """
    settings = server.terminado_settings
    if os.name == "nt" or settings.get("shell_command") is not None:
        return None
    folder = Path(server.runtime_dir)
    plan = folder / f"gradient-view-{os.getpid()}.json"
    plan.unlink(missing_ok=True)  # of a server that had our number once
    shell = [os.environ.get("SHELL") or shutil.which("sh") or "/bin/sh"]
    if not sys.stdout.isatty():  # as Jupyter does it: whoever started the server may not have set up everything
        shell.append("-l")
    server.terminado_settings = {**settings, "shell_command": [*ask_launcher(plan), *shell]}
    return plan


def tell_plain(plan: Path) -> None:
    """Let terminals start as they are, for now: there is no view yet, and nobody knows when there is one."""
    hidden = hidden_variables(os.environ)
    plan.write_text(json.dumps({"how": [], "environment": {}, "hidden": hidden}), encoding="utf-8")
