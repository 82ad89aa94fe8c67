"""Looking after what is stored: diff, verify, recover, du, gc."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

import click

from .groups import command
from .options import storage_provider_option
from .progress import wait
from .session import Session
from .sizes import format_count, format_size
from .suggest import complete_version
from .tables import printable

if TYPE_CHECKING:
    from jupyter_gradient_data.models import Change, GarbageReport, Problem, Usage

_LETTERS = {"added": "A", "changed": "M", "removed": "D"}  # as git writes them


@command(
    "diff",
    examples=[
        "gradient datasets diff flowers:v1 flowers:latest",
        "gradient datasets diff flowers:klfoyy9 flowers:prod --json",
    ],
)
@click.argument("old", shell_complete=complete_version)
@click.argument("new", shell_complete=complete_version)
@click.pass_obj
def diff(session: Session, old: str, new: str) -> None:
    """Show which files differ between two versions: A added, M changed, D deleted, then a summary."""

    def row(change: Change) -> str:
        counts[change.kind.value] += 1
        return f"{_LETTERS[change.kind.value]}\t{printable(change.path)}"

    counts: Counter[str] = Counter()
    session.out.lines(row, partial(session.service.diff_versions, old, new))
    if counts:
        parts = [f"{counts[kind]:,} {kind}" for kind in _LETTERS if counts[kind]]
        session.out.say(f"{format_count(counts.total(), 'file')}: {', '.join(parts)}")
    else:
        session.out.say("No differences")


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
