"""Tables and text of ``docs/benchmarks.md``, made from the results: ``python tests/bench/report.py`` makes it again."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterable, Iterator
from typing import Any

import ours
import plot
from peers import LATENCY, LOOPBACK
from places import BENCH, PLOT, REPORT, ROOT
from results import Record, Results, Spread
from targets import metadata_touched, targets
from transfers import TOOLS

_STEPS = {"upload": "up", "update": "second version", "download": "down"}
_MIB = 2**20


def one_line(records: list[Record]) -> str:
    """What a measurement gave, in a few words for the terminal."""
    words = []
    for record in records[-1:]:
        if record.error or record.skipped:
            words.append(f"FAILED: {record.error}" if record.error else f"skipped: {record.skipped}")
        for step, usage in record.steps.items():
            words.append(f"{step} {usage['wall']:.2f} s" if "wall" in usage else f"{step} {usage}")
    return ", ".join(words)


def publish(results: Results, to_docs: bool) -> None:
    """Print the tables; write them with the plot to ``docs/``, or beside the results for a quick run."""
    text = markdown(results)
    page = REPORT if to_docs else BENCH / "quick" / REPORT.name
    picture = page.with_name(PLOT.name)
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text)
    picture.write_text(plot.draw(results))
    print(text)
    print(f"written: {page.relative_to(ROOT)}, {picture.relative_to(ROOT)}")


def markdown(results: Results) -> str:
    """The whole page."""
    (described,) = results.of("machine", LOOPBACK, "machine")
    facts, versions = described.steps["facts"], described.steps["versions"]
    small = f"{facts['small_count']:,} files of {facts['small_bytes'] // facts['small_count'] / 1024:.0f} KiB"
    large = f"one file of {_size(facts['large_bytes'])}"
    delay = f"{facts['round_trip_ms']:g} ms of added latency"
    parts = [
        _introduction(results, facts),
        _table(("target", "wanted", "measured", "verdict"), _target_rows(results, facts)),
        f"![Wall seconds of every tool]({PLOT.name})",
        f"## {small}, loopback",
        "The second version has 1 % of the files changed; what comes down is that version.",
        *_transfers(results, "small", LOOPBACK, facts["small_count"], "files/s"),
        f"## {small}, {delay}",
        _proof(results),
        *_transfers(results, "small", LATENCY, facts["small_count"], "files/s"),
        f"## {large}, loopback",
        *_transfers(results, "large", LOOPBACK, facts["large_bytes"] // _MIB, "MiB/s"),
        "## Start-up",
        _table(("command", "runs", "wall ms (least to most)", "CPU ms", "peak MiB"), _startup_rows(results)),
        f"## A version of {facts['million_count']:,} files",
        _table(
            ("operation", "runs", "wall s (least to most)", "CPU s", "peak MiB", "requests", "bytes in and out"),
            _million_rows(results),
        ),
        "## Flags",
        _table(("tool", "version", "flags"), ((t.name, _version(versions, t.name), t.flags) for t in TOOLS)),
        f"Server: SeaweedFS, {versions['SeaweedFS']}.",
        _METHOD,
    ]
    return "\n\n".join(parts) + "\n"


_METHOD = """\
## How it is measured

- `make bench` installs everything below `.bench/` and runs it; `python tests/bench/run.py --help` shows how to run a
  part.
- Data, copies and the server's objects lie in memory where there is room for them (`tests/bench/places.py` says why);
  our metadata database lies on the disk and waits for it. The slow peers (aws s3, dvc, the legacy client) have one run.
- Every run of every tool has a SeaweedFS server, a bucket and a home directory of its own; the tools take turns, run
  by run. Server and tool share the machine, so the time of a tool holds the server's work as well.
- The content is random (a fixed seed), so nothing compresses and nothing but the unchanged files deduplicates. The
  files were written just before, so they are read from the page cache. Before each step the disk's queue is emptied.
- After each run what came down is compared with what went up, byte for byte; a tool that differs has failed.
- Wall time is from start to exit of the commands of a step. CPU time is user and system time of the tool's processes,
  without the server. Peak memory is the largest resident set of one process; below about 25 MiB it shows the size of
  the script that measures. All are medians, with the least and the greatest of the runs.
- Latency comes from a proxy that holds every chunk back for half the round trip in each direction, and a new
  connection for one more round trip. It shares the machine too: its work falls on those who make many requests.
- "Up" is what makes the data durable in the bucket: for us upload and commit, hashing and verification included; for
  dvc `add` and `push`; for the others the copy.
"""


def _introduction(results: Results, facts: dict[str, Any]) -> str:
    times = sorted(record.at[:16].replace("T", " ") for record in results.records.values())
    hurried = "A quick run: do not quote it. " if facts["profile"] == "quick" else ""
    return (
        f"# Benchmarks\n\nMade by `make bench` between {times[0]} and {times[-1]} UTC: {facts['cores']} cores, "
        f"{facts['memory_gib']} GiB of memory, {facts['system']}, Python {facts['python']}. {hurried}Read the figures "
        "as ratios: another machine gives others.\n\n## Targets"
    )


def _target_rows(results: Results, facts: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for target in targets(results, facts):
        yield target.name, target.wanted, target.measured, target.verdict


def _transfers(results: Results, section: str, network: str, amount: int, unit: str) -> Iterator[str]:
    for step, title in _STEPS.items():
        if section == "large" and step == "update":
            continue
        header = ("tool", "runs", "wall s (least to most)", unit, "CPU s", "peak MiB", "times our wall")
        yield f"### {title.capitalize()}"
        yield _table(header, _transfer_rows(results, section, network, step, amount))


def _transfer_rows(results: Results, section: str, network: str, step: str, amount: int) -> Iterator[tuple[str, ...]]:
    mine = results.spread(section, network, ours.NAME, step)
    for tool in (tool.name for tool in TOOLS):
        records = results.of(section, network, tool)
        wall = results.spread(section, network, tool, step)
        if wall:
            ratio = f"x {wall.median / mine.median:.2f}" if mine else "-"
            rate = f"{amount / wall.median:,.0f}"
            yield tool, str(wall.runs), _wall(wall), rate, *_costs(results, section, network, tool, step), ratio
        elif not records:
            yield tool, "0", "not run", *["-"] * 4
        for record in records:
            if record.error or record.skipped:
                yield tool, "-", _reason(record), *["-"] * 4


def _reason(record: Record) -> str:
    """Why there is no number, without paths of this machine."""
    if record.skipped:
        return f"skipped: {record.skipped}"
    reason = str(record.error).replace("|", "/")
    for folder in (str(ROOT), tempfile.gettempdir()):
        reason = reason.replace(folder, "...")
    return f"**failed**: {reason}"


def _startup_rows(results: Results) -> Iterator[tuple[str, ...]]:
    for step, label in (("help", "`gradient --help`"), ("list", "`gradient datasets list`")):
        wall = results.spread("startup", LOOPBACK, ours.NAME, step)
        if wall:
            cpu = results.spread("startup", LOOPBACK, ours.NAME, step, "cpu")
            peak = results.spread("startup", LOOPBACK, ours.NAME, step, "rss")
            assert cpu
            assert peak
            yield label, str(wall.runs), _wall(wall, 1000), f"{cpu.median * 1000:.0f}", f"{peak.median:.0f}"
    yield from _failures(results, "startup", 5)


def _million_rows(results: Results) -> Iterator[tuple[str, ...]]:
    for step, label in {
        "fill": "upload and commit all of them",
        "commit": "commit one changed file (create, put, commit)",
        "commit_scattered": "commit 100 changed files in 100 folders",
        "list": "list one folder",
        "diff": "diff of two versions, 100 files changed",
    }.items():
        wall = results.spread("million", LOOPBACK, ours.NAME, step)
        if wall:
            touched = metadata_touched(results, step)
            requests = _requests(results, step)
            costs = _costs(results, "million", LOOPBACK, ours.NAME, step)
            yield label, str(wall.runs), _wall(wall), *costs, requests, _size(touched.median) if touched else "-"
    yield from _failures(results, "million", 7)


def _requests(results: Results, step: str) -> str:
    for record in results.of("million", LOOPBACK, ours.NAME):
        if record.usable and step in record.steps and record.steps[step]["stats"]:
            return str(record.steps[step]["stats"]["requests"])
    return "-"


def _failures(results: Results, section: str, columns: int) -> Iterator[tuple[str, ...]]:
    for record in results.of(section, LOOPBACK, ours.NAME):
        if record.error:
            yield _reason(record), *["-"] * (columns - 1)


def _proof(results: Results) -> str:
    for record in results.of("network", LATENCY, "proxy"):
        if record.usable:
            proof = record.steps["proof"]
            return (
                f"The proxy shown at work: a HEAD on an open connection takes {proof['head_ms_direct']:.1f} ms direct "
                f"and {proof['head_ms_delayed']:.1f} ms through it; a GET of 256 MiB over one connection runs at "
                f"{proof['get_mib_per_s_direct']:,.0f} MiB/s direct and {proof['get_mib_per_s_delayed']:,.0f} MiB/s "
                "through it."
            )
        return f"The proxy could not be shown at work: {_reason(record)}."
    return "The proxy was not shown at work in this run."


def _costs(results: Results, section: str, network: str, tool: str, step: str) -> tuple[str, str]:
    cpu = results.spread(section, network, tool, step, "cpu")
    peak = results.spread(section, network, tool, step, "rss")
    assert cpu
    assert peak
    return f"{cpu.median:.2f}", f"{peak.median:.0f}"


def _wall(wall: Spread, factor: int = 1) -> str:
    digits = 0 if factor > 1 else 2
    median = f"{wall.median * factor:.{digits}f}"
    return (
        f"{median} ({wall.least * factor:.{digits}f} to {wall.most * factor:.{digits}f})" if wall.runs > 1 else median
    )


def _size(count: float) -> str:
    for unit, size in (("GiB", 2**30), ("MiB", 2**20), ("KiB", 2**10)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count:.0f} bytes"


def _version(versions: dict[str, str], tool: str) -> str:
    names = {ours.NAME: "ours", "aws s3": "aws", "legacy client": "legacy"}
    return versions[names.get(tool, tool)]


def _table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A Markdown table whose columns also line up in a terminal."""
    lines = [list(header), *(list(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    text = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |" for line in lines
    ]
    text.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    return "\n".join(text)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="from the results of the quick run")
    quick = parser.parse_args().quick
    publish(Results("quick" if quick else "full"), to_docs=not quick)
