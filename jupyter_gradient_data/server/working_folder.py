"""JupyterLab's working folder, when it is to be the home of the notebook run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_gradient_data.config import Config
from jupyter_gradient_data.errors import GradientDataError
from jupyter_gradient_data.service.host import notebook_folder

if TYPE_CHECKING:
    from jupyter_server.serverapp import ServerApp


def work_in_notebook(server: ServerApp, config: Config) -> None:
    """Make the file browser begin in ``/notebook``, unless the command line names a folder; kernels begin there too.

    The server does not see ``/notebook`` itself, so it is given the folder behind it.
    """
    command_line = server.cli_config.ServerApp
    if "root_dir" in command_line or "notebook_dir" in command_line or server.file_to_run:
        return
    try:
        folder = notebook_folder(config)
    except GradientDataError as error:
        server.log.warning("The file browser does not begin in /notebook: %s", error.message)
        return
    server.root_dir = str(folder)
