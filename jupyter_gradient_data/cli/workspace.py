"""``gradient workspace``: the git repository in the home of the notebook run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .groups import group
from .progress import wait
from .session import Session

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Workspace


@group(
    "workspace",
    examples=[
        "gradient workspace show",
        "gradient workspace update https://github.com/team/notebooks",
        "gradient workspace update",
    ],
)
def workspace() -> None:
    """Show and update the git repository in /notebook.

    What you have changed there is never lost: changes in different places of a file are merged, and where that cannot
    be, yours stays and the repository's version goes beside it.
    """


@workspace.command("show", examples=["gradient workspace show", "gradient workspace show --json"])
@click.pass_obj
def show(session: Session) -> None:
    """Show which repository is there, and how it is."""
    found = session.run_service.get_workspace()
    _tell(session, found)
    session.out.document(found)


@workspace.command(
    "update",
    examples=[
        "gradient workspace update https://github.com/team/notebooks",
        "gradient workspace update --ref v2",
        "GRADIENT_WORKSPACE_PASSWORD=… gradient workspace update",
    ],
)
@click.argument("url", required=False)
@click.option("--ref", help="Branch, tag or commit; by default what is there, or the repository's default branch.")
@click.pass_obj
def update(session: Session, url: str | None, ref: str | None) -> None:
    """Clone a repository into /notebook, or merge what is new in the one that is there.

    User and password come from GRADIENT_WORKSPACE_USERNAME and GRADIENT_WORKSPACE_PASSWORD, and go to the host of
    GRADIENT_WORKSPACE_URL only.
    """
    found = wait(session, session.run_service.update_workspace(url, ref))
    _tell(session, found)
    session.out.document(found)


def _tell(session: Session, found: Workspace) -> None:
    """What a person reads."""
    if found.url is None:
        session.out.say("There is no repository in the workspace.")
        return
    rows = [
        ("Name", "Value"),
        ("Repository", found.url),
        ("Ref", found.ref or "default branch"),
        ("Commit", found.commit or "none yet"),
        ("State", found.state.value),
        ("Home", found.local_path),
        ("Changed", f"{found.modified:%Y-%m-%d %H:%M} UTC" if found.modified else "never"),
    ]
    session.out.table(rows)
    if found.error is not None:
        session.out.say(f"{found.error.message} {found.error.hint}")
    for note in found.notes:
        session.out.say(note)
