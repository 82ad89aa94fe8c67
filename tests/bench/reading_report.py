"""The page that says what `reading` measured."""

from __future__ import annotations

import os
import platform
import statistics
import time
from collections.abc import Mapping
from typing import Any

MIB = 1 << 20
FASTER = 10  # times that listing is to be faster than s3fs


def page(found: Mapping[str, Any]) -> str:
    """The page in Markdown."""
    reads, listing, sizes = found["reads"], found["listing"], found["sizes"]
    worst = max(reads, key=lambda name: _ratio(reads[name]))
    targets = (
        (f"random access, cold, against s3fs (worst: {worst})", "at most its time", _ratio(reads[worst]), 1),
        (f"listing {sizes['listed']:,} files, cold, against s3fs", "a tenth of its time", _ratio(listing), 1 / FASTER),
    )
    lines = [
        "# Benchmarks of reading",
        "",
        f"Made by `make bench` on {time.strftime('%Y-%m-%d', time.gmtime())}: {os.cpu_count()} cores,",
        f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Python {platform.python_version()}; SeaweedFS",
        f"and both that ask it share the machine, which was {_busy(found['load'])}.  Read the figures as ratios.",
        "",
        "| target | wanted | measured | met |",
        "|---|---|---|---|",
        *(
            f"| {what} | {wanted} | {ratio:.2f} of it | {_word(ratio <= most)} |"
            for what, wanted, ratio, most in targets
        ),
        "",
        f"## {sizes['reads']:,} reads at random places",
        "",
        f"Milliseconds for one read, median of {sizes['runs']} runs that take turns.  The same bytes are a committed",
        "version of a dataset and plain objects in one bucket: a large file of",
        f"{sizes['large'] // MIB:,} MiB, and {sizes['small']:,} files of 64 KiB to 1 MiB.  *Cold*: nothing was read",
        "before, so each figure includes looking the version and its files up.  *Warm*: a new file system, but what it",
        "reads was kept on the disk.  s3fs keeps nothing.  Everything that comes is compared with what was written.",
        "",
        "| what, and by which call | s3fs | `gradient://`, cold | `gradient://`, warm |",
        "|---|---|---|---|",
        *(f"| {what} | {_row(times, sizes['reads'])} |" for what, times in reads.items()),
        "",
        '`open, seek and read` is with `cache_type="none"`: by default, s3fs fetches 50 MiB for each of these reads.',
        "",
        f"## Listing {sizes['listed']:,} files",
        "",
        "Seconds of `find`, which both end with the full list of names.",
        "",
        "| s3fs | `gradient://`, cold | `gradient://`, warm |",
        "|---|---|---|",
        f"| {' | '.join(_seconds(listing[name]) for name in ('s3fs', 'cold', 'warm'))} |",
        "",
        "## The size of a page",
        "",
        "What is kept is kept in pages, and a page is the least that is fetched of a large file.  Milliseconds for one",
        "of the reads above, by `cat_file`:",
        "",
        "| page | 64 KiB, cold | warm | 64 KiB to 1 MiB, cold | warm |",
        "|---|---|---|---|---|",
        *(f"| {size} | {_page_row(rows, sizes['reads'])} |" for size, rows in found["pages"].items()),
    ]
    return "\n".join(lines) + "\n"


def goals(found: Mapping[str, Any]) -> bool:
    """Whether all was reached."""
    return _ratio(found["listing"]) <= 1 / FASTER and all(_ratio(times) <= 1 for times in found["reads"].values())


def _median(times: list[float]) -> float:
    return statistics.median(times)


def _ratio(times: Mapping[str, list[float]]) -> float:
    return _median(times["cold"]) / _median(times["s3fs"])


def _row(times: Mapping[str, list[float]], reads: int) -> str:
    return " | ".join(_each(times[name], reads) for name in ("s3fs", "cold", "warm"))


def _page_row(rows: list[dict[str, list[float]]], reads: int) -> str:
    return " | ".join(_each(times[name], reads) for times in rows for name in ("cold", "warm"))


def _each(times: list[float], reads: int) -> str:
    low, middle, high = (value / reads * 1000 for value in (min(times), _median(times), max(times)))
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def _seconds(times: list[float]) -> str:
    return f"{_median(times):.3f} ({min(times):.3f} to {max(times):.3f})"


def _busy(load: float) -> str:
    cores = os.cpu_count() or 1
    return "quiet otherwise" if load <= cores + 1 else f"busy with other things as well (a load of {load:.0f})"


def _word(is_met: bool) -> str:
    return "yes" if is_met else "no"
