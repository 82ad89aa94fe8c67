"""``gradient doctor``: whether everything works here, and what to do where it does not."""

from __future__ import annotations

import click

from jupyter_gradient_data.plain import printable

from .groups import command
from .session import Session

_MARKS = {"good": "✓", "less": "!", "bad": "✗"}


@command(
    "doctor", examples=["gradient doctor", "gradient doctor --json", "gradient --url http://localhost:8888 doctor"]
)
@click.pass_context
def doctor(ctx: click.Context) -> None:
    """Check that everything works here, and say what to do where it does not.

    Looks at the state directory, the database, how kernels see the volumes and what that needs; with --url at the
    server. A line begins with ✓ for good, ! for less than there could be, ✗ for bad; then the exit code is 1.
    """
    from jupyter_gradient_data.service.doctor import examine  # here: help needs none of it

    session: Session = ctx.obj
    checks = []
    for check in examine(session.config):
        checks.append(check)
        session.out.say(f"{_MARKS[check.mark.value]} {check.what}: {printable(check.found)}")
        if check.advice:
            session.out.say(f"    {printable(check.advice)}")
    session.out.document(checks)
    ctx.exit(1 if any(check.mark.value == "bad" for check in checks) else 0)
