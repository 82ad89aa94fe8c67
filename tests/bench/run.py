"""``make bench``: run us and our peers on the same data on the same machine, then write ``docs/benchmarks.md``.

Needs Python and, for restic, Debian; everything is installed below ``.bench/``.  What is measured already is not
measured again, so an interrupted benchmark continues; when nothing is left to do, it starts anew.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass

import installs
import million
import network
import ours
import report
import startup
import transfers
from files import Load
from peers import LATENCY, LOOPBACK, Tool
from places import SCRATCH
from results import Key, Record, Results
from transfers import TOOLS, now

SECTIONS = ("small", "large", "startup", "million")


@dataclass(frozen=True)
class Profile:
    """How much is measured."""

    name: str
    small: Load
    large: Load
    runs: int
    startup_runs: int
    per_folder: int


FULL = Profile("full", Load("small", 200, 100, 4096), Load("large", 1, 1, 2 * 2**30), 3, 15, 1000)
QUICK = Profile("quick", Load("small", 50, 100, 4096), Load("large", 1, 1, 256 * 2**20), 1, 5, 20)


def plan(profile: Profile, sections: list[str], tools: list[str]) -> Iterator[Key]:
    """Every measurement that is asked for; the tools take turns, so that a slow minute hits them all."""
    chosen = [tool for tool in TOOLS if tool.name in tools]
    if "small" in sections:
        yield Key(network.SECTION, LATENCY, "proxy", 1)
    for section, net in (("small", LOOPBACK), ("small", LATENCY), ("large", LOOPBACK)):
        for run in range(1, profile.runs + 1):
            for tool in chosen:
                # One that never runs gets one record all the same, which says so.
                if section in sections and run <= max(1, tool.most_runs.get(net, run)):
                    yield Key(section, net, tool.name, run)
    if ours.NAME in tools:
        yield from (Key(section, LOOPBACK, ours.NAME, 1) for section in ("startup", "million") if section in sections)


def measure(key: Key, profile: Profile, round_trip_ms: float) -> list[Record]:
    """Do one measurement of the plan."""
    if key.section == network.SECTION:
        return [network.run(round_trip_ms)]
    if key.section == startup.SECTION:
        return startup.run(profile.startup_runs)
    if key.section == million.SECTION:
        return million.run(profile.runs, profile.per_folder)
    tool = _tool(key.tool)
    if tool.most_runs.get(key.network) == 0:
        reason = "not run with latency: far behind on loopback, and it would take minutes"
        return [Record(key, now(), skipped=reason)]
    return [transfers.run_once(key, tool, getattr(profile, key.section), round_trip_ms)]


def machine(profile: Profile, round_trip_ms: float) -> Record:
    """What the report says of the machine and the tools."""
    facts = {
        "cores": os.cpu_count(),
        "memory_gib": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30),
        "system": f"{platform.freedesktop_os_release()['PRETTY_NAME']}, Linux {platform.release().split('-')[0]}",
        "python": platform.python_version(),
        "round_trip_ms": round_trip_ms,
        "profile": profile.name,
        "small_count": profile.small.count,
        "small_bytes": profile.small.bytes,
        "large_bytes": profile.large.bytes,
        "million_count": million.FOLDERS * profile.per_folder,
    }
    return Record(Key("machine", LOOPBACK, "machine", 1), now(), {"facts": facts, "versions": installs.versions()})


def _tool(name: str) -> type[Tool]:
    return next(tool for tool in TOOLS if tool.name == name)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    names = ",".join(tool.name for tool in TOOLS)
    parser.add_argument("--quick", action="store_true", help="5,000 files, 256 MiB, one run; no report in docs/")
    parser.add_argument("--only", default=",".join(SECTIONS), help="sections, separated by commas (default: all)")
    parser.add_argument("--tools", default=names, help=f"tools, separated by commas (default: {names})")
    parser.add_argument("--latency", type=float, default=20.0, help="added round trip in ms (default: 20)")
    parser.add_argument("--redo", action="store_true", help="measure again what is asked for")
    options = parser.parse_args()
    for option, known in ((options.only, SECTIONS), (options.tools, [tool.name for tool in TOOLS])):
        if unknown := set(option.split(",")) - set(known):
            parser.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(known)}")
    return options


def main() -> int:
    """Measure what is missing, print the tables, write the report; 1 when a tool failed."""
    # Ended from outside, we still end our servers and remove what they hold.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    options = _options()
    profile = QUICK if options.quick else FULL
    wanted = list(plan(profile, options.only.split(","), options.tools.split(",")))
    results = Results(profile.name)
    if options.redo or all(key in results.records for key in wanted):
        slots = {(key.section, key.network, key.tool) for key in wanted}
        results.drop(lambda key: (key.section, key.network, key.tool) in slots)
    results.drop(lambda key: key.section == "machine")
    results.add(machine(profile, options.latency))
    # Left by a benchmark that was killed.
    shutil.rmtree(SCRATCH, ignore_errors=True)
    for number, key in enumerate(wanted, 1):
        if key in results.records:
            continue
        print(f"[{number}/{len(wanted)}] {key.section} {key.network} {key.tool} {key.run}: ", end="", flush=True)
        records = measure(key, profile, options.latency)
        for record in records:
            results.add(record)
        print(report.one_line(records), flush=True)
    report.publish(results, to_docs=not options.quick)
    return int(any(record.error for record in results.records.values()))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except installs.InstallFailed as failure:
        # A peer that cannot be installed is a failed peer; without the server there is nothing to measure.
        sys.exit(f"The benchmark needs this to start: {failure}")
