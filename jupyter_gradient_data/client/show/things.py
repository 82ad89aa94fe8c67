"""The values of `models` as tables and cards."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jupyter_gradient_data.models import (
    Change,
    ChangeSummary,
    Dataset,
    FileInfo,
    Mount,
    Output,
    Version,
)
from jupyter_gradient_data.plain import format_count, format_size

from .tables import Card, Column, Table

TEXT, CODE, NUMBER = Column.TEXT, Column.CODE, Column.NUMBER


def format_time(time: datetime | None) -> str:
    """A time for people, in the time zone of this machine: ``2026-11-26 14:05``; empty for None."""
    return "" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M")


def datasets_table(items: Sequence[Dataset], more: int = 0) -> Table:
    """Datasets, one a row."""
    rows = [
        (one.name, one.latest or "", ", ".join(one.tags), _count(one.files), _size(one.bytes), one.description)
        for one in items
    ]
    columns = [("name", TEXT), ("latest", CODE), ("tags", TEXT), ("files", NUMBER), ("size", NUMBER)]
    return Table([*columns, ("description", TEXT)], rows, more=more, empty="There is no dataset yet.")


def dataset_card(info: Dataset) -> Card:
    """One dataset."""
    latest = "nothing is committed yet"
    if info.latest is not None:
        latest = f"{info.latest}, {_content(info.files, info.bytes)}"
    facts = [
        ("id", info.id),
        ("description", info.description),
        ("latest", latest),
        ("tags of it", ", ".join(info.tags)),
        ("uncommitted", format_count(info.uncommitted, "version") if info.uncommitted else ""),
        ("storage provider", info.provider.name),
        ("changed", format_time(info.modified)),
    ]
    return Card(f"Dataset {info.name}", facts)


def versions_table(items: Sequence[Version], title: str = "", more: int = 0) -> Table:
    """Versions, one a row."""
    rows = [
        (
            one.version,
            ", ".join(one.tags) if one.is_committed else one.state.value,
            one.message,
            _count(one.files),
            _size(one.bytes),
            one.author,
            format_time(one.committed or one.modified),
        )
        for one in items
    ]
    columns = [("version", CODE), ("tags", TEXT), ("message", TEXT), ("files", NUMBER), ("size", NUMBER)]
    columns += [("author", TEXT), ("time", TEXT)]
    return Table(columns, rows, title, more=more, empty="There is no version yet.")


def version_card(info: Version, name: str) -> Card:
    """One version of the dataset of this name."""
    facts = [
        ("state", "" if info.is_committed else info.state.value),
        ("tags", ", ".join(info.tags)),
        ("message", info.message),
        ("content", _content(info.files, info.bytes)),
        ("root", info.root or ""),
        ("began as", (info.parent or "").replace(f"{info.dataset}:", f"{name}:")),
        ("author", info.author),
        ("committed", format_time(info.committed)),
        ("changed", "" if info.is_committed else format_time(info.modified)),
    ]
    return Card(f"Version {name}:{info.version}", facts)


def files_table(items: Sequence[FileInfo], title: str = "", more: int = 0, *, is_cut: bool = False) -> Table:
    """Files and folders, one a row."""
    rows = [(one.path, "" if one.is_folder else format_size(one.size), one.hash[:12]) for one in items]
    columns = [("path", CODE), ("size", NUMBER), ("hash", CODE)]
    return Table(columns, rows, title, more=more, is_cut=is_cut, empty="No files.")


def changes_table(items: Sequence[Change], summary: ChangeSummary, title: str = "", more: int = 0) -> Table:
    """What differs between two versions, one file a row."""
    rows = [(one.kind.value, one.path, _size(one.old_size), _size(one.new_size)) for one in items]
    columns = [("", TEXT), ("path", CODE), ("old size", NUMBER), ("new size", NUMBER)]
    note = summary_sentence(summary) if rows else ""
    return Table(columns, rows, title, more, empty="Both have the same files.", note=note)


def summary_sentence(summary: ChangeSummary) -> str:
    """``1 added, 2 changed, 0 removed (+3.0 KiB, -1.0 KiB)``."""
    return (
        f"{summary.added:,} added, {summary.changed:,} changed, {summary.removed:,} removed "
        f"(+{format_size(summary.bytes_added)}, -{format_size(summary.bytes_removed)})"
    )


def mounts_table(items: Sequence[Mount]) -> Table:
    """Mounts, one a row."""
    rows = [
        (one.path, one.dataset_name or "", one.version or "", _count(one.files), _size(one.bytes), _state(one))
        for one in items
    ]
    columns = [("path", CODE), ("dataset", TEXT), ("version", CODE), ("files", NUMBER), ("size", NUMBER)]
    return Table([*columns, ("state", TEXT)], rows, empty="Nothing is mounted.")


def mount_card(info: Mount) -> Card:
    """One mount."""
    facts = [
        ("reference", info.reference),
        ("version", info.version or ""),
        ("content", _content(info.files, info.bytes)),
        ("state", _state(info)),
        ("on this machine", info.local_path),
    ]
    return Card(f"Mount {info.path}", facts)


def outputs_table(items: Sequence[Output]) -> Table:
    """Outputs, one a row."""
    rows = [(one.path, one.dataset_name, one.version or "", format_time(one.modified)) for one in items]
    columns = [("path", CODE), ("dataset", TEXT), ("last version", CODE), ("changed", TEXT)]
    return Table(columns, rows, empty="There is no output yet.")


def output_card(info: Output) -> Card:
    """One output."""
    facts = [
        ("dataset", info.dataset_name),
        ("last version", info.version or "none yet"),
        ("on this machine", info.local_path),
    ]
    return Card(f"Output {info.path}", facts)


def _state(mount: Mount) -> str:
    parts = [mount.state.value]
    if mount.error is not None:
        parts = [f"{mount.state.value}: {mount.error.message}"]
    if mount.is_writable:
        parts.append("writable")
    if mount.newer is not None:
        parts.append(f"{mount.newer} is newer")
    return ", ".join(parts)


def _content(files: int | None, size: int | None) -> str:
    return "" if files is None or size is None else f"{format_count(files, 'file')}, {format_size(size)}"


def _count(value: int | None) -> str:
    return "" if value is None else f"{value:,}"


def _size(value: int | None) -> str:
    return "" if value is None else format_size(value)
