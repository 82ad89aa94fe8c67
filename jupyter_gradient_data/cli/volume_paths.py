"""Where a path of a volume is for whoever does not see it."""

from __future__ import annotations

import os

from .session import Session


def say_other_path(session: Session, path: str, local_path: str) -> None:
    """After a path such as ``/inputs/flowers``: the one to use where that is not seen, if it is not seen here.

    Kernels may have to do without the volumes; a shell that is not one of JupyterLab has none.
    """
    if session.out.as_json:
        return
    volume = os.path.dirname(path)
    if all(volume != one.path for one in session.run_service.list_volumes().volumes):
        session.out.say(f"Kernels do not see that path here: use {local_path}")
    elif not session.config.url and not os.path.isdir(volume):
        session.out.say(f"JupyterLab's kernels and terminals see that path; elsewhere use {local_path}")
