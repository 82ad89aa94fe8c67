"""The page that says what `mounts` measured."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping
from typing import Any

from files import Load

MIB = 1 << 20
WARM = 0.05  # seconds that a version in the cache may take
_TIMES_FASTER = 2


def page(found: Mapping[str, Any], small: Load, large: Load) -> str:
    """The page in Markdown."""
    cold, warm = found["cold"], found["warm"]
    best = min(statistics.median(times) for name, times in cold.items() if name != "mount")
    ratio = best / statistics.median(cold["mount"])
    second = found["second"]
    part = second["bytes"] / small.bytes * 100
    targets = [
        ("a version in the cache", "below 50 ms", f"{statistics.median(warm) * 1000:.0f} ms", _is(warm, WARM)),
        ("cold, against the fastest copy", f"{_TIMES_FASTER} times", f"{ratio:.1f} times", ratio >= _TIMES_FASTER),
        ("a second version with 1 % changed fetches", "1 %", f"{part:.2f} %", part < 1.05),
        *(
            (
                f"reading {what} files, against a plain copy",
                "as fast",
                f"{_ratio(times):.2f} times its time",
                None,
            )
            for what, times in found["reading"].items()
        ),
    ]
    runs = len(cold["mount"])
    lines = [
        "# Benchmarks of mounting",
        "",
        f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}: {os.cpu_count()} cores,",
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Python {platform.python_version()}; SeaweedFS",
        "and all that ask it share the machine.  Read the figures as ratios.",
        "",
        "| target | wanted | measured | met |",
        "|---|---|---|---|",
        *(f"| {what} | {wanted} | {figure} | {_word(met)} |" for what, wanted, figure, met in targets),
        "",
        f"## {small.count:,} files of {small.size:,} bytes from S3",
        "",
        f"Median of {runs}, taking turns; the copies are of the same files as plain objects, with all flags of",
        "{doc}`benchmarks`.  A mount begins when its version is looked up and ends when its folder is there;",
        "every file is verified on the way.  What came is compared with what was sent.",
        "",
        "| way | seconds |",
        "|---|---|",
        *(f"| {_name(way)} | {_times(times)} |" for way, times in cold.items()),
        f"| mounted again | {_times(warm, 4)} |",
        f"| a second version with 1 % changed, {second['bytes']:,} bytes fetched | {second['seconds']:.2f} |",
        "",
        "## Reading",
        "",
        f"All {small.count:,} small files, or one of {large.size // MIB:,} MiB, in memory already.",
        "",
        "| what | through the mount | a plain copy |",
        "|---|---|---|",
        *(f"| {what} | {_times(t['mount'], 3)} | {_times(t['copy'], 3)} |" for what, t in found["reading"].items()),
        "",
        "## Uploads that are kept",
        "",
        "What is sent to a bucket is written into the cache as well.  Upload and commit of new bytes:",
        "",
        "| what | kept | not kept |",
        "|---|---|---|",
        *(f"| {what} | {_times(t['kept'])} | {_times(t['not kept'])} |" for what, t in found["uploads"].items()),
    ]
    return "\n".join(lines) + "\n"


def _times(times: list[float], digits: int = 2) -> str:
    return f"{statistics.median(times):.{digits}f} ({min(times):.{digits}f} to {max(times):.{digits}f})"


def _ratio(times: Mapping[str, list[float]]) -> float:
    return statistics.median(times["mount"]) / statistics.median(times["copy"])


def _is(times: list[float], limit: float) -> bool:
    return statistics.median(times) < limit


def _name(way: str) -> str:
    return "mounted, with nothing in the cache" if way == "mount" else f"copied with {way}"


def _word(met: bool | None) -> str:
    return "see below" if met is None else "yes" if met else "no"
