"""``gradient cache``: the cache of dataset versions that are, or were, mounted."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .groups import group
from .progress import wait
from .session import Session
from .sizes import format_count, format_size

if TYPE_CHECKING:
    from jupyter_gradient_data.models import CacheReport


@group(
    "cache",
    examples=[
        "gradient cache info",
        "gradient cache trim",
        "gradient cache trim --all",
        "gradient cache verify",
    ],
)
def cache() -> None:
    """Look after the cache of dataset versions, which all notebooks of a team share.

    What is mounted is never removed from it.
    """


@cache.command("info", examples=["gradient cache info"])
@click.pass_obj
def show_info(session: Session) -> None:
    """Show how full the cache is, and what it may take."""
    found = session.service.cache_info()
    session.out.table(
        [
            ("Folder", found.local_path),
            ("Versions", f"{found.versions:,}"),
            ("Mounted", f"{found.mounted:,}"),
            ("Size", format_size(found.bytes)),
            ("Limit", "none" if found.limit_bytes is None else format_size(found.limit_bytes)),
            ("Kept", f"{format_count(found.days, 'day')} after the last use" if found.days else "while there is room"),
        ]
    )
    session.out.document(found)


@cache.command("trim", examples=["gradient cache trim", "gradient cache trim --all"])
@click.option("--all", "everything", is_flag=True, help="Remove all that is not mounted.")
@click.pass_obj
def trim(session: Session, everything: bool) -> None:
    """Remove what is over the limit or was not used for long; it is fetched again when it is mounted."""
    report = wait(session, session.service.trim_cache(everything=everything))
    session.out.done(f"Removed {_removed(report)}.", report)


@cache.command("verify", examples=["gradient cache verify"])
@click.pass_context
def verify(ctx: click.Context) -> None:
    """Read all that is in the cache; what is damaged is removed, and replaced where it is mounted.

    The exit code is 1 when something was damaged.
    """
    session: Session = ctx.obj
    report = wait(session, session.service.verify_cache())
    verdict = "Nothing is damaged."
    if report.damaged:
        verdict = f"{format_count(report.damaged, 'content')} damaged; they are replaced, or fetched when needed."
    session.out.done(verdict, report)
    ctx.exit(1 if report.damaged else 0)


def _removed(report: CacheReport) -> str:
    versions, contents = format_count(report.versions, "version"), format_count(report.blobs, "content")
    return f"{versions} and {contents}; {format_size(report.bytes)} were freed"
