"""The targets of speed and memory, computed from the results."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import ours
from peers import LATENCY, LOOPBACK
from results import Results, Spread, spread

# Why a target is missed and what it would take, by the target's name: written by hand after a full run.
REASONS: dict[str, str] = {
    "second version, against restic": (
        "more than a third of our time is Python and SQLAlchemy starting, the rest is a third of restic's. It would "
        "take a process that is there already (the server will be), or scanning and comparing outside Python"
    ),
}

_MIB = 2**20
_METADATA_MAX = 2 * _MIB
_STARTUP_S = {"help": ("`gradient --help`", 0.150), "list": ("`gradient datasets list`", 0.400)}
_MILLION_S = {"commit": "commit one changed file", "list": "list one folder", "diff": "diff, 100 files changed"}
_MILLION_RSS_MIB = 600


@dataclass(frozen=True)
class Target:
    """One promise: what it asks for, what was measured, and whether that is enough (None: not measured)."""

    name: str
    wanted: str
    measured: str
    met: bool | None

    @property
    def verdict(self) -> str:
        """The last column of the table."""
        if self.met is None:
            return "not measured"
        if self.met:
            return "met"
        return f"**missed**: {REASONS[self.name]}" if self.name in REASONS else "**missed**"


def targets(results: Results, facts: dict[str, Any]) -> list[Target]:
    """Every target, in the order in which they were set."""
    return [
        *_ratios(results),
        *_large(results),
        *_second_version_bytes(results, facts),
        *_startup(results),
        *_million(results, facts),
    ]


def _ratios(results: Results) -> Iterator[Target]:
    for label, network, step, factors in (
        ("upload and commit", LOOPBACK, "upload", {"s5cmd": 2, "rclone": 2, "restic": 1, "dvc": 8}),
        ("upload and commit with latency", LATENCY, "upload", {"s5cmd": 3}),
        ("second version", LOOPBACK, "update", {"s5cmd": 2, "rclone": 2, "restic": 2}),
        ("get", LOOPBACK, "download", {"s5cmd": 2, "rclone": 2, "restic": 1}),
    ):
        mine = results.spread("small", network, ours.NAME, step)
        for peer, factor in factors.items():
            name = f"{label}, against {peer}"
            wanted = f"at least {factor} times as fast" if factor > 1 else "no slower"
            theirs = results.spread("small", network, peer, step)
            if mine and theirs:
                ratio = theirs.median / mine.median
                yield Target(name, wanted, f"{ratio:.2f} times as fast", ratio >= factor)
            else:
                yield _not_measured(name, wanted)


def _large(results: Results) -> Iterator[Target]:
    for label, step in (("one large file, up", "upload"), ("one large file, down", "download")):
        wanted = "within 1.25 times the wall time of the fastest peer"
        peers = {
            tool: found.median
            for tool in results.tools("large", LOOPBACK)
            if tool != ours.NAME and (found := results.spread("large", LOOPBACK, tool, step))
        }
        mine = results.spread("large", LOOPBACK, ours.NAME, step)
        if mine and peers:
            fastest = min(peers, key=lambda tool: peers[tool])
            ratio = mine.median / peers[fastest]
            yield Target(label, wanted, f"{ratio:.2f} times {fastest}", ratio <= 1.25)
        else:
            yield _not_measured(label, wanted)


def _second_version_bytes(results: Results, facts: dict[str, Any]) -> Iterator[Target]:
    """Sent: by our own count of requests.  Read: by the kernel's, less what starting up reads."""
    changed = facts["small_count"] // 100 * facts["small_bytes"] / facts["small_count"]
    unchanged = facts["small_bytes"] - changed
    records = [record for record in results.of("small", LOOPBACK, ours.NAME) if record.usable]
    name, wanted = "second version, unchanged bytes sent", "none (the changed ones and at most 2 MiB of metadata)"
    sent = spread(r.steps["update"]["stats"]["bytes_out"] for r in records if r.steps["update"]["stats"])
    if sent:
        measured = f"{sent.median / _MIB:.2f} MiB sent, {changed / _MIB:.2f} MiB changed"
        yield Target(name, wanted, measured, sent.most <= changed + _METADATA_MAX)
    else:
        yield _not_measured(name, wanted)
    name, wanted = "second version, unchanged bytes read", "none (less than a quarter of them read, start-up aside)"
    read = results.spread("small", LOOPBACK, ours.NAME, "update", "read")
    idle = results.spread("startup", LOOPBACK, ours.NAME, "list", "read")
    if read and idle:
        more = (read.median - idle.median) * _MIB
        measured = f"{more / _MIB:.1f} MiB read, of {facts['small_bytes'] / _MIB:.1f} MiB"
        yield Target(name, wanted, measured, more <= changed + unchanged / 4)
    else:
        yield _not_measured(name, wanted)


def _startup(results: Results) -> Iterator[Target]:
    for step, (label, limit) in _STARTUP_S.items():
        wanted = f"under {limit * 1000:.0f} ms"
        found = results.spread("startup", LOOPBACK, ours.NAME, step)
        if found:
            yield Target(label, wanted, f"{found.median * 1000:.0f} ms", found.median < limit)
        else:
            yield _not_measured(label, wanted)


def _million(results: Results, facts: dict[str, Any]) -> Iterator[Target]:
    for step, label in _MILLION_S.items():
        name = f"{facts['million_count']:,} files: {label}"
        found = results.spread("million", LOOPBACK, ours.NAME, step)
        touched = metadata_touched(results, step)
        if found:
            yield Target(name, "under 1 s", f"{found.median:.2f} s", found.median < 1)
        else:
            yield _not_measured(name, "under 1 s")
        wanted = "under 2 MiB of metadata"
        if touched:
            yield Target(f"{name}, bytes", wanted, f"{touched.median / _MIB:.2f} MiB", touched.most < _METADATA_MAX)
        else:
            yield _not_measured(f"{name}, bytes", wanted)
    records = results.of("million", LOOPBACK, ours.NAME)
    complete = all(record.usable for record in records)
    peak = spread(usage["rss"] for record in records if complete for usage in record.steps.values())
    name, wanted = f"{facts['million_count']:,} files: peak memory", f"under {_MILLION_RSS_MIB} MiB for any command"
    if peak:
        yield Target(name, wanted, f"{peak.most:.0f} MiB", peak.most < _MILLION_RSS_MIB)
    else:
        yield _not_measured(name, wanted)


def metadata_touched(results: Results, step: str) -> Spread | None:
    """Bytes that a step of the ``million`` section moved to and from the store; None where it does not say."""
    records = [record for record in results.of("million", LOOPBACK, ours.NAME) if record.usable]
    counts = [record.steps[step]["stats"] for record in records if step in record.steps]
    return spread(stats["bytes_in"] + stats["bytes_out"] for stats in counts if stats)


def _not_measured(name: str, wanted: str) -> Target:
    return Target(name, wanted, "-", None)
