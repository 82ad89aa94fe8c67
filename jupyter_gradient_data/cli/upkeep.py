"""Looking after what is stored: diff, verify, recover, du, gc."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import click

from jupyter_gradient_data.plain import printable

from .groups import command
from .options import storage_provider_option
from .progress import wait
from .session import Session
from .sizes import format_count, format_size
from .suggest import complete_version

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Change, ChangeSummary, GarbageReport, Problem, Usage

_LETTERS = {"added": "A", "changed": "M", "removed": "D"}  # as git writes them


@command(
    "diff",
    examples=[
        "gradient datasets diff flowers:v1 flowers:latest",
        "gradient datasets diff flowers:klfoyy9 flowers:prod --summary",
    ],
)
@click.argument("old", shell_complete=complete_version)
@click.argument("new", shell_complete=complete_version)
@click.option("--summary", is_flag=True, help="Only count files and bytes.")
@click.pass_obj
def diff(session: Session, old: str, new: str, summary: bool) -> None:
    """Show which files differ between two versions: A added, M changed, D deleted, then a summary."""
    if summary:
        found = session.service.summarize_changes(new, old)
        counts = {"added": found.added, "changed": found.changed, "removed": found.removed}
        session.out.done(_counted(counts, f"; {_bytes(found)}"), found)
        return

    def row(change: Change) -> str:
        seen[change.kind.value] += 1
        return f"{_LETTERS[change.kind.value]}\t{printable(change.path)}"

    seen: Counter[str] = Counter()
    session.out.lines(row, partial(session.service.diff_versions, old, new))
    session.out.say(_counted(seen))


def _counted(counts: Mapping[str, int], more: str = "") -> str:
    """``3 files: 1 added, 2 changed`` and ``more``."""
    parts = [f"{counts[kind]:,} {kind}" for kind in _LETTERS if counts.get(kind)]
    return f"{format_count(sum(counts.values()), 'file')}: {', '.join(parts)}{more}" if parts else "No differences"


def _bytes(summary: ChangeSummary) -> str:
    return f"{format_size(summary.bytes_added)} added, {format_size(summary.bytes_removed)} removed"


@command(
    "verify",
    examples=[
        "gradient datasets verify",
        "gradient datasets verify flowers:latest --read-data",
    ],
)
@click.argument("reference", required=False, shell_complete=complete_version)
@click.option("--read-data", is_flag=True, help="Also read every byte and compare it with its hash.")
@click.pass_context
def verify(ctx: click.Context, reference: str | None, read_data: bool) -> None:
    """Check that committed versions are whole: of one dataset or version, or all.

    The exit code is 1 when something is wrong.
    """
    session: Session = ctx.obj
    report = wait(session, session.service.verify(reference, read_data=read_data))
    _show_problems(session, report.problems)
    session.out.done(
        f"Verified {format_count(report.datasets, 'dataset')}, {format_count(report.versions, 'version')}, "
        f"{format_count(report.files, 'file')} in {format_count(report.blobs, 'blob')}"
        f"{f', {format_size(report.bytes_read)} read' if read_data else ''}: {_verdict(report.problems)}.",
        report,
    )
    ctx.exit(0 if report.ok else 1)


@command(
    "recover",
    examples=[
        "gradient --state-dir ./new datasets recover --storageProviderId lab",
        "gradient datasets recover",
    ],
)
@storage_provider_option("without it, Gradient Managed")
@click.pass_context
def recover(ctx: click.Context, provider: str | None) -> None:
    """Rebuild the metadata database from what a storage provider holds.

    Every committed version, tag, name and description comes back.
    """
    session: Session = ctx.obj
    report = wait(session, session.service.recover(provider))
    _show_problems(session, report.problems)
    session.out.done(
        f"Recovered {format_count(report.datasets, 'dataset')}, {format_count(report.versions, 'version')}, "
        f"{format_count(report.tags, 'tag')} and {format_count(report.blobs, 'blob')} "
        f"from {report.provider}: {_verdict(report.problems)}.",
        report,
    )
    ctx.exit(1 if report.problems else 0)


@command("du", examples=["gradient du", "gradient du --storageProviderId lab"])
@storage_provider_option("without it, all")
@click.pass_obj
def du(session: Session, provider: str | None) -> None:
    """Show what is stored, per storage provider and dataset, and what deleting a dataset would free."""
    usages = session.service.usage(provider)
    session.out.table([("Storage Provider", "Stored", "Files' Size", "Quota"), *map(_usage_row, usages)])
    rows = [
        (
            dataset.name,
            dataset.dataset,
            f"{dataset.versions:,}",
            f"{dataset.files:,}",
            format_size(dataset.logical_bytes),
            format_size(dataset.exclusive_bytes),
        )
        for usage in usages
        for dataset in usage.datasets
    ]
    if rows:
        session.out.say("")
        session.out.table([("Dataset", "ID", "Versions", "Files", "Files' Size", "Deleting Frees"), *rows])
    session.out.document(usages)


@command("gc", examples=["gradient gc --dry-run"])
@click.option("--dry-run", is_flag=True, help="Only say what could be deleted; needed in this release.")
@storage_provider_option("without it, all")
@click.pass_context
def gc(ctx: click.Context, dry_run: bool, provider: str | None) -> None:
    """Find what no version uses any more."""
    session: Session = ctx.obj
    if not dry_run:
        raise click.UsageError("This release deletes nothing yet; `gradient gc --dry-run` shows what it would.", ctx)
    report = wait(session, session.service.collect_garbage(provider))
    session.out.done(_garbage_sentence(report), report)


def _usage_row(usage: Usage) -> tuple[str, ...]:
    quota = format_size(usage.quota_bytes) if usage.quota_bytes else "none"
    name = f"{usage.provider_name} ({usage.provider})"
    return name, format_size(usage.stored_bytes), format_size(usage.logical_bytes), quota


def _garbage_sentence(report: GarbageReport) -> str:
    sentence = (
        f"{format_count(report.packs, 'pack')} and {format_count(report.objects, 'large blob')} "
        f"({format_size(report.bytes)}) are not used any more."
    )
    if report.partial_packs:
        sentence += (
            f" {format_count(report.partial_packs, 'pack')} more are used only in part; "
            f"rewriting them would free {format_size(report.partial_bytes)}."
        )
    return f"{sentence} Nothing was deleted."


def _show_problems(session: Session, problems: tuple[Problem, ...]) -> None:
    if problems:
        rows = [(problem.thing, problem.what, "yes" if problem.fatal else "no") for problem in problems]
        session.out.table([("Where", "Problem", "Data Lost"), *rows])


def _verdict(problems: tuple[Problem, ...]) -> str:
    return format_count(len(problems), "problem") if problems else "no problems"
