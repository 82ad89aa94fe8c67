"""Measurements on disk: one JSON line per run of a tool, so that an interrupted benchmark continues."""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from typing import Any

from places import RESULTS


@dataclass(frozen=True)
class Key:
    """Which measurement: the section, ``loopback`` or ``latency``, the tool, and the number of the run."""

    section: str
    network: str
    tool: str
    run: int


@dataclass(frozen=True)
class Record:
    """One run of one tool: the usage of its steps, and why it failed or was left out."""

    key: Key
    at: str
    steps: dict[str, dict[str, Any]] = field(default_factory=dict)
    error: str | None = None
    skipped: str | None = None

    @property
    def usable(self) -> bool:
        """Whether the numbers count."""
        return self.error is None and self.skipped is None


@dataclass(frozen=True)
class Spread:
    """Median, least and greatest of some runs."""

    median: float
    least: float
    most: float
    runs: int


class Results:
    """All records of one profile (``quick`` or ``full``), in memory and on disk."""

    def __init__(self, profile: str) -> None:
        self.path = RESULTS / f"{profile}.jsonl"
        self.records: dict[Key, Record] = {}
        if self.path.exists():
            for line in self.path.read_text().splitlines():
                values = json.loads(line)
                record = Record(**{**values, "key": Key(**values["key"])})
                self.records[record.key] = record

    def add(self, record: Record) -> None:
        """Keep a record, at once on disk."""
        self.records[record.key] = record
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with self.path.open("a") as file:
            file.write(json.dumps(asdict(record)) + "\n")

    def drop(self, unwanted: Callable[[Key], bool]) -> None:
        """Forget records, so that they are measured again."""
        self.records = {key: record for key, record in self.records.items() if not unwanted(key)}
        self.path.parent.mkdir(parents=True, exist_ok=True)
        lines = [json.dumps(asdict(record)) + "\n" for record in self.records.values()]
        partial = self.path.with_suffix(".partial")
        partial.write_text("".join(lines))
        partial.replace(self.path)

    def of(self, section: str, network: str, tool: str) -> list[Record]:
        """The records of one tool, in order of their runs."""
        found = [r for k, r in self.records.items() if (k.section, k.network, k.tool) == (section, network, tool)]
        return sorted(found, key=lambda record: record.key.run)

    def tools(self, section: str, network: str) -> list[str]:
        """The tools that have records in a section, in order of appearance."""
        return list(dict.fromkeys(k.tool for k in self.records if (k.section, k.network) == (section, network)))

    def spread(self, section: str, network: str, tool: str, step: str, what: str = "wall") -> Spread | None:
        """The spread of one quantity of one step over the usable runs; None when there is none."""
        records = [record for record in self.of(section, network, tool) if record.usable and step in record.steps]
        return spread(record.steps[step][what] for record in records)


def spread(values: Iterable[float]) -> Spread | None:
    """The spread of some values; None when there are none."""
    values = list(values)
    return Spread(statistics.median(values), min(values), max(values), len(values)) if values else None
