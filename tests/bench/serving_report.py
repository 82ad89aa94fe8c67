"""The page that says what `serving` measured."""

from __future__ import annotations

import os
import platform
import statistics
import time
from typing import Any

MIB = 1 << 20


def page(found: dict[str, Any], profile: dict[str, int]) -> str:
    """The page in Markdown, from the measurements of all parts."""
    lines = [
        "# Benchmarks of the server",
        "",
        f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}: {os.cpu_count()} cores,",
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Python {platform.python_version()}; clients and server",
        "share the machine.  Read the figures as ratios.",
        "",
        *_uploads(found, profile),
        *_load(found["load"], profile),
    ]
    return "\n".join(lines) + "\n"


def _uploads(found: dict[str, Any], profile: dict[str, int]) -> list[str]:
    ways = {**found["uploads"], **{f"legacy client, {where}": times for where, times in found["legacy"].items()}}
    return [
        "## One large file",
        "",
        f"A file of {profile['compared'] // MIB:,} MiB, median of {profile['runs']}, the ways taking turns.",
        "",
        "| way | seconds | MiB/s |",
        "|---|---|---|",
        *(_upload(way, times, profile["compared"]) for way, times in ways.items()),
        "",
    ]


def _upload(way: str, times: list[float], size: int) -> str:
    median = statistics.median(times)
    return f"| {way} | {median:.2f} ({min(times):.2f} to {max(times):.2f}) | {size / MIB / median:,.0f} |"


def _load(load: dict[str, Any], profile: dict[str, int]) -> list[str]:
    delays = {name: f"{load['delays'][name] * 1000:.1f} ms" for name in ("p50", "p99", "max")}
    rows = {
        "errors": len(load["errors"]),
        "files put, all found again after commit": f"{load['files']:,}",
        "upload of the large file": f"{load['seconds']['upload']:.1f} s",
        "commit": f"{load['seconds']['commit']:.1f} s",
        "download of the large file": f"{load['seconds']['download']:.1f} s",
        "delay of the event loop, p50": delays["p50"],
        "delay of the event loop, p99 (wanted: below 100 ms)": delays["p99"],
        f"delay of the event loop, longest of {load['delays']['samples']:,}": delays["max"],
        **{f"one {kind}, p50 and p99 of {wait['count']:,}": _wait(wait) for kind, wait in load["waits"].items()},
        "memory of the server before": f"{load['idle_mib']:.0f} MiB",
        "memory of the server at most (wanted: below 400 MiB)": f"{load['peak_mib']:.0f} MiB",
    }
    return [
        "## Under load",
        "",
        f"{profile['clients']} clients put, list and read small files while a file of {profile['large'] // MIB:,} MiB",
        "comes up through tus, another of that size goes down, and",
        f"{profile['commit_files']:,} files are committed.",
        "",
        "| what | figure |",
        "|---|---|",
        *(f"| {what} | {figure} |" for what, figure in rows.items()),
    ]


def _wait(wait: dict[str, float]) -> str:
    return f"{wait['p50'] * 1000:.0f} and {wait['p99'] * 1000:.0f} ms"
