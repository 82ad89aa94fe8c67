"""``%dataset lock``, ``restore`` and ``verify``: exactly which data this notebook used, brought back, proved."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.client.references import quoted
from jupyter_gradient_data.errors import ErrorKind

from .answers import Answer, Done
from .groups import verb
from .session import Session
from .views import View

if TYPE_CHECKING:
    from jupyter_gradient_data.client.show.tables import Table
    from jupyter_gradient_data.models import LockCheck, LockEntry

_NOTHING = (
    "This notebook has used no data yet. What is opened, read or mounted is noted here, with its exact version: "
    "%dataset mount NAME, %dataset cat NAME/FILE, or jgd.open in Python."
)
_STATES = {
    "ready": "ready",
    "unmounted": "here, not mounted",
    "absent": "not here",
    "different": "other content",
}


@verb("lock", examples=["%dataset lock", "entries = %dataset lock"])
@click.pass_obj
def lock(session: Session) -> Answer:
    """Show exactly which data this notebook used: each reference, the version it means here, and whether that is there.

    It is kept in the notebook itself when that is saved. `latest` and tags stay at these versions until
    `%dataset update` lets them move on. The value is a list of `LockCheck`.
    """
    checks = session.service.check_lock(_entries())
    return Answer(checks, View(_table(checks, _advice(checks))))


@verb("restore", examples=["%dataset restore"])
@click.pass_obj
def restore(session: Session) -> Answer:
    """Bring back exactly the data that this notebook used, on this machine too, and mount it where it was mounted.

    What is mounted there in another version is replaced. The value is a list of `LockCheck`.
    """
    from jupyter_gradient_data.client.progress import follow
    from jupyter_gradient_data.plain import format_count

    entries = _entries()
    if not entries:
        session.say(_NOTHING)
        return Done(())
    checks = follow(session.service.restore_lock(entries), "Restoring what the notebook used")
    failed = [check for check in checks if check.error]
    if failed:
        _show(_table(checks, ""))
        reasons = "\n".join(
            f"{one.entry.reference}: {one.error.message} {one.error.hint}" for one in failed if one.error
        )
        raise ErrorKind.LOCK_NOT_RESTORED(count=format_count(len(failed), "reference"), hint=reasons)
    session.say(f"Restored {format_count(len(checks), 'reference')}: exactly the data that this notebook used.")
    return Done(checks)


@verb("verify", examples=["%dataset verify", "report = %dataset verify"])
@click.pass_obj
def verify(session: Session) -> Answer:
    """Prove that the data is what this notebook used: every byte is read and compared with the lock.

    The cell fails when something is wrong, and says which file. The value is a `LockReport`.
    """
    from jupyter_gradient_data.client.progress import follow
    from jupyter_gradient_data.plain import format_count, format_size

    entries = _entries()
    if not entries:
        session.say(_NOTHING)
        return Done(None)
    report = follow(session.service.verify_lock(entries), "Verifying what the notebook used")
    if not report.ok:
        named = "\n".join(f"{problem.thing}: {problem.what}" for problem in report.problems)
        raise ErrorKind.LOCK_NOT_PROVED(count=format_count(len(report.problems), "problem"), hint=named)
    session.say(
        f"Verified {format_count(report.entries, 'reference')}, {format_count(report.files, 'file')}, "
        f"{format_size(report.bytes_read)} read: exactly the data that this notebook used."
    )
    return Done(report)


def _entries() -> tuple[LockEntry, ...]:
    from jupyter_gradient_data.client.memory.memory import MEMORY

    return MEMORY.entries


def _table(checks: Sequence[LockCheck], note: str) -> Table:
    from jupyter_gradient_data.client.show.tables import Column, Table
    from jupyter_gradient_data.plain import format_size

    rows = [
        (
            check.entry.reference,
            check.entry.version,
            _STATES[check.state.value],
            check.newer or "",
            check.entry.path or "",
            f"{check.entry.files:,}",
            format_size(check.entry.bytes),
            check.entry.root[:12],
        )
        for check in checks
    ]
    columns = [("reference", Column.CODE), ("version", Column.CODE), ("state", Column.TEXT), ("newer", Column.CODE)]
    columns += [("mounted at", Column.CODE), ("files", Column.NUMBER), ("size", Column.NUMBER), ("root", Column.CODE)]
    return Table(columns, rows, "Data that this notebook used" if rows else "", empty=_NOTHING, note=note)


def _advice(checks: Sequence[LockCheck]) -> str:
    lines = []
    if any(check.state.value != "ready" for check in checks):
        lines.append("To bring back what is not ready: %dataset restore")
    newer = [check.entry for check in checks if check.newer]
    if newer:
        lines.append(f"To move on to what is newer: %dataset update {quoted(newer[0].reference)}")
    return "\n".join(lines)


def _show(table: Table) -> None:
    from IPython.display import display

    display(View(table))  # type: ignore[no-untyped-call]
